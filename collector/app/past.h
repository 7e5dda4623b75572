/* past.h - a station in a time that is over: polls and acts go through the same recorder, judge and
 * store as live ones, under a clock that is held.
 *
 * For a history that is made up (demo --history) and for tests that replay a month. The clock is
 * trusted throughout; a segment is closed each hour of that time. One thread.
 */
#ifndef APP_PAST_H
#define APP_PAST_H

#include <jansson.h>

#include "model/reading.h"
#include "town/settings.h"

struct past;

/* The settings must outlive it. NULL with a sentence. */
struct past *past_open(const struct settings *settings, struct wall_time start, struct error *err);
/* Commits what waits. False: that failed. NULL is fine. */
bool past_close(struct past *past, struct error *err);

struct wall_time past_now(const struct past *past);

/* Time passes. What was polled is committed by the hour. */
bool past_advance(struct past *past, int64_t ms, struct error *err);
/* The wall clock alone is set, as by a hand: the other clock goes on as ever. */
void past_step_clock(struct past *past, int64_t by_ms);

/* A poll of the settings' device `device` at this moment: readings in the order of its channels,
 * whose points are filled in here. */
bool past_poll(struct past *past, size_t device, const struct reading *readings, struct error *err);

/* An act of a person at this moment (args is taken), after everything polled until now. */
bool past_act(struct past *past, const char *name, json_t *args, const char *by, struct error *err);

#endif
