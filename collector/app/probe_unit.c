/* One unit of a probe: read or recognised, shown, and kept as pieces of settings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/probe_run.h"
#include "app/probe_show.h"
#include "base/say.h"

enum { RANGES = 2 };

/* What was learned of one unit. */
struct unit_work {
    struct found_unit *found;
    struct candidates candidates;
    bool recognised; /* the candidates were looked for */
    struct probe_words words[RANGES];
    size_t words_count;
    struct marks marks;
    char model[64]; /* for devices.conf */
};

/* --read, or where the display's value is looked for when nothing was said: the first registers. */
static bool read_ranges(struct probing *probing, struct unit_work *work, struct error *err)
{
    static const enum register_area areas[] = {AREA_HOLDING_REGISTER, AREA_INPUT_REGISTER};
    const struct probe_options *options = &probing->options;

    work->words_count = options->reads ? 1 : RANGES;
    for (size_t i = 0; i < work->words_count; i++) {
        struct probe_words *words = &work->words[i];

        words->range =
            options->reads ? options->range : (struct probe_range){areas[i], 0, UNASKED_RANGE};
        if (!probe_read(&probing->way, work->found->unit, words, err))
            return false;
        probing->heard = words->heard;
        probe_match(words, options->expected, options->expected_count, &work->marks);
    }
    return true;
}

static bool recognise(struct probing *probing, struct unit_work *work, struct error *err)
{
    work->recognised = true;
    return probe_recognise(&probing->way, work->found->unit, probing->shelf, &work->found->line,
                           &work->candidates, err);
}

/* A unit that answered at all answers within some times of that; for values, patience is more. */
static struct link_setup patient_line(const struct probing *probing, const struct found_unit *found)
{
    struct link_setup line = found->line;
    int64_t least = probing->target.link.kind == LINK_SERIAL ? 300 : 1000;
    int64_t wanted = 4 * found->took_ms > least ? 4 * found->took_ms : least;

    if (probing->options.timeout_ms > 0)
        wanted = probing->options.timeout_ms;
    else if (!found->answered)
        return line;
    line.timeout_ms = line.guard_ms = wanted;
    return line;
}

static void name_model(struct unit_work *work)
{
    if (work->candidates.list != NULL && candidates_agree(&work->candidates))
        snprintf(work->model, sizeof work->model, "%s", work->candidates.list[0].profile->model);
    else
        snprintf(work->model, sizeof work->model, "my_probe_%d", (int)work->found->unit);
}

static void add_pieces(struct probing *probing, const struct unit_work *work)
{
    struct conf_device *device = &probing->devices[probing->device_count++];
    const struct probe_options *options = &probing->options;

    *device = (struct conf_device){.unit = work->found->unit, .line = work->found->line};
    snprintf(device->model, sizeof device->model, "%s", work->model);
    device->is_known = candidates_agree(&work->candidates) || work->marks.count > 0;
    for (size_t i = 0; i < work->candidates.count; i++)
        device->perhaps[i] = work->candidates.list[i].profile->model;
    conf_add_profile(&probing->pieces, work->model, probing->shelf, &work->found->line, work->words,
                     work->words_count, options->expected, options->expected_count, &work->marks);
}

static void show_unit(const struct probing *probing, const struct unit_work *work)
{
    const struct probe_options *options = &probing->options;
    const struct found_unit *found = work->found;
    char framing[32];

    probe_framing_text(&found->line, framing, sizeof framing);
    printf(SAY("站号 %d%s%s%s", "unit %d%s%s%s"), (int)found->unit,
           framing[0] != '\0' ? SAY("（", " (") : "", framing,
           framing[0] != '\0' ? SAY("）", ")") : "");
    if (found->answered && found->refused)
        printf(SAY("：有应答（%lld ms，异常 %d）", ": answers (%lld ms, exception %d)"),
               (long long)found->took_ms, (int)found->exception);
    else if (found->answered)
        printf(SAY("：有应答（%lld ms）", ": answers (%lld ms)"), (long long)found->took_ms);
    putchar('\n');
    if (work->recognised)
        probe_show_candidates(&work->candidates);
    for (size_t i = 0; i < work->words_count; i++)
        if (work->words[i].answered)
            probe_show_words(&work->words[i], &work->marks, options->all);
    probe_show_marks(&work->marks, options->expected, options->expected_count);
}

static void add_json(struct probing *probing, const struct unit_work *work)
{
    const struct found_unit *found = work->found;
    json_t *registers = json_array();
    char framing[32];

    probe_framing_text(&found->line, framing, sizeof framing);
    for (size_t i = 0; i < work->words_count; i++) {
        json_t *list = probe_words_json(&work->words[i]);

        json_array_extend(registers, list);
        json_decref(list);
    }
    json_array_append_new(probing->units,
                          json_pack("{s:i, s:s, s:o, s:I, s:o, s:o, s:o, s:s}", "unit",
                                    (int)found->unit, "line", framing, "exception",
                                    found->refused ? json_integer(found->exception) : json_null(),
                                    "answer_ms", (json_int_t)found->took_ms, "candidates",
                                    probe_candidates_json(&work->candidates), "registers",
                                    registers, "matches",
                                    probe_marks_json(&work->marks, probing->options.expected,
                                                     probing->options.expected_count),
                                    "model", work->model));
}

static bool ask_unit(struct probing *probing, struct unit_work *work, struct error *err)
{
    struct link_setup line = patient_line(probing, work->found);

    if (!probing->options.via && !probe_direct_open(&probing->direct, &line, err))
        return false;
    if (probing->options.reads || probing->options.expected_count > 0)
        return read_ranges(probing, work, err);
    return recognise(probing, work, err);
}

bool probe_unit(struct probing *probing, struct found_unit *found, struct error *err)
{
    struct unit_work *work = calloc(1, sizeof *work);
    bool reads = probing->options.reads || probing->options.expected_count > 0;
    bool good = work != NULL;

    if (work == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    work->found = found;
    if (!probing->scan.stopped) /* after Ctrl-C nothing more is asked */
        good = ask_unit(probing, work, err);
    name_model(work);
    if (probing->answered && (good || probe_was_stopped(probing))) {
        if (!reads || work->marks.count > 0)
            add_pieces(probing, work);
        if (probing->typed->json)
            add_json(probing, work);
        else
            show_unit(probing, work);
    }
    candidates_end(&work->candidates);
    free(work);
    return good;
}
