/* Errors of channels, routes and templates, each with its file and line. */
#include "world.h"

struct expected {
    int line;
    const char *text;
};

static void expect(const struct bw_config *config, const struct expected *list, size_t n)
{
    struct bw_config_errors errors = {0};

    assert_int_equal(alert_check_config(config, &errors), n == 0 ? 0 : -1);
    for (size_t i = 0; i < errors.n && i < n; i++) {
        assert_string_equal(errors.list[i].place.file, "alerts.yaml");
        assert_int_equal(errors.list[i].place.line, list[i].line);
        if (strstr(errors.list[i].text, list[i].text) == NULL)
            fail_msg("expected \"%s\", found \"%s\"", list[i].text, errors.list[i].text);
    }
    if (errors.n != n)
        fail_msg("expected %zu errors, found %zu", n, errors.n);
    config_clear_errors(&errors);
}

#define EXPECT(config, ...)                                                                        \
    do {                                                                                           \
        const struct expected list[] = {__VA_ARGS__};                                              \
        expect(config, list, sizeof list / sizeof list[0]);                                        \
    } while (0)

static void test_all_errors_are_listed(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_add_channel(&w, "a", "pigeon", NULL);
    world_add_channel(&w, "b", "webhook", "uri", "https://x.example/", "timeout", "soon",
                      "headers.X-A", "1", "preset", "irc", NULL);
    world_add_channel(&w, "c", "exec", "concurrency", "0", NULL);
    world_add_channel(&w, "d", "email", "server", "http://mail.example", "from", "nobody", "to",
                      "a@example.org", "to", "also nobody", "username", "me", NULL);
    EXPECT(&w.config, {10, "channel a: type: no such type \"pigeon\"; expected journal, exec"},
           {11, "channel b: uri: no such option of a webhook channel; expected url, "},
           {12, "channel b: timeout: expected a duration such as 30s or 1h30m, found \"soon\""},
           {14, "channel b: preset: expected one of json, slack, mattermost, discord, teams"},
           {10, "channel b: a webhook channel needs one of url and url_file"},
           {11, "channel c: concurrency: expected a positive whole number"},
           {10, "channel c: a exec channel needs the option command"},
           {11, "channel d: server: expected a URL that begins with smtp, smtps"},
           {12, "channel d: from: expected a mail address, found \"nobody\""},
           {13, "channel d: to: expected a mail address, found \"also nobody\""},
           {15, "channel d: username and password_file go together"});
    world_clear(&w);
}

static void test_missing_secrets(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_add_channel(&w, "a", "telegram", "token_file", "/nowhere/token", "chat_id", "1", NULL);
    EXPECT(&w.config, {11, "channel a: token_file: cannot read /nowhere/token: No such file"});
    world_clear(&w);
}

static void test_what_is_well_formed(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_add_channel(&w, "a", "webhook", "url", "https://x.example/", "rate", "5/1m", "proxy",
                      "http://proxy.example:3128", "headers.A", "1", "headers.B", "2", NULL);
    world_add_channel(&w, "b", "exec", "command", "/bin/true", "command", "x", NULL);
    world_add_channel(&w, "c", "ntfy", "topic", "desk", "tags", "a", "tags", "b", NULL);
    expect(&w.config, NULL, 0);
    world_clear(&w);
}

static void test_templates(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    w.config.alerting.templates.title = "{{ .titel }}";
    w.config.alerting.templates.title_place = (struct bw_place){"alerts.yaml", 3};
    w.config.alerting.templates.body = "ok\n{{ .link";
    w.config.alerting.templates.body_place = (struct bw_place){"alerts.yaml", 4};
    EXPECT(&w.config, {3, "templates: title: unknown field .titel; expected one of"},
           {4, "templates: body: \"{{\" without \"}}\" (in line 2 of the template)"});
    world_clear(&w);
}

static void test_routes(void **state)
{
    struct world w;
    static const char *twice[] = {"07:30", "07:30"};
    struct bw_config_route children[] = {
        {.group_wait = -1, .rate_limit = -1, .place = {"alerts.yaml", 30}},
        {.group_wait = -1,
         .rate_limit = -1,
         .digest_at = {twice, 2},
         .channels = {twice, 1},
         .place = {"alerts.yaml", 40}},
    };

    (void)state;
    world_init(&w);
    world_add_channel(&w, "log", "journal", NULL);
    w.config.route.channels.n = 0;
    w.config.route.routes = children;
    w.config.route.n_routes = 2;
    EXPECT(&w.config, {30, "neither this route nor one above it names a channel"},
           {40, "digest_at: 07:30 stands twice"});
    world_clear(&w);
}

static void test_alerter_refuses(void **state)
{
    struct world w;
    struct bw_error err = {0};

    (void)state;
    world_init(&w);
    world_add_channel(&w, "a", "pigeon", NULL);
    assert_null(alerter_new(w.base, &w.config, w.store, &w.clock, &w.callbacks, &err));
    assert_int_equal(err.code, BW_ERR_CONFIG);
    assert_non_null(strstr(err.text, "alerts.yaml:10: channel a: type"));
    world_clear(&w);
}

static void test_a_wrong_reload_keeps_the_old(void **state)
{
    struct world w;
    struct bw_config wrong;
    struct bw_config_channel channel = {.id = "x", .type = "pigeon"};
    struct bw_error err = {0};

    (void)state;
    world_init(&w);
    world_add_channel(&w, "log", "journal", "to", "stderr", NULL);
    world_start(&w);
    wrong = w.config;
    wrong.channels = &channel;
    assert_int_equal(alerter_replace_config(w.alerter, &wrong, &err), -1);
    assert_int_equal(err.code, BW_ERR_CONFIG);
    assert_int_equal(alerter_replace_config(w.alerter, &w.config, &err), 0);
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_errors_are_listed),
        cmocka_unit_test(test_missing_secrets),
        cmocka_unit_test(test_what_is_well_formed),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_alerter_refuses),
        cmocka_unit_test(test_a_wrong_reload_keeps_the_old),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
