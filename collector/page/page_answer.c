/* The way of a request: who asks, what for, whether they have it already, and who answers. */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "page/assets.h"
#include "page/body.h"
#include "page/page_inside.h"

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

/* ETags --------------------------------------------------------------------------------------- */

static void digest_tag(const void *bytes, size_t size, char *etag)
{
    unsigned char digest[EVP_MAX_MD_SIZE];

    etag[0] = '\0';
    if (EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL) != 1)
        return;
    etag[0] = '"';
    for (size_t i = 0; i < 16; i++)
        snprintf(etag + 1 + 2 * i, 3, "%02x", digest[i]);
    strcat(etag, "\"");
}

/* The digest of an answer whose route knows no version is its ETag. */
static void tag(const struct call *call)
{
    struct http_answer *answer = call->answer;

    if (call->request->method != METHOD_POST && answer->status == 200 && answer->etag[0] == '\0' &&
        answer->bytes != NULL)
        digest_tag(answer->bytes, answer->size, answer->etag);
}

/* What is gzip'd has other bytes, so another strong ETag; http_has() knows both. A 304 names the
 * one that is kept: under another a browser would find nothing to freshen (RFC 9111, 4.3.4). */
static void tag_packed(const struct http_request *request, struct http_answer *answer)
{
    bool packed =
        answer->is_gzip || (answer->status == 304 && http_has_packed(request, answer->etag));
    size_t size = strlen(answer->etag);

    if (packed && size > 2 && size + 2 < sizeof answer->etag)
        strcpy(answer->etag + size - 1, ".z\"");
}

/* Nothing is sent to who has it. */
static void spare(const struct http_request *request, struct http_answer *answer)
{
    bool lasting = answer->lasting, no_store = answer->no_store;
    char etag[sizeof answer->etag];

    if (request->method == METHOD_POST || answer->status != 200 || !http_has(request, answer->etag))
        return;
    memcpy(etag, answer->etag, sizeof etag);
    answer_end(answer);
    answer->status = 304;
    answer->lasting = lasting; /* else a browser that has it would ask each time from now on */
    answer->no_store = no_store;
    memcpy(answer->etag, etag, sizeof etag);
}

/* Answering ----------------------------------------------------------------------------------- */

/* What an answer is made from, besides its version. */
static void key_of(const struct call *call, char key[SHELF_KEY])
{
    snprintf(key, SHELF_KEY, "%d %d %s?%s", (int)say_language(), (int)call->role,
             call->request->path, call->request->query == NULL ? "" : call->request->query);
}

/* Versions are counted from the start of the program, so what they say ends with it. */
static void version_tag(const struct page *page, const char *key, uint64_t version, char *etag)
{
    char words[SHELF_KEY + 64];
    int size = snprintf(words, sizeof words, "%016llx %llu %s", (unsigned long long)page->run,
                        (unsigned long long)version, key);

    digest_tag(words, (size_t)size, etag);
}

/* Who has it gets nothing, and equal questions share one answer. */
static void answer_versioned(struct page *page, const struct route *route, struct call *call)
{
    uint64_t version = route->version(call); /* before: what is made may be newer, never older */
    struct http_answer *answer = call->answer;
    char key[SHELF_KEY], etag[sizeof answer->etag];

    key_of(call, key);
    version_tag(page, key, version, etag);
    if (http_has(call->request, etag)) {
        answer->status = 304;
        memcpy(answer->etag, etag, sizeof answer->etag);
        return;
    }
    if (shelf_find(page->shelf, key, version, http_takes_gzip(call->request), answer))
        return;
    route->answer(call);
    if (answer->status != 200 || answer->bytes == NULL)
        return;
    memcpy(answer->etag, etag, sizeof answer->etag);
    if (shelf_is_too_much(answer) && http_takes_gzip(call->request))
        answer_pack(answer);
    shelf_put(page->shelf, key, version, answer);
}

static void call_route(struct page *page, const struct route *route, struct call *call)
{
    struct http_query query;
    struct error err = {0};

    if (!http_query_read(&query, call->request->query)) {
        error_set(
            &err, ERROR_WRONG_USE, "%s",
            SAY("地址里 ? 之后的部分有误", "what stands after the ? of the address is wrong"));
        answer_refuse(call->answer, &err);
        return;
    }
    call->query = &query;
    if (read_body(call)) {
        if (route->version != NULL && call->request->method != METHOD_POST)
            answer_versioned(page, route, call);
        else
            route->answer(call);
        json_decref(call->body);
        call->body = NULL;
        tag(call);
    }
    call->query = NULL; /* it ends here */
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

static void answer_busy(struct http_answer *answer)
{
    struct error err = {0};

    error_set(&err, ERROR_REFUSED, "%s",
              SAY("您问得太多，网页还忙不过来；请稍后再试",
                  "you ask more than the page can answer beside others: ask again in a moment"));
    answer->retry_after_s = 1;
    answer_refuse_with(answer, 503, &err);
}

void page_answer(void *self, const struct http_request *request, struct http_answer *answer)
{
    struct page *page = self;
    struct mono_time began = clock_mono(page->host.clock);
    struct visitor visitor;
    struct refusal_word refused;
    struct share *share = NULL; /* what strangers are told costs next to nothing */
    bool asset;
    struct call call = {.request = request,
                        .host = &page->host,
                        .reader = page->reader,
                        .clerk = page->clerk,
                        .acts = page->acts,
                        .page = page,
                        .answer = answer};

    look_for_users(page);
    gate_sweep(page->gate);
    if (!gate_pass(page->gate, request, &visitor, &refused)) {
        refuse(answer, &refused);
        return;
    }
    call.role = visitor.role;
    call.person = visitor.person;
    asset = assets_answer(request, answer); /* costs nothing, and without it nothing works */
    if (!asset && call.role > ROLE_PUBLIC)
        share = shares_of(page->shares, call.person, request->from);
    if (share != NULL && !shares_allow(page->shares, share))
        answer_busy(answer);
    else if (!asset)
        find_route(page, &visitor, &call);
    spare(request, answer);
    if (http_takes_gzip(request))
        answer_pack(answer);
    tag_packed(request, answer);
    if (share != NULL)
        shares_spend(page->shares, share, clock_mono(page->host.clock).ns - began.ns);
}
