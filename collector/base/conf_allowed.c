/* What a key allows and what stands there instead, in a sentence. */
#include "base/conf_inside.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/say.h"
#include "base/text.h"

/* " 从 1 到 247" in the measure of the key; nothing when there is no bound. */
static void describe_range(const struct conf_key *key, struct text *text)
{
    char low[24];
    char high[24];
    char words[64];
    struct text number;

    if (key->min == 0.0 && key->max == 0.0)
        return;
    if (key->type == CONF_DURATION) {
        text_format(text, SAY("，从 \"%s\" 到 \"%s\"", ", from \"%s\" to \"%s\""),
                    duration_text((int64_t)key->min, low), duration_text((int64_t)key->max, high));
        return;
    }
    text_init(&number, words, sizeof words);
    text_add(&number, SAY("，从 ", ", from "));
    text_add_number(&number, key->min);
    text_add(&number, SAY(" 到 ", " to "));
    text_add_number(&number, key->max);
    text_add(&number, key->type == CONF_SIZE ? SAY(" 字节", " bytes") : "");
    text_add(text, words);
}

static void describe_choices(const struct conf_key *key, struct text *text)
{
    for (size_t i = 0; key->choices != NULL && key->choices[i] != NULL; i++)
        text_format(text, "%s\"%s\"", i == 0 ? "" : SAY("、", ", "), key->choices[i]);
}

/* An address that begins as this key's do. */
static void describe_url(const struct conf_key *key, struct text *text)
{
    const char *scheme = key->choices == NULL ? "https" : key->choices[0];
    const char *rest = strncmp(scheme, "mqtt", 4) == 0 ? SAY("主机:1883", "host:1883")
                                                       : SAY("主机/路径", "host/path");

    text_format(text,
                SAY("网址，如 \"%s://%s\"，其中不写用户和密码",
                    "an address, as \"%s://%s\", without user or password in it"),
                scheme, rest);
}

/* What the key allows, for the second half of a fault. */
void conf_describe_allowed(const struct conf_key *key, struct text *text)
{
    switch (key->type) {
    case CONF_NAME:
        text_add(text,
                 SAY("名称：小写字母、数字、_ 和 -，最多 32 个，以字母或数字开头（中文写在 title）",
                     "a name: a-z, 0-9, _ and -, at most 32, beginning with a letter or digit "
                     "(Chinese stands in title)"));
        break;
    case CONF_TEXT:
    case CONF_FILE:
        text_format(text,
                    key->type == CONF_TEXT
                        ? SAY("双引号中的文字，最多 %zu 字节，无控制字符",
                              "text in double quotes, at most %zu bytes, no control characters")
                        : SAY("双引号中的文件路径，最多 %zu 字节",
                              "the path of a file in double quotes, at most %zu bytes"),
                    key->size - 1);
        break;
    case CONF_INT:
        text_add(text, SAY("整数", "a whole number"));
        break;
    case CONF_NUMBER:
        text_add(text, SAY("数字", "a number"));
        break;
    case CONF_BOOL:
        text_add(text, SAY("true 或 false，不加引号", "true or false, without quotes"));
        break;
    case CONF_DURATION:
        text_add(text, SAY("带单位的时长，如 \"250ms\" \"60s\" \"10min\" \"2h\" \"90d\"",
                           "a duration in quotes, as \"250ms\" \"60s\" \"10min\" \"2h\" \"90d\""));
        break;
    case CONF_SIZE:
        text_add(text, SAY("带单位的大小，如 \"512MiB\" \"8GiB\"",
                           "a size in quotes, as \"512MiB\" \"8GiB\""));
        break;
    case CONF_CHOICE:
        text_add(text, SAY("下列之一：", "one of "));
        describe_choices(key, text);
        break;
    case CONF_URL:
        describe_url(key, text);
        if (key->choices != NULL)
            text_add(text, SAY("；开头是 ", "; it begins with "));
        describe_choices(key, text);
        break;
    case CONF_MOMENT:
        text_add(text, SAY("时刻，如 \"2026-11-22\"、\"2026-11-22 08:00\" 或 RFC 3339",
                           "a moment, as \"2026-11-22\", \"2026-11-22 08:00\" or RFC 3339"));
        break;
    case CONF_INNER:
        text_add(text, SAY("一组或一个列表", "a group or a list"));
        break;
    }
    if (key->type == CONF_INT || key->type == CONF_NUMBER || key->type == CONF_DURATION ||
        key->type == CONF_SIZE)
        describe_range(key, text);
}

/* What stands there, for the first half. */
static void describe_found(const struct raw *raw, struct text *text)
{
    switch (raw->kind) {
    case KIND_TEXT:
        text_format(text, "\"%.*s%s", 60, raw->text, strlen(raw->text) > 60 ? "…" : "\"");
        break;
    case KIND_INT:
        text_add_int(text, raw->whole);
        break;
    case KIND_FLOAT:
        text_add_number(text, raw->number);
        if (raw->number == rint(raw->number) && fabs(raw->number) < 1e15)
            text_add(text, ".0"); /* as it was written, and what is wrong with it */
        break;
    case KIND_BOOL:
        text_add(text, raw->truth ? "true" : "false");
        break;
    case KIND_LIST:
        text_add(text, SAY("列表 ( )", "a list ( )"));
        break;
    default:
        text_add(text, SAY("一组 { }", "a group { }"));
        break;
    }
}

bool conf_complain_value(const struct conf_key *key, const struct raw *raw, struct conf_at at,
                         struct conf_faults *faults)
{
    const char *nearest = NULL;
    char found[96];
    char allowed[400];
    struct text found_text;
    struct text allowed_text;

    text_init(&found_text, found, sizeof found);
    text_init(&allowed_text, allowed, sizeof allowed);
    describe_found(raw, &found_text);
    conf_describe_allowed(key, &allowed_text);
    if (key->type == CONF_INT && raw->kind == KIND_FLOAT)
        return conf_complain(faults, at, key->name,
                             SAY("%s 不允许；这里要写%s，不带小数点",
                                 "%s is not allowed. Allowed: %s, without decimal point"),
                             found, allowed);
    if (key->type == CONF_CHOICE && raw->text != NULL)
        nearest = conf_nearest(raw->text, key->choices);
    if (nearest != NULL)
        return conf_complain(faults, at, key->name,
                             SAY("%s 不允许，是否想写 \"%s\"？这里要写%s",
                                 "%s is not allowed, did you mean \"%s\"? Allowed: %s"),
                             found, nearest, allowed);
    return conf_complain(faults, at, key->name,
                         SAY("%s 不允许；这里要写%s", "%s is not allowed. Allowed: %s"), found,
                         allowed);
}
