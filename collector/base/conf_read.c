#include "base/conf_inside.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/say.h"
#include "base/text.h"

static struct raw raw_of_setting(struct conf_at at)
{
    struct raw raw = {.kind = conf_kind(at), .text = conf_text(at), .truth = conf_bool(at)};

    conf_number(at, &raw.number);
    conf_int(at, &raw.whole);
    return raw;
}

static struct raw raw_of_fallback(const struct conf_key *key)
{
    struct raw raw = {.kind = KIND_TEXT, .text = key->fallback};

    if (key->type == CONF_INT) {
        raw.kind = KIND_INT;
        raw.whole = atoll(key->fallback);
    } else if (key->type == CONF_NUMBER) {
        raw.kind = KIND_FLOAT;
        number_parse(key->fallback, &raw.number);
    } else if (key->type == CONF_BOOL) {
        raw.kind = KIND_BOOL;
        raw.truth = strcmp(key->fallback, "true") == 0;
    }
    return raw;
}

static bool text_is_visible(const char *words)
{
    size_t length;

    for (; *words != '\0'; words += length) {
        length = utf8_length(words);
        if (length == 0 || (unsigned char)*words < 0x20 || *words == 0x7f)
            return false;
    }
    return true;
}

static bool take_text(const struct conf_key *key, const char *words, void *field)
{
    if (words == NULL || strlen(words) >= key->size || !text_is_visible(words))
        return false;
    memcpy(field, words, strlen(words) + 1);
    return true;
}

static bool in_range(const struct conf_key *key, double number)
{
    return (key->min == 0.0 && key->max == 0.0) || (number >= key->min && number <= key->max);
}

/* SCHEME://HOST… without a user in it: secrets stand in files of their own. */
static bool url_is_valid(const struct conf_key *key, const char *words)
{
    const char *rest = words == NULL ? NULL : strstr(words, "://");
    size_t scheme;

    if (rest == NULL || rest == words)
        return false;
    scheme = (size_t)(rest - words);
    rest += 3;
    if (strcspn(rest, "/?#") == 0 || memchr(rest, '@', strcspn(rest, "/?#")) != NULL ||
        strpbrk(words, " \"<>\\^`{|}") != NULL)
        return false;
    if (key->choices == NULL)
        return true;
    for (size_t i = 0; key->choices[i] != NULL; i++)
        if (strlen(key->choices[i]) == scheme && strncmp(words, key->choices[i], scheme) == 0)
            return true;
    return false;
}

static bool take_choice(const struct conf_key *key, const char *words, int *field)
{
    for (int i = 0; words != NULL && key->choices[i] != NULL; i++)
        if (strcmp(words, key->choices[i]) == 0)
            return *field = i, true;
    return false;
}

/* A duration or size into its field, when it is one and in range. */
static bool take_measure(const struct conf_key *key, const char *words, int64_t *field)
{
    int64_t value;

    if (words == NULL || !(key->type == CONF_SIZE ? size_parse : duration_parse)(words, &value) ||
        !in_range(key, (double)value))
        return false;
    *field = value;
    return true;
}

/* Fills the key's field; false, and nothing is changed, when the value is not allowed. */
static bool take(const struct conf_key *key, const struct raw *raw, char *into)
{
    void *field = into == NULL ? NULL : into + key->offset;

    assert(field != NULL || key->type == CONF_INNER);
    switch (key->type) {
    case CONF_NAME:
        return raw->text != NULL && name_is_valid(raw->text) && strcpy(field, raw->text) != NULL;
    case CONF_TEXT:
        return take_text(key, raw->text, field);
    case CONF_FILE:
        return raw->text != NULL && (*raw->text != '\0' || raw->text == key->fallback) &&
               take_text(key, raw->text, field);
    case CONF_URL:
        return raw->text != NULL &&
               (url_is_valid(key, raw->text) || (*raw->text == '\0' && !key->required)) &&
               take_text(key, raw->text, field);
    case CONF_INT:
        return raw->kind == KIND_INT && in_range(key, (double)raw->whole) &&
               (*(int64_t *)field = raw->whole, true);
    case CONF_NUMBER:
        return (raw->kind == KIND_INT || raw->kind == KIND_FLOAT) && in_range(key, raw->number) &&
               (*(double *)field = raw->number, true);
    case CONF_BOOL:
        return raw->kind == KIND_BOOL && (*(bool *)field = raw->truth, true);
    case CONF_DURATION:
    case CONF_SIZE:
        return take_measure(key, raw->text, field);
    case CONF_CHOICE:
        return take_choice(key, raw->text, field);
    case CONF_MOMENT:
        return raw->text != NULL && moment_parse(raw->text, field);
    case CONF_INNER:
        return raw->kind == KIND_GROUP || raw->kind == KIND_LIST;
    }
    return false;
}

static bool is_of_table(const char *name, const struct conf_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i].name, name) == 0)
            return true;
    return false;
}

/* The key of the table nearest to a word that is not in it, or NULL. */
static const char *nearest_key(const char *name, const struct conf_key *keys, size_t count)
{
    const char *words[65] = {NULL};

    for (size_t i = 0; i < count && i < 64; i++)
        words[i] = keys[i].name;
    return conf_nearest(name, words);
}

/* Whether an unknown word of the group is probably this key: then it is complained about there. */
static bool is_mistyped(const struct conf_key *key, struct conf_at group,
                        const struct conf_key *keys, size_t count)
{
    const char *name;

    for (size_t i = 0; (name = conf_key_name(group, i)) != NULL; i++) {
        const char *nearest =
            is_of_table(name, keys, count) ? NULL : nearest_key(name, keys, count);

        if (nearest != NULL && strcmp(nearest, key->name) == 0)
            return true;
    }
    return false;
}

static bool complain_missing(const struct conf_key *key, struct conf_at group,
                             struct conf_faults *faults)
{
    char allowed[400];
    struct text text;

    text_init(&text, allowed, sizeof allowed);
    conf_describe_allowed(key, &text);
    return conf_complain(
        faults, group, key->name, SAY("缺少此键（%s）；要写%s", "is missing (%s). Give %s"),
        SAY(key->text_zh, key->text_en) == NULL ? key->name : SAY(key->text_zh, key->text_en),
        allowed);
}

void conf_defaults(const struct conf_key *keys, size_t count, void *into)
{
    for (size_t i = 0; i < count; i++) {
        struct raw raw;
        bool allowed;

        if (keys[i].fallback == NULL)
            continue;
        raw = raw_of_fallback(&keys[i]);
        allowed = take(&keys[i], &raw, into);
        assert(allowed); /* a default its own table does not allow */
        (void)allowed;
    }
}

/* One key of the table; false when it is wrong or missing. */
static bool read_key(struct conf_at group, const struct conf_key *key, char *into, bool *present,
                     struct conf_faults *faults)
{
    struct conf_at at = conf_member(group, key->name);
    struct raw raw;

    *present = conf_is_there(at);
    conf_defaults(key, 1, into);
    if (!*present)
        return !key->required;
    raw = raw_of_setting(at);
    if (raw.kind == KIND_TOLD)
        return false;
    return take(key, &raw, into) || conf_complain_value(key, &raw, at, faults);
}

static bool complain_unknown(struct conf_at group, const char *name, const struct conf_key *keys,
                             size_t count, struct conf_faults *faults)
{
    const char *nearest = nearest_key(name, keys, count);
    struct conf_at at = conf_member(group, name);
    const struct conf_key *key = keys;

    if (nearest == NULL)
        return conf_complain(faults, at, name,
                             SAY("没有这个键；请删去，或查看手册中的键表",
                                 "there is no such key here; delete it, or see the table of keys"));
    while (strcmp(key->name, nearest) != 0)
        key++;
    if (key->required && !conf_is_there(conf_member(group, nearest)))
        return conf_complain(faults, at, name,
                             SAY("没有这个键，是否想写 %s？必需的 %s 缺少",
                                 "there is no such key here, did you mean %s? The key %s is "
                                 "required and missing"),
                             nearest, nearest);
    return conf_complain(
        faults, at, name,
        SAY("没有这个键，是否想写 %s？", "there is no such key here, did you mean %s?"), nearest);
}

bool conf_read(struct conf_at group, const struct conf_key *keys, size_t count, void *into,
               uint64_t *seen, struct conf_faults *faults)
{
    size_t names = 0;
    bool good = true;
    bool present;

    assert(count <= 64);
    if (seen != NULL)
        *seen = 0;
    if (!conf_is_group(group))
        return conf_complain(
            faults, group, NULL,
            SAY("这里要写一组 { 键 = 值; … }", "a group { key = value; … } is wanted here"));
    for (size_t i = 0; i < count; i++) {
        good = read_key(group, &keys[i], into, &present, faults) && good;
        if (!present && keys[i].required && !is_mistyped(&keys[i], group, keys, count))
            complain_missing(&keys[i], group, faults);
        if (present && seen != NULL)
            *seen |= UINT64_C(1) << i;
    }
    for (size_t i = 0; conf_key_name(group, i) != NULL; i++) {
        const char *name = conf_key_name(group, i);

        if (!is_of_table(name, keys, count))
            good = complain_unknown(group, name, keys, count, faults);
        names++;
    }
    return good && names == conf_length(group); /* a doubled word is not among the names */
}

/* People write pH and ABCd: letters of either case are the same here. */
static void fold_case(const char *from, char *to, size_t size)
{
    size_t length = 0;

    for (; from[length] != '\0' && length + 1 < size; length++)
        to[length] = (char)tolower((unsigned char)from[length]);
    to[length] = '\0';
}

const char *conf_nearest(const char *wrong, const char *const *words)
{
    size_t length = strlen(wrong);
    unsigned best = length <= 3 ? 2 : length <= 7 ? 3 : 4; /* nearer than this */
    const char *nearest = NULL;
    char folded[66]; /* word_distance() takes 64 and says "far" of more */
    char other[66];

    fold_case(wrong, folded, sizeof folded);
    for (size_t i = 0; words[i] != NULL; i++) {
        unsigned distance;

        fold_case(words[i], other, sizeof other);
        distance = word_distance(folded, other);
        if (distance >= best || distance >= length)
            continue;
        best = distance;
        nearest = words[i];
    }
    return nearest;
}
