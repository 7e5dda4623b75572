/* Tests of output/rectification_courier.c, _delivery.c and _pull.c against a server on loopback
 * that keeps problems as the API says, and misbehaves as scripted. Names say what must hold; the
 * file reads as its specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "output/rectification_peer.h"
#include "unit/output/memory_source.h"
#include "unit/output/pushed_clock.h"
#include "unit/output/scripted_server.h"

#define ONE   "00000000000000000000000000000001"
#define TWO   "00000000000000000000000000000002"
#define THREE "00000000000000000000000000000003"

static struct output_setup output;
static struct notices *notices;
static struct sender *sender;

/* What the server keeps ----------------------------------------------------------------------- */

enum { KEPT_MOST = 16, LINES_MOST = 256 };

static struct kept {
    char uid[33];
    int version;
    char *body;
    unsigned created;
} kept[KEPT_MOST];
static size_t kept_count;
static char lines[LINES_MOST][80]; /* "POST 1", "PATCH 1.2", "GET 1", "TASKS" */
static size_t line_count;
static char last_head[HEAD_MOST];
static char text[64 * 1024];
static const char *tasks_answer;
static pthread_mutex_t keeping = PTHREAD_MUTEX_INITIALIZER; /* server's thread and the test's */

static struct kept *find(const char *uid)
{
    for (size_t i = 0; i < kept_count; i++)
        if (strncmp(kept[i].uid, uid, 32) == 0)
            return &kept[i];
    return NULL;
}

static const char *answer_with(const char *status, const char *head, const char *body)
{
    snprintf(text, sizeof text,
             "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n%s", status, head,
             strlen(body), body);
    return text;
}

static void keep(struct kept *one, const char *uid, int version, const char *body)
{
    snprintf(one->uid, sizeof one->uid, "%s", uid);
    one->version = version;
    free(one->body);
    one->body = strdup(body);
}

static const char *create(const char *uid, int version, const char *body)
{
    struct kept *one = find(uid);

    if (one != NULL && strcmp(one->body, body) == 0)
        return answer_with("200 OK", "", one->body);
    if (one != NULL)
        return answer_with("409 Conflict", "", "{}");
    one = &kept[kept_count++];
    one->created++;
    keep(one, uid, version, body);
    return answer_with("201 Created", "", body);
}

static const char *change(const char *uid, int version, const char *body)
{
    struct kept *one = find(uid);

    if (one == NULL)
        return answer_with("404 Not Found", "", "{}");
    if (one->version > version || (one->version == version && strcmp(one->body, body) != 0))
        return answer_with("409 Conflict", "", "{}");
    keep(one, uid, version, body);
    return answer_with("200 OK", "", body);
}

static int number_of(const char *body, const char *key)
{
    json_t *object = json_loads(body, 0, NULL);
    int number = (int)json_integer_value(json_object_get(object, key));

    json_decref(object);
    return number;
}

static void note(const struct request *request, const char *method, const char *uid, int version)
{
    char *line = lines[line_count < LINES_MOST ? line_count++ : LINES_MOST - 1];

    memcpy(last_head, request->head, sizeof last_head);
    if (uid == NULL)
        snprintf(line, sizeof lines[0], "TASKS");
    else if (version > 0)
        snprintf(line, sizeof lines[0], "%s %c.%d", method, uid[31], version);
    else
        snprintf(line, sizeof lines[0], "%s %c", method, uid[31]);
}

/* As the API says. */
static const char *well(const struct request *request)
{
    const char *uid = strstr(request->head, "/problems/");
    int version = number_of(request->body, "version");
    const char *answer;
    char key[33];

    pthread_mutex_lock(&keeping);
    if (strncmp(request->head, "GET /api/tasks", 14) == 0) {
        note(request, "GET", NULL, 0);
        answer = tasks_answer != NULL ? tasks_answer : answer_with("200 OK", "", "{\"tasks\":[]}");
    } else if (strncmp(request->head, "POST /api/problems ", 19) == 0) {
        const char *at = strstr(request->head, "Idempotency-Key: ");

        snprintf(key, sizeof key, "%.32s", at != NULL ? at + 17 : "");
        note(request, "POST", key, version);
        answer = create(key, version, request->body);
    } else if (uid != NULL && strncmp(request->head, "PATCH ", 6) == 0) {
        note(request, "PATCH", uid + 10, version);
        answer = change(uid + 10, version, request->body);
    } else if (uid != NULL) {
        struct kept *one = find(uid + 10);

        note(request, "GET", uid + 10, 0);
        answer = one != NULL ? answer_with("200 OK", "", one->body)
                             : answer_with("404 Not Found", "", "{}");
    } else {
        answer = answer_with("404 Not Found", "", "{}");
    }
    pthread_mutex_unlock(&keeping);
    return answer;
}

/* What the store holds ------------------------------------------------------------------------ */

static char bodies[16][400];

static void put(uint64_t seq, const char *uid, uint32_t version, const char *nature)
{
    struct item *item = &memory.items[seq - 1];

    snprintf(
        bodies[seq], sizeof bodies[seq],
        "{\"uid\":\"%s\",\"version\":%u,\"nature\":\"%s\",\"state\":\"open\",\"simulated\":true}",
        uid, version, nature);
    memset(item, 0, sizeof *item);
    *item = (struct item){
        .kind = ITEM_PROBLEM, .seq = seq, .uid = uid, .version = version, .body = bodies[seq]};
}

/* Acts the recorder would do. */
static char act_args[8][2000];
static size_t act_count;
static const char *act_refusal;
static const char *past; /* arguments of an act of the run before */

static void do_act(void *self, struct act *act)
{
    char *words = json_dumps(act->args, JSON_COMPACT | JSON_SORT_KEYS);
    struct error err = {0};

    assert_string_equal(act->name, "tasks.import");
    pthread_mutex_lock(&keeping);
    snprintf(act_args[act_count++ % 8], sizeof act_args[0], "%s", words);
    pthread_mutex_unlock(&keeping);
    free(words);
    json_decref(act->args);
    if (act_refusal != NULL)
        error_set(&err, ERROR_REFUSED, "%s", act_refusal);
    act->done(act->self, 1, act_refusal != NULL ? &err : NULL);
}

static bool tell_past(void *self, const char *kind,
                      bool (*each)(void *of, uint64_t seq, struct wall_time time, const char *who,
                                   const char *arguments),
                      void *of, struct error *err)
{
    return past == NULL || each(of, 1, WALL_NONE, "", past);
}

static atomic_uint looks; /* into the store */
static atomic_bool gave;  /* a problem was read */

static bool counted_items(void *self, uint64_t after, unsigned wanted, size_t most,
                          struct item *items, size_t *count, uint64_t *reached, struct error *err)
{
    bool good = memory_items(self, after, wanted, most, items, count, reached, err);

    looks++;
    gave = gave || *count > 0;
    return good;
}

static bool looked_twice(void *self)
{
    return looks >= 2;
}

static bool start(struct error *err)
{
    struct source source = memory_source;
    struct sender_setup setup = {
        .output = &output, .catalog = &town, .notices = notices, .clock = &pushed};

    source.items = counted_items;
    source.act = do_act;
    source.events = tell_past;
    snprintf(output.url, sizeof output.url, "http://127.0.0.1:%d/api/", server.port);
    sender = sender_start_on(&setup, &source, err);
    return sender != NULL;
}

/* `seqs` problems stand in the store from the start; with none, it has seen that there are none. */
static void start_with(answer_script *script, size_t seqs)
{
    memory.count = seqs;
    server_start(script);
    assert_true(start(NULL));
    if (seqs == 0)
        assert_true(comes_true(looked_twice, NULL));
}

static bool all_confirmed(void)
{
    uint64_t last = memory.count;

    return comes_true(cursor_is_at, &last);
}

/* What was asked for, less the tasks. */
static const char *story(void)
{
    static char words[LINES_MOST * 12];

    words[0] = '\0';
    pthread_mutex_lock(&keeping);
    for (size_t i = 0; i < line_count; i++)
        if (strcmp(lines[i], "TASKS") != 0)
            snprintf(words + strlen(words), sizeof words - strlen(words), "%s%s",
                     words[0] != '\0' ? ", " : "", lines[i]);
    pthread_mutex_unlock(&keeping);
    return words;
}

static bool has_notice(void *words)
{
    struct notice open[8];
    size_t count = notices_open(notices, open, 8);

    for (size_t i = 0; i < count; i++)
        if (strstr(open[i].text, words) != NULL)
            return true;
    return false;
}

static bool state_is(void *state)
{
    struct sender_status status;

    sender_status(sender, &status);
    return status.state == *(enum sender_state *)state;
}

/* Problems ------------------------------------------------------------------------------------ */

static void a_new_problem_is_created_and_its_next_version_changes_it(void **state)
{
    put(1, ONE, 1, "breach");
    start_with(well, 0);
    memory_grow(1);
    assert_true(all_confirmed());
    put(2, ONE, 2, "breach");
    memory_grow(1);
    assert_true(all_confirmed());
    assert_string_equal(story(), "POST 1.1, PATCH 1.2");
    assert_int_equal(kept_count, 1);
    assert_int_equal(kept[0].version, 2);
    assert_non_null(strstr(kept[0].body, "\"simulated\":true"));
    assert_non_null(strstr(last_head, "PATCH /api/problems/" ONE " HTTP/1.1"));
}

static void what_may_have_been_sent_before_a_stop_is_looked_for_first(void **state)
{
    put(1, ONE, 1, "breach");
    start_with(well, 1);
    assert_true(all_confirmed());
    assert_string_equal(story(), "GET 1, POST 1.1");
}

static void a_doubt_is_never_sent(void **state)
{
    put(1, ONE, 1, "doubt");
    put(2, TWO, 1, "breach");
    start_with(well, 0);
    memory_grow(2);
    assert_true(all_confirmed());
    assert_string_equal(story(), "POST 2.1");
}

static void before_its_first_sending_versions_in_between_are_left_out_and_later_none(void **state)
{
    for (unsigned i = 1; i <= 4; i++)
        put(i, ONE, i, "breach");
    start_with(well, 4);
    assert_true(all_confirmed());
    assert_string_equal(story(), "GET 1, POST 1.1, GET 1, PATCH 1.4");
    for (unsigned i = 5; i <= 6; i++)
        put(i, ONE, i, "breach");
    memory_grow(2);
    assert_true(all_confirmed());
    assert_string_equal(story(), "GET 1, POST 1.1, GET 1, PATCH 1.4, PATCH 1.5, PATCH 1.6");
}

static unsigned posts;

static const char *creates_and_never_answers(const struct request *request)
{
    const char *answer = well(request);

    if (strncmp(request->head, "POST", 4) == 0 && ++posts == 1)
        return "HTTP/1.1 201 Crea";
    return answer;
}

static void a_creation_without_an_answer_is_looked_for_and_not_repeated(void **state)
{
    put(1, ONE, 1, "breach");
    output.timeout_ms = 300;
    start_with(creates_and_never_answers, 0);
    memory_grow(1);
    assert_true(all_confirmed());
    assert_string_equal(story(), "POST 1.1, GET 1");
    assert_int_equal(kept[0].created, 1);
}

/* Heads */

#define HEAD(digit)  EIGHT(EIGHT(digit))
#define EIGHT(digit) digit digit digit digit digit digit digit digit
#define SEAL_7       "\"seal\":{\"segment\":7,\"head\":\"" HEAD("7") "\"}"

static bool anchors_come_to(size_t count)
{
    return comes_true(anchors_are, &count);
}

static void a_problem_takes_the_newest_head_along_and_so_leaves_it_there(void **state)
{
    put(1, ONE, 1, "breach");
    memory.sealed = 7;
    start_with(well, 0);
    memory_grow(1);
    assert_true(all_confirmed());
    assert_non_null(strstr(kept[0].body, SEAL_7));
    assert_true(anchors_come_to(1));
    assert_int_equal(memory.anchors[0].segment, 7);
    assert_string_equal(memory.anchors[0].kind, "rectification");
    assert_string_equal(memory.anchors[0].body, ONE);
    put(2, TWO, 1, "breach");
    memory_grow(1);
    assert_true(all_confirmed());
    assert_non_null(strstr(kept[1].body, SEAL_7));
    assert_int_equal(memory_anchor_count(), 1); /* once a head */
    memory_seals(8);
    put(3, TWO, 2, "breach");
    memory_grow(1);
    assert_true(all_confirmed());
    assert_non_null(strstr(kept[1].body, "\"segment\":8,"));
    assert_true(anchors_come_to(2));
}

/* The first body came, its confirmation did not, and meanwhile a segment was sealed. */
static const char *seals_and_never_answers(const struct request *request)
{
    const char *answer = creates_and_never_answers(request);

    if (strncmp(request->head, "POST", 4) == 0)
        memory_seals(8);
    return answer;
}

static void a_repetition_with_a_newer_head_is_the_same_version(void **state)
{
    put(1, ONE, 1, "breach");
    memory.sealed = 7;
    output.timeout_ms = 300;
    start_with(seals_and_never_answers, 0);
    memory_grow(1);
    assert_true(all_confirmed());
    assert_string_equal(story(), "POST 1.1, GET 1");
    assert_int_equal(kept[0].created, 1);
    assert_non_null(strstr(kept[0].body, SEAL_7));
    assert_int_equal(memory_anchor_count(), 0); /* 8 is not there, and 7 is not ours to tell */
    assert_int_equal(memory.refused_count, 0);
}

/* What it is asked for it shows without the head, as one that keeps only what it knows. */
static const char *shows_no_head(const struct request *request)
{
    const char *answer = creates_and_never_answers(request);
    char *at = strstr(text, ",\"seal\":");

    if (strncmp(request->head, "GET /api/problems", 17) == 0 && at != NULL) {
        char body[400];

        *at = '\0';
        snprintf(body, sizeof body, "%s}", strstr(text, "\r\n\r\n") + 4);
        return answer_with("200 OK", "", body);
    }
    return answer;
}

static void a_server_that_only_shows_the_problem_may_have_no_head(void **state)
{
    put(1, ONE, 1, "breach");
    memory.sealed = 7;
    output.timeout_ms = 300;
    start_with(shows_no_head, 0);
    memory_grow(1);
    assert_true(all_confirmed());
    assert_string_equal(story(), "POST 1.1, GET 1");
    assert_int_equal(memory_anchor_count(), 0);
}

static void without_a_seal_a_problem_goes_as_it_is_stored(void **state)
{
    put(1, ONE, 1, "breach");
    start_with(well, 0);
    memory_grow(1);
    assert_true(all_confirmed());
    assert_string_equal(kept[0].body, bodies[1]);
    assert_int_equal(memory_anchor_count(), 0);
}

static bool lose;

static const char *loses_its_state(const struct request *request)
{
    pthread_mutex_lock(&keeping);
    if (lose)
        kept_count = 0;
    lose = false;
    pthread_mutex_unlock(&keeping);
    return well(request);
}

static void a_problem_the_server_lost_is_created_again_as_it_is_now(void **state)
{
    put(1, ONE, 1, "breach");
    start_with(loses_its_state, 0);
    memory_grow(1);
    assert_true(all_confirmed());
    pthread_mutex_lock(&keeping);
    lose = true;
    pthread_mutex_unlock(&keeping);
    put(2, ONE, 2, "breach");
    memory_grow(1);
    assert_true(all_confirmed());
    assert_ptr_equal(strstr(story(), "POST 1.1, PATCH 1.2, POST 1.2"), story());
    assert_int_equal(kept_count, 1);
    assert_int_equal(kept[0].version, 2);
}

static bool both_are_kept(void *self)
{
    bool are;

    pthread_mutex_lock(&keeping);
    are = find(ONE) != NULL && find(TWO) != NULL;
    pthread_mutex_unlock(&keeping);
    return are;
}

static void when_one_was_lost_all_are_looked_for_and_the_cursor_stays(void **state)
{
    put(1, ONE, 1, "breach");
    put(2, TWO, 1, "breach");
    start_with(loses_its_state, 0);
    memory_grow(2);
    assert_true(all_confirmed());
    pthread_mutex_lock(&keeping);
    lose = true;
    pthread_mutex_unlock(&keeping);
    put(3, ONE, 2, "breach");
    memory_grow(1);
    assert_true(all_confirmed());
    assert_true(comes_true(both_are_kept, NULL));
    assert_non_null(strstr(story(), "PATCH 1.2, POST 1.2, GET 1, GET 2, POST 2.1"));
    assert_int_equal(memory.cursor, 3);
}

static void a_problem_that_is_there_otherwise_is_compared_and_changed(void **state)
{
    put(1, ONE, 1, "breach");
    keep(&kept[kept_count++], ONE, 1, "{\"uid\":\"" ONE "\",\"version\":1,\"state\":\"else\"}");
    put(2, ONE, 3, "breach");
    start_with(well, 0);
    memory_grow(2);
    assert_true(all_confirmed());
    /* The first has another content there that the server keeps; the later one changes it. */
    assert_string_equal(story(), "POST 1.1, GET 1, PATCH 1.1, PATCH 1.3");
    assert_int_equal(memory.refused_count, 1);
    assert_int_equal(memory.refused[0], 1);
    assert_int_equal(kept[0].version, 3);
}

static void what_the_server_has_newer_is_left_as_it_is(void **state)
{
    put(1, ONE, 1, "breach");
    put(2, ONE, 2, "breach");
    keep(&kept[kept_count++], ONE, 5, "{\"uid\":\"" ONE "\",\"version\":5}");
    start_with(well, 2);
    assert_true(all_confirmed());
    assert_string_equal(story(), "GET 1");
    assert_int_equal(kept[0].version, 5);
    assert_int_equal(memory.refused_count, 0);
}

static const char *refuses_one(const struct request *request)
{
    if (strstr(request->body, ONE) != NULL) {
        well(request);
        return answer_with("422 Unprocessable", "", "{\"error\":\"no such \x1b[31msite\"}");
    }
    return well(request);
}

static const char *refuses_creation_of_one(const struct request *request)
{
    const char *answer =
        strncmp(request->head, "POST", 4) == 0 ? refuses_one(request) : well(request);

    pthread_mutex_lock(&keeping);
    for (size_t i = 0; i < kept_count; i++)
        if (strcmp(kept[i].uid, ONE) == 0)
            kept[i] = kept[--kept_count]; /* refused is not kept */
    pthread_mutex_unlock(&keeping);
    return answer;
}

static void what_is_refused_for_good_is_set_aside_with_its_reason_and_blocks_nobody(void **state)
{
    put(1, ONE, 1, "breach");
    put(2, TWO, 1, "breach");
    start_with(refuses_creation_of_one, 0);
    memory_grow(2);
    assert_true(all_confirmed());
    assert_int_equal(memory.refused_count, 1);
    assert_int_equal(memory.refused[0], 1);
    assert_non_null(strstr(memory.reason, "422"));
    assert_non_null(strstr(memory.reason, "\\x1B[31msite"));
    assert_string_equal(story(), "POST 1.1, GET 1, POST 2.1");
}

static const char *refuses_all(const struct request *request)
{
    if (strncmp(request->head, "GET /api/problems", 17) == 0)
        return answer_with("404 Not Found", "", "{}");
    if (strncmp(request->head, "POST", 4) == 0)
        return answer_with("400 Bad Request", "", "{\"error\":\"unknown field uid\"}");
    return well(request);
}

static void a_server_that_refuses_everything_gets_three_set_aside_and_no_more(void **state)
{
    static char uids[8][33];
    enum sender_state held = SENDER_HELD;

    for (unsigned i = 1; i <= 8; i++) {
        snprintf(uids[i - 1], sizeof uids[0], "%032u", i);
        put(i, uids[i - 1], 1, "breach");
    }
    start_with(refuses_all, 8);
    assert_true(comes_true(state_is, &held));
    assert_int_equal(memory.refused_count, 3);
    assert_true(comes_true(has_notice, "unknown field uid"));
    assert_int_equal(memory.highest, 3);
}

static const char *chokes_on_one(const struct request *request)
{
    if (strstr(request->body, ONE) != NULL)
        return answer_with("500 Internal Server Error", "", "oops");
    return well(request);
}

static bool two_is_kept(void *self)
{
    bool is;

    pthread_mutex_lock(&keeping);
    is = find(TWO) != NULL;
    pthread_mutex_unlock(&keeping);
    return is;
}

static void
a_problem_the_server_chokes_on_is_passed_by_the_others_and_keeps_the_cursor(void **state)
{
    enum sender_state waiting = SENDER_WAITING;

    put(1, ONE, 1, "breach");
    put(2, TWO, 1, "breach");
    start_with(chokes_on_one, 0);
    memory_grow(2);
    assert_true(comes_true(two_is_kept, NULL));
    assert_true(comes_true(state_is, &waiting));
    assert_int_equal(memory.highest, 0);
    assert_int_equal(memory.refused_count, 0);
}

static const char *says_two_hundred_to_everything(const struct request *request)
{
    return answer_with("200 OK", "Content-Type: text/html\r\n", "<html>please log in</html>");
}

static void a_page_of_a_portal_is_no_success(void **state)
{
    enum sender_state waiting = SENDER_WAITING;

    put(1, ONE, 1, "breach");
    start_with(says_two_hundred_to_everything, 1);
    assert_true(comes_true(state_is, &waiting));
    assert_int_equal(memory.highest, 0);
    assert_true(comes_true(has_notice, "not the JSON of the API"));
}

static const char *knows_nobody(const struct request *request)
{
    return answer_with("401 Unauthorized", "", "{}");
}

static void a_server_that_does_not_know_us_is_told_to_a_person(void **state)
{
    enum sender_state held = SENDER_HELD;

    put(1, ONE, 1, "breach");
    start_with(knows_nobody, 1);
    assert_true(comes_true(state_is, &held));
    assert_true(comes_true(has_notice, "check token_file"));
    assert_int_equal(memory.highest, 0);
}

static const char *points_elsewhere(const struct request *request)
{
    return answer_with("307 Temporary Redirect", "Location: http://127.0.0.2:1/steal\r\n", "");
}

static void a_redirect_is_told_and_not_followed(void **state)
{
    enum sender_state waiting = SENDER_WAITING;

    put(1, ONE, 1, "breach");
    start_with(points_elsewhere, 1);
    assert_true(comes_true(state_is, &waiting));
    assert_true(comes_true(has_notice, "redirects are not followed"));
}

static void requests_carry_the_token_and_a_signature_that_can_be_checked(void **state)
{
    char path[] = "/tmp/lookback-hmac-XXXXXX", token[] = "/tmp/lookback-token-XXXXXX";
    int one = mkstemp(path), two = mkstemp(token);
    char date[40], digest[65];

    assert_true(write(one, "sesame\n", 7) == 7 && write(two, "bearer-of-news\n", 15) == 15);
    close(one);
    close(two);
    snprintf(output.hmac_file, sizeof output.hmac_file, "%s", path);
    snprintf(output.token_file, sizeof output.token_file, "%s", token);
    put(1, ONE, 1, "breach");
    output.pull_ms = 3600000;
    start_with(well, 0);
    memory_grow(1);
    assert_true(all_confirmed());
    pthread_mutex_lock(&keeping);
    assert_non_null(strstr(last_head, "Authorization: Bearer bearer-of-news\r\n"));
    assert_non_null(strstr(last_head, "Lookback-Date: "));
    snprintf(date, sizeof date, "%.24s", strstr(last_head, "Lookback-Date: ") + 15);
    assert_true(rectification_sign("sesame", "POST", "/api/problems", date, kept[0].body, digest));
    assert_non_null(strstr(last_head, digest));
    pthread_mutex_unlock(&keeping);
    unlink(path);
    unlink(token);
}

/* Tasks --------------------------------------------------------------------------------------- */

static bool acts_reach(void *number)
{
    bool is;

    pthread_mutex_lock(&keeping);
    is = act_count >= *(size_t *)number;
    pthread_mutex_unlock(&keeping);
    return is;
}

static bool tasks_asked(void *number)
{
    size_t count = 0;

    pthread_mutex_lock(&keeping);
    for (size_t i = 0; i < line_count; i++)
        count += strcmp(lines[i], "TASKS") == 0;
    pthread_mutex_unlock(&keeping);
    return count >= *(size_t *)number;
}

#define TASKS(head, body) "HTTP/1.1 200 OK\r\nConnection: close\r\n" head "\r\n" body

static void tasks_become_an_act_without_what_is_not_the_contracts(void **state)
{
    size_t one = 1;

    tasks_answer = TASKS("ETag: \"7\"\r\n",
                         "{\"tasks\":[{\"id\":37,\"state\":\"struck_off\",\"petitioner\":\"Li\","
                         "\"owner\":{\"lead\":\"A\",\"telephone\":\"139\"}}],\"next\":null,"
                         "\"as_of\":\"2026-11-22T08:00:00Z\"}");
    start_with(well, 0);
    assert_true(comes_true(acts_reach, &one));
    assert_string_equal(act_args[0],
                        "{\"etag\":\"\\\"7\\\"\",\"from\":\"rectification\","
                        "\"output\":\"town-rectification\","
                        "\"since\":\"2026-11-22T08:00:00.000Z\",\"tasks\":[{\"id\":"
                        "\"37\",\"owner\":{\"lead\":\"A\"},\"state\":\"struck_off\"}]}");
    assert_non_null(strstr(last_head, "GET /api/tasks?since=1970-01-01T00%3A00%3A00.000Z HTTP"));
}

static void the_same_tasks_again_are_no_act_and_only_later_ones_are_asked_for(void **state)
{
    size_t three = 3;

    output.pull_ms = 1;
    tasks_answer = TASKS("ETag: \"7\"\r\n", "{\"tasks\":[{\"id\":\"37\",\"state\":\"found\"}],"
                                            "\"as_of\":\"2026-11-22T08:00:00Z\"}");
    start_with(well, 0);
    assert_true(comes_true(tasks_asked, &three));
    assert_int_equal(act_count, 1);
    pthread_mutex_lock(&keeping);
    assert_non_null(strstr(last_head, "GET /api/tasks?since=2026-11-22T08%3A00%3A00.000Z HTTP"));
    assert_non_null(strstr(last_head, "If-None-Match: \"7\"\r\n"));
    pthread_mutex_unlock(&keeping);
}

static void a_start_goes_on_where_the_last_run_was(void **state)
{
    size_t one = 1;

    past = "{\"output\":\"town-rectification\",\"since\":\"2026-11-20T00:00:00.000Z\","
           "\"etag\":\"\\\"5\\\"\",\"tasks\":[]}";
    tasks_answer = "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n";
    start_with(well, 0);
    assert_true(comes_true(tasks_asked, &one));
    pthread_mutex_lock(&keeping);
    assert_non_null(strstr(last_head, "since=2026-11-20T00%3A00%3A00.000Z HTTP"));
    assert_non_null(strstr(last_head, "If-None-Match: \"5\"\r\n"));
    pthread_mutex_unlock(&keeping);
    assert_int_equal(act_count, 0);
}

static const char *two_pages(const struct request *request)
{
    well(request);
    if (strstr(request->head, "page=b%2Fc") != NULL)
        return answer_with("200 OK", "",
                           "{\"tasks\":[{\"id\":\"2\"}],\"as_of\":\"2026-11-22T09:00:00Z\"}");
    return answer_with(
        "200 OK", "",
        "{\"tasks\":[{\"id\":\"1\"}],\"next\":\"b/c\",\"as_of\":\"2026-11-22T08:00:00Z\"}");
}

static void every_page_is_an_act_and_the_last_remembers_the_moment_of_the_first(void **state)
{
    size_t two = 2;

    start_with(two_pages, 0);
    assert_true(comes_true(acts_reach, &two));
    assert_null(strstr(act_args[0], "since"));
    assert_non_null(strstr(act_args[0], "\"id\":\"1\""));
    assert_non_null(strstr(act_args[1], "\"since\":\"2026-11-22T08:00:00.000Z\""));
    assert_non_null(strstr(act_args[1], "\"id\":\"2\""));
}

static void a_page_that_is_wrong_anywhere_is_refused_whole_with_a_sentence(void **state)
{
    tasks_answer = TASKS("", "{\"tasks\":[{\"id\":\"1\"},{\"id\":\"2\",\"title\":[1]}]}");
    start_with(well, 0);
    assert_true(comes_true(has_notice, "task 2: title is not as the API has it"));
    assert_int_equal(act_count, 0);
}

static void tasks_the_ledger_refuses_are_told_in_its_words(void **state)
{
    act_refusal = "task 37: there is no such state";
    tasks_answer = TASKS("", "{\"tasks\":[{\"id\":\"37\"}]}");
    start_with(well, 0);
    assert_true(comes_true(has_notice, "task 37: there is no such state"));
}

static bool was_given(void *self)
{
    return gave;
}

/* One connection at a time is served: while tasks hang, problems hang too, and a stop must not. */
static void a_stop_waits_for_no_server(void **state)
{
    struct timespec before, after;

    output.timeout_ms = 60000;
    put(1, ONE, 1, "breach");
    server_start(well);
    server.mute = true;
    assert_true(start(NULL));
    assert_true(comes_true(looked_twice, NULL));
    memory_grow(1);
    assert_true(comes_true(was_given, NULL));
    clock_gettime(CLOCK_MONOTONIC, &before);
    sender_stop(sender);
    sender = NULL;
    clock_gettime(CLOCK_MONOTONIC, &after);
    /* Left alone it would be given up after 5 s, and its thread with it. */
    assert_true((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 <
                4500);
}

/* --------------------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    town_open();
    memset(&output, 0, sizeof output);
    strcpy(output.name, "town-rectification");
    output.kind = OUTPUT_RECTIFICATION;
    output.enabled = true;
    output.timeout_ms = 10000;
    output.pull_ms = 300000;
    for (size_t i = 0; i < KEPT_MOST; i++)
        free(kept[i].body);
    memset(kept, 0, sizeof kept);
    kept_count = line_count = act_count = 0;
    posts = 0;
    looks = 0;
    gave = lose = false;
    tasks_answer = past = act_refusal = NULL;
    notices = notices_new(&pushed);
    memory_fill(16);
    memory.count = 0;
    return 0;
}

static int tear_down(void **state)
{
    sender_stop(sender);
    sender = NULL;
    server_stop();
    memory_empty();
    notices_free(notices);
    town_close();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_problem_is_created_and_its_next_version_changes_it),
        TEST(what_may_have_been_sent_before_a_stop_is_looked_for_first),
        TEST(a_doubt_is_never_sent),
        TEST(before_its_first_sending_versions_in_between_are_left_out_and_later_none),
        TEST(a_creation_without_an_answer_is_looked_for_and_not_repeated),
        TEST(a_problem_takes_the_newest_head_along_and_so_leaves_it_there),
        TEST(a_repetition_with_a_newer_head_is_the_same_version),
        TEST(a_server_that_only_shows_the_problem_may_have_no_head),
        TEST(without_a_seal_a_problem_goes_as_it_is_stored),
        TEST(a_problem_the_server_lost_is_created_again_as_it_is_now),
        TEST(when_one_was_lost_all_are_looked_for_and_the_cursor_stays),
        TEST(a_problem_that_is_there_otherwise_is_compared_and_changed),
        TEST(what_the_server_has_newer_is_left_as_it_is),
        TEST(what_is_refused_for_good_is_set_aside_with_its_reason_and_blocks_nobody),
        TEST(a_server_that_refuses_everything_gets_three_set_aside_and_no_more),
        TEST(a_problem_the_server_chokes_on_is_passed_by_the_others_and_keeps_the_cursor),
        TEST(a_page_of_a_portal_is_no_success),
        TEST(a_server_that_does_not_know_us_is_told_to_a_person),
        TEST(a_redirect_is_told_and_not_followed),
        TEST(requests_carry_the_token_and_a_signature_that_can_be_checked),
        TEST(tasks_become_an_act_without_what_is_not_the_contracts),
        TEST(the_same_tasks_again_are_no_act_and_only_later_ones_are_asked_for),
        TEST(a_start_goes_on_where_the_last_run_was),
        TEST(every_page_is_an_act_and_the_last_remembers_the_moment_of_the_first),
        TEST(a_page_that_is_wrong_anywhere_is_refused_whole_with_a_sentence),
        TEST(tasks_the_ledger_refuses_are_told_in_its_words),
        TEST(a_stop_waits_for_no_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
