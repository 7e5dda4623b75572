#include "page/gate.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/say.h"
#include "page/gate_inside.h"
#include "page/token.h"

/* Life -------------------------------------------------------------------------------------- */

static X509 *read_certificate(const char *pem, struct error *err)
{
    char no_password[] = ""; /* else it is asked for on the terminal */
    BIO *from = BIO_new_mem_buf(pem, -1);
    X509 *certificate = from == NULL ? NULL : PEM_read_bio_X509(from, NULL, NULL, no_password);

    BIO_free(from);
    if (certificate == NULL)
        error_set(err, ERROR_SETTINGS, "%s",
                  SAY("page.certificate 里没有证书；要一份 PEM 文件，本机的证书在最前",
                      "page.certificate holds no certificate; a PEM file is wanted, with the "
                      "page's own first"));
    return certificate;
}

struct gate *gate_new(const struct page_setup *page, const char *certificate,
                      const struct clock *clock, struct error *err)
{
    struct gate *gate = calloc(1, sizeof *gate);

    if (gate == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return NULL;
    }
    gate->open = page->open;
    gate_read_host(page->listen, &gate->listen);
    wrong_init(&gate->wrong, clock);
    if (certificate != NULL && (gate->certificate = read_certificate(certificate, err)) == NULL) {
        gate_free(gate);
        return NULL;
    }
    return gate;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL)
        return;
    X509_free(gate->certificate);
    free(gate);
}

/* A role that is none of ours opens nothing. */
static enum role role_of(const char *word)
{
    for (int role = 0; role < ROLE_COUNT; role++)
        if (strcmp(word, role_words[role]) == 0)
            return (enum role)role;
    return ROLE_PUBLIC;
}

void gate_set_users(struct gate *gate, const struct user *users, size_t count)
{
    gate->user_count = count < USERS_MAX ? count : USERS_MAX;
    for (size_t i = 0; i < gate->user_count; i++) {
        gate->users[i] = users[i];
        gate->roles[i] = role_of(users[i].role);
    }
}

void gate_sweep(struct gate *gate)
{
    wrong_sweep(&gate->wrong);
}

/* Refusals ---------------------------------------------------------------------------------- */

static bool refuse(struct refusal_word *refused, int status, enum error_kind kind,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

static bool refuse(struct refusal_word *refused, int status, enum error_kind kind,
                   const char *format, ...)
{
    va_list args;

    *refused = (struct refusal_word){.status = status, .err = {.kind = kind}};
    va_start(args, format);
    vsnprintf(refused->err.text, sizeof refused->err.text, format, args);
    va_end(args);
    return false;
}

/* Only the printable part of what was sent, and not much of it. */
static const char *harmless(const char *words, char out[64])
{
    size_t length = 0;

    for (; words[length] > ' ' && words[length] < 127 && length < 63; length++)
        out[length] = words[length];
    out[length] = '\0';
    return out;
}

static bool check_name(const struct gate *gate, const struct http_request *request,
                       struct refusal_word *refused)
{
    struct host_name host;
    char shown[64];

    if (request->host == NULL)
        return refuse(refused, 400, ERROR_WRONG_USE, "%s",
                      SAY("请求里没有 Host", "the request has no Host"));
    if (gate_read_host(request->host, &host) && gate_is_our_name(gate, &host))
        return true;
    if (gate->certificate == NULL)
        return refuse(refused, 421, ERROR_WRONG_USE,
                      SAY("此页不叫“%s”；请用 http://127.0.0.1:端口 打开，从别处经 ssh 隧道到同样的"
                          "地址，或在 page 里设置带有该名称的 certificate",
                          "this page is not called \"%s\"; open it as http://127.0.0.1:PORT, from "
                          "elsewhere through an ssh tunnel to that address, or set a certificate "
                          "with this name under page"),
                      harmless(request->host, shown));
    return refuse(refused, 421, ERROR_WRONG_USE,
                  SAY("此页的证书里没有“%s”；请用证书里的名称或地址打开，或换一份带有它的证书"
                      "（page.certificate）",
                      "\"%s\" does not stand in the certificate of this page; open it by a name or "
                      "an address that does, or use a certificate with it (page.certificate)"),
                  harmless(request->host, shown));
}

/* Addresses are kept: in logs on the way, in histories, in what is sent along to others. */
static bool check_address(const struct http_request *request, struct refusal_word *refused)
{
    static const char *const names[] = {"token=", "access_token=", "authorization="};
    const char *at = request->query;
    bool found = token_is_in(request->path) || (at != NULL && token_is_in(at));

    for (; at != NULL && !found; at = strchr(at, '&')) {
        at += *at == '&' ? 1 : 0;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            found = found || strncasecmp(at, names[i], strlen(names[i])) == 0;
    }
    return !found ||
           refuse(refused, 400, ERROR_WRONG_USE, "%s",
                  SAY("令牌不能写在地址里，地址会留在沿途的日志和浏览记录中；请放在 Authorization: "
                      "Bearer 里，并用 lookback user add 换一个新令牌",
                      "a token must not stand in an address, which is kept in logs on the way and "
                      "in histories; send it as Authorization: Bearer, and make a new one with "
                      "lookback user add"));
}

static bool check_sender(const struct http_request *request, struct refusal_word *refused)
{
    if (request->method == METHOD_GET || request->method == METHOD_HEAD)
        return true; /* answered without CORS headers, so a foreign page cannot read it */
    return gate_is_our_page(request) ||
           refuse(refused, 403, ERROR_REFUSED, "%s",
                  SAY("这个请求来自别的网页，已拒绝；请在本页上操作",
                      "this request comes from a page of somebody else and was refused; do it on "
                      "this page"));
}

/* People ------------------------------------------------------------------------------------ */

/* All are compared, each in the same time: how long it takes says nothing. */
static const struct user *find_user(const struct gate *gate, const char *token, enum role *role)
{
    uint8_t digest[TOKEN_DIGEST];
    const struct user *found = NULL;

    if (!token_is_one(token) || !token_digest(token, digest))
        return NULL;
    for (size_t i = 0; i < gate->user_count; i++)
        if (CRYPTO_memcmp(gate->users[i].token, digest, TOKEN_DIGEST) == 0) {
            found = &gate->users[i];
            *role = gate->roles[i];
        }
    return found;
}

/* What stands behind "Bearer "; anything else is a wrong token. */
static const char *token_of(const char *authorization)
{
    if (strncasecmp(authorization, "Bearer ", 7) != 0)
        return "";
    authorization += 7;
    return authorization + strspn(authorization, " ");
}

static bool refuse_token(struct gate *gate, const struct http_request *request,
                         struct refusal_word *refused)
{
    int retry_s;

    if (wrong_count(&gate->wrong, request->from, &retry_s))
        return refuse(refused, 401, ERROR_REFUSED, "%s",
                      SAY("令牌不对，或已被更换、停用；请向管理员要一个新的（lookback user add）",
                          "the token is wrong, or was replaced or removed; ask for a new one "
                          "(lookback user add)"));
    refuse(refused, 429, ERROR_REFUSED,
           SAY("错误的令牌太多；%d 秒后再试", "too many wrong tokens; try again in %d s"), retry_s);
    refused->retry_after_s = retry_s;
    return false;
}

static bool sign_in(struct gate *gate, const struct http_request *request, struct visitor *visitor,
                    struct refusal_word *refused)
{
    const struct user *user;

    *visitor = (struct visitor){.role = gate->open ? ROLE_READER : ROLE_PUBLIC};
    if (request->authorization == NULL)
        return true;
    user = find_user(gate, token_of(request->authorization), &visitor->role);
    if (user == NULL)
        return refuse_token(gate, request, refused);
    snprintf(visitor->person, sizeof visitor->person, "%s", user->name);
    return true;
}

bool gate_pass(struct gate *gate, const struct http_request *request, struct visitor *visitor,
               struct refusal_word *refused)
{
    return check_name(gate, request, refused) && check_address(request, refused) &&
           check_sender(request, refused) && sign_in(gate, request, visitor, refused);
}

bool gate_allows(const struct visitor *visitor, enum role least, struct refusal_word *refused)
{
    if (visitor->role >= least)
        return true;
    if (visitor->person[0] == '\0')
        return refuse(refused, 401, ERROR_REFUSED, "%s",
                      SAY("请先登录：请求要带上令牌（Authorization: Bearer …）；令牌由管理员用 "
                          "lookback user add 发给您",
                          "sign in first: send your token (Authorization: Bearer …); whoever looks "
                          "after the collector makes one with lookback user add"));
    return refuse(refused, 403, ERROR_REFUSED,
                  SAY("%s 的权限不够，这需要 %s 角色；请向管理员要（lookback user add）",
                      "%s may not do this, which needs the role %s; ask whoever looks after the "
                      "collector (lookback user add)"),
                  visitor->person, role_words[least]);
}
