/* The tables, and the numbered steps from one version of them to the next. Owns user_version. */
#include "db.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * One entry a version; what has been released is never edited, only added to. Keys and hashes are
 * 16 bytes, times Unix milliseconds but `published` and `updated` (seconds), severities and
 * stances the numbers of hit.h.
 */
static const char *const migrations[] = {
    /* 1 */
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('uuid', lower(hex(randomblob(16))));"

    "CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE rule (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT) STRICT;"

    "CREATE TABLE source_state ("
    "  source INTEGER PRIMARY KEY REFERENCES source,"
    "  url TEXT, etag TEXT, last_modified TEXT, redirect_seen TEXT, redirect_to TEXT, why TEXT,"
    "  due_rule TEXT, body_hash TEXT NOT NULL, health INTEGER NOT NULL,"
    "  last_result INTEGER NOT NULL, last_status INTEGER NOT NULL,"
    "  redirect_count INTEGER NOT NULL, failures INTEGER NOT NULL,"
    "  ignored_validators INTEGER NOT NULL, raised INTEGER NOT NULL, next_due INTEGER NOT NULL,"
    "  interval INTEGER NOT NULL, rhythm INTEGER NOT NULL, last_poll INTEGER,"
    "  last_success INTEGER, last_item INTEGER, failing_since INTEGER,"
    "  publisher_interval INTEGER NOT NULL, skip_hours INTEGER NOT NULL,"
    "  skip_days INTEGER NOT NULL, last_ms INTEGER NOT NULL, last_bytes INTEGER NOT NULL,"
    "  polls INTEGER NOT NULL, items INTEGER NOT NULL) STRICT;"
    /* How many items and hits a source had, by the day of their publication. */
    "CREATE TABLE source_day ("
    "  source INTEGER NOT NULL REFERENCES source, day_ms INTEGER NOT NULL,"
    "  items INTEGER NOT NULL, hits INTEGER NOT NULL,"
    "  PRIMARY KEY (source, day_ms)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE item ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  source INTEGER NOT NULL REFERENCES source,"
    "  key BLOB NOT NULL, link_key BLOB, content_hash BLOB,"
    "  seen_ms INTEGER NOT NULL, edited_ms INTEGER, published INTEGER, updated INTEGER,"
    "  lang TEXT, title TEXT, link TEXT, author TEXT) STRICT;"
    "CREATE UNIQUE INDEX item_by_key ON item (source, key);"
    "CREATE INDEX item_by_link ON item (link_key) WHERE link_key IS NOT NULL;"
    "CREATE INDEX item_by_content ON item (content_hash) WHERE link_key IS NOT NULL;"
    "CREATE INDEX item_by_source ON item (source);"
    "CREATE INDEX item_by_seen ON item (seen_ms);"
    /* Apart, so that a walk over items does not drag their text along. */
    "CREATE TABLE item_text ("
    "  item INTEGER PRIMARY KEY REFERENCES item ON DELETE CASCADE,"
    "  summary TEXT, content TEXT, categories TEXT) STRICT;"
    /* What is left of a pruned item: hashes of its identities. */
    "CREATE TABLE tombstone (mark INTEGER PRIMARY KEY) STRICT;"

    /* Short beginnings of words have lists of their own; of longer ones few words begin so. */
    "CREATE VIRTUAL TABLE item_index USING fts5("
    "  title, body, tags, content='', prefix='2 3', tokenize=\"unicode61 remove_diacritics 0\");"
    "CREATE VIRTUAL TABLE hit_index USING fts5("
    "  title, body, tags, content='', tokenize=\"unicode61 remove_diacritics 0\");"

    "CREATE TABLE story ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,"
    "  title TEXT) STRICT;"
    "CREATE INDEX story_by_last ON story (last_ms);"
    "CREATE TABLE story_item ("
    "  item INTEGER PRIMARY KEY REFERENCES item ON DELETE CASCADE,"
    "  story INTEGER NOT NULL REFERENCES story,"
    "  time_ms INTEGER NOT NULL, signature BLOB NOT NULL, events TEXT NOT NULL) STRICT;"
    "CREATE INDEX story_item_by_story ON story_item (story, item);"
    "CREATE TABLE story_band ("
    "  band INTEGER NOT NULL, time_ms INTEGER NOT NULL,"
    "  item INTEGER NOT NULL REFERENCES story_item ON DELETE CASCADE,"
    "  PRIMARY KEY (band, time_ms, item)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX story_band_by_item ON story_band (item);"
    "CREATE TABLE story_event ("
    "  line TEXT NOT NULL, time_ms INTEGER NOT NULL,"
    "  item INTEGER NOT NULL REFERENCES story_item ON DELETE CASCADE,"
    "  PRIMARY KEY (line, time_ms, item)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX story_event_by_item ON story_event (item);"

    "CREATE TABLE alert ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, rule INTEGER REFERENCES rule,"
    "  story INTEGER REFERENCES story ON DELETE SET NULL,"
    "  hit INTEGER REFERENCES hit ON DELETE SET NULL,"
    "  severity TEXT, events TEXT NOT NULL, payload TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX alert_by_story ON alert (story, rule);"
    "CREATE INDEX alert_by_hit ON alert (hit);"
    "CREATE INDEX alert_by_time ON alert (created_ms);"

    /* source and lang are the item's, for lists that are filtered by them. */
    "CREATE TABLE hit ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  item INTEGER NOT NULL REFERENCES item ON DELETE CASCADE,"
    "  rule INTEGER NOT NULL REFERENCES rule, source INTEGER NOT NULL REFERENCES source,"
    "  lang TEXT, severity INTEGER NOT NULL, found_ms INTEGER NOT NULL, changed_ms INTEGER,"
    "  retracted_ms INTEGER, events_hash INTEGER NOT NULL,"
    "  story INTEGER REFERENCES story ON DELETE SET NULL,"
    "  alert INTEGER REFERENCES alert ON DELETE SET NULL,"
    "  fate INTEGER NOT NULL DEFAULT 0, fate_reason TEXT) STRICT;"
    "CREATE UNIQUE INDEX hit_by_item ON hit (item, rule);"
    "CREATE INDEX hit_by_rule ON hit (rule);"
    "CREATE INDEX hit_by_source ON hit (source);"
    "CREATE INDEX hit_by_time ON hit (found_ms);"
    "CREATE INDEX hit_by_story ON hit (story);"
    "CREATE INDEX hit_by_alert ON hit (alert);"
    "CREATE INDEX hit_by_fate ON hit (fate);"
    "CREATE TABLE event ("
    "  hit INTEGER NOT NULL REFERENCES hit ON DELETE CASCADE, nr INTEGER NOT NULL,"
    "  item INTEGER NOT NULL, actor TEXT NOT NULL, bloc TEXT NOT NULL, stance INTEGER NOT NULL,"
    "  certainty INTEGER NOT NULL, time_ms INTEGER NOT NULL, week_ms INTEGER NOT NULL,"
    "  gone INTEGER NOT NULL DEFAULT 0, spans TEXT NOT NULL, sentence TEXT, why TEXT,"
    "  PRIMARY KEY (hit, nr)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX event_by_signal ON event (gone, actor, bloc, stance, week_ms, item, time_ms,"
    "  hit);"
    "CREATE INDEX event_by_actor ON event (actor, bloc, stance);"
    "CREATE INDEX event_by_bloc ON event (bloc, stance, gone, item);"
    "CREATE INDEX event_by_stance ON event (stance, gone, item);"
    "CREATE TABLE matched ("
    "  hit INTEGER NOT NULL REFERENCES hit ON DELETE CASCADE, nr INTEGER NOT NULL,"
    "  text TEXT NOT NULL, lexicon_set TEXT, span TEXT NOT NULL,"
    "  PRIMARY KEY (hit, nr)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE outbox ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, alert INTEGER NOT NULL REFERENCES alert"
    "  ON DELETE CASCADE, channel TEXT NOT NULL, grp TEXT NOT NULL,"
    "  state INTEGER NOT NULL DEFAULT 0, key TEXT, attempts INTEGER NOT NULL DEFAULT 0,"
    "  created_ms INTEGER NOT NULL, first_due_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL,"
    "  tried_ms INTEGER, delivered_ms INTEGER, note TEXT) STRICT;"
    "CREATE INDEX outbox_pending ON outbox (channel, due_ms) WHERE state = 0;"
    "CREATE INDEX outbox_forming ON outbox (channel, grp, due_ms) WHERE state = 0 AND key IS NULL;"
    "CREATE INDEX outbox_by_key ON outbox (key) WHERE key IS NOT NULL;"
    "CREATE INDEX outbox_by_alert ON outbox (alert);"
    "CREATE INDEX outbox_by_state ON outbox (state);"
    "CREATE INDEX outbox_by_channel ON outbox (channel);"

    "CREATE TABLE silence ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, matchers TEXT NOT NULL, comment TEXT,"
    "  starts_ms INTEGER NOT NULL, ends_ms INTEGER NOT NULL) STRICT;",

    /* 2: what new items cost. Identities by source first, so that those of one document stand
     * together. No lists of the beginnings of words: they were more than half of the index. */
    "DROP INDEX item_by_link; DROP INDEX item_by_content; DROP INDEX item_by_source;"
    "CREATE INDEX item_by_link ON item (source, link_key) WHERE link_key IS NOT NULL;"
    "CREATE INDEX item_by_content ON item (source, content_hash) WHERE link_key IS NOT NULL;"
    "ALTER TABLE story_item ADD COLUMN link_key BLOB;"
    "UPDATE story_item SET link_key = (SELECT link_key FROM item WHERE id = story_item.item);"
    "CREATE INDEX story_item_by_link ON story_item (link_key, time_ms)"
    "  WHERE link_key IS NOT NULL;"
    "DROP TABLE item_index;"
    "CREATE VIRTUAL TABLE item_index USING fts5("
    "  title, body, tags, content='', tokenize=\"unicode61 remove_diacritics 0\");"
    "INSERT INTO item_index (item_index, rank) VALUES ('automerge', 8);"
    "DELETE FROM meta WHERE key = 'fold';", /* it is filled anew */
};

enum { MIGRATIONS = sizeof migrations / sizeof migrations[0] };

int schema_version(void)
{
    return MIGRATIONS;
}

static int read_version(struct bw_store *store, int *version, struct bw_error *err)
{
    struct db_query query;
    int result;

    if (db_query(store, "PRAGMA user_version", &query, err) != 0)
        return -1;
    result = db_step(&query, err);
    if (result >= 0)
        *version = (int)db_column(&query, 0);
    db_end(&query);
    return result < 0 ? -1 : 0;
}

static int migrate(struct bw_store *store, int from, struct bw_error *err)
{
    char pragma[64];
    int result = 0;

    for (int i = from; i < MIGRATIONS && result == 0; i++) {
        result = db_execute(store, migrations[i], err);
        if (result != 0)
            error_prefix(err, "cannot bring the database to version %d", i + 1);
    }
    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", MIGRATIONS);
    return result == 0 ? db_execute(store, pragma, err) : -1;
}

static int refuse_version(struct bw_store *store, int version, struct bw_error *err)
{
    if (version > MIGRATIONS)
        return error_set(err, BW_ERR_STORE,
                         "%s: made by a newer blocwatch (version %d of the database; this program "
                         "knows up to %d); use that program, or a backup from before",
                         store->path, version, (int)MIGRATIONS);
    if (version == 0)
        return error_set(err, BW_ERR_STORE,
                         "%s: no blocwatch database yet; start blocwatchd once to make it",
                         store->path);
    return error_set(err, BW_ERR_STORE,
                     "%s: made by an older blocwatch (version %d of the database, this program "
                     "needs %d); start this version's blocwatchd once to bring it up to date",
                     store->path, version, (int)MIGRATIONS);
}

/* All steps in one transaction: after a crash the old database is still there. */
int schema_prepare(struct bw_store *store, struct bw_error *err)
{
    int version = 0, result;

    if (read_version(store, &version, err) != 0)
        return -1;
    if (version == MIGRATIONS)
        return 0;
    if (version > MIGRATIONS || store->read_only || store->second)
        return refuse_version(store, version, err);
    if (db_enter(store, err) != 0)
        return -1;
    result = read_version(store, &version, err); /* another process may have been faster */
    if (result == 0 && version < MIGRATIONS)
        result = migrate(store, version, err);
    return db_leave(store, result, err);
}
