/* section.h - the class of a river section or lake: the worst class among its items (single-factor
 * method of GB 3838-2002, clause 5.1).
 *
 * Every limit comes from the standards; nothing here is a constant of the law. Worse than class V
 * is a sixth class. A value exactly at a limit belongs to the better class. Items that stand apart
 * (total nitrogen, faecal coliform) are classed and shown, and do not class the section. Pure.
 */
#ifndef LEDGER_SECTION_H
#define LEDGER_SECTION_H

#include "ledger/standard.h"

enum { WORSE_THAN_V = 6, SECTION_ITEMS_MAX = 32, MAIN_ITEMS_MAX = 3 };

/* Two forms of the index of dissolved oxygen are in use; a report says which it used. */
enum oxygen_form {
    OXYGEN_FORM_A, /* HJ 2.3-2018: DO <= DO_f: DO_s / DO; above: |DO_f - DO| / (DO_f - DO_s) */
    OXYGEN_FORM_B  /* HJ/T 2.3-93: DO >= DO_s: |DO_f - DO| / (DO_f - DO_s); below: 10 - 9 DO / DO_s
                    */
};

struct section_value {
    const char *parameter; /* its key */
    double value;          /* in the parameter's unit; NAN: not measured */
};

struct section_question {
    const char *standard; /* "GB 3838" */
    const char *body;     /* "river", "lake" */
    int target;           /* 1 … 5 */
    struct wall_time at;  /* picks the edition */
    enum oxygen_form form;
    const struct section_value *values; /* water_temperature among them, where it is known */
    size_t count;
};

struct section_item {
    const struct limit *limit; /* of the target class */
    double value;
    int class_;          /* 1 … 5, WORSE_THAN_V */
    bool apart;          /* stands beside the class */
    bool exceeds;        /* worse than the target */
    bool by_saturation;  /* class I by its saturation, not by its concentration */
    double multiple;     /* (C - S) / S of the target; NAN: not exceeded, or it has none (pH, DO) */
    double multiple_iii; /* the same of class III, by which main pollution items are ranked */
    double index;        /* standard index of the target; NAN: not computable */
};

struct section_class {
    int class_;                                   /* 0: none of its items was measured */
    bool meets;                                   /* the target */
    struct section_item items[SECTION_ITEMS_MAX]; /* those measured: a report names them */
    size_t count;
    size_t taking_part;          /* of these, not apart */
    size_t main[MAIN_ITEMS_MAX]; /* indexes of items; only where the section is worse than III */
    size_t main_count;
};

void section_classify(const struct standards *standards, const struct section_question *question,
                      struct section_class *out);

/* Dissolved oxygen of saturated fresh water at 1 atm, mg/L: 468 / (31.6 + T), T in °C. NAN where T
 * is unknown or no temperature of water. */
double oxygen_saturated(double temperature);

/* The index of dissolved oxygen; NAN where it cannot be computed: no temperature where one is
 * needed, or warm water that, saturated, holds hardly more than the limit. */
double oxygen_index(enum oxygen_form form, double oxygen, double limit, double temperature);

/* pH <= 7: (7 - pH) / (7 - low), above: (pH - 7) / (high - 7). */
double acid_index(double ph, double low, double high);

/* (C - S) / S; NAN where that is not above 0: nothing is exceeded. */
double exceedance_multiple(double value, double limit);

#endif
