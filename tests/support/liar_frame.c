#include "liar_frame.h"

#include <stdlib.h>
#include <string.h>

uint64_t making_luck(const struct making *making, uint64_t salt)
{
    return draw(making->fault->luck, salt, 0, 0);
}

long making_value_or(const struct making *making, long drawn)
{
    return making->fault->value == FAULT_DRAWN ? drawn : making->fault->value;
}

bool making_on_tcp(const struct making *making)
{
    return making->speaker->wire == LIAR_TCP;
}

void frame_put_word(uint8_t *out, unsigned word)
{
    out[0] = (uint8_t)(word >> 8);
    out[1] = (uint8_t)word;
}

void frame_seal(struct frame *frame)
{
    uint16_t crc = liar_crc(frame->bytes, frame->size);

    frame->bytes[frame->size++] = (uint8_t)crc;
    frame->bytes[frame->size++] = (uint8_t)(crc >> 8);
}

/* A frame of either wire around function and data. */
struct frame frame_wrap(const struct making *making, uint8_t unit, const uint8_t *body, size_t size)
{
    struct frame frame = {0};

    if (!making_on_tcp(making)) {
        frame.bytes[0] = unit;
        memcpy(frame.bytes + 1, body, size);
        frame.size = size + 1;
        frame_seal(&frame);
        return frame;
    }
    frame_put_word(frame.bytes, making->request->tid);
    frame_put_word(frame.bytes + 4, (unsigned)size + 1);
    frame.bytes[MBAP] = unit;
    memcpy(frame.bytes + MBAP + 1, body, size);
    frame.size = MBAP + 1 + size;
    return frame;
}

size_t frame_data_size(const struct liar_request *request)
{
    return request->function <= 2 ? ((size_t)request->count + 7) / 8 : 2 * (size_t)request->count;
}

static uint16_t word_at(const struct making *making, const struct cell *cell, unsigned address)
{
    const struct liar_registers *set = making->speaker->set;

    if (set != NULL && set->words[address % LIAR_REGISTERS] >= 0)
        return (uint16_t)set->words[address % LIAR_REGISTERS];
    return cell_word_at(cell, address);
}

/* Function, byte count and data of what `unit` holds from `address` on. */
size_t frame_body(const struct making *making, uint8_t unit, unsigned address, int64_t heard_ns,
                  uint8_t *body)
{
    const struct liar_request *request = making->request;
    const struct cell cell = {.unit = unit,
                              .link = (uint8_t)making->speaker->link,
                              .serial = request->number,
                              .ms = (uint32_t)(heard_ns / 1000000),
                              .function = request->function,
                              .map = making->speaker->map};
    size_t size = frame_data_size(request);

    body[0] = request->function;
    body[1] = (uint8_t)size;
    memset(body + 2, 0, size);
    for (unsigned i = 0; i < request->count; i++)
        if (request->function > 2)
            frame_put_word(body + 2 + 2 * (size_t)i, word_at(making, &cell, address + i));
        else if (cell_bit_at(&cell, address + i))
            body[2 + i / 8] = (uint8_t)(body[2 + i / 8] | 1U << i % 8);
    return size + 2;
}

struct frame frame_answer(const struct making *making, uint8_t content, uint8_t unit,
                          int64_t heard_ns)
{
    uint8_t body[LIAR_FRAME_MAX];
    size_t size = frame_body(making, content, making->request->address, heard_ns, body);

    return frame_wrap(making, unit, body, size);
}

struct frame frame_refusal(const struct making *making, uint8_t code)
{
    const uint8_t body[2] = {(uint8_t)(making->request->function | 0x80), code};

    return frame_wrap(making, making->request->unit, body, 2);
}

struct piece *making_add(struct making *making, enum liar_act act, int64_t after_ns,
                         const uint8_t *bytes, size_t size)
{
    struct piece *piece = calloc(1, sizeof *piece + size);

    if (piece == NULL)
        abort();
    piece->act = act;
    piece->at_ns = making->request->heard_ns + making->speaker->turnaround_ns + after_ns;
    piece->connection = making->request->connection;
    piece->size = size;
    if (size > 0)
        memcpy(piece->bytes, bytes, size);
    *making->end = piece;
    making->end = &piece->next;
    return piece;
}

struct piece *making_say(struct making *making, const struct frame *frame)
{
    return making_add(making, ACT_SEND, 0, frame->bytes, frame->size);
}

void making_act(struct making *making, enum liar_act what, long lasts_ms)
{
    making_add(making, what, 0, NULL, 0)->lasts_ns = lasts_ms * 1000000;
}

long percent_of(int64_t ns, uint64_t drawn, unsigned from, unsigned to)
{
    return (long)(ns / 1000000 * (int64_t)(from + drawn % (to - from)) / 100);
}

uint8_t next_unit(uint8_t unit)
{
    return (uint8_t)(unit % 247 + 1);
}

struct frame frame_of_another(const struct making *making)
{
    return frame_answer(making, next_unit(making->request->unit), making->request->unit,
                        making->request->heard_ns);
}

struct frame frame_request(const struct making *making, unsigned address)
{
    struct frame frame = {.size = 6};

    frame.bytes[0] = making->request->unit;
    frame.bytes[1] = making->request->function;
    frame_put_word(frame.bytes + 2, address);
    frame_put_word(frame.bytes + 4, making->request->count);
    frame_seal(&frame);
    return frame;
}
