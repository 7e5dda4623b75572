/* small_town.h - a catalog of two sites for the tests of this room: one sonde that measures water
 * and weather, one probe that left the settings. */
#ifndef TESTS_SMALL_TOWN_H
#define TESTS_SMALL_TOWN_H

#include <string.h>

#include "base/say.h"
#include "model/catalog.h"
#include "model/reading.h"

enum { SONDE = 7, RETIRED = 9, PH = 11, TEMPERATURE = 12, RAIN = 13, OLD_PH = 14 };

static const struct parameter town_ph = {.key = "ph",
                                         .title_zh = "pH值",
                                         .title_en = "pH",
                                         .decimals = 2,
                                         .medium = MEDIUM_WATER,
                                         .hj212 = "w01001"};
static const struct parameter town_temperature = {.key = "water_temperature",
                                                  .title_zh = "水温",
                                                  .title_en = "water temperature",
                                                  .unit = "degC",
                                                  .decimals = 1,
                                                  .medium = MEDIUM_WATER,
                                                  .hj212 = "w01010"};
static const struct parameter town_rain = {.key = "rain",
                                           .title_zh = "雨量",
                                           .title_en = "rain",
                                           .unit = "mm",
                                           .decimals = 1,
                                           .medium = MEDIUM_WEATHER};

static struct catalog_site town_sites[] = {
    {.name = "chuanyang-03", .title = "川杨河 3 号断面"},
    {.name = "dock",         .title = "码头"               },
};

static struct catalog_device town_devices[] = {
    {.id = SONDE,
     .site = 0,
     .name = "sonde",
     .title = "水质仪",
     .model = "example_wq300",
     .every_ms = 60000,
     .simulated = true,
     .active = true,
     .first_point = 0,
     .point_count = 3},
    {.id = RETIRED,
     .site = 1,
     .name = "probe",
     .title = "旧探头",
     .model = "gone",
     .first_point = 3,
     .point_count = 1},
};

static struct catalog_point town_points[] = {
    {.id = PH,          .device = 0, .channel = "ph",       .parameter = &town_ph  },
    {.id = TEMPERATURE,
     .device = 0,
     .channel = "water_temperature",
     .parameter = &town_temperature                                                },
    {.id = RAIN,        .device = 0, .channel = "rain.max", .parameter = &town_rain},
    {.id = OLD_PH,      .device = 1, .channel = "ph",       .parameter = &town_ph  },
};

static struct catalog town = {.collector = "zj-01",
                              .sites = town_sites,
                              .site_count = 2,
                              .devices = town_devices,
                              .device_count = 2,
                              .points = town_points,
                              .point_count = 4};

static inline void town_open(void)
{
    say_in(LANGUAGE_EN);
    catalog_index(&town);
}

static inline void town_close(void)
{
    free(town.device_of_id);
    free(town.point_of_id);
    town.device_of_id = town.point_of_id = NULL;
}

#endif
