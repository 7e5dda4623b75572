/* rows/…, readings.csv and readings.xlsx: every sealed row of the points, once as it is sealed and
 * once for people; the verdict is fed with the same. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "base/say.h"
#include "report/bundle_inside.h"
#include "report/bundle_order.h"
#include "report/nameless.h"

#define HEADINGS                                                                                   \
    "\xef\xbb\xbf"                                                                                 \
    "时间 time,监测点 point,数值 value,单位 unit,标记 quality,原因 cause,序号 seq\r\n"

enum { TABLE_PIECE = 64 * 1024 };

/* readings.csv, and the child that makes readings.xlsx of it. */
struct table {
    int fd;
    char piece[TABLE_PIECE];
    struct text text;
    struct child child;
};

struct rows {
    struct bundle *bundle;
    struct error *err;
    struct hashing *hashing;
    struct bundle_order *order;
    struct table *table;
    struct bytes leaf;
    size_t point;
    const char *name; /* of the point */
    char unit[40];    /* its field */
    uint64_t lines, rows, readings, usable;
    uint64_t done, all; /* parts of all points, for progress */
    bool failed;
    /* localtime() of the minute that was asked for last */
    int64_t minute;
    char local[20];
};

static bool flush(struct table *table, struct error *err)
{
    size_t done = 0;

    while (done < table->text.used) {
        ssize_t wrote = write(table->fd, table->piece + done, table->text.used - done);

        if (wrote < 0 && errno != EINTR)
            return error_set(err, ERROR_STORE, SAY("写不了 readings.csv：%s", "readings.csv: %s"),
                             strerror(errno));
        done += wrote < 0 ? 0 : (size_t)wrote;
    }
    if (!child_give(&table->child, table->piece, table->text.used, err))
        return false;
    text_cut(&table->text, 0);
    if (!table->child.broken)
        return true;
    return child_end(&table->child, err) &&
           error_set(err, ERROR_STORE, SAY("%s 没有读完读数", "%s did not read all readings"),
                     table->child.program);
}

/* A CSV field; quoted only where it must be. */
static void add_field(struct text *text, const char *words)
{
    if (strpbrk(words, ",\"\r\n") == NULL) {
        text_add(text, words);
        return;
    }
    text_add_char(text, '"');
    for (; *words != '\0'; words++) {
        if (*words == '"')
            text_add_char(text, '"');
        text_add_char(text, *words);
    }
    text_add_char(text, '"');
}

/* "2026-11-22 08:00:00.123" in the collector's zone. */
static void add_local(struct rows *rows, struct text *text, struct wall_time time)
{
    int64_t minute = time.ms / 60000 - (time.ms % 60000 < 0);
    int rest = (int)(time.ms - minute * 60000);

    if (minute != rows->minute || rows->local[0] == '\0') {
        time_t seconds = (time_t)(minute * 60);
        struct tm local;

        localtime_r(&seconds, &local);
        strftime(rows->local, sizeof rows->local, "%Y-%m-%d %H:%M:", &local);
        rows->minute = minute;
    }
    text_add(text, rows->local);
    text_add_char(text, (char)('0' + rest / 10000));
    text_add_char(text, (char)('0' + rest / 1000 % 10));
    text_add_char(text, '.');
    text_add_char(text, (char)('0' + rest / 100 % 10));
    text_add_char(text, (char)('0' + rest / 10 % 10));
    text_add_char(text, (char)('0' + rest % 10));
}

static void add_line(struct rows *rows, uint64_t seq, struct wall_time time,
                     const struct reading *reading)
{
    struct text *text = &rows->table->text;

    add_local(rows, text, time);
    text_add_char(text, ',');
    add_field(text, rows->name);
    text_add_char(text, ',');
    if (reading_has_value(reading))
        text_add_number(text, reading->value);
    text_add_char(text, ',');
    text_add(text, rows->unit);
    text_add_char(text, ',');
    text_add_char(text, quality_letter((enum quality)reading->quality));
    text_add_char(text, ',');
    if (reading->cause != CAUSE_NONE)
        text_add(text, cause_word((enum cause)reading->cause));
    text_add_char(text, ',');
    text_add_int(text, (int64_t)seq);
    text_add(text, "\r\n");
}

static bool take_reading(void *self, uint64_t seq, struct wall_time time,
                         const struct reading *reading, struct error *err)
{
    struct rows *rows = self;
    const struct span *span = &rows->bundle->setup.about.span;

    if (time.ms < span->start.ms || time.ms >= span->end.ms)
        return true;
    rows->readings++;
    rows->usable += reading->quality == QUALITY_NORMAL;
    add_line(rows, seq, time, reading);
    if (rows->table->text.used > TABLE_PIECE - 1024 && !flush(rows->table, err))
        return false;
    return bundle_case_reading(rows->bundle->about, time, reading, err);
}

/* A line of the leaf: into its text and hash, and (but the first) into the order of time. One that
 * is no row is shown as it stands; that it is none makes the leaf differ. */
static bool take_line(void *self, const char *line, size_t size)
{
    struct rows *rows = self;
    struct wall_time time;
    struct reading reading;
    uint64_t seq;

    hashing_add(rows->hashing, line, size);
    rows->failed = !bytes_add(&rows->leaf, line, size, rows->err);
    if (rows->lines++ > 0 && !rows->failed && seal_read_reading(line, size, &seq, &time, &reading))
        rows->failed = !bundle_order_add(rows->order, seq, time, &reading, rows->err);
    return !rows->failed;
}

static bool put_part_head(struct rows *rows, const struct part *part, struct leaf_note *note)
{
    struct bytes head = {0};
    bool put =
        bytes_format(&head, rows->err, "segment %" PRIu64 " leaf %" PRIu64 " rows %" PRIu64 "\n",
                     part->segment, note->number, rows->lines - 1) &&
        bundle_add_path(&head, note->path, note->path_length, rows->err) &&
        archive_add(rows->bundle->archive, head.at, head.used, rows->err) &&
        archive_add(rows->bundle->archive, rows->leaf.at, rows->leaf.used, rows->err);

    free(head.at);
    return put;
}

static bool put_removed(struct rows *rows, const struct part *part)
{
    char words[48];
    int length = snprintf(words, sizeof words, "segment %" PRIu64 " removed\n", part->segment);

    return archive_add(rows->bundle->archive, words, (size_t)length, rows->err);
}

static bool put_leaf(struct rows *rows, const struct part *part, const char *leaf,
                     struct leaf_note *note)
{
    uint8_t digest[DIGEST_BYTES];

    rows->leaf.used = 0;
    rows->lines = 0;
    hashing_begin_leaf(rows->hashing);
    if (!reader_leaf_lines(rows->bundle->setup.reader, part->segment, leaf, take_line, rows,
                           rows->err) ||
        rows->failed)
        return false;
    hashing_end(rows->hashing, digest);
    if (rows->lines == 0)
        return error_set(rows->err, ERROR_STORE,
                         SAY("第 %" PRIu64 " 段里没有 %s", "segment %" PRIu64 " has no %s"),
                         part->segment, leaf);
    rows->rows += rows->lines - 1;
    return (bundle_leads(part, note, digest) ||
            bundle_note_differs(rows->bundle, part, rows->name, rows->err)) &&
           put_part_head(rows, part, note) &&
           bundle_order_segment(rows->order, part->next, rows->err);
}

static bool look_at_head(void *self, const struct sealed *sealed)
{
    ((struct part *)self)->removed = sealed->pruned;
    return false;
}

static bool count_leaf(void *self, uint64_t number, const char *name, uint64_t rows,
                       const uint8_t *digest, const uint8_t *marks)
{
    (void)number, (void)name, (void)rows, (void)digest, (void)marks;
    ++*(uint64_t *)self;
    return true;
}

/* No leaf of the point: retention has removed it (perhaps only now), or the tree never had one; or
 * somebody took leaves away. */
static bool put_nothing(struct rows *rows, struct part *part, uint64_t *removed)
{
    struct reader *reader = rows->bundle->setup.reader;
    uint64_t leaves = 0;

    if (!reader_noted_leaves(reader, part->segment, count_leaf, &leaves, rows->err))
        return false;
    if (leaves == part->leaves)
        return true;
    if (!reader_sealed(reader, part->segment, part->segment, look_at_head, part, rows->err))
        return false;
    *removed += part->removed;
    return part->removed ? put_removed(rows, part)
                         : bundle_note_differs(rows->bundle, part, rows->name, rows->err);
}

static bool put_parts(struct rows *rows)
{
    struct bundle *bundle = rows->bundle;
    char leaf[POINT_SIZE + 8];
    uint64_t removed = 0;

    snprintf(leaf, sizeof leaf, "point %s", rows->name);
    for (size_t i = 0; i < bundle->part_count; i++) {
        struct part *part = &bundle->parts[i];
        struct leaf_note note;
        bool found = false;

        rows->done++;
        if (!part->has_rows)
            continue;
        bundle_show(bundle, 0.2 + 0.55 * (double)rows->done / (double)rows->all, "读数",
                    "readings");
        if (!reader_leaf(bundle->setup.reader, part->segment, leaf, &note, &found, rows->err) ||
            !(found ? put_leaf(rows, part, leaf, &note) : put_nothing(rows, part, &removed)))
            return false;
    }
    return bundle_order_segment(rows->order, WALL_NONE, rows->err) &&
           (removed == 0 ||
            bundle_case_rows_removed(bundle->about, rows->point, removed, rows->err));
}

static void begin_point(struct rows *rows, size_t index)
{
    const struct point_sheet *sheet = bundle_case_sheet(rows->bundle->about, index);
    struct text text;

    rows->point = index;
    rows->name = rows->bundle->setup.about.points[index];
    rows->rows = rows->readings = rows->usable = 0;
    text_init(&text, rows->unit, sizeof rows->unit);
    add_field(&text, sheet == NULL ? "" : sheet->unit);
    if (sheet != NULL && sheet->simulated)
        rows->bundle->simulated = true;
}

static bool put_point(struct rows *rows, size_t index)
{
    struct bundle *bundle = rows->bundle;
    char name[ARCHIVE_NAME_MAX];

    begin_point(rows, index);
    snprintf(name, sizeof name, "rows/%s.txt", rows->name);
    if (!archive_begin(bundle->archive, name, rows->err) ||
        !bundle_case_begin_point(bundle->about, index, rows->err) || !put_parts(rows) ||
        !bundle_case_end_point(bundle->about, rows->err) ||
        !archive_end(bundle->archive, rows->err))
        return false;
    bundle->readings += rows->readings;
    json_array_append_new(bundle->counts,
                          json_pack("{s:s, s:I, s:I, s:I}", "point", rows->name, "rows",
                                    (json_int_t)rows->rows, "readings", (json_int_t)rows->readings,
                                    "usable", (json_int_t)rows->usable));
    return true;
}

static bool begin_table(struct table *table, struct bundle *bundle, struct error *err)
{
    const struct bundle_setup *setup = &bundle->setup;

    *table = (struct table){.fd = nameless_file(setup->out, err)};
    text_init(&table->text, table->piece, sizeof table->piece);
    text_add(&table->text, HEADINGS);
    bundle->workbook = nameless_file(setup->out, err);
    return table->fd >= 0 && bundle->workbook >= 0 &&
           child_begin(&table->child, setup->program, "readings", setup->out, bundle->workbook,
                       err);
}

static bool put_points(struct rows *rows)
{
    struct bundle *bundle = rows->bundle;
    struct error *err = rows->err;

    rows->order = bundle_order_new(take_reading, rows);
    rows->hashing = hashing_new();
    if (rows->order == NULL || rows->hashing == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    for (size_t i = 0; i < bundle->setup.about.point_count; i++)
        if (!put_point(rows, i))
            return false;
    bundle_show(bundle, 0.76, "readings.xlsx", "readings.xlsx");
    return flush(rows->table, err) && child_end(&rows->table->child, err) &&
           archive_put_file(bundle->archive, "readings.csv", rows->table->fd, err) &&
           archive_put_file(bundle->archive, "readings.xlsx", bundle->workbook, err);
}

bool bundle_put_rows(struct bundle *bundle, struct error *err)
{
    struct table *table = malloc(sizeof *table);
    struct rows rows = {.bundle = bundle, .err = err, .table = table};
    bool put;

    if (table == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    rows.all = bundle->part_count * bundle->setup.about.point_count;
    setenv("TZ", bundle_case_timezone(bundle->about), 1);
    tzset();
    put = begin_table(table, bundle, err) && put_points(&rows);
    child_kill(&table->child);
    if (table->fd >= 0)
        close(table->fd);
    bundle_order_free(rows.order);
    hashing_free(rows.hashing);
    free(rows.leaf.at);
    free(table);
    return put;
}
