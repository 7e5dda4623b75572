#include "town/described.h"

#include <string.h>

#include "base/say.h"
#include "base/version.h"
#include "ledger/standard.h"
#include "model/quality.h"

static json_t *text_or_null(const char *words)
{
    return words[0] == '\0' ? json_null() : json_string(words);
}

/* Sites -----------------------------------------------------------------------------------------
 */

/* The kinds of sites, as a person reads them. */
static const char *const kind_words[][3] = {
    {"enterprise",    "企业",       "enterprise"   },
    {"restaurant",    "餐饮",       "restaurant"   },
    {"building_site", "工地",       "building site"},
    {"scrap_yard",    "废品回收", "scrap yard"   },
    {"rubbish_heap",  "垃圾堆点", "rubbish heap" },
    {"idle_land",     "闲置地块", "idle land"    },
    {"river_section", "河道断面", "river section"},
    {"lake",          "湖泊",       "lake"         },
    {"noise_point",   "噪声测点", "noise point"  },
    {"air_point",     "空气测点", "air point"    },
    {"other",         "其他",       "other"        },
};

static const char *kind_word(const char *kind, int language)
{
    for (size_t i = 0; i < sizeof kind_words / sizeof kind_words[0]; i++)
        if (strcmp(kind_words[i][0], kind) == 0)
            return kind_words[i][1 + language];
    return kind;
}

static json_t *section_json(const struct site_setup *site)
{
    json_t *chiefs;

    if (!site->is_section)
        return json_null();
    chiefs = json_array();
    for (size_t i = 0; i < site->chief_count; i++)
        json_array_append_new(chiefs,
                              json_pack("{s:s, s:s}", "tier", chief_tiers[site->chiefs[i].tier],
                                        "name", site->chiefs[i].name));
    return json_pack("{s:s, s:o, s:s, s:s, s:o}", "river", site->river, "river_title",
                     text_or_null(site->river_title), "target", water_classes[site->target - 1],
                     "body", water_bodies[site->body], "chiefs", chiefs);
}

static bool has_simulated(const struct settings *settings, size_t site)
{
    for (size_t i = 0; i < settings->device_count; i++)
        if (settings->devices[i].site_index == site && settings->devices[i].simulated)
            return true;
    return false;
}

static json_t *site_json(const struct settings *settings, size_t index)
{
    const struct site_setup *site = &settings->sites[index];
    const char *kind = settings_site_kind(site);
    json_t *location = site->has_location ? json_pack("[f, f]", site->lon, site->lat) : json_null();
    json_t *class = site->air_class > 0 ? json_integer(site->air_class) : json_null();

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:o, s:o, s:o}", "name",
                     site->base.name, "title", site->base.title, "kind", kind, "kind_zh",
                     kind_word(kind, 0), "kind_en", kind_word(kind, 1), "village",
                     site->base.village, "grid", site->base.grid, "address", site->address,
                     "location", location, "simulated", has_simulated(settings, index),
                     "noise_zone", text_or_null(site->noise_zone), "air_class", class, "section",
                     section_json(site));
}

static json_t *sites_json(const struct settings *settings)
{
    json_t *list = json_array();

    for (size_t i = 0; i < settings->site_count; i++)
        json_array_append_new(list, site_json(settings, i));
    return list;
}

/* Words -----------------------------------------------------------------------------------------
 */

static json_t *parameters_json(const struct parameters *parameters)
{
    json_t *list = json_array();

    for (size_t i = 0; i < parameters_count(parameters); i++) {
        const struct parameter *parameter = parameter_at(parameters, i);

        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:o}", "key",
                                              parameter->key, "zh", parameter->title_zh, "en",
                                              parameter->title_en, "unit", parameter->unit,
                                              "decimals", parameter->decimals, "medium",
                                              medium_word((enum medium)parameter->medium), "hj212",
                                              text_or_null(parameter->hj212)));
    }
    return list;
}

static json_t *word_json(const char *key, const char *zh, const char *en)
{
    return json_pack("{s:s, s:s, s:s}", "key", key, "zh", zh, "en", en);
}

static json_t *categories_json(const struct terms *terms)
{
    json_t *list = json_array();

    for (size_t i = 0; i < terms->category_count; i++) {
        const struct term *term = &terms->categories[i].term;

        json_array_append_new(list, word_json(term->key, term->zh, term->en));
    }
    return list;
}

static json_t *states_json(void)
{
    json_t *list = json_array();

    for (int i = 0; i < TASK_STATE_COUNT; i++) {
        const char *zh, *en;

        task_state_sentences((enum task_state)i, &zh, &en);
        json_array_append_new(list, word_json(task_state_word((enum task_state)i), zh, en));
    }
    return list;
}

static json_t *causes_json(void)
{
    json_t *list = json_array();

    for (int i = CAUSE_NONE + 1; i < CAUSE_COUNT; i++) {
        const char *zh, *en;

        cause_sentences((enum cause)i, &zh, &en);
        json_array_append_new(list, word_json(cause_word((enum cause)i), zh, en));
    }
    return list;
}

static json_t *qualities_json(void)
{
    json_t *list = json_array();

    for (int i = 0; i < QUALITY_COUNT; i++) {
        const char letter[] = {quality_letter((enum quality)i), '\0'};
        const char *zh, *en;

        quality_sentences((enum quality)i, &zh, &en);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "letter", letter, "word",
                                              quality_word((enum quality)i), "zh", zh, "en", en));
    }
    return list;
}

json_t *described_town(const struct settings *settings)
{
    const char *owner = settings_ledger_owner(settings);
    bool simulated = false;

    for (size_t i = 0; i < settings->device_count; i++)
        simulated = simulated || settings->devices[i].simulated;
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:s?, s:o, s:o, s:o, s:o, s:o, s:o}", "collector",
        settings->name, "title", settings->title, "timezone", settings->timezone, "language",
        settings->language == LANGUAGE_EN ? "en" : "zh", "version", version_text(), "simulated",
        simulated, "ledger", settings->ledger, "ledger_owner", owner, "sites", sites_json(settings),
        "parameters", parameters_json(settings->parameters), "categories",
        categories_json(settings->terms), "task_states", states_json(), "causes", causes_json(),
        "qualities", qualities_json());
}
