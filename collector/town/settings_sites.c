#include "town/settings_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

/* clang-format off */
const char *const chief_tiers[] = {"city", "district", "town", "village", NULL};

struct site_row {
    struct site_setup setup;
    int noise_zone;
    int64_t air_class;
};

struct section_row {
    char river[NAME_SIZE];
    char river_title[TITLE_SIZE];
    int target;
    int body;
};

static const struct conf_key site_keys[] = {
    {"name", CONF_NAME, true, FIELD(struct site_row, setup.base.name), 0, 0, NULL, NULL,
     "点位名，全镇唯一", "the site's name, one of its kind in the town"},
    {"title", CONF_TEXT, true, FIELD(struct site_row, setup.base.title), 0, 0, NULL, NULL,
     "中文名称", "its title"},
    {"kind", CONF_CHOICE, true, FIELD(struct site_row, setup.kind), 0, 0, NULL, place_kinds,
     "点位种类", "what it is"},
    {"village", CONF_TEXT, false, FIELD(struct site_row, setup.base.village), 0, 0, "", NULL,
     "村居", "village or neighbourhood"},
    {"grid", CONF_TEXT, false, FIELD(struct site_row, setup.base.grid), 0, 0, "", NULL,
     "网格", "grid cell"},
    {"address", CONF_TEXT, false, FIELD(struct site_row, setup.address), 0, 0, "", NULL,
     "地址", "address"},
    {"credit_code", CONF_TEXT, false, FIELD(struct site_row, setup.credit_code), 0, 0, "", NULL,
     "统一社会信用代码", "unified social credit code"},
    {"location", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "[经度, 纬度]", "[lon, lat]"},
    {"noise_zone", CONF_CHOICE, false, FIELD(struct site_row, noise_zone), 0, 0, NULL, noise_zones,
     "声环境功能区", "noise zone"},
    {"noise_place", CONF_CHOICE, false, FIELD(struct site_row, setup.noise_place), 0, 0, "ambient",
     noise_places, "噪声测点性质", "what noise is measured there"},
    {"air_class", CONF_INT, false, FIELD(struct site_row, air_class), 1, 2, "2", NULL,
     "环境空气功能区", "ambient air class"},
    {"section", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "断面", "river section"},
};

static const struct conf_key section_keys[] = {
    {"river", CONF_NAME, true, FIELD(struct section_row, river), 0, 0, NULL, NULL,
     "河道名", "the river's name"},
    {"river_title", CONF_TEXT, false, FIELD(struct section_row, river_title), 0, 0, "", NULL,
     "河道中文名称", "the river's title"},
    {"target", CONF_CHOICE, true, FIELD(struct section_row, target), 0, 0, NULL, water_classes,
     "目标水质类别", "target class"},
    {"body", CONF_CHOICE, false, FIELD(struct section_row, body), 0, 0, NULL, water_bodies,
     "水体种类", "kind of water"},
    {"chiefs", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "河长 ( {…}, … )", "chiefs ( {…}, … )"},
};

static const struct conf_key chief_keys[] = {
    {"tier", CONF_CHOICE, true, FIELD(struct chief, tier), 0, 0, NULL, chief_tiers,
     "级别", "tier"},
    {"name", CONF_TEXT, true, FIELD(struct chief, name), 0, 0, NULL, NULL,
     "姓名", "name"},
};
/* clang-format on */

static void read_chiefs(struct site_setup *site, struct conf_at section, struct conf_faults *faults)
{
    struct conf_at chiefs = conf_member(section, "chiefs");
    struct chief row = {.tier = 0};

    for (size_t i = 0; i < conf_length(chiefs); i++) {
        conf_read(conf_element(chiefs, i), chief_keys, ROWS(chief_keys), &row, NULL, faults);
        if (site->chief_count < CHIEFS_MAX)
            site->chiefs[site->chief_count++] = row;
        else
            conf_complain(faults, conf_element(chiefs, i), "chiefs",
                          SAY("一个断面最多 %d 位河长", "a section has at most %d chiefs"),
                          CHIEFS_MAX);
    }
}

static void read_section(struct site_setup *site, struct conf_at at, struct conf_faults *faults)
{
    bool is_lake = strcmp(place_kinds[site->kind], "lake") == 0;
    struct section_row row = {.target = -1, .body = is_lake ? 1 : 0};

    conf_read(at, section_keys, ROWS(section_keys), &row, NULL, faults);
    read_chiefs(site, at, faults);
    site->is_section = true;
    memcpy(site->river, row.river, sizeof site->river);
    memcpy(site->river_title, row.river_title, sizeof site->river_title);
    site->target = row.target + 1;
    site->body = row.body;
}

static void read_location(struct site_setup *site, struct conf_at at, struct conf_faults *faults)
{
    site->has_location = settings_pair(at, &site->lon, &site->lat) && site->lon >= -180.0 &&
                         site->lon <= 180.0 && site->lat >= -90.0 && site->lat <= 90.0;
    if (!site->has_location)
        conf_complain(faults, at, "location",
                      SAY("要写 [经度, 纬度]，单位为度，例如 [121.03, 31.11]",
                          "[longitude, latitude] in degrees is wanted, as [121.03, 31.11]"));
}

static void read_site(struct site_setup *site, struct conf_at at, struct conf_faults *faults)
{
    struct site_row row = {.noise_zone = -1};

    conf_read(at, site_keys, ROWS(site_keys), &row, NULL, faults);
    row.setup.air_class = (int)row.air_class;
    if (row.noise_zone >= 0)
        strcpy(row.setup.noise_zone, noise_zones[row.noise_zone]);
    if (conf_is_there(conf_member(at, "location")))
        read_location(&row.setup, conf_member(at, "location"), faults);
    if (conf_is_there(conf_member(at, "section")))
        read_section(&row.setup, conf_member(at, "section"), faults);
    *site = row.setup;
}

struct place settings_place(const struct site_setup *site)
{
    struct place place = {.air_class = site->air_class, .water_class = site->target};

    snprintf(place.kind, sizeof place.kind, "%s", place_kinds[site->kind]);
    snprintf(place.noise_zone, sizeof place.noise_zone, "%s", site->noise_zone);
    snprintf(place.noise_place, sizeof place.noise_place, "%s", noise_places[site->noise_place]);
    if (site->is_section)
        snprintf(place.water_body, sizeof place.water_body, "%s", water_bodies[site->body]);
    return place;
}

void settings_read_sites(struct loading *loading)
{
    struct settings *settings = loading->settings;
    struct name_index *names = NULL;
    struct conf *conf = settings_conf(loading, "sites.conf", false);
    struct conf_at list;

    if (conf == NULL)
        return;
    settings->sites =
        settings_rows(conf_root(conf), "sites", sizeof *settings->sites, &list, loading->faults);
    loading->sites_known = conf_is_there(list);
    names = name_index_new(conf_length(list));
    for (size_t i = 0; settings->sites != NULL && i < conf_length(list); i++) {
        struct site_setup *site = &settings->sites[settings->site_count++];

        read_site(site, conf_element(list, i), loading->faults);
        name_index_add(names, site->base.name, (uint32_t)i, conf_element(list, i));
    }
    name_index_close(names, "name", loading->faults);
    name_index_free(names);
    conf_free(conf);
}

const char *settings_site_kind(const struct site_setup *site)
{
    return place_kinds[site->kind];
}
