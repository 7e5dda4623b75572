/* writer.h - the store with everything that writes into it: names, mailbox, trust, recorder. A
 * station without its poller and outputs: what a command needs that writes while no collector runs,
 * and what fills a history.
 */
#ifndef APP_WRITER_H
#define APP_WRITER_H

#include "record/recorder.h"
#include "town/names.h"

struct writer {
    const struct settings *settings;
    const struct clock *clock;
    struct store *store;
    struct names names;
    struct mailbox *mailbox;
    struct trust *trust;
    struct notices *notices;
    struct recorder *recorder;
};

struct writer_ways {
    const struct clock *clock;
    enum trust_by trust;
    const char *boot_id; /* NULL: the kernel's */
    size_t mailbox_bytes;
};

/* Takes the store's lock. False with a sentence; nothing is left open then. */
bool writer_open(struct writer *writer, const struct settings *settings,
                 const struct writer_ways *ways, struct error *err);
/* What waits in the mailbox is not committed by this: step the recorder before. */
void writer_close(struct writer *writer);

/* Runs one act to its end and gives its number. `args` is taken. False: the act's own sentence. */
bool writer_act(struct writer *writer, const char *name, json_t *args, const char *who,
                const char *by, uint64_t *seq, struct error *err);

#endif
