/* Tests of record/sealer.c, changes.c and what the keeper seals: every hour is signed by a key that
 * is explained, and trouble with the key stops nothing else. */
#include "unit/record/bench_top.h"

#include <pthread.h>
#include <sys/stat.h>

#include "base/say.h"
#include "store/seals.h"

static int set_up(void **state)
{
    struct bench *bench = *state = malloc(sizeof *bench);

    bench_init(bench);
    bench->seals = true;
    bench_open(bench);
    return 0;
}

static void start_again(struct bench *bench)
{
    bench_kill(bench);
    bench_open(bench);
}

static char *path_of(const struct bench *bench, const char *name, char out[192])
{
    snprintf(out, 192, "%s/%s", bench->dir, name);
    return out;
}

static void hour(struct bench *bench)
{
    for (int i = 0; i < 60; i++)
        bench_minute(bench, 0.5);
}

static struct recorder_status status_of(struct bench *bench)
{
    struct recorder_status status;

    recorder_status(bench->recorder, &status);
    return status;
}

/* The arguments of the newest event of a kind; NULL: there is none. */
struct events {
    json_t *newest;
    uint64_t seq;
    int count;
};

static bool take_event(void *self, uint64_t seq, struct wall_time time, const char *who,
                       const char *arguments)
{
    struct events *events = self;

    json_decref(events->newest);
    events->newest = json_loads(arguments, 0, NULL);
    events->seq = seq;
    events->count++;
    return true;
}

static struct reader *open_reader(struct bench *bench)
{
    struct error err = {0};
    struct reader *reader = reader_open(bench->dir, &err);

    if (reader == NULL)
        fail_msg("%s", err.text);
    return reader;
}

static struct events events_of(struct bench *bench, const char *kind)
{
    struct events events = {0};
    struct error err = {0};
    struct reader *reader = open_reader(bench);

    assert_true(reader_events(reader, kind, take_event, &events, &err));
    reader_close(reader);
    return events;
}

static const char *words(const json_t *of, const char *key)
{
    return json_string_value(json_object_get(of, key));
}

static bool notice_of(struct bench *bench, struct notice *found)
{
    struct notice notices[8];
    size_t count = notices_open(bench->notices, notices, 8);

    for (size_t i = 0; i < count; i++)
        if (strcmp(notices[i].id, "seal") == 0) {
            *found = notices[i];
            return true;
        }
    return false;
}

/* Every head: whole, chained, and signed by the key it names, whose event is in the store. */
struct chain {
    struct bench *bench;
    uint8_t digest[DIGEST_BYTES];
    char keys[64][DIGEST_HEX];
    int count;
};

struct key_wanted {
    const char *fingerprint;
    uint8_t public[DIGEST_BYTES];
    bool found;
};

static bool find_key(void *self, uint64_t seq, struct wall_time time, const char *who,
                     const char *arguments)
{
    struct key_wanted *wanted = self;
    json_t *made = json_loads(arguments, 0, NULL);

    if (strcmp(words(made, "key"), wanted->fingerprint) == 0)
        wanted->found = hex_read(words(made, "public"), wanted->public, DIGEST_BYTES);
    json_decref(made);
    return true;
}

static bool look_at_head(void *self, const struct sealed *sealed)
{
    struct chain *chain = self;
    struct key_wanted wanted = {.fingerprint = sealed->head.key};
    struct reader *reader = open_reader(chain->bench);
    char text[HEAD_TEXT_MAX];
    size_t size = seal_head_text(&sealed->head, text);
    struct error err = {0};
    uint8_t digest[DIGEST_BYTES];

    assert_true(reader_events(reader, "key.made", find_key, &wanted, &err));
    reader_close(reader);
    assert_true(wanted.found);
    assert_true(seal_is_signed(wanted.public, text, size, sealed->signature));
    digest_of(text, size, digest);
    assert_memory_equal(digest, sealed->digest, DIGEST_BYTES);
    assert_memory_equal(sealed->head.previous, chain->digest, DIGEST_BYTES);
    assert_int_equal(sealed->head.segment, chain->count + 1);
    memcpy(chain->digest, digest, DIGEST_BYTES);
    memcpy(chain->keys[chain->count++], sealed->head.key, DIGEST_HEX);
    return true;
}

static struct chain chain_of(struct bench *bench)
{
    struct chain chain = {.bench = bench};
    struct reader *reader = open_reader(bench);
    struct error err = {0};

    if (!reader_sealed(reader, 1, 0, look_at_head, &chain, &err))
        fail_msg("%s", err.text);
    reader_close(reader);
    return chain;
}

/* The key ----------------------------------------------------------------------------------- */

static void the_first_start_makes_a_key_that_only_its_owner_reads(void **state)
{
    struct bench *bench = *state;
    struct events made = events_of(bench, "key.made");
    struct stat file;
    char path[192];

    assert_int_equal(made.count, 1);
    assert_true(json_is_null(json_object_get(made.newest, "replaces")));
    assert_true(json_is_null(json_object_get(made.newest, "signature")));
    assert_int_equal(stat(path_of(bench, "seal.key", path), &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    assert_int_equal(stat(path_of(bench, "seal.pub", path), &file), 0);
    assert_int_equal(file.st_mode & 07777, 0644);
    assert_string_equal(status_of(bench).seal_key, words(made.newest, "key"));
    json_decref(made.newest);
}

static void the_next_start_uses_the_same_key_and_says_nothing(void **state)
{
    struct bench *bench = *state;
    char key[DIGEST_HEX];
    struct events made;

    memcpy(key, status_of(bench).seal_key, DIGEST_HEX);
    start_again(bench);
    made = events_of(bench, "key.made");
    assert_int_equal(made.count, 1);
    assert_string_equal(status_of(bench).seal_key, key);
    json_decref(made.newest);
}

static void without_seals_there_is_no_key(void **state)
{
    struct bench *bench = *state;
    struct events made;
    char path[192];

    bench_end(bench);
    bench_init(bench);
    bench_open(bench);
    hour(bench);
    made = events_of(bench, "key.made");
    assert_int_equal(made.count, 0);
    assert_int_not_equal(access(path_of(bench, "seal.key", path), F_OK), 0);
    assert_int_equal(status_of(bench).sealed, 0);
}

static void each_hour_is_sealed_when_it_has_passed(void **state)
{
    struct bench *bench = *state;
    struct recorder_status status;
    struct chain chain;

    hour(bench);
    hour(bench);
    hour(bench);
    chain = chain_of(bench);
    status = status_of(bench);
    assert_true(chain.count >= 2);
    assert_int_equal(status.sealed, chain.count);
    assert_string_equal(status.seal_head, digest_hex(chain.digest, chain.keys[0]));
    assert_true(wall_is_known(status.seal_time));
}

static void a_key_that_others_may_read_waits_for_a_person_and_nothing_else_does(void **state)
{
    struct bench *bench = *state;
    struct notice notice;
    char path[192], key[DIGEST_HEX];
    uint64_t committed;
    struct events made;

    memcpy(key, status_of(bench).seal_key, DIGEST_HEX);
    assert_int_equal(chmod(path_of(bench, "seal.key", path), 0640), 0);
    start_again(bench);
    assert_true(notice_of(bench, &notice));
    assert_non_null(strstr(notice.text, "chmod 600"));
    assert_non_null(strstr(notice.text, "0640"));
    committed = recorder_committed(bench->recorder);
    hour(bench);
    hour(bench);
    assert_true(recorder_committed(bench->recorder) >= committed + 120);
    assert_int_equal(status_of(bench).sealed, 0);
    assert_int_equal(chmod(path, 0600), 0);
    bench_minute(bench, 0.5);
    assert_false(notice_of(bench, &notice));
    assert_true(status_of(bench).sealed >= 2);
    assert_string_equal(status_of(bench).seal_key, key);
    assert_true(chain_of(bench).count >= 2);
    made = events_of(bench, "key.made");
    assert_int_equal(made.count, 1);
    json_decref(made.newest);
}

static void a_key_that_is_lost_is_followed_by_one_nobody_signed_for(void **state)
{
    struct bench *bench = *state;
    char path[192], lost[DIGEST_HEX];
    struct notice notice;
    struct events made;
    struct chain chain;

    hour(bench);
    hour(bench);
    memcpy(lost, status_of(bench).seal_key, DIGEST_HEX);
    assert_int_equal(unlink(path_of(bench, "seal.key", path)), 0);
    start_again(bench);
    made = events_of(bench, "key.made");
    assert_int_equal(made.count, 2);
    assert_string_equal(words(made.newest, "replaces"), lost);
    assert_true(json_is_null(json_object_get(made.newest, "signature")));
    assert_true(notice_of(bench, &notice));
    assert_non_null(strstr(notice.text, words(made.newest, "key")));
    json_decref(made.newest);
    hour(bench);
    hour(bench);
    start_again(bench);
    assert_true(notice_of(bench, &notice)); /* until a person has seen to it */
    chain = chain_of(bench);
    assert_string_equal(chain.keys[0], lost);
    assert_string_not_equal(chain.keys[chain.count - 1], lost);
    assert_int_equal(bench_act(bench, "seal.close", json_pack("{s:b}", "new_key", 1)).err.kind,
                     ERROR_NONE);
    assert_false(notice_of(bench, &notice));
}

/* Another key ------------------------------------------------------------------------------- */

static void assert_handed_over(struct bench *bench, const char *old, const json_t *made)
{
    uint8_t signature[SIGNATURE_BYTES];
    char text[HEAD_TEXT_MAX];
    size_t size = seal_handover_text(store_id(bench->store), words(made, "key"), old, text);
    struct key_wanted wanted = {.fingerprint = old};
    struct reader *reader = open_reader(bench);
    struct error err = {0};

    assert_string_equal(words(made, "replaces"), old);
    assert_true(hex_read(words(made, "signature"), signature, sizeof signature));
    assert_true(reader_events(reader, "key.made", find_key, &wanted, &err));
    reader_close(reader);
    assert_true(wanted.found);
    assert_true(seal_is_signed(wanted.public, text, size, signature));
}

static void another_key_is_signed_for_by_the_one_before(void **state)
{
    struct bench *bench = *state;
    char old[DIGEST_HEX], name[96], path[192];
    struct bench_answer answer;
    struct events made;
    struct chain chain;
    struct stat file;

    hour(bench);
    hour(bench);
    memcpy(old, status_of(bench).seal_key, DIGEST_HEX);
    answer = bench_act(bench, "seal.close", json_pack("{s:b}", "new_key", 1));
    assert_int_equal(answer.err.kind, ERROR_NONE);
    made = events_of(bench, "key.made");
    assert_int_equal(made.count, 2);
    assert_handed_over(bench, old, made.newest);
    assert_string_equal(status_of(bench).seal_key, words(made.newest, "key"));
    chain = chain_of(bench);
    assert_string_equal(chain.keys[chain.count - 2], old);
    assert_string_equal(chain.keys[chain.count - 1], words(made.newest, "key"));
    snprintf(name, sizeof name, "seal.key.%s", old);
    assert_int_equal(stat(path_of(bench, name, path), &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    json_decref(made.newest);
    start_again(bench);
    made = events_of(bench, "key.made");
    assert_int_equal(made.count, 2);
    json_decref(made.newest);
}

/* Killed after the event was committed and before the file had its place. */
static void a_change_of_keys_that_was_cut_short_is_finished_by_the_next_start(void **state)
{
    struct bench *bench = *state;
    char old[DIGEST_HEX], name[96], path[192], other[192];
    struct notice notice;
    struct events made;

    memcpy(old, status_of(bench).seal_key, DIGEST_HEX);
    bench_minute(bench, 0.5);
    assert_int_equal(bench_act(bench, "seal.close", json_pack("{s:b}", "new_key", 1)).err.kind,
                     ERROR_NONE);
    snprintf(name, sizeof name, "seal.key.%s", old);
    assert_int_equal(
        rename(path_of(bench, "seal.key", path), path_of(bench, "seal.key.new", other)), 0);
    assert_int_equal(rename(path_of(bench, name, other), path), 0);
    start_again(bench);
    made = events_of(bench, "key.made");
    assert_int_equal(made.count, 2);
    assert_string_equal(status_of(bench).seal_key, words(made.newest, "key"));
    assert_false(notice_of(bench, &notice));
    json_decref(made.newest);
}

/* Killed before the event was committed: the key is the old one. */
static void a_change_of_keys_that_never_was_leaves_the_old_one(void **state)
{
    struct bench *bench = *state;
    struct error err = {0};
    char old[DIGEST_HEX];
    struct events made;

    memcpy(old, status_of(bench).seal_key, DIGEST_HEX);
    seal_key_free(seal_key_prepare(bench->dir, &err));
    start_again(bench);
    made = events_of(bench, "key.made");
    assert_int_equal(made.count, 1);
    assert_string_equal(status_of(bench).seal_key, old);
    json_decref(made.newest);
}

static void a_key_is_not_changed_while_the_one_before_has_work_left(void **state)
{
    struct bench *bench = *state;
    struct error err = {0};
    struct bench_answer answer;
    bool closed;

    bench_minute(bench, 0.5);
    assert_true(store_close_segment(bench->store, clock_wall(bench->used_clock), &closed, &err));
    assert_true(closed);
    answer = bench_act(bench, "seal.close", json_pack("{s:b}", "new_key", 1));
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
}

static void a_key_that_cannot_be_used_hands_over_to_none(void **state)
{
    struct bench *bench = *state;
    char path[192];
    struct bench_answer answer;

    assert_int_equal(chmod(path_of(bench, "seal.key", path), 0644), 0);
    start_again(bench);
    answer = bench_act(bench, "seal.close", json_pack("{s:b}", "new_key", 1));
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
    answer = bench_act(bench, "seal.close", json_pack("{s:s}", "new_key", "yes"));
    assert_int_equal(answer.err.kind, ERROR_WRONG_USE);
}

static void who_asks_for_a_seal_without_a_usable_key_is_told_at_once(void **state)
{
    struct bench *bench = *state;
    char path[192];
    struct bench_answer answer;

    assert_int_equal(chmod(path_of(bench, "seal.key", path), 0644), 0);
    start_again(bench);
    answer = bench_act(bench, "seal.close", json_object());
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
    assert_non_null(strstr(answer.err.text, "chmod 600"));
    assert_int_equal(chmod(path, 0600), 0);
    answer = bench_act(bench, "seal.close", json_object());
    assert_int_equal(answer.err.kind, ERROR_NONE);
}

/* Acts -------------------------------------------------------------------------------------- */

static uint64_t segment_of(struct bench *bench, uint64_t seq)
{
    struct reader *reader = open_reader(bench);
    uint64_t segment = reader_segment_of(reader, seq);

    reader_close(reader);
    return segment;
}

static void who_asks_for_a_seal_has_it_with_the_answer(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer;

    bench_minute(bench, 0.5);
    answer = bench_act(bench, "seal.close", json_object());
    assert_int_equal(answer.err.kind, ERROR_NONE);
    assert_int_equal(segment_of(bench, answer.seq), status_of(bench).sealed);
    assert_int_equal(status_of(bench).sealed, 1);
}

/* Configurations ---------------------------------------------------------------------------- */

static struct configuration configuration_of(char *text, struct snapshot_item *item)
{
    struct configuration configuration = {.text = text, .items = item, .count = 1};

    snprintf(item->name, sizeof item->name, "collector.json");
    item->content = text;
    item->size = strlen(text);
    digest_of(text, strlen(text), item->digest);
    digest_of(text, strlen(text), configuration.digest);
    return configuration;
}

static void a_configuration_is_an_event_when_it_is_not_the_one_in_force(void **state)
{
    struct bench *bench = *state;
    struct snapshot_item items[2];
    char one_text[] = "one\n", other_text[] = "other\n", *text, hex[DIGEST_HEX];
    struct configuration one = configuration_of(one_text, &items[0]);
    struct configuration other = configuration_of(other_text, &items[1]);
    uint8_t digest[DIGEST_BYTES];
    struct error err = {0};
    struct reader *reader;
    struct events events;
    size_t size;
    void *content;

    bench->configuration = &one;
    start_again(bench);
    start_again(bench);
    events = events_of(bench, "configuration");
    assert_int_equal(events.count, 1);
    assert_string_equal(words(events.newest, "digest"), digest_hex(one.digest, hex));
    reader = open_reader(bench);
    assert_true(reader_configuration(reader, events.seq, digest, &text, &err));
    assert_string_equal(text, "one\n");
    assert_memory_equal(digest, one.digest, DIGEST_BYTES);
    free(text);
    assert_true(reader_configuration(reader, events.seq - 1, digest, &text, &err));
    assert_null(text);
    content = reader_snapshot(reader, items[0].digest, &size, &err);
    assert_int_equal(size, 4);
    assert_memory_equal(content, "one\n", 4);
    free(content);
    assert_null(reader_snapshot(reader, items[1].digest, &size, &err));
    reader_close(reader);
    json_decref(events.newest);

    bench->configuration = &other;
    start_again(bench);
    bench->configuration = &one;
    start_again(bench);
    events = events_of(bench, "configuration");
    assert_int_equal(events.count, 3);
    json_decref(events.newest);
    hour(bench);
    hour(bench);
    reader = open_reader(bench);
    assert_true(reader_configuration(reader, INT64_MAX, digest, &text, &err));
    assert_string_equal(text, "one\n");
    free(text);
    reader_close(reader);
}

/* Anchors ----------------------------------------------------------------------------------- */

struct anchors {
    char words[512];
};

static bool take_anchor(void *self, uint64_t segment, const char *kind, const char *name,
                        struct wall_time time, const void *body, size_t size)
{
    struct anchors *anchors = self;
    size_t used = strlen(anchors->words);

    assert_true(wall_is_known(time));
    snprintf(anchors->words + used, sizeof anchors->words - used, "%llu %s %s %.*s\n",
             (unsigned long long)segment, kind, name, (int)size,
             size == 0 ? "" : (const char *)body);
    return true;
}

static void a_head_left_outside_is_remembered_once(void **state)
{
    struct bench *bench = *state;
    struct anchors anchors = {""};
    struct error err = {0};
    struct reader *reader;

    recorder_anchor(bench->recorder, 2, "time_stamp", "tsa", "DER", 3);
    recorder_anchor(bench->recorder, 2, "mqtt", "town", NULL, 0);
    bench_step(bench);
    recorder_anchor(bench->recorder, 2, "mqtt", "town", NULL, 0);
    recorder_anchor(bench->recorder, 1, "mqtt", "town", NULL, 0);
    bench_step(bench);
    reader = open_reader(bench);
    assert_true(reader_anchors(reader, 1, 0, take_anchor, &anchors, &err));
    reader_close(reader);
    assert_string_equal(anchors.words, "1 mqtt town \n2 mqtt town \n2 time_stamp tsa DER\n");
}

/* Retention and the stop -------------------------------------------------------------------- */

static void what_is_not_sealed_is_not_removed(void **state)
{
    struct bench *bench = *state;
    struct error err = {0};
    struct reader *reader;
    char path[192];

    bench->keep_ms = 60 * MINUTE_MS;
    assert_int_equal(chmod(path_of(bench, "seal.key", path), 0644), 0);
    start_again(bench);
    for (int i = 0; i < 6; i++)
        hour(bench);
    reader = open_reader(bench);
    assert_false(reader_is_pruned(reader));
    assert_int_equal(chmod(path, 0600), 0);
    for (int i = 0; i < 3; i++)
        hour(bench);
    assert_true(reader_is_pruned(reader));
    reader_close(reader);
    assert_true(chain_of(bench).count >= 8);
    (void)err;
}

static void a_clean_stop_leaves_nothing_unsealed(void **state)
{
    struct bench *bench = *state;
    uint64_t newest, waiting, unsealed_from;
    struct error err = {0};
    struct reader *reader;

    bench_push(bench, 0.5);
    assert_true(recorder_start(bench->recorder, &err));
    recorder_stop(bench->recorder);
    reader = open_reader(bench);
    assert_true(reader_seal_state(reader, &newest, &waiting, &unsealed_from, &err));
    assert_int_equal(newest, 1);
    assert_int_equal(waiting, 0);
    assert_int_equal(unsealed_from, reader_last_seq(reader) + 1);
    reader_close(reader);
    chain_of(bench);
}

#define WITH_SEALS(test) cmocka_unit_test_setup_teardown(test, set_up, bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SEALS(the_first_start_makes_a_key_that_only_its_owner_reads),
        WITH_SEALS(the_next_start_uses_the_same_key_and_says_nothing),
        WITH_SEALS(without_seals_there_is_no_key),
        WITH_SEALS(each_hour_is_sealed_when_it_has_passed),
        WITH_SEALS(a_key_that_others_may_read_waits_for_a_person_and_nothing_else_does),
        WITH_SEALS(a_key_that_is_lost_is_followed_by_one_nobody_signed_for),
        WITH_SEALS(another_key_is_signed_for_by_the_one_before),
        WITH_SEALS(a_change_of_keys_that_was_cut_short_is_finished_by_the_next_start),
        WITH_SEALS(a_change_of_keys_that_never_was_leaves_the_old_one),
        WITH_SEALS(a_key_is_not_changed_while_the_one_before_has_work_left),
        WITH_SEALS(a_key_that_cannot_be_used_hands_over_to_none),
        WITH_SEALS(who_asks_for_a_seal_without_a_usable_key_is_told_at_once),
        WITH_SEALS(who_asks_for_a_seal_has_it_with_the_answer),
        WITH_SEALS(a_configuration_is_an_event_when_it_is_not_the_one_in_force),
        WITH_SEALS(a_head_left_outside_is_remembered_once),
        WITH_SEALS(what_is_not_sealed_is_not_removed),
        WITH_SEALS(a_clean_stop_leaves_nothing_unsealed),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
