#include <string.h>

#include "base/say.h"
#include "report/river.h"

#define FIELD(type, field) offsetof(type, field), sizeof(((type *)0)->field)
#define ROWS(table)        (sizeof(table) / sizeof((table)[0]))

static const char *const forms[] = {"A", "B", NULL};

struct root_row {
    char standard[STANDARD_SIZE];
    int oxygen;
};

/* clang-format off */
static const struct conf_key root_keys[] = {
    {"standard", CONF_TEXT, true, FIELD(struct root_row, standard), 0, 0, NULL, NULL,
     "评价断面所用的标准", "the standard a section is classed by"},
    {"oxygen", CONF_CHOICE, false, FIELD(struct root_row, oxygen), 0, 0, "A", forms,
     "溶解氧指数的算法", "the form of the index of dissolved oxygen"},
    {"black_odour", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "黑臭初筛", "black-and-odorous water"},
};

static const struct conf_key odour_keys[] = {
    {"light", CONF_TEXT, true, FIELD(struct river_terms, light), 0, 0, NULL, NULL,
     "轻度所用的标准", "the standard of light"},
    {"heavy", CONF_TEXT, true, FIELD(struct river_terms, heavy), 0, 0, NULL, NULL,
     "重度所用的标准", "the standard of heavy"},
    {"one_item", CONF_NUMBER, true, FIELD(struct river_terms, one_item), 1, 100, NULL, NULL,
     "一项的比例（百分之）", "share of one item, percent"},
    {"two_items", CONF_NUMBER, true, FIELD(struct river_terms, two_items), 1, 100, NULL, NULL,
     "两项各自的比例（百分之）", "share of two items each, percent"},
    {"least", CONF_INT, true, FIELD(struct river_terms, least), 1, 31, NULL, NULL,
     "至少监测多少次", "at least so many samplings"},
};
/* clang-format on */

static bool know(const struct standards *standards, struct conf_at at, const char *key,
                 const char *name, struct conf_faults *faults)
{
    const char *near = NULL;

    if (*name == '\0' || standards_know(standards, name, &near))
        return true;
    return conf_complain(faults, at, key,
                         SAY("没有标准“%s”，是否想写 %s？", "there is no standard \"%s\"; %s?"),
                         name, near == NULL ? "GB 3838" : near);
}

bool river_terms_load(struct river_terms *terms, const char *path,
                      const struct standards *standards, struct conf_faults *faults)
{
    struct conf *conf = conf_load(path, false, faults);
    struct root_row row = {.oxygen = 0};
    struct river_terms read = {.least = 0};
    struct conf_at odour;
    bool good;

    if (conf == NULL)
        return false;
    odour = conf_member(conf_root(conf), "black_odour");
    good = conf_read(conf_root(conf), root_keys, ROWS(root_keys), &row, NULL, faults);
    good = (!conf_is_there(odour) ||
            conf_read(odour, odour_keys, ROWS(odour_keys), &read, NULL, faults)) &&
           good;
    good = know(standards, conf_root(conf), "standard", row.standard, faults) && good;
    good = know(standards, odour, "light", read.light, faults) && good;
    good = know(standards, odour, "heavy", read.heavy, faults) && good;
    conf_free(conf);
    if (!good)
        return false;
    memcpy(read.standard, row.standard, sizeof read.standard);
    read.oxygen = row.oxygen == 0 ? OXYGEN_FORM_A : OXYGEN_FORM_B;
    *terms = read;
    return true;
}
