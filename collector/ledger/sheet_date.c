/* Days as people type them. */
#include "ledger/sheet.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_SIZE = 96, YEAR_LEAST = 2000, YEAR_MOST = 2099 };

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (leap && month == 2);
}

static enum sheet_date give(int year, int month, int day, enum sheet_date kind, char out[11])
{
    if (year < YEAR_LEAST || year > YEAR_MOST || month < 1 || month > 12 || day < 1 ||
        day > days_in(year, month))
        return DATE_WRONG;
    snprintf(out, 11, "%04d-%02d-%02d", year, month, day);
    return kind;
}

/* Up to `most` digits at *words; moves on. False: none. */
static bool number_at(const char **words, int most, int *number)
{
    int count = 0;

    *number = 0;
    for (; count < most && isdigit((unsigned char)**words); count++, (*words)++)
        *number = *number * 10 + (**words - '0');
    return count > 0;
}

static bool skip(const char **words, const char *mark)
{
    size_t length = strlen(mark);

    if (strncmp(*words, mark, length) != 0)
        return false;
    *words += length;
    return true;
}

/* What may stand behind a day: "前", "前完成", a midnight that a program added. */
static bool is_tail(const char *words)
{
    skip(&words, "之前");
    skip(&words, "前");
    skip(&words, "完成");
    skip(&words, "t");
    if (skip(&words, "00:00") || skip(&words, "0:00"))
        while (skip(&words, ":00") || skip(&words, ".0") || skip(&words, "0"))
            continue;
    return *words == '\0';
}

/* The 30th of December 1899 is day 0 of a spreadsheet. */
static enum sheet_date from_serial(int serial, char out[11])
{
    int year = 1899;
    int month = 12;
    int day = 30 + serial;

    while (day > days_in(year, month)) {
        day -= days_in(year, month);
        year += month == 12;
        month = month == 12 ? 1 : month + 1;
    }
    return give(year, month, day, DATE_SERIAL, out);
}

/* "46387" and "46387.5" count days; "20261231" is one. */
static enum sheet_date from_digits(const char *words, char out[11])
{
    size_t length = strspn(words, "0123456789");
    int number;

    if (!number_at(&words, 8, &number))
        return DATE_WRONG;
    if (length == 8 && is_tail(words))
        return give(number / 10000, number / 100 % 100, number % 100, DATE_GOOD, out);
    if (length == 5 &&
        (*words == '\0' || (*words == '.' && strspn(words + 1, "0123456789") == strlen(words + 1))))
        return from_serial(number, out);
    return DATE_WRONG;
}

/* Behind "2026年12月" or "2026年": its end. */
static bool is_end(const char *words)
{
    return (skip(&words, "底") || skip(&words, "末")) && is_tail(words);
}

/* Behind the year. */
static enum sheet_date from_parts(const char *words, int year, char out[11])
{
    static const char *const marks[] = {"年", "-", "/", ".", "。", NULL};
    int month, day;
    size_t mark = 0;

    while (marks[mark] != NULL && !skip(&words, marks[mark]))
        mark++;
    if (mark == 0 && is_end(words))
        return give(year, 12, 31, DATE_MONTH_END, out);
    if (marks[mark] == NULL || !number_at(&words, 2, &month) || month < 1 || month > 12)
        return DATE_WRONG;
    if (!skip(&words, mark == 0 ? "月" : marks[mark]))
        return DATE_WRONG;
    if (mark == 0 && is_end(words) && year >= YEAR_LEAST && year <= YEAR_MOST)
        return give(year, month, days_in(year, month), DATE_MONTH_END, out);
    if (!number_at(&words, 2, &day))
        return DATE_WRONG;
    if (mark == 0 && !skip(&words, "日"))
        skip(&words, "号");
    return is_tail(words) ? give(year, month, day, DATE_GOOD, out) : DATE_WRONG;
}

/* 12/31/2026, 31.12.2026: whoever wrote it knew which is the month; we do not. */
static bool is_year_last(const char *words)
{
    int one, other, year;

    if (!number_at(&words, 2, &one) || strchr("-/.", *words) == NULL || *words == '\0')
        return false;
    words++;
    if (!number_at(&words, 2, &other) || strchr("-/.", *words) == NULL || *words == '\0')
        return false;
    words++;
    return number_at(&words, 4, &year) && (*words == '\0' || *words == ' ' || is_tail(words));
}

static bool is_no_day(const char *words)
{
    static const char *const none[] = {"立行立改",    "立即整改",
                                       "立即",        "即知即改",
                                       "长期坚持",    "长期",
                                       "持续推进",    "持续",
                                       "常态化",      "immediate",
                                       "immediately", "lasting",
                                       "ongoing",     "immediateandlasting",
                                       "-",           "--",
                                       "/",           "无",
                                       NULL};

    for (size_t i = 0; none[i] != NULL; i++)
        if (strcmp(words, none[i]) == 0)
            return true;
    return skip(&words, "立行立改") || skip(&words, "长期坚持");
}

/* The midnight behind a day, " 0:00" or " 00:00:00", goes before the space does. */
static void cut_midnight(char *words)
{
    char *space = strrchr(words, ' ');

    if (space != NULL && space[1] == '0' && strspn(space + 1, "0:.") == strlen(space + 1))
        *space = '\0';
}

enum sheet_date sheet_date(const char *words, char out[11])
{
    char narrow[WORDS_SIZE];
    char folded[WORDS_SIZE];
    const char *at = folded;
    int year;

    cut_midnight(sheet_narrow(words, narrow, sizeof narrow));
    sheet_fold(narrow, folded, sizeof folded);

    out[0] = '\0';
    if (*at == '\0' || is_no_day(at))
        return DATE_NONE;
    if (strlen(words) >= WORDS_SIZE)
        return DATE_WRONG;
    if (is_year_last(at))
        return DATE_AMBIGUOUS;
    if (strspn(at, "0123456789") >= 5)
        return from_digits(at, out);
    if (strspn(at, "0123456789") != 4 || !number_at(&at, 4, &year))
        return DATE_WRONG;
    return from_parts(at, year, out);
}
