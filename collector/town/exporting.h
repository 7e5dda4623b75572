/* exporting.h - one task, one span, everything that proves it in one file: how a bundle is made of
 * a store, for the command and for `lookback work`.
 *
 * What was recorded after the newest seal is sealed first, the bundle is made, its digest recorded
 * and sealed, and its proof put beside the rest. One thread; it takes as long as it takes.
 */
#ifndef TOWN_EXPORTING_H
#define TOWN_EXPORTING_H

#include "report/bundle.h"
#include "town/ledger_desk.h"

struct exporting_setup {
    struct ledger_desk *desk; /* begun */
    const json_t *task;       /* of that desk */
    struct span span;
    bool public_form;
    const char *out;
    /* Does an act and gives its number; false with a sentence: `args` is borrowed. */
    bool (*act)(void *self, const char *name, json_t *args, uint64_t *seq, struct error *err);
    /* How far it has come; NULL: told to nobody. */
    void (*heard)(void *self, double share, const char *zh, const char *en);
    void *self;
};

struct exporting;

/* What is borrowed in `setup` must stay. NULL with a sentence; nothing stands at `out` then. */
struct exporting *exporting_make(const struct exporting_setup *setup, struct error *err);
void exporting_free(struct exporting *exporting);

/* Borrowed. */
const struct bundle *exporting_bundle(const struct exporting *exporting);
const struct bundle_issue *exporting_issue(const struct exporting *exporting);

#endif
