/* Names of status codes, for people. Owns nothing. */
#include "http_status.h"

#include <stdio.h>

static const struct {
    long status;
    const char *name;
} names[] = {
    {204, "No Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently, without saying where"},
    {302, "Found, without saying where"},
    {303, "See Other, without saying where"},
    {307, "Temporary Redirect, without saying where"},
    {308, "Permanent Redirect, without saying where"},
    {400, "Bad Request"},
    {401, "Unauthorized: it wants a user name and password"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {421, "Misdirected Request"},
    {425, "Too Early"},
    {429, "Too Many Requests"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {508, "Loop Detected"},
};

const char *http_status_text(long status, char *text, size_t size)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].status == status) {
            snprintf(text, size, "%ld %s", status, names[i].name);
            return text;
        }
    }
    snprintf(text, size, "status %ld", status);
    return text;
}
