/* seals_shown.h - what was found about the seals of a store, in sentences and as JSON. */
#ifndef APP_SEALS_SHOWN_H
#define APP_SEALS_SHOWN_H

#include <jansson.h>

#include "app/anchor_file.h"
#include "store/seals.h"

/* How a head that was kept outside stands to the store. */
enum outside_answer { OUTSIDE_SAME, OUTSIDE_AHEAD, OUTSIDE_OTHER, OUTSIDE_UNSEALED };
struct outside_found {
    const char *path;
    struct outside_head head;
    enum outside_answer answer;
    uint8_t here[DIGEST_BYTES]; /* OUTSIDE_OTHER: the head of that segment here */
};

/* A fault as a sentence, in the language of the moment. */
void seal_fault_say(const struct seal_check *found, char *out, size_t size);
/* Its JSON; the caller ends it. */
json_t *seal_fault_json(const struct seal_check *found);

void outside_say(const struct outside_found *found, uint64_t newest, char *out, size_t size);
json_t *outside_json(const struct outside_found *found);

#endif
