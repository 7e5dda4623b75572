#include "page/answer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"
#include "base/text.h"
#include "page/json_bytes.h"

#define JSON_TYPE    "application/json; charset=utf-8"
#define PROBLEM_TYPE "application/problem+json"

void answer_end(struct http_answer *answer)
{
    free(answer->bytes);
    if (answer->release != NULL)
        answer->release(answer->held);
    if (answer->fd >= 0)
        close(answer->fd);
    memset(answer, 0, sizeof *answer); /* ANSWER_EMPTY */
    answer->status = 200;
    answer->fd = -1;
}

static void give_json(struct http_answer *answer, const char *type, json_t *json)
{
    struct bytes bytes = {0};
    bool good = json != NULL && json_bytes(&bytes, json);

    json_decref(json);
    if (!good) { /* no memory for the sentence either */
        static const char nothing[] =
            "{\"type\":\"urn:lookback:store\",\"title\":\"out of memory\","
            "\"status\":500,\"detail\":\"out of memory\","
            "\"kind\":\"store\",\"where\":null}";

        free(bytes.at);
        answer_end(answer);
        answer->status = 500;
        answer->type = PROBLEM_TYPE;
        answer->fixed = nothing;
        answer->size = sizeof nothing - 1;
        return;
    }
    answer_bytes(answer, type, bytes.at, bytes.used);
}

void answer_json(struct http_answer *answer, json_t *json)
{
    give_json(answer, JSON_TYPE, json);
}

void answer_bytes(struct http_answer *answer, const char *type, char *bytes, size_t size)
{
    free(answer->bytes);
    answer->type = type;
    answer->bytes = bytes;
    answer->size = size;
}

static int status_of(enum error_kind kind)
{
    switch (kind) {
    case ERROR_WRONG_USE:
        return 400;
    case ERROR_NOT_FOUND:
        return 404;
    case ERROR_REFUSED:
        return 409;
    case ERROR_STORE:
    case ERROR_PEER:
        return 503;
    default:
        return 500;
    }
}

static const char *title_of(int status)
{
    const struct {
        int status;
        const char *title;
    } titles[] = {
        {400, SAY("请求有误",          "wrong request")          },
        {401, SAY("需要登录",          "sign-in needed")         },
        {403, SAY("无权操作",          "not allowed")            },
        {404, SAY("没有找到",          "not found")              },
        {405, SAY("不支持这种请求", "wrong method")           },
        {409, SAY("现在不能这样做", "not possible now")       },
        {413, SAY("内容太长",          "too long")               },
        {414, SAY("地址太长",          "address too long")       },
        {415, SAY("内容格式不对",    "wrong kind of content")  },
        {421, SAY("不是本机的名称", "not a name of this page")},
        {429, SAY("请求太频繁",       "too many requests")      },
        {503, SAY("暂时不可用",       "not available now")      },
    };

    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (titles[i].status == status)
            return titles[i].title;
    return SAY("出错了", "something went wrong");
}

void answer_refuse(struct http_answer *answer, const struct error *err)
{
    answer_refuse_with(answer, status_of(err->kind), err);
}

/* The sentence as it can be sent: text that was cut in the middle of a character is mended. */
static json_t *sentence(const struct error *err)
{
    char text[sizeof err->text];

    memcpy(text, err->text, sizeof text);
    text[sizeof text - 1] = '\0';
    utf8_mend(text);
    return json_string(text);
}

static json_t *problem_of(int status, const struct error *err)
{
    const char *word = error_word(err->kind);

    return json_pack("{s:s+,s:s,s:i,s:o,s:s,s:s?}", "type", "urn:lookback:", word, "title",
                     title_of(status), "status", status, "detail", sentence(err), "kind", word,
                     "where", err->where[0] == '\0' ? NULL : err->where);
}

json_t *answer_problem(const struct error *err)
{
    return problem_of(status_of(err->kind), err);
}

void answer_refuse_with(struct http_answer *answer, int status, const struct error *err)
{
    int retry_after_s = answer->retry_after_s;
    unsigned allow = answer->allow;

    answer_end(answer);
    answer->status = status;
    answer->retry_after_s = retry_after_s;
    answer->allow = allow;
    answer->no_store = true;
    give_json(answer, PROBLEM_TYPE, problem_of(status, err));
}

void answer_wrong_method(struct http_answer *answer, unsigned allow)
{
    struct error err = {0};

    error_set(&err, ERROR_WRONG_USE, "%s",
              SAY("这个地址不支持这种请求", "this address does not take such a request"));
    answer->allow = allow;
    answer_refuse_with(answer, 405, &err);
}
