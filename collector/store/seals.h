/* seals.h - segments are sealed (the writer), and seals are read (everybody else).
 *
 * SEAL.md says what of. A segment is sealed once its readings stand in `kept`; its rows are read
 * back from the database, so what is sealed is what is stored.
 */
#ifndef STORE_SEALS_H
#define STORE_SEALS_H

#include "store/reader.h"
#include "store/seal_key.h"
#include "store/store.h"

/* The writer. -------------------------------------------------------------------------------- */

/* Seals the next closed and moved segment a piece at a time: hashes at most about `budget` rows,
 * then writes so many leaves, and with the last of them root, head and signature. What it has
 * hashed so far is only in memory: after a crash the segment begins again. `sealed` is set when one
 * was finished by this call, `more` when there is more to do at once. `now` is when (the wall clock
 * as trusted). */
bool store_seal_step(struct store *store, const char *collector, const struct seal_key *key,
                     struct wall_time now, size_t budget, bool *sealed, bool *more,
                     struct error *err);

const char *store_id(const struct store *store); /* 32 hexadecimal digits, borrowed */
/* The newest seal; what stands after its last entry is not sealed yet. */
struct seal_mark {
    uint64_t segment, last_seq; /* 0: there is none */
    uint8_t head[DIGEST_BYTES]; /* its digest */
    struct wall_time sealed;
    char key[DIGEST_HEX];
};
const struct seal_mark *store_newest_seal(const struct store *store); /* borrowed */
/* The key of the newest event key.made, "" when there is none. `explained`: it is the first one, or
 * the one before has signed for it. */
bool store_newest_key(struct store *store, char fingerprint[DIGEST_HEX], bool *explained,
                      struct error *err);

/* A configuration (SEAL.md, leaf 1) comes into force with the entry `seq`: its text, and its items
 * by digest. What is known already is not written again. In the caller's transaction. */
struct snapshot_item {
    char name[160];
    uint8_t digest[DIGEST_BYTES];
    const void *content;
    size_t size;
};
struct configuration {
    uint8_t digest[DIGEST_BYTES]; /* of `text` */
    char *text;
    struct snapshot_item *items; /* in order of their names */
    size_t count;
};
bool store_put_configuration(struct store *store, uint64_t seq,
                             const struct configuration *configuration, struct error *err);
/* The digest in force now; false: none. */
bool store_configuration(struct store *store, uint8_t digest[DIGEST_BYTES]);

/* A head was left outside: kind "mqtt", "rectification", "time_stamp". Kept once per (segment,
 * kind, name). In the caller's transaction if one is open. */
bool store_add_anchor(struct store *store, uint64_t segment, const char *kind, const char *name,
                      struct wall_time time, const void *body, size_t size, struct error *err);

/* Readers. ----------------------------------------------------------------------------------- */

struct sealed {
    struct seal_head head; /* made from the row: its digest must be `digest` */
    uint8_t digest[DIGEST_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
    bool pruned;                   /* its readings were removed by retention */
    uint8_t (*path)[DIGEST_BYTES]; /* of leaf 0; borrowed for the call */
    size_t path_length;
};
/* Sealed segments first..last (0: to the newest), in order. True also when `each` has enough. No
 * transaction is held while `each` runs, so it may take its time and ask the same reader. */
bool reader_sealed(struct reader *reader, uint64_t first, uint64_t last,
                   bool (*each)(void *self, const struct sealed *sealed), void *self,
                   struct error *err);
/* At most `most` sealed segments before `before` (0: the newest), the newest first; `each` asks
 * this reader nothing. */
bool reader_newest_seals(struct reader *reader, uint64_t before, size_t most,
                         bool (*each)(void *self, const struct sealed *sealed), void *self,
                         struct error *err);
/* The number of the newest sealed segment (0: none), how many closed ones wait to be sealed, and
 * the seq after the newest seal. */
bool reader_seal_state(struct reader *reader, uint64_t *newest, uint64_t *waiting,
                       uint64_t *unsealed_from, struct error *err);
/* The segment that holds an entry, 0: not in one yet (or not a sealed one). */
uint64_t reader_segment_of(struct reader *reader, uint64_t seq);

/* The leaf texts as they stand in the store now, line by line, each with its line feed: what the
 * seal's leaf hash must be of. `name` is the leaf's first line without its line feed: "events",
 * "configuration", "device …", "point …". */
bool reader_leaf_lines(struct reader *reader, uint64_t segment, const char *name,
                       bool (*each)(void *self, const char *line, size_t size), void *self,
                       struct error *err);
/* What was noted of a leaf when it was sealed. `found` false: the segment's tree has no such leaf
 * (or retention removed it). */
struct leaf_note {
    uint64_t number;
    uint64_t rows;
    uint8_t digest[DIGEST_BYTES];
    size_t path_length;
    uint8_t path[PATH_MAX_LENGTH][DIGEST_BYTES];
};
bool reader_leaf(struct reader *reader, uint64_t segment, const char *name, struct leaf_note *note,
                 bool *found, struct error *err);

/* The leaves of a segment as they were noted when it was sealed, in order; `marks` is 2 bytes a row
 * (SEAL.md). A pruned segment has its leaf of events alone. */
bool reader_noted_leaves(struct reader *reader, uint64_t segment,
                         bool (*each)(void *self, uint64_t number, const char *name, uint64_t rows,
                                      const uint8_t *digest, const uint8_t *marks),
                         void *self, struct error *err);
/* The leaves of a segment as its rows stand now, all of them in order: what sealing it again would
 * find. Much faster than reader_leaf_lines() for each. Not of a pruned segment. */
bool reader_hashed_leaves(struct reader *reader, uint64_t segment,
                          bool (*each)(void *self, uint64_t number, const char *name, uint64_t rows,
                                       const uint8_t *digest, const uint8_t *marks),
                          void *self, struct error *err);

/* The own texts of events and versions of problems of a segment, in order. */
bool reader_entries(struct reader *reader, uint64_t segment,
                    bool (*each)(void *self, uint64_t seq, struct wall_time time, const char *kind,
                                 const char *subject, const char *text),
                    void *self, struct error *err);

/* The configuration in force at an entry: its digest and text, given (free()). NULL text: none. */
bool reader_configuration(struct reader *reader, uint64_t seq, uint8_t digest[DIGEST_BYTES],
                          char **text, struct error *err);
/* An item by its digest; given (free()), NULL: not there. */
void *reader_snapshot(struct reader *reader, const uint8_t digest[DIGEST_BYTES], size_t *size,
                      struct error *err);

bool reader_anchors(struct reader *reader, uint64_t first, uint64_t last,
                    bool (*each)(void *self, uint64_t segment, const char *kind, const char *name,
                                 struct wall_time time, const void *body, size_t size),
                    void *self, struct error *err);

/* Checks a whole store against its own seals: names, chain, signatures, roots, entries,
 * configurations, profiles. What the judge concluded (problem, episode, aggregate, task) is no part
 * of it: replay checks that. */
enum seal_fault {
    SEAL_SOUND,
    SEAL_ROW_DIFFERS,     /* a row of a leaf: `leaf`, `change`, `row` (text) and `seq` name it */
    SEAL_LEAF_DIFFERS,    /* a leaf, but which row cannot be told (`row` may say what of it) */
    SEAL_HEAD_DIFFERS,    /* root, numbers or times of a head */
    SEAL_CHAIN_BROKEN,    /* a segment is missing, or does not follow the one before */
    SEAL_UNSIGNED,        /* the signature is wrong, or of an unknown key */
    SEAL_KEY_UNEXPLAINED, /* a key follows another without its signature: `row` is the key */
    SEAL_ITEM_DIFFERS,    /* `leaf`: a name, a configuration, one of its items, or a profile is not
                             what was sealed or used */
    SEAL_ENTRY_MISSING,   /* `seq`: nobody has it, or two have it, or a reading has no poll */
    SEAL_CUT,             /* a head of this segment was left outside, and it is not here */
};
const char *seal_fault_word(enum seal_fault fault); /* "row_differs", … */

/* What was done to a row, as far as the marks tell. Of a removed one `row` is the row that now
 * stands in its place, "" at the end of its leaf. */
enum seal_change { SEAL_CHANGED, SEAL_ADDED, SEAL_REMOVED, SEAL_SWAPPED };
const char *seal_change_word(enum seal_change change); /* "changed", … */

enum { SEAL_KEYS_MAX = 64 };
struct seal_check {
    enum seal_fault fault; /* the first one */
    enum seal_change change;
    uint64_t segment, seq;
    struct wall_time first_time, last_time; /* of the segment */
    char leaf[160];
    char row[SEAL_LINE_MAX];
    uint64_t segments, pruned, rows, faults; /* looked at; faults in all */
    uint64_t newest;                         /* segment; its head: */
    uint8_t head[DIGEST_BYTES];
    struct wall_time sealed;
    uint64_t unsealed; /* entries after the newest seal */
    struct wall_time unsealed_since;
    char key[DIGEST_HEX];                 /* the newest that signed */
    char keys[SEAL_KEYS_MAX][DIGEST_HEX]; /* all that signed, each explained by the one before it
                                             unless a fault says otherwise; newest last */
    size_t key_count;
};
/* `each` (may be NULL) is called for every fault, `progress` (may be NULL) with the share done.
 * False: the store could not be read. */
bool reader_check_seals(struct reader *reader, struct seal_check *check,
                        void (*each)(void *self, const struct seal_check *found),
                        void (*progress)(void *self, double share), void *self, struct error *err);

#endif
