/* seal_place.h - a store with something to seal in it, and looking at what was sealed. */
#ifndef TEST_STORE_SEAL_PLACE_H
#define TEST_STORE_SEAL_PLACE_H

#include "store/seals.h"
#include "unit/store/place.h"

enum { HOUR_MS = 3600000 };

static inline struct seal_key *key_of(struct place *place)
{
    struct error err = {0};
    struct seal_key *key = seal_key_open(place->dir, NULL, NULL);

    if (key == NULL)
        key = seal_key_make(place->dir, false, &err);
    if (key == NULL)
        fail_msg("%s", err.text);
    return key;
}

static inline void move_all(struct store *store)
{
    struct error err = {0};
    bool more = true;

    while (more)
        must(store_move_step(store, 0, &more, &err), &err);
}

/* Seals whatever waits; returns how many segments. */
static inline int seal_all(struct place *place, struct store *store, size_t budget)
{
    struct seal_key *key = key_of(place);
    struct error err = {0};
    bool sealed, more = true;
    int count = 0;

    while (more) {
        must(store_seal_step(store, "zj-01", key, at_ms(5 * HOUR_MS), budget, &sealed, &more, &err),
             &err);
        count += sealed;
    }
    seal_key_free(key);
    return count;
}

static inline void close_segment(struct store *store)
{
    struct error err = {0};
    bool closed;

    must(store_close_segment(store, at_ms(4 * HOUR_MS), &closed, &err), &err);
    assert_true(closed);
}

static inline uint64_t add_event(struct store *store, const char *kind, const char *arguments)
{
    struct event event = {.kind = kind,
                          .time = at_ms(1000),
                          .mono = {ns_from_ms(1000)},
                          .who = "li",
                          .arguments = arguments};
    struct error err = {0};

    must(store_begin(store, &err), &err);
    must(store_add_event(store, &event, &err), &err);
    must(store_commit(store, &err), &err);
    return event.seq;
}

/* A configuration of these points, as an event and what it names. */
static inline void configure(struct store *store, const char *const *points, size_t count)
{
    struct snapshot_item items[4] = {0};
    struct configuration configuration = {.items = items, .count = count};
    char text[2048] = "";
    char arguments[128], hex[DIGEST_HEX];
    struct error err = {0};
    struct event event = {
        .kind = "configuration", .time = at_ms(500), .who = "", .arguments = arguments};

    for (size_t i = 0; i < count; i++) {
        snprintf(items[i].name, sizeof items[i].name, "points/%s.json", points[i]);
        items[i].content = points[i];
        items[i].size = strlen(points[i]);
        digest_of(points[i], strlen(points[i]), items[i].digest);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s  %s\n",
                 digest_hex(items[i].digest, hex), items[i].name);
    }
    configuration.text = text;
    digest_of(text, strlen(text), configuration.digest);
    snprintf(arguments, sizeof arguments, "{\"digest\":\"%s\"}",
             digest_hex(configuration.digest, hex));
    must(store_begin(store, &err), &err);
    must(store_add_event(store, &event, &err), &err);
    must(store_put_configuration(store, event.seq, &configuration, &err), &err);
    must(store_commit(store, &err), &err);
}

/* Two devices of two points, an hour of them, an event and a problem. */
static inline void fill(struct place *place, struct store *store, int polls)
{
    struct problem_row row = {.uid = "0123456789abcdef0123456789abcdef",
                              .version = 1,
                              .kind = "new",
                              .nature = "breach",
                              .state = "open",
                              .rule = "r",
                              .point = 1,
                              .body = "{\"point\":\"site/dev-0/ph.0\"}"};
    struct error err = {0};

    name_points(place, store, 2, 2);
    store_profile(store, (const uint8_t[32]){7}, "model", "text", &err);
    add_event(store, "task.note", "{\"id\":\"37\"}");
    commit_polls(place, store, polls, 0);
    must(store_begin(store, &err), &err);
    must(store_put_problem(store, &row, &err), &err);
    must(store_commit(store, &err), &err);
}

/* Looking at what was sealed ----------------------------------------------------------------- */

struct lines {
    struct hashing *hashing;
    char text[4096]; /* as much as fits */
    uint64_t count;
};

static inline bool take_line(void *self, const char *line, size_t size)
{
    struct lines *lines = self;

    assert_int_equal(line[size - 1], '\n');
    hashing_add(lines->hashing, line, size);
    if (strlen(lines->text) + size < sizeof lines->text)
        strncat(lines->text, line, size);
    lines->count++;
    return true;
}

static inline void read_lines(struct reader *reader, uint64_t segment, const char *name,
                              struct lines *lines, uint8_t digest[DIGEST_BYTES])
{
    struct error err = {0};

    *lines = (struct lines){.hashing = hashing_new()};
    hashing_begin_leaf(lines->hashing);
    must(reader_leaf_lines(reader, segment, name, take_line, lines, &err), &err);
    hashing_end(lines->hashing, digest);
    hashing_free(lines->hashing);
}

/* The leaves of a segment as they were noted. */
struct noted {
    char names[64][160];
    uint8_t digests[64][DIGEST_BYTES];
    uint64_t rows[64];
    size_t count;
};

static inline bool note(void *self, uint64_t number, const char *name, uint64_t rows,
                        const uint8_t *digest, const uint8_t *marks)
{
    struct noted *noted = self;

    assert_int_equal(number, noted->count);
    assert_true(rows == 0 || marks != NULL);
    snprintf(noted->names[number], sizeof noted->names[number], "%s", name);
    memcpy(noted->digests[number], digest, DIGEST_BYTES);
    noted->rows[number] = rows;
    noted->count++;
    return true;
}

/* Each leaf's lines have its hash, and its path leads to the root. */
static inline void leaves_lead_to(struct reader *reader, uint64_t segment, const uint8_t *root)
{
    struct noted noted = {.count = 0}, anew = {.count = 0};
    struct error err = {0};

    must(reader_noted_leaves(reader, segment, note, &noted, &err), &err);
    must(reader_hashed_leaves(reader, segment, note, &anew, &err), &err);
    assert_memory_equal(&noted, &anew, sizeof noted);
    for (size_t i = 0; i < noted.count; i++) {
        uint8_t digest[DIGEST_BYTES], found[DIGEST_BYTES];
        struct leaf_note leaf;
        struct lines lines;
        bool there;

        must(reader_leaf(reader, segment, noted.names[i], &leaf, &there, &err), &err);
        assert_true(there);
        assert_int_equal(leaf.number, i);
        read_lines(reader, segment, noted.names[i], &lines, digest);
        assert_memory_equal(digest, leaf.digest, DIGEST_BYTES);
        assert_memory_equal(digest, noted.digests[i], DIGEST_BYTES);
        assert_int_equal(lines.count, leaf.rows + 1);
        assert_true(tree_follow(digest, i, noted.count, leaf.path, leaf.path_length, found));
        assert_memory_equal(found, root, DIGEST_BYTES);
    }
}

/* Walks the chain of heads. */
struct chain {
    struct seal_key *key;
    struct sealed sealed[16];
    int count;
};

static inline bool take_head(void *self, const struct sealed *sealed)
{
    struct chain *chain = self;
    const struct sealed *before = chain->count == 0 ? NULL : &chain->sealed[chain->count - 1];
    static const uint8_t zeros[DIGEST_BYTES];
    uint8_t digest[DIGEST_BYTES];
    char text[HEAD_TEXT_MAX];
    size_t size = seal_head_text(&sealed->head, text);

    digest_of(text, size, digest);
    assert_memory_equal(digest, sealed->digest, DIGEST_BYTES);
    assert_true(seal_is_signed(seal_key_public(chain->key), text, size, sealed->signature));
    assert_string_equal(sealed->head.key, seal_key_fingerprint(chain->key));
    assert_string_equal(sealed->head.collector, "zj-01");
    assert_memory_equal(sealed->head.previous, before == NULL ? zeros : before->digest,
                        DIGEST_BYTES);
    if (before != NULL) {
        assert_int_equal(sealed->head.segment, before->head.segment + 1);
        assert_int_equal(sealed->head.first_seq, before->head.last_seq + 1);
    }
    chain->sealed[chain->count] = *sealed;
    chain->sealed[chain->count++].path = NULL; /* borrowed */
    return true;
}

static inline struct chain read_chain(struct place *place, struct reader *reader)
{
    struct chain chain = {.key = key_of(place)};
    struct error err = {0};

    must(reader_sealed(reader, 1, 0, take_head, &chain, &err), &err);
    seal_key_free(chain.key);
    return chain;
}

static inline void lines_are(struct reader *reader, const char *name, const char *wanted)
{
    uint8_t digest[DIGEST_BYTES];
    struct lines lines;

    read_lines(reader, 1, name, &lines, digest);
    assert_string_equal(lines.text, wanted);
}

#endif
