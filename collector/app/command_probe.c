/* lookback probe: who is on a line, which model it may be, what its registers hold, and which of
 * them show what the display shows. Reads only; needs no settings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command_line.h"
#include "app/probe_run.h"
#include "base/say.h"

static bool shows(const struct probing *probing)
{
    return command_shows_progress(probing->typed);
}

/* Whoever asks: any word of the unit, be it a refusal, is an answer. */
static bool ask_and_note(void *self, const struct request *requests, size_t count,
                         struct probe_answer *answers, struct error *err)
{
    struct probing *probing = self;
    bool good = probing->options.via
                    ? probe_via_ask(&probing->via, requests, count, answers, err)
                    : probe_direct_ask(&probing->direct, requests, count, answers, err);

    for (size_t i = 0; i < count; i++)
        probing->answered |= answers[i].answered || answers[i].is_exception;
    return good;
}

bool probe_was_stopped(const struct probing *probing)
{
    return probing->direct.stopped || probing->via.stopped;
}

/* Which units ---------------------------------------------------------------------------------
 */

/* As the line is to be set when nothing is searched for. */
static struct link_setup chosen_line(const struct probing *probing)
{
    struct link_setup line = probing->target.link;

    if (probing->options.framing_count > 0) {
        line.baud = probing->options.framings[0].baud;
        line.parity = probing->options.framings[0].parity;
    }
    if (probing->options.timeout_ms > 0)
        line.timeout_ms = line.guard_ms = probing->options.timeout_ms;
    return line;
}

/* The one device the settings have on this link; -1: none, or several. */
static int configured_unit(const struct probing *probing)
{
    const struct probe_target *target = &probing->target;
    int unit = -1;

    for (size_t i = 0; target->link.name[0] != '\0' && i < target->settings->device_count; i++) {
        if (target->settings->devices[i].link_index != target->index)
            continue;
        if (unit >= 0)
            return -1;
        unit = (int)target->settings->devices[i].unit;
    }
    return unit;
}

static void take_unit(struct probing *probing, int unit)
{
    probing->scan.found[0] =
        (struct found_unit){.unit = (uint8_t)unit, .line = chosen_line(probing)};
    probing->scan.count = 1;
}

/* --units without --scan is a search as well. */
bool probe_is_search(const struct probing *probing)
{
    return probing->options.scan || typed_option(probing->typed, "--units") != NULL;
}

/* Without --scan and without a unit only the likely ones are asked, at one line setting. */
static void narrow_search(struct probing *probing)
{
    static const uint8_t likely[] = {0, 1, 2, 10, 55, 255};
    struct link_setup line = chosen_line(probing);

    for (size_t i = 0; i < sizeof likely; i++)
        probing->options.units[likely[i]] = probing->target.link.kind == LINK_TCP || likely[i] > 0;
    probing->options.some_units = true;
    probing->options.framings[0] = (struct probe_framing){line.baud, line.parity};
    probing->options.framing_count = 1;
}

static bool search(struct probing *probing, struct error *err)
{
    struct probe_scan *scan = &probing->scan;

    scan->options = &probing->options;
    scan->link = &probing->target.link;
    scan->named = probing->target.link.name[0] != '\0';
    scan->shelf = probing->shelf;
    scan->shows = shows(probing);
    if (probing->options.via ? !probe_via_scan(&probing->via, scan, err) : !probe_scan(scan, err))
        return false;
    probing->heard = scan->heard;
    probing->answered = scan->count > 0;
    return true;
}

static bool find_units(struct probing *probing, struct error *err)
{
    int unit = probing->options.unit;
    bool reads = probing->options.reads || probing->options.expected_count > 0;

    if (unit < 0 && !probe_is_search(probing))
        unit = configured_unit(probing);
    if (unit < 0 && reads && !probe_is_search(probing))
        unit = 1;
    if (unit >= 0) {
        take_unit(probing, unit);
        return true;
    }
    if (!probe_is_search(probing))
        narrow_search(probing);
    return search(probing, err);
}

/* The end -------------------------------------------------------------------------------------
 */

static bool finish_pieces(struct probing *probing, struct error *err)
{
    size_t existing = 0;

    if (probing->device_count > 0)
        conf_add_devices(&probing->pieces, &probing->target, probing->typed->dir, probing->devices,
                         probing->device_count);
    if (typed_option(probing->typed, "--write") != NULL)
        return conf_pieces_write(&probing->pieces, probing->typed->dir, &existing, err);
    if (!probing->typed->json)
        conf_pieces_print(&probing->pieces, probing->typed->dir);
    return true;
}

static json_t *pieces_json(const struct probing *probing)
{
    json_t *list = json_array();

    for (size_t i = 0; i < probing->pieces.count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", probing->pieces.list[i].name,
                                              "text", probing->pieces.list[i].text));
    return list;
}

static void print_json(struct probing *probing)
{
    const struct probe_scan *scan = &probing->scan;
    char place[300];
    json_t *out =
        json_pack("{s:s, s:s, s:b, s:b, s:b, s:O, s:o}", "link", probing->target.link.name, "place",
                  probe_target_text(&probing->target.link, place, sizeof place), "answered",
                  (int)probing->answered, "interrupted",
                  (int)(scan->stopped || probe_was_stopped(probing)), "ignores_units",
                  (int)scan->ignores_units, "units", probing->units, "files", pieces_json(probing));

    json_dumpf(out, stdout, JSON_COMPACT | JSON_REAL_PRECISION(12));
    putchar('\n');
    json_decref(out);
}

static bool work_on_all(struct probing *probing, struct error *err)
{
    bool good = true;

    if (!probing->typed->json)
        probe_say_scan(probing);
    for (size_t i = 0; good && i < probing->scan.count; i++) {
        if (i > 0 && !probing->typed->json)
            putchar('\n');
        good = probe_unit(probing, &probing->scan.found[i], err);
    }
    return good || probe_was_stopped(probing);
}

/* The collector knows its links by name, and its line stays as it is set. */
static bool go_via(struct probing *probing, struct error *err)
{
    const struct probe_target *target = &probing->target;

    if (target->link.name[0] == '\0')
        return error_set(
            err, ERROR_WRONG_USE,
            SAY("--via-collector 要用采集器的链路：%s 不在 %s/devices.conf 里；用 -c 指明它的"
                "配置目录",
                "--via-collector wants a link of the collector: %s is not in "
                "%s/devices.conf; name its folder of settings with -c"),
            probing->options.link, probing->typed->dir);
    if (probing->options.framing_count > 0)
        return error_set(err, ERROR_WRONG_USE, "%s",
                         SAY("--via-collector 不能改线路设置：请去掉 --baud 和 --parity",
                             "--via-collector leaves the line as it is set: leave out --baud and "
                             "--parity"));
    probing->via = (struct probe_via){.store_dir = target->settings->store_dir,
                                      .link = target->link.name,
                                      .timeout_ms = probing->options.timeout_ms,
                                      .shows = shows(probing)};
    probe_via_begin(&probing->via);
    return true;
}

static bool choose_way(struct probing *probing, struct error *err)
{
    const struct link_setup *link = &probing->target.link;

    if (probing->options.unit == 0 && link->kind != LINK_TCP)
        return error_set(err, ERROR_WRONG_USE, "%s",
                         SAY("--unit 0：串口线上 0 是对所有仪器的广播，谁也不回答；站号从 1 起",
                             "--unit 0: on a serial line 0 is a broadcast, which nobody answers; "
                             "unit ids begin at 1"));
    if (probing->options.via)
        return go_via(probing, err);
    if (link->kind == LINK_DIALIN)
        return error_set(err, ERROR_WRONG_USE,
                         SAY("链路 %s 由 4G 设备自己拨入，只有采集器接得到；先 %s run -c "
                             "%s，再加 --via-collector 探测",
                             "the 4G unit of link %s dials in, and only the collector has its "
                             "line; %s run -c %s first, then add --via-collector"),
                         link->name, probing->typed->program, probing->typed->dir);
    return probe_direct_may_open(&probing->target.link, !probing->typed->json, err);
}

static int run(struct probing *probing)
{
    struct error err = {0};
    bool good = probe_target_find(&probing->target, probing->typed, probing->options.link, &err) &&
                choose_way(probing, &err) && find_units(probing, &err) &&
                work_on_all(probing, &err) && finish_pieces(probing, &err);

    if (!good)
        return command_fail(probing->typed, &err);
    probe_say_next(probing);
    if (probing->typed->json)
        print_json(probing);
    else if (!probing->answered)
        probe_say_silence(probing, stderr);
    return probing->answered ? EXIT_DONE : EXIT_NO;
}

/* A parameter that is named must be one. */
static int check_expected(const struct probing *probing)
{
    for (size_t i = 0; i < probing->options.expected_count; i++) {
        const char *key = probing->options.expected[i].parameter;
        char name[CHANNEL_SIZE];
        const char *nearest;

        snprintf(name, sizeof name, "%.*s", (int)strcspn(key, "."), key);
        if (name[0] == '\0' || parameter_find(probing->shelf->parameters, name) != NULL)
            continue;
        nearest = parameter_nearest(probing->shelf->parameters, name);
        return line_wrong(probing->typed, NULL,
                          SAY("--expect：没有监测因子 %s%s%s；全部因子见 config/parameters.conf",
                              "--expect: there is no parameter %s%s%s; config/parameters.conf "
                              "lists them"),
                          name, nearest != NULL ? SAY("，是否想写 ", ", did you mean ") : "",
                          nearest != NULL ? nearest : "");
    }
    return 0;
}

static int begin(struct probing *probing)
{
    struct conf_faults *faults = conf_faults_new();
    struct error err = {0};
    int code = probe_options_read(&probing->options, probing->typed);

    if (code == 0)
        probing->shelf = shelf_open(probing->typed->dir, faults);
    conf_faults_free(faults); /* a wrong profile is left out here; `check` says what is wrong */
    if (code != 0)
        return code;
    if (probing->shelf == NULL) {
        error_set(&err, ERROR_SETTINGS, "%s",
                  SAY("找不到监测因子表 parameters.conf：程序没有装好",
                      "there is no parameters.conf: the program is not properly installed"));
        return command_fail(probing->typed, &err);
    }
    return check_expected(probing);
}

int command_probe(const struct typed *typed)
{
    struct probing *probing = calloc(1, sizeof *probing);
    int code;

    if (probing == NULL)
        return EXIT_COULD_NOT;
    probing->typed = typed;
    probing->direct.shows = command_shows_progress(typed);
    probing->way = (struct probe_way){ask_and_note, probing};
    probing->units = json_array();
    code = begin(probing);
    if (code == 0)
        code = run(probing);
    probe_direct_close(&probing->direct);
    conf_pieces_end(&probing->pieces);
    shelf_close(probing->shelf);
    probe_target_end(&probing->target);
    json_decref(probing->units);
    free(probing);
    return code;
}
