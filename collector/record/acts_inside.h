/* acts_inside.h - what only the files of acts share. Inside record/ only. */
#ifndef RECORD_ACTS_INSIDE_H
#define RECORD_ACTS_INSIDE_H

#include "record/acts.h"

extern const struct act_kind output_acts[];   /* acts_outputs.c */
extern const struct act_kind link_acts[];     /* acts_link.c */
extern const struct act_kind user_acts[];     /* acts_users.c */
extern const struct act_kind evidence_acts[]; /* acts_evidence.c */

/* acts_strike_off.c */
bool acts_ledger_is_there(const struct act_call *call, struct error *err);
bool acts_check_strike_off(struct act_call *call, struct error *err);
bool acts_check_note(struct act_call *call, struct error *err);

/* "2026-11-23 09:48:28" in the zone of the process, as tables show it: for a refusal. */
char *act_local_time(struct wall_time time, char out[WALL_TEXT]);

#endif
