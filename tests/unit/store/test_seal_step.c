/* Tests of sealing: what is signed is what is stored, whatever the size of the steps and wherever
 * the program dies. */
#include <signal.h>
#include <sys/wait.h>

#include "store/seals.h"
#include "unit/store/place.h"

enum { HOUR_MS = 3600000 };

static struct seal_key *key_of(struct place *place)
{
    struct error err = {0};
    struct seal_key *key = seal_key_open(place->dir, NULL, NULL);

    if (key == NULL)
        key = seal_key_make(place->dir, false, &err);
    if (key == NULL)
        fail_msg("%s", err.text);
    return key;
}

static void move_all(struct store *store)
{
    struct error err = {0};
    bool more = true;

    while (more)
        must(store_move_step(store, 0, &more, &err), &err);
}

/* Seals whatever waits; returns how many segments. */
static int seal_all(struct place *place, struct store *store, size_t budget)
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

static void close_segment(struct store *store)
{
    struct error err = {0};
    bool closed;

    must(store_close_segment(store, at_ms(4 * HOUR_MS), &closed, &err), &err);
    assert_true(closed);
}

static uint64_t add_event(struct store *store, const char *kind, const char *arguments)
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
static void configure(struct store *store, const char *const *points, size_t count)
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
static void fill(struct place *place, struct store *store, int polls)
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

static bool take_line(void *self, const char *line, size_t size)
{
    struct lines *lines = self;

    assert_int_equal(line[size - 1], '\n');
    hashing_add(lines->hashing, line, size);
    if (strlen(lines->text) + size < sizeof lines->text)
        strncat(lines->text, line, size);
    lines->count++;
    return true;
}

static void read_lines(struct reader *reader, uint64_t segment, const char *name,
                       struct lines *lines, uint8_t digest[DIGEST_BYTES])
{
    struct error err = {0};

    *lines = (struct lines){.hashing = hashing_new()};
    hashing_begin_leaf(lines->hashing);
    must(reader_leaf_lines(reader, segment, name, take_line, lines, &err), &err);
    hashing_end(lines->hashing, digest);
    hashing_free(lines->hashing);
}

static struct reader *open_reader(struct place *place)
{
    struct error err = {0};
    struct reader *reader = reader_open(place->dir, &err);

    if (reader == NULL)
        fail_msg("%s", err.text);
    return reader;
}

/* The leaves of a segment as they were noted. */
struct noted {
    char names[64][160];
    uint8_t digests[64][DIGEST_BYTES];
    uint64_t rows[64];
    size_t count;
};

static bool note(void *self, uint64_t number, const char *name, uint64_t rows,
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
static void leaves_lead_to(struct reader *reader, uint64_t segment, const uint8_t *root)
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

static bool take_head(void *self, const struct sealed *sealed)
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

static struct chain read_chain(struct place *place, struct reader *reader)
{
    struct chain chain = {.key = key_of(place)};
    struct error err = {0};

    must(reader_sealed(reader, 1, 0, take_head, &chain, &err), &err);
    seal_key_free(chain.key);
    return chain;
}

static void lines_are(struct reader *reader, const char *name, const char *wanted)
{
    uint8_t digest[DIGEST_BYTES];
    struct lines lines;

    read_lines(reader, 1, name, &lines, digest);
    assert_string_equal(lines.text, wanted);
}

/* The tests --------------------------------------------------------------------------------- */

static void rows_lead_to_a_root_and_the_root_to_a_signed_head(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader;
    struct chain chain;

    fill(place, store, 50);
    close_segment(store);
    move_all(store);
    assert_int_equal(seal_all(place, store, 100000), 1);
    reader = open_reader(place);
    chain = read_chain(place, reader);
    assert_int_equal(chain.count, 1);
    assert_int_equal(chain.sealed[0].head.first_seq, 1);
    assert_int_equal(chain.sealed[0].head.last_seq, store_last_seq(store));
    assert_int_equal(chain.sealed[0].head.leaves, 2 + 2 + 4);
    assert_int_equal(chain.sealed[0].head.first_time.ms, at_ms(0).ms);
    assert_int_equal(chain.sealed[0].head.last_time.ms, at_ms(49000).ms);
    assert_int_equal(chain.sealed[0].head.sealed.ms, at_ms(5 * HOUR_MS).ms);
    assert_string_equal(chain.sealed[0].head.store, store_id(store));
    leaves_lead_to(reader, 1, chain.sealed[0].head.root);
    assert_int_equal(store_newest_seal(store)->segment, 1);
    assert_memory_equal(store_newest_seal(store)->head, chain.sealed[0].digest, DIGEST_BYTES);
    reader_close(reader);
    store_close(store);
}

#define PROFILE "0700000000000000000000000000000000000000000000000000000000000000"
#define INFORCE "39e4da9c4a57346e4a1204fb85c1c971760d3bd004eb61822252d84e94383108"

static char *hex_of(const char *text, char hex[DIGEST_HEX])
{
    uint8_t digest[DIGEST_BYTES];

    digest_of(text, strlen(text), digest);
    return digest_hex(digest, hex);
}

static void the_leaves_are_written_as_the_document_says(void **state)
{
    static const char *const points[] = {"site/dev-0/ph.0", "site/dev-0/ph.9", "other/x/ph"};
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader;
    struct error err = {0};
    struct noted noted = {.count = 0};
    char events[512], hex[2][DIGEST_HEX];

    name_points(place, store, 1, 1);
    store_profile(store, (const uint8_t[32]){7}, "model", "text", &err);
    configure(store, points, 3);
    commit_polls(place, store, 2, 0);
    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, WALL_NONE, 7000); /* another boot's, which never got a time */
    must(store_commit(store, &err), &err);
    store_close(store);
    store = open_store(place, "boot-b");
    add_event(store, "task.note", "{\"id\":\"3,7\"}");
    close_segment(store);
    move_all(store);
    assert_int_equal(seal_all(place, store, 100000), 1);
    reader = open_reader(place);
    must(reader_noted_leaves(reader, 1, note, &noted, &err), &err);
    assert_int_equal(noted.count, 7);
    assert_string_equal(noted.names[0], "events");
    assert_string_equal(noted.names[1], "configuration");
    assert_string_equal(noted.names[2], "device other/x");
    assert_string_equal(noted.names[3], "device site/dev-0");
    assert_string_equal(noted.names[4], "point other/x/ph");
    assert_string_equal(noted.names[5], "point site/dev-0/ph.0");
    assert_string_equal(noted.names[6], "point site/dev-0/ph.9");
    snprintf(events, sizeof events,
             "events\n1,2026-09-21T14:13:20.500Z,configuration,,%s\n"
             "5,2026-09-21T14:13:21.000Z,task.note,\"3,7\",%s\n",
             hex_of("event,1,configuration,2026-09-21T14:13:20.500Z,1,0,\"\",{\"digest\":\"" INFORCE
                    "\"}",
                    hex[0]),
             hex_of("event,5,task.note,2026-09-21T14:13:21.000Z,2,1000,\"li\",{\"id\":\"3,7\"}",
                    hex[1]));
    lines_are(reader, "events", events);
    lines_are(reader, "configuration", "configuration\n1," INFORCE "\n");
    lines_are(reader, "device other/x", "device other/x\n");
    lines_are(reader, "device site/dev-0",
              "device site/dev-0\n"
              "2,2026-09-21T14:13:20.000Z,1,0," PROFILE ",030000000102dc\n"
              "3,2026-09-21T14:13:21.000Z,1,1000," PROFILE ",030000000102dc\n"
              "4,,1,7000," PROFILE ",030000000102dc\n");
    lines_are(reader, "point other/x/ph", "point other/x/ph\n");
    lines_are(reader, "point site/dev-0/ph.0",
              "point site/dev-0/ph.0\n"
              "4,,3,N,\n"
              "2,2026-09-21T14:13:20.000Z,1,N,\n"
              "3,2026-09-21T14:13:21.000Z,2,N,\n");
    lines_are(reader, "point site/dev-0/ph.9", "point site/dev-0/ph.9\n");
    reader_close(reader);
    store_close(store);
}

/* One store for each size of step; their roots are the same. */
static void the_size_of_the_steps_changes_nothing(void **state)
{
    static const size_t budgets[] = {1, 2, 7, 100000};
    uint8_t roots[4][DIGEST_BYTES];

    for (size_t i = 0; i < 4; i++) {
        struct place *place;
        struct store *store;
        struct reader *reader;

        place_make((void **)&place);
        store = open_store(place, "boot-a");
        fill(place, store, 30);
        close_segment(store);
        move_all(store);
        assert_int_equal(seal_all(place, store, budgets[i]), 1);
        reader = open_reader(place);
        memcpy(roots[i], read_chain(place, reader).sealed[0].head.root, DIGEST_BYTES);
        leaves_lead_to(reader, 1, roots[i]);
        reader_close(reader);
        store_close(store);
        place_remove((void **)&place);
        assert_memory_equal(roots[i], roots[0], DIGEST_BYTES);
    }
}

static void segments_are_sealed_in_turn_each_once(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader;
    struct chain chain;

    fill(place, store, 10);
    close_segment(store);
    commit_polls(place, store, 10, HOUR_MS);
    close_segment(store);
    assert_int_equal(seal_all(place, store, 5), 0); /* nothing was moved yet */
    move_all(store);
    assert_int_equal(seal_all(place, store, 5), 2);
    assert_int_equal(seal_all(place, store, 5), 0);
    store_close(store);
    store = open_store(place, "boot-a");
    assert_int_equal(seal_all(place, store, 5), 0);
    commit_polls(place, store, 10, 2 * HOUR_MS);
    close_segment(store);
    move_all(store);
    assert_int_equal(seal_all(place, store, 5), 1);
    reader = open_reader(place);
    chain = read_chain(place, reader);
    assert_int_equal(chain.count, 3);
    for (int i = 0; i < 3; i++)
        leaves_lead_to(reader, (uint64_t)i + 1, chain.sealed[i].head.root);
    reader_close(reader);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(rows_lead_to_a_root_and_the_root_to_a_signed_head),
        IN_PLACE(the_leaves_are_written_as_the_document_says),
        IN_PLACE(the_size_of_the_steps_changes_nothing),
        IN_PLACE(segments_are_sealed_in_turn_each_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
