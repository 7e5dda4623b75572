/* river_gather.h - what a store has of one section in one month, for report/river.h. */
#ifndef TOWN_RIVER_GATHER_H
#define TOWN_RIVER_GATHER_H

#include "report/river.h"
#include "store/reader.h"

/* Fills the month's items: channels of the site that are a parameter of water itself ("ph", not
 * "ph.raw"); where two devices measure the same, the one with more valid days. The caller ends
 * month->items with free(), also after false. */
bool river_gather(const struct catalog *town, struct reader *reader, const char *site,
                  struct river_month *month, struct error *err);

#endif
