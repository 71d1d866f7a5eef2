/* Queries that are true, or false, whatever an item says. Owns nothing. */
#include "parse.h"

void query_check(struct bw_build *build, const struct bw_spot *spot, uint32_t root)
{
    (void)build;
    (void)spot;
    (void)root;
}
