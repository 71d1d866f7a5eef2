// Live pages: when the server announces a hit, the view is fetched again and its <main> replaced.
// Everything works without this file; reload then shows the same.
(function () {
  "use strict";
  const live = document.getElementById("live");
  const watched = ["/", "/stories", "/search", "/alerts"];
  if (!window.EventSource || watched.indexOf(location.pathname) < 0 ||
      location.search.indexOf("cursor=") >= 0) {
    return;
  }
  let waiting = null;

  function isEditing() {
    const active = document.activeElement;
    return active && /^(INPUT|SELECT|TEXTAREA)$/.test(active.tagName);
  }

  async function refresh() {
    waiting = null;
    if (isEditing()) { // never take a form away from somebody who writes in it
      waiting = setTimeout(refresh, 2000);
      return;
    }
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) {
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("main");
    if (fresh) {
      document.getElementById("main").replaceWith(fresh);
    }
  }

  const events = new EventSource("/events");
  events.addEventListener("hit", function (event) {
    const hit = JSON.parse(event.data);
    live.textContent = "New hit: " + (hit.title || "(no title)");
    if (!waiting) { // one refresh for a burst of hits
      waiting = setTimeout(refresh, 400);
    }
  });
})();
