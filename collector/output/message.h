/* message.h - the topics and payloads of MQTT (contract, "MQTT"). Pure.
 *
 * Each function adds one whole payload to `text`; `text->full` says that it did not fit. Times are
 * RFC 3339 in UTC; absent is null, never left out.
 */
#ifndef OUTPUT_MESSAGE_H
#define OUTPUT_MESSAGE_H

#include "base/text.h"
#include "model/catalog.h"
#include "model/reading.h"
#include "record/notice.h"
#include "store/seals.h"

/* "ROOT/COLLECTOR/LEAF" or, with `first` (and `second`) not NULL, "…/LEAF/FIRST/SECOND". */
void message_topic(struct text *text, const char *root, const char *collector, const char *leaf,
                   const char *first, const char *second);

/* {"state":"online","time":T,"version":"…"} */
void message_online(struct text *text, struct wall_time now, const char *version);
/* {"state":"offline"}: the last will, and the last word of a clean stop. */
void message_offline(struct text *text);

/* The description of an active device; an inactive one gives an empty payload. */
void message_device(struct text *text, const struct catalog *catalog,
                    const struct catalog_device *device);

/* {"seq":812,"time":T,"values":{"ph":7.32},"quality":{"ph":"N"},"cause":{}} */
void message_reading(struct text *text, const struct catalog *catalog, const struct poll *poll);

/* {"id","subject","text","since":T}; an ended one gives an empty payload. */
void message_notice(struct text *text, const struct notice *notice);

/* {"segment","head","previous","time","signature","key"} */
void message_seal(struct text *text, const struct sealed *sealed);

/* A problem as it is stored (`"seal":null`), with the newest head put in: what it says of the
 * problem stays as the judge wrote it, byte for byte. NULL: nothing is sealed yet. */
void message_problem(struct text *text, const char *body, const struct sealed *sealed);

/* Whether a problem (the contract's JSON) is closed and ended more than 30 days before `now`: then
 * its topic is emptied. `uid` (33 bytes, may be NULL) gets its uid. */
bool message_problem_is_old(const char *body, struct wall_time now, char *uid);

#endif
