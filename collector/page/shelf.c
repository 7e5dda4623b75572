#include "page/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "base/gzip.h"

enum {
    LEVEL = 5,         /* 300 KB of JSON in some ms */
    LEVEL_OF_MUCH = 2, /* half the time, a fifth more bytes */
    MUCH = 1 << 20,
    WORTH_IT = 1 << 10 /* less goes in one packet anyway */
};

/* Bytes with the number of their users. */
struct blob {
    size_t users, size;
    char *bytes;
};

struct place {
    char *key; /* NULL: empty */
    uint64_t version, used;
    const char *type;
    char etag[72];
    char download[128];
    struct blob *plain, *packed; /* one may be NULL; packed: until it is asked for */
};

struct shelf {
    struct place places[SHELF_PLACES];
    uint64_t uses;
    size_t bytes;
};

static struct blob *blob_new(char *bytes, size_t size)
{
    struct blob *blob = bytes == NULL ? NULL : malloc(sizeof *blob);

    if (blob == NULL) {
        free(bytes);
        return NULL;
    }
    *blob = (struct blob){1, size, bytes};
    return blob;
}

static void blob_release(void *self)
{
    struct blob *blob = self;

    if (blob == NULL || --blob->users > 0)
        return;
    free(blob->bytes);
    free(blob);
}

static bool is_text(const char *type)
{
    return strncmp(type, "application/json", 16) == 0 || strncmp(type, "text/", 5) == 0;
}

void answer_pack(struct http_answer *answer)
{
    size_t size = 0;
    void *packed;

    if (answer->bytes == NULL || answer->is_gzip || answer->size < WORTH_IT ||
        answer->type == NULL || !is_text(answer->type))
        return;
    packed =
        gzip_made(answer->bytes, answer->size, answer->size > MUCH ? LEVEL_OF_MUCH : LEVEL, &size);
    if (packed == NULL)
        return;
    free(answer->bytes);
    answer->bytes = packed;
    answer->size = size;
    answer->is_gzip = true;
}

/* Places -------------------------------------------------------------------------------------- */

static size_t size_of(const struct blob *blob)
{
    return blob == NULL ? 0 : blob->size;
}

static void empty(struct shelf *shelf, struct place *place)
{
    shelf->bytes -= size_of(place->plain) + size_of(place->packed);
    blob_release(place->plain);
    blob_release(place->packed);
    free(place->key);
    *place = (struct place){0};
}

static struct place *oldest(struct shelf *shelf, const struct place *but)
{
    struct place *found = NULL;

    for (size_t i = 0; i < SHELF_PLACES; i++) {
        struct place *place = &shelf->places[i];

        if (place->key != NULL && place != but && (found == NULL || place->used < found->used))
            found = place;
    }
    return found;
}

/* Room for so many bytes more; what `but` holds stays. */
static void make_room(struct shelf *shelf, size_t size, const struct place *but)
{
    struct place *place;

    while (shelf->bytes + size > SHELF_BYTES && (place = oldest(shelf, but)) != NULL)
        empty(shelf, place);
}

static struct place *place_of(struct shelf *shelf, const char *key)
{
    for (size_t i = 0; i < SHELF_PLACES; i++)
        if (shelf->places[i].key != NULL && strcmp(shelf->places[i].key, key) == 0)
            return &shelf->places[i];
    return NULL;
}

static struct place *free_place(struct shelf *shelf)
{
    struct place *place = shelf->places;

    while (place < shelf->places + SHELF_PLACES && place->key != NULL)
        place++;
    if (place < shelf->places + SHELF_PLACES)
        return place;
    place = oldest(shelf, NULL);
    empty(shelf, place);
    return place;
}

static void pack(struct shelf *shelf, struct place *place)
{
    size_t size = 0;
    char *bytes;

    if (place->packed != NULL || place->plain->size < WORTH_IT || !is_text(place->type))
        return;
    bytes = gzip_made(place->plain->bytes, place->plain->size, LEVEL, &size);
    make_room(shelf, size, place);
    place->packed = blob_new(bytes, size);
    shelf->bytes += size_of(place->packed);
}

/* Life ---------------------------------------------------------------------------------------- */

struct shelf *shelf_new(void)
{
    return calloc(1, sizeof(struct shelf));
}

void shelf_free(struct shelf *shelf)
{
    for (size_t i = 0; shelf != NULL && i < SHELF_PLACES; i++)
        if (shelf->places[i].key != NULL)
            empty(shelf, &shelf->places[i]);
    free(shelf);
}

bool shelf_find(struct shelf *shelf, const char *key, uint64_t version, bool packed,
                struct http_answer *answer)
{
    struct place *place = place_of(shelf, key);
    struct blob *blob;

    if (place == NULL || place->version != version)
        return false;
    place->used = ++shelf->uses;
    if (packed && place->plain != NULL)
        pack(shelf, place);
    blob = packed && place->packed != NULL ? place->packed : place->plain;
    if (blob == NULL)
        return false;
    blob->users++;
    answer->type = place->type;
    answer->fixed = blob->bytes;
    answer->size = blob->size;
    answer->held = blob;
    answer->release = blob_release;
    answer->is_gzip = blob == place->packed;
    memcpy(answer->etag, place->etag, sizeof answer->etag);
    memcpy(answer->download, place->download, sizeof answer->download);
    return true;
}

static char *copy_of(const struct http_answer *answer)
{
    char *copy = malloc(answer->size + 1);

    if (copy != NULL)
        memcpy(copy, answer->bytes, answer->size);
    return copy;
}

static void fill(struct shelf *shelf, struct place *place, const char *key, uint64_t version,
                 const struct http_answer *answer)
{
    struct blob *blob = blob_new(copy_of(answer), answer->size);

    *place = (struct place){.key = strdup(key),
                            .version = version,
                            .used = ++shelf->uses,
                            .type = answer->type,
                            .plain = answer->is_gzip ? NULL : blob,
                            .packed = answer->is_gzip ? blob : NULL};
    memcpy(place->etag, answer->etag, sizeof place->etag);
    memcpy(place->download, answer->download, sizeof place->download);
    shelf->bytes += size_of(blob);
    if (place->key == NULL || blob == NULL)
        empty(shelf, place);
}

bool shelf_is_too_much(const struct http_answer *answer)
{
    return answer->size > SHELF_ONE;
}

void shelf_put(struct shelf *shelf, const char *key, uint64_t version,
               const struct http_answer *answer)
{
    struct place *place = place_of(shelf, key);
    bool keeps = answer->bytes != NULL && !shelf_is_too_much(answer);

    if (place != NULL && (keeps || place->version != version))
        empty(shelf, place);
    if (!keeps)
        return;
    make_room(shelf, answer->size, NULL);
    fill(shelf, free_place(shelf), key, version, answer);
}

size_t shelf_bytes(const struct shelf *shelf)
{
    return shelf->bytes;
}
