/* lookback probe: who is on a line, what its registers hold, and which of them show what the
 * display shows. Reads only; needs no settings. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/command_line.h"
#include "app/probe_holder.h"
#include "app/probe_options.h"
#include "app/probe_show.h"
#include "app/probe_target.h"
#include "base/say.h"

/* One run of the command. */
struct probing {
    const struct typed *typed;
    struct probe_options options;
    struct probe_target target;
    struct probe_line *line; /* NULL: the collector asks */
    bool silent;             /* the last question was not answered: the next is asked once */
    struct probe_way way;
    uint8_t unit;
    struct probe_words words;
    struct marks marks;
    bool answered; /* anybody, anything */
    json_t *out;
};

static bool ask_line(void *self, const struct request *requests, size_t count,
                     struct probe_answer *answers, struct error *err)
{
    struct probing *probing = self;

    for (size_t i = 0; i < count; i++) {
        if (!probe_line_ask(probing->line, &requests[i], !probing->silent, &answers[i], err))
            return false;
        probing->silent = !answers[i].answered && !answers[i].is_exception;
    }
    return true;
}

static bool say_held(const struct probing *probing, const struct holder *holder, struct error *err)
{
    const char *port = probing->target.link.path;
    char who[200];

    if (holder->pid == 0)
        return error_set(
            err, ERROR_DEVICE,
            SAY("串口 %s 正被另一个程序占用，且看不到是谁（用 root 运行可以看到）；请先停掉它",
                "port %s is held by another program, which only root can see; stop "
                "it first"),
            port);
    if (holder->store[0] == '\0')
        return error_set(err, ERROR_DEVICE,
                         SAY("串口 %s 正被 %s（进程 %d）占用；一条线上只能有一个主站，请先停掉它",
                             "port %s is held by %s (process %d); a line has one master only, stop "
                             "that one first"),
                         port, holder->program, (int)holder->pid);
    snprintf(who, sizeof who, "%s", holder->collector[0] != '\0' ? holder->collector : "?");
    return error_set(
        err, ERROR_DEVICE,
        SAY("串口 %s 正由采集器 %s 使用（进程 %d，数据在 %s）；加上 --via-collector 和它的 -c "
            "配置目录，由它在两次采集之间代问",
            "port %s is in use by the collector %s (process %d, store %s); add --via-collector and "
            "its -c DIR, and it asks between its polls"),
        port, who, (int)holder->pid, holder->store);
}

static void note_shared(const struct probing *probing, const struct holder *holder)
{
    if (!probing->typed->json)
        fprintf(stderr,
                SAY("注意：%s（进程 %d）也打开着 %s；若它也在发问，双方的帧都会被打乱\n",
                    "note: %s (process %d) has %s open too; if it asks as well, both spoil each "
                    "other's frames\n"),
                holder->program, (int)holder->pid, probing->target.link.path);
}

/* A port that somebody works on is left to him. */
static bool open_line(struct probing *probing, struct error *err)
{
    struct link_setup *link = &probing->target.link;
    struct holder holder = {.pid = 0};
    enum holding holding =
        link->kind == LINK_SERIAL ? probe_holder_find(link->path, &holder) : PORT_FREE;

    if (holding == PORT_LOCKED)
        return say_held(probing, &holder, err);
    if (holding == PORT_SHARED)
        note_shared(probing, &holder);
    if (probing->options.timeout_ms > 0)
        link->timeout_ms = link->guard_ms = probing->options.timeout_ms;
    if (probing->options.framing_count > 0) {
        link->baud = probing->options.framings[0].baud;
        link->parity = probing->options.framings[0].parity;
    }
    probing->line = probe_line_open(link, err);
    return probing->line != NULL;
}

/* --unit, else the one device the settings have on this link, else 1. */
static uint8_t unit_of(const struct probing *probing)
{
    const struct probe_target *target = &probing->target;
    int found = -1;

    if (probing->options.unit >= 0)
        return (uint8_t)probing->options.unit;
    for (size_t i = 0; target->link.name[0] != '\0' && i < target->settings->device_count; i++) {
        if (target->settings->devices[i].link_index != target->index)
            continue;
        if (found >= 0)
            return 1;
        found = (int)target->settings->devices[i].unit;
    }
    return found >= 0 ? (uint8_t)found : 1;
}

static void say_silence(const struct probing *probing)
{
    const struct link_setup *link = &probing->target.link;
    char place[300];

    if (link->kind == LINK_SERIAL)
        fprintf(stderr,
                SAY("%s（%d Bd，校验 %c）上 %d 号单元没有应答。依次检查：仪器通电了吗；A、B "
                    "线是否接反；"
                    "站号和波特率对吗（--scan 逐个找）\n",
                    "on %s (%d Bd, parity %c) unit %d does not answer. Check in this order: "
                    "is it powered; are A and B swapped; are unit id and baud rate right (--scan "
                    "looks for them)\n"),
                link->path, link->baud, link->parity, (int)probing->unit);
    else
        fprintf(stderr,
                SAY("%s 接通了，但 %d 号单元没有应答。检查站号（--scan "
                    "逐个找），以及网关后面的接线和电源\n",
                    "%s is connected, but unit %d does not answer. Check the unit id (--scan looks "
                    "for it), and wiring and power behind a gateway\n"),
                probe_target_text(link, place, sizeof place), (int)probing->unit);
}

static void show_words(struct probing *probing)
{
    const struct probe_options *options = &probing->options;

    if (probing->typed->json) {
        json_object_set_new(probing->out, "registers", probe_words_json(&probing->words));
        json_object_set_new(
            probing->out, "matches",
            probe_marks_json(&probing->marks, options->expected, options->expected_count));
        return;
    }
    probe_show_words(&probing->words, &probing->marks, options->all);
    probe_show_marks(&probing->marks, options->expected, options->expected_count);
}

static bool read_range(struct probing *probing, struct error *err)
{
    probing->words.range = probing->options.range;
    if (!probe_read(&probing->way, probing->unit, &probing->words, err))
        return false;
    probing->answered = probing->words.answered;
    if (!probing->answered)
        return true;
    probe_match(&probing->words, probing->options.expected, probing->options.expected_count,
                &probing->marks);
    show_words(probing);
    return true;
}

static int finish(struct probing *probing, bool good, const struct error *err)
{
    if (!good)
        return command_fail(probing->typed, err);
    if (probing->typed->json) {
        json_object_set_new(probing->out, "answered", json_boolean(probing->answered));
        json_dumpf(probing->out, stdout, JSON_COMPACT | JSON_REAL_PRECISION(12));
        putchar('\n');
    } else if (!probing->answered) {
        say_silence(probing);
    }
    return probing->answered ? EXIT_DONE : EXIT_NO;
}

static int run(struct probing *probing)
{
    struct error err = {0};
    char place[300];
    bool good;

    good = probe_target_find(&probing->target, probing->typed, probing->options.link, &err) &&
           open_line(probing, &err);
    probing->unit = good ? unit_of(probing) : 1;
    probing->out = json_pack("{s:s, s:s, s:i}", "link", probing->target.link.name, "place",
                             probe_target_text(&probing->target.link, place, sizeof place), "unit",
                             (int)probing->unit);
    good = good && read_range(probing, &err);
    return finish(probing, good, &err);
}

int command_probe(const struct typed *typed)
{
    struct probing *probing = calloc(1, sizeof *probing);
    int code;

    if (probing == NULL)
        return EXIT_COULD_NOT;
    probing->typed = typed;
    probing->way = (struct probe_way){ask_line, probing};
    code = probe_options_read(&probing->options, typed);
    if (code == 0 && !probing->options.reads)
        code = command_missing(typed, "--read");
    else if (code == 0)
        code = run(probing);
    probe_line_close(probing->line);
    probe_target_end(&probing->target);
    json_decref(probing->out);
    free(probing);
    return code;
}
