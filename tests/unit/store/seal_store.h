/* seal_store.h - a small store with everything a seal speaks of, for tests that damage it: two
 * keys, a pruned segment, a configuration with items, a device with its own word order, a problem,
 * and entries that are not sealed yet. */
#ifndef TEST_STORE_SEAL_STORE_H
#define TEST_STORE_SEAL_STORE_H

#include "store/seals.h"
#include "unit/store/place.h"

enum { SEAL_HOUR_MS = 3600000 };

static const char seal_profile[] = "model = \"plain\";\n";
static const char seal_over[] = "ph.0 BADC 0 14\n";

static inline uint64_t seal_event(struct store *store, const char *kind, const char *arguments,
                                  int64_t at)
{
    struct event event = {.kind = kind,
                          .time = at_ms(at),
                          .mono = {ns_from_ms(at)},
                          .who = "li",
                          .arguments = arguments};
    struct error err = {0};

    must(store_begin(store, &err), &err);
    must(store_add_event(store, &event, &err), &err);
    must(store_commit(store, &err), &err);
    return event.seq;
}

static inline char *seal_hex(const uint8_t *bytes, size_t size, char *out)
{
    for (size_t i = 0; i < size; i++)
        sprintf(out + 2 * i, "%02x", bytes[i]);
    return out;
}

/* The event of a key; `before` (may be NULL) hands over to it. */
static inline void seal_key_event(struct store *store, const struct seal_key *key,
                                  const struct seal_key *before, int64_t at)
{
    char arguments[1024], public_key[65], hex[2 * SIGNATURE_BYTES + 1], text[HEAD_TEXT_MAX];
    uint8_t signature[SIGNATURE_BYTES];
    struct error err = {0};
    size_t size;

    seal_hex(seal_key_public(key), 32, public_key);
    if (before == NULL) {
        snprintf(arguments, sizeof arguments,
                 "{\"key\":\"%s\",\"public\":\"%s\",\"replaces\":null,\"signature\":null}",
                 seal_key_fingerprint(key), public_key);
    } else {
        size = seal_handover_text(store_id(store), seal_key_fingerprint(key),
                                  seal_key_fingerprint(before), text);
        must(seal_key_sign(before, text, size, signature, &err), &err);
        snprintf(arguments, sizeof arguments,
                 "{\"key\":\"%s\",\"public\":\"%s\",\"replaces\":\"%s\",\"signature\":\"%s\"}",
                 seal_key_fingerprint(key), public_key, seal_key_fingerprint(before),
                 seal_hex(signature, SIGNATURE_BYTES, hex));
    }
    seal_event(store, "key.made", arguments, at);
}

static inline void seal_configure(struct store *store, int64_t at)
{
    struct snapshot_item items[] = {
        {.name = "points/site/dev-0/ph.0.json", .content = "{\"a\":1}\n", .size = 8 },
        {.name = "points/site/dev-2/ph.0.json", .content = "{\"b\":2}\n", .size = 8 },
        {.name = "settings/rules.conf",         .content = "rules = ();", .size = 11},
    };
    struct configuration configuration = {.items = items, .count = 3};
    struct error err = {0};
    char text[1024] = "", hex[DIGEST_HEX];
    uint64_t seq;

    for (size_t i = 0; i < configuration.count; i++) {
        digest_of(items[i].content, items[i].size, items[i].digest);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s  %s\n",
                 digest_hex(items[i].digest, hex), items[i].name);
    }
    configuration.text = text;
    digest_of(text, strlen(text), configuration.digest);
    seq = seal_event(store, "configuration", "{}", at);
    must(store_begin(store, &err), &err);
    must(store_put_configuration(store, seq, &configuration, &err), &err);
    must(store_commit(store, &err), &err);
}

/* Closes what is open, moves it and seals it. */
static inline void seal_now(struct store *store, const struct seal_key *key, int64_t at)
{
    struct error err = {0};
    bool closed, sealed, more = true;

    must(store_close_segment(store, at_ms(at), &closed, &err), &err);
    assert_true(closed);
    while (more)
        must(store_move_step(store, 0, &more, &err), &err);
    for (more = true; more;)
        must(store_seal_step(store, "zj-01", key, at_ms(at), 1000, &sealed, &more, &err), &err);
}

static inline void seal_profiles(struct store *store)
{
    struct error err = {0};
    uint8_t digest[32 + sizeof seal_over - 1], own[32];
    char text[256];

    digest_of(seal_profile, sizeof seal_profile - 1, digest);
    assert_int_equal(store_profile(store, digest, "plain", seal_profile, &err), 1);
    memcpy(digest + 32, seal_over, sizeof seal_over - 1);
    digest_of(digest, sizeof digest, own);
    snprintf(text, sizeof text, "%s%s%s", seal_profile, STORE_PROFILE_OVER, seal_over);
    assert_int_equal(store_profile(store, own, "plain", text, &err), 2);
}

/* Polls of dev-1 have frames. Segment 1 is pruned, 2 and 3 have their readings, and another key
 * signs from 3 on. */
static inline void seal_store_make(struct place *place)
{
    static const char problem[] = "{\"point\":\"site/dev-0/ph.0\"}";
    struct problem_row row = {.uid = "0123456789abcdef0123456789abcdef",
                              .version = 1,
                              .kind = "new",
                              .nature = "breach",
                              .state = "open",
                              .rule = "r",
                              .point = 1,
                              .body = problem};
    struct store *store = open_store(place, "boot-1");
    struct error err = {0};
    struct seal_key *first = seal_key_make(place->dir, false, &err);
    struct seal_key *second;
    bool more = true;

    assert_non_null(first);
    name_points(place, store, 2, 2);
    place->keeps_frames = true;
    seal_profiles(store);
    seal_key_event(store, first, NULL, 0);
    seal_configure(store, 10);
    seal_event(store, "task.note", "{\"id\":\"37\"}", 20);
    commit_polls(place, store, 10, 1000);
    seal_now(store, first, SEAL_HOUR_MS);
    must(store_begin(store, &err), &err);
    must(store_put_problem(store, &row, &err), &err);
    must(store_commit(store, &err), &err);
    commit_polls(place, store, 20, SEAL_HOUR_MS);
    seal_event(store, "device.maintenance", "{\"device\":\"site/dev-0\"}", SEAL_HOUR_MS + 30000);
    seal_event(store, "task.note", "{\"id\":\"38\"}", SEAL_HOUR_MS + 31000);
    seal_now(store, first, 2 * SEAL_HOUR_MS);
    second = seal_key_make(place->dir, true, &err);
    assert_non_null(second);
    seal_key_event(store, second, first, 2 * SEAL_HOUR_MS);
    commit_polls(place, store, 6, 2 * SEAL_HOUR_MS + 1000);
    seal_now(store, second, 3 * SEAL_HOUR_MS);
    must(store_add_anchor(store, 3, "mqtt", "town", at_ms(3 * SEAL_HOUR_MS), NULL, 0, &err), &err);
    while (more)
        must(store_prune_step(store, &(struct retention){at_ms(SEAL_HOUR_MS / 2), 1000, WALL_NONE},
                              100, &more, &err),
             &err);
    commit_polls(place, store, 3, 3 * SEAL_HOUR_MS);
    seal_key_free(first);
    seal_key_free(second);
    store_close(store);
}

/* What another program does to the database. */
static inline void seal_store_run(struct place *place, const char *sql)
{
    char path[160];
    char *why = NULL;
    sqlite3 *db = NULL;

    snprintf(path, sizeof path, "%s/lookback.db", place->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    if (sqlite3_total_changes(db) == 0)
        fail_msg("%s changes nothing", sql);
    sqlite3_close(db);
}

#endif
