/* Lines of leaves: what each row of the store is, in letters. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "store/seal.h"
#include "store/seal_text.h"

enum { DAY_MS = 86400000, NS_OF_MS = 1000000 };

/* The end of the year 9999, whose days are written with four digits of the year. */
static const int64_t time_end_ms = 253402300800000;

/* Time -------------------------------------------------------------------------------------- */

static char *put_digits(char *at, unsigned number, int count)
{
    for (int i = count - 1; i >= 0; i--, number /= 10)
        at[i] = (char)('0' + number % 10);
    return at + count;
}

/* Days since 1970 to year, month and day of the Gregorian calendar, counted in eras of 400 years
 * that begin with March, so that a leap day is the last of its year. */
static void civil_of_days(int64_t days, unsigned *year, unsigned *month, unsigned *day)
{
    unsigned era_day, era_year, year_day, from_march;
    int64_t era;

    days += 719468; /* 0000-03-01 to 1970-01-01 */
    era = days / 146097;
    era_day = (unsigned)(days - era * 146097);
    era_year = (era_day - era_day / 1460 + era_day / 36524 - era_day / 146096) / 365;
    year_day = era_day - (365 * era_year + era_year / 4 - era_year / 100);
    from_march = (5 * year_day + 2) / 153;
    *day = year_day - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = (unsigned)(era * 400) + era_year + (*month <= 2);
}

static int64_t days_of_civil(unsigned year, unsigned month, unsigned day)
{
    unsigned marched = month > 2 ? year : year - 1;
    unsigned era_year = marched % 400;
    unsigned year_day = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned era_day = era_year * 365 + era_year / 4 - era_year / 100 + year_day;

    return (int64_t)(marched / 400) * 146097 + era_day - 719468;
}

void seal_add_time(struct text *text, struct wall_time time)
{
    unsigned year, month, day, ms;
    char words[WALL_TEXT];
    char *at = words;

    if (time.ms < 0 || time.ms >= time_end_ms) {
        text_add(text, wall_text(time, words)); /* no clock that is trusted says so */
        return;
    }
    civil_of_days(time.ms / DAY_MS, &year, &month, &day);
    ms = (unsigned)(time.ms % DAY_MS);
    at = put_digits(at, year, 4);
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    at = put_digits(at, day, 2);
    *at++ = 'T';
    at = put_digits(at, ms / 3600000, 2);
    *at++ = ':';
    at = put_digits(at, ms / 60000 % 60, 2);
    *at++ = ':';
    at = put_digits(at, ms / 1000 % 60, 2);
    *at++ = '.';
    at = put_digits(at, ms % 1000, 3);
    *at++ = 'Z';
    text_add_bytes(text, words, (size_t)(at - words));
}

static bool get_digits(const char *at, int count, unsigned *number)
{
    *number = 0;
    for (int i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        *number = *number * 10 + (unsigned)(at[i] - '0');
    }
    return true;
}

bool seal_read_time(const char *words, size_t size, struct wall_time *time)
{
    unsigned year, month, day, hour, minute, second, ms;

    if (size != sizeof "2026-11-22T08:00:00.123Z" - 1 || !get_digits(words, 4, &year) ||
        !get_digits(words + 5, 2, &month) || !get_digits(words + 8, 2, &day) ||
        !get_digits(words + 11, 2, &hour) || !get_digits(words + 14, 2, &minute) ||
        !get_digits(words + 17, 2, &second) || !get_digits(words + 20, 3, &ms) || year < 1970 ||
        month < 1 || month > 12)
        return false;
    time->ms = days_of_civil(year, month, day) * DAY_MS + (int64_t)hour * 3600000 +
               (int64_t)minute * 60000 + (int64_t)second * 1000 + ms;
    return true;
}

/* Rows -------------------------------------------------------------------------------------- */

/* A damaged row may hold what no reading is: it is written so that its line is no reading's. */
static void add_value(struct text *text, double value)
{
    if (isfinite(value))
        text_add_number(text, value);
    else if (!isnan(value))
        text_add_char(text, '?');
}

void seal_add_reading(struct text *text, uint64_t seq, struct wall_time time,
                      const struct reading *reading)
{
    text_add_int(text, (int64_t)seq);
    text_add_char(text, ',');
    seal_add_time(text, time);
    text_add_char(text, ',');
    add_value(text, reading->value);
    text_add_char(text, ',');
    text_add_char(text, reading->quality <= QUALITY_NO_ANSWER
                            ? quality_letter((enum quality)reading->quality)
                            : '?');
    text_add_char(text, ',');
    text_add(text, reading->cause < CAUSE_COUNT ? cause_word((enum cause)reading->cause) : "?");
    text_add_char(text, '\n');
}

void seal_add_poll(struct text *text, const struct poll *poll, const uint8_t profile[DIGEST_BYTES])
{
    char hex[DIGEST_HEX];

    text_add_int(text, (int64_t)poll->seq);
    text_add_char(text, ',');
    seal_add_time(text, poll->time);
    text_add_char(text, ',');
    text_add_int(text, poll->boot);
    text_add_char(text, ',');
    text_add_int(text, poll->mono.ns / NS_OF_MS);
    text_add_char(text, ',');
    text_add(text, digest_hex(profile, hex));
    text_add_char(text, ',');
}

/* The field up to the next comma, or up to the line feed that ends the line; as text. */
static bool take_field(const char **at, const char *end, char ended_by, char *field, size_t size)
{
    const char *stop = memchr(*at, ended_by, (size_t)(end - *at));

    if (stop == NULL || (size_t)(stop - *at) >= size)
        return false;
    memcpy(field, *at, (size_t)(stop - *at));
    field[stop - *at] = '\0';
    *at = stop + 1;
    return true;
}

static bool read_fields(const char *line, const char *end, uint64_t *seq, struct wall_time *time,
                        struct reading *reading)
{
    char number[24], moment[WALL_TEXT], value[40], letter[2], word[32];
    enum quality quality;
    enum cause cause;
    char *stop;

    if (!take_field(&line, end, ',', number, sizeof number) ||
        !take_field(&line, end, ',', moment, sizeof moment) ||
        !take_field(&line, end, ',', value, sizeof value) ||
        !take_field(&line, end, ',', letter, sizeof letter) ||
        !take_field(&line, end, '\n', word, sizeof word) || line != end)
        return false;
    *seq = strtoull(number, &stop, 10);
    *time = WALL_NONE;
    reading->value = NAN;
    if (*stop != '\0' || (moment[0] != '\0' && !seal_read_time(moment, strlen(moment), time)) ||
        (value[0] != '\0' && !number_parse(value, &reading->value)) ||
        !quality_from_letter(letter[0], &quality) || !cause_from_word(word, &cause))
        return false;
    reading->quality = (uint8_t)quality;
    reading->cause = (uint8_t)cause;
    return true;
}

bool seal_read_reading(const char *line, size_t size, uint64_t *seq, struct wall_time *time,
                       struct reading *reading)
{
    char bytes[SEAL_LINE_MAX];
    struct text again;

    *reading = (struct reading){.value = NAN};
    if (size >= SEAL_LINE_MAX || !read_fields(line, line + size, seq, time, reading))
        return false;
    text_init(&again, bytes, sizeof bytes);
    seal_add_reading(&again, *seq, *time, reading);
    return again.used == size && memcmp(again.bytes, line, size) == 0;
}

/* Entries ----------------------------------------------------------------------------------- */

static bool is_problem(const struct seal_entry *entry)
{
    return strcmp(entry->kind, "problem") == 0;
}

static void add_problem(struct text *text, const struct seal_entry *entry)
{
    text_add(text, "problem,");
    text_add_int(text, (int64_t)entry->seq);
    text_add_char(text, ',');
    text_add(text, entry->uid);
    text_add_char(text, ',');
    text_add_int(text, entry->version);
    text_add_char(text, ',');
    text_add(text, entry->nature);
    text_add_char(text, ',');
    text_add(text, entry->body);
}

static void add_event(struct text *text, const struct seal_entry *entry)
{
    text_add(text, "event,");
    text_add_int(text, (int64_t)entry->seq);
    text_add_char(text, ',');
    text_add(text, entry->kind);
    text_add_char(text, ',');
    seal_add_time(text, entry->time);
    text_add_char(text, ',');
    text_add_int(text, entry->boot);
    text_add_char(text, ',');
    text_add_int(text, entry->mono_ms);
    text_add_char(text, ',');
    text_add_json(text, entry->who);
    text_add_char(text, ',');
    text_add(text, entry->body);
}

char *seal_entry_text(const struct seal_entry *entry)
{
    size_t size = strlen(entry->body) + strlen(entry->kind) + 256;
    struct text text;
    char *bytes;

    if (is_problem(entry))
        size += strlen(entry->uid) + strlen(entry->nature);
    else
        size += strlen(entry->who) * 6; /* each byte at most \u0000 */
    bytes = malloc(size);
    if (bytes == NULL)
        return NULL;
    text_init(&text, bytes, size);
    if (is_problem(entry))
        add_problem(&text, entry);
    else
        add_event(&text, entry);
    return bytes;
}

static bool must_be_quoted(const char *words)
{
    for (; *words != '\0'; words++)
        if (*words == ',' || *words == '"' || (unsigned char)*words < 0x20)
            return true;
    return false;
}

static char *subject_of(const char *words)
{
    size_t size = strlen(words) * 6 + 3;
    struct text text;
    char *bytes;

    if (!must_be_quoted(words))
        return strdup(words);
    bytes = malloc(size);
    if (bytes == NULL)
        return NULL;
    text_init(&text, bytes, size);
    text_add_json(&text, words);
    return bytes;
}

char *seal_entry_subject(const struct seal_entry *entry)
{
    static const char *const of_event[] = {"device", "id", "uid", "task", NULL};
    static const char *const of_problem[] = {"point", NULL};
    json_t *body = json_loads(entry->body, 0, NULL);
    const char *words = NULL;
    char *subject;

    for (const char *const *key = is_problem(entry) ? of_problem : of_event;
         *key != NULL && words == NULL; key++)
        words = json_string_value(json_object_get(body, *key));
    subject = subject_of(words == NULL ? "" : words);
    json_decref(body);
    return subject;
}
