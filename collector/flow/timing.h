/* timing.h - how long things take on a line, from its settings alone. Pure. */
#ifndef FLOW_TIMING_H
#define FLOW_TIMING_H

#include "drivers/plan.h"
#include "flow/poller.h"

/* A serial server or a unit that dials in does not say how fast the line behind it is. */
enum { TIMING_UNKNOWN_BAUD = 9600 };

/* Units behind it share one serial line: all kinds but tcp. */
bool timing_is_bus(enum link_kind kind);

/* One character with its start, data, parity and stop bits; 0 on tcp. */
int64_t timing_char_ns(const struct link_setup *link);

/* The silence the poller keeps before a request: `gap`, or 3.5 characters of 11 bits, 1.75 ms above
 * 19,200 Bd (Modbus over serial line 1.02, 2.5.1.1); 0 where it has no line of its own. */
int64_t timing_gap_ns(const struct link_setup *link);

/* Bytes of a request and of its right answer, as they are sent on this kind of link. */
size_t timing_request_bytes(enum link_kind kind);
size_t timing_answer_bytes(enum link_kind kind, const struct planned *request);

#endif
