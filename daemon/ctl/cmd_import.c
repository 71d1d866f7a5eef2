/* `import opml`: another feed reader's list as sources. Owns the text that it writes. */
#include "commands.h"
#include "opml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MOST_BYTES = 16 << 20 };

struct import {
    const struct bw_config *config;
    struct yaml_ids ids;
    struct bw_buf entries;
    size_t n, known, refused;
};

static bool is_known(const struct bw_config *config, const char *url)
{
    for (size_t i = 0; i < config->n_sources; i++) {
        if (strcmp(config->sources[i].url, url) == 0)
            return true;
    }
    return false;
}

static int on_source(const struct yaml_source *source, void *ctx)
{
    struct import *import = ctx;
    const char *id;

    if (strncmp(source->url, "http://", 7) != 0 && strncmp(source->url, "https://", 8) != 0) {
        fprintf(stderr, "left out, neither http nor https: %s\n", source->url);
        import->refused++;
        return 0;
    }
    if (is_known(import->config, source->url)) {
        import->known++;
        return 0;
    }
    id = yaml_ids_make(&import->ids, source);
    if (id == NULL) {
        import->entries.failed = true;
        return 1;
    }
    yaml_put_source(&import->entries, id, source);
    import->n++;
    return 0;
}

static enum ctl_code write_out(const struct ctl *ctl, const struct import *import)
{
    fprintf(stderr, "%zu new, %zu known already, %zu left out\n", import->n, import->known,
            import->refused);
    if (import->n == 0)
        return CTL_FINE;
    return yaml_write_sources(ctl_value(ctl, "output"), &import->entries);
}

static enum ctl_code run(struct ctl *ctl)
{
    const char *file = strcmp(ctl->argv[0], "-") == 0 ? "/dev/stdin" : ctl->argv[0];
    enum ctl_code code = ctl_load_config(ctl);
    struct import import = {0};
    struct bw_buf text;

    if (code != CTL_FINE)
        return code;
    buf_init(&text);
    import.config = ctl->config;
    if (yaml_ids_init(&import.ids, ctl->config) != 0)
        code = ctl_fail("out of memory");
    else if (buf_read_file(&text, file, MOST_BYTES) != 0)
        code = ctl_fail("cannot read %s: %s", ctl->argv[0], strerror(errno));
    else if (opml_read(buf_text(&text), on_source, &import) != 0)
        code = ctl_fail("%s is no OPML", ctl->argv[0]);
    else
        code = write_out(ctl, &import);
    yaml_ids_clear(&import.ids);
    buf_clear(&import.entries);
    buf_clear(&text);
    return code;
}

const struct ctl_command cmd_import_opml = {
    .name = "import opml",
    .arguments = "FILE",
    .summary = "another feed reader's list, as YAML",
    .help = "Prints `sources:` for a file in sources.d/, without those that are configured\n"
            "already; \"-\" reads standard input.",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = {{"output", "FILE", "write a new file instead, such as sources.d/imported.yaml"}},
    .run = run,
};
