/* liar_frame.h - one answer in the making: its frames, and the pieces it becomes; for liar_frame.c
 * and liar_answer.c alone.
 */
#ifndef TESTS_LIAR_FRAME_H
#define TESTS_LIAR_FRAME_H

#include "liar_answer.h"

enum { MBAP = 6 };

struct frame {
    size_t size;
    uint8_t bytes[LIAR_FRAME_MAX];
};

/* One answer in the making. */
struct making {
    struct speaker *speaker;
    const struct liar_request *request;
    const struct fault *fault;
    struct frame right; /* the honest answer */
    struct piece *first, **end;
};

uint64_t making_luck(const struct making *making, uint64_t salt);
long making_value_or(const struct making *making, long drawn);
bool making_on_tcp(const struct making *making);
void frame_put_word(uint8_t *out, unsigned word);
void frame_seal(struct frame *frame);
struct frame frame_wrap(const struct making *making, uint8_t unit, const uint8_t *body,
                        size_t size);
size_t frame_data_size(const struct liar_request *request);
size_t frame_body(const struct making *making, uint8_t unit, unsigned address, int64_t heard_ns,
                  uint8_t *body);
struct frame frame_answer(const struct making *making, uint8_t content, uint8_t unit,
                          int64_t heard_ns);
struct frame frame_refusal(const struct making *making, uint8_t code);
struct piece *making_add(struct making *making, enum liar_act act, int64_t after_ns,
                         const uint8_t *bytes, size_t size);
struct piece *making_say(struct making *making, const struct frame *frame);
void making_act(struct making *making, enum liar_act what, long lasts_ms);
long percent_of(int64_t ns, uint64_t drawn, unsigned from, unsigned to);
uint8_t next_unit(uint8_t unit);
struct frame frame_of_another(const struct making *making);
struct frame frame_request(const struct making *making, unsigned address);

#endif
