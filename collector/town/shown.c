#include "town/shown.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/conf.h"
#include "base/number.h"
#include "base/say.h"
#include "base/text.h"

json_t *error_object(const struct error *err)
{
    return json_pack("{s:{s:s, s:s, s:o}}", "error", "kind", error_word(err->kind), "text",
                     err->text, "where",
                     err->where[0] == '\0' ? json_null() : json_string(err->where));
}

const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

const char *word_shown(const char *word)
{
    /* clang-format off */
    static const char *const words[][3] = {
        {"new", "新增", "new"}, {"relapse", "回潮", "relapse"}, {"ongoing", "整改中", "ongoing"},
        {"open", "超标中", "open"}, {"recovered", "已恢复", "recovered"}, {"closed", "已关闭", "closed"},
        {"running", "运行中", "running"}, {"stopped", "未运行", "not running"},
        {"unasked", "未采集", "not asked yet"}, {"answering", "正常", "answering"},
        {"silent", "无应答", "silent"}, {"refusing", "拒绝读取", "refusing"}, {"changed", "已更换", "changed"},
        {"ok", "正常", "ok"}, {"waiting", "等待重试", "waiting"}, {"held", "已暂停", "held"},
        {"disabled", "已停用", "disabled"}, {"breach", "超标", "breach"}, {"doubt", "存疑", "doubt"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i][0]) == 0)
            return SAY(words[i][1], words[i][2]);
    return word;
}

const char *local_time(const char *utc, char *out)
{
    struct wall_time time;
    time_t seconds;
    struct tm local;

    out[0] = '\0';
    if (*utc == '\0' || !moment_parse(utc, &time))
        return out;
    seconds = (time_t)(time.ms / 1000);
    if (localtime_r(&seconds, &local) != NULL)
        strftime(out, LOCAL_TEXT, "%Y-%m-%d %H:%M:%S", &local);
    return out;
}

void say_zone(const struct settings *settings)
{
    printf(SAY("时间均为 %s\n", "times are %s\n"), settings->timezone);
}

bool is_simulated(const struct settings *settings, const char *point)
{
    for (size_t i = 0; i < settings->device_count; i++) {
        const struct device_conf *device = &settings->devices[i];
        char name[2 * NAME_SIZE + 2];

        snprintf(name, sizeof name, "%s/%s/", device->site, device->name);
        if (device->simulated && (point == NULL || strncmp(point, name, strlen(name)) == 0))
            return true;
    }
    return false;
}

void say_simulated(const struct settings *settings, const char *point)
{
    if (is_simulated(settings, point))
        puts("模拟数据 / SIMULATED");
}

char *key_shown(const char *fingerprint, char *out)
{
    char *at = out;

    for (size_t i = 0; fingerprint[i] != '\0' && at + 2 < out + KEY_TEXT; i++) {
        if (i > 0 && i % 4 == 0)
            *at++ = ' ';
        *at++ = fingerprint[i];
    }
    *at = '\0';
    return out;
}

char *shell_word(const char *word, char *out, size_t size)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:=+,@%";
    struct text text;

    text_init(&text, out, size);
    if (*word != '\0' && strspn(word, plain) == strlen(word)) {
        text_add(&text, word);
        return out;
    }
    text_add_char(&text, '\'');
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            text_add(&text, "'\\''");
        else
            text_add_char(&text, *word);
    }
    text_add_char(&text, '\'');
    return out;
}

static bool is_a_bound(const json_t *bound, double value)
{
    const json_t *between = json_object_get(bound, "between");
    const json_t *const ends[] = {json_object_get(bound, "above"), json_object_get(bound, "below"),
                                  json_array_get(between, 0), json_array_get(between, 1)};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (json_is_number(ends[i]) && json_number_value(ends[i]) == value)
            return true;
    return false;
}

void value_shown(struct text *text, double value, int decimals, const json_t *bound)
{
    enum { MORE = 4 };
    static const double most = 1e15; /* a double holds no decimals of a larger number */

    if (fabs(value) >= most) {
        text_add_number(text, value);
        return;
    }
    for (int more = 0; more <= MORE; more++) {
        double rounded =
            decimal_to_double(decimal_round(decimal_from_double(value), decimals + more));

        if (is_a_bound(bound, rounded) && more < MORE && rounded != value)
            continue;
        text_add_number(text, rounded);
        return;
    }
}

void bound_shown(const json_t *bound, char *out, size_t size)
{
    /* What screening doubts has no bound: null. */
    const json_t *above = json_object_get(bound, "above");
    const json_t *below = json_object_get(bound, "below");
    const json_t *between = json_object_get(bound, "between");
    struct text text;

    text_init(&text, out, size);
    if (json_is_null(above) || json_is_null(below))
        return;
    text_add(&text, above != NULL ? "> " : below != NULL ? "< " : "");
    if (above != NULL || below != NULL) {
        text_add_number(&text, json_number_value(above != NULL ? above : below));
    } else if (between != NULL) {
        text_add(&text, SAY("超出 ", "outside "));
        text_add_number(&text, json_number_value(json_array_get(between, 0)));
        text_add(&text, "–");
        text_add_number(&text, json_number_value(json_array_get(between, 1)));
    }
}
