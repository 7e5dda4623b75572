#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "report/archive.h"

enum { LINES_PIECE = 64 << 10 };

struct archive_lines {
    struct archive *archive;
    const struct archive_file *file;
    size_t most;
    uint64_t read; /* bytes of the file that are in the room, or were */
    uint64_t number;
    size_t at, used; /* the room's bytes not given out yet: at..used */
    size_t size;     /* of the room; grows up to the longest line and a piece */
    char *room;
};

struct archive_lines *archive_lines_new(struct archive *archive, const struct archive_file *file,
                                        size_t most, struct error *err)
{
    struct archive_lines *lines = malloc(sizeof *lines);

    if (lines != NULL)
        *lines = (struct archive_lines){
            .archive = archive, .file = file, .most = most, .size = LINES_PIECE};
    if (lines != NULL && (lines->room = malloc(lines->size)) != NULL)
        return lines;
    archive_lines_free(lines);
    error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    return NULL;
}

void archive_lines_free(struct archive_lines *lines)
{
    if (lines != NULL)
        free(lines->room);
    free(lines);
}

uint64_t archive_line_number(const struct archive_lines *lines)
{
    return lines->number;
}

static const char *refuse_line(const struct archive_lines *lines, struct error *err,
                               const char *why)
{
    error_set(err, ERROR_REFUSED, SAY("%s 第 %llu 行%s", "%s, line %llu, %s"), lines->file->name,
              (unsigned long long)lines->number, why);
    return NULL;
}

/* A line is longer than the room. */
static bool grow(struct archive_lines *lines, struct error *err)
{
    size_t most = lines->most + 1 + LINES_PIECE;
    size_t size = lines->size > most / 2 ? most : lines->size * 2;
    char *room = realloc(lines->room, size);

    if (room == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    lines->room = room;
    lines->size = size;
    return true;
}

/* Moves what is left to the front and puts one more piece behind it. */
static bool fill(struct archive_lines *lines, struct error *err)
{
    uint64_t left = lines->file->size - lines->read;
    size_t piece;

    memmove(lines->room, lines->room + lines->at, lines->used - lines->at);
    lines->used -= lines->at;
    lines->at = 0;
    if (lines->used == lines->size && !grow(lines, err))
        return false;
    piece = lines->size - lines->used;
    if (piece > LINES_PIECE)
        piece = LINES_PIECE;
    if (piece > left)
        piece = (size_t)left;
    if (!archive_read(lines->archive, lines->file, lines->read, lines->room + lines->used, piece,
                      err))
        return false;
    lines->used += piece;
    lines->read += piece;
    return true;
}

/* The line feed that ends the next line, read up to there; NULL: none, or a line that is too long.
 */
static char *find_end(struct archive_lines *lines, bool *good, struct error *err)
{
    size_t looked = 0;

    *good = true;
    for (;;) {
        size_t begin = lines->at + looked;
        char *end = memchr(lines->room + begin, '\n', lines->used - begin);

        looked = lines->used - lines->at;
        if (end != NULL || lines->read == lines->file->size || looked > lines->most)
            return end;
        if (!fill(lines, err)) {
            *good = false;
            return NULL;
        }
    }
}

const char *archive_line(struct archive_lines *lines, size_t *size, struct error *err)
{
    bool good;
    char *end = find_end(lines, &good, err);
    char *begin = lines->room + lines->at;

    if (!good || (end == NULL && lines->used == lines->at))
        return NULL;
    lines->number++;
    if (end == NULL && lines->used - lines->at <= lines->most)
        return refuse_line(lines, err, SAY("没有换行结尾", "has no line feed at its end"));
    if (end == NULL || (size_t)(end - begin) > lines->most)
        return refuse_line(lines, err, SAY("太长", "is too long"));
    *size = (size_t)(end - begin);
    if (memchr(begin, '\0', *size) != NULL)
        return refuse_line(lines, err, SAY("含有 NUL 字节", "has a NUL byte in it"));
    *end = '\0';
    lines->at = (size_t)(end + 1 - lines->room);
    return begin;
}
