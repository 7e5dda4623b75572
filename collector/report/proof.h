/* proof.h - what a bundle proves, claim by claim: VERIFY.md, "Five claims".
 *
 * Everything is checked by hashing what stands in the archive; nothing is unpacked, nothing is
 * believed because the bundle says so, and what is missing is never taken as good. Rows are read as
 * a stream. One thread at a time.
 */
#ifndef REPORT_PROOF_H
#define REPORT_PROOF_H

#include <jansson.h>

#include "report/archive.h"

enum claim {
    CLAIM_UNCHANGED,
    CLAIM_COMPLETE,
    CLAIM_SIGNED_BY,
    CLAIM_EXISTED_BEFORE,
    CLAIM_VERDICT_RECOMPUTED,
    CLAIM_COUNT
};
const char *claim_word(enum claim claim); /* "unchanged", "signed-by", … */
bool claim_find(const char *word, enum claim *claim);

enum answer { ANSWER_NOT_PROVEN, ANSWER_PROVEN, ANSWER_REFUTED };
const char *answer_word(enum answer answer);  /* "not_proven", "proven", "refuted" */
const char *answer_shown(enum answer answer); /* "not proven", "proven", "refuted" */

/* A head that was kept outside the gateway. */
struct outside_head {
    uint64_t segment;
    uint8_t head[DIGEST_BYTES];
    struct wall_time time; /* WALL_NONE: not known */
    char from[128];        /* where it stands, for people */
};

struct proof_setup {
    const char *key;     /* the fingerprint of the gateway's key; NULL: not given */
    const char *ca_file; /* certificates of time-stamp authorities; NULL: the machine's */
    const struct outside_head *outside;
    size_t outside_count;
    void (*progress)(void *self, double share); /* may be NULL */
    void *self;
};

enum { REASON_SIZE = 1400 };

struct proof {
    struct {
        enum answer answer;
        char reason[REASON_SIZE];
    } claims[CLAIM_COUNT];
    bool other_version;   /* of a form this program does not know: nothing was looked at */
    json_t *manifest;     /* as it stands; NULL: could not be read */
    json_t *verdict;      /* verdict.json as it stands; NULL likewise */
    char key[DIGEST_HEX]; /* that signed the last head, "" when none was read */
};

/* Checks every claim. False only when it could not be done: the file cannot be read any more, or
 * there is no memory. Ended with proof_end() in both cases. */
bool proof_check(struct proof *proof, struct archive *archive, const struct proof_setup *setup,
                 struct error *err);
/* The same of what is not even an archive, as `why` says: refuted. */
void proof_of_refused(struct proof *proof, const struct error *why);
void proof_end(struct proof *proof);

#endif
