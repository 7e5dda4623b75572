/* report.h - the kinds of reports this program makes, one function each. */
#ifndef DRAWING_REPORT_H
#define DRAWING_REPORT_H

#include <stdio.h>

#include "base/error.h"

/* Reads `from`, writes the file at `path`; false with a sentence, and no file. */
bool report_readings(FILE *from, const char *path, struct error *err);
bool report_evidence(FILE *from, const char *path, struct error *err);
bool report_river(FILE *from, const char *path, struct error *err);
bool report_watch(FILE *from, const char *path, struct error *err);
bool report_watch_sheet(FILE *from, const char *path, struct error *err);

#endif
