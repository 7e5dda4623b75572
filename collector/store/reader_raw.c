/* Reading what a poll really heard: its raw words, its frames, and the profile it was decoded by.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "store/reader_inside.h"
#include "store/seals.h"

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

/* Copies a blob behind `*used` bytes of the reader's own room. */
static bool keep_blob(struct reader *reader, sqlite3_stmt *row, int at, size_t *used, size_t *size,
                      struct error *err)
{
    *size = (size_t)sqlite3_column_bytes(row, at);
    if (*used + *size > reader->raw_room) {
        size_t room = (*used + *size) * 2;
        uint8_t *larger = realloc(reader->raw, room);

        if (larger == NULL)
            return no_memory(err);
        reader->raw = larger;
        reader->raw_room = room;
    }
    if (*size > 0)
        memcpy(reader->raw + *used, sqlite3_column_blob(row, at), *size);
    *used += *size;
    return true;
}

bool reader_raw(struct reader *reader, uint64_t seq, struct poll *poll, bool *found,
                struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_RAW);
    size_t used = 0;
    bool failed;
    bool good = true;

    *poll = (struct poll){.seq = seq, .time = WALL_NONE};
    sqlite3_bind_int64(row, 1, seal_as_number(seq));
    *found = statement_next(&reader->c, row, &failed, err);
    if (*found) {
        poll->device = (uint32_t)sqlite3_column_int64(row, 0);
        poll->profile = (uint32_t)sqlite3_column_int64(row, 1);
        good = keep_blob(reader, row, 2, &used, &poll->raw_size, err) &&
               keep_blob(reader, row, 3, &used, &poll->frames_size, err);
    }
    sqlite3_reset(row);
    if (failed || !good)
        return false;
    poll->raw = poll->raw_size > 0 ? reader->raw : NULL;
    poll->frames = poll->frames_size > 0 ? reader->raw + poll->raw_size : NULL;
    return true;
}

uint64_t reader_first_frame(struct reader *reader)
{
    int64_t seq = 0;

    return statement_number(&reader->c, reader_ask(reader, ASK_FIRST_FRAME), &seq, NULL) && seq > 0
               ? (uint64_t)seq
               : UINT64_MAX;
}

uint64_t reader_untimed(struct reader *reader)
{
    int64_t count = 0;

    return statement_number(&reader->c, reader_ask(reader, ASK_UNTIMED), &count, NULL)
               ? (uint64_t)count
               : 0;
}

bool reader_profile(struct reader *reader, uint32_t number, uint8_t digest[32], char **text,
                    struct error *err)
{
    sqlite3_stmt *ask = reader_ask(reader, ASK_PROFILE);
    bool found, failed;

    *text = NULL;
    sqlite3_bind_int64(ask, 1, number);
    found = statement_next(&reader->c, ask, &failed, err);
    if (found) {
        seal_digest_at(ask, 0, digest, DIGEST_BYTES);
        *text = strdup(column_text(ask, 1));
    }
    sqlite3_reset(ask);
    return !failed && (!found || *text != NULL || no_memory(err));
}

char *reader_channel(struct reader *reader, uint32_t point, char out[CHANNEL_SIZE])
{
    sqlite3_stmt *ask = reader_ask(reader, ASK_CHANNEL);
    bool failed;

    out[0] = '\0';
    sqlite3_bind_int64(ask, 1, point);
    if (statement_next(&reader->c, ask, &failed, NULL))
        snprintf(out, CHANNEL_SIZE, "%s", column_text(ask, 0));
    sqlite3_reset(ask);
    return out;
}

char *reader_point_name(struct reader *reader, uint32_t point, char out[POINT_SIZE])
{
    sqlite3_stmt *ask = reader_ask(reader, ASK_CHANNEL);
    bool failed;

    snprintf(out, POINT_SIZE, "? (%u)", point);
    sqlite3_bind_int64(ask, 1, point);
    if (statement_next(&reader->c, ask, &failed, NULL))
        snprintf(out, POINT_SIZE, "%s", column_text(ask, 1));
    sqlite3_reset(ask);
    return out;
}
