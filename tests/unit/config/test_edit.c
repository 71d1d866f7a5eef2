/* `enabled:` is changed in the file, and nothing else is. Owns a file. */
#include "blocwatch/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/blocwatch-edit-XXXXXX";

struct edit {
    const char *before, *after;
    bool enabled;
};

static const struct edit edits[] = {
    /* block style: added behind the id */
    {"sources:\n  # a comment\n  - id: a # the one\n    url: http://x/\n",
     "sources:\n  # a comment\n  - id: a # the one\n    enabled: false\n    url: http://x/\n",
     false},
    {"sources:\n- url: http://x/\n  id: a",
     "sources:\n- url: http://x/\n  id: a\n  enabled: false\n", false},
    /* changed */
    {"sources:\n  - id: a\n    enabled: no # for now\n    url: http://x/\n",
     "sources:\n  - id: a\n    enabled: true # for now\n    url: http://x/\n", true},
    {"sources:\n  - id: a\n    enabled:\n    url: http://x/\n",
     "sources:\n  - id: a\n    enabled: false\n    url: http://x/\n", false},
    /* flow style, behind characters of more than a byte */
    {"sources: [{title: Қазақ, id: 'a', url: 'http://x/'}, {id: b, url: 'http://y/'}]\n",
     "sources: [{title: Қазақ, id: 'a', enabled: false, url: 'http://x/'}, {id: b, url: "
     "'http://y/'}]\n",
     false},
    {"sources: [{title: Қазақ, enabled: false, id: a, url: 'http://x/'}]\n",
     "sources: [{title: Қазақ, enabled: true, id: a, url: 'http://x/'}]\n", true},
    /* the right one of several */
    {"sources:\n  - {id: b, url: 'http://x/'}\n  - {id: a, url: 'http://y/'}\n",
     "sources:\n  - {id: b, url: 'http://x/'}\n  - {id: a, enabled: false, url: 'http://y/'}\n",
     false},
};

static const struct bw_config_source *find(const struct bw_config *config)
{
    for (size_t i = 0; i < config->n_sources; i++) {
        if (strcmp(config->sources[i].id, "a") == 0)
            return &config->sources[i];
    }
    fail();
    return NULL;
}

static struct bw_config *load(void)
{
    struct bw_config_errors errors = {0};
    struct bw_config *config = NULL;

    assert_int_equal(config_load(path, &config, &errors), 0);
    return config;
}

static void test_enable(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        FILE *file = fopen(path, "w");
        struct bw_config *config;
        struct bw_error err = {0};
        char text[512] = "";

        assert_non_null(file);
        fputs(edits[i].before, file);
        fclose(file);
        config = load();
        assert_int_equal(config_enable_source(find(config), edits[i].enabled, &err), 0);
        config_free(config);
        file = fopen(path, "r");
        assert_true(fread(text, 1, sizeof text - 1, file) > 0);
        fclose(file);
        assert_string_equal(text, edits[i].after);
        config = load();
        assert_int_equal(find(config)->enabled, edits[i].enabled);
        config_free(config);
    }
}

static void test_gone(void **state)
{
    const struct bw_config_source source = {.id = "nobody", .place = {path, 1}};
    const struct bw_config_source nowhere = {.id = "a", .place = {"/nowhere/x.yaml", 1}};
    struct bw_error err = {0};

    (void)state;
    assert_int_equal(config_enable_source(&source, true, &err), -1);
    assert_non_null(strstr(err.text, "not there any more"));
    assert_int_equal(config_enable_source(&nowhere, true, &err), -1);
}

static int set_up(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd >= 0 ? close(fd) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enable),
        cmocka_unit_test(test_gone),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
