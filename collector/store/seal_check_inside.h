/* seal_check_inside.h - what the parts of reader_check_seals() share; only store/seal_check*.c. */
#ifndef STORE_SEAL_CHECK_INSIDE_H
#define STORE_SEAL_CHECK_INSIDE_H

#include "store/reader_inside.h"
#include "store/seals.h"

/* Its own statements. */
enum check_ask {
    CHECK_STORE,
    CHECK_CAUSES,
    CHECK_NAMES,
    CHECK_TWICE,
    CHECK_KEPT_SEGMENTS,
    CHECK_ORPHANS,
    CHECK_POLL_TIMES,
    CHECK_EVENT_TIMES,
    CHECK_HOLE,
    CHECK_READINGS,
    CHECK_MARKS,
    CHECK_PRUNED,
    CHECK_LEFT,
    CHECK_CONFIGURATIONS,
    CHECK_SNAPSHOTS,
    CHECK_SNAPSHOT,
    CHECK_NAMED_IN,
    CHECK_PROFILES,
    CHECK_UNSEALED,
    CHECK_ANCHORS,
    CHECK_BOUNDS,
    CHECK_ASKS
};

/* A key as its event tells of it. */
struct key_made {
    char key[DIGEST_HEX];
    uint8_t public_key[DIGEST_BYTES];
    uint64_t seq;
    bool told; /* that it is unexplained */
    bool explained;
};

struct checking {
    struct reader *reader;
    sqlite3_stmt *asks[CHECK_ASKS];
    struct seal_check *check;
    struct seal_check found; /* the fault that is being told */
    void (*each)(void *self, const struct seal_check *found);
    void (*progress)(void *self, double share);
    void *self;
    struct error *err;
    bool failed; /* err says it */
    struct key_made *keys;
    size_t key_count, key_room;
    size_t key; /* of the last head */
    uint64_t newest;
    uint64_t segment, last_seq; /* of the last head */
    uint8_t head[DIGEST_BYTES];
    struct wall_time first_time, last_time;
};

/* One of its statements, reset and without values. */
sqlite3_stmt *check_ask(struct checking *checking, enum check_ask ask);
/* One row more? An error ends the checking. */
bool check_next(struct checking *checking, sqlite3_stmt *row);
bool check_no_memory(struct checking *checking);

/* Begins to tell a fault of a segment (0: of none): the caller adds what names it, then says
 * check_tell(). */
struct seal_check *check_fault(struct checking *checking, enum seal_fault fault, uint64_t segment);
void check_tell(struct checking *checking);

/* The leaves of a segment, from its rows or from what was noted of them. */
enum { MARK_SIZE = 2 };
struct seen_leaf {
    char *name;
    uint64_t rows;
    uint8_t digest[DIGEST_BYTES];
    uint8_t *marks;
};
struct seen {
    struct seen_leaf *all;
    size_t count, room;
    bool no_memory, in_order;
};
/* As reader_noted_leaves() and reader_hashed_leaves() call; `self` is a struct seen. */
bool seen_add(void *self, uint64_t number, const char *name, uint64_t rows, const uint8_t *digest,
              const uint8_t *marks);
void seen_free(struct seen *seen);
bool seen_is_same(const struct seen_leaf *one, const struct seen_leaf *other);
/* Tells which row of a leaf differs; that the leaf does. */
void check_tell_row(struct checking *checking, const struct sealed *sealed,
                    const struct seen_leaf *noted, const struct seen_leaf *now);
void check_tell_leaf(struct checking *checking, const struct sealed *sealed, const char *name);

/* The parts. Each tells what it finds; a failure is in checking->failed. */
void check_names(struct checking *checking);
void check_keys(struct checking *checking);
void check_signature(struct checking *checking, const struct sealed *sealed, const char *text,
                     size_t size);
void check_leaves(struct checking *checking, const struct sealed *sealed);
void check_pruned(struct checking *checking, const struct sealed *sealed);
void check_entries(struct checking *checking, const struct sealed *sealed, uint64_t entries);
void check_items(struct checking *checking);

/* Which row of a leaf differs, told from two bytes of each row's hash. */
struct row_place {
    enum seal_change change;
    uint64_t at; /* in the rows as they are now */
    bool told;   /* false: the marks do not tell */
    bool two;    /* two rows changed, the other is: */
    uint64_t other;
};
struct row_place rows_compare(const uint8_t *sealed, uint64_t sealed_rows, const uint8_t *now,
                              uint64_t now_rows);
/* Whether two rows as they are now come to the marks that were sealed once some of their fields are
 * exchanged: then somebody swapped them. */
bool rows_were_swapped(const char *one, const char *other, const uint8_t *one_mark,
                       const uint8_t *other_mark);

#endif
