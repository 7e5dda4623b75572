/* Tests of store_each_reading() and reader_readings(): one point, one stretch of time, in order,
 * wherever its readings stand. */
#include "unit/store/place.h"

struct list {
    FILE *out;
    int left; /* rows until it has enough; -1: never */
};

static bool add_row(void *self, uint64_t seq, struct wall_time time, const struct reading *reading)
{
    struct list *list = self;

    fprintf(list->out, "%lld|%lld|%g|%u|%u\n", (long long)seq, (long long)time.ms, reading->value,
            reading->quality, reading->cause);
    return list->left < 0 || --list->left > 0;
}

/* The writer's answer. The caller frees it. */
static char *ask_store(struct store *store, uint32_t point, struct span span, uint64_t last_seq,
                       int most)
{
    struct error err = {0};
    char *all = NULL;
    size_t size = 0;
    struct list list = {open_memstream(&all, &size), most};

    must(store_each_reading(store, point, span, last_seq, add_row, &list, &err), &err);
    fclose(list.out);
    return all;
}

static char *ask_reader(struct place *place, uint32_t point, struct span span)
{
    struct error err = {0};
    struct reader *reader = reader_open(place->dir, &err);
    char *all = NULL;
    size_t size = 0;
    struct list list = {open_memstream(&all, &size), -1};

    must(reader != NULL, &err);
    must(reader_readings(reader, point, span.start, span.end, add_row, &list, &err), &err);
    fclose(list.out);
    reader_close(reader);
    return all;
}

/* What the contract's view says, the slow way. */
static char *ask_view(struct place *place, uint32_t point, struct span span, uint64_t last_seq)
{
    char sql[400];

    snprintf(sql, sizeof sql,
             "SELECT seq, time, iif(value IS NULL, 'nan', printf('%%g', value)), quality,"
             " (SELECT id FROM cause WHERE word = reading.cause) FROM reading"
             " WHERE point = %u AND time >= %lld AND time < %lld AND seq <= %lld"
             " ORDER BY time, seq",
             point, (long long)span.start.ms, (long long)span.end.ms, (long long)last_seq);
    return ask_text(place, sql);
}

static void close_segment(struct store *store, int64_t now_ms)
{
    struct error err = {0};
    bool closed;

    must(store_close_segment(store, at_ms(now_ms), &closed, &err), &err);
}

static void move_all(struct store *store)
{
    struct error err = {0};
    bool more = true;

    while (more)
        must(store_move_step(store, 100000, &more, &err), &err);
}

static void says(struct store *store, uint32_t point, struct span span, uint64_t last_seq,
                 const char *wanted)
{
    char *found = ask_store(store, point, span, last_seq, -1);

    assert_string_equal(found, wanted);
    free(found);
}

static void the_open_transaction_is_seen_and_what_was_undone_is_not(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct span span = {at_ms(0), at_ms(60000)};
    struct error err = {0};

    name_points(place, store, 2, 1);
    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, at_ms(1000), 1000);
    add_poll(place, store, 1, at_ms(1000), 1000);
    must(store_commit(store, &err), &err);
    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, at_ms(2000), 2000);
    says(store, 1, span, 3, "1|1790000001000|nan|7|1\n3|1790000002000|2|0|0\n");
    store_rollback(store);
    says(store, 1, span, 3, "1|1790000001000|nan|7|1\n");
    says(store, 2, span, 3, "2|1790000001000|1|0|0\n");
    says(store, 3, span, 3, "");
    store_close(store);
}

static void only_what_stands_at_or_before_a_number_and_in_the_span_is_told(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");

    name_points(place, store, 1, 1);
    commit_polls(place, store, 5, 0);
    for (int moved = 0; moved < 2; moved++) {
        says(store, 1, (struct span){at_ms(1000), at_ms(4000)}, 3,
             "2|1790000001000|1|0|0\n3|1790000002000|2|0|0\n");
        says(store, 1, (struct span){at_ms(1000), at_ms(2000)}, UINT64_MAX,
             "2|1790000001000|1|0|0\n");
        says(store, 1, (struct span){at_ms(5000), at_ms(9000)}, UINT64_MAX, "");
        close_segment(store, 9000);
        move_all(store);
    }
    store_close(store);
}

static void whoever_has_enough_ends_it_and_may_ask_again(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct span span = {at_ms(0), at_ms(600000)};

    name_points(place, store, 1, 1);
    commit_polls(place, store, 3, 0);
    close_segment(store, 9000);
    move_all(store);
    commit_polls(place, store, 3, 3000);
    for (int most = 1; most <= 6; most++) {
        char *found = ask_store(store, 1, span, UINT64_MAX, most);
        int lines = 0;

        for (const char *at = found; *at != '\0'; at++)
            lines += *at == '\n';
        assert_int_equal(lines, most);
        free(found);
    }
    store_close(store);
}

/* Quick and slow devices, clocks set back, segments closed anywhere and moved in part or whole: a
 * history by a seed. */
struct history {
    uint32_t seed;
    int64_t now;
};

static uint32_t draw(struct history *history, uint32_t below)
{
    history->seed = history->seed * 1664525 + 1013904223;
    return (history->seed >> 8) % below;
}

static void live_on(struct place *place, struct store *store, struct history *history)
{
    struct error err = {0};
    bool more = true;

    must(store_begin(store, &err), &err);
    for (uint32_t i = draw(history, 12); i > 0; i--) {
        int64_t late = draw(history, 4) == 0 ? draw(history, 3000) : 0;

        add_poll(place, store, (int)draw(history, 3), at_ms(history->now - late), 1);
        history->now += draw(history, 2) * 500;
    }
    must(store_commit(store, &err), &err);
    if (draw(history, 5) == 0)
        close_segment(store, history->now);
    for (uint32_t i = draw(history, 8); i > 0 && more; i--)
        must(store_move_step(store, 1 + draw(history, 20), &more, &err), &err);
    if (draw(history, 40) == 0)
        history->now -= draw(history, 60000);
    if (draw(history, 25) == 0)
        must(store_prune_step(
                 store, &(struct retention){at_ms(history->now - 40000), UINT64_MAX, WALL_NONE}, 10,
                 &more, &err),
             &err);
}

static void compare(struct place *place, struct store *store, struct history *history)
{
    int64_t from = history->now - draw(history, 90000);
    struct span span = {at_ms(from), at_ms(from + draw(history, 90000))};
    uint32_t point = place->points[draw(history, 3)][draw(history, 2)];
    uint64_t last = draw(history, 2) == 0 ? INT64_MAX : store_last_seq(store) - draw(history, 30);
    char *wanted = ask_view(place, point, span, last);
    char *found = ask_store(store, point, span, last, -1);

    assert_string_equal(found, wanted);
    free(found);
    if (last == INT64_MAX) {
        found = ask_reader(place, point, span);
        assert_string_equal(found, wanted);
        free(found);
    }
    free(wanted);
}

static void they_come_in_order_wherever_they_stand_and_however_the_clock_went(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct history history = {.seed = 3, .now = 100000};

    name_points(place, store, 3, 2);
    for (int step = 0; step < 600; step++) {
        live_on(place, store, &history);
        if (store_last_seq(store) > 30)
            compare(place, store, &history);
    }
    ask_is(place, "SELECT count(*) > 50 AND sum(pruned) > 0 FROM segment", "1\n");
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(the_open_transaction_is_seen_and_what_was_undone_is_not),
        IN_PLACE(only_what_stands_at_or_before_a_number_and_in_the_span_is_told),
        IN_PLACE(whoever_has_enough_ends_it_and_may_ask_again),
        IN_PLACE(they_come_in_order_wherever_they_stand_and_however_the_clock_went),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
