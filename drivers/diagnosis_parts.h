/* diagnosis_parts.h - what the files of the diagnosis share; for diagnosis*.c alone.
 *
 * diagnosis.c       signs, counted and forgotten
 * diagnosis_turn.c  what was heard after one request, taken apart
 * diagnosis_say.c   which finding stands, and its sentence
 */
#ifndef DRIVERS_DIAGNOSIS_PARTS_H
#define DRIVERS_DIAGNOSIS_PARTS_H

#include "drivers/diagnosis.h"

enum sign_kind {
    SIGN_ECHO,
    SIGN_RTU_ON_TCP,
    SIGN_TCP_ON_RTU,
    SIGN_NOT_MODBUS,
    SIGN_GARBLED,
    SIGN_MASTER,
    SIGN_DOUBLED,
    SIGN_OTHER_UNIT,
    SIGN_EXTRA,
    SIGN_DAMAGED,
};

bool sign_stands(const struct sign *sign, enum sign_kind kind);
unsigned sign_of(const struct sign *sign); /* the answers it was counted in */

enum { TURN_EXTRA_MAX = 8 }; /* bytes beside a right frame; more is somebody who talks */

/* What was heard between two requests. */
struct turn {
    unsigned answers;   /* right ones to the request */
    unsigned second;    /* RTU: right ones to the request before it, which had been answered */
    unsigned requests;  /* RTU: of somebody else */
    unsigned frames;    /* RTU: of units nobody of us waits for */
    unsigned bytes;     /* that belong to nothing */
    uint8_t answers_as; /* the right answer, but of this unit; 0: none */
    bool echo, damaged;
    bool tcp; /* RTU: a Modbus TCP frame answers our bytes */
    bool rtu; /* TCP: a whole RTU frame */
};

struct turn turn_of_line(const struct diagnosis *diagnosis);
struct turn turn_of_stream(const struct diagnosis *diagnosis);
bool turn_is_tcp(const struct diagnosis *diagnosis);

#endif
