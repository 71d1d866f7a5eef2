/* Names of months and time zones in the languages of feeds. */
#ifndef FEED_DATE_NAMES_H
#define FEED_DATE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* 1 to 12; 0 when `word` (lower-case UTF-8) is no month's name or abbreviation. */
int date_find_month(const char *word, size_t len);

/* Minutes east of Greenwich; false when `word` (lower case) is no zone that feeds use. */
bool date_find_zone(const char *word, size_t len, int *minutes);

/* Before noon, after noon in several languages: 1 for a.m., 2 for p.m., 0 for neither. */
int date_find_half(const char *word, size_t len);

#endif
