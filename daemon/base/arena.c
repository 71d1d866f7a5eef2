/* Arena allocator: chunks that double in size up to a cap. Owns its chunks. */
#include "blocwatch/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20, ALIGN = _Alignof(max_align_t) };

struct chunk {
    struct chunk *next;
    size_t size, used;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct bw_arena {
    struct chunk *head;
    size_t limit, used, next_size;
};

struct bw_arena *arena_new(size_t limit)
{
    struct bw_arena *arena = calloc(1, sizeof *arena);

    if (arena == NULL)
        return NULL;
    arena->limit = limit;
    arena->next_size = FIRST_CHUNK;
    return arena;
}

void arena_free(struct bw_arena *arena)
{
    struct chunk *chunk, *next;

    if (arena == NULL)
        return;
    for (chunk = arena->head; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(arena);
}

static struct chunk *add_chunk(struct bw_arena *arena, size_t need)
{
    size_t size = arena->next_size > need ? arena->next_size : need;
    struct chunk *chunk = malloc(sizeof *chunk + size);

    if (chunk == NULL)
        return NULL;
    chunk->size = size;
    chunk->used = 0;
    chunk->next = arena->head;
    arena->head = chunk;
    if (arena->next_size < LARGEST_CHUNK)
        arena->next_size *= 2;
    return chunk;
}

void *arena_alloc(struct bw_arena *arena, size_t size)
{
    struct chunk *chunk = arena->head;
    size_t need;
    void *memory;

    if (size > SIZE_MAX / 2)
        return NULL;
    need = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (arena->limit != 0 && need > arena->limit - arena->used)
        return NULL;
    if (chunk == NULL || chunk->size - chunk->used < need) {
        chunk = add_chunk(arena, need);
        if (chunk == NULL)
            return NULL;
    }
    memory = chunk->bytes + chunk->used;
    chunk->used += need;
    arena->used += need;
    return memset(memory, 0, need);
}

void *arena_calloc(struct bw_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return arena_alloc(arena, count * size);
}

char *arena_strndup(struct bw_arena *arena, const char *text, size_t len)
{
    char *copy = len < SIZE_MAX ? arena_alloc(arena, len + 1) : NULL;

    if (copy != NULL && len > 0)
        memcpy(copy, text, len);
    return copy;
}

char *arena_strdup(struct bw_arena *arena, const char *text)
{
    return text == NULL ? NULL : arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct bw_arena *arena, const char *format, ...)
{
    va_list args, again;
    int len;
    char *text;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    text = len < 0 ? NULL : arena_alloc(arena, (size_t)len + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

size_t arena_used(const struct bw_arena *arena)
{
    return arena->used;
}
