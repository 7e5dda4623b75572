/* proof_inside.h - a check of a bundle in progress. Inside proof*.c only.
 *
 * Two ways to say that something is wrong. What speaks against a claim is noted and the check goes
 * on. What cannot be read at all ends it: the function returns false with ERROR_REFUSED, which
 * refutes `unchanged` and leaves the rest unproven. Any other error means it could not be done.
 */
#ifndef REPORT_PROOF_INSIDE_H
#define REPORT_PROOF_INSIDE_H

#include <pthread.h>

#include "base/say.h"
#include "output/time_stamp.h"
#include "report/bundle_case.h"
#include "report/proof.h"

enum {
    PROOF_FILE_MOST = 32 << 20,   /* bytes of a file that is read whole */
    PROOF_LINE_MOST = 16 << 20,   /* of a line of events.txt: one import of a ledger */
    PROOF_SEGMENTS_MOST = 200000, /* twenty years of hours */
    PROOF_LEAF_MOST = 64 << 20,   /* of the leaf of events of one segment */
    PROOF_CONFIGURATIONS_MOST = 10000,
    REASONS_SHOWN = 3,
};

/* What was noted for or against one claim. */
struct notes {
    unsigned count;
    char words[REASON_SIZE - 200];
};

struct proof_key {
    char fingerprint[DIGEST_HEX];
    uint8_t public_key[DIGEST_BYTES];
    bool used;
};

/* A head of the chain: those of heads.txt, then those of issue.json. */
struct link {
    struct seal_head head;
    uint8_t digest[DIGEST_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
    bool signed_well;
    bool stopped;              /* its last entry that is no problem is `stopped` */
    uint32_t described;        /* a bit for each point of the case that a configuration names */
    uint32_t shown, removed;   /* a bit for each point whose leaf is shown, or was removed */
    size_t last_configuration; /* index + 1 of the last line of its leaf 1; 0: none */
};

/* A configuration that a leaf 1 names. */
struct settings_text {
    uint8_t digest[DIGEST_BYTES];
    bool good; /* its text is here and is what its name says */
    uint32_t described;
};

/* One step of the clock, or a start of the program, across which the clock was not watched. */
struct clock_step {
    uint64_t seq;
    struct wall_time time;
    int64_t by_ms; /* 0: a start */
    size_t back,
        starts; /* how many steps back and starts there are up to here, this one included */
};

/* A key that was made: an event key.made, or a line of keys.json. */
struct made_key {
    char key[DIGEST_HEX], replaces[DIGEST_HEX]; /* replaces: "" none */
    uint8_t public_key[DIGEST_BYTES];
    bool is_shown;    /* its public key is known */
    bool handed_over; /* the old one's signature is good */
};

/* The task as the newest shown entry of the ledger has it. */
struct sealed_task {
    bool found;
    uint64_t seq;
    struct wall_time struck_off, watch_until;
    bool points_differ, category_differs; /* from those of manifest.json */
};

/* A time stamp over a head. */
enum stamp_answer { STAMP_GOOD, STAMP_NO_HEAD, STAMP_UNREADABLE, STAMP_WRONG, STAMP_EARLY };
struct stamp {
    uint64_t segment;
    const struct archive_file *file; /* in anchors/; NULL: `hex` of issue.json, borrowed */
    const char *hex;
    enum stamp_answer answer; /* in itself; whom to trust is another question */
    struct wall_time time, sealed;
    char certificate[DIGEST_HEX], authority[160];
    char why[200]; /* it is wrong */
};

/* One of the threads that check signatures and time stamps: every so manieth from `first`. */
enum { PROOF_CHECKERS = 4 };
struct checker {
    pthread_t thread;
    struct check *check;
    size_t first;
    bool started;
};

struct check {
    struct archive *archive;
    const struct proof_setup *setup;
    struct proof *proof;
    struct notes against[CLAIM_COUNT], missing[CLAIM_COUNT];
    char proven[CLAIM_COUNT][REASON_SIZE - 200];
    bool other_version;
    bool sealed_differs; /* something that was sealed is not what was sealed */

    /* manifest.json */
    struct case_setup about;
    char points[TASK_POINTS_MAX][POINT_SIZE];
    bool is_public;
    uint8_t manifest_digest[DIGEST_BYTES];
    bool *known; /* a mark for each file of the archive that belongs here */

    struct proof_key *keys;
    size_t key_count;
    struct link *links;
    size_t link_count, link_room;
    size_t shown_links; /* of heads.txt */
    struct made_key *made;
    size_t made_count;
    struct clock_step *steps;
    size_t step_count;
    struct settings_text *settings;
    size_t settings_count;
    uint64_t rows_seen, entries_seen;
    uint64_t last_row_segment; /* of the span; 0: none */
    json_t *issue;             /* issue.json */
    char issued_verdict[24];   /* the answer, as the act of export says it; "": it does not */
    struct sealed_task task;
    struct bundle_case *bundle;
    bool settled;   /* the case has its descriptions and terms */
    bool evaluates; /* and its verdict is being worked out */
    struct checker checkers[PROOF_CHECKERS];
    struct stamp *stamps; /* files in order of their segments, then those of issue.json */
    size_t stamp_count;
    json_t *anchors_file;
    const json_t *anchors; /* of anchors.json: where heads were left */
    double share;          /* of the work, done so far */
};

/* proof_notes.c */
void refute(struct check *check, enum claim claim, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void lack(struct check *check, enum claim claim, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void proven(struct check *check, enum claim claim, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void notes_conclude(struct check *check);
bool proof_memory(struct error *err); /* sets it; false */
/* Of what fails inside the case: false passes on as what cannot be read, memory as what it is. */
bool proof_of_case(bool good, struct error *err);
bool proof_refuse(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* An array with room for one more; NULL: no memory (then the old one stands). Grows by doubling;
 * `count` is how many are in it. */
void *proof_grow(void *array, size_t count, size_t size);
void proof_progress(struct check *check, double share);

/* proof_json.c: files read whole. */
/* Marks a file as belonging here; NULL with ERROR_REFUSED: it is missing. */
const struct archive_file *proof_file(struct check *check, const char *name, struct error *err);
/* Ended with free(), a '\0' behind it. */
char *proof_whole(struct check *check, const struct archive_file *file, size_t *size,
                  struct error *err);
/* JSON in the one form it has here. */
json_t *proof_json(struct check *check, const char *name, struct error *err);
const char *json_words(const json_t *object, const char *key); /* "" where it is no string */
/* A time as in rows; null: WALL_NONE. */
bool json_time(const json_t *object, const char *key, struct wall_time *time);
bool time_read(const char *words, struct wall_time *time);

/* The steps of a check, in this order. */
bool proof_manifest(struct check *check, struct error *err); /* proof_manifest.c */
bool proof_digests(struct check *check, struct error *err);  /* proof_digests.c */
bool proof_keys(struct check *check, struct error *err);     /* proof_heads.c */
bool proof_made(struct check *check, struct error *err);     /* proof_made.c */
bool proof_heads(struct check *check, struct error *err);
bool proof_add_link(struct check *check, const char *text, size_t size, const char *signature,
                    const char *where, struct error *err);
bool proof_issue(struct check *check, struct error *err); /* proof_issue.c */
void proof_signatures_begin(struct check *check);         /* proof_chain.c */
void proof_signatures_end(struct check *check);
void proof_chain(struct check *check);
bool proof_events(struct check *check, struct error *err);   /* proof_events.c */
bool proof_settings(struct check *check, struct error *err); /* proof_settings.c */
bool proof_rows(struct check *check, struct error *err);     /* proof_rows.c */
void proof_cover(struct check *check);                       /* proof_cover.c */
void proof_signed_by(struct check *check);
bool proof_stamps(struct check *check, struct error *err);  /* proof_stamps.c */
bool proof_anchors(struct check *check, struct error *err); /* proof_anchors.c */
bool proof_verdict(struct check *check, struct error *err); /* proof_verdict.c */
void proof_strangers(struct check *check);                  /* proof_digests.c */

/* readings.csv, compared as the rows come in its order; proof_csv.c. */
struct proof_csv;
struct proof_csv *proof_csv_new(struct check *check, struct error *err);
void proof_csv_free(struct proof_csv *csv);
void proof_csv_point(struct proof_csv *csv, const char *point, const char *unit);
bool proof_csv_row(struct proof_csv *csv, uint64_t seq, struct wall_time time,
                   const struct reading *reading, struct error *err);
bool proof_csv_end(struct proof_csv *csv, struct error *err);

/* Lines of leaves, shared by events.txt and issue.json. */
struct entry_line {
    uint64_t seq;
    struct wall_time time;
    char kind[64];
    char subject[2048]; /* as it is, not as it is written */
    uint8_t digest[DIGEST_BYTES];
};
/* A line of leaf 0, without its line feed, in exactly the form it is written in. */
bool entry_line_read(struct entry_line *entry, const char *line, size_t size);
/* Whether an entry's own text is the one of that line. */
bool entry_line_fits(const struct entry_line *line, const struct shown_entry *entry,
                     const char *text, size_t size);
/* Keeps what an entry says of keys and of the clock. */
bool proof_use_entry(struct check *check, const struct shown_entry *entry, struct error *err);
/* Keeps what is said of a key: `made` has key, replaces and signature. `seq` 0: by keys.json, which
 * shows its public key; else `public_key` is NULL. */
bool proof_note_key(struct check *check, const json_t *made, uint64_t seq,
                    const uint8_t *public_key, struct error *err);
/* Reads the text of a configuration that leaf 1 names. */
bool proof_settings_text(struct check *check, struct settings_text *settings, struct error *err);
/* "path DIGEST …": the number of digests; 0: not one. */
size_t path_read(const char *words, uint8_t path[PATH_MAX_LENGTH][DIGEST_BYTES]);
/* The index of a point of the case; -1: none of it. */
int proof_point(const struct check *check, const char *name);
/* The rows of a leaf by where they stand in the sequence and in time, to see whether the clock was
 * set back between two; proof_clock.c. */
struct row_place {
    uint64_t seq;
    struct wall_time time;
};
struct row_places {
    struct row_place *rows;
    size_t count;
    bool sorted;           /* by seq */
    struct row_place last; /* of the leaf before; seq 0: none */
};
bool row_place_add(struct row_places *places, uint64_t seq, struct wall_time time,
                   struct error *err);
/* The leaf has ended. */
void row_places_check(struct row_places *places, struct check *check, const char *point);
/* The head of that number; NULL: not in the chain. */
const struct link *proof_link(const struct check *check, uint64_t segment);
/* Fills the answer of one; any thread. */
void stamp_look(const struct check *check, struct stamp *stamp);
/* Whether its authority is trusted; false: it could not be found out. */
bool stamp_trust(const struct check *check, const struct stamp *stamp, struct time_stamp_said *said,
                 struct error *err);
/* Whether the rows of a segment belong here: its times touch the span. */
bool link_touches(const struct check *check, const struct link *link);

#endif
