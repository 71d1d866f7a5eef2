/* match_explain_item(): why a rule hits an item or does not, for people. Owns nothing. */
#include "matcher.h"

#include <string.h>

int match_explain_item(struct bw_matcher *matcher, const char *rule_id, const struct bw_item *item,
                       const char *source_id, struct bw_buf *out, struct bw_error *err)
{
    (void)matcher;
    (void)rule_id;
    (void)item;
    (void)source_id;
    (void)out;
    return error_set(err, BW_ERR_INTERNAL, "not yet");
}
