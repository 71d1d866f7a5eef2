/* reader/: what goes through the wire comes out the same; what is cut or bent is refused. */
#include "message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char KEY[] = "00112233445566778899aabbccddeeff";

static struct bw_wire open_payload(const struct bw_buf *frame, struct bw_arena *arena)
{
    struct bw_wire in = {(const uint8_t *)frame->data + BW_FRAME_HEADER,
                         frame->len - BW_FRAME_HEADER, 0, false, arena};

    return in;
}

static struct bw_document *make_document(struct bw_hits **hits)
{
    static const char *categories[] = {"Kazakhstan", "БРИКС"};
    struct bw_document *doc = document_new(0);
    struct bw_item *item = arena_calloc(doc->arena, 1, sizeof *item);
    struct bw_event *event = arena_calloc(doc->arena, 1, sizeof *event);
    struct bw_hit *hit = arena_calloc(doc->arena, 1, sizeof *hit);
    struct bw_matched *matched = arena_calloc(doc->arena, 1, sizeof *matched);

    *item = (struct bw_item){.title = "Астана не вступит",
                             .categories = categories,
                             .n_categories = 2,
                             .published = 1729078920,
                             .updated = BW_TIME_NONE};
    memcpy(item->key, KEY, sizeof KEY);
    memcpy(item->content_hash, KEY, sizeof KEY);
    *matched = (struct bw_matched){"Астана", "kazakhstan", {BW_FIELD_TITLE, 0, 12, 0, 6}};
    *event = (struct bw_event){.actor = "KZ",
                               .bloc = "BRICS",
                               .stance = BW_STANCE_DECLINES,
                               .certainty = BW_CERTAINTY_DENIED,
                               .why = "because"};
    *hit = (struct bw_hit){.rule = "r",
                           .severity = BW_SEVERITY_HIGH,
                           .events = event,
                           .n_events = 1,
                           .matched = matched,
                           .n_matched = 1};
    doc->feed = (struct bw_feed){
        .format = "rss-2.0", .items = item, .n_items = 1, .ttl_minutes = 60, .truncated = true};
    *hits = arena_calloc(doc->arena, 1, sizeof **hits);
    (*hits)->hits = hit;
    (*hits)->n_hits = 1;
    return doc;
}

static int decode(struct bw_wire *in, struct bw_document *doc, struct bw_hits **hits)
{
    struct bw_error err = {0};

    return message_get_error(in, &err) != 0 || err.code != BW_OK ||
                   message_get_result(in, doc, hits) != 0
               ? -1
               : 0;
}

static void test_result_round_trip(void **state)
{
    struct bw_hits *hits, *got_hits = NULL;
    struct bw_document *doc = make_document(&hits), *got = document_new(0);
    struct bw_frame header;
    struct bw_buf frame;
    struct bw_wire in;

    (void)state;
    buf_init(&frame);
    message_put_result(&frame, 7, doc, hits);
    assert_int_equal(frame_parse_header((uint8_t *)frame.data, &header), 0);
    assert_int_equal(header.id, 7);
    assert_int_equal(header.length, frame.len - BW_FRAME_HEADER);
    in = open_payload(&frame, got->arena);
    assert_int_equal(decode(&in, got, &got_hits), 0);
    assert_string_equal(got->feed.items[0].title, "Астана не вступит");
    assert_null(got->feed.items[0].link);
    assert_true(got->feed.items[0].updated == BW_TIME_NONE);
    assert_string_equal(got->feed.items[0].categories[1], "БРИКС");
    assert_true(got->feed.truncated);
    assert_int_equal(got_hits[0].hits[0].events[0].certainty, BW_CERTAINTY_DENIED);
    assert_int_equal(got_hits[0].hits[0].matched[0].span.len, 12);
    buf_clear(&frame);
    document_free(doc);
    document_free(got);
}

/* Every proper prefix, and every byte bent, is refused or harmless. */
static void test_result_mutations(void **state)
{
    struct bw_hits *hits;
    struct bw_document *doc = make_document(&hits);
    struct bw_buf frame;

    (void)state;
    buf_init(&frame);
    message_put_result(&frame, 7, doc, hits);
    for (size_t len = 0; len < frame.len - BW_FRAME_HEADER; len++) {
        struct bw_document *got = document_new(0);
        struct bw_wire in = open_payload(&frame, got->arena);
        struct bw_hits *got_hits = NULL;

        in.len = len;
        assert_int_equal(decode(&in, got, &got_hits), -1);
        document_free(got);
    }
    for (size_t at = BW_FRAME_HEADER; at < frame.len; at++) {
        struct bw_document *got = document_new(0);
        struct bw_wire in = open_payload(&frame, got->arena);
        struct bw_hits *got_hits = NULL;

        frame.data[at] = (char)(frame.data[at] ^ 0xff);
        decode(&in, got, &got_hits);
        frame.data[at] = (char)(frame.data[at] ^ 0xff);
        document_free(got);
    }
    buf_clear(&frame);
    document_free(doc);
}

static void test_span_outside_field(void **state)
{
    struct bw_hits *hits, *got_hits = NULL;
    struct bw_document *doc = make_document(&hits), *got = document_new(0);
    struct bw_buf frame;
    struct bw_wire in;

    (void)state;
    buf_init(&frame);
    hits->hits[0].matched[0].span.len = 4000;
    message_put_result(&frame, 7, doc, hits);
    in = open_payload(&frame, got->arena);
    assert_int_equal(decode(&in, got, &got_hits), -1);
    buf_clear(&frame);
    document_free(doc);
    document_free(got);
}

static void test_watch_round_trip(void **state)
{
    static const char *actors[] = {"kazakhstan"};
    struct bw_term terms[] = {{"en", "kazakh*", {"a.yaml", 3}}, {"kk", "қазақ*", {"a.yaml", 4}}};
    struct bw_set set = {.id = "kazakhstan",
                         .facet = BW_FACET_ACTOR,
                         .code = "KZ",
                         .terms = terms,
                         .n_terms = 2,
                         .cased = true,
                         .place = {"a.yaml", 2}};
    struct bw_rule rule = {.id = "r",
                           .query = "@kazakhstan",
                           .has_event = true,
                           .actors = actors,
                           .n_actors = 1,
                           .within = BW_WITHIN_ITEM,
                           .enabled = true};
    struct bw_watch watch = {&set, 1, &rule, 1}, got = {0};
    struct bw_arena *arena = arena_new(0);
    struct bw_buf frame;
    struct bw_wire in;

    (void)state;
    buf_init(&frame);
    message_put_watch(&frame, 0, &watch);
    in = open_payload(&frame, arena);
    assert_int_equal(message_get_watch(&in, &got), 0);
    assert_string_equal(got.sets[0].terms[1].text, "қазақ*");
    assert_int_equal(got.sets[0].terms[1].place.line, 4);
    assert_true(got.sets[0].cased && !got.sets[0].foreign && !got.sets[0].implied);
    assert_string_equal(got.rules[0].actors[0], "kazakhstan");
    assert_true(got.rules[0].has_event && got.rules[0].enabled);
    assert_int_equal(got.rules[0].within, BW_WITHIN_ITEM);
    buf_clear(&frame);
    arena_free(arena);
}

static void test_bad_text(void **state)
{
    const uint8_t bad[][8] = {{3, 0, 0, 0, 'a', 0, 'b'},
                              {2, 0, 0, 0, 0xc3, 0x28},
                              {3, 0, 0, 0, 0xed, 0xa0, 0x80},
                              {200, 0, 0, 0, 'a'}};
    struct bw_arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bw_wire in = {bad[i], sizeof bad[i], 0, false, arena};

        assert_null(wire_get_text(&in));
        assert_true(in.bad);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_result_round_trip),  cmocka_unit_test(test_result_mutations),
        cmocka_unit_test(test_span_outside_field), cmocka_unit_test(test_watch_round_trip),
        cmocka_unit_test(test_bad_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
