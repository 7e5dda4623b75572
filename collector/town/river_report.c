#include "town/river_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"
#include "base/text.h"
#include "town/river_gather.h"
#include "town/town.h"

const char *const river_by_words[] = {"section", "river", "chief", NULL};

/* --- which sections -------------------------------------------------------------------------- */

static bool has_chief(const struct site_setup *site, const char *name)
{
    for (size_t i = 0; i < site->chief_count; i++)
        if (strcmp(site->chiefs[i].name, name) == 0)
            return true;
    return false;
}

bool river_asks(enum river_by by, const char *name, const struct site_setup *site)
{
    if (!site->is_section)
        return false;
    if (by == RIVER_BY_SECTION)
        return strcmp(site->base.name, name) == 0 || strcmp(site->base.title, name) == 0;
    if (by == RIVER_BY_RIVER)
        return strcmp(site->river, name) == 0 || strcmp(site->river_title, name) == 0;
    return has_chief(site, name);
}

static void add_word(struct text *text, const char *word)
{
    if (*word != '\0' && strstr(text->bytes, word) == NULL)
        text_format(text, "%s%s", text->used == 0 ? "" : SAY("、", ", "), word);
}

char *river_names(const struct settings *settings, enum river_by by, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    for (size_t i = 0; i < settings->site_count; i++) {
        const struct site_setup *site = &settings->sites[i];

        if (!site->is_section)
            continue;
        if (by == RIVER_BY_SECTION)
            add_word(&text, site->base.name);
        else if (by == RIVER_BY_RIVER)
            add_word(&text, site->river);
        for (size_t j = 0; by == RIVER_BY_CHIEF && j < site->chief_count; j++)
            add_word(&text, site->chiefs[j].name);
    }
    return out;
}

/* --- what it is made with -------------------------------------------------------------------- */

bool river_report_month(struct river_report *report, const char *words, struct wall_time now,
                        struct error *err)
{
    char other[8];

    report->now = now;
    if (!river_month_of(words, now, &report->months[RIVER_NOW]))
        return error_set(err, ERROR_WRONG_USE,
                         SAY("“%.40s”不是月份；写成 2026-10", "\"%.40s\" is no month; write "
                                                              "2026-10"),
                         words);
    if (report->months[RIVER_NOW].span.start.ms > now.ms)
        return error_set(err, ERROR_WRONG_USE, SAY("%s 还没有开始", "%s has not begun"), words);
    river_month_before(&report->months[RIVER_NOW], 1, other);
    river_month_of(other, now, &report->months[RIVER_LAST_MONTH]);
    river_month_before(&report->months[RIVER_NOW], 12, other);
    river_month_of(other, now, &report->months[RIVER_LAST_YEAR]);
    return true;
}

bool river_report_terms(struct river_report *report, const struct settings *settings,
                        void (*fault)(void *self, const struct error *err), void *self)
{
    struct conf_faults *faults = conf_faults_new();
    char path[700];
    bool good;

    snprintf(path, sizeof path, "%s/river.conf", settings->dir);
    if (access(path, F_OK) != 0)
        settings_data_path("config/river.conf", path, sizeof path);
    good = river_terms_load(&report->terms, path, settings->standards, faults);
    for (size_t i = 0; !good && fault != NULL && i < conf_faults_count(faults); i++)
        fault(self, conf_fault(faults, i));
    conf_faults_free(faults);
    report->settings = settings;
    report->setup = (struct river_setup){&report->terms, settings->standards, settings->parameters};
    return good;
}

bool river_report_open(struct river_report *report, struct error *err)
{
    report->town = town_new(report->settings);
    if (report->town == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    report->reader = reader_open(report->settings->store_dir, err);
    return report->reader != NULL;
}

void river_report_end(struct river_report *report)
{
    reader_close(report->reader);
    catalog_free(report->town);
    report->reader = NULL;
    report->town = NULL;
}

/* --- a section ------------------------------------------------------------------------------- */

static json_t *report_section(struct river_report *report, const struct site_setup *site,
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
    const struct settings *settings = report->settings;
    json_t *section = NULL;
    bool read = true;

    for (size_t i = 0; i < site->chief_count; i++)
        chiefs[i] = (struct river_chief){chief_tiers[site->chiefs[i].tier], site->chiefs[i].name};
    for (size_t i = 0; i < settings->device_count; i++)
        place.simulated =
            place.simulated || (settings->devices[i].simulated &&
                                strcmp(settings->devices[i].site, site->base.name) == 0);
    for (int i = 0; read && i < RIVER_MONTHS; i++)
        read = river_gather(report->town, report->reader, site->base.name, &report->months[i], err);
    if (read)
        section =
            river_section_json(&report->setup, &place, &report->months[RIVER_NOW],
                               &report->months[RIVER_LAST_MONTH], &report->months[RIVER_LAST_YEAR]);
    for (int i = 0; i < RIVER_MONTHS; i++) {
        free(report->months[i].items);
        report->months[i].items = NULL;
    }
    return section;
}

/* --- the whole ------------------------------------------------------------------------------- */

json_t *river_report_make(struct river_report *report, enum river_by by, const char *name,
                          bool (*is_stopped)(void *self), void *self, struct error *err)
{
    const struct settings *settings = report->settings;
    json_t *sections = json_array();

    for (size_t i = 0; i < settings->site_count; i++) {
        json_t *section = NULL;

        if (!river_asks(by, name, &settings->sites[i]))
            continue;
        if (is_stopped == NULL || !is_stopped(self))
            section = report_section(report, &settings->sites[i], err);
        if (section == NULL || json_array_append_new(sections, section) != 0) {
            json_decref(sections);
            return NULL;
        }
    }
    return json_pack("{s:s, s:b, s:s, s:s, s:o}", "month", report->months[RIVER_NOW].name, "over",
                     report->months[RIVER_NOW].over, "standard", report->terms.standard,
                     "oxygen_form", report->terms.oxygen == OXYGEN_FORM_A ? "A" : "B", "sections",
                     sections);
}
