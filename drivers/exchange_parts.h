/* exchange_parts.h - what the two files of the exchange share: exchange.c says when,
 * exchange_judge.c what the bytes are. Nobody else includes it.
 */
#ifndef DRIVERS_EXCHANGE_PARTS_H
#define DRIVERS_EXCHANGE_PARTS_H

#include "drivers/exchange.h"

static inline bool exchange_is_rtu(const struct exchange *exchange)
{
    return exchange->rules.wire == WIRE_RTU;
}

/* What stands in rx is judged: an answer ends the exchange, what is none goes. */
void exchange_judge(struct exchange *exchange, struct mono_time now);
/* The same of RTU; `last`: at the deadline, when what is not whole has failed. */
void exchange_judge_rtu(struct exchange *exchange, bool last, struct mono_time now);

/* The last answer has been read by now: its bytes may go. */
void exchange_let_answer_go(struct exchange *exchange);
/* rx is full of what follows an answer nobody has read yet. */
void exchange_drop_surplus(struct exchange *exchange);
/* Nothing asked: TCP's late answers; whatever is heard on an RTU line. */
void exchange_drop_stale(struct exchange *exchange);
void exchange_drop_unasked(struct exchange *exchange);

/* The result stands, for this reason, at that moment. */
void exchange_finish(struct exchange *exchange, enum cause cause, struct mono_time now);
enum cause exchange_cause_of_silence(const struct exchange *exchange);

#endif
