/* track_inside.h - what the files of the track share. Inside ledger/ only. */
#ifndef LEDGER_TRACK_INSIDE_H
#define LEDGER_TRACK_INSIDE_H

#include "ledger/track.h"

/* Whether an episode of any lane runs. */
bool track_is_running(const struct track *track);
/* While nothing runs and there is no problem, values leave no trace: forgets what lanes saw. */
void track_rest(struct track *track);
/* A new version: the marks for it. */
unsigned track_tell(struct track *track);

#endif
