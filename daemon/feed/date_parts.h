/* What the two halves of the date reader share: date_fixed.c knows forms by their letter, date.c
 * reads whatever is left word by word. */
#ifndef FEED_DATE_PARTS_H
#define FEED_DATE_PARTS_H

#include "blocwatch/clock.h"

enum { DATE_NONE = -1 };

/* What has been read so far. */
struct date_parts {
    int64_t year;
    int month, day, hour, minute, second;
    int zone; /* minutes east */
    int half; /* 1 before noon, 2 after noon */
    bool has_time, has_zone;
};

/* The parts as Unix seconds; BW_TIME_NONE when they are no date. */
int64_t date_finish(struct date_parts parts);
/* The same, with the day counted from the beginning of the month, however far. */
int64_t date_finish_ordinal(struct date_parts parts);

int64_t date_full_year(int64_t year, int digits); /* 04 is 2004, 99 is 1999 */

/* Up to `most` digits at *at, which moves; *n is how many. DATE_NONE when there is none. */
int64_t date_read_digits(const char **at, int most, int *n);

/* RFC 822 and RFC 3339 to the letter, as nearly all dates are; in any case, and without white space
 * around it. The other functions want lower case. */
bool date_read_well_made(const char *text, size_t len, struct date_parts *parts);

/* Digits only: Unix times and ISO 8601's basic dates. True when it is that, of sense or not. */
bool date_read_number(const char *text, int64_t *seconds);

/* ISO 8601's week dates, 2004-W01-1, and ordinal ones, 2004-001; *end is what stands behind. */
bool date_read_ordinal(const char *text, struct date_parts *parts, const char **end);

#endif
