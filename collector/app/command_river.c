/* lookback river: how the sections of a river, or of one chief, did in a month. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command_line.h"
#include "base/say.h"
#include "base/version.h"
#include "report/draw.h"
#include "report/river.h"
#include "store/reader.h"
#include "town/river_gather.h"
#include "town/settings.h"
#include "town/shown.h"
#include "town/town.h"

enum { MONTHS = 3, NOW = 0, LAST_MONTH = 1, LAST_YEAR = 2 };

struct river_desk {
    struct settings *settings;
    struct catalog *town;
    struct reader *reader;
    struct river_terms terms;
    struct river_setup setup;
    struct wall_time now;
    struct river_month months[MONTHS];
};

/* --- which sections -------------------------------------------------------------------------- */

static bool has_chief(const struct site_setup *site, const char *name)
{
    for (size_t i = 0; i < site->chief_count; i++)
        if (strcmp(site->chiefs[i].name, name) == 0)
            return true;
    return false;
}

static bool is_asked(const struct typed *typed, const struct site_setup *site)
{
    const char *section = typed_option(typed, "--section");
    const char *river = typed_option(typed, "--river");
    const char *chief = typed_option(typed, "--chief");

    if (!site->is_section)
        return false;
    if (section != NULL)
        return strcmp(site->base.name, section) == 0 || strcmp(site->base.title, section) == 0;
    if (river != NULL)
        return strcmp(site->river, river) == 0 || strcmp(site->river_title, river) == 0;
    return has_chief(site, chief);
}

static void add_word(struct text *text, const char *word)
{
    if (*word != '\0' && strstr(text->bytes, word) == NULL)
        text_format(text, "%s%s", text->used == 0 ? "" : SAY("、", ", "), word);
}

/* None was found: says which there are. */
static int say_not_found(const struct typed *typed, const struct river_desk *desk)
{
    const char *option = typed_option(typed, "--section") != NULL ? "--section"
                         : typed_option(typed, "--river") != NULL ? "--river"
                                                                  : "--chief";
    struct error err = {0};
    char list[500];
    struct text text;

    text_init(&text, list, sizeof list);
    for (size_t i = 0; i < desk->settings->site_count; i++) {
        const struct site_setup *site = &desk->settings->sites[i];

        if (!site->is_section)
            continue;
        if (strcmp(option, "--section") == 0)
            add_word(&text, site->base.name);
        else if (strcmp(option, "--river") == 0)
            add_word(&text, site->river);
        for (size_t j = 0; strcmp(option, "--chief") == 0 && j < site->chief_count; j++)
            add_word(&text, site->chiefs[j].name);
    }
    error_set(&err, ERROR_NOT_FOUND,
              SAY("%s：没有“%.60s”；sites.conf 的断面里有：%s",
                  "%s: there is no \"%.60s\"; the sections of sites.conf name: %s"),
              option, typed_option(typed, option), text.used == 0 ? SAY("无", "none") : list);
    return command_fail(typed, &err);
}

/* --- a section ---------------------------------------------------------------------------------
 */

static json_t *report_section(struct river_desk *desk, const struct site_setup *site,
                              struct error *err)
{
    struct river_chief chiefs[CHIEFS_MAX];
    struct river_place place = {.site = site->base.name,
                                .title = site->base.title,
                                .village = site->base.village,
                                .river = site->river,
                                .river_title = site->river_title,
                                .body = water_bodies[site->body],
                                .target = site->target,
                                .chiefs = chiefs,
                                .chief_count = site->chief_count};
    json_t *section = NULL;
    char name[NAME_SIZE + 2];
    bool read = true;

    for (size_t i = 0; i < site->chief_count; i++)
        chiefs[i] = (struct river_chief){chief_tiers[site->chiefs[i].tier], site->chiefs[i].name};
    snprintf(name, sizeof name, "%s/", site->base.name);
    for (size_t i = 0; i < desk->settings->device_count; i++)
        place.simulated =
            place.simulated || (desk->settings->devices[i].simulated &&
                                strcmp(desk->settings->devices[i].site, site->base.name) == 0);
    for (int i = 0; read && i < MONTHS; i++)
        read = river_gather(desk->town, desk->reader, site->base.name, &desk->months[i], err);
    if (read)
        section = river_section_json(&desk->setup, &place, &desk->months[NOW],
                                     &desk->months[LAST_MONTH], &desk->months[LAST_YEAR]);
    for (int i = 0; i < MONTHS; i++) {
        free(desk->months[i].items);
        desk->months[i].items = NULL;
    }
    return section;
}

/* --- the desk -------------------------------------------------------------------------------- */

static bool read_month(const struct typed *typed, struct river_desk *desk)
{
    const char *words = typed_option(typed, "--month");
    struct error err = {0};
    char other[8];

    if (!river_month_of(words, desk->now, &desk->months[NOW])) {
        error_set(&err, ERROR_WRONG_USE,
                  SAY("--month：“%.40s”不是月份；写成 2026-10", "--month: \"%.40s\" is no month; "
                                                                "write 2026-10"),
                  words);
    } else if (desk->months[NOW].span.start.ms > desk->now.ms) {
        error_set(&err, ERROR_WRONG_USE, SAY("--month：%s 还没有开始", "--month: %s has not begun"),
                  words);
    } else {
        river_month_before(&desk->months[NOW], 1, other);
        river_month_of(other, desk->now, &desk->months[LAST_MONTH]);
        river_month_before(&desk->months[NOW], 12, other);
        river_month_of(other, desk->now, &desk->months[LAST_YEAR]);
        return true;
    }
    command_fail(typed, &err);
    return false;
}

static bool load_terms(const struct typed *typed, struct river_desk *desk)
{
    struct conf_faults *faults = conf_faults_new();
    char path[700];
    bool good;

    snprintf(path, sizeof path, "%s/river.conf", desk->settings->dir);
    if (access(path, F_OK) != 0)
        settings_data_path("config/river.conf", path, sizeof path);
    good = river_terms_load(&desk->terms, path, desk->settings->standards, faults);
    for (size_t i = 0; !good && i < conf_faults_count(faults); i++)
        command_fail(typed, conf_fault(faults, i));
    conf_faults_free(faults);
    desk->setup =
        (struct river_setup){&desk->terms, desk->settings->standards, desk->settings->parameters};
    return good;
}

/* 0, or an exit code after the error was printed; desk_close() in both cases. */
static int desk_open(const struct typed *typed, struct river_desk *desk)
{
    struct error err = {0};

    *desk = (struct river_desk){.now = clock_wall(clock_system())};
    desk->settings = command_settings(typed);
    if (desk->settings == NULL || !load_terms(typed, desk) || !read_month(typed, desk))
        return EXIT_WRONG;
    desk->town = town_new(desk->settings);
    if (desk->town == NULL)
        error_set(&err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    else
        desk->reader = reader_open(desk->settings->store_dir, &err);
    return desk->reader == NULL ? command_fail(typed, &err) : 0;
}

static void desk_close(struct river_desk *desk)
{
    reader_close(desk->reader);
    catalog_free(desk->town);
    settings_free(desk->settings);
}

/* --- the report ------------------------------------------------------------------------------ */

static const char *oxygen_words(const struct river_desk *desk)
{
    return desk->terms.oxygen == OXYGEN_FORM_A ? "A" : "B";
}

static json_t *report(const struct typed *typed, struct river_desk *desk, struct error *err)
{
    json_t *sections = json_array();

    for (size_t i = 0; i < desk->settings->site_count; i++) {
        json_t *section;

        if (!is_asked(typed, &desk->settings->sites[i]))
            continue;
        section = report_section(desk, &desk->settings->sites[i], err);
        if (section == NULL || json_array_append_new(sections, section) != 0) {
            json_decref(sections);
            return NULL;
        }
    }
    return json_pack("{s:s, s:b, s:s, s:s, s:o}", "month", desk->months[NOW].name, "over",
                     desk->months[NOW].over, "standard", desk->terms.standard, "oxygen_form",
                     oxygen_words(desk), "sections", sections);
}

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
    if (desk->months[NOW].over)
        return desk->months[NOW].span.end;
    return period_at(PERIOD_DAY, desk->now, NULL).start;
}

/* The report and what paper needs beside it. */
static bool draw(const struct typed *typed, const struct river_desk *desk, json_t *whole,
                 const char *path, struct error *err)
{
    static const char *const options[] = {"--section", "--river", "--chief"};
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
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (typed_option(typed, options[i]) != NULL)
            json_object_set_new(whole, "asked",
                                json_pack("{s:s, s:s}", "by", options[i] + 2, "name",
                                          typed_option(typed, options[i])));
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
        whole = report(typed, &desk, &err);
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
    if (code == 0 && out != NULL && !draw(typed, &desk, whole, out, &err))
        code = command_fail(typed, &err);
    else if (code == 0 && out != NULL && !typed->json)
        printf(SAY("已写出 %s\n", "%s is written\n"), out);
    if (code == 0 && !is_good(whole))
        code = EXIT_NO;
    json_decref(whole);
    desk_close(&desk);
    return code;
}
