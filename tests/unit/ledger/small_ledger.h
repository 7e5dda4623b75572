/* small_ledger.h - a town of three sites and the shipped words, for tests of the intake. */
#ifndef TESTS_SMALL_LEDGER_H
#define TESTS_SMALL_LEDGER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/conf.h"
#include "ledger/intake.h"
#include "ledger/intake_merge.h"

static struct catalog_site small_sites[] = {
    {.name = "river-1",        .title = "清河一号断面", .village = "北村", .grid = "wg-1"},
    {.name = "yard",          .title = "东侧工地"                                      },
    {.name = "bare",.title = "荒地"}
};
static struct catalog_point small_points[] = {
    {.id = 1,                        .channel = "ph"},
    {       .id = 2, .channel = "ammonia_nitrogen"               },
    { .id = 3,             .device = 1,                            .channel = "pm10"}
};
static struct catalog_device small_devices[] = {
    {.id = 1,       .name = "sonde", .active = true,   .point_count = 2},
    { .id = 2, .site = 1,  .name = "pm", .active = true, .first_point = 2, .point_count = 1}
};
static struct catalog small_town = {.sites = small_sites,
                                    .site_count = 3,
                                    .devices = small_devices,
                                    .device_count = 2,
                                    .points = small_points,
                                    .point_count = 3};
static struct terms *small_terms;

static inline struct wall_time moment(const char *words)
{
    struct wall_time time = WALL_NONE;

    assert_true(moment_parse(words, &time));
    return time;
}

static inline int small_ledger_begin(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    size_t wrong;

    (void)state;
    conf_zone("Asia/Shanghai");
    small_terms = terms_load(SOURCE_ROOT "/config/ledger.conf", faults);
    for (wrong = 0; wrong < conf_faults_count(faults); wrong++)
        print_error("%s\n", conf_fault(faults, wrong)->text);
    conf_faults_free(faults);
    return small_terms == NULL || wrong > 0;
}

static inline int small_ledger_end(void **state)
{
    (void)state;
    terms_free(small_terms);
    return 0;
}

static inline struct intake *small_read(const char *text, size_t size, struct error *err)
{
    const struct intake_setup setup = {
        .terms = small_terms, .catalog = &small_town, .now = moment("2026-11-23 08:00")};

    return intake_read(text, size, &setup, err);
}

#endif
