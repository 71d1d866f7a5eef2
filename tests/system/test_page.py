"""The page in a real Chromium: matrix, live updates, search, shared URLs, escaping, access."""
import os
import re
import shutil
import tempfile
import urllib.parse

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from support import SOURCE, free_port, rss, wait_for, write_config

XSS = '<script>document.title="owned"</script><img src=x onerror="document.title=\'owned\'">'
ITEMS = [
    {"title": f"Kazakhstan has no plans to join BRICS {XSS}", "guid": "1",
     "link": "javascript:document.title='owned'", "summary": f"Astana stays out. {XSS}"},
    {"title": "Uzbekistan decides against joining the Eurasian Economic Union", "guid": "2"},
    {"title": "O\u02bbzbekiston BRIKSga a\u02bczo bo\u02bblmaydi \u202Eevil", "guid": "3"},
    {"title": "Snow closes a pass above Almaty", "guid": "4"},
]


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    profile = tempfile.mkdtemp()
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     f"--user-data-dir={profile}"]:
        options.add_argument(argument)
    options.binary_location = "/usr/bin/chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()
    shutil.rmtree(profile, ignore_errors=True)


def publish(web, *items):
    # As publishers escape titles: once for XML, and once more for the HTML in it.
    escaped = [{**item, "title": item["title"].replace("<", "&lt;")} for item in items]
    (web.root / "new").write_text(rss(*escaped))
    (web.root / "new").rename(web.root / "feed.xml")


@pytest.fixture
def site(tmp_path, web, daemon, browser):
    publish(web, *ITEMS)
    port = free_port()
    run = daemon(write_config(tmp_path, [{"id": "feed", "url": web.url("feed.xml")}],
                              serve={"listen": f"127.0.0.1:{port}",
                                     "standing": str(SOURCE / "config/standing.yaml")}))
    run.wait_log("polled source=feed")
    yield f"http://127.0.0.1:{port}"
    browser.get("about:blank")  # leaves the event stream
    assert run.stop() == 0


def text(browser, selector="main"):
    """In one step, so that a view which is renewed meanwhile is no trouble."""
    return browser.execute_script(
        "const found = document.querySelector(arguments[0]); return found ? found.innerText : ''",
        selector)


def test_matrix_shows_the_signals(site, browser):
    browser.get(site + "/")
    rows = {row.find_element(By.TAG_NAME, "th").text: row.find_elements(By.TAG_NAME, "td")
            for row in browser.find_elements(By.CSS_SELECTOR, ".matrix tbody tr")}
    heads = [head.text for head in browser.find_elements(By.CSS_SELECTOR, ".matrix thead th")][1:]
    assert list(rows) == ["Kazakhstan", "Uzbekistan", "Kyrgyzstan", "Tajikistan", "Turkmenistan"]
    kazakhstan = rows["Kazakhstan"][heads.index("BRICS")]
    uzbekistan = rows["Uzbekistan"][heads.index("EAEU")]
    assert "declines" in kazakhstan.text and "partner" in kazakhstan.text
    assert "declines" in uzbekistan.text and "observer" in uzbekistan.text
    kazakhstan.find_element(By.CSS_SELECTOR, "a.signal").click()
    wait_for(lambda: "/search?" in browser.current_url, text="the hits behind the cell")
    assert "Kazakhstan has no plans to join BRICS" in text(browser)
    assert browser.find_elements(By.CSS_SELECTOR, "article mark")


def test_timeline_tells_week_state_and_stance(site, browser):
    browser.get(site + "/")
    told = browser.execute_script(
        "return [...document.querySelectorAll('.timeline circle')].map(c => "
        "c.getAttribute('class') + ' ' + c.textContent)")
    assert any(re.fullmatch(r"away KZ, week of \d{4}-\d\d-\d\d: declines 1", row) for row in told), told
    assert any(row.startswith("away UZ") and "declines" in row for row in told), told


def test_new_item_appears_without_reload(site, browser, web):
    browser.get(site + "/stories")
    browser.execute_script("window.sameDocument = true")
    publish(web, {"title": "Tajikistan applies to join the Eurasian Economic Union", "guid": "5"},
            *ITEMS)
    wait_for(lambda: "Tajikistan applies" in text(browser), 60, "the new story")
    assert browser.execute_script("return window.sameDocument") is True
    assert "Tajikistan applies" in text(browser, "#live")


@pytest.mark.parametrize("apostrophe", ["\u02bb", "\u02bc", "'", "\u2018", "\u2019", "`"])
def test_search_finds_each_apostrophe(site, browser, apostrophe):
    browser.get(site + "/search")
    field = browser.find_element(By.NAME, "q")
    field.send_keys(f"o{apostrophe}zbekiston")
    field.send_keys(Keys.ENTER)
    wait_for(lambda: "q=" in browser.current_url, text="the search")
    assert "BRIKSga" in text(browser)


def test_filter_has_a_url(site, browser):
    browser.get(site + "/search")
    browser.find_element(By.CSS_SELECTOR, "select[name=bloc] option[value=EAEU]").click()
    browser.find_element(By.CSS_SELECTOR, "form.filters button").click()
    wait_for(lambda: "bloc=EAEU" in browser.current_url, text="the filter")
    shared = browser.current_url
    browser.get("about:blank")
    browser.get(shared)
    assert "Uzbekistan decides" in text(browser) and "Kazakhstan" not in text(browser, "article")
    selected = browser.find_element(By.CSS_SELECTOR, "select[name=bloc] option:checked")
    assert selected.get_attribute("value") == "EAEU"


@pytest.mark.parametrize("path", ["/", "/stories", "/stories/1", "/search", "/hits/1",
                                  "/search?in=items", "/alerts",
                                  "/search?q=" + urllib.parse.quote(XSS)])
def test_text_from_feeds_stays_text(site, browser, path):
    browser.get(site + path)
    assert browser.title.endswith("Blocwatch")
    assert not browser.find_elements(By.CSS_SELECTOR, "main script, main img, [onerror]")
    assert not browser.find_elements(By.CSS_SELECTOR, "a[href^='javascript' i]")
    assert "\u202e" not in browser.page_source
    if "/hits/1" in path or path == "/search":
        assert "<script>" in text(browser)


def test_xss_in_the_try_box(site, browser):
    browser.get(site + "/rules")
    browser.find_element(By.NAME, "title").send_keys("Kyrgyzstan will not leave the CSTO " + XSS)
    browser.find_element(By.CSS_SELECTOR, "form.try button").click()
    wait_for(lambda: "KG" in text(browser), text="the answer")
    assert "stays" in text(browser) and browser.title.endswith("Blocwatch")
    assert not browser.find_elements(By.CSS_SELECTOR, "main script, main img")
    assert "CSTO <script>" in browser.find_element(By.NAME, "title").get_attribute("value")


def test_buttons_work(site, browser):
    browser.get(site + "/sources")
    assert "feed" in text(browser, "tbody") and "ok" in text(browser, "tbody .health")
    browser.execute_script("window.before = true")
    browser.find_element(By.CSS_SELECTOR, "tbody button").click()
    wait_for(lambda: browser.execute_script("return !window.before"), text="the way back")
    assert browser.current_url.endswith("/sources")
    browser.get(site + "/alerts")
    browser.find_element(By.NAME, "matchers").send_keys("actor=KZ")
    browser.find_element(By.CSS_SELECTOR, "form.filters button").click()
    wait_for(lambda: "actor=KZ" in text(browser, ".silences"), text="the silence")


def luminance(colour):
    values = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    values = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return 0.2126 * values[0] + 0.7152 * values[1] + 0.0722 * values[2]


CONTRASTS = """
    const out = [];
    for (const node of document.querySelectorAll("body *")) {
        const own = [...node.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
        if (!own || !node.offsetParent) continue;
        let back = node, colour;
        do { colour = getComputedStyle(back).backgroundColor; back = back.parentElement; }
        while (back && /rgba\\(.*, 0\\)/.test(colour));
        out.push([node.tagName + "." + node.className, getComputedStyle(node).color, colour]);
    }
    return out;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/search", "/sources", "/alerts", "/rules", "/hits/1"])
def test_contrast(site, browser, path, scheme):
    """WCAG 2.1 AA, 1.4.3: at least 4.5 to 1 for each text."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.get(site + path)
    for name, front, back in browser.execute_script(CONTRASTS):
        light, dark = sorted([luminance(front), luminance(back)], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, front, back)


@pytest.mark.parametrize("path", ["/", "/search", "/sources", "/alerts", "/rules"])
def test_labels_headings_and_keyboard(site, browser, path):
    browser.get(site + path)
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"
    assert len(browser.find_elements(By.TAG_NAME, "h1")) == 1
    for field in browser.find_elements(By.CSS_SELECTOR, "input:not([type=hidden]), select, "
                                                        "textarea, button, a"):
        assert field.accessible_name, field.get_attribute("outerHTML")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to content"
    reached = 0
    for _ in range(200):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        active = browser.switch_to.active_element
        if active.tag_name == "body":
            break
        reached += 1
        if reached == 8:
            break
    assert reached == 8, "the keyboard does not get through the navigation"
    assert not browser.find_elements(By.CSS_SELECTOR, "[tabindex]:not([tabindex='0'])")


def test_nothing_from_elsewhere_and_no_complaint(site, browser):
    browser.get_log("browser")
    for path in ["/", "/search", "/rules"]:
        browser.get(site + path)
        names = browser.execute_script(
            "return performance.getEntriesByType('resource').map(entry => entry.name)")
        assert all(name.startswith(site) for name in names), names
    bad = [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]
    assert not bad, bad


def test_works_without_javascript(site, browser):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(site + "/")
        assert "declines" in text(browser, ".matrix")
        browser.find_element(By.LINK_TEXT, "Search").click()
        browser.find_element(By.NAME, "q").send_keys("Eurasian")
        browser.find_element(By.CSS_SELECTOR, "form.filters button").click()
        assert "Uzbekistan decides" in text(browser)
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("width", [390, 1280])
def test_fits_the_screen(site, browser, width, tmp_path):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500})
    try:
        for path in ["/", "/search", "/sources", "/alerts"]:
            browser.get(site + path)
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width
            folder = os.environ.get("BLOCWATCH_SCREENSHOTS")
            if folder:
                name = path.strip("/") or "overview"
                browser.save_screenshot(f"{folder}/{name}-{width}.png")
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
