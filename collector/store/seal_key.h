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
/* One that was replaced: seal.key.FINGERPRINT. */
struct seal_key *seal_key_open_old(const char *dir, const char *fingerprint, struct error *err);

/* Makes one and its file, synced, never over an existing one unless `replace`, which keeps the old
 * one beside it as seal.key.FINGERPRINT (0600). */
struct seal_key *seal_key_make(const char *dir, bool replace, struct error *err);

/* The same in two steps, for a change that must become durable elsewhere between them: `prepare`
 * makes seal.key.new (any that was left is overwritten), `install` puts it in the place of
 * seal.key. `open_new` gives what was prepared and not installed, NULL: nothing. */
struct seal_key *seal_key_prepare(const char *dir, struct error *err);
struct seal_key *seal_key_install(const char *dir, struct error *err);
struct seal_key *seal_key_open_new(const char *dir);

void seal_key_free(struct seal_key *key);

const char *seal_key_fingerprint(const struct seal_key *key); /* borrowed */
const uint8_t *seal_key_public(const struct seal_key *key);   /* 32 bytes, borrowed */
bool seal_key_sign(const struct seal_key *key, const void *text, size_t size,
                   uint8_t signature[SIGNATURE_BYTES], struct error *err);

#endif
