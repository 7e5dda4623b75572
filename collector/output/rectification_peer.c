#include "output/rectification_peer.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "output/url.h"

enum { ADDRESS_MOST = 2048 };

struct rectification_peer {
    struct web *web;
    const struct clock *clock;
    char base[512];  /* without a slash at its end */
    size_t path_at;  /* where the path begins in it */
    char hmac[1024]; /* the secret, or "" */
    char *body;      /* of the request on its way */
};

/* Scheme and host are no part of what is signed. */
static size_t path_begin(const char *url)
{
    const char *host = strstr(url, "://");

    host = host == NULL ? url : host + 3;
    return (size_t)(host - url) + strcspn(host, "/");
}

static bool take_base(struct rectification_peer *peer, const struct output_setup *output,
                      struct error *err)
{
    size_t length = strlen(output->url);

    if (strpbrk(output->url, "?#") != NULL)
        return error_set(err, ERROR_SETTINGS,
                         SAY("输出 %s：url 是接口的起始地址，不能含 ? 或 #",
                             "output %s: url is the base of the API, without ? or #"),
                         output->name);
    memcpy(peer->base, output->url, length + 1);
    while (length > 0 && peer->base[length - 1] == '/')
        peer->base[--length] = '\0';
    peer->path_at = path_begin(peer->base);
    return true;
}

struct rectification_peer *rectification_peer_new(const struct output_setup *output,
                                                  const struct clock *clock, size_t answer_most,
                                                  struct error *err)
{
    struct rectification_peer *peer = calloc(1, sizeof *peer);

    if (peer == NULL) {
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        return NULL;
    }
    peer->clock = clock;
    if (take_base(peer, output, err) &&
        (output->hmac_file[0] == '\0' ||
         secret_read(output->hmac_file, peer->hmac, sizeof peer->hmac, err)))
        peer->web = web_new(output, "Bearer", answer_most, err);
    if (peer->web != NULL)
        return peer;
    rectification_peer_free(peer);
    return NULL;
}

void rectification_peer_free(struct rectification_peer *peer)
{
    if (peer == NULL)
        return;
    web_free(peer->web);
    explicit_bzero(peer->hmac, sizeof peer->hmac);
    free(peer->body);
    free(peer);
}

/* Asking ------------------------------------------------------------------------------------ */

static bool add_part(EVP_MAC_CTX *mac, const char *part, bool last)
{
    return EVP_MAC_update(mac, (const unsigned char *)part, strlen(part)) == 1 &&
           (last || EVP_MAC_update(mac, (const unsigned char *)"\n", 1) == 1);
}

bool rectification_sign(const char *secret, const char *method, const char *path, const char *date,
                        const char *body, char out[65])
{
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end()};
    EVP_MAC *kind = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *mac = kind == NULL ? NULL : EVP_MAC_CTX_new(kind);
    unsigned char digest[32];
    size_t size = 0;
    bool good;

    good = mac != NULL &&
           EVP_MAC_init(mac, (const unsigned char *)secret, strlen(secret), params) == 1 &&
           add_part(mac, method, false) && add_part(mac, path, false) &&
           add_part(mac, date, false) && add_part(mac, body, true) &&
           EVP_MAC_final(mac, digest, &size, sizeof digest) == 1;
    for (size_t i = 0; good && i < sizeof digest; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    EVP_MAC_CTX_free(mac);
    EVP_MAC_free(kind);
    return good;
}

/* "Lookback-Date" and "Lookback-Signature", when there is a secret to sign with. */
static size_t add_signature(struct rectification_peer *peer,
                            const struct rectification_request *request, const char *address,
                            char date[80], char signature[112], const char **headers, size_t count)
{
    char now[WALL_TEXT], digest[65];

    if (peer->hmac[0] == '\0')
        return count;
    wall_text(clock_wall(peer->clock), now);
    if (!rectification_sign(peer->hmac, request->method, address + peer->path_at, now,
                            request->body != NULL ? request->body : "", digest))
        return count; /* the server refuses it, and that is told */
    snprintf(date, 80, "Lookback-Date: %s", now);
    snprintf(signature, 112, "Lookback-Signature: sha256=%s", digest);
    headers[count] = date;
    headers[count + 1] = signature;
    return count + 2;
}

void rectification_peer_ask(struct rectification_peer *peer,
                            const struct rectification_request *request)
{
    char address[ADDRESS_MOST], key[64], etag[WEB_ETAG_SIZE + 20], date[80], signature[112];
    struct web_request asked = {.method = request->method, .url = address, .alone = true};
    size_t count = 0;

    snprintf(address, sizeof address, "%s%s", peer->base, request->path);
    free(peer->body);
    peer->body = request->body == NULL ? NULL : strdup(request->body);
    asked.headers[count++] = "Accept: application/json";
    if (request->body != NULL)
        asked.headers[count++] = "Content-Type: application/json; charset=utf-8";
    if (request->key != NULL) {
        snprintf(key, sizeof key, "Idempotency-Key: %s", request->key);
        asked.headers[count++] = key;
    }
    if (request->etag != NULL && request->etag[0] != '\0') {
        snprintf(etag, sizeof etag, "If-None-Match: %s", request->etag);
        asked.headers[count++] = etag;
    }
    add_signature(peer, request, address, date, signature, asked.headers, count);
    asked.body = peer->body;
    asked.size = peer->body == NULL ? 0 : strlen(peer->body);
    web_begin(peer->web, &asked);
}

bool rectification_peer_wait(struct rectification_peer *peer, int64_t ms)
{
    return web_wait(peer->web, ms);
}

const struct web_answer *rectification_peer_answer(const struct rectification_peer *peer)
{
    return web_answer(peer->web);
}

void rectification_peer_wake(struct rectification_peer *peer)
{
    web_wake(peer->web);
}
