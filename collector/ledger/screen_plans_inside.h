/* screen_plans_inside.h - what the two files that read config/screening.conf share; nobody else
 * includes it. */
#ifndef LEDGER_SCREEN_PLANS_INSIDE_H
#define LEDGER_SCREEN_PLANS_INSIDE_H

#include "ledger/screen_inside.h"

#define DAY_MS     86400000.0
#define ROWS(keys) (sizeof(keys) / sizeof(keys)[0])

/* Where a row's numbers come from; shown to people who read the file, asked of every row. */
struct origin {
    char source[32];
    bool verified;
};

/* clang-format off */
#define ORIGIN_KEYS(row)                                                                          \
    {.name = "source", .type = CONF_TEXT, .required = true, .offset = offsetof(row, origin.source), \
     .size = 32, .text_zh = "数字的来源", .text_en = "where the numbers come from"},               \
    {.name = "verified", .type = CONF_BOOL, .required = true,                                      \
     .offset = offsetof(row, origin.verified),                                                    \
     .text_zh = "是否核对过来源", .text_en = "whether checked against its source"}

#define PERCENT .min = 0.0, .max = 100.0
/* clang-format on */

/* What stands around the tests while a file is read. */
struct loading {
    struct screen_plans *plans;
    const struct parameters *parameters;
    struct conf_faults *faults;
};

/* The group `tests`: what all parameters share. */
void screen_read_tests(const struct loading *loading, struct conf_at tests);

/* The plan of a parameter; it joins when it is not there yet. There is room: a row or pair each. */
struct screen_plan *screen_plan_find(struct screen_plans *plans, const char *parameter);

/* Complains, with the nearest one, about a parameter that does not exist. */
bool screen_knows(const struct loading *loading, struct conf_at at, const char *key,
                  const char *parameter);

/* The plan of `one` with `other` beside it: that is what is handed to screen_step(). NULL, with a
 * complaint, when one of them is unknown or another stands beside it. */
struct screen_plan *screen_plan_beside(const struct loading *loading, struct conf_at at,
                                       const char *one_key, const char *one, const char *other_key,
                                       const char *other);

#endif
