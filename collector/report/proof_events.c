/* events.txt: per segment the configuration, the events, and the entries that are shown in full. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/proof_inside.h"

/* The leaf of events of one segment, kept until its shown entries have been read. */
struct leaf {
    char *bytes; /* lines, each with its line feed */
    size_t used, room;
    size_t at; /* the next line to be compared */
};

struct reading_events {
    struct check *check;
    struct archive_lines *lines;
    struct hashing *hashing;
    struct leaf leaf;
    size_t link; /* the index of the segment's head */
};

static bool refuse_here(const struct reading_events *reading, struct error *err, const char *why)
{
    return proof_refuse(err, SAY("events.txt 第 %llu 行：%s", "events.txt, line %llu: %s"),
                        (unsigned long long)archive_line_number(reading->lines), why);
}

/* The next line; NULL with `err` when there is none. */
static const char *next_line(struct reading_events *reading, size_t *size, struct error *err)
{
    struct error why = {0};
    const char *line = archive_line(reading->lines, size, &why);

    if (line == NULL && why.kind != ERROR_NONE)
        *err = why;
    else if (line == NULL)
        refuse_here(reading, err, SAY("文件在这里断了", "the file ends here"));
    return line;
}

size_t path_read(const char *words, uint8_t path[PATH_MAX_LENGTH][DIGEST_BYTES])
{
    size_t count = 0;

    if (strncmp(words, "path", 4) != 0)
        return 0;
    for (words += 4; *words == ' ' && count < PATH_MAX_LENGTH; count++) {
        char hex[DIGEST_HEX];

        if (strlen(words + 1) < DIGEST_HEX - 1)
            return 0;
        memcpy(hex, words + 1, DIGEST_HEX - 1);
        hex[DIGEST_HEX - 1] = '\0';
        if (!hex_read(hex, path[count], DIGEST_BYTES))
            return 0;
        words += DIGEST_HEX;
    }
    return *words == '\0' ? count : 0;
}

/* "WORD NUMBER" or "WORD NUMBER NUMBER", in exactly this form. */
static bool read_counts(const char *line, const char *word, unsigned long long *first,
                        unsigned long long *second)
{
    char again[96];

    if (second == NULL ? sscanf(line + strcspn(line, " "), " %18llu", first) != 1
                       : sscanf(line + strcspn(line, " "), " %18llu %18llu", first, second) != 2)
        return false;
    if (second == NULL)
        snprintf(again, sizeof again, "%s %llu", word, *first);
    else
        snprintf(again, sizeof again, "%s %llu %llu", word, *first, *second);
    return strcmp(again, line) == 0;
}

/* ---- the configuration ---- */

static struct settings_text *find_settings(struct check *check, const uint8_t *digest,
                                           struct error *err)
{
    struct settings_text *settings;

    for (size_t i = check->settings_count; i > 0; i--)
        if (memcmp(check->settings[i - 1].digest, digest, DIGEST_BYTES) == 0)
            return &check->settings[i - 1];
    if (check->settings_count >= PROOF_CONFIGURATIONS_MOST) {
        proof_refuse(err, SAY("配置多于 %d 份", "more than %d configurations"),
                     PROOF_CONFIGURATIONS_MOST);
        return NULL;
    }
    settings = proof_grow(check->settings, check->settings_count, sizeof *settings);
    if (settings == NULL) {
        proof_memory(err);
        return NULL;
    }
    check->settings = settings;
    settings += check->settings_count;
    *settings = (struct settings_text){0};
    memcpy(settings->digest, digest, DIGEST_BYTES);
    if (!proof_settings_text(check, settings, err))
        return NULL;
    check->settings_count++;
    return settings;
}

/* What is in force when a segment begins is what was in force when the one before ended. */
static void check_goes_on(struct check *check, const struct link *link, uint64_t seq, size_t found)
{
    const struct link *before = link - 1;

    if (link == check->links || before->last_configuration == 0 ||
        before->last_configuration == found + 1 || seq >= link->head.first_seq)
        return;
    refute(check, CLAIM_COMPLETE,
           SAY("第 %llu 段开头所用的配置不是前一段末尾的那份",
               "segment %llu does not begin with the configuration that was in force before"),
           (unsigned long long)link->head.segment);
}

static bool take_configuration(struct reading_events *reading, const char *line, uint64_t *before,
                               bool first, struct error *err)
{
    struct check *check = reading->check;
    struct link *link = &check->links[reading->link];
    const struct settings_text *settings;
    uint8_t digest[DIGEST_BYTES];
    char again[96];
    char *end;
    uint64_t seq = strtoull(line, &end, 10);
    size_t found;

    if (*end != ',' || strlen(end + 1) != DIGEST_HEX - 1 ||
        !hex_read(end + 1, digest, DIGEST_BYTES))
        return refuse_here(reading, err, SAY("应为“序号,摘要”", "must be SEQ,DIGEST"));
    snprintf(again, sizeof again, "%llu", (unsigned long long)seq);
    if (strncmp(again, line, (size_t)(end - line)) != 0 || strlen(again) != (size_t)(end - line) ||
        seq == 0 || seq <= *before || seq > link->head.last_seq ||
        (!first && seq < link->head.first_seq))
        return refuse_here(reading, err,
                           SAY("序号不在它的位置", "its SEQ does not stand in order"));
    *before = seq;
    settings = find_settings(check, digest, err);
    if (settings == NULL)
        return false;
    found = (size_t)(settings - check->settings);
    if (first)
        check_goes_on(check, link, seq, found);
    link->last_configuration = found + 1;
    link->described |= settings->described;
    return proof_of_case(bundle_case_configuration(check->bundle, seq, digest, err), err);
}

static bool read_configuration(struct reading_events *reading, uint8_t hash[DIGEST_BYTES],
                               struct error *err)
{
    unsigned long long count;
    uint64_t before = 0;
    size_t size;
    const char *line = next_line(reading, &size, err);

    if (line == NULL)
        return false;
    if (!read_counts(line, "configuration", &count, NULL))
        return refuse_here(reading, err,
                           SAY("应为“configuration 行数”", "must be configuration LINES"));
    hashing_begin_leaf(reading->hashing);
    for (unsigned long long i = 0; i <= count; i++) {
        line = next_line(reading, &size, err);
        if (line == NULL)
            return false;
        hashing_add(reading->hashing, line, size);
        hashing_add(reading->hashing, "\n", 1);
        if (i == 0 ? strcmp(line, "configuration") != 0
                   : !take_configuration(reading, line, &before, i == 1, err))
            return i > 0 ? false
                         : refuse_here(reading, err,
                                       SAY("应为 configuration", "must be configuration"));
    }
    hashing_end(reading->hashing, hash);
    return true;
}

/* ---- the events ---- */

static bool keep_line(struct leaf *leaf, const char *line, size_t size, struct error *err)
{
    if (leaf->used + size + 1 > leaf->room) {
        size_t room =
            leaf->room * 2 > leaf->used + size + 1 ? leaf->room * 2 : leaf->used + size + 4096;
        char *bytes = room > PROOF_LEAF_MOST ? NULL : realloc(leaf->bytes, room);

        if (room > PROOF_LEAF_MOST)
            return proof_refuse(err, "%s",
                                SAY("一个封存段的事件太多", "a segment has too many events"));
        if (bytes == NULL)
            return proof_memory(err);
        leaf->bytes = bytes;
        leaf->room = room;
    }
    assert(leaf->bytes != NULL);
    memcpy(leaf->bytes + leaf->used, line, size);
    leaf->bytes[leaf->used + size] = '\0';
    leaf->used += size + 1;
    return true;
}

static bool take_event(struct reading_events *reading, const char *line, size_t size,
                       uint64_t *before, struct error *err)
{
    struct link *link = &reading->check->links[reading->link];
    struct entry_line entry;

    if (!entry_line_read(&entry, line, size))
        return refuse_here(
            reading, err,
            SAY("这不是 SEAL.md 所写的事件行", "not a line of events as SEAL.md writes it"));
    if (entry.seq <= *before || entry.seq < link->head.first_seq || entry.seq > link->head.last_seq)
        return refuse_here(reading, err,
                           SAY("序号不在它的位置", "its SEQ does not stand in order"));
    *before = entry.seq;
    if (strcmp(entry.kind, "problem") != 0)
        link->stopped = strcmp(entry.kind, "stopped") == 0;
    return keep_line(&reading->leaf, line, size, err);
}

static bool read_events(struct reading_events *reading, unsigned long long *shown,
                        uint8_t hash[DIGEST_BYTES], struct error *err)
{
    unsigned long long count;
    uint64_t before = 0;
    size_t size;
    const char *line = next_line(reading, &size, err);

    if (line == NULL)
        return false;
    if (!read_counts(line, "events", &count, shown))
        return refuse_here(reading, err,
                           SAY("应为“events 行数 展示数”", "must be events LINES SHOWN"));
    reading->leaf.used = reading->leaf.at = 0;
    hashing_begin_leaf(reading->hashing);
    for (unsigned long long i = 0; i <= count; i++) {
        line = next_line(reading, &size, err);
        if (line == NULL)
            return false;
        hashing_add(reading->hashing, line, size);
        hashing_add(reading->hashing, "\n", 1);
        if (i == 0 && strcmp(line, "events") != 0)
            return refuse_here(reading, err, SAY("应为 events", "must be events"));
        if (i > 0 && !take_event(reading, line, size, &before, err))
            return false;
    }
    hashing_end(reading->hashing, hash);
    return true;
}

/* ---- the entries that are shown ---- */

/* Moves along the leaf to the line of an entry, and says what should have been shown on the way.
 * `seq` UINT64_MAX: to the end. */
static bool skip_to(struct reading_events *reading, uint64_t seq, struct entry_line *line)
{
    struct check *check = reading->check;
    struct leaf *leaf = &reading->leaf;

    while (leaf->at < leaf->used) {
        const char *words = leaf->bytes + leaf->at;
        size_t size = strlen(words);

        if (!entry_line_read(line, words, size) || line->seq > seq)
            return false; /* every line was read before, so it is the second */
        leaf->at += size + 1;
        if (line->seq == seq)
            return true;
        if (bundle_shows(&check->about, check->is_public, line->kind, line->subject))
            refute(check, CLAIM_COMPLETE,
                   SAY("第 %llu 段：序号 %llu（%s %.80s）与本案有关，却没有展示",
                       "segment %llu: entry %llu (%s %.80s) bears on the case and is not shown"),
                   (unsigned long long)check->links[reading->link].head.segment,
                   (unsigned long long)line->seq, line->kind, line->subject);
    }
    return false;
}

static bool take_shown(struct reading_events *reading, const char *text, size_t size,
                       uint64_t *before, struct error *err)
{
    struct check *check = reading->check;
    unsigned long long segment = check->links[reading->link].head.segment;
    struct shown_entry entry;
    struct entry_line line;
    bool good = proof_of_case(shown_entry_read(&entry, text, size, err), err);

    if (!good) {
        ; /* said */
    } else if (entry.seq <= *before) {
        good =
            refuse_here(reading, err, SAY("序号不在它的位置", "its SEQ does not stand in order"));
    } else if (!skip_to(reading, entry.seq, &line) || !entry_line_fits(&line, &entry, text, size)) {
        check->sealed_differs = true;
        refute(check, CLAIM_UNCHANGED,
               SAY("第 %llu 段：序号 %llu（%s）不是被封存的那一条",
                   "segment %llu: entry %llu (%s) is not the one that was sealed"),
               segment, (unsigned long long)entry.seq, entry.kind);
    } else {
        if (!bundle_shows(&check->about, check->is_public, line.kind, line.subject))
            refute(check, CLAIM_UNCHANGED,
                   SAY("第 %llu 段：序号 %llu（%s）不属于这份材料",
                       "segment %llu: entry %llu (%s) does not belong into this bundle"),
                   segment, (unsigned long long)entry.seq, entry.kind);
        good = proof_use_entry(check, &entry, err) &&
               proof_of_case(bundle_case_entry(check->bundle, text, size, err), err);
    }
    if (good)
        *before = entry.seq;
    shown_entry_end(&entry);
    return good;
}

static bool read_shown(struct reading_events *reading, unsigned long long count, struct error *err)
{
    struct entry_line rest;
    uint64_t before = 0;

    for (unsigned long long i = 0; i < count; i++) {
        size_t size;
        const char *text = next_line(reading, &size, err);

        if (text == NULL || !take_shown(reading, text, size, &before, err))
            return false;
    }
    skip_to(reading, UINT64_MAX, &rest);
    return true;
}

/* ---- a segment ---- */

static bool read_segment(struct reading_events *reading, struct error *err)
{
    struct check *check = reading->check;
    const struct seal_head *head = &check->links[reading->link].head;
    uint8_t path[PATH_MAX_LENGTH][DIGEST_BYTES];
    uint8_t configuration[DIGEST_BYTES], events[DIGEST_BYTES], root[DIGEST_BYTES];
    unsigned long long number, shown;
    size_t length, size;
    const char *line = next_line(reading, &size, err);

    if (line == NULL)
        return false;
    if (!read_counts(line, "segment", &number, NULL) || number != head->segment)
        return refuse_here(
            reading, err,
            SAY("这里应是 heads.txt 的下一段", "the next segment of heads.txt must stand here"));
    line = next_line(reading, &size, err);
    length = line == NULL ? 0 : path_read(line, path);
    if (length == 0)
        return line != NULL && refuse_here(reading, err, SAY("路径写法不对", "not a path"));
    if (!proof_of_case(bundle_case_segment(check->bundle, head, err), err) ||
        !read_configuration(reading, configuration, err) ||
        !read_events(reading, &shown, events, err))
        return false;
    if (memcmp(configuration, path[0], DIGEST_BYTES) != 0 ||
        !tree_follow(events, 0, head->leaves, path, length, root) ||
        memcmp(root, head->root, DIGEST_BYTES) != 0) {
        check->sealed_differs = true;
        refute(check, CLAIM_UNCHANGED,
               SAY("第 %llu 段的事件或配置不是被封存的那些：推不到封存头的根",
                   "segment %llu: events or configuration are not those that were sealed: they do "
                   "not lead to the root of its head"),
               (unsigned long long)head->segment);
    }
    return read_shown(reading, shown, err);
}

bool proof_events(struct check *check, struct error *err)
{
    const struct archive_file *file = proof_file(check, "events.txt", err);
    struct reading_events reading = {.check = check};
    bool good = false;
    size_t size;

    if (file == NULL)
        return false;
    reading.lines = archive_lines_new(check->archive, file, PROOF_LINE_MOST, err);
    reading.hashing = hashing_new();
    if (reading.lines != NULL && reading.hashing == NULL)
        proof_memory(err);
    good = reading.lines != NULL && reading.hashing != NULL;
    for (; good && reading.link < check->shown_links; reading.link++)
        good = read_segment(&reading, err);
    if (good && archive_line(reading.lines, &size, err) != NULL)
        good = refuse_here(&reading, err, SAY("多出来的内容", "something more"));
    good = good && err->kind == ERROR_NONE;
    archive_lines_free(reading.lines);
    hashing_free(reading.hashing);
    free(reading.leaf.bytes);
    return good;
}
