#include "report/picture.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "base/version.h"
#include "report/table.h"

#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN  "\033[0m"

struct picture {
    const struct status_view *view;
    struct reader *reader;
    bool plain;
    const char *note; /* NULL: none */
    uint64_t readings_before;
    struct mono_time drawn_before;
    double per_second;
    size_t problems; /* shown so far in this drawing */
};

struct picture *picture_new(const struct status_view *view, struct reader *reader, bool plain)
{
    struct picture *picture = calloc(1, sizeof *picture);

    if (picture == NULL)
        return NULL;
    picture->view = view;
    picture->reader = reader;
    picture->plain = plain;
    picture->drawn_before = clock_mono(view->clock);
    return picture;
}

void picture_free(struct picture *picture)
{
    free(picture);
}

void picture_note(struct picture *picture, const char *words)
{
    if (picture != NULL)
        picture->note = words;
}

/* Text padded to a width of the terminal, Chinese counted as two. */
static void pad(FILE *to, const char *text, size_t width)
{
    size_t has = display_width(text);

    fprintf(to, "%s%*s", text, has < width ? (int)(width - has) : 1, "");
}

static const char *colour(const struct picture *picture, const char *code)
{
    return picture->plain ? "" : code;
}

static void end_line(const struct picture *picture, FILE *to)
{
    fputs(picture->plain ? "\n" : "\033[K\n", to);
}

static void heading(const struct picture *picture, FILE *to, const char *words)
{
    fprintf(to, "%s%s%s", colour(picture, BOLD), words, colour(picture, PLAIN));
    end_line(picture, to);
}

static void clock_text(struct wall_time time, char *out, size_t size)
{
    time_t seconds = (time_t)(time.ms / 1000);
    struct tm local;

    out[0] = '\0';
    if (wall_is_known(time) && localtime_r(&seconds, &local) != NULL)
        strftime(out, size, "%H:%M:%S", &local);
}

static void draw_head(const struct picture *picture, FILE *to)
{
    const struct status_view *view = picture->view;
    char now[16];

    clock_text(clock_wall(view->clock), now, sizeof now);
    if (view->catalog->simulated)
        fprintf(to, "%s模拟数据 / SIMULATED%s   ", colour(picture, YELLOW), colour(picture, PLAIN));
    fprintf(to, SAY("Lookback %s  采集器 %s  %s（%s）", "Lookback %s  collector %s  %s (%s)"),
            version_text(), view->collector, now, view->timezone);
    end_line(picture, to);
    if (picture->note != NULL) {
        fputs(picture->note, to);
        end_line(picture, to);
    }
    end_line(picture, to);
}

static void draw_link(const struct picture *picture, FILE *to, const struct link_status *link)
{
    fputs("  ", to);
    pad(to, link->name, 14);
    pad(to, link_kind_word(link->kind), 8);
    if (link->up)
        fprintf(to, SAY("%s通%s  忙 %2.0f %%", "%sup%s    busy %2.0f %%"), colour(picture, GREEN),
                colour(picture, PLAIN), link->load * 100);
    else
        fprintf(to, SAY("%s断%s  %s", "%sdown%s  %s"), colour(picture, RED), colour(picture, PLAIN),
                cause_title((enum cause)link->cause));
    end_line(picture, to);
}

static void draw_links(const struct picture *picture, FILE *to)
{
    heading(picture, to, SAY("链路", "LINKS"));
    for (size_t i = 0; i < poller_link_count(picture->view->poller); i++) {
        struct link_status link;

        poller_link_status(picture->view->poller, i, &link);
        if (link.used)
            draw_link(picture, to, &link);
    }
    end_line(picture, to);
}

static const char *quality_colour(enum quality quality)
{
    return quality == QUALITY_NORMAL ? GREEN : quality == QUALITY_NO_ANSWER ? RED : YELLOW;
}

static void draw_reading(const struct picture *picture, FILE *to, const struct catalog_point *point,
                         const struct reading *reading, const char *when)
{
    char name[POINT_SIZE];
    char words[64];
    struct text text;

    text_init(&text, words, sizeof words);
    if (!reading_has_value(reading))
        text_add(&text, "–");
    else if (point->parameter == NULL)
        text_add_number(&text, reading->value);
    else /* shown to the parameter's decimals; what is stored and judged is the whole value */
        text_format(&text, "%.*f %s", point->parameter->decimals, reading->value,
                    point->parameter->unit);
    fputs("  ", to);
    pad(to, catalog_point_name(picture->view->catalog, point, name), 38);
    pad(to, point->parameter == NULL ? "" : parameter_title(point->parameter), 20);
    pad(to, words, 18);
    fprintf(to, "%s%c %s%s  %s%s%s", colour(picture, quality_colour(reading->quality)),
            quality_letter(reading->quality), quality_title(reading->quality),
            colour(picture, PLAIN), colour(picture, DIM), when, colour(picture, PLAIN));
    if (reading->quality != QUALITY_NORMAL && reading->cause != CAUSE_NONE)
        fprintf(to, "  %s", cause_title((enum cause)reading->cause));
    end_line(picture, to);
}

static void draw_readings(const struct picture *picture, FILE *to)
{
    enum { ROWS = 24 };
    size_t rows = 0;

    heading(picture, to, SAY("最新读数", "LATEST READINGS"));
    for (size_t i = 0; i < poller_device_count(picture->view->poller); i++) {
        struct device_status device;
        char when[16];

        poller_device_status(picture->view->poller, i, &device);
        clock_text(device.read_at, when, sizeof when);
        for (size_t j = 0; j < device.reading_count && rows < ROWS; j++) {
            const struct catalog_point *point =
                catalog_point(picture->view->catalog, device.readings[j].point);

            if (point != NULL && device.polls > 0) {
                draw_reading(picture, to, point, &device.readings[j], when);
                rows++;
            }
        }
    }
    end_line(picture, to);
}

struct problem_line {
    struct picture *picture;
    FILE *to;
    size_t open;
};

/* "71.9 dB"; "–" when it is not known. */
static void worst_text(const struct picture *picture, const json_t *problem, const char *name,
                       struct text *text)
{
    const json_t *value = json_object_get(json_object_get(problem, "worst"), "value");
    const struct catalog_point *point = catalog_find_point(picture->view->catalog, name);

    if (!json_is_number(value))
        text_add(text, "–");
    else if (point == NULL || point->parameter == NULL)
        text_add_number(text, json_number_value(value));
    else
        text_format(text, "%.*f %s", point->parameter->decimals, json_number_value(value),
                    point->parameter->unit);
}

static bool draw_problem(void *self, const char *body)
{
    enum { ROWS = 6 };
    struct problem_line *line = self;
    json_t *problem = json_loads(body, 0, NULL);
    const char *state = json_string_value(json_object_get(problem, "state"));
    const char *point = json_string_value(json_object_get(problem, "point"));
    char words[48];
    struct text text;
    bool open = state != NULL && strcmp(state, "open") == 0;

    line->open += open;
    if (line->picture->problems++ < ROWS && point != NULL && state != NULL) {
        text_init(&text, words, sizeof words);
        worst_text(line->picture, problem, point, &text);
        fprintf(line->to, "  %s", colour(line->picture, open ? RED : GREEN));
        pad(line->to, open ? SAY("超标中", "open") : SAY("已恢复", "recovered"), 10);
        fputs(colour(line->picture, PLAIN), line->to);
        pad(line->to, point, 40);
        fprintf(line->to, SAY("最差 %s，第 %lld 次", "worst %s, episode %lld"), words,
                (long long)json_integer_value(json_object_get(problem, "episodes")));
        end_line(line->picture, line->to);
    }
    json_decref(problem);
    return true;
}

static void draw_problems(struct picture *picture, FILE *to)
{
    struct problem_line line = {.picture = picture, .to = to};

    picture->problems = 0;
    heading(picture, to, SAY("问题", "PROBLEMS"));
    if (picture->reader != NULL)
        reader_problems(picture->reader, NULL, NULL, NULL, NULL, draw_problem, &line, NULL);
    if (picture->problems == 0) {
        fputs(SAY("  没有问题", "  none"), to);
        end_line(picture, to);
    }
    end_line(picture, to);
}

static void measure_rate(struct picture *picture, const struct poller_totals *totals)
{
    struct mono_time now = clock_mono(picture->view->clock);
    double passed = (double)(now.ns - picture->drawn_before.ns) / 1e9;

    if (passed < 1.0)
        return;
    picture->per_second = (double)(totals->readings - picture->readings_before) / passed;
    picture->readings_before = totals->readings;
    picture->drawn_before = now;
}

static void draw_outputs(const struct picture *picture, FILE *to)
{
    for (size_t i = 0; i < picture->view->sender_count; i++) {
        struct sender_status status;

        sender_status(picture->view->senders[i], &status);
        fprintf(to,
                SAY("  输出 %s：%s，已送达 %llu，积压 %llu  %s",
                    "  output %s: %s, delivered %llu, backlog %llu  %s"),
                status.name, sender_state_word(status.state), (unsigned long long)status.sent,
                (unsigned long long)status.backlog, status.text);
        end_line(picture, to);
    }
}

static void draw_flow(struct picture *picture, FILE *to)
{
    struct poller_totals totals;
    struct recorder_status recorder;

    poller_totals(picture->view->poller, &totals);
    recorder_status(picture->view->recorder, &recorder);
    measure_rate(picture, &totals);
    heading(picture, to, SAY("流量", "FLOW"));
    fprintf(to,
            SAY("  每秒 %.1f 个读数；采集 %llu 次（失败 %llu，跳过 %llu）；已存到序号 %llu；"
                "提交中位耗时 %.1f ms",
                "  %.1f readings/s; %llu polls (%llu failed, %llu skipped); stored up to %llu; "
                "median commit %.1f ms"),
            picture->per_second, (unsigned long long)totals.polls,
            (unsigned long long)totals.failed, (unsigned long long)totals.skipped,
            (unsigned long long)recorder.committed, recorder.commit_ms_p50);
    end_line(picture, to);
    draw_outputs(picture, to);
}

void picture_draw(struct picture *picture, FILE *to)
{
    char *frame = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&frame, &size);

    if (memory == NULL)
        return;
    if (!picture->plain)
        fputs("\033[H", memory);
    draw_head(picture, memory);
    draw_links(picture, memory);
    draw_readings(picture, memory);
    draw_problems(picture, memory);
    draw_flow(picture, memory);
    if (!picture->plain)
        fputs("\033[J", memory);
    fclose(memory);
    fwrite(frame, 1, size, to);
    fflush(to);
    free(frame);
}
