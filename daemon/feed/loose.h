/* What the two halves of the forgiving reader share: loose_tag.c reads one tag, loose.c keeps the
 * elements. */
#ifndef FEED_LOOSE_H
#define FEED_LOOSE_H

#include "dtd.h"
#include "parse.h"

enum { LOOSE_ATTRS = 32, LOOSE_SPACES = 64, LOOSE_NAME = 80, LOOSE_PREFIX = 24 };

/* A qualified name; longer ones are cut. */
struct loose_name {
    char text[LOOSE_NAME];
    unsigned len;
    unsigned local;            /* where the local part begins */
    char prefix[LOOSE_PREFIX]; /* "" when there is none */
};

struct loose_tag {
    struct loose_name name;
    bool closing, empty;
    bool whole; /* not cut by the end of the document */
    struct loose_name attr_names[LOOSE_ATTRS];
    struct bw_attr attrs[LOOSE_ATTRS]; /* values in `values` */
    size_t offsets[LOOSE_ATTRS], n;
    struct bw_buf values;
};

struct loose_space {
    char prefix[LOOSE_PREFIX];
    const char *uri; /* in the document's arena */
};

struct loose_reader {
    struct bw_parse *parse;
    struct bw_dtd *dtd;
    const char *at, *end;
    struct bw_buf names; /* of open elements, terminated, one behind the other */
    struct bw_buf stack; /* of struct open, as many as parse->depth */
    struct bw_buf text;
    struct loose_tag tag;
    struct loose_space spaces[LOOSE_SPACES];
    size_t n_spaces;
    const char *cdata_end; /* the next "]]>", once looked for */
    bool no_comment_end;   /* it was looked for, in vain */
    bool has_root;
};

bool loose_begins_name(char c);
bool loose_is_name(char c);
bool loose_is_space(char c);

/* Reads the tag at r->at, which is "<name" or "</name", into r->tag and declares its namespaces. */
void loose_read_tag(struct loose_reader *r);

/* The URI that a prefix ("": none) stands for; NULL when it was never declared. */
const char *loose_find_uri(const struct loose_reader *r, const char *prefix);

/* Appends text with its references decoded; an '&' that begins none stays. */
void loose_decode(struct loose_reader *r, const char *text, size_t len, struct bw_buf *out);

#endif
