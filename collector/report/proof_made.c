/* keys.json: every key of the store, and the old key's signature under each that followed it. A
 * change outside the span is in no segment here, but a handover proves itself: who has the old
 * public key can check it. */
#include <string.h>

#include "report/proof_inside.h"

enum { KEYS_MOST = 10000 };

static bool is_hex_or_null(const json_t *value, size_t size, uint8_t *out)
{
    const char *hex = json_string_value(value);

    return json_is_null(value) || (hex != NULL && hex_read(hex, out, size));
}

/* {"key","public","replaces","signature"}, and the public key is the one of that fingerprint. */
static bool read_made(const json_t *made, uint8_t public_key[DIGEST_BYTES])
{
    uint8_t digest[DIGEST_BYTES], bytes[SIGNATURE_BYTES];
    const char *hex = json_words(made, "public");
    char fingerprint[DIGEST_HEX];

    if (json_object_size(made) != 4 || !hex_read(hex, public_key, DIGEST_BYTES) ||
        !is_hex_or_null(json_object_get(made, "replaces"), DIGEST_BYTES, bytes) ||
        !is_hex_or_null(json_object_get(made, "signature"), SIGNATURE_BYTES, bytes))
        return false;
    digest_of(public_key, DIGEST_BYTES, digest);
    return strcmp(json_words(made, "key"), digest_hex(digest, fingerprint)) == 0;
}

static bool take_all(struct check *check, const json_t *file, struct error *err)
{
    const json_t *keys = json_object_get(file, "keys");
    uint8_t public_key[DIGEST_BYTES];

    if (json_object_size(file) != 1 || !json_is_array(keys) || json_array_size(keys) > KEYS_MOST)
        return proof_refuse(err, "%s",
                            SAY("keys.json 的内容不是 VERIFY.md 所写的",
                                "keys.json does not hold what VERIFY.md says"));
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const json_t *made = json_array_get(keys, i);

        if (!read_made(made, public_key))
            return proof_refuse(err,
                                SAY("keys.json：第 %zu 把钥匙写法不对",
                                    "keys.json: key %zu is not as it is written"),
                                i + 1);
        if (!proof_note_key(check, made, 0, public_key, err))
            return false;
    }
    return true;
}

bool proof_made(struct check *check, struct error *err)
{
    json_t *file;
    bool good;

    if (archive_find(check->archive, "keys.json") == NULL)
        return true; /* an earlier version of the program left it out */
    file = proof_json(check, "keys.json", err);
    good = file != NULL && take_all(check, file, err);
    json_decref(file);
    return good;
}
