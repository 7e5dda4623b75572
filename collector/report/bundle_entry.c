/* An entry of the sequence as its own line shows it, and which of them belong into a bundle. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/say.h"
#include "report/bundle_case_inside.h"

char *case_device_of(const char *point, char out[2 * NAME_SIZE])
{
    const char *slash = strchr(point, '/');
    const char *end = slash == NULL ? NULL : strchr(slash + 1, '/');
    size_t size = end == NULL ? strlen(point) : (size_t)(end - point);

    if (size >= 2 * NAME_SIZE)
        size = 2 * NAME_SIZE - 1;
    memcpy(out, point, size);
    out[size] = '\0';
    return out;
}

static bool is_at_a_point(const struct case_setup *setup, const char *subject, bool device)
{
    char of[2 * NAME_SIZE];

    for (size_t i = 0; i < setup->point_count; i++)
        if (strcmp(device ? case_device_of(setup->points[i], of) : setup->points[i], subject) == 0)
            return true;
    return false;
}

static bool begins(const char *kind, const char *with)
{
    return strncmp(kind, with, strlen(with)) == 0;
}

bool bundle_shows(const struct case_setup *setup, bool public_form, const char *kind,
                  const char *subject)
{
    static const char *const always[] = {"started",       "stopped",  "gap",
                                         "configuration", "key.made", "evidence.issue"};

    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        if (strcmp(kind, always[i]) == 0)
            return true;
    if (begins(kind, "clock.") || begins(kind, "rule.") || begins(kind, "aggregates."))
        return true;
    if (begins(kind, "device."))
        return is_at_a_point(setup, subject, true);
    if (strcmp(kind, "problem") == 0)
        return is_at_a_point(setup, subject, false) &&
               (!public_form || wall_is_known(setup->struck_off));
    return !public_form && (strcmp(kind, "tasks.import") == 0 || strcmp(subject, setup->task) == 0);
}

/* What is left of a line. */
struct rest {
    const char *at, *end;
};

static bool take(struct rest *rest, char *out, size_t size)
{
    const char *comma = memchr(rest->at, ',', (size_t)(rest->end - rest->at));
    size_t length = comma == NULL ? 0 : (size_t)(comma - rest->at);

    if (comma == NULL || length >= size || memchr(rest->at, '\0', length) != NULL)
        return false;
    memcpy(out, rest->at, length);
    out[length] = '\0';
    rest->at = comma + 1;
    return true;
}

static bool take_number(struct rest *rest, uint64_t most, uint64_t *number)
{
    char words[24];
    char *end;

    if (!take(rest, words, sizeof words) || !isdigit((unsigned char)words[0]) ||
        (words[0] == '0' && words[1] != '\0') || strlen(words) > 19)
        return false;
    *number = strtoull(words, &end, 10);
    return *end == '\0' && *number <= most;
}

/* Only the form it is written in: what it reads back to must be the same text. */
static bool take_time(struct rest *rest, struct wall_time *time)
{
    char words[WALL_TEXT], again[WALL_TEXT];

    *time = WALL_NONE;
    if (!take(rest, words, sizeof words))
        return false;
    return words[0] == '\0' ||
           (moment_parse(words, time) && strcmp(wall_text(*time, again), words) == 0);
}

/* The string in quotation marks, with the comma behind it. */
static bool take_who(struct rest *rest, char *out, size_t size)
{
    const char *at = rest->at;
    json_t *who;
    bool taken;

    if (at >= rest->end || *at++ != '"')
        return false;
    while (at < rest->end && *at != '"')
        at += *at == '\\' ? 2 : 1;
    if (at + 1 >= rest->end || at[1] != ',')
        return false;
    who = json_loadb(rest->at, (size_t)(at + 1 - rest->at), JSON_DECODE_ANY, NULL);
    taken = json_is_string(who) && json_string_length(who) < size;
    if (taken)
        snprintf(out, size, "%s", json_string_value(who));
    json_decref(who);
    rest->at = at + 2;
    return taken;
}

static bool take_body(struct rest *rest, json_t **body)
{
    *body = json_loadb(rest->at, (size_t)(rest->end - rest->at), JSON_REJECT_DUPLICATES, NULL);
    return json_is_object(*body);
}

static bool read_event(struct shown_entry *entry, struct rest *rest)
{
    char mono[24];
    uint64_t boot;

    if (!take_number(rest, INT64_MAX, &entry->seq) ||
        !take(rest, entry->kind, sizeof entry->kind) || !take_time(rest, &entry->time) ||
        !take_number(rest, UINT32_MAX, &boot) || !take(rest, mono, sizeof mono))
        return false;
    entry->boot = (uint32_t)boot;
    return take_who(rest, entry->who, sizeof entry->who) && take_body(rest, &entry->body);
}

static bool read_problem(struct shown_entry *entry, struct rest *rest)
{
    uint64_t version;

    entry->is_problem = true;
    snprintf(entry->kind, sizeof entry->kind, "problem");
    if (!take_number(rest, INT64_MAX, &entry->seq) || !take(rest, entry->uid, sizeof entry->uid) ||
        !take_number(rest, UINT32_MAX, &version) ||
        !take(rest, entry->nature, sizeof entry->nature))
        return false;
    entry->version = (uint32_t)version;
    return take_body(rest, &entry->body);
}

bool shown_entry_read(struct shown_entry *entry, const char *text, size_t size, struct error *err)
{
    struct rest rest = {text, text + size};
    char word[16];
    bool is_event;

    *entry = (struct shown_entry){.time = WALL_NONE};
    if (take(&rest, word, sizeof word)) {
        is_event = strcmp(word, "event") == 0;
        if ((is_event || strcmp(word, "problem") == 0) &&
            (is_event ? read_event(entry, &rest) : read_problem(entry, &rest)))
            return true;
    }
    return error_set(err, ERROR_STORE,
                     SAY("这一条记录不是 SEAL.md 规定的写法：%.*s",
                         "this entry is not in the form of SEAL.md: %.*s"),
                     size < 60 ? (int)size : 60, text);
}

void shown_entry_end(struct shown_entry *entry)
{
    json_decref(entry->body);
    entry->body = NULL;
}
