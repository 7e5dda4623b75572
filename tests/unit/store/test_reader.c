/* Tests of store/reader.h: an unbroken prefix in order, from `fresh` and from `kept` alike. */
#include "unit/store/place.h"

enum { POLLS = 1 << ITEM_POLL, EVENTS = 1 << ITEM_EVENT, PROBLEMS = 1 << ITEM_PROBLEM };
enum { ALL = POLLS | EVENTS | PROBLEMS };

static void settle(struct store *store, int64_t now_ms)
{
    struct error err = {0};
    bool closed;
    bool more = true;

    must(store_close_segment(store, at_ms(now_ms), &closed, &err), &err);
    while (more)
        must(store_move_step(store, 100000, &more, &err), &err);
}

static void put_event(struct store *store, const char *kind, struct wall_time time)
{
    struct error err = {0};
    struct event event = {
        .kind = kind, .time = time, .mono = {ns_from_ms(7)}, .who = "li", .arguments = "{\"n\":1}"};

    must(store_begin(store, &err), &err);
    must(store_add_event(store, &event, &err), &err);
    must(store_commit(store, &err), &err);
}

static void put_problem_of(struct store *store, const char *nature, const char *uid,
                           uint32_t version, const char *state, int64_t first_ms)
{
    struct error err = {0};
    struct problem_row row = {.version = version,
                              .kind = "new",
                              .nature = nature,
                              .state = state,
                              .rule = "ph",
                              .point = 1,
                              .first = at_ms(first_ms),
                              .last = at_ms(first_ms),
                              .ended = WALL_NONE};

    snprintf(row.uid, sizeof row.uid, "%s", uid);
    row.body = uid;
    must(store_begin(store, &err), &err);
    must(store_put_problem(store, &row, &err), &err);
    must(store_commit(store, &err), &err);
}

static void put_problem(struct store *store, const char *uid, uint32_t version, const char *state,
                        int64_t first_ms)
{
    put_problem_of(store, "breach", uid, version, state, first_ms);
}

/* Everything after `after`, `most` at a time, as text. The caller frees it. */
static char *read_all(struct reader *reader, uint64_t after, unsigned wanted, size_t most,
                      uint64_t *end)
{
    struct item items[64];
    struct error err = {0};
    char *all = NULL;
    size_t size = 0;
    size_t count = 0;
    FILE *out = open_memstream(&all, &size);
    uint64_t reached;

    for (;;) {
        must(reader_items(reader, after, wanted, most, items, &count, &reached, &err), &err);
        assert_true(count <= most && reached >= after);
        for (size_t i = 0; i < count; i++) {
            const struct poll *poll = &items[i].poll;

            assert_true(items[i].seq > after && items[i].seq <= reached);
            after = items[i].seq;
            if (items[i].kind == ITEM_EVENT)
                fprintf(out, "%d event %s %s\n", (int)after, items[i].event, items[i].body);
            if (items[i].kind == ITEM_PROBLEM)
                fprintf(out, "%d problem %s %u %s\n", (int)after, items[i].uid, items[i].version,
                        items[i].body);
            if (items[i].kind != ITEM_POLL)
                continue;
            assert_int_equal(poll->seq, after);
            fprintf(out, "%d poll %u at %lld mono %lld boot %u profile %u raw %zu:", (int)after,
                    poll->device, (long long)(poll->time.ms - NOON_MS), (long long)poll->mono.ns,
                    poll->boot, poll->profile, poll->raw_size);
            for (size_t r = 0; r < poll->reading_count; r++)
                fprintf(out, " %u=%g/%u/%u", poll->readings[r].point, poll->readings[r].value,
                        poll->readings[r].quality, poll->readings[r].cause);
            fputc('\n', out);
        }
        if (count == 0 && reached == after)
            break;
        after = reached;
    }
    fclose(out);
    if (end != NULL)
        *end = after;
    return all;
}

static void says(struct reader *reader, uint64_t after, unsigned wanted, const char *text)
{
    char *all = read_all(reader, after, wanted, 3, NULL);

    assert_string_equal(all, text);
    free(all);
}

static void an_empty_store_has_nothing_to_give(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);

    says(reader, 0, ALL, "");
    assert_int_equal(reader_last_seq(reader), 0);
    assert_int_equal(reader_seq_at(reader, at_ms(0)), 0);
    reader_close(reader);
    store_close(store);
}

static void a_poll_comes_back_as_it_was_stored(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);
    static const char wanted[] =
        "1 poll 1 at 0 mono 0 boot 1 profile 1 raw 7: 1=nan/7/1 2=0.1/0/0\n";

    name_points(place, store, 1, 2);
    commit_polls(place, store, 1, 0);
    says(reader, 0, ALL, wanted);
    settle(store, 5000);
    says(reader, 0, ALL, wanted);
    reader_close(reader);
    store_close(store);
}

static void polls_events_and_problems_come_in_one_order(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);

    name_points(place, store, 1, 1);
    put_event(store, "start", at_ms(0));
    commit_polls(place, store, 1, 0);
    put_problem(store, "aa", 1, "open", 0);
    put_event(store, "gap", at_ms(1));
    for (int moved = 0; moved < 2; moved++) {
        says(reader, 0, ALL,
             "1 event start {\"n\":1}\n"
             "2 poll 1 at 0 mono 0 boot 1 profile 1 raw 7: 1=1/0/0\n"
             "3 problem aa 1 aa\n"
             "4 event gap {\"n\":1}\n");
        says(reader, 1, EVENTS, "4 event gap {\"n\":1}\n");
        says(reader, 0, PROBLEMS, "3 problem aa 1 aa\n");
        settle(store, 5000);
    }
    reader_close(reader);
    store_close(store);
}

/* Many windows, several segments, some moved, some not: the same from every place. */
static void it_makes_no_difference_where_readings_are_kept_or_how_many_are_asked_for(void **state)
{
    static const size_t mosts[] = {1, 7, 64};
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);
    char *fresh;

    name_points(place, store, 7, 9);
    for (int i = 0; i < 6; i++) {
        commit_polls(place, store, 35, i * 35000);
        put_event(store, "tick", at_ms(i));
    }
    fresh = read_all(reader, 0, ALL, 64, NULL);
    settle(store, 300000);
    for (size_t i = 0; i < sizeof mosts / sizeof mosts[0]; i++) {
        char *kept = read_all(reader, 0, ALL, mosts[i], NULL);

        assert_string_equal(kept, fresh);
        free(kept);
    }
    free(fresh);
    commit_polls(place, store, 20, 400000);
    fresh = read_all(reader, 200, ALL, 5, NULL);
    settle(store, 500000);
    reader_close(reader);
    reader = open_reader(place);
    for (size_t i = 0; i < sizeof mosts / sizeof mosts[0]; i++) {
        char *kept = read_all(reader, 200, ALL, mosts[i], NULL);

        assert_string_equal(kept, fresh);
        free(kept);
    }
    free(fresh);
    reader_close(reader);
    store_close(store);
}

static void a_reader_may_go_back(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);
    char *first;
    char *again;

    name_points(place, store, 2, 2);
    commit_polls(place, store, 30, 0);
    for (int moved = 0; moved < 2; moved++) {
        first = read_all(reader, 10, ALL, 4, NULL);
        again = read_all(reader, 10, ALL, 9, NULL);
        assert_string_equal(first, again);
        free(first);
        free(again);
        settle(store, 50000);
    }
    reader_close(reader);
    store_close(store);
}

static void what_waits_for_its_time_holds_back_what_follows(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader;
    struct error err = {0};
    uint64_t filled;
    uint64_t end;
    char *all;

    name_points(place, store, 1, 1);
    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, WALL_NONE, 10); /* 1: its boot ends without a clock */
    must(store_commit(store, &err), &err);
    store_close(store);

    store = open_store(place, "boot-b");
    reader = open_reader(place);
    commit_polls(place, store, 1, 0); /* 2 */
    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, WALL_NONE, 20); /* 3 */
    must(store_commit(store, &err), &err);
    commit_polls(place, store, 1, 1000);    /* 4 */
    put_problem(store, "aa", 1, "open", 0); /* 5 */
    all = read_all(reader, 0, POLLS, 9, &end);
    assert_int_equal(end, 2);
    assert_non_null(strstr(all, "2 poll"));
    assert_null(strstr(all, "1 poll"));
    assert_null(strstr(all, "4 poll"));
    free(all);
    says(reader, 0, PROBLEMS, "5 problem aa 1 aa\n");
    must(store_begin(store, &err), &err);
    must(store_fill_times(store, store_boot(store), NOON_MS, &filled, &err), &err);
    must(store_commit(store, &err), &err);
    all = read_all(reader, 2, POLLS, 9, &end);
    assert_int_equal(end, 5);
    assert_non_null(strstr(all, "3 poll 1 at 20 "));
    assert_non_null(strstr(all, "4 poll"));
    free(all);
    settle(store, 9000); /* the poll without a time is in `kept` now */
    all = read_all(reader, 0, POLLS, 9, &end);
    assert_null(strstr(all, "1 poll"));
    assert_non_null(strstr(all, "2 poll"));
    assert_int_equal(end, 5);
    free(all);
    reader_close(reader);
    store_close(store);
}

static void an_event_without_a_time_waits_too(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);

    name_points(place, store, 1, 1);
    put_event(store, "start", WALL_NONE);
    commit_polls(place, store, 1, 0);
    says(reader, 0, EVENTS, "");
    says(reader, 0, POLLS, "2 poll 1 at 0 mono 0 boot 1 profile 1 raw 7: 1=1/0/0\n");
    reader_close(reader);
    store_close(store);
}

static void pruned_polls_are_passed_and_the_prefix_goes_on(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);
    struct error err = {0};
    bool more = true;

    name_points(place, store, 1, 1);
    commit_polls(place, store, 4, 0);
    put_event(store, "gap", at_ms(4000));
    settle(store, 5000);
    commit_polls(place, store, 1, 9000);
    while (more) {
        must(
            store_prune_step(store, &(struct retention){at_ms(8000), 5, WALL_NONE}, 2, &more, &err),
            &err);
        says(reader, 0, ALL,
             "5 event gap {\"n\":1}\n"
             "6 poll 1 at 9000 mono 9000000000 boot 1 profile 1 raw 7: 1=5/0/0\n");
    }
    reader_close(reader);
    store_close(store);
}

static void a_cursor_beyond_the_end_waits(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);
    uint64_t end;

    name_points(place, store, 1, 1);
    commit_polls(place, store, 4, 0);
    free(read_all(reader, 900, ALL, 9, &end));
    assert_int_equal(end, 900);
    reader_close(reader);
    store_close(store);
}

static void a_giant_entry_is_given_whole(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);
    enum { LENGTH = 6 << 20 };
    char *arguments = malloc(LENGTH + 1);
    struct event event = {
        .kind = "tasks.import", .time = at_ms(0), .who = "", .arguments = arguments};
    struct error err = {0};
    struct item items[4];
    size_t count;
    uint64_t reached;

    memset(arguments, 'x', LENGTH);
    arguments[LENGTH] = '\0';
    must(store_begin(store, &err), &err);
    for (int i = 0; i < 3; i++)
        must(store_add_event(store, &event, &err), &err);
    must(store_commit(store, &err), &err);
    must(reader_items(reader, 0, ALL, 4, items, &count, &reached, &err), &err);
    assert_int_equal(count, 1);
    assert_int_equal(reached, 1);
    assert_int_equal(strlen(items[0].body), LENGTH);
    free(arguments);
    reader_close(reader);
    store_close(store);
}

static void cursors_backlog_and_quarantine_are_told(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);
    struct error err = {0};
    struct wall_time oldest;

    name_points(place, store, 1, 1);
    commit_polls(place, store, 5, 0);
    must(store_begin(store, &err), &err);
    must(store_put_cursor(store, "town", 2, &err), &err);
    must(store_add_quarantine(store, "town", 2, "the peer said 400", at_ms(0), &err), &err);
    must(store_add_quarantine(store, "town", 2, "the peer said 413", at_ms(0), &err), &err);
    must(store_commit(store, &err), &err);
    assert_int_equal(reader_cursor(reader, "town"), 2);
    assert_int_equal(reader_cursor(reader, "city"), 0);
    assert_int_equal(reader_quarantined(reader, "town"), 1);
    assert_int_equal(reader_quarantined(reader, "city"), 0);
    assert_int_equal(reader_backlog(reader, 2, &oldest), 3);
    assert_int_equal(oldest.ms, NOON_MS + 2000);
    assert_int_equal(reader_backlog(reader, 5, &oldest), 0);
    assert_false(wall_is_known(oldest));
    assert_int_equal(reader_point(reader, "site/dev-0/ph.0"), place->points[0][0]);
    assert_int_equal(reader_point(reader, "site/dev-0/none"), 0);
    reader_close(reader);
    store_close(store);
}

static void the_first_poll_of_a_moment_is_found(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);

    name_points(place, store, 2, 1);
    commit_polls(place, store, 10, 0);
    settle(store, 10000);
    commit_polls(place, store, 10, 20000);
    settle(store, 30000);
    commit_polls(place, store, 10, 40000);
    assert_int_equal(reader_seq_at(reader, at_ms(-5)), 1);
    assert_int_equal(reader_seq_at(reader, at_ms(3000)), 4);
    assert_int_equal(reader_seq_at(reader, at_ms(3001)), 5);
    assert_int_equal(reader_seq_at(reader, at_ms(10000)), 11);
    assert_int_equal(reader_seq_at(reader, at_ms(49000)), 30);
    assert_int_equal(reader_seq_at(reader, at_ms(49001)), 0);
    reader_close(reader);
    store_close(store);
}

struct seen {
    int64_t last_ms;
    int count, most;
};

static bool see(void *self, uint64_t seq, struct wall_time time, const struct reading *reading)
{
    struct seen *seen = self;

    assert_true(time.ms >= seen->last_ms);
    assert_true(seq > 0 && reading->point == 2);
    seen->last_ms = time.ms;
    return ++seen->count < seen->most;
}

static int readings_of(struct reader *reader, int64_t from_ms, int64_t to_ms, int most)
{
    struct seen seen = {.last_ms = INT64_MIN, .most = most};
    struct error err = {0};

    must(reader_readings(reader, 2, at_ms(from_ms), at_ms(to_ms), see, &seen, &err), &err);
    return seen.count;
}

static void readings_of_a_point_come_in_time_order(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);

    name_points(place, store, 1, 3);
    commit_polls(place, store, 10, 0);
    settle(store, 10000);
    commit_polls(place, store, 10, 20000);
    settle(store, 30000);
    commit_polls(place, store, 10, 40000);
    assert_int_equal(readings_of(reader, 0, 100000, 100), 30);
    assert_int_equal(readings_of(reader, 1000, 9000, 100), 8);
    assert_int_equal(readings_of(reader, 25000, 45000, 100), 10);
    assert_int_equal(readings_of(reader, 0, 100000, 7), 7);
    assert_int_equal(readings_of(reader, 100000, 200000, 100), 0);
    reader_close(reader);
    store_close(store);
}

static void time_order_stands_though_the_clock_was_set_back(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);

    name_points(place, store, 1, 3);
    commit_polls(place, store, 10, 50000);
    settle(store, 10000);
    commit_polls(place, store, 10, 45500);
    assert_int_equal(readings_of(reader, 0, 100000, 100), 20);
    settle(store, 30000);
    assert_int_equal(readings_of(reader, 0, 100000, 100), 20);
    commit_polls(place, store, 10, 52200);
    assert_int_equal(readings_of(reader, 0, 100000, 100), 30);
    reader_close(reader);
    store_close(store);
}

static bool collect(void *self, const char *body)
{
    strcat(self, body);
    return true;
}

static void problems_are_listed_newest_first_and_by_state_kind_and_nature(void **state)
{
    static const struct {
        const char *state, *kind, *nature, *uid, *wanted;
    } cases[] = {
        {NULL,     NULL,      NULL,     NULL, "dcab"},
        {"open",   NULL,      NULL,     NULL, "dab" },
        {"closed", NULL,      NULL,     NULL, "c"   },
        {NULL,     "new",     NULL,     NULL, "dcab"},
        {NULL,     "relapse", NULL,     NULL, ""    },
        {NULL,     NULL,      NULL,     "b",  "b"   },
        {NULL,     NULL,      "breach", NULL, "cab" },
        {"open",   NULL,      "doubt",  NULL, "d"   },
    };
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);
    struct error err = {0};

    put_problem(store, "b", 1, "open", 1000);
    put_problem(store, "a", 1, "open", 2000);
    put_problem(store, "c", 1, "open", 3000);
    put_problem(store, "c", 2, "closed", 3000);
    put_problem_of(store, "doubt", "d", 1, "open", 4000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char found[16] = "";

        must(reader_problems(reader, cases[i].state, cases[i].kind, cases[i].nature, cases[i].uid,
                             collect, found, &err),
             &err);
        assert_string_equal(found, cases[i].wanted);
    }
    reader_close(reader);
    store_close(store);
}

static void no_store_is_a_sentence(void **state)
{
    struct place *place = *state;
    struct error err = {0};

    assert_null(reader_open(place->dir, &err));
    assert_int_equal(err.kind, ERROR_STORE);
    assert_non_null(strstr(err.text, place->dir));
}

/* Closing the last reader neither writes nor removes the log the writer's next start needs. */
static void a_reader_leaves_the_log_alone(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader = open_reader(place);
    char path[160];

    name_points(place, store, 1, 1);
    commit_polls(place, store, 4, 0);
    store_close(store);
    assert_int_equal(reader_last_seq(reader), 4);
    reader_close(reader);
    snprintf(path, sizeof path, "%s/lookback.db-wal", place->dir);
    assert_int_equal(access(path, R_OK), 0);
    snprintf(path, sizeof path, "%s/lookback.db-shm", place->dir);
    assert_int_equal(access(path, R_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(an_empty_store_has_nothing_to_give),
        IN_PLACE(a_poll_comes_back_as_it_was_stored),
        IN_PLACE(polls_events_and_problems_come_in_one_order),
        IN_PLACE(it_makes_no_difference_where_readings_are_kept_or_how_many_are_asked_for),
        IN_PLACE(a_reader_may_go_back),
        IN_PLACE(what_waits_for_its_time_holds_back_what_follows),
        IN_PLACE(an_event_without_a_time_waits_too),
        IN_PLACE(pruned_polls_are_passed_and_the_prefix_goes_on),
        IN_PLACE(a_cursor_beyond_the_end_waits),
        IN_PLACE(a_giant_entry_is_given_whole),
        IN_PLACE(cursors_backlog_and_quarantine_are_told),
        IN_PLACE(the_first_poll_of_a_moment_is_found),
        IN_PLACE(readings_of_a_point_come_in_time_order),
        IN_PLACE(time_order_stands_though_the_clock_was_set_back),
        IN_PLACE(problems_are_listed_newest_first_and_by_state_kind_and_nature),
        IN_PLACE(no_store_is_a_sentence),
        IN_PLACE(a_reader_leaves_the_log_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
