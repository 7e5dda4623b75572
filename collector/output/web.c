#include "output/web.h"

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

struct web {
    CURLM *multi;
    CURL *easy;
    char url[512];
    char authorization[1100];   /* the header that carries the token, or "" */
    struct curl_slist *headers; /* of the request on its way */
    struct web_answer answer;
    bool busy;
    bool starved; /* there was no memory for the request */
    char reason[CURL_ERROR_SIZE];
    char *heard;
    size_t heard_most, heard_size;
    bool capped;         /* the answer had no end */
    struct blank *blank; /* what no text we keep may hold */
};

/* Past the cap the transfer is broken off; the status is known by then. */
static size_t hear(char *bytes, size_t one, size_t count, void *self)
{
    struct web *web = self;

    (void)one; /* always 1 */
    if (count > web->heard_most - web->heard_size) {
        web->capped = true;
        return CURL_WRITEFUNC_ERROR;
    }
    memcpy(web->heard + web->heard_size, bytes, count);
    web->heard_size += count;
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

static void set_address(CURL *easy, bool plaintext)
{
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

/* Basic authentication by user and password, a token in a header, or both. */
static bool set_credentials(struct web *web, const struct output_setup *output, const char *scheme,
                            struct error *err)
{
    char secret[1024];
    bool good = true;

    if (output->password_file[0] != '\0' &&
        (good = secret_read(output->password_file, secret, sizeof secret, err))) {
        curl_easy_setopt(web->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(web->easy, CURLOPT_USERNAME, output->user);
        curl_easy_setopt(web->easy, CURLOPT_PASSWORD, secret);
        blank_hide(web->blank, output->user, secret);
    }
    if (good && output->token_file[0] != '\0' &&
        (good = secret_read(output->token_file, secret, sizeof secret, err))) {
        blank_hide(web->blank, "", secret);
        snprintf(web->authorization, sizeof web->authorization, "Authorization: %s %s", scheme,
                 secret);
    }
    explicit_bzero(secret, sizeof secret);
    return good;
}

/* Whether the address may be asked at all: an unencrypted one elsewhere is a decision. */
static bool may_be_asked(const struct output_setup *output, bool *plaintext, struct error *err)
{
    struct url url;

    if (!url_parse(output->url, &url, err))
        return false;
    *plaintext = output->plaintext || url_is_loopback(&url);
    if (strcmp(url.scheme, "https") == 0 || (strcmp(url.scheme, "http") == 0 && *plaintext))
        return true;
    return error_set(err, ERROR_SETTINGS,
                     SAY("输出 %s：%s 不加密；请用 https，或写明 plaintext = true",
                         "output %s: %s is not encrypted; use https or say plaintext = true"),
                     output->name, output->url);
}

static bool prepare(struct web *web, const struct output_setup *output, const char *scheme,
                    struct error *err)
{
    bool plaintext;

    if (!may_be_asked(output, &plaintext, err) || !file_is_there(output->ca, err) ||
        !file_is_there(output->certificate, err) || !file_is_there(output->key_file, err))
        return false;
    snprintf(web->url, sizeof web->url, "%s", output->url);
    set_address(web->easy, plaintext);
    set_limits(web->easy, output);
    set_trust(web->easy, output);
    curl_easy_setopt(web->easy, CURLOPT_WRITEFUNCTION, hear);
    curl_easy_setopt(web->easy, CURLOPT_WRITEDATA, web);
    curl_easy_setopt(web->easy, CURLOPT_ERRORBUFFER, web->reason);
    curl_easy_setopt(web->easy, CURLOPT_USERAGENT, "lookback");
    return set_credentials(web, output, scheme, err);
}

struct web *web_new(const struct output_setup *output, const char *scheme, size_t answer_most,
                    struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct web *web = calloc(1, sizeof *web);

    pthread_once(&once, start_library);
    if (web == NULL || (web->heard = malloc(answer_most + 1)) == NULL ||
        (web->blank = blank_new()) == NULL || (web->multi = curl_multi_init()) == NULL ||
        (web->easy = curl_easy_init()) == NULL) {
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        web_free(web);
        return NULL;
    }
    web->heard_most = answer_most;
    if (!prepare(web, output, scheme, err)) {
        web_free(web);
        return NULL;
    }
    return web;
}

void web_free(struct web *web)
{
    if (web == NULL)
        return;
    web_drop(web);
    curl_easy_cleanup(web->easy);
    curl_multi_cleanup(web->multi);
    blank_free(web->blank);
    explicit_bzero(web->authorization, sizeof web->authorization);
    free(web->heard);
    free(web);
}

static bool add_header(struct web *web, const char *header)
{
    struct curl_slist *headers = curl_slist_append(web->headers, header);

    if (headers == NULL)
        return false;
    web->headers = headers;
    return true;
}

static bool add_headers(struct web *web, const struct web_request *request)
{
    if (!add_header(web, "Expect:") ||
        (web->authorization[0] != '\0' && !add_header(web, web->authorization)))
        return false;
    for (size_t i = 0; i < WEB_HEADERS_MOST && request->headers[i] != NULL; i++)
        if (!add_header(web, request->headers[i]))
            return false;
    return true;
}

static void set_method(CURL *easy, const struct web_request *request)
{
    bool asks = strcmp(request->method, "GET") == 0;

    if (asks) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->size);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                     asks || strcmp(request->method, "POST") == 0 ? NULL : request->method);
}

void web_begin(struct web *web, const struct web_request *request)
{
    web_drop(web);
    memset(&web->answer, 0, sizeof web->answer);
    web->heard_size = 0;
    web->capped = false;
    web->reason[0] = '\0';
    web->busy = true;
    set_method(web->easy, request);
    curl_easy_setopt(web->easy, CURLOPT_FRESH_CONNECT, request->alone ? 1L : 0L);
    curl_easy_setopt(web->easy, CURLOPT_FORBID_REUSE, request->alone ? 1L : 0L);
    web->starved = !add_headers(web, request) ||
                   curl_easy_setopt(web->easy, CURLOPT_URL,
                                    request->url != NULL ? request->url : web->url) != CURLE_OK;
    curl_easy_setopt(web->easy, CURLOPT_HTTPHEADER, web->headers);
    if (!web->starved)
        web->starved = curl_multi_add_handle(web->multi, web->easy) != CURLM_OK;
}

void web_drop(struct web *web)
{
    if (web->busy && !web->starved)
        curl_multi_remove_handle(web->multi, web->easy);
    web->busy = false;
    curl_slist_free_all(web->headers);
    web->headers = NULL;
}

static void say_what_was_heard(struct web *web, CURLcode result)
{
    struct web_answer *answer = &web->answer;
    const char *reason = web->reason[0] != '\0' ? web->reason : curl_easy_strerror(result);
    struct text text;
    size_t size = web->heard_size;

    while (size > 0 && web->heard[size - 1] == '\n')
        size--;
    text_init(&text, answer->text, sizeof answer->text);
    if (answer->status == 0)
        text_add_blanked(&text, web->blank, reason, strlen(reason));
    else
        text_add_blanked(&text, web->blank, web->heard, size);
}

/* Only what can stand in a header of ours again. */
static void keep_etag(struct web *web)
{
    struct curl_header *header = NULL;

    if (curl_easy_header(web->easy, "ETag", 0, CURLH_HEADER, -1, &header) != CURLHE_OK ||
        strlen(header->value) >= sizeof web->answer.etag)
        return;
    for (const char *at = header->value; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            return;
    strcpy(web->answer.etag, header->value);
}

/* A status without its whole answer is worth as much only if the answer was cut off by us. */
static void take_answer(struct web *web, CURLcode result)
{
    struct web_answer *answer = &web->answer;
    curl_off_t seconds = 0;

    if (result == CURLE_OK || web->capped)
        curl_easy_getinfo(web->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    if (answer->status != 0) {
        curl_easy_getinfo(web->easy, CURLINFO_RETRY_AFTER, &seconds);
        keep_etag(web);
    }
    if (seconds > 0)
        answer->retry_after_ms =
            seconds < RETRY_AFTER_MOST_MS / 1000 ? seconds * 1000 : RETRY_AFTER_MOST_MS;
    web->heard[web->heard_size] = '\0';
    answer->body = web->heard;
    answer->size = web->heard_size;
    answer->capped = web->capped;
    say_what_was_heard(web, result);
}

bool web_pump(struct web *web)
{
    int running = 0;
    int left;
    CURLMsg *message;

    if (!web->busy)
        return true;
    if (web->starved) {
        take_answer(web, CURLE_OUT_OF_MEMORY);
        web_drop(web);
        return true;
    }
    curl_multi_perform(web->multi, &running);
    while ((message = curl_multi_info_read(web->multi, &left)) != NULL) {
        CURLcode result = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        take_answer(web, result);
        web_drop(web);
        return true;
    }
    return false;
}

bool web_wait(struct web *web, int64_t ms)
{
    if (web_pump(web))
        return true;
    curl_multi_poll(web->multi, NULL, 0, (int)ms, NULL);
    return web_pump(web);
}

const struct web_answer *web_answer(const struct web *web)
{
    return &web->answer;
}

void web_wake(struct web *web)
{
    curl_multi_wakeup(web->multi);
}
