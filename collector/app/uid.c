#include "app/uid.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/say.h"
#include "base/text.h"
#include "town/shown.h"

struct search {
    const char *digits;
    char *uid;
    size_t found;
    struct text *all;
};

static bool compare(void *self, const char *body)
{
    enum { LISTED = 4 };
    struct search *search = self;
    json_t *problem = json_loads(body, 0, NULL);
    const char *uid = text_of(problem, "uid");

    if (strncasecmp(uid, search->digits, strlen(search->digits)) == 0) {
        if (search->found++ < LISTED)
            text_format(search->all, "\n  %s  %s", uid, text_of(problem, "point"));
        snprintf(search->uid, UID_SIZE, "%s", uid);
    }
    json_decref(problem);
    return true;
}

bool uid_find(struct reader *reader, const char *digits, char uid[UID_SIZE], struct error *err)
{
    char all[500];
    struct text text;
    struct search search = {.digits = digits, .uid = uid, .all = &text};
    size_t length = strlen(digits);

    if (length < UID_LEAST || length >= UID_SIZE ||
        strspn(digits, "0123456789abcdefABCDEF") != length)
        return error_set(err, ERROR_NOT_FOUND,
                         SAY("“%.40s”不是问题编号：写 lookback problems 列出的编号，或它的前 %d "
                             "位以上",
                             "\"%.40s\" is no UID: write one that lookback problems lists, or its "
                             "first %d digits or more"),
                         digits, (int)UID_LEAST);
    text_init(&text, all, sizeof all);
    if (!reader_problems(reader, NULL, NULL, NULL, NULL, compare, &search, err))
        return false;
    if (search.found == 0)
        return error_set(err, ERROR_NOT_FOUND,
                         SAY("没有编号以 %s 开头的问题；lookback problems 列出全部编号",
                             "there is no problem %s; lookback problems lists them all"),
                         digits);
    if (search.found > 1)
        return error_set(err, ERROR_WRONG_USE,
                         SAY("%s 不够明确，有 %zu 个问题以它开头，请多写几位：%s",
                             "%s is ambiguous, %zu problems begin with it; write more digits:%s"),
                         digits, search.found, all);
    return true;
}
