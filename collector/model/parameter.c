#include "model/parameter.h"

#include <stdlib.h>
#include <string.h>

#include "base/say.h"

struct parameters {
    struct parameter *all;
    size_t count;
};

static const char *const medium_words[] = {"water", "air", "noise", "weather", NULL};

/* A row as the file gives it. */
struct row {
    struct parameter parameter;
    int64_t decimals;
};

/* clang-format off */
static const struct conf_key row_keys[] = {
    {.name = "key", .type = CONF_NAME, .required = true, .offset = offsetof(struct row, parameter.key),
     .text_zh = "因子的键，如 ph", .text_en = "the parameter's key, as ph"},
    {.name = "title_zh", .type = CONF_TEXT, .required = true,
     .offset = offsetof(struct row, parameter.title_zh), .size = 64,
     .text_zh = "中文名称", .text_en = "its Chinese name"},
    {.name = "title_en", .type = CONF_TEXT, .required = true,
     .offset = offsetof(struct row, parameter.title_en), .size = 64,
     .text_zh = "英文名称", .text_en = "its English name"},
    {.name = "unit", .type = CONF_TEXT, .required = true,
     .offset = offsetof(struct row, parameter.unit), .size = 16,
     .text_zh = "单位，没有单位写 \"\"", .text_en = "its unit, \"\" for none"},
    {.name = "decimals", .type = CONF_INT, .required = true, .offset = offsetof(struct row, decimals),
     .max = 6, .text_zh = "显示的小数位数", .text_en = "decimals shown to people"},
    {.name = "medium", .type = CONF_CHOICE, .required = true,
     .offset = offsetof(struct row, parameter.medium), .choices = medium_words,
     .text_zh = "介质", .text_en = "what it is measured in"},
    {.name = "hj212", .type = CONF_TEXT, .offset = offsetof(struct row, parameter.hj212), .size = 16,
     .fallback = "", .text_zh = "HJ 212 因子编码", .text_en = "its HJ 212 code"},
};
/* clang-format on */

enum { ROW_KEYS = sizeof row_keys / sizeof row_keys[0] };

static bool row_read(struct parameters *table, struct conf_at at, struct conf_faults *faults)
{
    struct row row = {0};

    if (!conf_read(at, row_keys, ROW_KEYS, &row, NULL, faults))
        return false;
    if (parameter_find(table, row.parameter.key) != NULL)
        return conf_complain(faults, at, "key",
                             SAY("因子 %s 写了两次", "the parameter %s stands here twice"),
                             row.parameter.key);
    row.parameter.decimals = (int)row.decimals;
    table->all[table->count++] = row.parameter;
    return true;
}

struct parameters *parameters_load(const char *path, struct conf_faults *faults)
{
    static const struct conf_key root_keys[] = {
        {.name = "parameters",
         .type = CONF_INNER,
         .required = true,
         .text_zh = "监测因子表",
         .text_en = "the table of parameters"},
    };
    struct parameters *loaded = NULL;
    struct parameters *table = calloc(1, sizeof *table);
    struct conf *conf = conf_load(path, false, faults);
    struct conf_at list;

    if (conf == NULL || table == NULL)
        goto done;
    conf_read(conf_root(conf), root_keys, 1, NULL, NULL, faults);
    list = conf_member(conf_root(conf), "parameters");
    table->all = calloc(conf_length(list) + 1, sizeof table->all[0]);
    if (table->all == NULL)
        goto done;
    for (size_t i = 0; i < conf_length(list); i++)
        row_read(table, conf_element(list, i), faults);

    loaded = table;
    table = NULL;
done:
    parameters_free(table);
    conf_free(conf);
    return loaded;
}

void parameters_free(struct parameters *parameters)
{
    if (parameters == NULL)
        return;
    free(parameters->all);
    free(parameters);
}

const struct parameter *parameter_find(const struct parameters *parameters, const char *key)
{
    for (size_t i = 0; i < parameters->count; i++)
        if (strcmp(parameters->all[i].key, key) == 0)
            return &parameters->all[i];
    return NULL;
}

size_t parameters_count(const struct parameters *parameters)
{
    return parameters->count;
}

const struct parameter *parameter_at(const struct parameters *parameters, size_t index)
{
    return &parameters->all[index];
}

const char *parameter_nearest(const struct parameters *parameters, const char *wrong)
{
    const char **words = calloc(parameters->count + 1, sizeof words[0]);
    const char *nearest = NULL;

    if (words == NULL)
        return NULL;
    for (size_t i = 0; i < parameters->count; i++)
        words[i] = parameters->all[i].key;
    nearest = conf_nearest(wrong, words);
    free(words);
    return nearest;
}

const char *medium_word(enum medium medium)
{
    return medium_words[medium];
}

const char *parameter_title(const struct parameter *parameter)
{
    return SAY(parameter->title_zh, parameter->title_en);
}
