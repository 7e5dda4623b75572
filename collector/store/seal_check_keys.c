/* Who signed: the keys as their events tell of them, each with the signature of the one before. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/seal_check_inside.h"

static struct key_made *add_key(struct checking *checking)
{
    struct key_made *grown = checking->keys;

    if (checking->key_count == checking->key_room) {
        size_t room = checking->key_room == 0 ? 8 : checking->key_room * 2;

        grown = realloc(grown, room * sizeof *grown);
        if (grown == NULL) {
            check_no_memory(checking);
            return NULL;
        }
        memset(grown + checking->key_room, 0, (room - checking->key_room) * sizeof *grown);
        checking->keys = grown;
        checking->key_room = room;
    }
    return &grown[checking->key_count++];
}

/* The first key follows nobody; every other one is signed for by the one before it. */
static bool is_explained(const struct checking *checking, const char *store, const json_t *event,
                         const struct key_made *key)
{
    const char *replaces = json_string_value(json_object_get(event, "replaces"));
    const char *signature = json_string_value(json_object_get(event, "signature"));
    const struct key_made *before = checking->key_count < 2 ? NULL : key - 1;
    uint8_t bytes[SIGNATURE_BYTES];
    char text[HEAD_TEXT_MAX];
    size_t size;

    if (before == NULL)
        return replaces == NULL;
    if (replaces == NULL || strcmp(replaces, before->key) != 0 || signature == NULL ||
        strlen(signature) != 2 * SIGNATURE_BYTES || !hex_read(signature, bytes, SIGNATURE_BYTES))
        return false;
    size = seal_handover_text(store, key->key, replaces, text);
    return seal_is_signed(before->public_key, text, size, bytes);
}

struct key_reading {
    struct checking *checking;
    char store[33];
};

static bool read_key(void *self, uint64_t seq, struct wall_time time, const char *who,
                     const char *arguments)
{
    struct key_reading *reading = self;
    json_t *event = json_loads(arguments, JSON_REJECT_DUPLICATES, NULL);
    const char *public_key = json_string_value(json_object_get(event, "public"));
    const char *name = json_string_value(json_object_get(event, "key"));
    struct key_made *key = add_key(reading->checking);
    uint8_t digest[DIGEST_BYTES];
    char hex[DIGEST_HEX];

    (void)time;
    (void)who;
    if (key == NULL)
        goto done;
    *key = (struct key_made){.seq = seq, .told = key->told};
    if (public_key != NULL && name != NULL && strlen(public_key) == (size_t)2 * DIGEST_BYTES &&
        hex_read(public_key, key->public_key, DIGEST_BYTES)) {
        digest_of(key->public_key, DIGEST_BYTES, digest);
        snprintf(key->key, sizeof key->key, "%s", digest_hex(digest, hex));
        key->explained = strcmp(key->key, name) == 0 &&
                         is_explained(reading->checking, reading->store, event, key);
    }
done:
    json_decref(event);
    return key != NULL;
}

void check_keys(struct checking *checking)
{
    struct key_reading reading = {.checking = checking};
    sqlite3_stmt *ask = check_ask(checking, CHECK_STORE);

    checking->key_count = 0; /* what was told of each stays in its place */
    if (check_next(checking, ask))
        snprintf(reading.store, sizeof reading.store, "%s", column_text(ask, 0));
    sqlite3_reset(ask);
    if (!checking->failed &&
        !reader_events(checking->reader, "key.made", read_key, &reading, checking->err))
        checking->failed = true;
}

static void tell(struct checking *checking, enum seal_fault fault, const struct sealed *sealed,
                 uint64_t seq)
{
    struct seal_check *found = check_fault(checking, fault, sealed->head.segment);

    found->seq = seq;
    snprintf(found->row, sizeof found->row, "%s", sealed->head.key);
    check_tell(checking);
}

static void note_key(struct seal_check *check, const char *key)
{
    size_t last = check->key_count - 1;

    snprintf(check->key, sizeof check->key, "%s", key);
    if (check->key_count > 0 && strcmp(check->keys[last], key) == 0)
        return;
    if (check->key_count == SEAL_KEYS_MAX) { /* the newest ones are asked for */
        memmove(check->keys[0], check->keys[1], (SEAL_KEYS_MAX - 1) * sizeof check->keys[0]);
        check->key_count--;
    }
    memcpy(check->keys[check->key_count++], check->key, DIGEST_HEX);
}

/* Whether the n-th key may sign what ends with that entry: from its own event on until the one that
 * follows it by its signature; the first, and one that nobody signed for, also what waited for a
 * key before. */
static bool may_sign(const struct checking *checking, size_t n, uint64_t last_seq)
{
    const struct key_made *key = &checking->keys[n];
    const struct key_made *next = n + 1 < checking->key_count ? key + 1 : NULL;

    return (key->seq <= last_seq || n == 0 || !key->explained) &&
           (next == NULL || !next->explained || next->seq > last_seq);
}

/* The key of a head is the one of the head before, or a later one. Gives its number, or how many
 * there are. */
static size_t find_key(const struct checking *checking, const struct seal_head *head)
{
    size_t at = checking->key;

    while (at < checking->key_count && (strcmp(checking->keys[at].key, head->key) != 0 ||
                                        !may_sign(checking, at, head->last_seq)))
        at++;
    return at;
}

void check_signature(struct checking *checking, const struct sealed *sealed, const char *text,
                     size_t size)
{
    size_t at = find_key(checking, &sealed->head);

    if (at == checking->key_count) { /* perhaps it was made meanwhile */
        check_keys(checking);
        at = find_key(checking, &sealed->head);
    }
    if (checking->failed)
        return;
    if (at == checking->key_count ||
        !seal_is_signed(checking->keys[at].public_key, text, size, sealed->signature)) {
        tell(checking, SEAL_UNSIGNED, sealed, 0);
        return;
    }
    for (size_t i = checking->key; i <= at; i++) {
        if (!checking->keys[i].explained && !checking->keys[i].told)
            tell(checking, SEAL_KEY_UNEXPLAINED, sealed, checking->keys[i].seq);
        checking->keys[i].told = true;
    }
    checking->key = at;
    note_key(checking->check, sealed->head.key);
}
