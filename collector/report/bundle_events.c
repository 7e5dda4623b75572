/* events.txt: of each segment its configurations and its events, those that bear on the case in
 * full. What is written is also what the verdict is fed with. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "report/bundle_inside.h"

struct events {
    struct bundle *bundle;
    const struct part *part;
    struct bytes leaf, shown, whole;
    struct hashing *hashing;
    uint64_t lines, entries;
    bool failed;
    struct error *err;
};

static bool take_line(void *self, const char *line, size_t size)
{
    struct events *events = self;

    hashing_add(events->hashing, line, size);
    events->lines++;
    events->failed = !bytes_add(&events->leaf, line, size, events->err);
    return !events->failed;
}

/* The leaf as it stands now; `digest` is its hash. `lines` counts its first one too. */
static bool read_leaf(struct events *events, const char *name, uint8_t digest[DIGEST_BYTES])
{
    events->leaf.used = 0;
    events->lines = 0;
    hashing_begin_leaf(events->hashing);
    if (!reader_leaf_lines(events->bundle->setup.reader, events->part->segment, name, take_line,
                           events, events->err) ||
        events->failed)
        return false;
    hashing_end(events->hashing, digest);
    return events->lines > 0 || error_set(events->err, ERROR_STORE, "%s",
                                          SAY("封存段里没有这个叶子", "the leaf is not there"));
}

static bool keep_named(struct events *events, uint64_t seq, const uint8_t digest[DIGEST_BYTES])
{
    struct bundle *bundle = events->bundle;
    struct named *row;

    for (size_t i = bundle->named_count; i-- > 0;)
        if (memcmp(bundle->named[i].digest, digest, DIGEST_BYTES) == 0)
            return true;
    if (!list_room(&bundle->named, bundle->named_count, &bundle->named_room, sizeof *row,
                   events->err))
        return false;
    row = &bundle->named[bundle->named_count++];
    *row = (struct named){.seq = seq, .part = events->part};
    memcpy(row->digest, digest, sizeof row->digest);
    return true;
}

/* Lines "SEQ,DIGEST" after the first. */
static bool feed_configurations(struct events *events)
{
    struct bundle *bundle = events->bundle;
    const char *line = strchr(events->leaf.at, '\n') + 1;

    for (; *line != '\0'; line = strchr(line, '\n') + 1) {
        char *end;
        uint64_t seq = strtoull(line, &end, 10);
        uint8_t digest[DIGEST_BYTES];
        char hex[DIGEST_HEX];

        if (*end != ',' || strlen(end + 1) < DIGEST_HEX - 1)
            continue;
        snprintf(hex, sizeof hex, "%s", end + 1);
        if (!hex_read(hex, digest, sizeof digest))
            continue;
        if (!bundle_case_configuration(bundle->about, seq, digest, events->err) ||
            !keep_named(events, seq, digest))
            return false;
    }
    return true;
}

/* What the report tells of an entry. */
static bool tell(struct events *events, const struct shown_entry *entry)
{
    static const char *const told[] = {
        "gap",          "started",         "stopped",      "key.made", "device.maintenance",
        "device.every", "device.identity", "configuration"};
    const struct span *span = &events->bundle->setup.about.span;
    bool is_told = strncmp(entry->kind, "clock.", 6) == 0;

    for (size_t i = 0; i < sizeof told / sizeof told[0] && !is_told; i++)
        is_told = strcmp(entry->kind, told[i]) == 0;
    if (!is_told || !wall_is_known(entry->time) || entry->time.ms < span->start.ms ||
        entry->time.ms >= span->end.ms)
        return true;
    return json_array_append_new(
               events->bundle->events,
               json_pack("{s:I, s:o, s:s, s:o, s:O}", "seq", (json_int_t)entry->seq, "time",
                         bundle_time(entry->time), "kind", entry->kind, "who",
                         entry->who[0] == '\0' ? json_null() : json_string(entry->who), "arguments",
                         entry->body)) == 0 ||
           error_set(events->err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

static bool show(struct events *events, const char *text)
{
    struct shown_entry entry;
    bool shown = shown_entry_read(&entry, text, strlen(text), events->err) &&
                 bundle_case_entry(events->bundle->about, text, strlen(text), events->err) &&
                 (entry.is_problem || tell(events, &entry)) &&
                 bytes_words(&events->shown, text, events->err) &&
                 bytes_words(&events->shown, "\n", events->err);

    shown_entry_end(&entry);
    events->entries++;
    return shown;
}

static bool take_entry(void *self, uint64_t seq, struct wall_time time, const char *kind,
                       const char *subject, const char *text)
{
    struct events *events = self;
    const struct bundle_setup *setup = &events->bundle->setup;

    (void)seq, (void)time;
    events->failed =
        bundle_shows(&setup->about, setup->public_form, kind, subject) && !show(events, text);
    return !events->failed;
}

static bool note_if_differs(struct events *events, const char *leaf,
                            const uint8_t digest[DIGEST_BYTES], struct leaf_note *note)
{
    bool found = false;

    if (!reader_leaf(events->bundle->setup.reader, events->part->segment, leaf, note, &found,
                     events->err))
        return false;
    return (found && bundle_leads(events->part, note, digest)) ||
           bundle_note_differs(events->bundle, events->part, leaf, events->err);
}

/* Of a removed segment the path of leaf 0 alone is known; its first digest is the hash of leaf 1.
 */
static bool check_configuration(struct events *events, const uint8_t digest[DIGEST_BYTES],
                                struct leaf_note *of_events)
{
    return (of_events->path_length > 0 && memcmp(of_events->path[0], digest, DIGEST_BYTES) == 0) ||
           bundle_note_differs(events->bundle, events->part, "configuration", events->err);
}

static bool put_segment(struct events *events)
{
    struct error *err = events->err;
    const struct seal_head head = bundle_head_of(events->part);
    uint8_t of_configuration[DIGEST_BYTES], of_events[DIGEST_BYTES];
    struct leaf_note note;

    events->whole.used = events->shown.used = 0;
    events->entries = 0;
    if (!bundle_case_segment(events->bundle->about, &head, err) ||
        !read_leaf(events, "configuration", of_configuration) || !feed_configurations(events) ||
        !bytes_format(&events->whole, err, "configuration %" PRIu64 "\n", events->lines - 1) ||
        !bytes_add(&events->whole, events->leaf.at, events->leaf.used, err) ||
        !reader_entries(events->bundle->setup.reader, events->part->segment, take_entry, events,
                        err) ||
        events->failed || !read_leaf(events, "events", of_events) ||
        !note_if_differs(events, "events", of_events, &note) ||
        !check_configuration(events, of_configuration, &note) ||
        !bytes_format(&events->whole, err, "events %" PRIu64 " %" PRIu64 "\n", events->lines - 1,
                      events->entries) ||
        !bytes_add(&events->whole, events->leaf.at, events->leaf.used, err) ||
        !bytes_add(&events->whole, events->shown.at, events->shown.used, err))
        return false;
    events->leaf.used = 0;
    return bytes_format(&events->leaf, err, "segment %" PRIu64 "\n", events->part->segment) &&
           bundle_add_path(&events->leaf, note.path, note.path_length, err) &&
           archive_add(events->bundle->archive, events->leaf.at, events->leaf.used, err) &&
           archive_add(events->bundle->archive, events->whole.at, events->whole.used, err);
}

bool bundle_put_events(struct bundle *bundle, struct error *err)
{
    struct events events = {.bundle = bundle, .hashing = hashing_new(), .err = err};
    bool put = events.hashing != NULL && archive_begin(bundle->archive, "events.txt", err);

    for (size_t i = 0; put && i < bundle->part_count; i++) {
        bundle_show(bundle, 0.2 * (double)i / (double)bundle->part_count, "事件", "events");
        events.part = &bundle->parts[i];
        put = put_segment(&events);
    }
    hashing_free(events.hashing);
    free(events.leaf.at);
    free(events.shown.at);
    free(events.whole.at);
    return put && archive_end(bundle->archive, err);
}
