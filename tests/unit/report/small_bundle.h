/* small_bundle.h - a bundle made by hand from the words of SEAL.md and VERIFY.md: a store of a few
 * days, one point, and a task, sealed a day at a time. What a test changes, it changes at the layer
 * it names: before sealing, in the files, or in the archive's bytes.
 */
#ifndef TESTS_SMALL_BUNDLE_H
#define TESTS_SMALL_BUNDLE_H

#include <assert.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/version.h"
#include "report/archive_inside.h"
#include "report/bundle_case.h"
#include "report/bundle_order.h"
#include "report/embedded.h"
#include "store/seal_key.h"

enum { SMALL_FILES_MAX = 40, SMALL_DAYS_MAX = 12, SMALL_LEAVES = 4 };

#define SMALL_POINT  "river-1/sonde/cod"
#define SMALL_DEVICE "river-1/sonde"

/* A text that grows. */
struct grown {
    char *bytes;
    size_t used, room;
};

static inline void grow_add(struct grown *grown, const void *bytes, size_t size)
{
    while (grown->used + size + 1 > grown->room) {
        grown->room = grown->room == 0 ? 4096 : grown->room * 2;
        grown->bytes = realloc(grown->bytes, grown->room);
        assert(grown->bytes != NULL);
    }
    memcpy(grown->bytes + grown->used, bytes, size);
    grown->used += size;
    grown->bytes[grown->used] = '\0';
}

__attribute__((format(printf, 2, 3))) static inline void grow(struct grown *grown,
                                                              const char *format, ...)
{
    char line[8192];
    va_list arguments;
    int size;

    va_start(arguments, format);
    size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    assert(size >= 0 && (size_t)size < sizeof line);
    grow_add(grown, line, (size_t)size);
}

struct small_segment {
    struct seal_head head;
    char text[HEAD_TEXT_MAX];
    uint8_t digest[DIGEST_BYTES], signature[SIGNATURE_BYTES];
    struct grown leaves[SMALL_LEAVES]; /* events, configuration, device, point */
    struct grown shown;
    size_t shown_count, event_count, row_count;
    uint8_t paths[SMALL_LEAVES][PATH_MAX_LENGTH][DIGEST_BYTES];
    size_t path_lengths[SMALL_LEAVES];
};

struct small_file {
    char name[ARCHIVE_NAME_MAX];
    char *bytes;
    size_t size;
};

struct small_bundle {
    char dir[64]; /* of the keys */
    struct seal_key *key;
    struct seal_key *old_key; /* the one before, NULL: none */
    struct wall_time begin, now;
    uint64_t seq;
    bool is_public;
    bool no_strike_off;
    bool shows_all;
    uint64_t numbered_from;     /* the number of the first segment; 0: 1 */
    uint64_t configuration_seq; /* the entry it came into force with; 0: the first */
    bool is_tiny;               /* no text that says nothing, for who makes many */
    struct small_segment segments[SMALL_DAYS_MAX + 1];
    size_t segment_count;
    char configuration[4096];
    char configuration_digest[DIGEST_HEX];
    struct small_file files[SMALL_FILES_MAX];
    size_t file_count;
    struct wall_time from, to;
};

static const struct wall_time small_begin = {1788192000000}; /* 2026-09-01 00:00 in Shanghai */
enum { SMALL_HOUR_MS = 3600000, SMALL_DAY_MS = 24 * SMALL_HOUR_MS };
static const char small_store[] = "0123456789abcdef0123456789abcdef";

/* ---- files ---- */

static inline struct small_file *small_find(struct small_bundle *small, const char *name)
{
    for (size_t i = 0; i < small->file_count; i++)
        if (strcmp(small->files[i].name, name) == 0)
            return &small->files[i];
    return NULL;
}

static inline void small_put(struct small_bundle *small, const char *name, const void *bytes,
                             size_t size)
{
    struct small_file *file = small_find(small, name);

    if (file == NULL) {
        assert(small->file_count < SMALL_FILES_MAX);
        file = &small->files[small->file_count++];
        *file = (struct small_file){.size = 0};
        snprintf(file->name, sizeof file->name, "%s", name);
    }
    free(file->bytes);
    file->bytes = malloc(size + 1);
    assert(file->bytes != NULL);
    memcpy(file->bytes, bytes, size);
    file->bytes[size] = '\0';
    file->size = size;
}

static inline void small_remove(struct small_bundle *small, const char *name)
{
    struct small_file *file = small_find(small, name);

    assert(file != NULL);
    free(file->bytes);
    *file = small->files[--small->file_count];
}

/* Changes the first occurrence; both words may be of different length. */
static inline void small_change(struct small_bundle *small, const char *name, const char *from,
                                const char *to)
{
    struct small_file *file = small_find(small, name);
    struct grown grown = {NULL, 0, 0};
    char *at;

    assert(file != NULL);
    at = memmem(file->bytes, file->size, from, strlen(from));
    if (at == NULL)
        fprintf(stderr, "small bundle: %s has no %s: %.600s\n", name, from, file->bytes);
    assert(at != NULL);
    grow_add(&grown, file->bytes, (size_t)(at - file->bytes));
    grow_add(&grown, to, strlen(to));
    grow_add(&grown, at + strlen(from), file->size - (size_t)(at - file->bytes) - strlen(from));
    small_put(small, name, grown.bytes, grown.used);
    free(grown.bytes);
}

/* Takes out what stands from the first `from` up to the `to` behind it. */
static inline void small_cut(struct small_bundle *small, const char *name, const char *from,
                             const char *to)
{
    struct small_file *file = small_find(small, name);
    char *begin, *end;

    assert(file != NULL);
    begin = memmem(file->bytes, file->size, from, strlen(from));
    assert(begin != NULL);
    end = memmem(begin + 1, file->size - (size_t)(begin + 1 - file->bytes), to, strlen(to));
    assert(end != NULL);
    memmove(begin, end, file->size - (size_t)(end - file->bytes) + 1);
    file->size -= (size_t)(end - begin);
}

static inline void small_put_json(struct small_bundle *small, const char *name, json_t *json)
{
    char *words =
        json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(VERDICT_DIGITS));
    struct grown grown = {NULL, 0, 0};

    assert(words != NULL);
    grow_add(&grown, words, strlen(words));
    grow_add(&grown, "\n", 1);
    small_put(small, name, grown.bytes, grown.used);
    free(grown.bytes);
    free(words);
    json_decref(json);
}

static inline int small_by_name(const void *one, const void *other)
{
    return strcmp(((const struct small_file *)one)->name, ((const struct small_file *)other)->name);
}

/* The archive as it stands; ended with free(). */
static inline uint8_t *small_pack(struct small_bundle *small, size_t *size)
{
    struct grown grown = {NULL, 0, 0};
    struct grown directory = {NULL, 0, 0};
    uint8_t header[CENTRAL_HEADER];

    qsort(small->files, small->file_count, sizeof small->files[0], small_by_name);
    for (size_t i = 0; i < small->file_count; i++) {
        const struct small_file *file = &small->files[i];
        struct archive_file about = {.size = file->size,
                                     .crc = archive_crc(0, file->bytes, file->size)};
        uint64_t at = grown.used;

        strcpy(about.name, file->name);
        archive_local_header(&about, header);
        grow_add(&grown, header, LOCAL_HEADER);
        grow_add(&grown, file->name, strlen(file->name));
        grow_add(&grown, file->bytes, file->size);
        archive_central_header(&about, at, header);
        grow_add(&directory, header, CENTRAL_HEADER);
        grow_add(&directory, file->name, strlen(file->name));
    }
    archive_end_record(small->file_count, grown.used, directory.used, header);
    grow_add(&grown, directory.bytes, directory.used);
    grow_add(&grown, header, END_RECORD);
    free(directory.bytes);
    *size = grown.used;
    return (uint8_t *)grown.bytes;
}

static inline void small_put_signature(char out[2 * SIGNATURE_BYTES + 1],
                                       const uint8_t signature[SIGNATURE_BYTES])
{
    for (size_t i = 0; i < SIGNATURE_BYTES; i++)
        snprintf(out + 2 * i, 3, "%02x", signature[i]);
}

/* ---- sealing ---- */

static inline char *small_hex(const void *bytes, size_t size, char out[DIGEST_HEX])
{
    uint8_t digest[DIGEST_BYTES];

    digest_of(bytes, size, digest);
    return digest_hex(digest, out);
}

static inline struct small_segment *small_segment(struct small_bundle *small)
{
    return &small->segments[small->segment_count];
}

static inline void small_begin_segment(struct small_bundle *small)
{
    struct small_segment *segment = small_segment(small);

    *segment = (struct small_segment){.head = {.first_seq = small->seq + 1}};
    segment->head.first_time = segment->head.last_time = WALL_NONE;
    grow(&segment->leaves[0], "events\n");
    grow(&segment->leaves[1], "configuration\n%llu,%s\n",
         small->configuration_seq == 0 ? 1ULL : (unsigned long long)small->configuration_seq,
         small->configuration_digest);
    grow(&segment->leaves[2], "device " SMALL_DEVICE "\n");
    grow(&segment->leaves[3], "point " SMALL_POINT "\n");
}

static inline void small_time(struct small_segment *segment, struct wall_time time)
{
    if (!wall_is_known(segment->head.first_time) || time.ms < segment->head.first_time.ms)
        segment->head.first_time = time;
    if (!wall_is_known(segment->head.last_time) || time.ms > segment->head.last_time.ms)
        segment->head.last_time = time;
}

/* An event; shown unless it does not bear on the case. */
static inline void small_event(struct small_bundle *small, const char *kind, const char *arguments)
{
    struct small_segment *segment = small_segment(small);
    const struct seal_entry entry = {.seq = ++small->seq,
                                     .kind = kind,
                                     .time = small->now,
                                     .boot = 1,
                                     .mono_ms = (int64_t)small->seq * 1000,
                                     .who = "li",
                                     .body = arguments};
    char *text = seal_entry_text(&entry);
    char *subject = seal_entry_subject(&entry);
    char hex[DIGEST_HEX], time[WALL_TEXT];

    grow(&segment->leaves[0], "%llu,%s,%s,%s,%s\n", (unsigned long long)entry.seq,
         wall_text(small->now, time), kind, subject, small_hex(text, strlen(text), hex));
    segment->event_count++;
    if ((strncmp(kind, "user.", 5) != 0 || small->shows_all) &&
        !(small->is_public && strncmp(kind, "task", 4) == 0)) {
        grow(&segment->shown, "%s\n", text);
        segment->shown_count++;
    }
    small_time(segment, small->now);
    free(text);
    free(subject);
}

static inline void small_reading_at(struct small_bundle *small, struct wall_time time, double value,
                                    enum quality quality)
{
    struct small_segment *segment = small_segment(small);
    const struct reading reading = {.quality = (uint8_t)quality,
                                    .value = value,
                                    .cause =
                                        quality == QUALITY_NO_ANSWER ? CAUSE_TIMEOUT : CAUSE_NONE};
    char line[SEAL_LINE_MAX];
    struct text text;

    text_init(&text, line, sizeof line);
    seal_add_reading(&text, ++small->seq, time, &reading);
    grow_add(&segment->leaves[3], line, text.used);
    segment->row_count++;
    small_time(segment, time);
}

static inline void small_sign(struct small_bundle *small, struct small_segment *segment)
{
    size_t size;
    struct error err = {0};

    strcpy(segment->head.key, seal_key_fingerprint(small->key));
    size = seal_head_text(&segment->head, segment->text);
    digest_of(segment->text, size, segment->digest);
    assert(seal_key_sign(small->key, segment->text, size, segment->signature, &err));
}

/* Tree, root, head and signature over what the leaves say now. */
static inline void small_seal(struct small_bundle *small, size_t index)
{
    struct small_segment *segment = &small->segments[index];
    uint8_t hashes[SMALL_LEAVES][DIGEST_BYTES];
    struct hashing *hashing = hashing_new();

    for (size_t i = 0; i < SMALL_LEAVES; i++) {
        hashing_begin_leaf(hashing);
        hashing_add(hashing, segment->leaves[i].bytes, segment->leaves[i].used);
        hashing_end(hashing, hashes[i]);
    }
    hashing_free(hashing);
    for (size_t i = 0; i < SMALL_LEAVES; i++)
        segment->path_lengths[i] = tree_path(hashes, SMALL_LEAVES, i, segment->paths[i]);
    tree_root(hashes, SMALL_LEAVES, segment->head.root);
    segment->head.leaves = SMALL_LEAVES;
    segment->head.segment = index + (small->numbered_from == 0 ? 1 : small->numbered_from);
    strcpy(segment->head.collector, "zj-01");
    strcpy(segment->head.store, small_store);
    if (index > 0)
        memcpy(segment->head.previous, small->segments[index - 1].digest, DIGEST_BYTES);
    small_sign(small, segment);
}

static inline void small_close(struct small_bundle *small)
{
    struct small_segment *segment = small_segment(small);

    segment->head.last_seq = small->seq;
    segment->head.sealed = (struct wall_time){small->now.ms + 1000};
    small_seal(small, small->segment_count++);
}

/* ---- the configuration ---- */

static inline void small_item(struct small_bundle *small, const char *name, const void *bytes,
                              size_t size)
{
    char file[ARCHIVE_NAME_MAX], hex[DIGEST_HEX];
    size_t used = strlen(small->configuration);

    snprintf(file, sizeof file, "configuration/items/%s", small_hex(bytes, size, hex));
    small_put(small, file, bytes, size);
    snprintf(small->configuration + used, sizeof small->configuration - used, "%s  %s\n", hex,
             name);
}

/* Lines that are only a comment, or nothing. */
static inline size_t small_strip(char *bytes, size_t size)
{
    size_t used = 0;

    for (size_t at = 0; at < size;) {
        size_t length = strcspn(bytes + at, "\n") + 1;
        char first = bytes[at + strspn(bytes + at, " ")];

        if (first != '#' && first != '\n') {
            memmove(bytes + used, bytes + at, length);
            used += length;
        }
        at += length;
    }
    return used;
}

static inline void small_item_of_file(struct small_bundle *small, const char *name)
{
    char path[512];
    static char bytes[64 << 10];
    FILE *file;
    size_t size;

    snprintf(path, sizeof path, SOURCE_ROOT "/config/%s", name);
    file = fopen(path, "rb");
    assert(file != NULL);
    size = fread(bytes, 1, sizeof bytes, file);
    assert(size > 0 && size < sizeof bytes);
    fclose(file);
    bytes[size] = '\0';
    small_item(small, name, bytes, small->is_tiny ? small_strip(bytes, size) : size);
}

static inline void small_sheet(struct small_bundle *small)
{
    struct sheet_rule rule = {
        .rule = {.name = "cod-30",
                 .title = "COD",
                 .nature = NATURE_BREACH,
                 .recover = NAN,
                 .gather_ms = SMALL_DAY_MS,
                 .night = {22 * 60, 6 * 60}}
    };
    const struct bound bound = {BOUND_ABOVE, NAN, 30.0, 1};
    struct point_sheet sheet = {.point = SMALL_POINT,
                                .parameter = "cod",
                                .unit = "mg/L",
                                .parameter_zh = "化学需氧量",
                                .parameter_en = "COD",
                                .decimals = 1,
                                .medium = MEDIUM_WATER,
                                .site = "river-1",
                                .site_kind = "river_section",
                                .device_title = "sonde",
                                .model = "m",
                                .serial_number = "1",
                                .every_ms = SMALL_HOUR_MS,
                                .since = WALL_NONE,
                                .rules = &rule,
                                .rule_count = 1};
    json_t *json;
    char *words;

    lanes_of_bound(&rule.lanes, &bound);
    json = point_sheet_json(&sheet);
    words = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    assert(words != NULL);
    small_item(small, "points/" SMALL_POINT ".json", words, strlen(words));
    free(words);
    json_decref(json);
}

static inline void small_configure(struct small_bundle *small)
{
    static const char collector[] =
        "{\"name\":\"zj-01\",\"timezone\":\"Asia/Shanghai\",\"version\":\"1\"}";
    static const char parameters[] =
        "parameters = ("
        "{ key = \"cod\"; title_zh = \"c\"; title_en = \"c\"; unit = \"mg/L\"; decimals = 1;"
        " medium = \"water\"; },"
        "{ key = \"o3\"; title_zh = \"o\"; title_en = \"o\"; unit = \"ug/m3\"; decimals = 0;"
        " medium = \"air\"; },"
        "{ key = \"wind_direction\"; title_zh = \"w\"; title_en = \"w\"; unit = \"deg\";"
        " decimals = 0; medium = \"weather\"; } );\n";
    char file[ARCHIVE_NAME_MAX];

    small->configuration[0] = '\0';
    small_item_of_file(small, "aggregates.conf");
    small_item(small, "collector.json", collector, strlen(collector));
    if (small->is_tiny)
        small_item(small, "parameters.conf", parameters, strlen(parameters));
    else
        small_item_of_file(small, "parameters.conf");
    small_sheet(small);
    small_item_of_file(small, "verdict.conf");
    small_hex(small->configuration, strlen(small->configuration), small->configuration_digest);
    snprintf(file, sizeof file, "configuration/%s.txt", small->configuration_digest);
    small_put(small, file, small->configuration, strlen(small->configuration));
}

/* ---- the store ---- */

static inline void small_key_event(struct small_bundle *small)
{
    char arguments[512], public_key[DIGEST_HEX];

    snprintf(arguments, sizeof arguments,
             "{\"key\":\"%s\",\"public\":\"%s\",\"replaces\":null,\"signature\":null}",
             seal_key_fingerprint(small->key), digest_hex(seal_key_public(small->key), public_key));
    small_event(small, "key.made", arguments);
}

/* Another key takes over, with the old one's signature, without, or with a wrong one. */
enum small_handover { SMALL_UNSIGNED, SMALL_SIGNED, SMALL_SIGNED_WRONG };

static inline void small_change_key(struct small_bundle *small, enum small_handover handover)
{
    bool signs = handover != SMALL_UNSIGNED;
    struct error err = {0};
    char arguments[1024], public_key[DIGEST_HEX], hex[2 * SIGNATURE_BYTES + 1] = "";
    char text[HEAD_TEXT_MAX];
    uint8_t signature[SIGNATURE_BYTES];
    size_t size;

    small->old_key = small->key;
    small->key = seal_key_make(small->dir, true, &err);
    assert(small->key != NULL);
    size = seal_handover_text(small_store, seal_key_fingerprint(small->key),
                              seal_key_fingerprint(small->old_key), text);
    assert(seal_key_sign(small->old_key, text, size, signature, &err));
    if (handover == SMALL_SIGNED_WRONG)
        signature[9] ^= 1;
    small_put_signature(hex, signature);
    snprintf(arguments, sizeof arguments,
             "{\"key\":\"%s\",\"public\":\"%s\",\"replaces\":\"%s\",\"signature\":%s%s%s}",
             seal_key_fingerprint(small->key), digest_hex(seal_key_public(small->key), public_key),
             seal_key_fingerprint(small->old_key), signs ? "\"" : "", signs ? hex : "null",
             signs ? "\"" : "");
    small_begin_segment(small);
    small_event(small, "key.made", arguments);
    small_close(small);
}

static inline void small_strike_off(struct small_bundle *small)
{
    char arguments[512], struck[WALL_TEXT], until[WALL_TEXT];

    snprintf(arguments, sizeof arguments,
             "{\"by\":\"li\",\"id\":\"37\",\"note\":\"done\",\"tasks\":[{\"id\":\"37\","
             "\"category\":\"river\",\"points\":[\"%s\"],\"struck_off\":\"%s\","
             "\"watch_until\":\"%s\"}]}",
             SMALL_POINT, wall_text(small->now, struck),
             wall_text((struct wall_time){small->now.ms + 30LL * SMALL_DAY_MS}, until));
    small_event(small, "task.strike_off", arguments);
}

/* `days` segments of a day each, a reading an hour. */
static inline void small_days(struct small_bundle *small, size_t days)
{
    for (size_t day = 0; day < days; day++) {
        small_begin_segment(small);
        if (small->segment_count == 0) {
            small_event(small, "started", "{\"boot\":1,\"settings\":null,\"version\":\"1\"}");
            small_event(small, "configuration", "{}");
            small_key_event(small);
            small_event(small, "device.every",
                        "{\"device\":\"" SMALL_DEVICE "\",\"every_ms\":3600000,\"since\":null}");
            if (!small->no_strike_off)
                small_strike_off(small);
        }
        if (small->segment_count == 1)
            small_event(small, "user.add", "{\"name\":\"wang\"}");
        for (int hour = 0; hour < 24; hour++) {
            small->now.ms += SMALL_HOUR_MS;
            small_reading_at(small, (struct wall_time){small->now.ms - 60000},
                             hour == 5 ? NAN : 20.0 + 0.1 * hour,
                             hour == 5 ? QUALITY_NO_ANSWER : QUALITY_NORMAL);
        }
        small_close(small);
    }
}

/* The same key every time, so that the same bytes are made every time: of the seed 0x01 x 32. */
static inline void small_write_key(const char *dir)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/seal.key", dir);
    file = fopen(path, "w");
    assert(file != NULL);
    fputs("-----BEGIN PRIVATE KEY-----\n"
          "MC4CAQAwBQYDK2VwBCIEIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n"
          "-----END PRIVATE KEY-----\n",
          file);
    fclose(file);
    chmod(path, 0600);
}

static inline void small_start(struct small_bundle *small)
{
    struct error err = {0};

    *small = (struct small_bundle){.begin = small_begin,
                                   .now = small_begin,
                                   .is_public = small->is_public,
                                   .shows_all = small->shows_all,
                                   .is_tiny = small->is_tiny};
    strcpy(small->dir, "/tmp/small-bundle-XXXXXX");
    assert(mkdtemp(small->dir) != NULL);
    small_write_key(small->dir);
    small->key = seal_key_open(small->dir, NULL, &err);
    assert(small->key != NULL);
    small_configure(small);
}

/* ---- the export ---- */

static inline void small_put_path(struct grown *grown, const struct small_segment *segment,
                                  size_t leaf)
{
    char hex[DIGEST_HEX];

    grow(grown, "path");
    for (size_t i = 0; i < segment->path_lengths[leaf]; i++)
        grow(grown, " %s", digest_hex(segment->paths[leaf][i], hex));
    grow(grown, "\n");
}

/* heads.txt, events.txt and rows/… of the segments so far. */
static inline void small_put_segments(struct small_bundle *small)
{
    struct grown heads = {NULL, 0, 0}, events = {NULL, 0, 0}, rows = {NULL, 0, 0};

    for (size_t i = 0; i < small->segment_count; i++) {
        const struct small_segment *segment = &small->segments[i];
        char signature[2 * SIGNATURE_BYTES + 1];

        small_put_signature(signature, segment->signature);
        grow(&heads, "%ssignature %s\n\n", segment->text, signature);
        grow(&events, "segment %llu\n", (unsigned long long)segment->head.segment);
        small_put_path(&events, segment, 0);
        grow(&events, "configuration 1\n");
        grow_add(&events, segment->leaves[1].bytes, segment->leaves[1].used);
        grow(&events, "events %zu %zu\n", segment->event_count, segment->shown_count);
        grow_add(&events, segment->leaves[0].bytes, segment->leaves[0].used);
        if (segment->shown.used > 0)
            grow_add(&events, segment->shown.bytes, segment->shown.used);
        if (segment->head.first_time.ms >= small->to.ms ||
            segment->head.last_time.ms < small->from.ms)
            continue;
        grow(&rows, "segment %llu leaf 3 rows %zu\n", (unsigned long long)segment->head.segment,
             segment->row_count);
        small_put_path(&rows, segment, 3);
        grow_add(&rows, segment->leaves[3].bytes, segment->leaves[3].used);
    }
    small_put(small, "heads.txt", heads.bytes, heads.used);
    small_put(small, "events.txt", events.bytes, events.used);
    small_put(small, "rows/" SMALL_POINT ".txt", rows.bytes, rows.used);
    free(heads.bytes);
    free(events.bytes);
    free(rows.bytes);
}

struct small_row {
    int64_t ms;
    uint64_t seq;
    char line[160];
};

static inline int small_by_time(const void *one, const void *other)
{
    const struct small_row *a = one, *b = other;

    if (a->ms != b->ms)
        return a->ms < b->ms ? -1 : 1;
    return a->seq < b->seq ? -1 : 1;
}

/* "SEQ,TIME,VALUE,QUALITY,CAUSE" as a line of the table, eight hours east of Greenwich. */
static inline struct small_row small_row(const char *line)
{
    struct small_row row = {.ms = 0};
    char time[WALL_TEXT], value[40], rest[40];
    struct wall_time moment = WALL_NONE;

    row.seq = strtoull(line, NULL, 10);
    line = strchr(line, ',') + 1;
    snprintf(time, sizeof time, "%.*s", (int)strcspn(line, ","), line);
    line = strchr(line, ',') + 1;
    snprintf(value, sizeof value, "%.*s", (int)strcspn(line, ","), line);
    line = strchr(line, ',') + 1;
    snprintf(rest, sizeof rest, "%.*s", (int)strcspn(line, "\n"), line);
    assert(moment_parse(time, &moment));
    row.ms = moment.ms;
    wall_text((struct wall_time){moment.ms + 8LL * SMALL_HOUR_MS}, time);
    time[10] = ' ';
    time[23] = '\0';
    snprintf(row.line, sizeof row.line, "%s," SMALL_POINT ",%s,mg/L,%s,%llu\r\n", time, value, rest,
             (unsigned long long)row.seq);
    return row;
}

static inline void small_put_csv(struct small_bundle *small)
{
    static struct small_row rows[SMALL_DAYS_MAX * 24 + 1];
    struct grown csv = {NULL, 0, 0};
    size_t count = 0;

    for (size_t i = 0; i < small->segment_count; i++) {
        const char *line = strchr(small->segments[i].leaves[3].bytes, '\n') + 1;

        for (; *line != '\0'; line = strchr(line, '\n') + 1)
            rows[count++] = small_row(line);
    }
    qsort(rows, count, sizeof rows[0], small_by_time);
    grow(&csv, "\xef\xbb\xbf时间 time,监测点 point,数值 value,单位 unit,标记 quality,原因 cause,"
               "序号 seq\r\n");
    for (size_t i = 0; i < count; i++)
        if (rows[i].ms >= small->from.ms && rows[i].ms < small->to.ms)
            grow(&csv, "%s", rows[i].line);
    small_put(small, "readings.csv", csv.bytes, csv.used);
    free(csv.bytes);
}

static inline struct case_setup small_case(struct small_bundle *small)
{
    static char points[1][POINT_SIZE] = {SMALL_POINT};
    struct case_setup about = {
        .task = "37",
        .category = "river",
        .span = {small->from, small->to},
        .points = points,
        .point_count = 1
    };

    about.struck_off = small->no_strike_off ? WALL_NONE : small->begin;
    about.watch_until = small->no_strike_off
                            ? WALL_NONE
                            : (struct wall_time){small->begin.ms + 30LL * SMALL_DAY_MS};
    return about;
}

static inline char *small_give(struct small_bundle *small, const char *form, const uint8_t *digest,
                               size_t *size)
{
    char name[ARCHIVE_NAME_MAX], hex[DIGEST_HEX];
    struct small_file *file;

    snprintf(name, sizeof name, form, digest_hex(digest, hex));
    file = small_find(small, name);
    if (file == NULL)
        return NULL;
    *size = file->size;
    return memcpy(malloc(file->size + 1), file->bytes, file->size + 1);
}

static inline char *small_give_text(void *self, const uint8_t digest[DIGEST_BYTES], size_t *size,
                                    struct error *err)
{
    (void)err;
    return small_give(self, "configuration/%s.txt", digest, size);
}

static inline char *small_give_item(void *self, const uint8_t digest[DIGEST_BYTES], size_t *size,
                                    struct error *err)
{
    (void)err;
    return small_give(self, "configuration/items/%s", digest, size);
}

static inline bool small_take(void *self, uint64_t seq, struct wall_time time,
                              const struct reading *reading, struct error *err)
{
    (void)seq;
    return bundle_case_reading(self, time, reading, err);
}

/* The verdict of what is sealed so far, reached as the exporter reaches it. */
static inline json_t *small_verdict(struct small_bundle *small)
{
    const struct case_setup about = small_case(small);
    const struct case_source source = {small_give_text, small_give_item, small};
    struct error err = {0};
    struct bundle_case *bundle = bundle_case_new(&about, &err);
    uint8_t digest[DIGEST_BYTES];
    struct bundle_order *order = bundle_order_new(small_take, bundle);
    json_t *verdict;
    bool good = bundle != NULL && order != NULL &&
                hex_read(small->configuration_digest, digest, DIGEST_BYTES);

    for (size_t i = 0; good && i < small->segment_count; i++) {
        const struct small_segment *segment = &small->segments[i];
        const char *line = segment->shown.bytes == NULL ? "" : segment->shown.bytes;

        good = bundle_case_segment(bundle, &segment->head, &err) &&
               bundle_case_configuration(bundle, 1, digest, &err);
        for (; good && *line != '\0'; line += strcspn(line, "\n") + 1)
            good = bundle_case_entry(bundle, line, strcspn(line, "\n"), &err);
    }
    good = good && bundle_case_settle(bundle, &source, &err) &&
           bundle_case_begin_point(bundle, 0, &err);
    for (size_t i = 0; good && i < small->segment_count; i++) {
        const char *line = strchr(small->segments[i].leaves[3].bytes, '\n') + 1;

        for (; good && *line != '\0'; line += strcspn(line, "\n") + 1) {
            struct wall_time time;
            struct reading reading;
            uint64_t seq;

            good = seal_read_reading(line, strcspn(line, "\n") + 1, &seq, &time, &reading) &&
                   bundle_order_add(order, seq, time, &reading, &err);
        }
    }
    good =
        good && bundle_order_segment(order, WALL_NONE, &err) && bundle_case_end_point(bundle, &err);
    verdict = good ? bundle_case_conclude(bundle, &err) : NULL;
    bundle_order_free(order);
    bundle_case_free(bundle);
    if (verdict == NULL)
        fprintf(stderr, "small bundle: %s\n", err.text);
    assert(verdict != NULL);
    return verdict;
}

static inline void small_put_key(struct small_bundle *small, const struct seal_key *key)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const uint8_t before[12] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                       0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    uint8_t der[45] = {0};
    char name[ARCHIVE_NAME_MAX], base64[61] = "", pem[160];

    memcpy(der, before, sizeof before);
    memcpy(der + sizeof before, seal_key_public(key), DIGEST_BYTES);
    for (size_t i = 0; i < 15; i++) {
        unsigned three =
            (unsigned)der[3 * i] << 16 | (unsigned)der[3 * i + 1] << 8 | der[3 * i + 2];

        for (size_t j = 0; j < 4; j++)
            base64[4 * i + j] = digits[three >> (18 - 6 * j) & 63];
    }
    base64[59] = '=';
    snprintf(pem, sizeof pem, "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n", base64);
    snprintf(name, sizeof name, "keys/%s.pem", seal_key_fingerprint(key));
    small_put(small, name, pem, strlen(pem));
}

static inline json_t *small_moment(struct wall_time time)
{
    char words[WALL_TEXT];

    return wall_is_known(time) ? json_string(wall_text(time, words)) : json_null();
}

/* manifest.json and sha256sums over the files as they are now. */
static inline void small_list(struct small_bundle *small)
{
    const struct case_setup about = small_case(small);
    json_t *list = json_array();
    struct grown sums = {NULL, 0, 0};
    char hex[DIGEST_HEX];

    qsort(small->files, small->file_count, sizeof small->files[0], small_by_name);
    for (size_t i = 0; i < small->file_count; i++) {
        const struct small_file *file = &small->files[i];

        if (strcmp(file->name, "manifest.json") != 0 && strcmp(file->name, "sha256sums") != 0 &&
            strcmp(file->name, "issue.json") != 0)
            json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "name", file->name, "sha256",
                                                  small_hex(file->bytes, file->size, hex), "size",
                                                  (json_int_t)file->size));
    }
    small_put_json(
        small, "manifest.json",
        json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:{}, s:[s], s:s, s:b, s:s, s:o, s:s, s:o, s:o}",
                  "category", about.category, "collector", "zj-01", "files", list, "form",
                  small->is_public ? "public" : "full", "format", "lookback bundle 1", "from",
                  small_moment(small->from), "libraries", "points", SMALL_POINT, "program",
                  small->is_tiny ? "tiny" : version_text(), "simulated", 0, "store", small_store,
                  "struck_off", small_moment(about.struck_off), "task", "37", "to",
                  small_moment(small->to), "watch_until", small_moment(about.watch_until)));
    qsort(small->files, small->file_count, sizeof small->files[0], small_by_name);
    for (size_t i = 0; i < small->file_count; i++) {
        const struct small_file *file = &small->files[i];

        if (strcmp(file->name, "sha256sums") != 0 && strcmp(file->name, "issue.json") != 0)
            grow(&sums, "%s  %s\n", small_hex(file->bytes, file->size, hex), file->name);
    }
    small_put(small, "sha256sums", sums.bytes, sums.used);
    free(sums.bytes);
}

/* issue.json of the segment sealed last. */
static inline void small_put_issue(struct small_bundle *small)
{
    const struct small_segment *last = &small->segments[small->segment_count - 1];
    char signature[2 * SIGNATURE_BYTES + 1], hex[DIGEST_HEX];
    json_t *path = json_array();
    char *event = strdup(last->shown.bytes);

    event[strcspn(event, "\n")] = '\0';
    for (size_t i = 0; i < last->path_lengths[0]; i++)
        json_array_append_new(path, json_string(digest_hex(last->paths[0][i], hex)));
    small_put_signature(signature, last->signature);
    small_put_json(small, "issue.json",
                   json_pack("{s:[], s:s, s:s, s:s, s:[], s:o, s:s}", "anchors", "event", event,
                             "events", last->leaves[0].bytes, "head", last->text, "heads", "path",
                             path, "signature", signature));
    free(event);
}

/* The act of export, in a segment of its own. */
static inline void small_issue(struct small_bundle *small)
{
    struct small_file *manifest = small_find(small, "manifest.json");
    struct small_file *verdict = small_find(small, "verdict.json");
    json_t *said = json_loadb(verdict->bytes, verdict->size, 0, NULL);
    char arguments[1024], hex[DIGEST_HEX], from[WALL_TEXT], to[WALL_TEXT];

    snprintf(arguments, sizeof arguments,
             "{\"by\":\"li\",\"form\":\"%s\",\"from\":\"%s\",\"manifest\":\"%s\",\"task\":\"37\","
             "\"to\":\"%s\",\"verdict\":\"%s\"}",
             small->is_public ? "public" : "full", wall_text(small->from, from),
             small_hex(manifest->bytes, manifest->size, hex), wall_text(small->to, to),
             json_string_value(json_object_get(said, "answer")));
    json_decref(said);
    small->now.ms += 60000;
    small_begin_segment(small);
    small_event(small, "evidence.issue", arguments);
    small_close(small);
    small_put_issue(small);
}

/* Everything but the act of export, of the segments so far. */
static inline void small_files(struct small_bundle *small)
{
    small_put(small, "VERIFY.md", text_verify_md, small->is_tiny ? 1 : text_verify_md_size);
    small_put(small, "SEAL.md", text_seal_md, small->is_tiny ? 1 : text_seal_md_size);
    small_put(small, "VERDICT.md", text_verdict_md, small->is_tiny ? 1 : text_verdict_md_size);
    small_put(small, "report.pdf", "%PDF", 4);
    small_put(small, "readings.xlsx", "PK", 2);
    small_put(small, "anchors.json", "{\"anchors\":[]}\n", 15);
    small_put_key(small, small->key);
    if (small->old_key != NULL)
        small_put_key(small, small->old_key);
    small_put_segments(small);
    small_put_csv(small);
    small_put_json(small, "verdict.json", small_verdict(small));
    small_list(small);
}

/* A whole one: so many days, all of them in the span. */
static inline void small_make(struct small_bundle *small, size_t days)
{
    small_start(small);
    small->from = small->begin;
    small_days(small, days);
    small->to = small->now;
    small_files(small);
    small_issue(small);
}

static inline void small_drop_segment(struct small_bundle *small)
{
    struct small_segment *segment = &small->segments[--small->segment_count];

    small->seq = segment->head.first_seq - 1;
    for (size_t i = 0; i < SMALL_LEAVES; i++)
        free(segment->leaves[i].bytes);
    free(segment->shown.bytes);
    *segment = (struct small_segment){.row_count = 0};
}

/* As if the export had sealed just the files as they are now: by someone who holds the key. */
static inline void small_reissue(struct small_bundle *small)
{
    small_drop_segment(small);
    small_list(small);
    small_issue(small);
}

/* Everything made anew over what the leaves say now. */
static inline void small_remake(struct small_bundle *small)
{
    small_drop_segment(small);
    for (size_t i = 0; i < small->segment_count; i++)
        small_seal(small, i);
    small_files(small);
    small_issue(small);
}

static inline void small_end(struct small_bundle *small)
{
    char path[192];

    for (size_t i = 0; i < small->file_count; i++)
        free(small->files[i].bytes);
    for (size_t i = 0; i < sizeof small->segments / sizeof small->segments[0]; i++) {
        for (size_t j = 0; j < SMALL_LEAVES; j++)
            free(small->segments[i].leaves[j].bytes);
        free(small->segments[i].shown.bytes);
    }
    if (small->old_key != NULL) {
        snprintf(path, sizeof path, "%s/seal.key.%s", small->dir,
                 seal_key_fingerprint(small->old_key));
        unlink(path);
    }
    seal_key_free(small->old_key);
    seal_key_free(small->key);
    snprintf(path, sizeof path, "%s/seal.key", small->dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/seal.pub", small->dir);
    unlink(path);
    rmdir(small->dir);
}

#endif
