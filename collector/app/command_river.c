/* lookback river: how the sections of a river, or of one chief, did in a month. */
#include <stdio.h>
#include <string.h>

#include "app/command_line.h"
#include "base/say.h"
#include "base/version.h"
#include "report/draw.h"
#include "town/river_report.h"
#include "town/shown.h"

struct river_desk {
    struct settings *settings;
    enum river_by by;
    const char *name;
    struct river_report report;
};

/* --- the desk -------------------------------------------------------------------------------- */

static const char *const options[RIVER_BY_COUNT] = {"--section", "--river", "--chief"};

/* None was found: says which there are. */
static int say_not_found(const struct typed *typed, const struct river_desk *desk)
{
    struct error err = {0};
    char list[500];

    river_names(desk->settings, desk->by, list, sizeof list);
    error_set(&err, ERROR_NOT_FOUND,
              SAY("%s：没有“%.60s”；sites.conf 的断面里有：%s",
                  "%s: there is no \"%.60s\"; the sections of sites.conf name: %s"),
              options[desk->by], desk->name, list[0] == '\0' ? SAY("无", "none") : list);
    return command_fail(typed, &err);
}

static bool read_month(const struct typed *typed, struct river_desk *desk)
{
    struct error err = {0};
    struct error said = {0};

    if (river_report_month(&desk->report, typed_option(typed, "--month"),
                           clock_wall(clock_system()), &err))
        return true;
    error_set(&said, err.kind, SAY("--month：%s", "--month: %s"), err.text);
    command_fail(typed, &said);
    return false;
}

static void say_fault(void *self, const struct error *err)
{
    command_fail(self, err);
}

/* 0, or an exit code after the error was printed; desk_close() in both cases. */
static int desk_open(const struct typed *typed, struct river_desk *desk)
{
    struct error err = {0};

    *desk = (struct river_desk){.settings = command_settings(typed)};
    for (int i = 0; i < RIVER_BY_COUNT; i++)
        if (typed_option(typed, options[i]) != NULL) {
            desk->by = (enum river_by)i;
            desk->name = typed_option(typed, options[i]);
        }
    if (desk->settings == NULL ||
        !river_report_terms(&desk->report, desk->settings, say_fault, (void *)typed) ||
        !read_month(typed, desk))
        return EXIT_WRONG;
    return river_report_open(&desk->report, &err) ? 0 : command_fail(typed, &err);
}

static void desk_close(struct river_desk *desk)
{
    river_report_end(&desk->report);
    settings_free(desk->settings);
}

/* --- the report ------------------------------------------------------------------------------ */

/* Every target met. */
static bool is_good(const json_t *whole)
{
    const json_t *sections = json_object_get(whole, "sections");

    for (size_t i = 0; i < json_array_size(sections); i++)
        if (strcmp(text_of(json_array_get(sections, i), "answer"), "met") != 0)
            return false;
    return true;
}

static void print_report(const struct river_desk *desk, const json_t *whole)
{
    bool simulated = false;

    for (size_t i = 0; i < json_array_size(json_object_get(whole, "sections")); i++)
        simulated =
            simulated || json_is_true(json_object_get(
                             json_array_get(json_object_get(whole, "sections"), i), "simulated"));
    if (simulated)
        say_simulated(desk->settings, NULL);
    river_print(whole, stdout);
}

/* Of a month that is over its end; else the last midnight: nothing of the report is younger. */
static struct wall_time made_of(const struct river_desk *desk)
{
    const struct river_month *month = &desk->report.months[RIVER_NOW];

    if (month->over)
        return month->span.end;
    return period_at(PERIOD_DAY, desk->report.now, NULL).start;
}

/* The report and what paper needs beside it. */
static bool draw(const struct river_desk *desk, json_t *whole, const char *path, struct error *err)
{
    const json_t *sections = json_object_get(whole, "sections");
    bool simulated = false;
    char made[WALL_TEXT];

    for (size_t i = 0; i < json_array_size(sections); i++)
        simulated =
            simulated || json_is_true(json_object_get(json_array_get(sections, i), "simulated"));
    json_object_update_new(whole, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "lang",
                                            SAY("zh", "en"), "timezone", desk->settings->timezone,
                                            "made", wall_text(made_of(desk), made), "collector",
                                            desk->settings->name, "program", version_text(),
                                            "simulated", simulated));
    json_object_set_new(
        whole, "asked",
        json_pack("{s:s, s:s}", "by", river_by_words[desk->by], "name", desk->name));
    return draw_document("river", whole, path, err);
}

/* --out is a PDF; the month and what is asked about are said once. Else the sentence is printed. */
static bool is_well_asked(const struct typed *typed)
{
    const char *out = typed_option(typed, "--out");
    int asked = (typed_option(typed, "--section") != NULL) +
                (typed_option(typed, "--river") != NULL) + (typed_option(typed, "--chief") != NULL);
    struct error err = {0};

    if (asked != 1)
        error_set(&err, ERROR_WRONG_USE, "%s",
                  SAY("--section、--river、--chief 要写一个，也只写一个",
                      "one of --section, --river and --chief is wanted, and only one"));
    else if (typed_option(typed, "--month") == NULL)
        error_set(&err, ERROR_WRONG_USE, "%s",
                  SAY("缺少 --month，如 --month 2026-10", "--month is missing, as in --month "
                                                          "2026-10"));
    else if (out != NULL && !draw_is_for(out, ".pdf"))
        error_set(&err, ERROR_WRONG_USE, SAY("--out：%.200s 不是 .pdf", "--out: %.200s is no .pdf"),
                  out);
    else
        return true;
    command_fail(typed, &err);
    return false;
}

int command_river(const struct typed *typed)
{
    const char *out = typed_option(typed, "--out");
    struct river_desk desk;
    struct error err = {0};
    json_t *whole = NULL;
    int code;

    if (!is_well_asked(typed))
        return EXIT_WRONG;
    code = desk_open(typed, &desk);
    if (code == 0) {
        whole = river_report_make(&desk.report, desk.by, desk.name, NULL, NULL, &err);
        if (whole == NULL)
            code = command_fail(typed, &err);
        else if (json_array_size(json_object_get(whole, "sections")) == 0)
            code = say_not_found(typed, &desk);
    }
    if (code == 0 && typed->json) {
        json_dumpf(whole, stdout, JSON_COMPACT);
        putchar('\n');
    } else if (code == 0) {
        print_report(&desk, whole);
    }
    if (code == 0 && out != NULL && !draw(&desk, whole, out, &err))
        code = command_fail(typed, &err);
    else if (code == 0 && out != NULL && !typed->json)
        printf(SAY("已写出 %s\n", "%s is written\n"), out);
    if (code == 0 && !is_good(whole))
        code = EXIT_NO;
    json_decref(whole);
    desk_close(&desk);
    return code;
}
