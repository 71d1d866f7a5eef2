/* A guess at the charset of undeclared bytes that are not UTF-8. */
#ifndef FEED_CHARSET_GUESS_H
#define FEED_CHARSET_GUESS_H

#include <stddef.h>

/* The name of a charset, never NULL: "WINDOWS-1251", "KOI8-R", "EUC-JP" … */
const char *charset_guess(const char *bytes, size_t len);

#endif
