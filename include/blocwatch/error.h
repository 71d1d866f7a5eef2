/*
 * The one way to fail: a function that can fail returns 0 or -1, takes a `struct bw_error *` last,
 * and leaves its outputs untouched on failure. The text is for people, the code for programs.
 */
#ifndef BLOCWATCH_ERROR_H
#define BLOCWATCH_ERROR_H

enum bw_error_code {
    BW_OK = 0,
    BW_ERR_USAGE,    /* the caller asked for something that does not exist */
    BW_ERR_CONFIG,   /* configuration or rule text is wrong */
    BW_ERR_IO,       /* file, disk or descriptor */
    BW_ERR_MEMORY,   /* allocation failed */
    BW_ERR_LIMIT,    /* a named limit was reached */
    BW_ERR_FORMAT,   /* bytes are not what they should be */
    BW_ERR_NETWORK,  /* DNS, connection, TLS, HTTP */
    BW_ERR_STORE,    /* the database */
    BW_ERR_BUSY,     /* somebody else holds it */
    BW_ERR_NOTFOUND, /* no such thing */
    BW_ERR_INTERNAL, /* a defect of ours */
};

struct bw_error {
    enum bw_error_code code;
    char text[1024]; /* one sentence without a full stop; UTF-8; always terminated */
};

/* Fills `err` (may be NULL) and returns -1, so that `return error_set(err, …)` reads well. */
__attribute__((format(printf, 3, 4))) int error_set(struct bw_error *err, enum bw_error_code code,
                                                    const char *format, ...);

/* Puts "context: " before the text that stands; returns -1. */
__attribute__((format(printf, 2, 3))) int error_prefix(struct bw_error *err, const char *format,
                                                       ...);

#endif
