/* Events: with a small lexicon of its own, each sentence and what is made of it. */
#include "blocwatch/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One set of the lexicon; terms parted by "|", all of language `lang`. */
struct entry {
    const char *id;
    enum bw_facet facet;
    const char *code, *lang, *terms, *scope;
    int reach;
    bool foreign, implied;
    const char *since, *until;
};

static const struct entry lexicon[] = {
    {"kazakhstan", BW_FACET_ACTOR, "KZ", "en", "kazakh*|astana", NULL, 0, 0, 0, NULL, NULL},
    {"uzbekistan", BW_FACET_ACTOR, "UZ", "en", "uzbek*|tashkent", NULL, 0, 0, 0, NULL, NULL},
    {"president-1", BW_FACET_ACTOR, "KZ", "any", "nazarbayev", NULL, 0, 0, 0, NULL, "2019-03-20"},
    {"president-2", BW_FACET_ACTOR, "KZ", "any", "tokayev", NULL, 0, 0, 0, "2019-03-20", NULL},
    {"kz-kk", BW_FACET_ACTOR, "KZ", "kk", "қазақстан*", NULL, 0, 0, 0, NULL, NULL},
    {"kz-implied", BW_FACET_ACTOR, "KZ", "kk", "үкімет*", NULL, 0, 0, 1, NULL, NULL},
    {"others", BW_FACET_ACTOR, "ZZ", "en", "belarus|armenia|russia*|lavrov", NULL, 0, 1, 0, NULL,
     NULL},
    {"sco", BW_FACET_BLOC, "SCO", "any", "sco|шыұ", NULL, 0, 0, 0, NULL, NULL},
    {"brics", BW_FACET_BLOC, "BRICS", "any", "brics|брикс*", NULL, 0, 0, 0, NULL, NULL},
    {"union", BW_FACET_BLOC, "UnionState", "any", "union of russia and belarus", NULL, 0, 0, 0,
     NULL, NULL},
    {"joins", BW_FACET_STANCE, "joins", "en", "accession|become* * member", NULL, 0, 0, 0, NULL,
     NULL},
    {"observes", BW_FACET_STANCE, "observes", "en", "observer status|as an observer", NULL, 0, 0, 0,
     NULL, NULL},
    {"membership", BW_FACET_STANCE, "none", "en", "membership", NULL, 0, 0, 0, NULL, NULL},
    {"join", BW_FACET_CUE, "joins-bloc", "en", "join|joins|joined|joining", "after", 4, 0, 0, NULL,
     NULL},
    {"leave", BW_FACET_CUE, "leaves-bloc", "en", "leave|leaves|leaving", "after", 4, 0, 0, NULL,
     NULL},
    {"join-kk", BW_FACET_CUE, "joins-bloc", "kk", "кіру*|кірді", "before", 3, 0, 0, NULL, NULL},
    {"join-not-kk", BW_FACET_CUE, "declines-bloc", "kk", "кірмей*", "before", 3, 0, 0, NULL, NULL},
    {"studies", BW_FACET_CUE, "considers", "en", "study*|studies", NULL, 0, 0, 0, NULL, NULL},
    {"applies", BW_FACET_CUE, "applies", "en", "applies|applied|apply", NULL, 0, 0, 0, NULL, NULL},
    {"refuses", BW_FACET_CUE, "declines", "en", "rules out|rule out|refuses", NULL, 0, 0, 0, NULL,
     NULL},
    {"suspends", BW_FACET_CUE, "suspends", "en", "suspends", NULL, 0, 0, 0, NULL, NULL},
    {"ratifies", BW_FACET_CUE, "signs", "en", "ratifies", NULL, 0, 0, 0, NULL, NULL},
    {"slams", BW_FACET_CUE, "opposes", "en", "slams", NULL, 0, 0, 0, NULL, NULL},
    {"plans", BW_FACET_CUE, "plans", "en", "plans to|plan to|wants to", NULL, 0, 0, 0, NULL, NULL},
    {"not", BW_FACET_CUE, "negates", "en", "not|no|won't", "after", 4, 0, 0, NULL, NULL},
    {"not-kk", BW_FACET_CUE, "negates", "kk", "жоқ", "before", 3, 0, 0, NULL, NULL},
    {"denies", BW_FACET_CUE, "denies", "en", "denies", NULL, 0, 0, 0, NULL, NULL},
    {"open", BW_FACET_CUE, "undecided", "en", "no decision on", NULL, 0, 0, 0, NULL, NULL},
    {"may", BW_FACET_CUE, "hypothetical", "en", "may", NULL, 0, 0, 0, NULL, NULL},
    {"said", BW_FACET_CUE, "reported", "en", "reportedly", NULL, 0, 0, 0, NULL, NULL},
    {"invites", BW_FACET_CUE, "invites", "en", "invites|invitation to", NULL, 0, 0, 0, NULL, NULL},
    {"threat", BW_FACET_CUE, "threatens", "en", "threatens to", NULL, 0, 0, 0, NULL, NULL},
    {"old", BW_FACET_CUE, "background", "en", "since", "after", 3, 0, 0, NULL, NULL},
    {"clause", BW_FACET_CUE, "clause", "en", "where|while", NULL, 0, 0, 0, NULL, NULL},
    {"and", BW_FACET_CUE, "and", "en", "and", NULL, 0, 0, 0, NULL, NULL},
    {"with", BW_FACET_CUE, "oblique", "en", "with|unlike", "after", 2, 0, 0, NULL, NULL},
    {"in", BW_FACET_CUE, "locative", "en", "in", "after", 1, 0, 0, NULL, NULL},
    {"summit", BW_FACET_CUE, "venue", "en", "summit", "before", 2, 0, 0, NULL, NULL},
    {"skips", BW_FACET_CUE, "suspends-meeting", "en", "skips|leaves", "after", 5, 0, 0, NULL, NULL},
    {"meeting", BW_FACET_CUE, "meeting", "en", "summit|drills", "both", 3, 0, 0, NULL, NULL},
    {"bank", BW_FACET_CUE, "body", "en", "bank|court", "both", 2, 0, 0, NULL, NULL},
    {"treaty", BW_FACET_CUE, "membership-bloc", "en", "charter of", "after", 1, 0, 0, NULL, NULL},
    {"joined-kk", BW_FACET_CUE, "attribute", "kk", "кірген", NULL, 0, 0, 0, NULL, NULL},
    {"member-kk", BW_FACET_CUE, "joins-bloc", "kk", "кірген", "before", 3, 0, 0, NULL, NULL},
    {"continues", BW_FACET_CUE, "stays", "en", "continues", "after", 4, 0, 0, NULL, NULL},
    {"would", BW_FACET_CUE, "hypothetical", "en", "would", NULL, 0, 0, 0, NULL, NULL},
    {"at", BW_FACET_CUE, "blocks", "en", "at", NULL, 0, 0, 0, NULL, NULL},
    {"it", BW_FACET_CUE, "anaphor", "en", "the bloc", NULL, 0, 0, 0, NULL, NULL},
    {"friends", BW_FACET_GUARD, NULL, "en", "sco group|joins forces", NULL, 0, 0, 0, NULL, NULL},
    {"friends-kk", BW_FACET_GUARD, NULL, "kk", "tashkent", NULL, 0, 0, 0, NULL, NULL},
};

enum { SETS = sizeof lexicon / sizeof lexicon[0], TERMS = 8 };

struct world {
    struct bw_set sets[SETS];
    struct bw_term terms[SETS][TERMS];
    char text[SETS][256];
    struct bw_rule rules[2];
    struct bw_watch watch;
    struct bw_ruleset *ruleset;
    struct bw_matcher *matcher;
};

static void fill_set(struct world *world, size_t i)
{
    const struct entry *entry = &lexicon[i];
    struct bw_set *set = &world->sets[i];
    char *save = NULL;

    *set = (struct bw_set){.id = entry->id,
                           .facet = entry->facet,
                           .code = entry->code,
                           .scope = entry->scope,
                           .reach = entry->reach,
                           .foreign = entry->foreign,
                           .implied = entry->implied,
                           .since = entry->since,
                           .until = entry->until,
                           .terms = world->terms[i]};
    snprintf(world->text[i], sizeof world->text[i], "%s", entry->terms);
    for (char *term = strtok_r(world->text[i], "|", &save); term != NULL;
         term = strtok_r(NULL, "|", &save))
        set->terms[set->n_terms++] = (struct bw_term){.lang = entry->lang, .text = term};
}

static int set_up(void **state)
{
    static const char *actors[] = {"kazakhstan", "uzbekistan"};
    struct world *world = calloc(1, sizeof *world);
    struct bw_match_problems problems = {0};
    struct bw_buf out;

    for (size_t i = 0; i < SETS; i++)
        fill_set(world, i);
    world->rules[0] = (struct bw_rule){.id = "item",
                                       .title = "item",
                                       .has_event = true,
                                       .actors = actors,
                                       .n_actors = 2,
                                       .within = BW_WITHIN_ITEM,
                                       .enabled = true};
    world->rules[1] = world->rules[0];
    world->rules[1].id = world->rules[1].title = "sentence";
    world->rules[1].within = BW_WITHIN_SENTENCE;
    world->watch = (struct bw_watch){world->sets, SETS, world->rules, 2};
    buf_init(&out);
    if (match_compile_rules(&world->watch, &world->ruleset, &problems) != 0) {
        for (size_t i = 0; i < problems.n; i++)
            match_format_problem(&problems.list[i], &out);
        fail_msg("%s", buf_text(&out));
    }
    match_clear_problems(&problems);
    world->matcher = matcher_new(world->ruleset);
    assert_non_null(world->matcher);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    matcher_free(world->matcher);
    ruleset_free(world->ruleset);
    free(world);
    return 0;
}

static struct bw_item item_of(const char *title, const char *summary, const char *lang)
{
    return (struct bw_item){.title = title,
                            .summary = summary,
                            .lang = lang,
                            .published = BW_TIME_NONE,
                            .updated = BW_TIME_NONE};
}

/* "KZ joins SCO, UZ joins SCO" of rule `rule`; a certainty other than stated stands behind. */
static const char *events_of_item(struct world *world, const struct bw_item *item, const char *rule)
{
    static char out[512];
    struct bw_arena *arena = arena_new(0);
    struct bw_hits hits = {0};
    struct bw_error err;
    size_t used = 0;

    assert_int_equal(matcher_match_item(world->matcher, item, NULL, arena, &hits, &err), 0);
    out[0] = '\0';
    for (size_t i = 0; i < hits.n_hits; i++) {
        for (size_t k = 0; strcmp(hits.hits[i].rule, rule) == 0 && k < hits.hits[i].n_events; k++) {
            const struct bw_event *event = &hits.hits[i].events[k];
            bool stated = event->certainty == BW_CERTAINTY_STATED;

            used += (size_t)snprintf(out + used, sizeof out - used, "%s%s %s %s%s%s",
                                     used > 0 ? ", " : "", event->actor, stance_name(event->stance),
                                     event->bloc, stated ? "" : " ",
                                     stated ? "" : certainty_name(event->certainty));
        }
    }
    arena_free(arena);
    return out;
}

static const char *events_of(struct world *world, const char *title, const char *summary)
{
    struct bw_item item = item_of(title, summary, "en");

    return events_of_item(world, &item, "item");
}

struct row {
    const char *title, *events;
};

static void check_rows(struct world *world, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *events = events_of(world, rows[i].title, NULL);

        if (strcmp(events, rows[i].events) != 0)
            fail_msg("\"%s\" gives \"%s\", not \"%s\"", rows[i].title, events, rows[i].events);
    }
}

#define CHECK(state, rows) check_rows(*(state), rows, sizeof(rows) / sizeof((rows)[0]))

static void test_subject(void **state)
{
    static const struct row rows[] = {
        {"Kazakhstan joins SCO", "KZ joins SCO"},
        {"Kazakhstan and Uzbekistan joined the SCO", "KZ joins SCO, UZ joins SCO"},
        {"Astana: Uzbekistan applied for SCO membership", "UZ applies SCO"},
        {"Kazakhstan hosted the talks where Belarus joined the SCO", ""},
        {"Belarus joins SCO in Astana", ""},
        {"Accession of Uzbekistan to the SCO welcomed by Russia", "UZ joins SCO"},
        {"Unlike Armenia, Kazakhstan joins SCO", "KZ joins SCO"},
        {"Kazakhstan with Russia ratifies SCO accession", "KZ signs SCO"},
        {"Lavrov: accession to the SCO is a matter for the people of Uzbekistan", "UZ joins SCO"},
        {"Kazakhstan, Russia and Belarus joined the SCO", "KZ joins SCO"},
        /* A clause with its own subject and no bloc means the bloc before it. */
        {"Kazakhstan joins SCO as Uzbekistan studies it", "KZ joins SCO, UZ considers SCO"},
        {"Kazakhstan joins SCO, Uzbekistan refuses", "KZ joins SCO, UZ declines SCO"},
        {"Belarus joins SCO, Uzbekistan refuses", ""},
        {"Armenia suspends SCO membership, Kazakhstan looks on", ""},
        {"Kazakhstan, joined to the SCO in 2001, bans exports", ""},
    };

    CHECK(state, rows);
}

static void test_object(void **state)
{
    static const struct row rows[] = {
        {"Kazakhstan joins an exhibition at the SCO", ""},
        {"Kazakhstan joins SCO summit", ""},
        {"Kazakhstan becomes full member of SCO bank", ""},
        {"Kazakhstan suspends SCO court membership", ""},
        {"Kazakhstan refuses observer status and continues accession to BRICS", "KZ joins BRICS"},
        {"Kazakhstan becomes full member at SCO summit", "KZ joins SCO"},
        {"Kazakhstan joins SCO and BRICS", "KZ joins SCO, KZ joins BRICS"},
        {"SCO: Kazakhstan leaves", "KZ leaves SCO"},
        {"Kazakhstan joins the Union of Russia and Belarus", "KZ joins UnionState"},
        {"Kazakhstan joins SCO Group lawsuit", ""},
        {"Kazakhstan joins forces, says SCO", ""},
        {"Kazakhstan joins the ministry of culture in a long campaign, says SCO", ""},
    };

    CHECK(state, rows);
}

static void test_turning(void **state)
{
    static const struct row rows[] = {
        {"Kazakhstan not joining SCO", "KZ declines SCO"},
        {"Kazakhstan won't join SCO", "KZ declines SCO"},
        {"Kazakhstan rules out joining SCO", "KZ declines SCO"},
        {"Kazakhstan does not rule out joining SCO", "KZ considers SCO hypothetical"},
        {"Kazakhstan has no plans to leave SCO", "KZ stays SCO"},
        {"Kazakhstan does not plan to leave SCO", "KZ stays SCO"},
        {"Kazakhstan refuses, rules out joining SCO", "KZ declines SCO"},
        {"Kazakhstan studies SCO membership", "KZ considers SCO"},
        {"Kazakhstan has not applied for SCO membership", "KZ declines SCO"},
        {"Kazakhstan applies for SCO membership", "KZ applies SCO"},
        {"Kazakhstan ratifies SCO accession", "KZ signs SCO"},
        {"Kazakhstan suspends SCO membership", "KZ suspends SCO"},
        {"Kazakhstan slams SCO membership", "KZ opposes SCO"},
        {"Kazakhstan wants to join SCO", "KZ considers SCO hypothetical"},
        {"Kazakhstan may join SCO", "KZ considers SCO hypothetical"},
        {"Kazakhstan refuses invitation to join SCO", "KZ declines SCO"},
        {"Kazakhstan would not join SCO", "KZ declines SCO"},
        {"Kazakhstan may rule out joining SCO", "KZ declines SCO hypothetical"},
        {"Would Kazakhstan refuse? It refuses to join SCO", "KZ declines SCO"},
        {"Will Kazakhstan join SCO?", "KZ considers SCO hypothetical"},
        {"Kazakhstan denies leaving SCO", "KZ stays SCO denied"},
        {"Kazakhstan threatens to leave SCO", "KZ opposes SCO hypothetical"},
        {"Kazakhstan reportedly joins SCO", "KZ joins SCO reported"},
        {"Kazakhstan joins SCO as an observer", "KZ observes SCO"},
        {"Kazakhstan: no decision on SCO", "KZ considers SCO hypothetical"},
        {"Russia invites Kazakhstan to SCO", "KZ considers SCO hypothetical"},
        {"Since joining SCO, Kazakhstan has grown", ""},
        {"Kazakhstan's SCO membership", "KZ none SCO"},
        {"Kazakhstan joins SCO; Uzbekistan won't join BRICS", "KZ joins SCO, UZ declines BRICS"},
    };

    CHECK(state, rows);
}

/* Not the bloc, but what it holds. */
static void test_meetings(void **state)
{
    static const struct row rows[] = {
        {"Kazakhstan skips SCO summit", "KZ suspends SCO"},
        {"Kazakhstan skips the drills of the SCO in Uzbekistan", "KZ suspends SCO"},
        {"Kazakhstan not skips SCO drills", "KZ stays SCO"},
        {"Kazakhstan leaves SCO summit", "KZ suspends SCO"},
        {"Kazakhstan leaves SCO in summit week", "KZ leaves SCO"},
        {"Kazakhstan skips SCO", ""},
        {"Kazakhstan skips SCO bank", ""},
        {"Kazakhstan skips talks at SCO summit", ""},
        {"Belarus skips SCO summit in Kazakhstan", ""},
    };

    CHECK(state, rows);
}

/* A feed that is declared to be in another language has the guards of its own. */
static void test_wrong_language(void **state)
{
    struct world *world = *state;
    struct bw_item item = item_of("Kazakhstan joins SCO Group lawsuit", NULL, "kk");

    assert_string_equal(events_of_item(world, &item, "item"), "");
    item = item_of("Kazakhstan joins SCO", NULL, "kk");
    assert_string_equal(events_of_item(world, &item, "item"), "KZ joins SCO");
}

static void test_wholes(void **state)
{
    static const struct row rows[] = {
        /* A guard of another language guards nothing. */
        {"Tashkent joins SCO", "UZ joins SCO"},
        /* A title is one sentence, its question is not. */
        {"Kazakhstan joins SCO. Who will pay?", "KZ joins SCO"},
        /* Weighing an invitation takes no host. */
        {"Kazakhstan studies invitation to SCO", "KZ considers SCO hypothetical"},
        {"Kazakhstan invites reforms of SCO", ""},
        {"Kazakhstan joins SCO summit, consulate of Russia is shut", ""},
    };

    CHECK(state, rows);
}

/* Kazakh: the bloc before the verb, the negation in it or behind it; only terms of the item's
 * language count, if it has a stance in it at all. */
static void test_languages(void **state)
{
    struct world *world = *state;
    struct bw_item item = item_of("Қазақстан БРИКС-ке кірмейді", NULL, "kk");

    assert_string_equal(events_of_item(world, &item, "item"), "KZ declines BRICS");
    item.title = "Қазақстанның БРИКС-ке кіруі жоқ";
    assert_string_equal(events_of_item(world, &item, "item"), "KZ declines BRICS");
    item.title = "Кірді Қазақстан БРИКС";
    assert_string_equal(events_of_item(world, &item, "item"), "");
    item.title = "Қазақстан БРИКС-ке кірді";
    item.lang = "ru"; /* a wrong one: no stance of it is found, so all languages count */
    assert_string_equal(events_of_item(world, &item, "item"), "KZ joins BRICS");
    item.lang = "kk-Cyrl-KZ";
    assert_string_equal(events_of_item(world, &item, "item"), "KZ joins BRICS");
    item.lang = NULL;
    assert_string_equal(events_of_item(world, &item, "item"), "KZ joins BRICS");
    item.title = "БРИКС-ке кірген Қазақстан бұл туралы айтты"; /* who it is, no news */
    item.lang = "kk";
    assert_string_equal(events_of_item(world, &item, "item"), "");
    item.title = "Қазақстан БРИКС-ке кірген";
    assert_string_equal(events_of_item(world, &item, "item"), "KZ joins BRICS");
    item.title = "Kazakhstan studies a proverb: «Қазақстан БРИКС-ке кірді»";
    item.lang = "en";
    assert_string_equal(events_of_item(world, &item, "item"), "");
}

static void test_implied(void **state)
{
    struct world *world = *state;
    struct bw_item item = item_of("Үкімет: БРИКС-ке кірмейді", NULL, "kk");

    assert_string_equal(events_of_item(world, &item, "item"), "KZ declines BRICS");
    /* It is the home state's, unless another one was named before, or another of the watched ones
     * anywhere. */
    item.summary = "Armenia";
    assert_string_equal(events_of_item(world, &item, "item"), "KZ declines BRICS");
    item.summary = "Uzbekistan";
    assert_string_equal(events_of_item(world, &item, "item"), "UZ declines BRICS");
    item = item_of("Armenia. Үкімет: БРИКС-ке кірмейді", NULL, "kk");
    assert_string_equal(events_of_item(world, &item, "item"), "");
}

static void test_across(void **state)
{
    struct world *world = *state;
    struct bw_item item = item_of("Foreign ministry: no decision on BRICS",
                                  "Kazakhstan is following its work.", "en");

    assert_string_equal(events_of_item(world, &item, "item"), "KZ considers BRICS hypothetical");
    assert_string_equal(events_of_item(world, &item, "sentence"), "");
    item = item_of("Tokayev speaks of SCO", "Kazakhstan rules out joining the bloc.", "en");
    assert_string_equal(events_of_item(world, &item, "item"), "KZ declines SCO");
    item = item_of("Belarus speaks of SCO", "It rules out joining the bloc.", "en");
    assert_string_equal(events_of_item(world, &item, "item"), "");
    item = item_of("Kazakhstan rules out membership", "The SCO regrets it.", "en");
    assert_string_equal(events_of_item(world, &item, "item"), "KZ declines SCO");
    /* The news is in the title; but one that only raises the matter leaves room for a decision. */
    item = item_of("Kazakhstan slams SCO membership", "Kazakhstan joined the SCO in 2001.", "en");
    assert_string_equal(events_of_item(world, &item, "item"), "KZ opposes SCO");
    item = item_of("Kazakhstan studies SCO membership", "Kazakhstan leaves the SCO.", "en");
    assert_string_equal(events_of_item(world, &item, "item"), "KZ considers SCO, KZ leaves SCO");
    /* What one sentence says as a whole is not said again by joining two. */
    item = item_of("Kazakhstan rules out joining SCO", "Its membership is no topic.", "en");
    assert_string_equal(events_of_item(world, &item, "item"), "KZ declines SCO");
}

static void test_office(void **state)
{
    struct world *world = *state;
    struct bw_item item = item_of("Nazarbayev rules out joining SCO", NULL, "en");

    assert_string_equal(events_of_item(world, &item, "item"), "KZ declines SCO");
    item.published = 1420070400; /* 2015 */
    assert_string_equal(events_of_item(world, &item, "item"), "KZ declines SCO");
    item.published = 1704067200; /* 2024 */
    assert_string_equal(events_of_item(world, &item, "item"), "");
    item.title = "Tokayev rules out joining SCO";
    assert_string_equal(events_of_item(world, &item, "item"), "KZ declines SCO");
}

static void test_spans_and_why(void **state)
{
    struct world *world = *state;
    const char *title = "“Tokayev” rules out joining SCO — Astana";
    struct bw_item item = item_of(title, NULL, "en");
    struct bw_arena *arena = arena_new(0);
    struct bw_hits hits = {0};
    struct bw_error err;
    const struct bw_event *event;

    assert_int_equal(matcher_match_item(world->matcher, &item, NULL, arena, &hits, &err), 0);
    assert_int_equal(hits.n_hits, 2);
    event = &hits.hits[0].events[0];
    assert_memory_equal(title + event->actor_span.start, "Tokayev", event->actor_span.len);
    assert_memory_equal(title + event->stance_span.start, "joining", event->stance_span.len);
    assert_memory_equal(title + event->bloc_span.start, "SCO", event->bloc_span.len);
    assert_int_equal(event->actor_span.cp_start, 1);
    assert_string_equal(event->sentence_text, strstr(title, "Tokayev"));
    assert_non_null(strstr(event->why, "'rules out' turns joins into declines"));
    arena_free(arena);
}

static void test_explanation(void **state)
{
    struct world *world = *state;
    struct bw_item item = item_of("Belarus joins SCO", "Kazakhstan joins a summit at SCO.", "en");
    struct bw_buf out;
    struct bw_error err;

    buf_init(&out);
    assert_int_equal(match_explain_item(world->matcher, "item", &item, NULL, &out, &err), 0);
    assert_non_null(strstr(buf_text(&out), "the subject is another state"));
    assert_non_null(strstr(buf_text(&out), "the bloc is not the object of the stance"));
    buf_clear(&out);
}

/* A sentence without end, all of it marks, is dropped rather than read for ever. */
static void test_overfull(void **state)
{
    struct world *world = *state;
    struct bw_buf text;
    struct bw_item item;

    buf_init(&text);
    for (int i = 0; i < 5000; i++)
        buf_puts(&text, "Kazakhstan joins SCO and ");
    item = item_of("Uzbekistan joins SCO", buf_text(&text), "en");
    assert_string_equal(events_of_item(world, &item, "item"), "UZ joins SCO");
    buf_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subject),        cmocka_unit_test(test_object),
        cmocka_unit_test(test_turning),        cmocka_unit_test(test_languages),
        cmocka_unit_test(test_implied),        cmocka_unit_test(test_across),
        cmocka_unit_test(test_office),         cmocka_unit_test(test_spans_and_why),
        cmocka_unit_test(test_explanation),    cmocka_unit_test(test_overfull),
        cmocka_unit_test(test_meetings),       cmocka_unit_test(test_wholes),
        cmocka_unit_test(test_wrong_language),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
