/* anchor_file.h - a head that was kept outside the gateway, as people keep it: what the broker's
 * topic `seal` holds, a problem as the rectification system got it, an exported issue.json, or
 * lines "SEGMENT HEAD".
 */
#ifndef APP_ANCHOR_FILE_H
#define APP_ANCHOR_FILE_H

#include "report/proof.h"

/* Calls `each` for every head of the file. False with a sentence: it cannot be read, or holds
 * none, or something that is none. */
bool anchor_file_read(const char *path,
                      void (*each)(void *self, const char *path, const struct outside_head *head),
                      void *self, struct error *err);

#endif
