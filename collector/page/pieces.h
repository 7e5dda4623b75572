/* pieces.h - an answer put together from JSON texts that stand in the store.
 *
 * Numbers keep the text they were stored with: a library would write 2.31 with seventeen digits.
 * One thread.
 */
#ifndef PAGE_PIECES_H
#define PAGE_PIECES_H

#include "page/answer.h"

struct pieces {
    char *bytes;
    size_t used, room;
    bool failed; /* out of memory */
};

void pieces_add(struct pieces *pieces, const char *words);
void pieces_add_number(struct pieces *pieces, double value); /* null: not finite */
void pieces_add_json(struct pieces *pieces, const json_t *json);
/* The same; `json` is taken. */
void pieces_add_new(struct pieces *pieces, json_t *json);
/* A text that should be a JSON object: added as it is, behind a comma where one is due. False: it
 * is none, and was left out. */
bool pieces_add_object(struct pieces *pieces, const char *text);
/* A comma, unless the last byte is '[', '{' or ':'. */
void pieces_part(struct pieces *pieces);

/* Becomes the answer, or one of 500; the pieces are ended. */
void pieces_answer(struct pieces *pieces, struct http_answer *answer);
void pieces_end(struct pieces *pieces);

#endif
