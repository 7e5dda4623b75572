/* Which segments a bundle holds; heads.txt and keys/. */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "report/bundle_inside.h"

/* Keys ------------------------------------------------------------------------------------------
 */

/* For keys.json: who replaced whom, and the old key's signature. What cannot be one is left out. */
static void note_made(struct bundle *bundle, const json_t *made)
{
    const char *replaces = json_string_value(json_object_get(made, "replaces"));
    const char *signature = json_string_value(json_object_get(made, "signature"));
    uint8_t bytes[SIGNATURE_BYTES];

    if (replaces != NULL &&
        (strlen(replaces) != DIGEST_HEX - 1 || !hex_read(replaces, bytes, DIGEST_BYTES)))
        replaces = NULL;
    if (signature != NULL &&
        (strlen(signature) != 2 * SIGNATURE_BYTES || !hex_read(signature, bytes, SIGNATURE_BYTES)))
        signature = NULL;
    json_array_append_new(bundle->made,
                          json_pack("{s:O, s:O, s:s?, s:s?}", "key", json_object_get(made, "key"),
                                    "public", json_object_get(made, "public"), "replaces", replaces,
                                    "signature", signature));
}

/* Every key of the store: a change outside the span stands in no segment that is here. */
static bool put_made(struct bundle *bundle, struct error *err)
{
    json_t *file = json_pack("{s:O}", "keys", bundle->made);
    bool put = bundle_put_json(bundle, "keys.json", file, err);

    json_decref(file);
    return put;
}

static bool see_key(void *self, uint64_t seq, struct wall_time time, const char *who,
                    const char *arguments)
{
    struct bundle *bundle = self;
    json_t *made = json_loads(arguments, 0, NULL);
    const char *fingerprint = json_string_value(json_object_get(made, "key"));
    const char *hex = json_string_value(json_object_get(made, "public"));
    struct known_key key = {.used = false};
    uint8_t digest[DIGEST_BYTES];

    (void)seq, (void)time, (void)who;
    if (fingerprint != NULL && hex != NULL &&
        hex_read(hex, key.public_key, sizeof key.public_key)) {
        digest_of(key.public_key, sizeof key.public_key, digest);
        digest_hex(digest, key.fingerprint);
        if (strcmp(key.fingerprint, fingerprint) == 0 &&
            list_room(&bundle->keys, bundle->key_count, &bundle->key_room, sizeof key, NULL)) {
            bundle->keys[bundle->key_count++] = key;
            note_made(bundle, made);
        }
    }
    json_decref(made);
    return true;
}

static struct known_key *find_key(struct bundle *bundle, const char *fingerprint)
{
    for (size_t i = 0; i < bundle->key_count; i++)
        if (strcmp(bundle->keys[i].fingerprint, fingerprint) == 0)
            return &bundle->keys[i];
    return NULL;
}

/* SubjectPublicKeyInfo of Ed25519 (RFC 8410), in PEM. */
static bool put_key(struct bundle *bundle, const struct known_key *key, struct error *err)
{
    static const uint8_t before[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                     0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    uint8_t der[sizeof before + DIGEST_BYTES];
    unsigned char base64[64 + 1];
    char pem[160], name[ARCHIVE_NAME_MAX];

    memcpy(der, before, sizeof before);
    memcpy(der + sizeof before, key->public_key, DIGEST_BYTES);
    EVP_EncodeBlock(base64, der, sizeof der);
    snprintf(pem, sizeof pem, "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n", base64);
    snprintf(name, sizeof name, "keys/%s.pem", key->fingerprint);
    return archive_put(bundle->archive, name, pem, strlen(pem), err);
}

static bool see_signer(void *self, const struct sealed *sealed)
{
    struct known_key *key = find_key(self, sealed->head.key);

    if (key != NULL)
        key->used = true;
    return true;
}

/* Those that signed here or from here to the export (issue.json shows these heads), and the newest:
 * it signs the export. */
static bool put_keys(struct bundle *bundle, struct error *err)
{
    uint64_t after = bundle->parts[bundle->part_count - 1].segment + 1;

    if (!reader_sealed(bundle->setup.reader, after, 0, see_signer, bundle, err))
        return false;
    if (bundle->key_count > 0)
        bundle->keys[bundle->key_count - 1].used = true;
    for (size_t i = 0; i < bundle->key_count; i++)
        if (bundle->keys[i].used &&
            find_key(bundle, bundle->keys[i].fingerprint) == &bundle->keys[i] &&
            !put_key(bundle, &bundle->keys[i], err))
            return false;
    return true;
}

/* The choice ------------------------------------------------------------------------------------
 */

struct choice {
    struct wall_time since, until;
    uint64_t first, last, newest;
};

static bool look(void *self, const struct sealed *sealed)
{
    struct choice *choice = self;
    const struct seal_head *head = &sealed->head;

    choice->newest = head->segment;
    if (!wall_is_known(head->first_time))
        return true;
    if (choice->first == 0 && head->last_time.ms >= choice->since.ms)
        choice->first = head->segment;
    if (head->first_time.ms < choice->until.ms)
        choice->last = head->segment;
    return true;
}

static bool nothing_sealed(struct error *err)
{
    return error_set(err, ERROR_NOT_FOUND, "%s",
                     SAY("存储里还没有封存的数据，没有可以佐证的内容",
                         "nothing is sealed in this store yet, so there is nothing to prove with"));
}

static bool keep_part(void *self, const struct sealed *sealed)
{
    struct bundle *bundle = self;
    const struct seal_head *head = &sealed->head;
    const struct span *span = &bundle->setup.about.span;
    struct part part = {.segment = head->segment,
                        .first_seq = head->first_seq,
                        .leaves = head->leaves,
                        .first = head->first_time,
                        .last = head->last_time,
                        .next = WALL_NONE,
                        .removed = sealed->pruned};

    part.has_rows =
        wall_is_known(part.first) && part.first.ms < span->end.ms && part.last.ms >= span->start.ms;
    memcpy(part.root, head->root, sizeof part.root);
    if (!list_room(&bundle->parts, bundle->part_count, &bundle->part_room, sizeof part, NULL))
        return false;
    bundle->parts[bundle->part_count++] = part;
    return true;
}

bool bundle_choose(struct bundle *bundle, struct error *err)
{
    const struct case_setup *about = &bundle->setup.about;
    struct choice choice = {.since = about->span.start, .until = about->span.end};
    struct wall_time next = WALL_NONE;
    uint64_t swapped;

    if (wall_is_known(about->struck_off) && about->struck_off.ms < choice.since.ms)
        choice.since = about->struck_off;
    if (!reader_events(bundle->setup.reader, "key.made", see_key, bundle, err) ||
        !reader_sealed(bundle->setup.reader, 1, 0, look, &choice, err))
        return false;
    if (choice.first == 0 && choice.last == 0)
        return nothing_sealed(err);
    choice.first = choice.first == 0 ? choice.last : choice.first;
    choice.last = choice.last == 0 ? choice.first : choice.last;
    if (choice.first > choice.last) {
        swapped = choice.first;
        choice.first = choice.last;
        choice.last = swapped;
    }
    if (!reader_sealed(bundle->setup.reader, choice.first, choice.last, keep_part, bundle, err))
        return false;
    if (bundle->part_count != choice.last - choice.first + 1)
        return error_set(err, ERROR_STORE,
                         SAY("第 %" PRIu64 " 到 %" PRIu64
                             " 段的封存缺了几个：请先运行 lookback seals verify",
                             "some seals between segments %" PRIu64 " and %" PRIu64
                             " are missing: run lookback seals verify first"),
                         choice.first, choice.last);
    for (size_t i = bundle->part_count; i-- > 0;) {
        struct part *part = &bundle->parts[i];

        part->next = next;
        if (part->has_rows && (!wall_is_known(next) || part->first.ms < next.ms))
            next = part->first;
    }
    return true;
}

/* heads.txt -------------------------------------------------------------------------------------
 */

struct heads {
    struct bundle *bundle;
    struct error *err;
    size_t count;
    bool failed;
};

/* Whether the head says what its row does, follows the one before, and is signed. */
static bool is_sound(struct heads *heads, const struct sealed *sealed, const char *text,
                     size_t size)
{
    struct known_key *key = find_key(heads->bundle, sealed->head.key);
    uint8_t digest[DIGEST_BYTES];
    bool follows = heads->count == 0 ||
                   memcmp(sealed->head.previous, heads->bundle->previous, DIGEST_BYTES) == 0;

    digest_of(text, size, digest);
    memcpy(heads->bundle->previous, digest, sizeof digest);
    digest_hex(digest, heads->bundle->head);
    if (key != NULL)
        key->used = true;
    return follows && memcmp(digest, sealed->digest, sizeof digest) == 0 && key != NULL &&
           seal_is_signed(key->public_key, text, size, sealed->signature);
}

static bool put_head(void *self, const struct sealed *sealed)
{
    struct heads *heads = self;
    struct bundle *bundle = heads->bundle;
    char text[HEAD_TEXT_MAX], signature[2 * SIGNATURE_BYTES + 1];
    size_t size = seal_head_text(&sealed->head, text);
    const struct part *part = &bundle->parts[heads->count];

    for (size_t i = 0; i < SIGNATURE_BYTES; i++)
        snprintf(signature + 2 * i, 3, "%02x", sealed->signature[i]);
    heads->failed = (!is_sound(heads, sealed, text, size) &&
                     !bundle_note_differs(bundle, part, "head", heads->err)) ||
                    !archive_add(bundle->archive, text, size, heads->err) ||
                    !archive_add(bundle->archive, "signature ", strlen("signature "), heads->err) ||
                    !archive_add(bundle->archive, signature, 2 * SIGNATURE_BYTES, heads->err) ||
                    !archive_add(bundle->archive, "\n\n", 2, heads->err);
    snprintf(bundle->collector, sizeof bundle->collector, "%s", sealed->head.collector);
    snprintf(bundle->store, sizeof bundle->store, "%s", sealed->head.store);
    snprintf(bundle->key, sizeof bundle->key, "%s", sealed->head.key);
    heads->count++;
    return !heads->failed && heads->count < bundle->part_count;
}

bool bundle_put_heads(struct bundle *bundle, struct error *err)
{
    struct heads heads = {.bundle = bundle, .err = err};

    return archive_begin(bundle->archive, "heads.txt", err) &&
           reader_sealed(bundle->setup.reader, bundle->parts[0].segment,
                         bundle->parts[bundle->part_count - 1].segment, put_head, &heads, err) &&
           !heads.failed && archive_end(bundle->archive, err) && put_keys(bundle, err) &&
           put_made(bundle, err);
}
