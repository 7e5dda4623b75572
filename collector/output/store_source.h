/* store_source.h - the source every running sender has: the store's reader and the recorder. */
#ifndef OUTPUT_STORE_SOURCE_H
#define OUTPUT_STORE_SOURCE_H

#include "output/courier.h"

/* Gives the source through `out`, ended by its close(); false with a sentence. */
bool store_source_open(const struct sender_setup *setup, struct source *out, struct error *err);

#endif
