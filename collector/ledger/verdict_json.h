/* verdict_json.h - parts of verdict.json. Inside ledger/ only. */
#ifndef LEDGER_VERDICT_JSON_H
#define LEDGER_VERDICT_JSON_H

#include "ledger/evaluation_inside.h"

json_t *verdict_real(double number);           /* null: not finite */
json_t *verdict_words(const char *text);       /* null: "" */
json_t *verdict_moment(struct wall_time time); /* null: WALL_NONE */
/* NULL: out of memory. */
json_t *verdict_criterion_json(const struct evaluation *evaluation, int point, size_t index);

#endif
