/* The words of enumerations, one by one until NULL: see `allowed` in schema.h. */
#ifndef BLOCWATCH_CONFIG_WORDS_H
#define BLOCWATCH_CONFIG_WORDS_H

const char *words_severity(int i, const void *ctx);
const char *words_stance(int i, const void *ctx);
const char *words_certainty(int i, const void *ctx);

/* A word function over a constant list. */
#define WORDS(name, ...)                                                                           \
    static const char *name(int i, const void *ctx)                                                \
    {                                                                                              \
        static const char *const words[] = {__VA_ARGS__};                                          \
                                                                                                   \
        (void)ctx;                                                                                 \
        return i < (int)(sizeof words / sizeof words[0]) ? words[i] : NULL;                        \
    }

#endif
