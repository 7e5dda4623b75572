#include "page/pieces.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/say.h"

static bool make_room(struct pieces *pieces, size_t more)
{
    size_t room = pieces->room == 0 ? 4096 : pieces->room;
    char *bytes;

    while (room - pieces->used <= more) /* one for the '\0' */
        room *= 2;
    if (room == pieces->room || pieces->failed)
        return !pieces->failed;
    bytes = realloc(pieces->bytes, room);
    if (bytes == NULL) {
        pieces->failed = true;
        return false;
    }
    pieces->bytes = bytes;
    pieces->room = room;
    return true;
}

static void add_bytes(struct pieces *pieces, const char *bytes, size_t size)
{
    if (!make_room(pieces, size))
        return;
    memcpy(pieces->bytes + pieces->used, bytes, size);
    pieces->used += size;
    pieces->bytes[pieces->used] = '\0';
}

void pieces_add(struct pieces *pieces, const char *words)
{
    add_bytes(pieces, words, strlen(words));
}

void pieces_add_number(struct pieces *pieces, double value)
{
    char words[40];
    struct text text;

    text_init(&text, words, sizeof words);
    if (isfinite(value))
        text_add_number(&text, value);
    else
        text_add(&text, "null");
    add_bytes(pieces, words, text.used);
}

static int dump(const char *bytes, size_t size, void *self)
{
    struct pieces *pieces = self;

    add_bytes(pieces, bytes, size);
    return pieces->failed ? -1 : 0;
}

void pieces_add_json(struct pieces *pieces, const json_t *json)
{
    if (json_dump_callback(json, dump, pieces, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
        pieces->failed = true;
}

void pieces_add_new(struct pieces *pieces, json_t *json)
{
    pieces_add_json(pieces, json);
    json_decref(json);
}

void pieces_part(struct pieces *pieces)
{
    if (pieces->used > 0 && strchr("[{:", pieces->bytes[pieces->used - 1]) == NULL)
        add_bytes(pieces, ",", 1);
}

bool pieces_add_object(struct pieces *pieces, const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    bool is_object = json_is_object(json);

    json_decref(json);
    if (!is_object)
        return false;
    pieces_part(pieces);
    pieces_add(pieces, text);
    return true;
}

void pieces_answer(struct pieces *pieces, struct http_answer *answer)
{
    struct error err = {0};

    if (pieces->failed || pieces->bytes == NULL) {
        error_set(&err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        answer_refuse(answer, &err);
        pieces_end(pieces);
        return;
    }
    answer_bytes(answer, "application/json; charset=utf-8", pieces->bytes, pieces->used);
    *pieces = (struct pieces){0};
}

void pieces_end(struct pieces *pieces)
{
    free(pieces->bytes);
    *pieces = (struct pieces){0};
}
