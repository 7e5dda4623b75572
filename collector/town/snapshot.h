/* snapshot.h - the settings in force as they are sealed: SEAL.md, "Configuration". */
#ifndef TOWN_SNAPSHOT_H
#define TOWN_SNAPSHOT_H

#include "ledger/point_sheet.h"
#include "store/seals.h"
#include "town/settings.h"

/* Gives everything the settings were read from and what they come to, sorted; ended with
 * snapshot_free(). NULL with a sentence. */
struct configuration *snapshot_of(const struct settings *settings, struct error *err);
void snapshot_free(struct configuration *configuration);

/* One point's sheet; ended with point_sheet_end(). */
bool snapshot_sheet(const struct settings *settings, size_t device, size_t channel,
                    struct point_sheet *sheet, struct error *err);

/* Finds an item in a configuration's text: its digest. */
bool configuration_item(const char *text, const char *name, uint8_t digest[DIGEST_BYTES]);

#endif
