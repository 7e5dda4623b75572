#include "app/probe_via.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/ask.h"
#include "base/say.h"
#include "town/shown.h"

static volatile sig_atomic_t interrupted;

static void note_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* Without SA_RESTART the wait for the next line ends. */
void probe_via_begin(struct probe_via *via)
{
    struct sigaction action = {.sa_handler = note_interrupt};

    (void)via;
    sigaction(SIGINT, &action, NULL);
}

/* One act under way. */
struct call {
    struct probe_via *via;
    const struct request *requests; /* NULL: a search */
    size_t count;
    struct probe_answer *answers;
    struct probe_scan *scan;
    struct probe_progress progress;
    double share;
};

static size_t hex_bytes(const char *hex, uint8_t *out, size_t room)
{
    size_t count = strlen(hex) / 2;

    for (size_t i = 0; i < count && i < room; i++) {
        unsigned byte = 0;

        if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
            return 0;
        out[i] = (uint8_t)byte;
    }
    return count < room ? count : room;
}

static struct probe_answer read_answer(const json_t *from)
{
    const json_t *exception = json_object_get(from, "exception");
    struct probe_answer answer = {.asked = true,
                                  .answered = json_is_true(json_object_get(from, "answered")),
                                  .is_exception = json_is_integer(exception),
                                  .exception = (uint8_t)json_integer_value(exception),
                                  .took_ms = number_of(from, "took_ms")};
    enum cause cause = CAUSE_NONE;

    cause_from_word(text_of(from, "cause"), &cause);
    answer.cause = (uint8_t)cause;
    answer.size = (uint16_t)hex_bytes(text_of(from, "data"), answer.data, sizeof answer.data);
    answer.heard.crc = cause == CAUSE_CRC;
    answer.heard.noise = cause == CAUSE_BAD_FRAME;
    answer.heard.unit = cause == CAUSE_WRONG_UNIT;
    return answer;
}

static void take_found(struct probe_scan *scan, uint8_t unit, const struct probe_answer *answer)
{
    for (size_t i = 0; i < scan->count; i++)
        if (scan->found[i].unit == unit)
            return;
    if (!probe_is_somebody(answer) || scan->count == FOUND_MAX)
        return;
    scan->found[scan->count++] = (struct found_unit){.unit = unit,
                                                     .answered = true,
                                                     .line = *scan->link,
                                                     .refused = answer->is_exception,
                                                     .exception = answer->exception,
                                                     .took_ms = answer->took_ms};
}

/* The answer belongs to the question of the same unit, function, address and count. */
static void take_answer(struct call *call, const json_t *from)
{
    struct probe_answer answer = read_answer(from);
    struct request request = {.unit = (uint8_t)number_of(from, "unit"),
                              .function = (uint8_t)number_of(from, "function"),
                              .address = (uint16_t)number_of(from, "address"),
                              .count = (uint16_t)number_of(from, "count")};

    if (call->scan != NULL)
        take_found(call->scan, request.unit, &answer);
    if (answer.answered && answer.size != request_data_size(&request))
        return;
    for (size_t i = 0; i < call->count; i++)
        if (request_is_same(&call->requests[i], &request))
            call->answers[i] = answer;
}

static void heard(void *self, const json_t *line)
{
    struct call *call = self;
    const json_t *answer = json_object_get(line, "answer");
    double share = json_number_value(json_object_get(line, "progress"));

    if (answer != NULL)
        take_answer(call, answer);
    probe_progress_step(&call->progress, (share - call->share) * call->progress.total,
                        text_of(line, "text"));
    call->share = share;
}

static bool take_done(struct call *call, json_t *done, struct error *err)
{
    const json_t *answer;
    const char *trouble = text_of(done, "trouble");
    size_t i;
    bool complete = trouble[0] == '\0';

    json_array_foreach(json_object_get(done, "answers"), i, answer) take_answer(call, answer);
    if (!complete)
        error_set(err, ERROR_DEVICE, "%s", trouble);
    json_decref(done);
    return complete;
}

static bool send_act(struct call *call, json_t *units, json_t *reads, struct error *err)
{
    struct probe_via *via = call->via;
    json_t *args = json_pack("{s:s, s:o, s:o}", "link", via->link, "units", units, "reads", reads);
    json_t *done = NULL;
    enum asked asked;

    if (via->timeout_ms > 0)
        json_object_set_new(args, "timeout_ms", json_integer(via->timeout_ms));
    probe_progress_begin(&call->progress, SAY("由采集器代问", "through the collector"), via->shows);
    call->progress.total = 1.0;
    asked = ask_collector_hearing(via->store_dir, "link.probe", args, heard, call, &done, err);
    probe_progress_end(&call->progress, asked == ASKED_DONE);
    json_decref(args);
    via->stopped = interrupted != 0;
    if (via->stopped)
        return error_set(err, ERROR_REFUSED, "%s", SAY("已中断", "interrupted"));
    if (asked == ASKED_NOBODY)
        return error_set(err, ERROR_REFUSED,
                         SAY("没有采集器在 %s 运行；去掉 --via-collector，直接探测即可",
                             "no collector runs on %s; leave out --via-collector and probe the "
                             "line itself"),
                         via->store_dir);
    return asked == ASKED_DONE && take_done(call, done, err);
}

static json_t *range_json(uint8_t function, uint16_t address, uint16_t count)
{
    const char *word = "";

    for (int area = AREA_COIL; area <= AREA_HOLDING_REGISTER; area++)
        if (area_function((enum register_area)area) == function)
            word = area_word((enum register_area)area);
    return json_pack("{s:s, s:i, s:i}", "area", word, "address", (int)address, "count", (int)count);
}

bool probe_via_ask(void *self, const struct request *requests, size_t count,
                   struct probe_answer *answers, struct error *err)
{
    struct call call = {.via = self, .requests = requests, .count = count, .answers = answers};
    json_t *reads = json_array();

    memset(answers, 0, count * sizeof *answers);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            reads, range_json(requests[i].function, requests[i].address, requests[i].count));
    return send_act(&call, json_pack("[i]", (int)requests[0].unit), reads, err);
}

static int compare_units(const void *one, const void *other)
{
    return (int)((const struct found_unit *)one)->unit -
           (int)((const struct found_unit *)other)->unit;
}

bool probe_via_scan(struct probe_via *via, struct probe_scan *scan, struct error *err)
{
    const struct probe_options *options = scan->options;
    struct probe_range range = probe_scan_question(options);
    struct call call = {.via = via, .scan = scan};
    int64_t kept = via->timeout_ms;
    uint8_t units[256];
    size_t count = probe_scan_units(scan->link->kind == LINK_TCP,
                                    options->some_units ? options->units : NULL, units);
    json_t *list = json_array();
    bool good;

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_integer(units[i]));
    if (via->timeout_ms == 0)
        via->timeout_ms = probe_scan_timeout_ms(scan->link);
    good = send_act(
        &call, list,
        json_pack("[o]", range_json(area_function(range.area), range.address, range.count)), err);
    via->timeout_ms = kept;
    scan->stopped = via->stopped;
    scan->lines_tried = 1;
    qsort(scan->found, scan->count, sizeof scan->found[0], compare_units);
    return good || scan->stopped || scan->count > 0;
}
