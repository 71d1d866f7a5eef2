/* Sixteen bytes at a time, by SSE2 where there is SSE2 (on x86-64 always), else not at all. */
#ifndef FEED_BLOCK_H
#define FEED_BLOCK_H

#include <stddef.h>

enum { BLOCK = 16 };

#ifdef __SSE2__
#include <emmintrin.h>

/* Bit i: byte i equals `c`. */
static inline unsigned block_equal(__m128i block, char c)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8(c)));
}

/* Bit i: byte i is below 0x20. */
static inline unsigned block_controls(__m128i block)
{
    const __m128i space = _mm_set1_epi8(0x20);
    __m128i printable = _mm_cmpeq_epi8(_mm_max_epu8(block, space), block);

    return ~(unsigned)_mm_movemask_epi8(printable) & 0xFFFF;
}

static inline __m128i block_load(const void *bytes)
{
    return _mm_loadu_si128(bytes);
}

/* How many of the 16 bytes stand before the first that is no ASCII or a control character but tab,
 * line feed and carriage return. */
static inline size_t block_ascii(const void *bytes)
{
    __m128i block = block_load(bytes);
    unsigned bad = block_controls(block);

    if (bad != 0)
        bad &= ~(block_equal(block, '\t') | block_equal(block, '\n') | block_equal(block, '\r'));
    bad |= (unsigned)_mm_movemask_epi8(block);
    return bad == 0 ? BLOCK : (size_t)__builtin_ctz(bad);
}

/* How many of the 16 bytes stand before a space or control character. */
static inline size_t block_visible(const void *bytes)
{
    __m128i block = block_load(bytes);
    unsigned bad = block_controls(block) | block_equal(block, ' ') | block_equal(block, 0x7F);

    return bad == 0 ? BLOCK : (size_t)__builtin_ctz(bad);
}

/* How many of the 16 bytes are text as it should be: no control characters, '<', '&', no lead
 * bytes of invisible characters, and spaces only alone between others. */
static inline size_t block_text(const void *bytes)
{
    __m128i block = block_load(bytes);
    unsigned spaces = block_equal(block, ' ');
    unsigned bad = block_controls(block) | block_equal(block, '<') | block_equal(block, '&') |
                   block_equal(block, 0x7F) | block_equal(block, (char)0xC2) |
                   block_equal(block, (char)0xE2) | block_equal(block, (char)0xE3) |
                   block_equal(block, (char)0xEF);

    /* A space is text only if the byte behind it is known to be. */
    bad |= spaces & ((spaces | bad) >> 1 | 1U << (BLOCK - 1));
    return bad == 0 ? BLOCK : (size_t)__builtin_ctz(bad);
}
#else
static inline size_t block_ascii(const void *bytes)
{
    (void)bytes;
    return 0;
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
