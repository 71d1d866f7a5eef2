/* What each HTTP channel says to its receiver, byte by byte. */
#include "world.h"

static const struct world_item brics = {
    .source = "rferl",
    .guid = "kz-1",
    .title = "Kazakhstan <will not> seek BRICS_membership",
    .link = "https://news.example/a_b",
    .summary = "x",
    .published = 1729078920,
    .event = {.actor = "KZ",
              .bloc = "BRICS",
              .stance = BW_STANCE_DECLINES,
              .sentence_text = "Oʻzbekiston & \"Қазақстан\" \xf0\x9f\x87\xb0\xf0\x9f\x87\xbf"},
};

static bool over(struct world *w)
{
    return strstr(w->log, "delivered") != NULL || strstr(w->log, "gave up") != NULL ||
           strstr(w->log, "failed") != NULL;
}

/* Sends the item at its own time, so that nothing in the request depends on today. */
static void deliver(struct world *w)
{
    w->clock.simulated = true;
    w->clock.now_ms = brics.published * 1000;
    w->config.serve.public_url = "https://watch.example";
    world_start(w);
    world_raise(w, &brics);
    world_run(w, over, 10);
}

static void secret_file(struct world *w, const char *name, const char *text, char path[128])
{
    FILE *file;

    snprintf(path, 128, "%s/%s", w->dir, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

#define SENTENCE "Oʻzbekiston & \\\"Қазақстан\\\" \xf0\x9f\x87\xb0\xf0\x9f\x87\xbf"

static void test_ntfy(void **state)
{
    struct world w;
    char token[128];

    (void)state;
    world_init(&w);
    secret_file(&w, "token", "tk_secret\n", token);
    world_add_channel(&w, "phone", "ntfy", "url", world_url(&w, ""), "topic", "desk", "tags",
                      "kazakhstan", "token_file", token, NULL);
    deliver(&w);
    assert_int_equal(w.n_requests, 1);
    assert_string_equal(w.requests[0].path, "/");
    assert_non_null(strstr(w.requests[0].headers, "Authorization: Bearer tk_secret\n"));
    assert_non_null(strstr(w.requests[0].headers, "Content-Type: application/json\n"));
    assert_string_equal(
        w.requests[0].body,
        "{\"topic\":\"desk\",\"title\":\"Kazakhstan declines BRICS membership — rferl\","
        "\"message\":\"" SENTENCE "\\nhttps://news.example/a_b\\n2024-10-16 11:42 UTC\","
        "\"priority\":4,\"tags\":[\"warning\",\"kazakhstan\"],"
        "\"click\":\"https://news.example/a_b\","
        "\"actions\":[{\"action\":\"view\",\"label\":\"Open\","
        "\"url\":\"https://news.example/a_b\"},{\"action\":\"view\",\"label\":\"Why\","
        "\"url\":\"https://watch.example/hits/1\"}]}");
    world_clear(&w);
}

static void test_telegram(void **state)
{
    struct world w;
    char token[128];

    (void)state;
    world_init(&w);
    secret_file(&w, "token", "123:abc", token);
    world_add_channel(&w, "chat", "telegram", "api", world_url(&w, ""), "token_file", token,
                      "chat_id", "@blocwatch", "thread_id", "5", NULL);
    deliver(&w);
    assert_int_equal(w.n_requests, 1);
    assert_string_equal(w.requests[0].path, "/bot123:abc/sendMessage");
    assert_string_equal(
        w.requests[0].body,
        "{\"chat_id\":\"@blocwatch\",\"text\":\"<b>Kazakhstan declines BRICS membership — rferl</b>"
        "\\nOʻzbekiston &amp; &quot;Қазақстан&quot; \xf0\x9f\x87\xb0\xf0\x9f\x87\xbf"
        "\\nhttps://news.example/a_b\\n2024-10-16 11:42 UTC\",\"parse_mode\":\"HTML\","
        "\"link_preview_options\":{\"is_disabled\":false},\"message_thread_id\":5}");
    world_clear(&w);
}

static void test_telegram_says_how_long_to_wait(void **state)
{
    struct world w;
    char token[128];

    (void)state;
    world_init(&w);
    secret_file(&w, "token", "123:abc", token);
    world_add_channel(&w, "chat", "telegram", "api", world_url(&w, ""), "token_file", token,
                      "chat_id", "1", NULL);
    w.answers[0] = 429;
    w.n_answers = 1;
    w.answer_body = "{\"ok\":false,\"parameters\":{\"retry_after\":1800}}";
    deliver(&w);
    assert_non_null(strstr(w.log, "again in 30m"));
    assert_null(strstr(w.log, "123:abc"));
    world_clear(&w);
}

static void test_alertmanager(void **state)
{
    struct world w;
    char expected[1024];

    (void)state;
    world_init(&w);
    world_add_channel(&w, "am", "alertmanager", "url", world_url(&w, "/am/"), "labels.team", "desk",
                      NULL);
    deliver(&w);
    assert_int_equal(w.n_requests, 1);
    assert_string_equal(w.requests[0].path, "/am/api/v2/alerts");
    snprintf(expected, sizeof expected,
             "[{\"labels\":{\"team\":\"desk\",\"alertname\":\"ca-bloc-membership\","
             "\"severity\":\"high\",\"kind\":\"hit\",\"actor\":\"KZ\",\"stance\":\"declines\","
             "\"bloc\":\"BRICS\",\"story\":\"1\"},\"annotations\":{\"summary\":"
             "\"Kazakhstan declines BRICS membership — rferl\",\"description\":\"%s"
             "\\nhttps://news.example/a_b\\n2024-10-16 11:42 UTC\",\"link\":"
             "\"https://news.example/a_b\",\"key\":\"%s\"},\"startsAt\":\"2024-10-16T11:42:00Z\","
             "\"endsAt\":\"2024-10-16T12:42:00Z\","
             "\"generatorURL\":\"https://watch.example/hits/1\"}]",
             SENTENCE, strstr(w.requests[0].body, "\"key\":\"") != NULL ? "KEY" : "");
    /* The key is the store's: its place is checked, not its value. */
    {
        char *key = strstr(w.requests[0].body, "\"key\":\"");

        assert_non_null(key);
        memmove(key + 7 + 3, key + 7 + 32, strlen(key + 7 + 32) + 1);
        memcpy(key + 7, "KEY", 3);
    }
    assert_string_equal(w.requests[0].body, expected);
    world_clear(&w);
}

static void preset(const char *name, const char *expected)
{
    struct world w;

    world_init(&w);
    world_add_channel(&w, "chat", "webhook", "url", world_url(&w, "/services/x"), "preset", name,
                      NULL);
    deliver(&w);
    assert_int_equal(w.n_requests, 1);
    assert_string_equal(w.requests[0].body, expected);
    world_clear(&w);
}

static void test_presets(void **state)
{
    (void)state;
    preset("slack", "{\"text\":\"Kazakhstan declines BRICS membership — rferl\",\"blocks\":[{"
                    "\"type\":\"header\",\"text\":{\"type\":\"plain_text\",\"text\":"
                    "\"Kazakhstan declines BRICS membership — rferl\",\"emoji\":false}},{"
                    "\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"text\":\"Oʻzbekiston "
                    "&amp; \\\"Қазақстан\\\" \xf0\x9f\x87\xb0\xf0\x9f\x87\xbf"
                    "\\nhttps://news.example/a_b\\n2024-10-16 11:42 UTC\"}}]}");
    preset("mattermost", "{\"text\":\"**Kazakhstan declines BRICS membership — rferl**\\n" SENTENCE
                         "\\nhttps://news.example/a_b\\n2024-10-16 11:42 UTC\"}");
    preset("discord", "{\"content\":\"**Kazakhstan declines BRICS membership — rferl**\\n" SENTENCE
                      "\\nhttps://news.example/a_b\\n2024-10-16 11:42 UTC\","
                      "\"allowed_mentions\":{\"parse\":[]}}");
    preset("teams",
           "{\"type\":\"message\",\"attachments\":[{\"contentType\":"
           "\"application/vnd.microsoft.card.adaptive\",\"contentUrl\":null,\"content\":{"
           "\"$schema\":\"http://adaptivecards.io/schemas/adaptive-card.json\",\"type\":"
           "\"AdaptiveCard\",\"version\":\"1.4\",\"body\":[{\"type\":\"TextBlock\",\"text\":"
           "\"Kazakhstan declines BRICS membership — rferl\",\"weight\":\"Bolder\",\"wrap\":true},"
           "{\"type\":\"TextBlock\",\"text\":\"" SENTENCE
           "\\nhttps://news.example/a_b\\n2024-10-16 11:42 UTC\",\"wrap\":true}],\"actions\":[{"
           "\"type\":\"Action.OpenUrl\",\"title\":\"Open\",\"url\":"
           "\"https://news.example/a_b\"}]}}]}");
}

/* 4,096 bytes are ntfy's limit, and a digest of Cyrillic text is soon over it. */
static void test_long_texts_are_cut_whole(void **state)
{
    struct world w;
    struct bw_buf body;
    const char *message, *end;

    (void)state;
    world_init(&w);
    buf_init(&body);
    for (int i = 0; i < 2000; i++)
        buf_puts(&body, "\xd2\x9b\xd0\xb0\xcc\x81 ");
    w.config.alerting.templates.body = buf_text(&body);
    world_add_channel(&w, "phone", "ntfy", "url", world_url(&w, ""), "topic", "desk", NULL);
    deliver(&w);
    message = strstr(w.requests[0].body, "\"message\":\"");
    assert_non_null(message);
    message += strlen("\"message\":\"");
    end = strchr(message, '"');
    assert_true(end - message <= 4096 && end - message > 4080);
    assert_memory_equal(end - 3, "\xe2\x80\xa6", 3);
    assert_memory_not_equal(end - 5, "\xd0\xb0", 2); /* not between а and its accent */
    buf_clear(&body);
    world_clear(&w);
}

static void test_proxy(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    /* The receiver plays the proxy: it gets the absolute form of the URL. */
    world_add_channel(&w, "hook", "webhook", "url", "http://hook.invalid/x", "proxy",
                      world_url(&w, ""), NULL);
    deliver(&w);
    assert_int_equal(w.n_requests, 1);
    assert_string_equal(w.requests[0].path, "http://hook.invalid/x");
    world_clear(&w);
}

static void test_private_addresses_can_be_refused(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_add_channel(&w, "hook", "webhook", "url", world_url(&w, "/x"), "allow_private", "false",
                      NULL);
    deliver(&w);
    assert_int_equal(w.n_requests, 0);
    assert_non_null(strstr(w.log, "try 1 failed"));
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ntfy),
        cmocka_unit_test(test_telegram),
        cmocka_unit_test(test_telegram_says_how_long_to_wait),
        cmocka_unit_test(test_alertmanager),
        cmocka_unit_test(test_presets),
        cmocka_unit_test(test_long_texts_are_cut_whole),
        cmocka_unit_test(test_proxy),
        cmocka_unit_test(test_private_addresses_can_be_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
