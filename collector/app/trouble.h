/* trouble.h - which devices and links need a person: turns finished polls into notices.
 *
 * A device that has not answered for longer than three of its periods (at least a minute) is a
 * notice, and so is one that refuses all three times in a row; one
 * that answers again ends it. A link whose port or host cannot be reached is one notice
 * for the link, not one for each of its devices. A point that has no value three times in a row
 * while its device answers (a register the device refuses) is a notice of its own; and so are what
 * the bytes of a link say about it, a device that is not the one it should be, and one that answers
 * again and again only after its timeout. The loop's
 * thread.
 */
#ifndef APP_TROUBLE_H
#define APP_TROUBLE_H

#include "flow/poller.h"
#include "record/notice.h"

struct trouble;

/* Borrows the setups and the board. */
struct trouble *trouble_new(const struct device_setup *devices, size_t count,
                            const struct link_setup *links, size_t link_count,
                            const struct clock *clock, struct notices *notices);
void trouble_free(struct trouble *trouble);

/* `poller`: where the poll comes from, asked whether its link is down; NULL: that is not known. */
void trouble_poll(struct trouble *trouble, const struct poll *poll, const struct poller *poller);
/* What the bytes of a link say about it now. */
void trouble_finding(struct trouble *trouble, size_t link, const struct finding *finding);

/* Who a device says it is. */
void trouble_identity(struct trouble *trouble, size_t index,
                      const struct identity_finding *finding);

#endif
