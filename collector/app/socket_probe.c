/* link.probe: questions of `lookback probe --via-collector`, asked by the poller between its polls.
 *
 * {"link","units" or "unit","reads":[{"area","address","count"}],"timeout_ms"}: each unit is asked
 * each read, one at a time. A progress line goes out as they are asked, with the answer in it where
 * there was one; after the last the act is recorded, and then answered with all of them. A peer
 * that hangs up ends it, and what was asked until then is recorded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/socket_parts.h"
#include "base/say.h"
#include "drivers/plan.h"
#include "record/recorder.h"

enum {
    QUESTIONS_MAX = 1024,
    TIMEOUT_LEAST_MS = 20,
    TIMEOUT_MOST_MS = 60000,
};

static const int64_t progress_every_ns = 200 * 1000000LL;

struct probe_work {
    struct peer *peer;
    struct request questions[QUESTIONS_MAX];
    size_t count, at, answered;
    size_t link;
    int64_t timeout_ms;
    bool single; /* one unit: a silence is asked about once more */
    bool silent, repeated;
    json_t *units, *reads, *answers;
    char link_name[NAME_SIZE], by[BY_MAX + 1];
    int64_t said_ns;
    struct error trouble; /* why it ended early */
};

static void work_free(struct probe_work *work)
{
    json_decref(work->units);
    json_decref(work->reads);
    json_decref(work->answers);
    free(work);
}

static bool wrong(struct error *err, const char *what)
{
    return error_set(err, ERROR_WRONG_USE,
                     SAY("操作 link.probe：参数 %s 写法不对", "act link.probe: the argument %s is "
                                                              "not as it must be"),
                     what);
}

static bool find_link(struct probe_work *work, const struct settings *settings, const json_t *args,
                      struct error *err)
{
    const char *name = json_string_value(json_object_get(args, "link"));

    for (size_t i = 0; name != NULL && i < settings->link_count; i++)
        if (strcmp(settings->links[i].name, name) == 0) {
            work->link = i;
            snprintf(work->link_name, sizeof work->link_name, "%s", name);
            return true;
        }
    return error_set(err, ERROR_NOT_FOUND,
                     SAY("采集器没有名为 %.40s 的链路", "the collector has no link %.40s"),
                     name == NULL ? "?" : name);
}

static bool read_numbers(struct probe_work *work, const json_t *args, struct error *err)
{
    json_t *timeout = json_object_get(args, "timeout_ms");
    json_t *unit = json_object_get(args, "unit");

    work->timeout_ms = json_integer_value(timeout);
    if (timeout != NULL && (!json_is_integer(timeout) || work->timeout_ms < TIMEOUT_LEAST_MS ||
                            work->timeout_ms > TIMEOUT_MOST_MS))
        return wrong(err, "timeout_ms");
    work->units =
        unit != NULL ? json_pack("[O]", unit) : json_incref(json_object_get(args, "units"));
    work->reads = json_incref(json_object_get(args, "reads"));
    if (!json_is_array(work->units) || json_array_size(work->units) == 0)
        return wrong(err, "units");
    if (!json_is_array(work->reads) || json_array_size(work->reads) == 0)
        return wrong(err, "reads");
    work->single = json_array_size(work->units) == 1;
    return json_array_size(work->units) <= QUESTIONS_MAX / json_array_size(work->reads) ||
           wrong(err, SAY("units 和 reads（一次最多 1024 问）",
                          "units and reads (at most 1024 at once)"));
}

static bool read_range(const json_t *read, struct request *request)
{
    const char *word = json_string_value(json_object_get(read, "area"));
    const json_t *address = json_object_get(read, "address");
    const json_t *count = json_object_get(read, "count");

    if (word == NULL || !json_is_integer(address) || !json_is_integer(count) ||
        json_integer_value(address) < 0 || json_integer_value(address) > UINT16_MAX ||
        json_integer_value(count) < 1 || json_integer_value(count) > UINT16_MAX)
        return false;
    for (int area = AREA_COIL; area <= AREA_HOLDING_REGISTER; area++)
        if (strcmp(area_word((enum register_area)area), word) == 0)
            request->function = area_function((enum register_area)area);
    request->address = (uint16_t)json_integer_value(address);
    request->count = (uint16_t)json_integer_value(count);
    return request->function != 0 && request_is_valid(request);
}

/* Unit 0 is a broadcast on a serial line: nobody answers, and nobody should hear it. */
static bool read_questions(struct probe_work *work, enum link_kind kind, struct error *err)
{
    const json_t *unit, *read;
    size_t i, j;

    json_array_foreach(work->units, i, unit)
    {
        json_int_t number = json_integer_value(unit);

        if (!json_is_integer(unit) || number < (kind == LINK_TCP ? 0 : 1) || number > 255)
            return wrong(err, "unit");
        json_array_foreach(work->reads, j, read)
        {
            struct request *request = &work->questions[work->count++];

            *request = (struct request){.unit = (uint8_t)number};
            if (!read_range(read, request))
                return wrong(err, "reads");
        }
    }
    return true;
}

static json_t *answer_json(const struct request *question, const struct exchange_result *result)
{
    char hex[2 * 250 + 1];
    size_t size = result->answered && result->size <= 250 ? result->size : 0;

    for (size_t i = 0; i < size; i++)
        snprintf(hex + 2 * i, 3, "%02x", result->data[i]);
    hex[2 * size] = '\0';
    return json_pack("{s:i, s:i, s:i, s:i, s:b, s:o, s:s, s:I, s:s}", "unit", (int)question->unit,
                     "function", (int)question->function, "address", (int)question->address,
                     "count", (int)question->count, "answered", (int)result->answered, "exception",
                     result->is_exception ? json_integer(result->exception) : json_null(), "cause",
                     cause_word((enum cause)result->cause), "took_ms",
                     (json_int_t)(result->took_ns / 1000000), "data", hex);
}

/* `answer` (NULL: none) goes along; without one a line is only said now and then. */
static void say_progress(struct probe_work *work, json_t *answer, struct mono_time now)
{
    json_t *line;
    char *text = NULL, *ended = NULL;
    char where[80];

    if (answer == NULL && now.ns - work->said_ns < progress_every_ns)
        return;
    work->said_ns = now.ns;
    snprintf(where, sizeof where, SAY("站号 %d", "unit %d"),
             (int)work->questions[work->at < work->count ? work->at : work->count - 1].unit);
    line =
        json_pack("{s:f, s:s}", "progress", (double)work->at / (double)work->count, "text", where);
    if (answer != NULL)
        json_object_set(line, "answer", answer);
    text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(4));
    if (text != NULL && asprintf(&ended, "%s\n", text) >= 0)
        socket_peer_say(work->peer, ended);
    free(ended);
    free(text);
    json_decref(line);
}

/* From the recorder's thread, which is the only one to know the work by now. */
static void recorded(void *self, uint64_t seq, const struct error *err)
{
    struct probe_work *work = self;
    json_t *done;
    char *text;

    if (err != NULL) {
        text = socket_error_text(err);
    } else {
        done = json_pack("{s:{s:I, s:O, s:s}}", "done", "seq", (json_int_t)seq, "answers",
                         work->answers, "trouble", work->trouble.text);
        text = json_dumps(done, JSON_COMPACT);
        json_decref(done);
    }
    socket_peer_ready(work->peer, text);
    work_free(work);
}

static void record(struct probe_work *work)
{
    struct act act = {
        .name = "link.probe",
        .args = json_pack("{s:s, s:O, s:O, s:I, s:I}", "link", work->link_name, "units",
                          work->units, "reads", work->reads, "asked", (json_int_t)work->at,
                          "answered", (json_int_t)work->answered),
        .who = work->peer->who,
        .by = work->by,
        .done = recorded,
        .self = work,
    };

    recorder_act(station_recorder(work->peer->server->station), &act);
}

static bool peer_is_there(const struct peer *peer)
{
    return !peer->gone && !uv_is_closing((const uv_handle_t *)&peer->pipe);
}

static void probe_told(void *self, const struct exchange_result *result);

static bool ask_next(struct probe_work *work)
{
    const struct poller_guest guest = {.link = work->link,
                                       .request = work->questions[work->at],
                                       .timeout_ms = work->timeout_ms,
                                       .over = probe_told,
                                       .self = work};

    return poller_ask(station_poller(work->peer->server->station), &guest, &work->trouble);
}

/* A single unit that has answered before, or was not asked yet, may just have missed one. */
static bool asks_again(struct probe_work *work, const struct exchange_result *result)
{
    bool heard = result->answered || result->is_exception;
    bool again = work->single && !heard && !work->silent && !work->repeated;

    work->repeated = again;
    if (!again)
        work->silent = !heard;
    return again;
}

static void probe_told(void *self, const struct exchange_result *result)
{
    struct probe_work *work = self;
    bool heard = result->answered || result->is_exception;
    json_t *answer = answer_json(&work->questions[work->at], result);

    if (!asks_again(work, result)) {
        work->at++;
        work->answered += heard;
        json_array_append(work->answers, answer);
        say_progress(work, heard ? answer : NULL, result->at);
    }
    json_decref(answer);
    if (work->at == work->count || !peer_is_there(work->peer) || !ask_next(work))
        record(work);
}

void socket_probe(struct peer *peer, json_t *args, const char *by)
{
    const struct settings *settings = station_settings(peer->server->station);
    struct probe_work *work = calloc(1, sizeof *work);
    struct error err = {0};
    bool good;

    if (work == NULL) {
        socket_peer_close(peer);
        return;
    }
    work->peer = peer;
    work->answers = json_array();
    snprintf(work->by, sizeof work->by, "%s", by);
    good = find_link(work, settings, args, &err) && read_numbers(work, args, &err) &&
           read_questions(work, settings->links[work->link].kind, &err);
    peer->waiting = true;
    if (good && ask_next(work))
        return;
    socket_peer_ready(peer, socket_error_text(good ? &work->trouble : &err));
    work_free(work);
}
