#include "town/uid.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "store/reader_lists.h"
#include "town/shown.h"

/* At least UID_LEAST hexadecimal digits, at most a whole uid. */
static bool are_digits(const char *digits)
{
    size_t length = strlen(digits);

    return length >= UID_LEAST && length < UID_SIZE &&
           strspn(digits, "0123456789abcdefABCDEF") == length;
}

static bool take_problem(void *self, const char *uid, const char *body)
{
    struct uid_found *found = self;
    json_t *problem = json_loads(body, 0, NULL);

    snprintf(found->uid[found->count], UID_SIZE, "%s", uid);
    snprintf(found->point[found->count], POINT_SIZE, "%s", text_of(problem, "point"));
    found->count++;
    json_decref(problem);
    return found->count <= UID_LISTED;
}

bool uid_search(struct reader *reader, const char *digits, struct uid_found *found,
                struct error *err)
{
    char lower[UID_SIZE] = "";

    *found = (struct uid_found){0};
    if (!are_digits(digits))
        return true;
    for (size_t i = 0; digits[i] != '\0'; i++)
        lower[i] = (char)tolower((unsigned char)digits[i]);
    return reader_problem_uids(reader, lower, UID_LISTED + 1, take_problem, found, err);
}

static bool say_several(const char *digits, const struct uid_found *found, struct error *err)
{
    char all[700];
    struct text text;

    text_init(&text, all, sizeof all);
    for (size_t i = 0; i < found->count && i < UID_LISTED; i++)
        text_format(&text, "\n  %s  %s", found->uid[i], found->point[i]);
    return error_set(err, ERROR_WRONG_USE,
                     SAY("%s 不够明确，有 %zu 个%s问题以它开头，请多写几位：%s",
                         "%s is ambiguous, %zu%s problems begin with it; write more digits:%s"),
                     digits, found->count,
                     found->count > UID_LISTED ? SAY("或更多", " or more") : "", all);
}

bool uid_find(struct reader *reader, const char *digits, char uid[UID_SIZE], struct error *err)
{
    struct uid_found found;

    if (!are_digits(digits))
        return error_set(err, ERROR_NOT_FOUND,
                         SAY("“%.40s”不是问题编号：写 lookback problems 列出的编号，或它的前 %d "
                             "位以上",
                             "\"%.40s\" is no UID: write one that lookback problems lists, or its "
                             "first %d digits or more"),
                         digits, (int)UID_LEAST);
    if (!uid_search(reader, digits, &found, err))
        return false;
    if (found.count == 0)
        return error_set(err, ERROR_NOT_FOUND,
                         SAY("没有编号以 %s 开头的问题；lookback problems 列出全部编号",
                             "there is no problem %s; lookback problems lists them all"),
                         digits);
    if (found.count > 1)
        return say_several(digits, &found, err);
    snprintf(uid, UID_SIZE, "%s", found.uid[0]);
    return true;
}
