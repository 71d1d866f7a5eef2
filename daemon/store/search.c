/* Full-text search: what goes into the FTS5 index, and safe queries from a user's words. Owns
 * `item_index` (all items) and `hit_index` (those with hits: small, so that it is always fast). */
#include "db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_LIMIT = 64, QUERY_LIMIT = 4096, FINGERPRINT_TEXT = 24, LATER_KEEP = 8 << 20 };

/* Folding that gives the same for this gives the same index. */
static const char sample[] = "Kazakhstan’s O‘zbekiston Oʻzbekiston o`zbek G'arb E.A.E.U. ЁЛКА "
                             "Ёлка Йод Қазақстан Кaзaхстан БРИКС-ке BRICSʼga so\xC2\xAD"
                             "ft "
                             "Казахста\xCC\x81"
                             "н ÇÜÑ Türkmenistan ǅ ﬁnal Тоҷикистон ½ ٣ «—»";

static int fold_text(const struct bw_store *store, const char *text, struct bw_buf *out)
{
    if (text == NULL || *text == '\0')
        return 0;
    return store->fold != NULL ? store->fold(text, strlen(text), out) : buf_puts(out, text);
}

static int take_fingerprint(const struct bw_store *store, char text[FINGERPRINT_TEXT],
                            struct bw_error *err)
{
    struct bw_buf folded;

    buf_init(&folded);
    if (fold_text(store, sample, &folded) != 0 || folded.failed) {
        buf_clear(&folded);
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    }
    snprintf(text, FINGERPRINT_TEXT, "%016" PRIx64, hash_text(buf_text(&folded)));
    buf_clear(&folded);
    return 0;
}

static int rebuild_index(struct bw_store *store, const char *fingerprint, struct bw_error *err)
{
    struct db_query query = {.store = NULL};
    int result = -1, row;

    if (db_enter(store, err) != 0)
        return -1;
    if (db_execute(store,
                   "INSERT INTO item_index (item_index) VALUES ('delete-all');"
                   "INSERT INTO hit_index (hit_index) VALUES ('delete-all');",
                   err) != 0 ||
        db_query(store, "SELECT id, EXISTS (SELECT 1 FROM hit WHERE item = item.id) FROM item",
                 &query, err) != 0)
        goto out;
    while ((row = db_step(&query, err)) > 0) {
        if (search_add_item(store, db_column(&query, 0), err) != 0)
            goto out;
        if (db_column(&query, 1) && search_add_hit(store, db_column(&query, 0), err) != 0)
            goto out;
    }
    result = row < 0 ? -1 : store_set_meta(store, "fold", fingerprint, err);
out:
    db_end(&query);
    return db_leave(store, result, err);
}

/* An index that was folded otherwise, by another version of us, is made anew; but not by who works
 * beside a daemon that folds as the index does. */
int search_prepare(struct bw_store *store, struct bw_error *err)
{
    char fingerprint[FINGERPRINT_TEXT];
    struct bw_buf stored;
    int found;

    if (take_fingerprint(store, fingerprint, err) != 0)
        return -1;
    buf_init(&stored);
    found = store_get_meta(store, "fold", &stored, err);
    store->index_is_ours = found > 0 && strcmp(buf_text(&stored), fingerprint) == 0;
    buf_clear(&stored);
    if (found < 0 || store->index_is_ours || store->second || (found > 0 && store->fold == NULL))
        return found < 0 ? -1 : 0;
    store->index_is_ours = true;
    return rebuild_index(store, fingerprint, err);
}

/* "uz-cyrl" up to the end of a subtag, as one word. */
static void write_lang(struct bw_buf *out, const char *lang, size_t len)
{
    buf_puts(out, "xl");
    for (size_t i = 0; i < len; i++) {
        if (lang[i] != '-')
            buf_putc(out, lang[i]);
        else
            buf_putc(out, 'x');
    }
}

/* "xs12 xluz xluzxcyrl": filters inside the index. A language is in it by each of its ranges. */
static void write_tags(struct bw_buf *out, int64_t source, const char *lang)
{
    buf_printf(out, "xs%" PRId64, source);
    for (size_t len = 0; lang != NULL && lang[len] != '\0'; len++) {
        if (lang[len + 1] == '-' || lang[len + 1] == '\0') {
            buf_putc(out, ' ');
            write_lang(out, lang, len + 1);
        }
    }
}

/* Appends the three texts. */
static void write_item_words(const struct bw_store *store, const char *title, const char *summary,
                             const char *content, const char *lang, int64_t source,
                             struct bw_buf *out, struct db_words *words)
{
    words->title = out->len;
    fold_text(store, title, out);
    buf_putc(out, '\0');
    words->body = out->len;
    fold_text(store, summary, out);
    buf_putc(out, '\n');
    fold_text(store, content, out);
    buf_putc(out, '\0');
    words->tags = out->len;
    write_tags(out, source, lang);
    buf_putc(out, '\0');
}

static int check_index(const struct bw_store *store, struct bw_error *err)
{
    if (store->index_is_ours)
        return 0;
    return error_set(err, BW_ERR_USAGE, "%s: its search index is another version's", store->path);
}

/* Runs `sql` with the item's id and its words. */
static int run_statement(struct bw_store *store, const char *sql, int64_t item, const char *texts,
                         const struct db_words *words, struct bw_error *err)
{
    struct db_query query;

    if (db_query(store, sql, &query, err) != 0)
        return -1;
    db_int(&query, item);
    db_text(&query, texts + words->title);
    db_text(&query, texts + words->body);
    db_text(&query, texts + words->tags);
    return db_run(&query, err);
}

/* The same with the words of the stored item. */
static int run_with_words(struct bw_store *store, const char *sql, int64_t item,
                          struct bw_error *err)
{
    struct db_words words = {0};
    struct db_query query;
    struct bw_buf texts;
    int row, result = -1;

    if (check_index(store, err) != 0 ||
        db_query(store,
                 "SELECT title, summary, content, lang, source FROM item"
                 " LEFT JOIN item_text ON item_text.item = item.id WHERE item.id = ?",
                 &query, err) != 0)
        return -1;
    buf_init(&texts);
    db_int(&query, item);
    row = db_step(&query, err);
    if (row > 0)
        write_item_words(store, db_column_text(&query, 0), db_column_text(&query, 1),
                         db_column_text(&query, 2), db_column_text(&query, 3), db_column(&query, 4),
                         &texts, &words);
    db_end(&query);
    if (texts.failed)
        error_set(err, BW_ERR_MEMORY, "out of memory");
    else
        result = row > 0 ? run_statement(store, sql, item, texts.data, &words, err) : row;
    buf_clear(&texts);
    return result;
}

static const char add_item[] =
    "INSERT INTO item_index (rowid, title, body, tags) VALUES (?, ?, ?, ?)";
static const char add_hit[] =
    "INSERT INTO hit_index (rowid, title, body, tags) VALUES (?, ?, ?, ?)";

int search_add_item(struct bw_store *store, int64_t item, struct bw_error *err)
{
    return run_with_words(store, add_item, item, err);
}

int search_add_hit(struct bw_store *store, int64_t item, struct bw_error *err)
{
    return run_with_words(store, add_hit, item, err);
}

int search_add_later(struct bw_store *store, int64_t id, const struct bw_item *item, int64_t source,
                     bool has_hits, struct bw_error *err)
{
    size_t cap = store->cap_later == 0 ? 256 : store->cap_later * 2;
    struct db_later *later, *grown;

    if (check_index(store, err) != 0)
        return -1;
    if (store->n_later == store->cap_later) {
        grown = realloc(store->later, cap * sizeof *grown);
        if (grown == NULL)
            return error_set(err, BW_ERR_MEMORY, "out of memory");
        store->later = grown;
        store->cap_later = cap;
    }
    later = &store->later[store->n_later];
    *later = (struct db_later){.item = id, .has_hits = has_hits};
    write_item_words(store, item->title, item->summary, item->content, item->lang, source,
                     &store->later_words, &later->words);
    if (store->later_words.failed)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    store->n_later++;
    return 0;
}

int search_write_later(struct bw_store *store, struct bw_error *err)
{
    const char *texts = store->later_words.data;

    for (size_t i = 0; i < store->n_later; i++) {
        const struct db_later *later = &store->later[i];

        if (run_statement(store, add_item, later->item, texts, &later->words, err) != 0 ||
            (later->has_hits &&
             run_statement(store, add_hit, later->item, texts, &later->words, err) != 0))
            return -1;
    }
    search_forget_later(store);
    return 0;
}

/* A large document's memory is given back. */
void search_forget_later(struct bw_store *store)
{
    store->n_later = 0;
    if (store->later_words.cap > LATER_KEEP || store->later_words.failed)
        buf_clear(&store->later_words);
    buf_reset(&store->later_words);
}

int search_remove_item(struct bw_store *store, int64_t item, struct bw_error *err)
{
    return run_with_words(store,
                          "INSERT INTO item_index (item_index, rowid, title, body, tags)"
                          " VALUES ('delete', ?, ?, ?, ?)",
                          item, err);
}

int search_remove_hit(struct bw_store *store, int64_t item, struct bw_error *err)
{
    return run_with_words(store,
                          "INSERT INTO hit_index (hit_index, rowid, title, body, tags)"
                          " VALUES ('delete', ?, ?, ?, ?)",
                          item, err);
}

/* A letter or digit, or any byte of what is not ASCII. */
static bool has_word(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'))
            return true;
    }
    return false;
}

/* One word or quoted phrase as an FTS5 string: nothing in it is an operator any more. */
static int write_phrase(struct bw_store *store, const char *text, size_t len, bool prefix,
                        struct bw_buf *out)
{
    struct bw_buf folded;

    buf_init(&folded);
    if (store->fold != NULL)
        store->fold(text, len, &folded);
    else
        buf_append(&folded, text, len);
    buf_putc(out, '"');
    for (size_t i = 0; i < folded.len; i++) {
        if (folded.data[i] != '"' && folded.data[i] != '\0')
            buf_putc(out, folded.data[i]);
    }
    buf_puts(out, prefix ? "\"*" : "\"");
    if (folded.failed)
        out->failed = true;
    buf_clear(&folded);
    return out->failed ? -1 : 0;
}

/* "k*" would be a third of all words. */
static bool is_too_short(const char *text, size_t len)
{
    size_t letters = 0;

    for (size_t i = 0; i < len; i++)
        letters += ((unsigned char)text[i] & 0xC0) != 0x80 && text[i] != '*';
    return letters < 2;
}

/* The number of words; -1 when one is too short a beginning. */
static int write_words(struct bw_store *store, const char *words, struct bw_buf *out)
{
    const char *at = words;
    int count = 0;

    while (*at != '\0' && count <= WORDS_LIMIT) {
        bool quoted = *at == '"', prefix;
        const char *start = quoted ? at + 1 : at;
        size_t len = strcspn(start, quoted ? "\"" : " \t\r\n\f\v\"");

        at = start + len;
        if (quoted && *at == '"')
            at++;
        prefix = quoted ? *at == '*' : len > 0 && start[len - 1] == '*';
        if (has_word(start, len)) {
            if (prefix && is_too_short(start, len))
                return -1;
            if (count++ > 0)
                buf_puts(out, " AND ");
            write_phrase(store, start, len, prefix, out);
        }
        at += strspn(at, quoted ? "* \t\r\n\f\v" : " \t\r\n\f\v");
    }
    return count;
}

int search_write_query(struct bw_store *store, const char *words, int64_t source, const char *lang,
                       struct bw_buf *out, struct bw_error *err)
{
    int count = 0;

    if (words != NULL && strlen(words) > QUERY_LIMIT)
        return error_set(err, BW_ERR_LIMIT, "a search has at most %d bytes", (int)QUERY_LIMIT);
    if (words != NULL) {
        buf_puts(out, "{title body} : (");
        count = write_words(store, words, out);
        if (count < 0)
            return error_set(err, BW_ERR_USAGE,
                             "the beginning of a word needs two letters or more "
                             "before the *");
        if (count == 0)
            return error_set(err, BW_ERR_USAGE, "there is no word to search for");
        if (count > WORDS_LIMIT)
            return error_set(err, BW_ERR_LIMIT, "a search has at most %d words", (int)WORDS_LIMIT);
        buf_putc(out, ')');
    }
    if (source != 0)
        buf_printf(out, "%stags : \"xs%" PRId64 "\"", out->len > 0 ? " AND " : "", source);
    if (lang != NULL) {
        buf_printf(out, "%stags : \"", out->len > 0 ? " AND " : "");
        write_lang(out, lang, strcspn(lang, "\""));
        buf_putc(out, '"');
    }
    return out->failed ? error_set(err, BW_ERR_MEMORY, "out of memory") : 0;
}
