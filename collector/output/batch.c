#include "output/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/gzip.h"

enum {
    BYTES_A_LINE = 512,
    BYTES_MOST = 16 * 1024 * 1024,
    BYTES_LEAST = 256 * 1024, /* more than one poll of POLL_READINGS_MAX readings can take */
};

bool batch_init(struct batch *batch, size_t lines)
{
    size_t size = lines * BYTES_A_LINE;
    char *bytes;

    memset(batch, 0, sizeof *batch);
    size = size < BYTES_LEAST ? BYTES_LEAST : size;
    size = size > BYTES_MOST ? BYTES_MOST : size;
    bytes = malloc(size);
    batch->units = calloc(lines, sizeof *batch->units);
    batch->most = lines;
    batch->packed_most = gzip_room(size);
    batch->packed = malloc(batch->packed_most);
    if (bytes != NULL)
        text_init(&batch->body, bytes, size);
    return bytes != NULL && batch->units != NULL && batch->packed != NULL;
}

void batch_end(struct batch *batch)
{
    free(batch->body.bytes);
    free(batch->units);
    free(batch->packed);
    memset(batch, 0, sizeof *batch);
}

void batch_clear(struct batch *batch, uint64_t reached)
{
    text_cut(&batch->body, 0);
    batch->count = 0;
    batch->lines = 0;
    batch->packed_size = 0;
    batch->ready = false;
    batch->reached = reached;
}

bool batch_add(struct batch *batch, struct line_keys *keys, const struct poll *poll,
               size_t most_lines)
{
    size_t begin = batch->body.used;
    size_t lines = 0;

    if (!line_add_poll(keys, poll, &batch->body, &lines))
        return false;
    if (lines > 0 &&
        (batch->count == batch->most || (batch->count > 0 && batch->lines + lines > most_lines))) {
        text_cut(&batch->body, begin);
        return false;
    }
    if (lines > 0)
        batch->units[batch->count++] = (struct batch_unit){
            poll->seq, begin, batch->body.used, (uint32_t)lines, (uint32_t)poll->reading_count};
    batch->lines += lines;
    batch->reached = poll->seq;
    return true;
}

size_t batch_lines(const struct batch *batch, size_t from, size_t to)
{
    size_t lines = 0;

    for (size_t i = from; i < to; i++)
        lines += batch->units[i].lines;
    return lines;
}

uint64_t batch_readings(const struct batch *batch, size_t from, size_t to)
{
    uint64_t readings = 0;

    for (size_t i = from; i < to; i++)
        readings += batch->units[i].readings;
    return readings;
}

bool batch_pack(struct batch *batch, size_t from, size_t to)
{
    size_t begin = batch->units[from].begin;
    size_t size = batch->units[to - 1].end - begin;

    batch->packed_size =
        gzip_into(batch->body.bytes + begin, size, 1, batch->packed, batch->packed_most);
    return batch->packed_size > 0;
}
