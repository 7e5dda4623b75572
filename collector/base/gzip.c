#include "base/gzip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    GZIP_WINDOW = 15 + 16, /* 16: with the head and tail of gzip */
    GZIP_MEMORY = 8,
    GZIP_FRAME = 32 /* head and tail, generously */
};

size_t gzip_room(size_t size)
{
    return compressBound((uLong)size) + GZIP_FRAME;
}

size_t gzip_into(const void *bytes, size_t size, int level, void *out, size_t room)
{
    z_stream stream;
    size_t made;

    memset(&stream, 0, sizeof stream);
    if (deflateInit2(&stream, level, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return 0;
    stream.next_in = (z_const Bytef *)bytes;
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    made = deflate(&stream, Z_FINISH) == Z_STREAM_END ? stream.total_out : 0;
    deflateEnd(&stream);
    return made;
}

void *gzip_made(const void *bytes, size_t size, int level, size_t *made)
{
    void *out = malloc(gzip_room(size));
    void *fitting;

    *made = out == NULL ? 0 : gzip_into(bytes, size, level, out, gzip_room(size));
    if (*made == 0) {
        free(out);
        return NULL;
    }
    fitting = realloc(out, *made);
    return fitting == NULL ? out : fitting;
}

bool gzip_open(const void *packed, size_t packed_size, void *out, size_t size)
{
    z_stream stream;
    bool whole;

    memset(&stream, 0, sizeof stream);
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        return false;
    stream.next_in = (z_const Bytef *)packed;
    stream.avail_in = (uInt)packed_size;
    stream.next_out = out;
    stream.avail_out = (uInt)size;
    whole = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.total_out == size;
    inflateEnd(&stream);
    return whole;
}
