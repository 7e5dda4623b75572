/* liar_answer.h - the bytes of an answer, true or false in exactly one way, and when they leave.
 *
 * Pure: no descriptor and no clock. What it makes is a list of pieces, given to the link that sends
 * them.
 */
#ifndef TESTS_LIAR_ANSWER_H
#define TESTS_LIAR_ANSWER_H

#include "liar_faults.h"
#include "liar_truth.h"

enum { LIAR_FRAME_MAX = 300, LIAR_REGISTERS = 65536 };

enum liar_act { ACT_SEND, ACT_FIN, ACT_RST, ACT_HOLE, ACT_REFUSE, ACT_CUT, ACT_REBOOT };

struct piece {
    struct piece *next;
    enum liar_act act;
    int64_t at_ns;
    int64_t spread_ns;   /* its bytes leave evenly over this time; 0: at once, or as the line is */
    int64_t lasts_ns;    /* of an act that ends by itself */
    unsigned connection; /* which of the link's it was asked on */
    size_t size, sent;
    uint8_t bytes[];
};

struct liar_request {
    uint32_t number; /* on its link, from 0 */
    unsigned connection;
    int64_t heard_ns;
    uint16_t tid; /* TCP */
    uint8_t unit, function;
    uint16_t address, count;
};

/* Registers that hold a word of the caller's instead of a cell's; -1: a cell's. */
struct liar_registers {
    int32_t words[LIAR_REGISTERS];
};

struct speaker {
    enum liar_wire wire;
    unsigned link;
    uint8_t map;
    int64_t timeout_ns, guard_ns; /* of the collector: what "late" means to it */
    int64_t turnaround_ns;
    const struct liar_registers *set; /* may be NULL */
    struct piece *held;               /* goes out behind the next answer */
    uint8_t last[LIAR_FRAME_MAX];     /* the right answer to the request before */
    size_t last_size;
};

/* What the request is answered with, the earliest first; NULL: nothing. The caller frees each. */
struct piece *answer_compose(struct speaker *speaker, const struct liar_request *request,
                             const struct fault *fault);

#endif
