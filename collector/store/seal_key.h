/* seal_key.h - the gateway's signing key: STORE/seal.key, Ed25519, PEM, mode 0600.
 *
 * Made at the first start; read with its mode checked; never shown. STORE/seal.pub is the public
 * key for everybody. The recorder's thread.
 */
#ifndef STORE_SEAL_KEY_H
#define STORE_SEAL_KEY_H

#include "store/seal.h"

struct seal_key;

/* NULL with a sentence: a wrong mode or owner (which, and the chmod that mends it), no key of this
 * kind, unreadable. `absent` (may be NULL) says that there is no such file. */
struct seal_key *seal_key_open(const char *dir, bool *absent, struct error *err);
/* Makes one and its file, synced, never over an existing one unless `replace`, which keeps the old
 * one beside it as seal.key.FINGERPRINT (0600). */
struct seal_key *seal_key_make(const char *dir, bool replace, struct error *err);
void seal_key_free(struct seal_key *key);

const char *seal_key_fingerprint(const struct seal_key *key); /* borrowed */
const uint8_t *seal_key_public(const struct seal_key *key);   /* 32 bytes, borrowed */
bool seal_key_sign(const struct seal_key *key, const void *text, size_t size,
                   uint8_t signature[SIGNATURE_BYTES], struct error *err);

#endif
