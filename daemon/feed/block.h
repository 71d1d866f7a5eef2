/* Sixteen bytes at a time, by SSE2 where there is SSE2 (on x86-64 always), else not at all. */
#ifndef FEED_BLOCK_H
#define FEED_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

enum { BLOCK = 16 };

#ifdef __SSE2__
#include <emmintrin.h>

static inline __m128i block_load(const void *bytes)
{
    return _mm_loadu_si128(bytes);
}

/* Each byte that equals `c`: all its bits set. */
static inline __m128i block_equal(__m128i block, char c)
{
    return _mm_cmpeq_epi8(block, _mm_set1_epi8(c));
}

/* Each byte up to `c`. */
static inline __m128i block_up_to(__m128i block, char c)
{
    return _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(c)), block);
}

static inline __m128i block_or(__m128i a, __m128i b)
{
    return _mm_or_si128(a, b);
}

/* Bit i: byte i's highest bit. */
static inline unsigned block_bits(__m128i block)
{
    return (unsigned)_mm_movemask_epi8(block);
}

/* How many bytes stand before the first whose bit is set. */
static inline size_t block_before(unsigned bits)
{
    return bits == 0 ? BLOCK : (size_t)__builtin_ctz(bits);
}

/* The highest bit of each byte that is no ASCII or a control character but tab, line feed and
 * carriage return. */
static inline __m128i block_not_ascii(__m128i block)
{
    __m128i space = block_or(block_or(block_equal(block, '\t'), block_equal(block, '\n')),
                             block_equal(block, '\r'));

    return block_or(_mm_andnot_si128(space, block_up_to(block, 0x1F)), block);
}

/* How many of the 16 bytes stand before the first such. */
static inline size_t block_ascii(const void *bytes)
{
    return block_before(block_bits(block_not_ascii(block_load(bytes))));
}

/* Is there none in four blocks? */
static inline bool block_ascii_4(const char *bytes)
{
    __m128i a = block_not_ascii(block_load(bytes)), b = block_not_ascii(block_load(bytes + BLOCK)),
            c = block_not_ascii(block_load(bytes + 2 * BLOCK)),
            d = block_not_ascii(block_load(bytes + 3 * BLOCK));

    return block_bits(block_or(block_or(a, b), block_or(c, d))) == 0;
}

/* How many of the 16 bytes stand before a space or control character. */
static inline size_t block_visible(const void *bytes)
{
    __m128i block = block_load(bytes);

    return block_before(block_bits(block_or(block_up_to(block, ' '), block_equal(block, 0x7F))));
}

/* How many of the 16 bytes are text as it should be: no control characters, '<', '&', no lead
 * bytes of invisible characters, and spaces only alone between others. */
static inline size_t block_text(const void *bytes)
{
    __m128i block = block_load(bytes);
    __m128i ascii = block_or(block_or(block_up_to(block, 0x1F), block_equal(block, 0x7F)),
                             block_or(block_equal(block, '<'), block_equal(block, '&')));
    __m128i leads =
        block_or(block_or(block_equal(block, (char)0xC2), block_equal(block, (char)0xE2)),
                 block_or(block_equal(block, (char)0xE3), block_equal(block, (char)0xEF)));
    unsigned bad = block_bits(block_or(ascii, leads)), spaces = block_bits(block_equal(block, ' '));

    /* A space is text only if the byte behind it is known to be. */
    bad |= spaces & ((spaces | bad) >> 1 | 1U << (BLOCK - 1));
    return block_before(bad);
}
#else
static inline size_t block_ascii(const void *bytes)
{
    (void)bytes;
    return 0;
}

static inline bool block_ascii_4(const char *bytes)
{
    (void)bytes;
    return false;
}

static inline size_t block_visible(const void *bytes)
{
    (void)bytes;
    return 0;
}

static inline size_t block_text(const void *bytes)
{
    (void)bytes;
    return 0;
}
#endif

#endif
