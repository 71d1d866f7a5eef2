/* Shared by the feed's unit tests: parsing text and files, with what cmocka needs. */
#ifndef FEED_HELP_H
#define FEED_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blocwatch/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2024-10-20: what the samples take for now. */
#define NOW INT64_C(1729382400)

static inline int parse_bytes(const char *bytes, size_t len, const char *content_type,
                              const char *base, struct bw_document **doc, struct bw_error *err)
{
    struct bw_feed_input input = {
        .bytes = bytes, .len = len, .content_type = content_type, .base_url = base, .now = NOW};

    return feed_parse_document(&input, &feed_limits_default, doc, err);
}

/* Returns owned; fails the test when the text is no feed. */
static inline struct bw_document *parse_text_as(const char *text, size_t len, const char *type)
{
    struct bw_document *doc = NULL;
    struct bw_error err = {0};

    if (parse_bytes(text, len, type, NULL, &doc, &err) != 0)
        fail_msg("%s", err.text);
    return doc;
}

static inline struct bw_document *parse_string(const char *text)
{
    return parse_text_as(text, strlen(text), NULL);
}

/* A sample of tests/data/feeds/. */
static inline void read_sample(const char *name, struct bw_buf *buf)
{
    char path[512];

    snprintf(path, sizeof path, "%s/feeds/%s", TEST_DATA, name);
    buf_init(buf);
    assert_int_equal(buf_read_file(buf, path, 0), 0);
}

static inline struct bw_document *parse_sample(const char *name, const char *base)
{
    struct bw_document *doc = NULL;
    struct bw_error err = {0};
    struct bw_buf buf;

    read_sample(name, &buf);
    if (parse_bytes(buf.data, buf.len, NULL, base, &doc, &err) != 0)
        fail_msg("%s: %s", name, err.text);
    buf_clear(&buf);
    return doc;
}

static inline void assert_text(const char *got, const char *want)
{
    if (want == NULL)
        assert_null(got);
    else if (got == NULL)
        fail_msg("nothing where \"%s\" should be", want);
    else
        assert_string_equal(got, want);
}

static inline void assert_time(int64_t got, const char *want)
{
    char text[BW_TIME_TEXT];

    assert_string_equal(clock_format(got, text), want);
}

#endif
