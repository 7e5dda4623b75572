/* river_inside.h - the parts of a section's report; only report/river*.c. */
#ifndef REPORT_RIVER_INSIDE_H
#define REPORT_RIVER_INSIDE_H

#include "report/river.h"

/* One parameter in one month. */
int river_valid_days(const struct river_month *month, const struct river_measured *item);
double river_mean(const struct river_month *month, const struct river_measured *item);
bool river_is_enough(const struct river_month *month, const struct river_measured *item);
void river_counts(const struct river_month *month, const struct river_measured *item,
                  uint32_t expected_and_valid[2]);

/* The limit of the target class; NULL: the standard does not class by it here. */
const struct limit *river_limit(const struct river_setup *setup, const struct river_place *place,
                                const struct river_month *month, const char *parameter);
/* NULL: nobody measures it. */
const struct river_measured *river_find(const struct river_month *month, const char *parameter);

json_t *river_class_json(int class_);
json_t *river_both(const char *zh, const char *en);
json_t *river_number(double value);

/* Members of the section: "answer" and "why"; "items", "beside" and "missing"; "black_odour". */
void river_answer(const struct river_setup *setup, const struct river_place *place,
                  const struct river_month *month, const struct section_class *now,
                  json_t *section);
void river_items(const struct river_setup *setup, const struct river_place *place,
                 const struct river_month *month, const struct section_class *now, json_t *section);
json_t *river_black_odour(const struct river_setup *setup, const struct river_place *place,
                          const struct river_month *month);

#endif
