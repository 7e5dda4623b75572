#include "output/influx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "output/web.h"

struct influx {
    struct web *web;
    struct answer answer;
    bool busy;
};

enum answer_kind answer_kind_of(long status)
{
    switch (status) {
    case 204:
        return ANSWER_STORED;
    case 413:
        return ANSWER_TOO_LARGE;
    case 400:
    case 422:
        return ANSWER_REFUSED;
    case 408:
    case 425:
    case 429:
        return ANSWER_LATER;
    default:
        return status >= 401 && status <= 499 ? ANSWER_HELD : ANSWER_LATER;
    }
}

/* Our times are in nanoseconds; read in another unit each row would be refused, or wrong. */
static bool precision_is_ns(const struct output_setup *output, struct error *err)
{
    static const char key[] = "precision=";
    const char *end = output->url + strcspn(output->url, "#");
    const char *at = strchr(output->url, '?');

    for (; at != NULL && at < end; at = strchr(at + 1, '&')) {
        const char *value = at + strlen(key) + 1;
        int size;

        if (strncmp(at + 1, key, strlen(key)) != 0)
            continue;
        size = (int)strcspn(value, "&#");
        if (size != 2 || strncmp(value, "ns", 2) != 0)
            return error_set(err, ERROR_SETTINGS,
                             SAY("输出 %s：url 里的 precision=%.*s 有误；时间以纳秒发送，请写 "
                                 "precision=ns 或去掉它",
                                 "output %s: precision=%.*s in url is wrong; times are sent in "
                                 "nanoseconds, so write precision=ns or leave it out"),
                             output->name, size, value);
    }
    return true;
}

struct influx *influx_new(const struct output_setup *output, struct error *err)
{
    struct influx *influx;

    if (!precision_is_ns(output, err))
        return NULL;
    influx = calloc(1, sizeof *influx);
    if (influx == NULL) {
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        return NULL;
    }
    /* The word InfluxDB 2 and 3 want before a token. */
    influx->web = web_new(output, "Token", ANSWER_MOST, err);
    if (influx->web == NULL) {
        free(influx);
        return NULL;
    }
    return influx;
}

void influx_free(struct influx *influx)
{
    if (influx == NULL)
        return;
    web_free(influx->web);
    free(influx);
}

void influx_post(struct influx *influx, const void *body, size_t size, bool gzip)
{
    const struct web_request request = {
        .method = "POST",
        .headers = {"Content-Type: text/plain; charset=utf-8",
                    gzip ? "Content-Encoding: gzip" : NULL},
        .body = body,
        .size = size,
    };

    influx->busy = true;
    web_begin(influx->web, &request);
}

/* `done`: the request is. */
static bool judged(struct influx *influx, bool done)
{
    const struct web_answer *heard = web_answer(influx->web);
    struct answer *answer = &influx->answer;

    if (!done || !influx->busy)
        return done;
    influx->busy = false;
    answer->status = heard->status;
    answer->kind = answer_kind_of(heard->status);
    answer->retry_after_ms = heard->retry_after_ms;
    memcpy(answer->text, heard->text, sizeof answer->text);
    return true;
}

bool influx_pump(struct influx *influx)
{
    return judged(influx, web_pump(influx->web));
}

bool influx_wait(struct influx *influx, int64_t ms)
{
    return judged(influx, web_wait(influx->web, ms));
}

const struct answer *influx_answer(const struct influx *influx)
{
    return &influx->answer;
}

void influx_wake(struct influx *influx)
{
    web_wake(influx->web);
}
