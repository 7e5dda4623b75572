/* The headers of an answer, and an answer in words. */
#include <stdio.h>

#include "base/text.h"
#include "page/server_inside.h"

struct headers {
    void (*give)(void *self, const char *name, const char *value);
    void *self;
    bool secure;
};

static void add(const struct headers *to, const char *name, const char *value)
{
    to->give(to->self, name, value);
}

static void add_security(const struct headers *to)
{
    add(to, "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'");
    add(to, "X-Content-Type-Options", "nosniff");
    add(to, "X-Frame-Options", "DENY");
    add(to, "Referrer-Policy", "no-referrer");
    add(to, "Cross-Origin-Opener-Policy", "same-origin");
    add(to, "Cross-Origin-Resource-Policy", "same-origin");
    add(to, "Permissions-Policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), serial=()");
    if (to->secure)
        add(to, "Strict-Transport-Security", "max-age=31536000");
}

static void add_keeping(const struct http_answer *answer, const struct headers *to)
{
    add(to, "Cache-Control",
        answer->no_store  ? "no-store"
        : answer->lasting ? "public, max-age=31536000, immutable"
                          : "no-cache");
    add(to, "Vary",
        answer->lasting ? "Accept-Encoding" : "Accept-Encoding, Accept-Language, Authorization");
    if (answer->etag[0] != '\0')
        add(to, "ETag", answer->etag);
}

static void add_allow(unsigned allow, const struct headers *to)
{
    char words[32];

    snprintf(words, sizeof words, "%s%s%s", allow & 1u << METHOD_GET ? "GET, HEAD" : "",
             allow == (1u << METHOD_GET | 1u << METHOD_POST) ? ", " : "",
             allow & 1u << METHOD_POST ? "POST" : "");
    add(to, "Allow", words);
}

void server_headers(const struct http_answer *answer, bool secure,
                    void (*give)(void *self, const char *name, const char *value), void *self)
{
    const struct headers headers = {give, self, secure};
    const struct headers *to = &headers;
    char words[192];

    add_security(to);
    add_keeping(answer, to);
    if (answer->type != NULL && answer->status != 304)
        add(to, "Content-Type", answer->type);
    if (answer->is_gzip && answer->status != 304)
        add(to, "Content-Encoding", "gzip");
    if (answer->location[0] != '\0')
        add(to, "Location", answer->location);
    if (answer->allow != 0)
        add_allow(answer->allow, to);
    if (answer->status == 401)
        add(to, "WWW-Authenticate", "Bearer");
    if (answer->retry_after_s > 0) {
        snprintf(words, sizeof words, "%d", answer->retry_after_s);
        add(to, "Retry-After", words);
    }
    if (answer->download[0] != '\0') {
        snprintf(words, sizeof words, "attachment; filename=\"%s\"", answer->download);
        add(to, "Content-Disposition", words);
    }
    if (answer->closes)
        add(to, "Connection", "close");
}

static void add_line(void *self, const char *name, const char *value)
{
    text_format(self, "%s: %s\r\n", name, value);
}

size_t server_words(const struct http_answer *answer, const char *status, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    text_format(&text, "HTTP/1.1 %d %s\r\n", answer->status, status);
    server_headers(answer, false, add_line, &text);
    text_format(&text, "Content-Length: %zu\r\n\r\n", answer->size);
    text_add_bytes(&text, answer->bytes == NULL ? answer->fixed : answer->bytes, answer->size);
    return text.full ? 0 : text.used;
}
