/* rows/…: the sealed readings of each point, hashed to the root of their head as they come, put in
 * order, compared with readings.csv and given to the evaluation, all in one pass. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/bundle_order.h"
#include "report/proof_inside.h"

struct reading_rows {
    struct check *check;
    struct archive_lines *lines;
    struct hashing *hashing;
    struct bundle_order *order;
    struct proof_csv *csv;    /* NULL: nothing to compare in */
    const int64_t *following; /* per link: the earliest time of those that follow */
    size_t point;
    size_t link;      /* of the section */
    uint64_t removed; /* segments of the point that retention removed */
    struct row_places places;
    struct wall_time last; /* the time given last */
    uint64_t all_bytes, done_bytes;
};

static bool refuse_here(const struct reading_rows *rows, struct error *err, const char *why)
{
    return proof_refuse(err, SAY("rows/%s.txt 第 %llu 行：%s", "rows/%s.txt, line %llu: %s"),
                        rows->check->points[rows->point],
                        (unsigned long long)archive_line_number(rows->lines), why);
}

static const char *next_line(struct reading_rows *rows, size_t *size, struct error *err)
{
    struct error why = {0};
    const char *line = archive_line(rows->lines, size, &why);

    if (line == NULL && why.kind != ERROR_NONE)
        *err = why;
    else if (line == NULL)
        refuse_here(rows, err, SAY("文件在这里断了", "the file ends here"));
    return line;
}

/* ---- rows in order of time ---- */

/* An evaluation that cannot go on proves nothing; the rest of the check can. */
static bool go_on(struct check *check, bool good, struct error *err)
{
    if (good || err->kind == ERROR_MEMORY)
        return good;
    lack(check, CLAIM_VERDICT_RECOMPUTED, "%s", err->text);
    check->evaluates = false;
    *err = (struct error){0};
    return true;
}

static bool take_in_order(void *self, uint64_t seq, struct wall_time time,
                          const struct reading *reading, struct error *err)
{
    struct reading_rows *rows = self;
    struct check *check = rows->check;
    const struct span *span = &check->about.span;

    if (wall_is_known(rows->last) && time.ms < rows->last.ms)
        return proof_refuse(err,
                            SAY("rows/%s.txt：序号 %llu 的时间不在它的封存段里",
                                "rows/%s.txt: the time of entry %llu is not of its segment"),
                            check->points[rows->point], (unsigned long long)seq);
    rows->last = time;
    if (time.ms < span->start.ms || time.ms >= span->end.ms)
        return true;
    return (rows->csv == NULL || proof_csv_row(rows->csv, seq, time, reading, err)) &&
           (!check->evaluates ||
            go_on(check, bundle_case_reading(check->bundle, time, reading, err), err));
}

/* ---- one leaf ---- */

/* The row before, so that a leaf is in order of (time, seq), each row once. */
struct row_before {
    struct wall_time time;
    uint64_t seq;
    bool any;
};

static bool take_row(struct reading_rows *rows, const char *line, size_t size,
                     struct row_before *before, struct error *err)
{
    struct check *check = rows->check;
    const struct link *link = &check->links[rows->link];
    char whole[SEAL_LINE_MAX];
    struct reading reading;
    struct wall_time time;
    uint64_t seq;

    if (size + 1 >= sizeof whole)
        return refuse_here(rows, err, SAY("太长，不是读数", "too long for a reading"));
    memcpy(whole, line, size);
    whole[size] = '\n';
    whole[size + 1] = '\0';
    hashing_add(rows->hashing, whole, size + 1);
    if (!seal_read_reading(whole, size + 1, &seq, &time, &reading))
        return refuse_here(rows, err,
                           SAY("不是 SEAL.md 所写的读数", "not a reading as SEAL.md writes it"));
    if (before->any &&
        (time.ms < before->time.ms || (time.ms == before->time.ms && seq <= before->seq)))
        return refuse_here(rows, err,
                           SAY("没有按（时间，序号）排序", "not in order of (time, seq)"));
    *before = (struct row_before){time, seq, true};
    if (seq < link->head.first_seq || seq > link->head.last_seq ||
        (wall_is_known(time) &&
         (!wall_is_known(link->head.first_time) || time.ms < link->head.first_time.ms ||
          time.ms > link->head.last_time.ms))) {
        check->sealed_differs = true;
        refute(check, CLAIM_UNCHANGED,
               SAY("rows/%s.txt：序号 %llu 的读数不可能属于第 %llu 段",
                   "rows/%s.txt: the reading of entry %llu cannot be of segment %llu"),
               check->points[rows->point], (unsigned long long)seq,
               (unsigned long long)link->head.segment);
        return true;
    }
    check->rows_seen++;
    if (time.ms >= check->about.span.start.ms && time.ms < check->about.span.end.ms &&
        link->head.segment > check->last_row_segment)
        check->last_row_segment = link->head.segment;
    return row_place_add(&rows->places, seq, time, err) &&
           bundle_order_add(rows->order, seq, time, &reading, err);
}

/* The lines of the leaf, and where its path leads. */
static bool read_leaf(struct reading_rows *rows, unsigned long long number,
                      unsigned long long count, struct error *err)
{
    struct check *check = rows->check;
    const struct seal_head *head = &check->links[rows->link].head;
    uint8_t path[PATH_MAX_LENGTH][DIGEST_BYTES];
    uint8_t leaf[DIGEST_BYTES], root[DIGEST_BYTES];
    struct row_before before = {.any = false};
    size_t size, length;
    const char *line = next_line(rows, &size, err);

    if (line == NULL)
        return false;
    length = path_read(line, path);
    if (length == 0)
        return refuse_here(rows, err, SAY("路径写法不对", "not a path"));
    line = next_line(rows, &size, err);
    if (line == NULL)
        return false;
    if (strncmp(line, "point ", 6) != 0 || strcmp(line + 6, check->points[rows->point]) != 0)
        return refuse_here(rows, err, SAY("这是另一个监测点", "this is another point"));
    hashing_begin_leaf(rows->hashing);
    hashing_add(rows->hashing, line, size);
    hashing_add(rows->hashing, "\n", 1);
    for (unsigned long long i = 0; i < count; i++) {
        line = next_line(rows, &size, err);
        if (line == NULL || !take_row(rows, line, size, &before, err))
            return false;
    }
    hashing_end(rows->hashing, leaf);
    row_places_check(&rows->places, check, check->points[rows->point]);
    if (!tree_follow(leaf, (size_t)number, head->leaves, path, length, root) ||
        memcmp(root, head->root, DIGEST_BYTES) != 0) {
        check->sealed_differs = true;
        refute(
            check, CLAIM_UNCHANGED,
            SAY("rows/%s.txt 第 %llu 段：读数不是被封存的那些，推不到封存头的根",
                "rows/%s.txt, segment %llu: the readings are not those that were sealed: they do "
                "not lead to the root of its head"),
            check->points[rows->point], (unsigned long long)head->segment);
    }
    return true;
}

/* "segment N leaf NUMBER rows LINES" or "segment N removed", in exactly this form. */
static bool read_header(const char *line, unsigned long long *segment, unsigned long long *number,
                        unsigned long long *count, bool *removed)
{
    char again[96];

    *removed = false;
    if (sscanf(line, "segment %18llu leaf %9llu rows %18llu", segment, number, count) == 3) {
        snprintf(again, sizeof again, "segment %llu leaf %llu rows %llu", *segment, *number,
                 *count);
    } else if (sscanf(line, "segment %18llu", segment) == 1) {
        snprintf(again, sizeof again, "segment %llu removed", *segment);
        *removed = true;
    } else {
        return false;
    }
    return strcmp(again, line) == 0;
}

static bool read_section(struct reading_rows *rows, const char *line, size_t *next,
                         struct error *err)
{
    struct check *check = rows->check;
    uint32_t bit = (uint32_t)1 << rows->point;
    unsigned long long segment, number = 0, count = 0;
    struct link *link;
    bool removed;

    if (!read_header(line, &segment, &number, &count, &removed))
        return refuse_here(rows, err, SAY("应为 segment …", "must be segment …"));
    for (; *next < check->shown_links && check->links[*next].head.segment < segment; (*next)++)
        ;
    link = &check->links[*next];
    if (*next >= check->shown_links || link->head.segment != segment || !link_touches(check, link))
        return refuse_here(rows, err, SAY("这一段不该在这里", "this segment does not belong here"));
    rows->link = (*next)++;
    if (removed) {
        link->removed |= bit;
        rows->removed++;
        return true;
    }
    link->shown |= bit;
    return read_leaf(rows, number, count, err) &&
           bundle_order_segment(rows->order, (struct wall_time){rows->following[rows->link]}, err);
}

/* ---- one point ---- */

static void say_missing(struct check *check, size_t point)
{
    uint32_t bit = (uint32_t)1 << point;

    for (size_t i = 0; i < check->shown_links; i++) {
        const struct link *link = &check->links[i];

        if ((link->removed & bit) != 0)
            lack(check, CLAIM_COMPLETE,
                 SAY("%s 在第 %llu 段的读数已过保存期，被删除",
                     "the readings of %s in segment %llu were removed by retention"),
                 check->points[point], (unsigned long long)link->head.segment);
        else if (link_touches(check, link) && (link->described & bit) != 0 &&
                 (link->shown & bit) == 0)
            refute(check, CLAIM_COMPLETE,
                   SAY("缺少 %s 在第 %llu 段的读数",
                       "the readings of %s in segment %llu are not shown"),
                   check->points[point], (unsigned long long)link->head.segment);
    }
}

static bool read_sections(struct reading_rows *rows, const struct archive_file *file,
                          struct error *err)
{
    struct check *check = rows->check;
    struct error why = {0};
    size_t next = 0;
    size_t size;
    const char *line;
    bool good = true;

    rows->lines = archive_lines_new(check->archive, file, PATH_MAX_LENGTH * DIGEST_HEX + 8, err);
    if (rows->lines == NULL)
        return false;
    while (good && (line = archive_line(rows->lines, &size, &why)) != NULL)
        good = read_section(rows, line, &next, err);
    if (good && why.kind != ERROR_NONE) {
        *err = why;
        good = false;
    }
    archive_lines_free(rows->lines);
    return good && bundle_order_segment(rows->order, WALL_NONE, err);
}

static bool read_point(struct reading_rows *rows, struct error *err)
{
    struct check *check = rows->check;
    const struct point_sheet *sheet =
        check->settled ? bundle_case_sheet(check->bundle, rows->point) : NULL;
    char name[POINT_SIZE + 16];
    const struct archive_file *file;

    snprintf(name, sizeof name, "rows/%s.txt", check->points[rows->point]);
    file = archive_find(check->archive, name);
    rows->removed = 0;
    rows->places.last = (struct row_place){0, WALL_NONE};
    rows->last = WALL_NONE;
    if (rows->csv != NULL)
        proof_csv_point(rows->csv, check->points[rows->point], sheet == NULL ? "" : sheet->unit);
    if (check->evaluates &&
        !go_on(check, bundle_case_begin_point(check->bundle, rows->point, err), err))
        return false;
    if (file != NULL && (proof_file(check, name, err) == NULL || !read_sections(rows, file, err)))
        return false;
    say_missing(check, rows->point);
    rows->done_bytes += file == NULL ? 0 : file->size;
    proof_progress(check, 0.3 + 0.65 * (double)rows->done_bytes / (double)(rows->all_bytes + 1));
    return !check->evaluates ||
           go_on(check,
                 bundle_case_end_point(check->bundle, err) &&
                     (rows->removed == 0 ||
                      bundle_case_rows_removed(check->bundle, rows->point, rows->removed, err)),
                 err);
}

/* For each segment the earliest time of those with rows that follow it; none: INT64_MIN. */
static int64_t *find_following(const struct check *check)
{
    int64_t *following = malloc((check->shown_links + 1) * sizeof *following);
    int64_t earliest = WALL_NONE_MS;

    for (size_t i = check->shown_links; following != NULL && i > 0; i--) {
        const struct link *link = &check->links[i - 1];

        following[i - 1] = earliest;
        if (link_touches(check, link) &&
            (earliest == WALL_NONE_MS || link->head.first_time.ms < earliest))
            earliest = link->head.first_time.ms;
    }
    return following;
}

static uint64_t bytes_of_rows(const struct check *check)
{
    uint64_t all = 0;

    for (size_t i = 0; i < archive_count(check->archive); i++)
        if (strncmp(archive_at(check->archive, i)->name, "rows/", 5) == 0)
            all += archive_at(check->archive, i)->size;
    return all;
}

bool proof_rows(struct check *check, struct error *err)
{
    struct reading_rows rows = {.check = check};
    int64_t *following = find_following(check);
    bool good;

    rows.following = following;
    rows.all_bytes = bytes_of_rows(check);
    rows.hashing = hashing_new();
    rows.order = bundle_order_new(take_in_order, &rows);
    good = following != NULL && rows.hashing != NULL && rows.order != NULL;
    if (!good)
        proof_memory(err);
    if (good && check->settled) {
        rows.csv = proof_csv_new(check, err);
        good = rows.csv != NULL;
    }
    for (; good && rows.point < check->about.point_count; rows.point++)
        good = read_point(&rows, err);
    good = good && (rows.csv == NULL || proof_csv_end(rows.csv, err));
    proof_csv_free(rows.csv);
    bundle_order_free(rows.order);
    free(rows.places.rows);
    hashing_free(rows.hashing);
    free(following);
    return good;
}
