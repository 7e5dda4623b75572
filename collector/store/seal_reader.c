/* Reading seals: heads, what was in force, and where heads were left. */
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

int64_t seal_as_number(uint64_t number)
{
    return number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

/* Heads ------------------------------------------------------------------------------------- */

void seal_digest_at(sqlite3_stmt *row, int at, uint8_t *out, size_t size)
{
    memset(out, 0, size);
    if ((size_t)sqlite3_column_bytes(row, at) == size)
        memcpy(out, sqlite3_column_blob(row, at), size);
}

size_t seal_path_at(sqlite3_stmt *row, int at, uint8_t (*path)[DIGEST_BYTES])
{
    size_t size = (size_t)sqlite3_column_bytes(row, at);

    if (size % DIGEST_BYTES != 0 || size > PATH_MAX_LENGTH * DIGEST_BYTES)
        return 0;
    if (size > 0)
        memcpy(path, sqlite3_column_blob(row, at), size);
    return size / DIGEST_BYTES;
}

static void sealed_of_row(sqlite3_stmt *row, struct sealed *sealed)
{
    struct seal_head *head = &sealed->head;

    head->segment = (uint64_t)sqlite3_column_int64(row, 0);
    head->first_seq = (uint64_t)sqlite3_column_int64(row, 1);
    head->last_seq = (uint64_t)sqlite3_column_int64(row, 2);
    head->first_time = column_time(row, 3);
    head->last_time = column_time(row, 4);
    head->leaves = (uint64_t)sqlite3_column_int64(row, 5);
    seal_digest_at(row, 6, head->root, DIGEST_BYTES);
    seal_digest_at(row, 7, head->previous, DIGEST_BYTES);
    seal_digest_at(row, 8, sealed->digest, DIGEST_BYTES);
    seal_digest_at(row, 9, sealed->signature, SIGNATURE_BYTES);
    snprintf(head->key, sizeof head->key, "%s", column_text(row, 10));
    head->sealed = column_time(row, 11);
    snprintf(head->collector, sizeof head->collector, "%s", column_text(row, 12));
    sealed->pruned = sqlite3_column_int(row, 13) != 0;
    sealed->path_length = seal_path_at(row, 14, sealed->path);
}

static bool read_store_id(struct reader *reader, char id[33], struct error *err)
{
    sqlite3_stmt *ask = reader_ask(reader, ASK_STORE_ID);
    bool failed;

    id[0] = '\0';
    if (statement_next(&reader->c, ask, &failed, err))
        snprintf(id, 33, "%s", column_text(ask, 0));
    sqlite3_reset(ask);
    return !failed;
}

static bool next_sealed(struct reader *reader, uint64_t from, uint64_t last, struct sealed *sealed,
                        bool *found, struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_SEALED);
    bool failed;

    sqlite3_bind_int64(row, 1, seal_as_number(from));
    sqlite3_bind_int64(row, 2, last == 0 ? INT64_MAX : seal_as_number(last));
    *found = statement_next(&reader->c, row, &failed, err);
    if (*found)
        sealed_of_row(row, sealed);
    sqlite3_reset(row);
    return !failed;
}

bool reader_sealed(struct reader *reader, uint64_t first, uint64_t last,
                   bool (*each)(void *self, const struct sealed *sealed), void *self,
                   struct error *err)
{
    uint8_t path[PATH_MAX_LENGTH][DIGEST_BYTES];
    struct sealed sealed = {.path = path};
    bool found = true;

    if (!read_store_id(reader, sealed.head.store, err))
        return false;
    while (found) {
        if (!next_sealed(reader, first, last, &sealed, &found, err))
            return false;
        found = found && each(self, &sealed);
        first = sealed.head.segment + 1;
    }
    return true;
}

bool reader_newest_seals(struct reader *reader, uint64_t before, size_t most,
                         bool (*each)(void *self, const struct sealed *sealed), void *self,
                         struct error *err)
{
    uint8_t path[PATH_MAX_LENGTH][DIGEST_BYTES];
    struct sealed sealed = {.path = path};
    sqlite3_stmt *row;
    bool failed = false;
    bool more = true;

    if (!read_store_id(reader, sealed.head.store, err))
        return false;
    row = list_ask(reader, LIST_SEALS);
    sqlite3_bind_int64(row, 1, before == 0 ? INT64_MAX : seal_as_number(before));
    sqlite3_bind_int64(row, 2, (int64_t)most);
    while (more && statement_next(&reader->c, row, &failed, err)) {
        sealed_of_row(row, &sealed);
        more = each(self, &sealed);
    }
    sqlite3_reset(row);
    return !failed;
}

bool reader_seal_state(struct reader *reader, uint64_t *newest, uint64_t *waiting,
                       uint64_t *unsealed_from, struct error *err)
{
    sqlite3_stmt *ask = reader_ask(reader, ASK_NEWEST_SEALED);
    int64_t count = 0;
    bool failed;

    *newest = 0;
    *unsealed_from = 1;
    if (statement_next(&reader->c, ask, &failed, err)) {
        *newest = (uint64_t)sqlite3_column_int64(ask, 0);
        *unsealed_from = (uint64_t)sqlite3_column_int64(ask, 1) + 1;
    }
    sqlite3_reset(ask);
    if (failed)
        return false;
    ask = reader_ask(reader, ASK_UNSEALED);
    sqlite3_bind_int64(ask, 1, seal_as_number(*newest));
    if (!statement_number(&reader->c, ask, &count, err))
        return false;
    *waiting = (uint64_t)count;
    return true;
}

uint64_t reader_segment_of(struct reader *reader, uint64_t seq)
{
    sqlite3_stmt *ask = reader_ask(reader, ASK_SEGMENT_OF);
    uint64_t segment = 0;
    bool failed;

    sqlite3_bind_int64(ask, 1, seal_as_number(seq));
    if (statement_next(&reader->c, ask, &failed, NULL) && sqlite3_column_int(ask, 2) == 1 &&
        (uint64_t)sqlite3_column_int64(ask, 1) <= seq)
        segment = (uint64_t)sqlite3_column_int64(ask, 0);
    sqlite3_reset(ask);
    return segment;
}

/* Configurations and anchors ---------------------------------------------------------------- */

bool reader_configuration(struct reader *reader, uint64_t seq, uint8_t digest[DIGEST_BYTES],
                          char **text, struct error *err)
{
    sqlite3_stmt *ask = reader_ask(reader, ASK_CONFIGURATION);
    bool found, failed;

    *text = NULL;
    sqlite3_bind_int64(ask, 1, seal_as_number(seq));
    found = statement_next(&reader->c, ask, &failed, err);
    if (found) {
        seal_digest_at(ask, 0, digest, DIGEST_BYTES);
        *text = strdup(column_text(ask, 1));
    }
    sqlite3_reset(ask);
    return !failed && (!found || *text != NULL || no_memory(err));
}

void *reader_snapshot(struct reader *reader, const uint8_t digest[DIGEST_BYTES], size_t *size,
                      struct error *err)
{
    sqlite3_stmt *ask = reader_ask(reader, ASK_SNAPSHOT);
    char *content = NULL;
    bool failed;

    *size = 0;
    sqlite3_bind_blob(ask, 1, digest, DIGEST_BYTES, SQLITE_STATIC);
    if (statement_next(&reader->c, ask, &failed, err)) {
        const void *bytes = sqlite3_column_blob(ask, 0);
        size_t count = (size_t)sqlite3_column_bytes(ask, 0);

        content = malloc(count + 1);
        if (content == NULL)
            no_memory(err);
        else if (count > 0)
            memcpy(content, bytes, count);
        if (content != NULL)
            content[count] = '\0';
        *size = content == NULL ? 0 : count;
    }
    sqlite3_reset(ask);
    return content;
}

bool reader_anchors(struct reader *reader, uint64_t first, uint64_t last,
                    bool (*each)(void *self, uint64_t segment, const char *kind, const char *name,
                                 struct wall_time time, const void *body, size_t size),
                    void *self, struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_ANCHORS);
    bool failed = false;
    bool more = true;

    sqlite3_bind_int64(row, 1, seal_as_number(first));
    sqlite3_bind_int64(row, 2, last == 0 ? INT64_MAX : seal_as_number(last));
    while (more && statement_next(&reader->c, row, &failed, err))
        more = each(self, (uint64_t)sqlite3_column_int64(row, 0), column_text(row, 1),
                    column_text(row, 2), column_time(row, 3), sqlite3_column_blob(row, 4),
                    (size_t)sqlite3_column_bytes(row, 4));
    sqlite3_reset(row);
    return !failed;
}
