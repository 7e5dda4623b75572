/* out.h - the file a report is written to. Inside drawing/ only. */
#ifndef DRAWING_OUT_H
#define DRAWING_OUT_H

#include "base/error.h"

/* Whether it can be written; makes it. False with a sentence. */
bool out_try(const char *path, struct error *err);
/* Takes away what was begun: a file, never a device or what else the path may lead to. */
void out_drop(const char *path);
/* False with "PATH: it cannot be written (WHY)". */
bool out_failed(const char *path, const char *why, struct error *err);

#endif
