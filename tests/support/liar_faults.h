/* liar_faults.h - the catalogue of what a liar can do wrong, and which fault hits which exchange.
 *
 * The fault of the n-th exchange of a link is a function of the seed, the link and n, of nothing
 * that time has a hand in: the same seed hits the same exchanges again.
 */
#ifndef TESTS_LIAR_FAULTS_H
#define TESTS_LIAR_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum liar_wire { LIAR_TCP = 1, LIAR_RTU = 2, LIAR_RTU_TCP = 4 };

enum fault_kind {
    FAULT_NONE,
    FAULT_SILENCE,
    FAULT_LATE,
    FAULT_LATER,
    FAULT_TWICE,
    FAULT_ORDER,
    FAULT_HALF,
    FAULT_DRIBBLE,
    FAULT_BEFORE,
    FAULT_AFTER,
    FAULT_FLOOD,
    FAULT_FLIP,
    FAULT_CRC,
    FAULT_WRONG_UNIT,
    FAULT_SWAP,
    FAULT_OTHER_FIRST,
    FAULT_WRONG_FUNCTION,
    FAULT_BYTE_COUNT,
    FAULT_EXCEPTION,
    FAULT_REPLAY,
    FAULT_ECHO,
    FAULT_ECHO_ONLY,
    FAULT_MASTER,
    FAULT_WRONG_TID,
    FAULT_TID_ZERO,
    FAULT_PROTOCOL,
    FAULT_LENGTH,
    FAULT_CUT_RST,
    FAULT_CUT_FIN,
    FAULT_RESET,
    FAULT_CLOSE,
    FAULT_IDLE_CLOSE,
    FAULT_HOLE,
    FAULT_REFUSE,
    FAULT_CUT,
    FAULT_REBOOT,
    FAULT_SWAP_HIDDEN,
    FAULT_STALE,
    FAULT_COUNT
};

struct fault_entry {
    const char *name;
    unsigned wires;
    bool single; /* part of `--faults all`: one exchange goes wrong, and the bytes can tell */
    const char *meaning;
};

const struct fault_entry *fault_entry(enum fault_kind kind);
void faults_print(FILE *out);

struct fault {
    enum fault_kind kind;
    long value;    /* FAULT_DRAWN: the liar draws one */
    uint64_t luck; /* what the rest of the lie is drawn from */
};
#define FAULT_DRAWN (-1L)

struct fault_rules;

/* `seed` of everything drawn; `calm` > 0: at most one fault in so many exchanges of a link, and at
 * least half as many honest ones between two. */
struct fault_rules *fault_rules_new(uint64_t seed, long calm);
void fault_rules_free(struct fault_rules *rules);

/* "NAME[=VALUE][@WHEN]"; WHEN is a list of N, N-M, every K, p=0.05, unit=U, address=A-B. False:
 * cannot be understood. The first rule that fits an exchange counts. */
bool fault_rules_add(struct fault_rules *rules, const char *text);
/* "all" or "NAME,NAME,…", each of them in the share `rate` of the exchanges. */
bool fault_rules_mix(struct fault_rules *rules, const char *names, double rate);
void fault_rules_clear(struct fault_rules *rules);

struct fault fault_of(const struct fault_rules *rules, enum liar_wire wire, unsigned link,
                      uint32_t number, unsigned unit, unsigned address, unsigned count);

#endif
