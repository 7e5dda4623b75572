/* Tests of the act evidence.order, and of what is known of orders: record/orders.h. */
#include "unit/record/ledger_top.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/say.h"
#include "record/orders.h"

static const int64_t day_ms = 86400000;

/* A ledger with 37, which our point watches, 38, which a point of another town does, and 39, which
 * nobody watches. */
static int set_up(void **state)
{
    static const char tasks[] =
        "[{\"id\":\"37\",\"category\":\"river\",\"title\":\"水黑\",\"state\":\"rectifying\","
        "\"points\":[\"zj-03/sonde/ammonia_nitrogen\"]},"
        "{\"id\":\"38\",\"category\":\"river\",\"title\":\"水黑\",\"state\":\"rectifying\","
        "\"points\":[\"zj-09/sonde/ammonia_nitrogen\"]},"
        "{\"id\":\"39\",\"category\":\"river\",\"title\":\"水黑\",\"state\":\"rectifying\","
        "\"points\":[]}]";
    struct bench *bench = *state = malloc(sizeof *bench);

    ledger_bench_init(bench);
    bench_open(bench);
    return bench_import(bench, tasks).err.kind != ERROR_NONE;
}

/* From so many days before the bench's now to so many. */
static json_t *order_of(const struct bench *bench, const char *task, double since, double until)
{
    struct wall_time now = clock_wall(bench->used_clock);
    struct wall_time from = {now.ms - (int64_t)(since * (double)day_ms)};
    struct wall_time to = {now.ms - (int64_t)(until * (double)day_ms)};
    char words[2][WALL_TEXT];

    return json_pack("{s:s, s:s, s:s, s:b}", "task", task, "from", wall_text(from, words[0]), "to",
                     wall_text(to, words[1]), "public", 1);
}

static void read_all(struct bench *bench, struct orders *orders)
{
    struct error err = {0};
    struct reader *reader = reader_open(bench->dir, &err);

    assert_true(orders_read(orders, reader, &err));
    reader_close(reader);
}

static void write_file(const struct bench *bench, uint64_t id, const char *ending,
                       const char *words)
{
    char path[128];
    FILE *out;

    snprintf(path, sizeof path, "%s/bundles/%lu.%s", bench->dir, (unsigned long)id, ending);
    out = fopen(path, "w");
    assert_non_null(out);
    fputs(words, out);
    assert_int_equal(fclose(out), 0);
}

static void the_order_is_an_event_and_its_seq_the_id(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer = bench_act(bench, "evidence.order", order_of(bench, "37", 30, 2));
    struct orders orders = {0};
    const struct order *order;

    assert_int_equal(answer.err.kind, ERROR_NONE);
    read_all(bench, &orders);
    assert_int_equal(orders.count, 1);
    order = orders_find(&orders, answer.seq);
    assert_non_null(order);
    assert_string_equal(order->task, "37");
    assert_string_equal(order->who, "li");
    assert_true(order->public_form);
    assert_int_equal(order->to.ms - order->from.ms, 28 * day_ms);
    assert_int_equal(order->asked.ms, clock_wall(bench->used_clock).ms);
    assert_null(orders_find(&orders, answer.seq + 1));
}

static void what_came_since_is_added_once(void **state)
{
    struct bench *bench = *state;
    struct orders orders = {0};

    for (size_t i = 1; i <= 3; i++) {
        assert_int_equal(bench_act(bench, "evidence.order", order_of(bench, "37", 30, 2)).err.kind,
                         ERROR_NONE);
        read_all(bench, &orders);
        read_all(bench, &orders);
        assert_int_equal(orders.count, i);
    }
}

static void what_cannot_be_made_is_refused_and_leaves_no_trace(void **state)
{
    static const struct {
        const char *task;
        double since, until;
        enum error_kind kind;
        const char *says;
    } wrong[] = {
        {"36", 30,      2,    ERROR_NOT_FOUND, "there is no task 36"     },
        {"38", 30,      2,    ERROR_REFUSED,   "another collector"       },
        {"39", 30,      2,    ERROR_REFUSED,   "no point watches task 39"},
        {"37", 2,       30,   ERROR_WRONG_USE, "from must be before to"  },
        {"37", 2,       2,    ERROR_WRONG_USE, "from must be before to"  },
        {"37", 5 * 370, 2,    ERROR_REFUSED,   "5 years"                 },
        {"37", 2,       -1.1, ERROR_REFUSED,   "has not come yet"        },
    };
    struct bench *bench = *state;
    uint64_t before = recorder_committed(bench->recorder);

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct bench_answer answer =
            bench_act(bench, "evidence.order",
                      order_of(bench, wrong[i].task, wrong[i].since, wrong[i].until));

        if (answer.err.kind != wrong[i].kind || strstr(answer.err.text, wrong[i].says) == NULL)
            fail_msg("%zu: %s", i, answer.err.text);
    }
    assert_int_equal(recorder_committed(bench->recorder), before);
}

static void an_argument_of_another_type_is_refused(void **state)
{
    struct bench *bench = *state;
    static const char *const keys[] = {"task", "from", "to", "public"};

    for (size_t i = 0; i < 4; i++) {
        json_t *args = order_of(bench, "37", 30, 2);

        json_object_set_new(args, keys[i], json_integer(1));
        assert_int_equal(bench_act(bench, "evidence.order", args).err.kind, ERROR_WRONG_USE);
    }
}

static void nothing_is_ordered_while_the_clock_is_not_trusted(void **state)
{
    struct bench *bench = *state;
    json_t *args = order_of(bench, "37", 30, 2);
    struct bench_answer answer;

    bench->trust_by = TRUST_PLAUSIBLE;
    bench_kill(bench);
    bench->clock.wall.ms = 0;
    bench_open(bench);
    answer = bench_act(bench, "evidence.order", args);
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
    assert_non_null(strstr(answer.err.text, "the clock is not trusted yet"));
}

static void twenty_may_wait_and_one_that_is_over_waits_no_more(void **state)
{
    struct bench *bench = *state;
    struct orders orders = {0};
    struct bench_answer answer = {0};
    uint64_t first = 0;

    for (size_t i = 0; i < ORDERS_WAITING_MOST; i++) {
        answer = bench_act(bench, "evidence.order", order_of(bench, "37", 30, 2));
        assert_int_equal(answer.err.kind, ERROR_NONE);
        first = first == 0 ? answer.seq : first;
    }
    answer = bench_act(bench, "evidence.order", order_of(bench, "37", 30, 2));
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
    assert_non_null(strstr(answer.err.text, "20 bundles wait"));
    write_file(bench, first, "json", "{\"state\":\"making\"}");
    answer = bench_act(bench, "evidence.order", order_of(bench, "37", 30, 2));
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
    write_file(bench, first, "json", "{\"state\":\"failed\"}");
    read_all(bench, &orders);
    assert_int_equal(orders_waiting(&orders, bench->dir), ORDERS_WAITING_MOST - 1);
    answer = bench_act(bench, "evidence.order", order_of(bench, "37", 30, 2));
    assert_int_equal(answer.err.kind, ERROR_NONE);
}

static void whoever_makes_bundles_is_woken_by_an_order(void **state)
{
    struct bench *bench = *state;
    int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    char events[4096];
    struct pollfd one = {.fd = inotify, .events = POLLIN};

    bench_act(bench, "evidence.order", order_of(bench, "37", 30, 2));
    inotify_add_watch(inotify, bench->dir, IN_CREATE | IN_ATTRIB);
    assert_int_equal(poll(&one, 1, 0), 0);
    bench_act(bench, "evidence.order", order_of(bench, "36", 30, 2));
    assert_int_equal(poll(&one, 1, 0), 0);
    bench_act(bench, "evidence.order", order_of(bench, "37", 30, 2));
    assert_int_equal(poll(&one, 1, 0), 1);
    assert_true(read(inotify, events, sizeof events) > 0);
    close(inotify);
}

static void a_state_is_waiting_until_one_that_can_be_read_says_more(void **state)
{
    static const struct {
        const char *words, *says;
        bool over;
    } cases[] = {
        {"",                         "waiting", false},
        {"{\"state\":",              "waiting", false},
        {"[\"done\"]",               "waiting", false},
        {"{\"state\":\"finished\"}", "waiting", false},
        {"{\"state\":7}",            "waiting", false},
        {"{\"state\":\"making\"}",   "making",  false},
        {"{\"state\":\"done\"}",     "done",    true },
        {"{\"state\":\"failed\"}",   "failed",  true },
        {"{\"state\":\"expired\"}",  "expired", true },
    };
    struct bench *bench = *state;
    struct error err = {0};
    int folder = orders_folder(bench->dir, &err);

    assert_true(folder >= 0);
    close(folder);
    assert_string_equal(order_state_word(order_state(bench->dir, 5)), "waiting");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *read;

        write_file(bench, 5, "json", cases[i].words);
        read = order_state(bench->dir, 5);
        assert_string_equal(order_state_word(read), cases[i].says);
        assert_int_equal(order_is_over(read), cases[i].over);
        json_decref(read);
    }
}

static void only_a_plain_file_of_our_own_is_opened(void **state)
{
    struct bench *bench = *state;
    struct error err = {0};
    char folder[128], path[160], other[160];
    int fd = orders_folder(bench->dir, &err);

    close(fd);
    snprintf(folder, sizeof folder, "%s/bundles", bench->dir);
    write_file(bench, 5, "zip", "PK");
    fd = order_open(bench->dir, 5, "zip");
    assert_true(fd >= 0);
    close(fd);
    snprintf(other, sizeof other, "%s/5.zip", folder);
    snprintf(path, sizeof path, "%s/6.zip", folder);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(order_open(bench->dir, 6, "zip"), -1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(order_open(bench->dir, 6, "zip"), -1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(order_open(bench->dir, 6, "zip"), -1);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(link(other, path), 0); /* somebody else's file under a second name */
    assert_int_equal(order_open(bench->dir, 6, "zip"), -1);
}

static void a_folder_that_is_a_link_is_not_gone_into(void **state)
{
    struct bench *bench = *state;
    struct error err = {0};
    char path[128];

    snprintf(path, sizeof path, "%s/bundles", bench->dir);
    rmdir(path);
    assert_int_equal(symlink("/tmp", path), 0);
    assert_int_equal(orders_folder(bench->dir, &err), -1);
    assert_int_equal(err.kind, ERROR_STORE);
    assert_int_equal(order_open(bench->dir, 5, "zip"), -1);
}

static void one_serves_a_store_and_looking_takes_nothing(void **state)
{
    struct bench *bench = *state;
    struct error err = {0};
    int lock;

    assert_false(orders_are_served(bench->dir));
    lock = orders_serve(bench->dir, &err);
    assert_true(lock >= 0);
    assert_true(orders_are_served(bench->dir));
    assert_int_equal(orders_serve(bench->dir, &err), -1);
    assert_non_null(strstr(err.text, "serves"));
    close(lock);
    assert_false(orders_are_served(bench->dir));
    lock = orders_serve(bench->dir, &err);
    assert_true(lock >= 0);
    close(lock);
}

#define WITH_LEDGER(test) cmocka_unit_test_setup_teardown(test, set_up, bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LEDGER(the_order_is_an_event_and_its_seq_the_id),
        WITH_LEDGER(what_came_since_is_added_once),
        WITH_LEDGER(what_cannot_be_made_is_refused_and_leaves_no_trace),
        WITH_LEDGER(an_argument_of_another_type_is_refused),
        WITH_LEDGER(nothing_is_ordered_while_the_clock_is_not_trusted),
        WITH_LEDGER(twenty_may_wait_and_one_that_is_over_waits_no_more),
        WITH_LEDGER(whoever_makes_bundles_is_woken_by_an_order),
        WITH_LEDGER(a_state_is_waiting_until_one_that_can_be_read_says_more),
        WITH_LEDGER(only_a_plain_file_of_our_own_is_opened),
        WITH_LEDGER(a_folder_that_is_a_link_is_not_gone_into),
        WITH_LEDGER(one_serves_a_store_and_looking_takes_nothing),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, load_terms, free_terms);
}
