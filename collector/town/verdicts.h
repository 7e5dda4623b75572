/* verdicts.h - the verdict of a task, as the store has it now: held, relapsed or not proven.
 *
 * For the ledger, the watch list and the page. It is fed with stored aggregates, so the whole
 * ledger takes a moment; a bundle is fed with sealed readings and comes to the same. One thread.
 */
#ifndef TOWN_VERDICTS_H
#define TOWN_VERDICTS_H

#include <jansson.h>

#include "store/reader.h"
#include "town/settings.h"

struct verdicts;

/* Settings and reader must stay. NULL with a sentence. */
struct verdicts *verdicts_new(const struct settings *settings, struct reader *reader,
                              struct error *err);
void verdicts_free(struct verdicts *verdicts);

/* What of a task (the contract's JSON) is looked at. */
struct verdict_asked {
    const json_t *task;
    struct span span;
    bool from_readings; /* from every reading: slow, and the same */
};
/* verdict.json of VERDICT.md; the caller ends it. NULL with a sentence. */
json_t *verdicts_ask(struct verdicts *verdicts, const struct verdict_asked *asked,
                     struct error *err);

/* Of a struck-off task that is watched here, from as long before its strike-off as it is watched
 * (verdict.conf: before_days at most) to the end of its watch period or `now`. `*verdict` is NULL
 * for any other task. False: an error. */
bool verdicts_of(struct verdicts *verdicts, const json_t *task, struct wall_time now,
                 json_t **verdict, struct error *err);

#endif
