/* users.h - who may sign in to the page, as `lookback users` lists them: never a token's digest. */
#ifndef APP_USERS_H
#define APP_USERS_H

#include <jansson.h>

#include "store/people.h"
#include "town/settings.h"

/* {"users":[{"name","role","made","by"}]}; the caller ends it. */
json_t *users_json(const struct user *users, size_t count);

/* The same, from the running collector, else from people.sqlite. NULL with a sentence. */
json_t *users_asked(const struct settings *settings, struct error *err);

#endif
