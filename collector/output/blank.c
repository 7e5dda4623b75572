#include "output/blank.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "output/shown.h"

enum {
    SHAPES_MOST = 6 * BLANK_SECRETS,
    SHAPE_MOST = 3 * 1024, /* a secret of 1023 bytes, all of them percent-encoded */
    PAIR_MOST = 1280,      /* "user:password" */
    PIECE_MOST = 8,        /* so much of its beginning gives a longer shape away */
};

struct blank {
    char shapes[SHAPES_MOST][SHAPE_MOST];
    size_t sizes[SHAPES_MOST];
    size_t count;
};

static void keep_shape(struct blank *blank, size_t size)
{
    blank->sizes[blank->count] = size;
    if (size > 0)
        blank->count++;
}

static void keep_percent(struct blank *blank, const char *secret, const char *format)
{
    struct text text;

    text_init(&text, blank->shapes[blank->count], SHAPE_MOST);
    for (; *secret != '\0'; secret++) {
        unsigned char one = (unsigned char)*secret;

        if (isalnum(one) || strchr("-._~", one) != NULL)
            text_add_char(&text, *secret);
        else
            text_format(&text, format, one);
    }
    keep_shape(blank, text.used);
}

/* Without its quotation marks. */
static void keep_json(struct blank *blank, const char *secret)
{
    char *shape = blank->shapes[blank->count];
    struct text text;

    text_init(&text, shape, SHAPE_MOST);
    text_add_json(&text, secret);
    if (text.full || text.used < 3)
        return;
    memmove(shape, shape + 1, text.used - 2);
    keep_shape(blank, text.used - 2);
}

/* Without the "=" at its end, which a peer may leave out. */
static void keep_base64(struct blank *blank, const char *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct text text;
    unsigned long bits = 0;
    unsigned count = 0;

    text_init(&text, blank->shapes[blank->count], SHAPE_MOST);
    for (size_t i = 0; i < size; i++) {
        bits = (bits << 8 | (unsigned char)bytes[i]) & 0xFFFF;
        for (count += 8; count >= 6; count -= 6)
            text_add_char(&text, digits[bits >> (count - 6) & 0x3F]);
    }
    if (count > 0)
        text_add_char(&text, digits[bits << (6 - count) & 0x3F]);
    keep_shape(blank, text.used);
}

struct blank *blank_new(void)
{
    return calloc(1, sizeof(struct blank));
}

void blank_hide(struct blank *blank, const char *user, const char *secret)
{
    char pair[PAIR_MOST];
    struct text text;

    if (*secret == '\0')
        return;
    assert(blank->count + 6 <= SHAPES_MOST);
    text_init(&text, blank->shapes[blank->count], SHAPE_MOST);
    text_add(&text, secret);
    keep_shape(blank, text.used);
    keep_percent(blank, secret, "%%%02X");
    keep_percent(blank, secret, "%%%02x");
    keep_json(blank, secret);
    text_init(&text, pair, sizeof pair);
    text_add(&text, user);
    text_add_char(&text, ':');
    text_add(&text, secret);
    keep_base64(blank, pair, text.used);
    keep_base64(blank, secret, strlen(secret));
    explicit_bzero(pair, sizeof pair);
}

void blank_free(struct blank *blank)
{
    if (blank != NULL)
        explicit_bzero(blank, sizeof *blank);
    free(blank);
}

/* How much of the shape stands here; 0 when it is too little to give it away. */
static size_t piece_of(const char *shape, size_t shape_size, const char *bytes, size_t size)
{
    size_t least = (shape_size + 1) / 2;
    size_t same = 0;

    least = shape_size < 4 ? shape_size : least > PIECE_MOST ? PIECE_MOST : least;
    while (same < size && same < shape_size && shape[same] == bytes[same])
        same++;
    return same >= least ? same : 0;
}

static size_t secret_at(const struct blank *blank, const char *bytes, size_t size)
{
    size_t longest = 0;

    for (size_t i = 0; i < blank->count; i++) {
        size_t piece = piece_of(blank->shapes[i], blank->sizes[i], bytes, size);

        longest = piece > longest ? piece : longest;
    }
    return longest;
}

void text_add_blanked(struct text *text, const struct blank *blank, const char *bytes, size_t size)
{
    size_t at = 0;

    while (at < size && !text->full) {
        size_t secret = secret_at(blank, bytes + at, size - at);

        if (secret > 0)
            text_add(text, "***");
        else
            text_add_shown(text, bytes + at, 1);
        at += secret > 0 ? secret : 1;
    }
}
