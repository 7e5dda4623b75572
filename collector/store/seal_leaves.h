/* seal_leaves.h - the leaves of one segment, worked out from its rows a piece at a time. Inside
 * store/ only.
 *
 * The writer seals with it and a reader checks with it, each on its own connection.
 */
#ifndef STORE_SEAL_LEAVES_H
#define STORE_SEAL_LEAVES_H

#include "store/seal_rows.h"

struct leaf {
    char *name;   /* its first line */
    int64_t id;   /* of its device or point in the store, 0: it has no rows there */
    bool present; /* it has rows, or a configuration names it */
    uint64_t rows;
    uint8_t digest[DIGEST_BYTES];
    uint8_t *marks; /* MARK_BYTES each row */
    size_t marks_room;
    struct hashing *hashing; /* while rows are added */
};
enum { MARK_BYTES = 2 };

struct segment_leaves;

struct segment_leaves *segment_leaves_new(uint64_t segment, uint64_t first_seq, uint64_t last_seq);
void segment_leaves_free(struct segment_leaves *leaves);

/* Hashes about `budget` rows more; `done` says that all are. The segment's readings stand in
 * `kept`. */
bool segment_leaves_work(struct segment_leaves *leaves, struct connection *c, sqlite3_stmt **asks,
                         size_t budget, bool *done, struct error *err);

/* When done: the leaves in the order of the tree. */
size_t segment_leaves_count(const struct segment_leaves *leaves);
const struct leaf *segment_leaves_at(const struct segment_leaves *leaves, size_t number);
/* Their hashes as the tree takes them; ended with free(). NULL: no memory. */
uint8_t (*segment_leaves_hashes(const struct segment_leaves *leaves))[DIGEST_BYTES];

#endif
