/* seal_rows.h - rows of the store as the lines of SEAL.md, on any connection. Inside store/ only.
 */
#ifndef STORE_SEAL_ROWS_H
#define STORE_SEAL_ROWS_H

#include "store/connection.h"
#include "store/seal.h"

/* The statements a connection prepares for it, one after the other in this order. */
enum seal_ask {
    SEAL_NAMES,          /* kind (0 device, 1 point), id, name */
    SEAL_CONFIGURATIONS, /* of entries ?1..?2: seq, digest, text */
    SEAL_EVENTS,
    SEAL_VERSIONS,
    SEAL_POLLS,  /* of entries ?1..?2, of device ?3 unless NULL */
    SEAL_FRAMES, /* of entries ?1..?2, of device ?3 unless NULL */
    SEAL_KEPT,   /* of segment ?1 after the key (?2, ?3, ?4), in key order */
    SEAL_ASK_COUNT
};

/* clang-format off */
#define SEAL_ASKS(first)                                                                           \
    [(first) + SEAL_NAMES] = "SELECT 0, id, site || '/' || name FROM device"                       \
        " UNION ALL SELECT 1, id, name FROM point",                                                \
    [(first) + SEAL_CONFIGURATIONS] = "SELECT seq, digest, text FROM configuration WHERE seq"      \
        " BETWEEN ifnull((SELECT max(seq) FROM configuration WHERE seq <= ?1), ?1) AND ?2"         \
        " ORDER BY seq",                                                                           \
    [(first) + SEAL_EVENTS] = "SELECT seq, kind, time, boot, mono, who, arguments FROM event"      \
        " WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq",                                               \
    [(first) + SEAL_VERSIONS] = "SELECT seq, uid, version, nature, body FROM problem_version"      \
        " WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq",                                               \
    [(first) + SEAL_POLLS] = "SELECT p.seq, p.device, p.time, p.mono, p.boot, f.digest, p.raw"     \
        " FROM poll AS p LEFT JOIN profile AS f ON f.id = p.profile"                               \
        " WHERE p.seq BETWEEN ?1 AND ?2 AND (?3 IS NULL OR p.device = ?3) ORDER BY p.seq",         \
    [(first) + SEAL_FRAMES] = "SELECT f.seq, p.device, f.bytes FROM frame AS f"                    \
        " LEFT JOIN poll AS p ON p.seq = f.seq"                                                    \
        " WHERE f.seq BETWEEN ?1 AND ?2 AND (?3 IS NULL OR p.device = ?3) ORDER BY f.seq",         \
    [(first) + SEAL_KEPT] = "SELECT point, time, seq, value, quality, cause FROM kept"             \
        " WHERE segment = ?1 AND (point, time, seq) > (?2, ?3, ?4) ORDER BY point, time, seq"
/* clang-format on */

#define SEAL_STORE_ID "SELECT value FROM meta WHERE key = 'store'"

/* A line with its line feed, in memory that grows as needed. */
struct line {
    struct text text;
    size_t room;
};
void line_free(struct line *line);

/* Empties the line, with room for `size` bytes. */
bool line_begin(struct line *line, size_t size, struct error *err);
bool line_of_poll(struct line *line, sqlite3_stmt *row, struct error *err);
bool line_of_frames(struct line *line, sqlite3_stmt *row, struct error *err);
bool line_of_reading(struct line *line, sqlite3_stmt *row, struct error *err);
bool line_of_configuration(struct line *line, sqlite3_stmt *row, struct error *err);

/* The statements of a connection and the entries asked about. */
struct rows_of {
    struct connection *c;
    sqlite3_stmt **asks; /* SEAL_ASK_COUNT of them */
    uint64_t first_seq, last_seq;
};
/* One of them, reset, without values but for ?1 and ?2. */
sqlite3_stmt *rows_ask(const struct rows_of *rows, enum seal_ask ask);

/* Events and versions of problems in order of seq. `text` is the entry's own text. True also when
 * `each` has enough. */
bool rows_each_entry(const struct rows_of *rows,
                     bool (*each)(void *self, const struct seal_entry *entry, const char *subject,
                                  const char *text),
                     void *self, struct error *err);
/* An entry's line in the leaf of events. */
bool line_of_entry(struct line *line, const struct seal_entry *entry, const char *subject,
                   const char *text, struct error *err);

#endif
