/* seal.h - the texts, hashes and trees of SEAL.md: what is sealed, and how it is proven.
 *
 * Pure: the writer seals with it, the exporter proves with it, the verifier checks with it. Nothing
 * here reads a store. Any thread.
 */
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "model/catalog.h"
#include "model/reading.h"

enum { DIGEST_BYTES = 32, DIGEST_HEX = 65, SIGNATURE_BYTES = 64, SEAL_LINE_MAX = 256 };

/* A digest in progress: of a leaf (its hash begins with 0x00), or of anything. */
struct hashing;
struct hashing *hashing_new(void); /* NULL: no memory; begins as hashing_begin() */
void hashing_free(struct hashing *hashing);
void hashing_begin(struct hashing *hashing);      /* plain SHA-256 */
void hashing_begin_leaf(struct hashing *hashing); /* 0x00 first */
void hashing_add(struct hashing *hashing, const void *bytes, size_t size);
void hashing_end(struct hashing *hashing, uint8_t out[DIGEST_BYTES]);
void digest_of(const void *bytes, size_t size, uint8_t out[DIGEST_BYTES]);
char *digest_hex(const uint8_t digest[DIGEST_BYTES], char out[DIGEST_HEX]);
/* Exactly 2 x size lower-case hex digits; false otherwise. */
bool hex_read(const char *hex, uint8_t *out, size_t size);

/* Lines of leaves, each with its line feed. A line fits into SEAL_LINE_MAX where it has no raw
 * words, JSON or names of people in it. */
void seal_add_reading(struct text *text, uint64_t seq, struct wall_time time,
                      const struct reading *reading);
/* Everything of a poll's line up to RAW and its comma; RAW (hex) and the line feed follow. */
void seal_add_poll(struct text *text, const struct poll *poll, const uint8_t profile[DIGEST_BYTES]);
/* A reading's line read again, its line feed included in `size`: the fields exactly in the form
 * they are written in, else false. `reading->point` is 0. */
bool seal_read_reading(const char *line, size_t size, uint64_t *seq, struct wall_time *time,
                       struct reading *reading);

/* An entry's own text (without line feed) and its line in the leaf of events. */
struct seal_entry {
    uint64_t seq;
    const char *kind;      /* of an event; "problem" */
    struct wall_time time; /* of an event */
    uint32_t boot;
    int64_t mono_ms;
    const char *who;          /* of an event */
    const char *body;         /* arguments, or the problem */
    const char *uid, *nature; /* of a problem */
    uint32_t version;
};
/* Gives a text ended with free(); NULL: no memory. */
char *seal_entry_text(const struct seal_entry *entry);
/* What it is about; `point` is the body's point, of a problem. Gives a text ended with free(). */
char *seal_entry_subject(const struct seal_entry *entry);

/* RFC 9162, 2.1. `hashes` are leaf hashes; neither they nor a path that is followed are changed
 * (C11 would not take an array of digests as one of constants). False: there are none. */
enum { PATH_MAX_LENGTH = 40 };
bool tree_root(uint8_t (*hashes)[DIGEST_BYTES], size_t count, uint8_t root[DIGEST_BYTES]);
/* The path of one leaf, from the leaf up; returns its length, at most PATH_MAX_LENGTH. */
size_t tree_path(uint8_t (*hashes)[DIGEST_BYTES], size_t count, size_t index,
                 uint8_t (*path)[DIGEST_BYTES]);
/* Where a path leads: false when its length cannot be that of this leaf in a tree of this size. */
bool tree_follow(const uint8_t hash[DIGEST_BYTES], size_t index, size_t count,
                 uint8_t (*path)[DIGEST_BYTES], size_t length, uint8_t root[DIGEST_BYTES]);

struct seal_head {
    char collector[NAME_SIZE];
    char store[33];
    uint64_t segment;
    uint64_t first_seq, last_seq;
    struct wall_time first_time, last_time;
    uint64_t leaves;
    uint8_t root[DIGEST_BYTES], previous[DIGEST_BYTES];
    struct wall_time sealed;
    char key[DIGEST_HEX];
};
enum { HEAD_TEXT_MAX = 768 };
/* Writes its text, returns the length. */
size_t seal_head_text(const struct seal_head *head, char out[HEAD_TEXT_MAX]);
/* Reads exactly what seal_head_text() writes; any other byte is refused with a sentence that says
 * what (another version: that). */
bool seal_head_read(struct seal_head *head, const char *text, size_t size, struct error *err);

/* The signature over any text by the raw public key. */
bool seal_is_signed(const uint8_t public_key[DIGEST_BYTES], const void *text, size_t size,
                    const uint8_t signature[SIGNATURE_BYTES]);
/* What a key signs when another follows it. Returns the length. */
size_t seal_handover_text(const char *store, const char *key, const char *replaces,
                          char out[HEAD_TEXT_MAX]);

#endif
