#include "report/seal_status.h"

#include <stdio.h>
#include <string.h>

static bool take_seal(void *self, const struct sealed *sealed)
{
    struct sealed *newest = self;

    newest->head = sealed->head;
    memcpy(newest->digest, sealed->digest, DIGEST_BYTES);
    return false;
}

static bool take_anchor(void *self, uint64_t segment, const char *kind, const char *name,
                        struct wall_time time, const void *body, size_t size)
{
    (void)segment, (void)kind, (void)time, (void)body, (void)size;
    return json_array_append_new(self, json_string(name)) == 0;
}

json_t *seal_status(struct reader *reader, struct error *err)
{
    char time[WALL_TEXT], head[DIGEST_HEX];
    uint64_t newest, waiting, from;
    struct sealed sealed = {0};
    json_t *anchored;

    if (!reader_seal_state(reader, &newest, &waiting, &from, err))
        return NULL;
    if (newest == 0)
        return json_null();
    anchored = json_array();
    if (!reader_sealed(reader, newest, newest, take_seal, &sealed, err) ||
        !reader_anchors(reader, newest, newest, take_anchor, anchored, err)) {
        json_decref(anchored);
        return NULL;
    }
    return json_pack("{s:I, s:s, s:s, s:o, s:s, s:I}", "segment", (json_int_t)newest, "head",
                     digest_hex(sealed.digest, head), "time", wall_text(sealed.head.sealed, time),
                     "anchored", anchored, "key", sealed.head.key, "waiting", (json_int_t)waiting);
}

/* The newest event stands last. */
static bool take_key(void *self, uint64_t seq, struct wall_time time, const char *who,
                     const char *arguments)
{
    json_t *event = json_loads(arguments, JSON_REJECT_DUPLICATES, NULL);
    const char *key = json_string_value(json_object_get(event, "key"));

    (void)seq, (void)time, (void)who;
    if (key != NULL)
        snprintf(self, DIGEST_HEX, "%s", key);
    json_decref(event);
    return true;
}

json_t *seal_key_status(struct reader *reader, struct error *err)
{
    char key[DIGEST_HEX] = "";

    if (!reader_events(reader, "key.made", take_key, key, err))
        return NULL;
    return key[0] == '\0' ? json_null() : json_string(key);
}
