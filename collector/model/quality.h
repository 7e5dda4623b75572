/* quality.h - how far a reading may be trusted, in the letters of HJ 212-2017 (table 9), and why.
 *
 * The numbers are those of the line protocol's "_q" fields and never change.
 */
#ifndef MODEL_QUALITY_H
#define MODEL_QUALITY_H

#include <stdbool.h>

enum quality {
    QUALITY_NORMAL = 0,      /* N */
    QUALITY_OVER_RANGE = 1,  /* T: the value means "at least this" */
    QUALITY_CALIBRATING = 2, /* C */
    QUALITY_MAINTENANCE = 3, /* M */
    QUALITY_STOPPED = 4,     /* F */
    QUALITY_MANUAL = 5,      /* S */
    QUALITY_FAULT = 6,       /* D: a value only if it decoded */
    QUALITY_NO_ANSWER = 7,   /* B: never a value */
    QUALITY_COUNT
};

/* Why. The numbers are stored and never change; new ones go to the end. */
enum cause {
    CAUSE_NONE = 0,
    CAUSE_TIMEOUT = 1,
    CAUSE_REFUSED = 2,    /* the host refused the connection, or the port could not be opened */
    CAUSE_UNRESOLVED = 3, /* the host has no address */
    CAUSE_CRC = 4,
    CAUSE_BAD_FRAME = 5,
    CAUSE_WRONG_UNIT = 6,
    CAUSE_EXCEPTION_1 = 7, /* CAUSE_EXCEPTION_1 + n - 1 is exception n, 1 to 11 */
    CAUSE_EXCEPTION_11 = 17,
    CAUSE_BUSY = 18,
    CAUSE_ABSENT_MARK = 19,
    CAUSE_NOT_A_NUMBER = 20,
    CAUSE_ABOVE_SPAN = 21,
    CAUSE_BELOW_SPAN = 22,
    CAUSE_STATUS_BIT = 23,
    CAUSE_WARMING_UP = 24,
    CAUSE_IDENTITY_CHANGED = 25,
    CAUSE_AFTER_TIMEOUT = 26, /* good, but perhaps older than its stamp by timeout + guard */
    CAUSE_BY_HAND = 27,
    CAUSE_DISCONNECTED = 28,  /* the line or connection broke while the answer was awaited */
    CAUSE_UNIT_UNKNOWN = 29,  /* the device's unit register says a unit the profile does not know */
    CAUSE_NOT_EXACT = 30,     /* a whole number beyond 2^53 that a double cannot hold exactly */
    CAUSE_NOT_CONNECTED = 31, /* a unit that dials in has not done so */
    CAUSE_COUNT
};

char quality_letter(enum quality quality);
/* False when no quality has this letter. */
bool quality_from_letter(char letter, enum quality *quality);
/* "normal", "over_range", …; and in the language of the moment. Static. */
const char *quality_word(enum quality quality);
const char *quality_title(enum quality quality);
void quality_sentences(enum quality quality, const char **zh, const char **en);

/* N, and T as "at least this". */
bool quality_is_judged(enum quality quality);

/* "timeout", "exception_2", …; "" for none; static. */
const char *cause_word(enum cause cause);
bool cause_from_word(const char *word, enum cause *cause);
/* Half a sentence for a person, e.g. "没有回答" / "did not answer". */
const char *cause_title(enum cause cause);
void cause_sentences(enum cause cause, const char **zh, const char **en);
/* What a person does about it, e.g. "请检查供电、接线和站号" / "check its power, wiring and unit
 * id"; "" for none. */
const char *cause_advice(enum cause cause);

/* Half a sentence for any code of a Modbus exception, 0 to 255, also one the standard lacks; in
 * `out`, which is returned. */
enum { EXCEPTION_TEXT = 128 };
const char *exception_title(unsigned code, char *out);

/* Modbus exception 1..11; others (the standard has no 9; unknown codes) give CAUSE_BAD_FRAME,
 * except 5 and 6 which are CAUSE_BUSY. */
enum cause cause_of_exception(unsigned code);

#endif
