/* Tests of aggregates in the store: every version stays, the newest is told, absent is absent. */
#include "unit/store/place.h"

#include <signal.h>
#include <sys/wait.h>

enum { HOUR_MS = 3600 * 1000 };

static struct aggregate hour_of(uint32_t point, int hour, uint32_t version, double mean)
{
    return (struct aggregate){.point = point,
                              .period = PERIOD_1H,
                              .start = at_ms((int64_t)hour * HOUR_MS),
                              .end = at_ms((int64_t)(hour + 1) * HOUR_MS),
                              .version = version,
                              .expected = 60,
                              .count = 59,
                              .valid = 58,
                              .enough = true,
                              .min = mean - 1,
                              .mean = mean,
                              .max = mean + 1,
                              .l10 = NAN,
                              .l50 = NAN,
                              .l90 = NAN,
                              .ld = NAN,
                              .ln = NAN,
                              .ldn = NAN,
                              .max_8h = NAN,
                              .cause = version == 1 ? "" : "late"};
}

static void add(struct store *store, const struct aggregate *aggregate)
{
    struct error err = {0};

    must(store_add_aggregate(store, aggregate, &err), &err);
}

static void begin(struct store *store)
{
    struct error err = {0};

    must(store_begin(store, &err), &err);
}

static void commit(struct store *store)
{
    struct error err = {0};

    must(store_commit(store, &err), &err);
}

struct list {
    FILE *out;
    int left; /* -1: never enough */
};

static bool take(void *self, const struct aggregate *a)
{
    struct list *list = self;

    fprintf(list->out, "%u %s %d.%u=%g%s ", a->point, period_word(a->period),
            (int)((a->start.ms - NOON_MS) / HOUR_MS), a->version, a->mean, a->cause);
    return list->left < 0 || --list->left > 0;
}

static void newest_are(struct store *store, uint32_t point, enum period period, int from, int to,
                       const char *wanted)
{
    struct error err = {0};
    char found[512] = "";
    struct list list = {fmemopen(found, sizeof found, "w"), -1};
    struct span span = {at_ms((int64_t)from * HOUR_MS), at_ms((int64_t)to * HOUR_MS)};

    must(store_each_aggregate(store, point, period, span, take, &list, &err), &err);
    fclose(list.out);
    assert_string_equal(found, wanted);
}

static void readers_see(struct place *place, uint32_t point, int from, int to, const char *wanted)
{
    struct error err = {0};
    struct reader *reader = reader_open(place->dir, &err);
    char found[512] = "";
    struct list list = {fmemopen(found, sizeof found, "w"), -1};
    struct span span = {at_ms((int64_t)from * HOUR_MS), at_ms((int64_t)to * HOUR_MS)};

    must(reader != NULL, &err);
    must(reader_aggregates(reader, point, PERIOD_1H, span, take, &list, &err), &err);
    fclose(list.out);
    assert_string_equal(found, wanted);
    reader_close(reader);
}

/* Hours 0, 1, 2 and 5 of point 1, hours 1 and 3 of point 2, a day of point 1; hour 1 again. */
static void fill(struct store *store)
{
    static const struct {
        uint32_t point;
        int hour;
        uint32_t version;
        double mean;
    } rows[] = {
        {1, 0, 1, 10  },
        {2, 1, 1, 21  },
        {1, 1, 1, 11  },
        {1, 2, 1, 12  },
        {2, 3, 1, 23  },
        {1, 5, 1, 15  },
        {1, 1, 2, 11.5}
    };
    struct aggregate day = hour_of(1, 0, 1, 99);

    begin(store);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct aggregate hour = hour_of(rows[i].point, rows[i].hour, rows[i].version, rows[i].mean);

        add(store, &hour);
    }
    day.period = PERIOD_DAY;
    add(store, &day);
    commit(store);
}

static void the_newest_version_of_each_period_is_told_in_order(void **state)
{
    struct store *store = open_store(*state, "boot-a");

    fill(store);
    newest_are(store, 1, PERIOD_1H, 0, 24,
               "1 1h 0.1=10 1 1h 1.2=11.5late 1 1h 2.1=12 1 1h 5.1=15 ");
    newest_are(store, 2, PERIOD_1H, 0, 24, "2 1h 1.1=21 2 1h 3.1=23 ");
    newest_are(store, 3, PERIOD_1H, 0, 24, "");
    newest_are(store, 1, PERIOD_DAY, 0, 24, "1 day 0.1=99 ");
    newest_are(store, 1, PERIOD_MONTH, 0, 24, "");
    store_close(store);
    readers_see(*state, 1, 0, 24, "1 1h 0.1=10 1 1h 1.2=11.5late 1 1h 2.1=12 1 1h 5.1=15 ");
}

static void from_is_included_and_to_is_not(void **state)
{
    struct store *store = open_store(*state, "boot-a");

    fill(store);
    newest_are(store, 1, PERIOD_1H, 1, 5, "1 1h 1.2=11.5late 1 1h 2.1=12 ");
    newest_are(store, 1, PERIOD_1H, 3, 5, "");
    newest_are(store, 1, PERIOD_1H, 5, 5, "");
    store_close(store);
    readers_see(*state, 1, 1, 5, "1 1h 1.2=11.5late 1 1h 2.1=12 ");
}

static void every_version_stays_and_the_table_tells_all_by_point_and_period(void **state)
{
    struct store *store = open_store(*state, "boot-a");
    struct error err = {0};
    struct reader *reader;
    char found[512] = "";
    struct list list = {fmemopen(found, sizeof found, "w"), -1};

    fill(store);
    store_close(store);
    reader = reader_open(((struct place *)*state)->dir, &err);
    must(reader_every_aggregate(reader, take, &list, &err), &err);
    fclose(list.out);
    assert_string_equal(found, "1 1h 0.1=10 1 1h 1.1=11 1 1h 1.2=11.5late 1 1h 2.1=12 1 1h 5.1=15 "
                               "1 day 0.1=99 2 1h 1.1=21 2 1h 3.1=23 ");
    reader_close(reader);
    ask_is(*state,
           "SELECT point, period, version, cause FROM aggregate WHERE start = 1790003600000"
           " ORDER BY point, period, start, version",
           "1|1h|1|\n1|1h|2|late\n2|1h|1|\n");
}

static void whoever_has_enough_ends_it(void **state)
{
    struct store *store = open_store(*state, "boot-a");
    struct error err = {0};
    char found[512] = "";
    struct list list = {fmemopen(found, sizeof found, "w"), 2};

    fill(store);
    must(store_each_aggregate(store, 1, PERIOD_1H, (struct span){at_ms(0), at_ms(1LL << 40)}, take,
                              &list, &err),
         &err);
    fclose(list.out);
    assert_string_equal(found, "1 1h 0.1=10 1 1h 1.2=11.5late ");
    store_close(store);
}

static bool take_whole(void *self, const struct aggregate *aggregate)
{
    struct aggregate *kept = self;

    *kept = *aggregate;
    kept->cause = strcmp(aggregate->cause, "maintenance") == 0 ? "maintenance" : "?";
    return true;
}

static void an_aggregate_comes_back_as_it_was_and_absent_is_absent(void **state)
{
    struct store *store = open_store(*state, "boot-a");
    struct span span = {at_ms(0), at_ms(1)};
    struct aggregate out = {.point = 7,
                            .period = PERIOD_NIGHT,
                            .start = at_ms(0),
                            .end = at_ms(8LL * HOUR_MS),
                            .version = 3,
                            .expected = 480,
                            .count = 1,
                            .valid = 0,
                            .enough = false,
                            .min = NAN,
                            .mean = NAN,
                            .max = NAN,
                            .l10 = 1.5,
                            .l50 = 2.5,
                            .l90 = 3.5,
                            .ld = 4.5,
                            .ln = 5.5,
                            .ldn = 6.5,
                            .max_8h = 7.5,
                            .cause = "maintenance"};
    struct aggregate back = {0};
    struct error err = {0};

    begin(store);
    add(store, &out);
    commit(store);
    must(store_each_aggregate(store, 7, PERIOD_NIGHT, span, take_whole, &back, &err), &err);
    assert_int_equal(back.point, 7);
    assert_int_equal(back.period, PERIOD_NIGHT);
    assert_true(back.start.ms == out.start.ms && back.end.ms == out.end.ms);
    assert_int_equal(back.version, 3);
    assert_true(back.expected == 480 && back.count == 1 && back.valid == 0 && !back.enough);
    assert_true(isnan(back.min) && isnan(back.mean) && isnan(back.max));
    assert_true(back.l10 == 1.5 && back.l50 == 2.5 && back.l90 == 3.5);
    assert_true(back.ld == 4.5 && back.ln == 5.5 && back.ldn == 6.5 && back.max_8h == 7.5);
    assert_string_equal(back.cause, "maintenance");
    ask_is(*state, "SELECT period, min, mean, max, enough, max_8h FROM aggregate",
           "night|NULL|NULL|NULL|0|7.5\n");
    store_close(store);
}

static void the_open_transaction_is_seen_and_what_is_undone_was_never_there(void **state)
{
    struct store *store = open_store(*state, "boot-a");
    struct aggregate hour = hour_of(1, 7, 1, 17);

    fill(store);
    begin(store);
    add(store, &hour);
    newest_are(store, 1, PERIOD_1H, 5, 24, "1 1h 5.1=15 1 1h 7.1=17 ");
    readers_see(*state, 1, 5, 24, "1 1h 5.1=15 ");
    store_rollback(store);
    newest_are(store, 1, PERIOD_1H, 5, 24, "1 1h 5.1=15 ");
    begin(store);
    add(store, &hour); /* its version is free again */
    commit(store);
    store_close(store);
    readers_see(*state, 1, 5, 24, "1 1h 5.1=15 1 1h 7.1=17 ");
}

/* In a process of its own. */
static void the_same_version_twice_is_our_mistake(void **state)
{
    pid_t child = fork();
    int ended = 0;

    assert_true(child >= 0);
    if (child == 0) {
        struct store *store = open_store(*state, "boot-a");
        struct aggregate hour = hour_of(1, 7, 1, 17);

        signal(SIGABRT, SIG_DFL);
        assert_non_null(freopen("/dev/null", "w", stderr)); /* what assert() says is expected */
        begin(store);
        add(store, &hour);
        hour.mean = 18;
        add(store, &hour);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(the_newest_version_of_each_period_is_told_in_order),
        IN_PLACE(from_is_included_and_to_is_not),
        IN_PLACE(every_version_stays_and_the_table_tells_all_by_point_and_period),
        IN_PLACE(whoever_has_enough_ends_it),
        IN_PLACE(an_aggregate_comes_back_as_it_was_and_absent_is_absent),
        IN_PLACE(the_open_transaction_is_seen_and_what_is_undone_was_never_there),
        IN_PLACE(the_same_version_twice_is_our_mistake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
