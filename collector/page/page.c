#include "page/page.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/say.h"
#include "page/act_desk.h"
#include "page/assets.h"
#include "page/body.h"
#include "page/gate.h"
#include "page/server.h"
#include "page/tls.h"
#include "store/reader.h"

struct page {
    struct page_host host;
    struct reader *reader; /* of the server's thread */
    struct gate *gate;
    struct act_desk *acts;
    uint64_t users_seen; /* recorder_news(NEWS_USERS) when the gate was told; UINT64_MAX: never */
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping;         /* under `lock`, as the next */
    struct server *server; /* NULL: the address is not ours yet */
    pthread_t waiter;      /* tries again; only while there is no server */
    bool waits;            /* it was started */
};

enum { TRY_AGAIN_S = 30 };

#define NOTICE "page"

/* The recorder has a copy of who may sign in: taken again when it was changed. */
static void look_for_users(struct page *page)
{
    static struct user users[USERS_MAX]; /* the server's thread alone */
    size_t count;

    if (recorder_news(page->host.recorder, NEWS_USERS) == page->users_seen)
        return;
    page->users_seen = recorder_users(page->host.recorder, users, &count);
    gate_set_users(page->gate, users, count);
}

static void refuse(struct http_answer *answer, const struct refusal_word *why)
{
    answer->retry_after_s = why->retry_after_s;
    answer_refuse_with(answer, why->status, &why->err);
}

/* What a POST brings; the checks of the call are over when it is read. */
static bool read_body(struct call *call)
{
    struct error err = {0};
    int status = 400;

    if (call->request->method != METHOD_POST)
        return true;
    call->body = body_read(call->request, &status, &err);
    if (call->body == NULL)
        answer_refuse_with(call->answer, status, &err);
    return call->body != NULL;
}

/* The digest of an answer whose route knows no version is its ETag. */
static void tag(const struct call *call)
{
    struct http_answer *answer = call->answer;
    unsigned char digest[EVP_MAX_MD_SIZE];

    if (call->request->method == METHOD_POST || answer->status != 200 || answer->no_store ||
        answer->etag[0] != '\0' || answer->bytes == NULL ||
        EVP_Digest(answer->bytes, answer->size, digest, NULL, EVP_sha256(), NULL) != 1)
        return;
    answer->etag[0] = '"';
    for (size_t i = 0; i < 16; i++)
        snprintf(answer->etag + 1 + 2 * i, 3, "%02x", digest[i]);
    strcat(answer->etag, "\"");
}

/* Nothing is sent to who has it. */
static void spare(const struct http_request *request, struct http_answer *answer)
{
    char etag[sizeof answer->etag];

    if (request->method == METHOD_POST || answer->status != 200 || !http_has(request, answer->etag))
        return;
    memcpy(etag, answer->etag, sizeof etag);
    answer_end(answer);
    answer->status = 304;
    memcpy(answer->etag, etag, sizeof etag);
}

static void call_route(struct page *page, const struct route *route, struct call *call)
{
    struct http_query query;
    struct error err = {0};

    (void)page;
    if (!http_query_read(&query, call->request->query)) {
        error_set(
            &err, ERROR_WRONG_USE, "%s",
            SAY("地址里 ? 之后的部分有误", "what stands after the ? of the address is wrong"));
        answer_refuse(call->answer, &err);
        return;
    }
    call->query = &query;
    if (!read_body(call))
        return;
    route->answer(call);
    json_decref(call->body);
    tag(call);
}

static void find_route(struct page *page, const struct visitor *visitor, struct call *call)
{
    unsigned allowed = 0;
    const struct route *route =
        route_find(call->request->method, call->request->path, call->vars, &allowed);
    struct refusal_word refused;
    struct error err = {0};

    if (route != NULL && gate_allows(visitor, route->role, &refused)) {
        call_route(page, route, call);
    } else if (route != NULL) {
        refuse(call->answer, &refused);
    } else if (allowed != 0) {
        answer_wrong_method(call->answer, allowed);
    } else {
        error_set(&err, ERROR_NOT_FOUND, "%s", SAY("没有这个地址", "there is no such address"));
        answer_refuse(call->answer, &err);
    }
}

static void answer(void *self, const struct http_request *request, struct http_answer *answer)
{
    struct page *page = self;
    struct visitor visitor;
    struct refusal_word refused;
    struct call call = {.request = request,
                        .host = &page->host,
                        .reader = page->reader,
                        .acts = page->acts,
                        .answer = answer};

    look_for_users(page);
    gate_sweep(page->gate);
    if (!gate_pass(page->gate, request, &visitor, &refused)) {
        refuse(answer, &refused);
        return;
    }
    call.role = visitor.role;
    call.person = visitor.person;
    if (!assets_answer(request, answer))
        find_route(page, &visitor, &call);
    spare(request, answer);
}

/* Keys are read for the moment in which they are needed. */
static struct server *listen_now(struct page *page, struct error *err)
{
    struct tls_files *files = tls_load(&page->host.settings->page, err);
    const struct server_setup setup = {
        .listen = page->host.settings->page.listen,
        .certificate = files == NULL ? NULL : files->certificate,
        .key = files == NULL ? NULL : files->key,
        .clock = page->host.clock,
        .answer = answer,
        .self = page,
    };
    struct server *server = NULL;

    if (files != NULL || err->kind == ERROR_NONE)
        server = server_start(&setup, err);
    tls_free(files);
    return server;
}

static void say_waiting(struct page *page, const struct error *why)
{
    notice_raise(
        page->host.notices, NOTICE, SAY("网页", "the page"),
        SAY("%s；采集照常进行，每 %d s 再试一次", "%s; polling goes on, trying again every %d s"),
        why->text, TRY_AGAIN_S);
}

/* Until it listens or has to stop; `lock` is held but while it waits. */
static void *try_again(void *self)
{
    struct page *page = self;
    struct timespec until;
    struct error err = {0};

    pthread_mutex_lock(&page->lock);
    while (!page->stopping && page->server == NULL) {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += TRY_AGAIN_S;
        while (!page->stopping && pthread_cond_timedwait(&page->stop, &page->lock, &until) == 0)
            ;
        err = (struct error){0};
        if (!page->stopping && (page->server = listen_now(page, &err)) == NULL)
            say_waiting(page, &err);
    }
    if (page->server != NULL) {
        notice_end(page->host.notices, NOTICE);
        log_notice(SAY("网页现在可以打开：%s", "the page listens now at %s"),
                   page->host.settings->page.listen);
    }
    pthread_mutex_unlock(&page->lock);
    return NULL;
}

/* An address that is taken, or not there yet, is no reason not to poll. */
static bool listen_or_wait(struct page *page, struct error *err)
{
    page->server = listen_now(page, err);
    if (page->server != NULL || err->kind != ERROR_PEER)
        return page->server != NULL;
    say_waiting(page, err);
    log_warning("%s", err->text);
    page->waits = pthread_create(&page->waiter, NULL, try_again, page) == 0;
    return page->waits;
}

static bool make_gate(struct page *page, struct error *err)
{
    const struct settings *settings = page->host.settings;
    struct tls_files *files = tls_load(&settings->page, err);

    if (files != NULL || err->kind == ERROR_NONE)
        page->gate = gate_new(&settings->page, files == NULL ? NULL : files->certificate,
                              page->host.clock, err);
    tls_free(files);
    return page->gate != NULL;
}

static bool make_parts(struct page *page, struct error *err)
{
    page->users_seen = UINT64_MAX;
    page->reader = reader_open(page->host.settings->store_dir, err);
    if (page->reader == NULL || !make_gate(page, err))
        return false;
    page->acts = act_desk_new(page->host.clock);
    if (page->acts == NULL)
        return error_set(err, ERROR_MEMORY, "%s",
                         SAY("内存不足，无法启动", "out of memory at start"));
    return listen_or_wait(page, err);
}

struct page *page_start(const struct page_host *host, struct error *err)
{
    struct page *page = calloc(1, sizeof *page);
    pthread_condattr_t how;

    if (page == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足，无法启动", "out of memory at start"));
        return NULL;
    }
    page->host = *host;
    pthread_mutex_init(&page->lock, NULL);
    pthread_condattr_init(&how);
    pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
    pthread_cond_init(&page->stop, &how);
    pthread_condattr_destroy(&how);
    if (make_parts(page, err))
        return page;
    page_stop(page);
    return NULL;
}

static void stop_waiting(struct page *page)
{
    if (!page->waits)
        return;
    pthread_mutex_lock(&page->lock);
    page->stopping = true;
    pthread_cond_signal(&page->stop);
    pthread_mutex_unlock(&page->lock);
    pthread_join(page->waiter, NULL);
}

void page_stop(struct page *page)
{
    if (page == NULL)
        return;
    stop_waiting(page);
    server_stop(page->server);
    gate_free(page->gate);
    act_desk_close(page->acts);
    reader_close(page->reader);
    pthread_cond_destroy(&page->stop);
    pthread_mutex_destroy(&page->lock);
    free(page);
}

void page_status(struct page *page, struct page_status *status)
{
    *status = (struct page_status){0};
    pthread_mutex_lock(&page->lock);
    if (page->server != NULL)
        server_status(page->server, status);
    pthread_mutex_unlock(&page->lock);
}
