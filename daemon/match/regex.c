/* Regular expressions on an item's original text. Owns nothing; PCRE2's memory is the matcher's. */
#include "matcher.h"

#include "fold.h"

#include <string.h>

/* A part of one value, and how to tell where it lies. */
struct subject {
    const char *text; /* of the whole value */
    size_t from, to;  /* the part */
    enum bw_field field;
};

/* As in matcher.h. */
typedef bool on_found_fn(struct bw_matcher *matcher, const struct bw_span *span, const char *text);

static uint32_t count_points(const char *text, size_t from, size_t to)
{
    uint32_t n = 0;

    for (size_t i = from; i < to; i++)
        n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

static bool tell(struct bw_matcher *matcher, const struct subject *subject, size_t from, size_t to,
                 on_found_fn *on_found)
{
    struct bw_span span = {.field = subject->field,
                           .start = (uint32_t)from,
                           .len = (uint32_t)(to - from),
                           .cp_start = count_points(subject->text, 0, from),
                           .cp_len = count_points(subject->text, from, to)};

    return on_found(matcher, &span, subject->text + from);
}

/* False when on_found wants no more. */
static bool search(struct bw_matcher *matcher, const pcre2_code *code,
                   const struct subject *subject, on_found_fn *on_found, bool *found)
{
    PCRE2_SIZE *ends = pcre2_get_ovector_pointer(matcher->regex_data);
    const char *text = subject->text + subject->from;
    size_t len = subject->to - subject->from, at = 0;

    while (at <= len) {
        int result = pcre2_match(code, (PCRE2_SPTR)text, len, at, 0, matcher->regex_data,
                                 matcher->regex_context);

        if (result < 0) /* no match, or over a limit: both are no hit */
            return true;
        *found = true;
        if (ends[1] < ends[0] ||
            !tell(matcher, subject, subject->from + ends[0], subject->from + ends[1], on_found))
            return false;
        at = ends[1] > at ? ends[1] : at + 1;
        while (at < len && ((unsigned char)text[at] & 0xC0) == 0x80)
            at++;
    }
    return true;
}

static bool search_whole(struct bw_matcher *matcher, const pcre2_code *code, const char *text,
                         enum bw_field field, on_found_fn *on_found, bool *found)
{
    struct subject subject = {.text = text, .field = field};

    if (text == NULL)
        return true;
    subject.to = strlen(text);
    return search(matcher, code, &subject, on_found, found);
}

static void search_text(struct bw_matcher *matcher, const struct bw_node *node,
                        const pcre2_code *code, struct bw_scope scope, on_found_fn *on_found,
                        bool *found)
{
    const struct bw_text *text = &matcher->lanes[BW_LANE_TEXT].text;
    uint32_t first = node->channel == BW_IN_TEXT ? BW_FIELD_SUMMARY : BW_FIELD_TITLE;
    uint32_t last = node->channel == BW_IN_TITLE ? BW_FIELD_TITLE : BW_FIELD_CONTENT;

    if (scope.sentence != BW_NO_SENTENCE) {
        const struct bw_sentence *sentence = &text->sentences[scope.sentence];
        struct subject subject = {.text = text->field[sentence->field],
                                  .from = sentence->start,
                                  .to = sentence->start + sentence->len,
                                  .field = (enum bw_field)sentence->field};

        if (sentence->field >= first && sentence->field <= last)
            search(matcher, code, &subject, on_found, found);
        return;
    }
    for (uint32_t i = first; i <= last; i++) {
        struct subject subject = {
            .text = text->field[i], .to = text->field_len[i], .field = (enum bw_field)i};

        if (subject.text != NULL && !search(matcher, code, &subject, on_found, found))
            return;
    }
}

void query_regex(struct bw_matcher *matcher, const struct bw_node *node, struct bw_scope scope,
                 bool (*on_found)(struct bw_matcher *matcher, const struct bw_span *span,
                                  const char *text),
                 bool *found)
{
    const pcre2_code *code = matcher->rules->regexes[node->arg];
    const struct bw_item *item = matcher->item;

    switch (node->channel) {
    case BW_IN_CATEGORY:
        for (size_t i = 0; i < item->n_categories; i++) {
            if (!search_whole(matcher, code, item->categories[i], BW_FIELD_OTHER, on_found, found))
                return;
        }
        return;
    case BW_IN_AUTHOR:
        search_whole(matcher, code, item->author, BW_FIELD_OTHER, on_found, found);
        return;
    case BW_IN_LINK:
        search_whole(matcher, code, item->link, BW_FIELD_OTHER, on_found, found);
        return;
    default:
        search_text(matcher, node, code, scope, on_found, found);
        return;
    }
}
