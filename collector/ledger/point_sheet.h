/* point_sheet.h - one point as it is sealed: what is measured, how it is asked and decoded, and
 * every rule on it with bounds and limits resolved. points/SITE/DEVICE/CHANNEL.json of SEAL.md.
 *
 * Whoever has this sheet can judge the point's readings without any settings. Pure.
 */
#ifndef LEDGER_POINT_SHEET_H
#define LEDGER_POINT_SHEET_H

#include <jansson.h>

#include "base/error.h"
#include "ledger/rule.h"
#include "ledger/standard.h"

enum { SHEET_RULES_MAX = 16 };

struct sheet_rule {
    struct rule rule;   /* name, title, numbers, nature; no points */
    struct lanes lanes; /* stages' limits point into `limits` */
    struct limit limits[LANES_MAX][STAGES_MAX];
};

struct point_sheet {
    char point[POINT_SIZE];
    char parameter[NAME_SIZE], unit[16];
    char parameter_zh[TITLE_SIZE], parameter_en[TITLE_SIZE];
    int decimals, medium;
    char site[NAME_SIZE], site_kind[20];
    struct place place;
    char device_title[TITLE_SIZE], model[64], serial_number[64];
    int64_t every_ms;
    struct wall_time since; /* WALL_NONE: not said */
    bool simulated;
    char decode[65]; /* digest its polls are decoded by */
    struct sheet_rule *rules;
    size_t rule_count;
};

/* Dump it with JSON_SORT_KEYS | JSON_COMPACT. The caller ends it; NULL: out of memory, or a text
 * that is not UTF-8. */
json_t *point_sheet_json(const struct point_sheet *sheet);
/* False with a sentence: a key is missing, unknown, or not of its form. Ended with
 * point_sheet_end() in both cases. */
bool point_sheet_read(struct point_sheet *sheet, const json_t *from, struct error *err);
void point_sheet_end(struct point_sheet *sheet);
/* Whether two say the same of how it is decoded and judged: titles, interval, serial number and
 * what is only told of a limit apart. */
bool point_sheet_is_same(const struct point_sheet *one, const struct point_sheet *other);

#endif
