/* Tests of output/line_courier.c, influx.c and sender.c against a server on loopback that answers
 * as scripted. Names say what must hold; the file reads as its specification. */
#include <dlfcn.h>
#include <netdb.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "unit/output/memory_source.h"
#include "unit/output/pushed_clock.h"
#include "unit/output/scripted_server.h"

static struct output_setup output;
static struct notices *notices;
static struct sender *sender;

/* What the server was given and took. */
enum { SEQS_MOST = 4096 };
static unsigned taken[SEQS_MOST];
static char last_head[HEAD_MOST];

/* Lines carry the time, and the time carries the seq. */
static uint64_t seq_of_line(const char *line)
{
    const char *time = strrchr(line, ' ');

    return (strtoull(time + 1, NULL, 10) / 1000000 - 1790000000000) / 1000 + 1;
}

static void take(const struct request *request)
{
    char *save = NULL;
    char *copy = strdup(request->body);

    for (char *line = strtok_r(copy, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
        taken[seq_of_line(line)]++;
    free(copy);
}

static bool start(struct error *err)
{
    struct sender_setup setup = {
        .output = &output, .catalog = &town, .notices = notices, .clock = &pushed};

    snprintf(output.url, sizeof output.url, "http://127.0.0.1:%d/write?db=lookback", server.port);
    sender = sender_start_on(&setup, &memory_source, err);
    return sender != NULL;
}

static void start_with(answer_script *script, size_t polls)
{
    memory_fill(polls);
    server_start(script);
    assert_true(start(NULL));
}

static bool all_confirmed(void)
{
    uint64_t last = memory.count;

    return comes_true(cursor_is_at, &last);
}

static bool status_has_text(void *state)
{
    struct sender_status status;

    sender_status(sender, &status);
    return status.state == *(enum sender_state *)state;
}

static struct sender_status status_once(enum sender_state state)
{
    struct sender_status status;

    assert_true(comes_true(status_has_text, &state));
    sender_status(sender, &status);
    return status;
}

static bool requests_reach(void *number)
{
    return server.requests >= *(unsigned *)number;
}

static const char *take_all(const struct request *request)
{
    memcpy(last_head, request->head, sizeof last_head);
    take(request);
    return stored;
}

static void what_is_stored_is_confirmed_each_line_once(void **state)
{
    for (int gzip = 0; gzip <= 1; gzip++) {
        struct sender_status status;

        memset(taken, 0, sizeof taken);
        output.gzip = gzip;
        output.batch = 300;
        start_with(take_all, 1000);
        assert_true(all_confirmed());
        assert_int_equal(server.requests, 4);
        for (size_t seq = 1; seq <= 1000; seq++)
            assert_int_equal(taken[seq], 1);
        assert_int_equal(server.request.packed, gzip);
        assert_non_null(strstr(last_head, "POST /write?db=lookback HTTP/1.1"));
        status = status_once(SENDER_OK);
        assert_int_equal(status.sent, 1000);
        assert_int_equal(status.backlog, 0);
        sender_stop(sender);
        server_stop();
        memory_empty();
        sender = NULL;
    }
    start_with(take_all, 1); /* for the teardown */
}

static void what_is_committed_later_is_sent_when_it_is_committed(void **state)
{
    start_with(take_all, 3);
    assert_true(all_confirmed());
    memory_grow(2);
    assert_true(all_confirmed());
    assert_int_equal(taken[5], 1);
}

static const char *take_up_to_10_lines(const struct request *request)
{
    if (request->lines > 10)
        return ANSWER("413 Request Entity Too Large", "Content-Length: 0\r\n", "");
    return take_all(request);
}

static void a_body_too_large_is_halved_and_the_size_remembered(void **state)
{
    output.batch = 100;
    start_with(take_up_to_10_lines, 100);
    assert_true(all_confirmed());
    assert_int_equal(memory.refused_count, 0);
    for (size_t seq = 1; seq <= 100; seq++)
        assert_int_equal(taken[seq], 1);
    /* 100, 50, 25, 12 are too large; 6 is not, and from then on nothing larger is tried: each 25
     * goes as 6, 6, 6, 3, 4. */
    assert_int_equal(server.requests, 4 + 4 * 5);
}

static const char *refuse_poison(const struct request *request)
{
    if (strstr(request->body, "ph=7.013,") != NULL || strstr(request->body, "ph=7.014,") != NULL ||
        strstr(request->body, "ph=7.087,") != NULL)
        return ANSWER("400 Bad Request", "Content-Length: 56\r\n",
                      "{\"error\":\"partial write: field type conflict\x1b dropped=1\"}\n");
    return take_all(request);
}

static void exactly_the_poisoned_rows_are_set_aside_with_the_peers_reason(void **state)
{
    start_with(refuse_poison, 100);
    assert_true(all_confirmed());
    assert_int_equal(memory.refused_count, 3);
    assert_int_equal(memory.refused[0], 13);
    assert_int_equal(memory.refused[1], 14);
    assert_int_equal(memory.refused[2], 87);
    assert_non_null(strstr(memory.reason, "400"));
    assert_non_null(strstr(memory.reason, "field type conflict\\x1B"));
    for (size_t seq = 1; seq <= 100; seq++)
        assert_int_equal(taken[seq], seq != 13 && seq != 14 && seq != 87);
    assert_true(server.requests <= 3 * 15 + 1);
}

static const char *refuse_everything(const struct request *request)
{
    return ANSWER("400 Bad Request", "Content-Length: 33\r\n",
                  "{\"error\":\"database is required\"}\n");
}

static void a_peer_that_refuses_everything_gets_nothing_set_aside(void **state)
{
    start_with(refuse_everything, 100);
    assert_non_null(strstr(status_once(SENDER_HELD).text, "database is required"));
    assert_int_equal(memory.refused_count, 0);
    assert_int_equal(memory.highest, 0);
}

static atomic_bool mended;

static const char *refuse_every_row(const struct request *request)
{
    if (mended)
        return take_all(request);
    return ANSWER("400 Bad Request", "Content-Length: 47\r\n",
                  "{\"error\":\"unable to parse: time out of range\"}\n");
}

static void a_peer_that_names_every_row_bad_is_held_after_16_of_them(void **state)
{
    struct notice notice[4];
    unsigned asked;

    mended = false;
    start_with(refuse_every_row, 100);
    assert_non_null(strstr(status_once(SENDER_HELD).text, "time out of range"));
    assert_int_equal(notices_open(notices, notice, 4), 2);
    assert_int_equal(memory.refused_count, 16);
    assert_int_equal(memory.highest, 16);
    asked = server.requests + 1;
    sender_rewind(sender, 16); /* asks again at once */
    assert_true(comes_true(requests_reach, &asked));
    status_once(SENDER_HELD);
    assert_int_equal(server.requests, asked); /* one row */
    assert_int_equal(memory.refused_count, 16);
    mended = true;
    sender_rewind(sender, 16);
    assert_true(all_confirmed());
    status_once(SENDER_OK);
    assert_int_equal(memory.refused_count, 16);
    for (size_t seq = 1; seq <= 100; seq++)
        assert_int_equal(taken[seq] > 0, seq > 16);
}

static const char *refuse_the_sonde(const struct request *request)
{
    if (strstr(request->body, "device=sonde") != NULL)
        return ANSWER("400 Bad Request", "Content-Length: 43\r\n",
                      "{\"error\":\"partial write: type conflict\"}\n\n\n");
    return take_all(request);
}

static void one_device_whose_rows_are_all_bad_does_not_hold_up_the_others(void **state)
{
    struct notice notice[2];

    memory_fill(100);
    for (size_t i = 89; i < 100; i++) {
        memory.items[i].poll.device = RETIRED;
        memory.readings[i].point = OLD_PH;
    }
    server_start(refuse_the_sonde);
    assert_true(start(NULL));
    assert_true(all_confirmed());
    assert_int_equal(memory.refused_count, 89);
    for (size_t seq = 1; seq <= 100; seq++)
        assert_int_equal(taken[seq] > 0, seq > 89);
    status_once(SENDER_OK);
    assert_int_equal(notices_open(notices, notice, 2), 1);
    assert_string_equal(notice[0].id, "output-town-refused");
}

static void what_was_set_aside_lately_is_told_until_it_has_been_quiet_for_10_min(void **state)
{
    struct notice notice[2];

    start_with(refuse_poison, 20);
    assert_true(all_confirmed());
    assert_non_null(strstr(status_once(SENDER_OK).text, "2 entries"));
    assert_non_null(strstr(status_once(SENDER_OK).text, "field type conflict"));
    assert_int_equal(notices_open(notices, notice, 2), 1);
    assert_non_null(strstr(notice[0].text, "2 entries"));
    pushed_ms += 10 * 60 * 1000 + 1;
    assert_string_equal(status_once(SENDER_OK).text, "");
    assert_int_equal(notices_open(notices, notice, 2), 0);
}

static const char *unauthorised(const struct request *request)
{
    memcpy(last_head, request->head, sizeof last_head);
    return ANSWER("401 Unauthorized", "Content-Length: 0\r\n", "");
}

static void a_peer_that_does_not_know_us_is_held_and_a_notice_says_what_to_do(void **state)
{
    struct notice notice[2];
    struct sender_status status;

    start_with(unauthorised, 10);
    status = status_once(SENDER_HELD);
    assert_int_equal(notices_open(notices, notice, 2), 1);
    assert_string_equal(notice[0].id, "output-town");
    assert_non_null(strstr(notice[0].text, "town"));
    assert_non_null(strstr(notice[0].text, "127.0.0.1"));
    assert_non_null(strstr(notice[0].text, "401"));
    assert_non_null(strstr(notice[0].text, "token_file"));
    assert_int_equal(server.requests, 1);
    assert_int_equal(memory.highest, 0);
    assert_int_equal(status.backlog, 10);
}

static struct timespec answered, came;

static long ms_between(const struct timespec *from, const struct timespec *to)
{
    return (to->tv_sec - from->tv_sec) * 1000 + (to->tv_nsec - from->tv_nsec) / 1000000;
}

static const char *busy_for_3_seconds(const struct request *request)
{
    if (request->number == 1) {
        clock_gettime(CLOCK_MONOTONIC, &answered);
        return ANSWER("503 Service Unavailable", "Retry-After: 3\r\nContent-Length: 0\r\n", "");
    }
    clock_gettime(CLOCK_MONOTONIC, &came);
    return take_all(request);
}

static void retry_after_in_seconds_is_obeyed(void **state)
{
    start_with(busy_for_3_seconds, 10);
    assert_true(all_confirmed());
    assert_in_range(ms_between(&answered, &came), 2990, 5000);
    assert_int_equal(taken[10], 1);
}

static const char *busy_until_a_date(const struct request *request)
{
    static char answer[256];
    char date[64];
    struct tm tm;
    time_t when = time(NULL) + 4;

    if (request->number > 1)
        return busy_for_3_seconds(request);
    clock_gettime(CLOCK_MONOTONIC, &answered);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&when, &tm));
    snprintf(answer, sizeof answer,
             "HTTP/1.1 429 Too Many Requests\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
             date);
    return answer;
}

static void retry_after_as_a_date_is_obeyed(void **state)
{
    start_with(busy_until_a_date, 10);
    assert_true(all_confirmed());
    assert_in_range(ms_between(&answered, &came), 2500, 6000);
}

static const char *redirect(const struct request *request)
{
    static char answer[256];

    if (request->number <= 2)
        memcpy(last_head, request->head, sizeof last_head);
    snprintf(answer, sizeof answer,
             "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:%d/elsewhere\r\n"
             "Content-Length: 0\r\n\r\n",
             server.port);
    return answer;
}

static void a_redirect_is_not_followed(void **state)
{
    unsigned two = 2;

    start_with(redirect, 10);
    assert_non_null(strstr(status_once(SENDER_WAITING).text, "307"));
    assert_true(comes_true(requests_reach, &two)); /* the same request again */
    assert_non_null(strstr(last_head, "POST /write?db=lookback"));
    assert_int_equal(memory.highest, 0);
}

static const char *captive_portal(const struct request *request)
{
    return ANSWER("200 OK", "Content-Type: text/html\r\nContent-Length: 19\r\n",
                  "<html>Hello</html>\n");
}

static void a_page_of_a_captive_portal_is_no_success(void **state)
{
    start_with(captive_portal, 10);
    assert_non_null(strstr(status_once(SENDER_WAITING).text, "204"));
    assert_int_equal(memory.highest, 0);
}

static const char *without_end(const struct request *request)
{
    return "HTTP/1.1 500 Internal Server Error\r\n\r\n";
}

static bool is_cut_off(void *self)
{
    return server.cut_off;
}

static void an_answer_without_end_is_cut_off(void **state)
{
    memory_fill(10);
    server_start(without_end);
    server.endless = true;
    assert_true(start(NULL));
    assert_true(comes_true(is_cut_off, NULL));
    assert_non_null(strstr(status_once(SENDER_WAITING).text, "500"));
    assert_int_equal(memory.highest, 0);
}

static void a_peer_that_never_answers_is_given_up_after_the_timeout(void **state)
{
    memory_fill(10);
    output.timeout_ms = 200;
    server_start(take_all);
    server.mute = true;
    assert_true(start(NULL));
    assert_non_null(strstr(status_once(SENDER_WAITING).text, "127.0.0.1"));
    assert_int_equal(memory.highest, 0);
}

static void stopping_does_not_wait_for_a_peer_that_hangs(void **state)
{
    struct timespec before, after;
    unsigned one = 1;

    memory_fill(10);
    output.timeout_ms = 60000;
    server_start(take_all);
    server.mute = true;
    assert_true(start(NULL));
    assert_true(comes_true(requests_reach, &one));
    clock_gettime(CLOCK_MONOTONIC, &before);
    sender_stop(sender);
    clock_gettime(CLOCK_MONOTONIC, &after);
    sender = NULL;
    assert_in_range(ms_between(&before, &after), 0, 5000);
}

/* The name "slow.invalid" is looked up here, and for as long as the test says. */
static sem_t may_be_found;
static atomic_bool is_looked_up;

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    struct timespec until;

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (host == NULL || strcmp(host, "slow.invalid") != 0)
        return real(host, service, hints, found);
    is_looked_up = true;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 15;
    (void)sem_timedwait(&may_be_found, &until);
    return EAI_AGAIN;
}

static bool name_is_looked_up(void *self)
{
    return is_looked_up;
}

static void start_on_a_slow_name(int64_t timeout_ms)
{
    struct sender_setup setup = {
        .output = &output, .catalog = &town, .notices = notices, .clock = &pushed};

    sem_init(&may_be_found, 0, 0);
    is_looked_up = false;
    memory_fill(10);
    server_start(take_all);
    output.timeout_ms = timeout_ms;
    output.plaintext = true;
    snprintf(output.url, sizeof output.url, "http://slow.invalid/write");
    sender = sender_start_on(&setup, &memory_source, NULL);
    assert_non_null(sender);
    assert_true(comes_true(name_is_looked_up, NULL));
}

static void stopping_does_not_wait_for_a_name_server_that_hangs(void **state)
{
    struct timespec before, after;

    start_on_a_slow_name(60000);
    clock_gettime(CLOCK_MONOTONIC, &before);
    sender_stop(sender);
    clock_gettime(CLOCK_MONOTONIC, &after);
    sender = NULL;
    sem_post(&may_be_found);
    assert_in_range(ms_between(&before, &after), 0, 5000);
}

static void a_name_server_that_hangs_is_given_up_after_the_timeout(void **state)
{
    struct timespec before, after;

    clock_gettime(CLOCK_MONOTONIC, &before);
    start_on_a_slow_name(200);
    status_once(SENDER_WAITING);
    clock_gettime(CLOCK_MONOTONIC, &after);
    for (int i = 0; i < 100; i++) /* for each attempt made meanwhile */
        sem_post(&may_be_found);
    assert_in_range(ms_between(&before, &after), 200, 10000);
}

static const char *fail_twice(const struct request *request)
{
    return request->number <= 2 ? ANSWER("500 Oops", "Content-Length: 0\r\n", "")
                                : take_all(request);
}

static void trouble_becomes_a_notice_after_10_s_and_ends_with_success(void **state)
{
    struct notice notice[2];
    unsigned two = 2;

    start_with(fail_twice, 10);
    status_once(SENDER_WAITING);
    assert_int_equal(notices_open(notices, notice, 2), 0);
    pushed_ms += 10001;
    assert_true(comes_true(requests_reach, &two));
    assert_true(all_confirmed());
    status_once(SENDER_OK);
    assert_int_equal(notices_open(notices, notice, 2), 0);
    assert_int_equal(notices_since(notices, &(uint64_t){0}, notice, 2), 1);
    assert_string_equal(notice[0].id, "output-town");
    assert_true(notice[0].ended);
}

static void rewinding_sends_again_from_there(void **state)
{
    start_with(take_all, 10);
    assert_true(all_confirmed());
    sender_rewind(sender, 4);
    memory_grow(1);
    assert_true(all_confirmed());
    for (size_t seq = 1; seq <= 11; seq++)
        assert_int_equal(taken[seq], seq > 4 && seq <= 10 ? 2 : 1);
}

static void a_token_is_sent_and_never_shown(void **state)
{
    char path[] = "/tmp/lookback-token-XXXXXX";
    int fd = mkstemp(path);

    assert_int_equal(write(fd, "t0ken\n", 6), 6);
    close(fd);
    snprintf(output.token_file, sizeof output.token_file, "%s", path);
    start_with(unauthorised, 10);
    assert_null(strstr(status_once(SENDER_HELD).text, "t0ken"));
    assert_non_null(strstr(last_head, "Authorization: Token t0ken\r\n"));
    unlink(path);
}

static void user_and_password_are_sent_as_basic(void **state)
{
    char path[] = "/tmp/lookback-password-XXXXXX";
    int fd = mkstemp(path);

    assert_int_equal(write(fd, "pass\n", 5), 5);
    close(fd);
    snprintf(output.user, sizeof output.user, "li");
    snprintf(output.password_file, sizeof output.password_file, "%s", path);
    start_with(take_all, 10);
    assert_true(all_confirmed());
    assert_non_null(strstr(last_head, "Authorization: Basic bGk6cGFzcw==\r\n"));
    unlink(path);
}

static const char *echo_the_request(const struct request *request)
{
    static char answer[HEAD_MOST + 256];

    snprintf(answer, sizeof answer,
             "HTTP/1.1 403 Forbidden\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
             strlen(request->head), request->head);
    return answer;
}

static void a_secret_the_peer_sends_back_is_blanked_before_it_is_kept(void **state)
{
    static const struct {
        const char *user, *secret, *seen;
    } cases[] = {
        {"",   "S3CRETTOKEN", "S3CRETTOKEN"     },
        {"li", "S3CRETPASS",  "bGk6UzNDUkVUUEFT"},
    };

    for (size_t i = 0; i < 2; i++) {
        char path[] = "/tmp/lookback-secret-XXXXXX";
        int fd = mkstemp(path);
        struct notice notice[2] = {0};
        char *file = i == 0 ? output.token_file : output.password_file;

        assert_int_equal(write(fd, cases[i].secret, strlen(cases[i].secret)),
                         (ssize_t)strlen(cases[i].secret));
        close(fd);
        output.token_file[0] = output.password_file[0] = '\0';
        snprintf(output.user, sizeof output.user, "%s", cases[i].user);
        snprintf(file, sizeof output.token_file, "%s", path);
        start_with(echo_the_request, 10);
        assert_non_null(strstr(status_once(SENDER_HELD).text, "Authorization: "));
        assert_null(strstr(status_once(SENDER_HELD).text, cases[i].seen));
        assert_int_equal(notices_open(notices, notice, 2), 1);
        assert_null(strstr(notice[0].text, cases[i].seen));
        assert_non_null(strstr(notice[0].text, "***"));
        unlink(path);
        if (i == 1)
            return; /* the teardown stops it */
        sender_stop(sender);
        server_stop();
        memory_empty();
        notices_free(notices);
        notices = notices_new(clock_system());
    }
}

static void a_precision_other_than_nanoseconds_is_refused_at_the_start(void **state)
{
    static const struct {
        const char *query;
        bool good;
    } cases[] = {
        {"?db=x&precision=s",          false},
        {"?precision=ms&db=x",         false},
        {"?db=x&precision=",           false},
        {"?db=x&precision=nsx",        false},
        {"?precision=ns&precision=us", false},
        {"?db=x&precision=ns",         true },
        {"?db=x&old_precision=s",      true },
        {"/precision=s?db=x",          true },
    };
    struct sender_setup setup = {
        .output = &output, .catalog = &town, .notices = notices, .clock = &pushed};

    memory_fill(0);
    server_start(take_all);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {0};

        snprintf(output.url, sizeof output.url, "http://127.0.0.1:%d/write%s", server.port,
                 cases[i].query);
        sender = sender_start_on(&setup, &memory_source, &err);
        assert_int_equal(sender != NULL, cases[i].good);
        assert_true(cases[i].good || strstr(err.text, "precision=ns") != NULL);
        sender_stop(sender);
        sender = NULL;
    }
}

static void settings_that_cannot_work_are_refused_at_the_start(void **state)
{
    struct sender_setup setup = {.output = &output, .catalog = &town, .clock = &pushed};
    struct error err = {0};

    memory_fill(1);
    server_start(take_all);
    snprintf(output.url, sizeof output.url, "http://192.0.2.1/write");
    assert_null(sender_start_on(&setup, &memory_source, &err));
    assert_non_null(strstr(err.text, "plaintext"));
    snprintf(output.ca, sizeof output.ca, "/no/such/ca.pem");
    assert_false(start(&err));
    assert_non_null(strstr(err.text, "/no/such/ca.pem"));
    output.ca[0] = '\0';
    snprintf(output.token_file, sizeof output.token_file, "/no/such/token");
    assert_false(start(&err));
    assert_non_null(strstr(err.text, "/no/such/token"));
}

static void a_disabled_output_asks_nobody(void **state)
{
    output.enabled = false;
    start_with(take_all, 10);
    assert_int_equal(status_once(SENDER_DISABLED).backlog, 10);
    sender_stop(sender);
    sender = NULL;
    assert_int_equal(server.requests, 0);
}

static int before(void **state)
{
    town_open();
    notices = notices_new(clock_system());
    output = (struct output_setup){.name = "town",
                                   .kind = OUTPUT_LINE,
                                   .enabled = true,
                                   .timeout_ms = 10000,
                                   .batch = 5000,
                                   .gzip = true};
    memset(taken, 0, sizeof taken);
    return notices == NULL;
}

static int after(void **state)
{
    sender_stop(sender);
    sender = NULL;
    server_stop();
    memory_empty();
    notices_free(notices);
    town_close();
    return 0;
}

#define held_test(name) cmocka_unit_test_setup_teardown(name, before, after)

int main(void)
{
    const struct CMUnitTest tests[] = {
        held_test(what_is_stored_is_confirmed_each_line_once),
        held_test(what_is_committed_later_is_sent_when_it_is_committed),
        held_test(a_body_too_large_is_halved_and_the_size_remembered),
        held_test(exactly_the_poisoned_rows_are_set_aside_with_the_peers_reason),
        held_test(a_peer_that_refuses_everything_gets_nothing_set_aside),
        held_test(a_peer_that_names_every_row_bad_is_held_after_16_of_them),
        held_test(one_device_whose_rows_are_all_bad_does_not_hold_up_the_others),
        held_test(what_was_set_aside_lately_is_told_until_it_has_been_quiet_for_10_min),
        held_test(a_peer_that_does_not_know_us_is_held_and_a_notice_says_what_to_do),
        held_test(retry_after_in_seconds_is_obeyed),
        held_test(retry_after_as_a_date_is_obeyed),
        held_test(a_redirect_is_not_followed),
        held_test(a_page_of_a_captive_portal_is_no_success),
        held_test(an_answer_without_end_is_cut_off),
        held_test(a_peer_that_never_answers_is_given_up_after_the_timeout),
        held_test(stopping_does_not_wait_for_a_peer_that_hangs),
        held_test(stopping_does_not_wait_for_a_name_server_that_hangs),
        held_test(a_name_server_that_hangs_is_given_up_after_the_timeout),
        held_test(trouble_becomes_a_notice_after_10_s_and_ends_with_success),
        held_test(rewinding_sends_again_from_there),
        held_test(a_token_is_sent_and_never_shown),
        held_test(user_and_password_are_sent_as_basic),
        held_test(a_secret_the_peer_sends_back_is_blanked_before_it_is_kept),
        held_test(a_precision_other_than_nanoseconds_is_refused_at_the_start),
        held_test(settings_that_cannot_work_are_refused_at_the_start),
        held_test(a_disabled_output_asks_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
