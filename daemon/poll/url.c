/* The few questions that the poller asks of a URL. Owns nothing. */
#include "url.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Schemes as they come; the caller says which it accepts. */
static const unsigned parse_flags = CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE;

static CURLU *parse_url(const char *url, struct bw_error *err)
{
    CURLU *parts = curl_url();
    CURLUcode code;

    if (parts == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    code = curl_url_set(parts, CURLUPART_URL, url, parse_flags);
    if (code == CURLUE_OK)
        return parts;
    error_set(err, BW_ERR_NETWORK, "%s is no URL: %s", url, curl_url_strerror(code));
    curl_url_cleanup(parts);
    return NULL;
}

/* A copy that free() may free; "" when the part is absent. NULL: memory. */
static char *get_part(CURLU *parts, CURLUPart part, unsigned flags)
{
    char *text = NULL, *copy;

    if (curl_url_get(parts, part, &text, flags) != CURLUE_OK)
        return strdup("");
    copy = strdup(text);
    curl_free(text);
    return copy;
}

static bool has_scheme(const char *url, const char *scheme)
{
    size_t len = strlen(scheme);

    return strncasecmp(url, scheme, len) == 0 && url[len] == ':';
}

bool url_is_file(const char *url)
{
    return has_scheme(url, "file");
}

bool url_is_https(const char *url)
{
    return has_scheme(url, "https");
}

bool url_is_http(const char *url)
{
    return has_scheme(url, "http") || has_scheme(url, "https");
}

/* "file:/path", "file:///path" and "file://localhost/path" (RFC 8089); the configuration has made
 * the path absolute, and a relative one is an error here. */
char *url_file_path(const char *url, struct bw_error *err)
{
    const char *path = url + strlen("file:");
    char *decoded, *copy;
    int len;

    if (strncmp(path, "//", 2) == 0) {
        path += 2;
        if (strncasecmp(path, "localhost/", 10) == 0)
            path += 9;
    }
    if (path[0] != '/') {
        error_set(err, BW_ERR_USAGE, "%s has no absolute path", url);
        return NULL;
    }
    decoded = curl_easy_unescape(NULL, path, 0, &len);
    copy = decoded == NULL ? NULL : strdup(decoded);
    if (copy == NULL)
        error_set(err, BW_ERR_MEMORY, "out of memory");
    curl_free(decoded);
    return copy;
}

char *url_host(const char *url, struct bw_error *err)
{
    CURLU *parts;
    char *host;

    if (url_is_file(url)) {
        host = strdup("");
    } else {
        parts = parse_url(url, err);
        if (parts == NULL)
            return NULL;
        host = get_part(parts, CURLUPART_HOST, 0);
        curl_url_cleanup(parts);
    }
    if (host == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    for (char *c = host; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return host;
}

char *url_follow(const char *base, const char *location, struct bw_error *err)
{
    CURLU *parts = parse_url(base, err);
    CURLUcode code;
    char *url;

    if (parts == NULL)
        return NULL;
    code = curl_url_set(parts, CURLUPART_URL, location, parse_flags);
    if (code != CURLUE_OK) {
        error_set(err, BW_ERR_NETWORK, "redirect to \"%.200s\", which is no URL: %s", location,
                  curl_url_strerror(code));
        curl_url_cleanup(parts);
        return NULL;
    }
    curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0);
    curl_url_set(parts, CURLUPART_USER, NULL, 0);
    curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0);
    url = get_part(parts, CURLUPART_URL, 0);
    curl_url_cleanup(parts);
    if (url == NULL)
        error_set(err, BW_ERR_MEMORY, "out of memory");
    return url;
}

static bool same_part(CURLU *a, CURLU *b, CURLUPart part)
{
    char *x = get_part(a, part, CURLU_DEFAULT_PORT), *y = get_part(b, part, CURLU_DEFAULT_PORT);
    bool same = x != NULL && y != NULL && strcasecmp(x, y) == 0;

    free(x);
    free(y);
    return same;
}

static bool is_upgrade(CURLU *from, CURLU *to)
{
    char *x = get_part(from, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    char *y = get_part(to, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    bool upgrade = x != NULL && y != NULL && strcmp(x, "80") == 0 && strcmp(y, "443") == 0;

    free(x);
    free(y);
    return upgrade;
}

bool url_same_origin(const char *from, const char *to)
{
    CURLU *a, *b;
    bool same = false;

    if (url_is_https(from) && !url_is_https(to))
        return false;
    a = parse_url(from, NULL);
    b = parse_url(to, NULL);
    if (a != NULL && b != NULL && same_part(a, b, CURLUPART_HOST))
        same = (same_part(a, b, CURLUPART_PORT) && same_part(a, b, CURLUPART_SCHEME)) ||
               is_upgrade(a, b);
    if (a != NULL)
        curl_url_cleanup(a);
    if (b != NULL)
        curl_url_cleanup(b);
    return same;
}
