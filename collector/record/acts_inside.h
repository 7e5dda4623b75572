/* acts_inside.h - what only the files of acts share. Inside record/ only. */
#ifndef RECORD_ACTS_INSIDE_H
#define RECORD_ACTS_INSIDE_H

#include "record/acts.h"

extern const struct act_kind output_acts[]; /* acts_outputs.c */

#endif
