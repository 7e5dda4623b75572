/* Reading the leaves of a segment: as they were noted, as their rows stand now, and line by line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "store/reader_inside.h"
#include "store/seal_leaves.h"
#include "store/seals.h"

/* What one piece of hashing reads in one transaction. */
enum { PIECE_ROWS = 100000 };

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

/* Leaves ------------------------------------------------------------------------------------ */

struct bounds {
    uint64_t first_seq, last_seq, leaves;
    bool moved, pruned;
};

static bool read_bounds(struct reader *reader, uint64_t segment, struct bounds *bounds,
                        struct error *err)
{
    sqlite3_stmt *ask = reader_ask(reader, ASK_BOUNDS);
    bool found, failed;

    sqlite3_bind_int64(ask, 1, seal_as_number(segment));
    found = statement_next(&reader->c, ask, &failed, err);
    if (found)
        *bounds = (struct bounds){.first_seq = (uint64_t)sqlite3_column_int64(ask, 0),
                                  .last_seq = (uint64_t)sqlite3_column_int64(ask, 1),
                                  .moved = sqlite3_column_int(ask, 2) == 1,
                                  .pruned = sqlite3_column_int(ask, 3) != 0,
                                  .leaves = (uint64_t)sqlite3_column_int64(ask, 4)};
    sqlite3_reset(ask);
    if (found || failed)
        return found;
    return error_set(err, ERROR_NOT_FOUND,
                     SAY("没有封存段 %" PRIu64, "there is no segment %" PRIu64), segment);
}

bool reader_noted_leaves(struct reader *reader, uint64_t segment,
                         bool (*each)(void *self, uint64_t number, const char *name, uint64_t rows,
                                      const uint8_t *digest, const uint8_t *marks),
                         void *self, struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_LEAVES);
    bool failed = false;
    bool more = true;

    sqlite3_bind_int64(row, 1, seal_as_number(segment));
    while (more && statement_next(&reader->c, row, &failed, err)) {
        uint64_t rows = (uint64_t)sqlite3_column_int64(row, 2);
        uint64_t marked = (uint64_t)sqlite3_column_bytes(row, 4) / MARK_BYTES;
        uint8_t digest[DIGEST_BYTES];

        seal_digest_at(row, 3, digest, DIGEST_BYTES);
        more = each(self, (uint64_t)sqlite3_column_int64(row, 0), column_text(row, 1),
                    rows < marked ? rows : marked, digest, sqlite3_column_blob(row, 4));
    }
    sqlite3_reset(row);
    return !failed;
}

bool reader_hashed_leaves(struct reader *reader, uint64_t segment,
                          bool (*each)(void *self, uint64_t number, const char *name, uint64_t rows,
                                       const uint8_t *digest, const uint8_t *marks),
                          void *self, struct error *err)
{
    struct segment_leaves *leaves;
    struct bounds bounds = {0};
    bool done = false;
    bool good = true;

    if (!read_bounds(reader, segment, &bounds, err))
        return false;
    leaves = segment_leaves_new(segment, bounds.first_seq, bounds.last_seq);
    if (leaves == NULL)
        return no_memory(err);
    while (good && !done)
        good = segment_leaves_work(leaves, &reader->c, reader->c.statements + ASK_SEAL_ASKS,
                                   PIECE_ROWS, &done, err);
    for (size_t i = 0; good && i < segment_leaves_count(leaves); i++) {
        const struct leaf *leaf = segment_leaves_at(leaves, i);

        if (!each(self, i, leaf->name, leaf->rows, leaf->digest, leaf->marks))
            break;
    }
    segment_leaves_free(leaves);
    return good;
}

/* The hashes of a segment's tree, and which of them is the leaf's. */
struct noted {
    const char *name;
    struct leaf_note *note;
    uint8_t (*hashes)[DIGEST_BYTES];
    uint64_t count, most;
    bool found;
};

static bool note_leaf(void *self, uint64_t number, const char *name, uint64_t rows,
                      const uint8_t *digest, const uint8_t *marks)
{
    struct noted *noted = self;

    (void)marks;
    if (number != noted->count || noted->count == noted->most)
        return false;
    memcpy(noted->hashes[noted->count++], digest, DIGEST_BYTES);
    if (strcmp(name, noted->name) == 0) {
        noted->note->number = number;
        noted->note->rows = rows;
        memcpy(noted->note->digest, digest, DIGEST_BYTES);
        noted->found = true;
    }
    return true;
}

/* Of a pruned segment the path of its first leaf alone is left. */
static bool read_first_path(struct reader *reader, uint64_t segment, struct leaf_note *note,
                            struct error *err)
{
    sqlite3_stmt *ask = reader_ask(reader, ASK_PATH);
    bool failed;

    sqlite3_bind_int64(ask, 1, seal_as_number(segment));
    if (statement_next(&reader->c, ask, &failed, err))
        note->path_length = seal_path_at(ask, 0, note->path);
    sqlite3_reset(ask);
    return !failed;
}

bool reader_leaf(struct reader *reader, uint64_t segment, const char *name, struct leaf_note *note,
                 bool *found, struct error *err)
{
    struct noted noted = {.name = name, .note = note};
    struct bounds bounds = {0};
    bool good;

    *found = false;
    *note = (struct leaf_note){0};
    if (!read_bounds(reader, segment, &bounds, err))
        return false;
    /* A damaged row shall not make us ask for any amount of memory. */
    noted.most = bounds.leaves < 10000000 ? bounds.leaves : 0;
    noted.hashes = malloc((noted.most + 1) * sizeof *noted.hashes);
    if (noted.hashes == NULL)
        return no_memory(err);
    good = reader_noted_leaves(reader, segment, note_leaf, &noted, err);
    if (good && noted.found && noted.count == bounds.leaves)
        note->path_length = tree_path(noted.hashes, noted.count, note->number, note->path);
    else if (good && noted.found && note->number == 0)
        good = read_first_path(reader, segment, note, err);
    else
        noted.found = false;
    free(noted.hashes);
    *found = good && noted.found;
    return good;
}

/* Lines ------------------------------------------------------------------------------------- */

struct telling {
    bool (*each)(void *self, const char *line, size_t size);
    void *self;
    struct line line;
    struct error *err;
    bool failed;
};

static bool tell_line(const struct telling *telling)
{
    return telling->each(telling->self, telling->line.text.bytes, telling->line.text.used);
}

static bool tell_name(struct telling *telling, const char *name)
{
    if (!line_begin(&telling->line, strlen(name) + 2, telling->err)) {
        telling->failed = true;
        return false;
    }
    text_add(&telling->line.text, name);
    text_add_char(&telling->line.text, '\n');
    return tell_line(telling);
}

static bool tell_entry(void *self, const struct seal_entry *entry, const char *subject,
                       const char *text)
{
    struct telling *telling = self;

    telling->failed = !line_of_entry(&telling->line, entry, subject, text, telling->err);
    return !telling->failed && tell_line(telling);
}

static bool tell_rows(struct telling *telling, const struct rows_of *rows, sqlite3_stmt *row,
                      bool (*line_of)(struct line *line, sqlite3_stmt *row, struct error *err))
{
    bool failed = false;
    bool more = true;

    while (more && !telling->failed && statement_next(rows->c, row, &failed, telling->err)) {
        telling->failed = !line_of(&telling->line, row, telling->err);
        more = !telling->failed && tell_line(telling);
    }
    sqlite3_reset(row);
    return !failed && !telling->failed;
}

/* The readings of one point stand together in `kept`; the next point ends them. */
static bool tell_readings(struct telling *telling, const struct rows_of *rows, uint64_t segment,
                          uint32_t point)
{
    sqlite3_stmt *row = rows_ask(rows, SEAL_KEPT);
    bool failed = false;
    bool more = true;

    sqlite3_bind_int64(row, 1, seal_as_number(segment));
    sqlite3_bind_int64(row, 2, point);
    sqlite3_bind_int64(row, 3, INT64_MIN);
    sqlite3_bind_int64(row, 4, INT64_MIN);
    while (more && !telling->failed && statement_next(rows->c, row, &failed, telling->err) &&
           sqlite3_column_int64(row, 0) == point) {
        telling->failed = !line_of_reading(&telling->line, row, telling->err);
        more = !telling->failed && tell_line(telling);
    }
    sqlite3_reset(row);
    return !failed && !telling->failed;
}

static uint32_t device_named(struct reader *reader, const char *name)
{
    const char *slash = strchr(name, '/');
    char site[NAME_SIZE];

    if (slash == NULL || (size_t)(slash - name) >= sizeof site)
        return 0;
    snprintf(site, sizeof site, "%.*s", (int)(slash - name), name);
    return reader_device(reader, site, slash + 1);
}

static bool tell_of_device(struct telling *telling, const struct rows_of *rows, enum seal_ask ask,
                           bool (*line_of)(struct line *line, sqlite3_stmt *row, struct error *err),
                           uint32_t device)
{
    sqlite3_stmt *row;

    if (device == 0)
        return true;
    row = rows_ask(rows, ask);
    sqlite3_bind_int64(row, 3, device);
    return tell_rows(telling, rows, row, line_of);
}

static bool starts_with(const char *words, const char *with)
{
    return strncmp(words, with, strlen(with)) == 0;
}

static bool tell_leaf(struct telling *telling, struct reader *reader, const struct rows_of *rows,
                      uint64_t segment, const char *name)
{
    if (strcmp(name, "events") == 0)
        return rows_each_entry(rows, tell_entry, telling, telling->err) && !telling->failed;
    if (strcmp(name, "configuration") == 0)
        return tell_rows(telling, rows, rows_ask(rows, SEAL_CONFIGURATIONS), line_of_configuration);
    if (starts_with(name, "device "))
        return tell_of_device(telling, rows, SEAL_POLLS, line_of_poll,
                              device_named(reader, name + strlen("device ")));
    if (starts_with(name, "frames "))
        return tell_of_device(telling, rows, SEAL_FRAMES, line_of_frames,
                              device_named(reader, name + strlen("frames ")));
    if (starts_with(name, "point ")) {
        uint32_t point = reader_point(reader, name + strlen("point "));

        return point == 0 || tell_readings(telling, rows, segment, point);
    }
    return error_set(telling->err, ERROR_NOT_FOUND,
                     SAY("没有这样的叶：%.80s", "no such leaf: %.80s"), name);
}

bool reader_leaf_lines(struct reader *reader, uint64_t segment, const char *name,
                       bool (*each)(void *self, const char *line, size_t size), void *self,
                       struct error *err)
{
    struct telling telling = {.each = each, .self = self, .err = err};
    struct bounds bounds = {0};
    bool good;

    if (!read_bounds(reader, segment, &bounds, err))
        return false;
    good = !tell_name(&telling, name) ||
           tell_leaf(&telling, reader,
                     &(const struct rows_of){&reader->c, reader->c.statements + ASK_SEAL_ASKS,
                                             bounds.first_seq, bounds.last_seq},
                     segment, name);
    line_free(&telling.line);
    return good && !telling.failed;
}

struct entries {
    bool (*each)(void *self, uint64_t seq, struct wall_time time, const char *kind,
                 const char *subject, const char *text);
    void *self;
};

static bool give_entry(void *self, const struct seal_entry *entry, const char *subject,
                       const char *text)
{
    const struct entries *entries = self;

    return entries->each(entries->self, entry->seq, entry->time, entry->kind, subject, text);
}

bool reader_entries(struct reader *reader, uint64_t segment,
                    bool (*each)(void *self, uint64_t seq, struct wall_time time, const char *kind,
                                 const char *subject, const char *text),
                    void *self, struct error *err)
{
    struct entries entries = {each, self};
    struct bounds bounds = {0};

    if (!read_bounds(reader, segment, &bounds, err))
        return false;
    return rows_each_entry(&(const struct rows_of){&reader->c, reader->c.statements + ASK_SEAL_ASKS,
                                                   bounds.first_seq, bounds.last_seq},
                           give_entry, &entries, err);
}
