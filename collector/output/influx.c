#include "output/influx.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"
#include "output/blank.h"
#include "output/url.h"

#define RETRY_AFTER_MOST_MS 3600000

struct influx {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *plain, *packed; /* headers without and with Content-Encoding */
    struct answer answer;
    bool busy;
    char reason[CURL_ERROR_SIZE];
    char heard[ANSWER_MOST];
    size_t heard_size;
    bool capped;         /* the answer had no end */
    struct blank *blank; /* what no text we keep may hold */
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

/* Past the cap the transfer is broken off; the status is known by then. */
static size_t hear(char *bytes, size_t one, size_t count, void *self)
{
    struct influx *influx = self;
    size_t room = sizeof influx->heard - influx->heard_size;

    (void)one; /* always 1 */
    if (count > room) {
        influx->capped = true;
        return CURL_WRITEFUNC_ERROR;
    }
    memcpy(influx->heard + influx->heard_size, bytes, count);
    influx->heard_size += count;
    return count;
}

static void start_library(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool file_is_there(const char *path, struct error *err)
{
    if (*path == '\0' || access(path, R_OK) == 0)
        return true;
    return error_set(err, ERROR_SETTINGS, SAY("读不到文件 %s", "cannot read %s"), path);
}

static void set_address(CURL *easy, const struct output_setup *output, bool plaintext)
{
    curl_easy_setopt(easy, CURLOPT_URL, output->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, plaintext ? "http,https" : "https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void set_limits(CURL *easy, const struct output_setup *output)
{
    long ms = output->timeout_ms > 0 ? (long)output->timeout_ms : 10000;

    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* A look-up of a name that hangs is left to end by itself; else its timeout, and our stop,
     * would wait for it, whatever was set. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, ms / 1000 + 1);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
}

static void set_trust(CURL *easy, const struct output_setup *output)
{
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (output->ca[0] != '\0') {
        curl_easy_setopt(easy, CURLOPT_CAINFO, output->ca);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (output->certificate[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_SSLCERT, output->certificate);
    if (output->key_file[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_SSLKEY, output->key_file);
}

static bool add_header(struct influx *influx, const char *header)
{
    struct curl_slist *plain = curl_slist_append(influx->plain, header);
    struct curl_slist *packed = curl_slist_append(influx->packed, header);

    influx->plain = plain != NULL ? plain : influx->plain;
    influx->packed = packed != NULL ? packed : influx->packed;
    return plain != NULL && packed != NULL;
}

static bool set_token(struct influx *influx, const char *token, struct error *err)
{
    char header[1100];
    bool kept;

    snprintf(header, sizeof header, "Authorization: Token %s", token);
    kept = add_header(influx, header);
    explicit_bzero(header, sizeof header);
    return kept || error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
}

/* Basic authentication by user and password, or the token InfluxDB 2 and 3 want. */
static bool set_credentials(struct influx *influx, const struct output_setup *output,
                            struct error *err)
{
    char secret[1024];
    bool good = true;

    if (output->password_file[0] != '\0' &&
        (good = secret_read(output->password_file, secret, sizeof secret, err))) {
        curl_easy_setopt(influx->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(influx->easy, CURLOPT_USERNAME, output->user);
        curl_easy_setopt(influx->easy, CURLOPT_PASSWORD, secret);
        blank_hide(influx->blank, output->user, secret);
    }
    if (good && output->token_file[0] != '\0' &&
        (good = secret_read(output->token_file, secret, sizeof secret, err))) {
        blank_hide(influx->blank, "", secret);
        good = set_token(influx, secret, err);
    }
    explicit_bzero(secret, sizeof secret);
    return good;
}

static bool set_headers(struct influx *influx)
{
    struct curl_slist *packed;

    if (!add_header(influx, "Content-Type: text/plain; charset=utf-8") ||
        !add_header(influx, "Expect:"))
        return false;
    packed = curl_slist_append(influx->packed, "Content-Encoding: gzip");
    influx->packed = packed != NULL ? packed : influx->packed;
    return packed != NULL;
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

static bool prepare(struct influx *influx, const struct output_setup *output, struct error *err)
{
    struct url url;
    bool plaintext;

    if (!url_parse(output->url, &url, err))
        return false;
    plaintext = output->plaintext || url_is_loopback(&url);
    if (strcmp(url.scheme, "https") != 0 && (strcmp(url.scheme, "http") != 0 || !plaintext))
        return error_set(err, ERROR_SETTINGS,
                         SAY("输出 %s：%s 不加密；请用 https，或写明 plaintext = true",
                             "output %s: %s is not encrypted; use https or say plaintext = true"),
                         output->name, output->url);
    if (!precision_is_ns(output, err))
        return false;
    if (!file_is_there(output->ca, err) || !file_is_there(output->certificate, err) ||
        !file_is_there(output->key_file, err))
        return false;
    set_address(influx->easy, output, plaintext);
    set_limits(influx->easy, output);
    set_trust(influx->easy, output);
    curl_easy_setopt(influx->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(influx->easy, CURLOPT_WRITEFUNCTION, hear);
    curl_easy_setopt(influx->easy, CURLOPT_WRITEDATA, influx);
    curl_easy_setopt(influx->easy, CURLOPT_ERRORBUFFER, influx->reason);
    curl_easy_setopt(influx->easy, CURLOPT_USERAGENT, "lookback");
    if (!set_headers(influx))
        return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
    return set_credentials(influx, output, err);
}

struct influx *influx_new(const struct output_setup *output, struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct influx *influx = calloc(1, sizeof *influx);

    pthread_once(&once, start_library);
    if (influx == NULL || (influx->blank = blank_new()) == NULL ||
        (influx->multi = curl_multi_init()) == NULL || (influx->easy = curl_easy_init()) == NULL) {
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        influx_free(influx);
        return NULL;
    }
    if (!prepare(influx, output, err)) {
        influx_free(influx);
        return NULL;
    }
    return influx;
}

void influx_free(struct influx *influx)
{
    if (influx == NULL)
        return;
    if (influx->busy)
        curl_multi_remove_handle(influx->multi, influx->easy);
    curl_easy_cleanup(influx->easy);
    curl_multi_cleanup(influx->multi);
    curl_slist_free_all(influx->plain);
    curl_slist_free_all(influx->packed);
    blank_free(influx->blank);
    free(influx);
}

void influx_post(struct influx *influx, const void *body, size_t size, bool gzip)
{
    influx->heard_size = 0;
    influx->capped = false;
    influx->reason[0] = '\0';
    influx->busy = true;
    curl_easy_setopt(influx->easy, CURLOPT_HTTPHEADER, gzip ? influx->packed : influx->plain);
    curl_easy_setopt(influx->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    curl_easy_setopt(influx->easy, CURLOPT_POSTFIELDS, body);
    curl_multi_add_handle(influx->multi, influx->easy);
}

static void say_what_was_heard(struct influx *influx, CURLcode result)
{
    struct answer *answer = &influx->answer;
    const char *reason = influx->reason[0] != '\0' ? influx->reason : curl_easy_strerror(result);
    struct text text;
    size_t size = influx->heard_size;

    while (size > 0 && influx->heard[size - 1] == '\n')
        size--;
    text_init(&text, answer->text, sizeof answer->text);
    if (answer->status == 0)
        text_add_blanked(&text, influx->blank, reason, strlen(reason));
    else
        text_add_blanked(&text, influx->blank, influx->heard, size);
}

/* A status without its whole answer is worth as much only if the answer was cut off by us. */
static void judge(struct influx *influx, CURLcode result)
{
    struct answer *answer = &influx->answer;
    curl_off_t seconds = 0;

    memset(answer, 0, sizeof *answer);
    if (result == CURLE_OK || influx->capped)
        curl_easy_getinfo(influx->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    answer->kind = answer_kind_of(answer->status);
    if (answer->status != 0)
        curl_easy_getinfo(influx->easy, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > 0)
        answer->retry_after_ms =
            seconds < RETRY_AFTER_MOST_MS / 1000 ? seconds * 1000 : RETRY_AFTER_MOST_MS;
    say_what_was_heard(influx, result);
}

bool influx_pump(struct influx *influx)
{
    int running = 0;
    int left;
    CURLMsg *message;

    if (!influx->busy)
        return true;
    curl_multi_perform(influx->multi, &running);
    while ((message = curl_multi_info_read(influx->multi, &left)) != NULL) {
        CURLcode result = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_multi_remove_handle(influx->multi, influx->easy);
        influx->busy = false;
        judge(influx, result);
        return true;
    }
    return false;
}

bool influx_wait(struct influx *influx, int64_t ms)
{
    if (influx_pump(influx))
        return true;
    curl_multi_poll(influx->multi, NULL, 0, (int)ms, NULL);
    return influx_pump(influx);
}

const struct answer *influx_answer(const struct influx *influx)
{
    return &influx->answer;
}

void influx_wake(struct influx *influx)
{
    curl_multi_wakeup(influx->multi);
}
