/* bundle.h - what an evidence bundle holds, made from the store: VERIFY.md, file by file.
 *
 * Everything comes from the store through short transactions, segment by segment, and stands in a
 * spool until archive_write(). One thread at a time.
 */
#ifndef REPORT_BUNDLE_H
#define REPORT_BUNDLE_H

#include "report/archive.h"
#include "report/bundle_case.h"
#include "store/reader.h"

struct bundle_setup {
    struct reader *reader;
    const char *out;        /* the target: temporary files stand beside it */
    const char *program;    /* lookback-report */
    const json_t *versions; /* of its libraries */
    struct case_setup about;
    const json_t *task; /* the contract's */
    const char *category_zh, *category_en;
    bool public_form;
    /* How far it has come, 0..1, and at what, in both languages; NULL: told to nobody. */
    void (*heard)(void *self, double share, const char *zh, const char *en);
    void *self;
};

struct bundle;
struct bundle *bundle_new(const struct bundle_setup *setup, struct error *err);
void bundle_free(struct bundle *bundle);

/* Makes everything but issue.json. False with a sentence; nothing stands at `out` then. */
bool bundle_make(struct bundle *bundle, struct error *err);

/* After that. */
const char *bundle_manifest(const struct bundle *bundle); /* its digest, hex */
const json_t *bundle_verdict(const struct bundle *bundle);
bool bundle_is_simulated(const struct bundle *bundle);
uint64_t bundle_readings(const struct bundle *bundle); /* inside the span, of all points */
/* Where the store is not what was sealed: [{"point","segment","time","row","zh","en"}]. */
const json_t *bundle_differs(const struct bundle *bundle);

/* The event of the export stands in a sealed segment: puts its proof beside the rest and writes the
 * archive. `head` (hex) and `size` are what was issued. */
struct bundle_issue {
    char head[DIGEST_HEX], key[DIGEST_HEX];
    uint64_t segment, size;
};
bool bundle_issue(struct bundle *bundle, uint64_t seq, struct bundle_issue *issue,
                  struct error *err);

#endif
