/* command_evidence.h - the commands that share the word `evidence`. */
#ifndef APP_COMMAND_EVIDENCE_H
#define APP_COMMAND_EVIDENCE_H

#include "app/command.h"

/* evidence verify FILE [--key FINGERPRINT] [--require CLAIM] */
int command_evidence_verify(const struct typed *typed);

#endif
