/* version.h - numbers that change whenever what they are made of does, for ETags (struct route).
 * Inside page/ only. */
#ifndef PAGE_VERSION_H
#define PAGE_VERSION_H

#include "record/recorder.h"

uint64_t version_mix(uint64_t version, uint64_t word);
/* The recorder's counters of `kinds` mixed in, one after the other. */
uint64_t version_news(uint64_t version, const struct recorder *recorder, const enum news *kinds,
                      size_t count);

#endif
