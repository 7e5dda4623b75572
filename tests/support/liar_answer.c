#include "liar_answer.h"

#include <stdlib.h>
#include <string.h>

enum { FLOOD_STREAM = 20000, FLOOD_LINE = 600, NOISE_MAX = 8, STALE_MS = 10000, MBAP = 6 };

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

static uint64_t luck(const struct making *making, uint64_t salt)
{
    return draw(making->fault->luck, salt, 0, 0);
}

static long value_or(const struct making *making, long drawn)
{
    return making->fault->value == FAULT_DRAWN ? drawn : making->fault->value;
}

static bool on_tcp(const struct making *making)
{
    return making->speaker->wire == LIAR_TCP;
}

static void put_word(uint8_t *out, unsigned word)
{
    out[0] = (uint8_t)(word >> 8);
    out[1] = (uint8_t)word;
}

static void seal(struct frame *frame)
{
    uint16_t crc = liar_crc(frame->bytes, frame->size);

    frame->bytes[frame->size++] = (uint8_t)crc;
    frame->bytes[frame->size++] = (uint8_t)(crc >> 8);
}

/* A frame of either wire around function and data. */
static struct frame wrap(const struct making *making, uint8_t unit, const uint8_t *body,
                         size_t size)
{
    struct frame frame = {0};

    if (!on_tcp(making)) {
        frame.bytes[0] = unit;
        memcpy(frame.bytes + 1, body, size);
        frame.size = size + 1;
        seal(&frame);
        return frame;
    }
    put_word(frame.bytes, making->request->tid);
    put_word(frame.bytes + 4, (unsigned)size + 1);
    frame.bytes[MBAP] = unit;
    memcpy(frame.bytes + MBAP + 1, body, size);
    frame.size = MBAP + 1 + size;
    return frame;
}

static size_t data_size(const struct liar_request *request)
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
static size_t body_of(const struct making *making, uint8_t unit, unsigned address, int64_t heard_ns,
                      uint8_t *body)
{
    const struct liar_request *request = making->request;
    const struct cell cell = {.unit = unit,
                              .link = (uint8_t)making->speaker->link,
                              .serial = request->number,
                              .ms = (uint32_t)(heard_ns / 1000000),
                              .function = request->function,
                              .map = making->speaker->map};
    size_t size = data_size(request);

    body[0] = request->function;
    body[1] = (uint8_t)size;
    memset(body + 2, 0, size);
    for (unsigned i = 0; i < request->count; i++)
        if (request->function > 2)
            put_word(body + 2 + 2 * (size_t)i, word_at(making, &cell, address + i));
        else if (cell_bit_at(&cell, address + i))
            body[2 + i / 8] = (uint8_t)(body[2 + i / 8] | 1U << i % 8);
    return size + 2;
}

static struct frame answer_of(const struct making *making, uint8_t content, uint8_t unit,
                              int64_t heard_ns)
{
    uint8_t body[LIAR_FRAME_MAX];
    size_t size = body_of(making, content, making->request->address, heard_ns, body);

    return wrap(making, unit, body, size);
}

static struct frame refusal(const struct making *making, uint8_t code)
{
    const uint8_t body[2] = {(uint8_t)(making->request->function | 0x80), code};

    return wrap(making, making->request->unit, body, 2);
}

static struct piece *add(struct making *making, enum liar_act act, int64_t after_ns,
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

static struct piece *say(struct making *making, const struct frame *frame)
{
    return add(making, ACT_SEND, 0, frame->bytes, frame->size);
}

static void act(struct making *making, enum liar_act what, long lasts_ms)
{
    add(making, what, 0, NULL, 0)->lasts_ns = lasts_ms * 1000000;
}

static long percent_of(int64_t ns, uint64_t drawn, unsigned from, unsigned to)
{
    return (long)(ns / 1000000 * (int64_t)(from + drawn % (to - from)) / 100);
}

/* `ms` counts from the request; the turn-around is part of it. */
static void say_late(struct making *making, long ms)
{
    struct piece *piece = say(making, &making->right);

    piece->at_ns = making->request->heard_ns + ms * 1000000;
}

static size_t put_noise(const struct making *making, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)luck(making, 50 + i);
    return size;
}

static void say_with_noise(struct making *making, bool before)
{
    struct frame frame = {0};
    size_t size = (size_t)value_or(making, (long)(1 + luck(making, 1) % NOISE_MAX));

    size = size < 32 ? size : 32;
    if (before)
        frame.size = put_noise(making, frame.bytes, size);
    memcpy(frame.bytes + frame.size, making->right.bytes, making->right.size);
    frame.size += making->right.size;
    if (!before)
        frame.size += put_noise(making, frame.bytes + frame.size, size);
    say(making, &frame);
}

static void flood(struct making *making)
{
    size_t size =
        (size_t)value_or(making, making->speaker->wire == LIAR_RTU ? FLOOD_LINE : FLOOD_STREAM);
    uint8_t *bytes = malloc(size + 1);

    if (bytes == NULL)
        abort();
    put_noise(making, bytes, size);
    add(making, ACT_SEND, 0, bytes, size);
    free(bytes);
}

/* No CRC guards a TCP frame's words: there only what can be told is turned. */
static void flip_bit(struct making *making)
{
    size_t bits = 8 * (on_tcp(making) ? (size_t)MBAP + 3 : making->right.size);
    size_t bit =
        (size_t)value_or(making, (long)(luck(making, 1) % bits)) % (8 * making->right.size);
    struct frame frame = making->right;

    frame.bytes[bit / 8] = (uint8_t)(frame.bytes[bit / 8] ^ 1U << bit % 8);
    say(making, &frame);
}

static void say_patched(struct making *making, size_t at, uint8_t byte)
{
    struct frame frame = making->right;

    frame.bytes[at] = byte;
    if (!on_tcp(making)) {
        frame.size -= 2;
        seal(&frame);
    }
    say(making, &frame);
}

static void say_byte_count(struct making *making)
{
    size_t size = data_size(making->request);
    const long choices[4] = {(long)(size | 1), 0, 255, (long)(size / 2)};
    long count = value_or(making, choices[luck(making, 1) % 4]);
    struct frame frame;

    if (count != (long)(size / 2)) {
        say_patched(making, on_tcp(making) ? MBAP + 2 : 2, (uint8_t)count);
        return;
    }
    /* half of the block, as a whole frame that is right in itself */
    frame = wrap(making, making->request->unit,
                 making->right.bytes + (on_tcp(making) ? MBAP + 1 : 1), 2 + size / 2);
    frame.bytes[on_tcp(making) ? MBAP + 2 : 2] = (uint8_t)(size / 2);
    if (!on_tcp(making)) {
        frame.size -= 2;
        seal(&frame);
    }
    say(making, &frame);
}

static uint8_t next_unit(uint8_t unit)
{
    return (uint8_t)(unit % 247 + 1);
}

static struct frame strange_words(const struct making *making)
{
    return answer_of(making, next_unit(making->request->unit), making->request->unit,
                     making->request->heard_ns);
}

static void say_length(struct making *making)
{
    long right = (long)making->right.size - MBAP;
    const long choices[6] = {0, 1, right - 2, right + 2, 255, 65535};
    struct frame frame = strange_words(making);

    put_word(frame.bytes + 4, (unsigned)value_or(making, choices[luck(making, 1) % 6]));
    say(making, &frame);
}

static void say_word(struct making *making, size_t at, unsigned word)
{
    struct frame frame = strange_words(making);

    put_word(frame.bytes + at, word);
    say(making, &frame);
}

static struct frame request_frame(const struct making *making, unsigned address)
{
    struct frame frame = {.size = 6};

    frame.bytes[0] = making->request->unit;
    frame.bytes[1] = making->request->function;
    put_word(frame.bytes + 2, address);
    put_word(frame.bytes + 4, making->request->count);
    seal(&frame);
    return frame;
}

static void echo(struct making *making, bool only)
{
    struct frame frame = request_frame(making, making->request->address);

    say(making, &frame);
    if (!only)
        say(making, &making->right);
}

/* Another master asks our unit for another block of the same shape, and is answered; then we are.
 */
static void other_master(struct making *making)
{
    unsigned address = (making->request->address + 64u) % 32768u;
    struct frame asked = request_frame(making, address);
    struct frame answered;
    uint8_t body[LIAR_FRAME_MAX];
    size_t size = body_of(making, making->request->unit, address, making->request->heard_ns, body);

    answered = wrap(making, making->request->unit, body, size);
    say(making, &asked);
    say(making, &answered);
    say(making, &making->right);
}

static void part_then(struct making *making, enum liar_act what)
{
    size_t size = (size_t)value_or(making, (long)(1 + luck(making, 1) % (making->right.size - 1)));

    add(making, ACT_SEND, 0, making->right.bytes,
        size < making->right.size ? size : making->right.size);
    add(making, what, 0, NULL, 0);
}

static void dribble(struct making *making)
{
    long ms = value_or(making, (long)(making->speaker->timeout_ns / 1000000 * 2));

    say(making, &making->right)->spread_ns = ms * 1000000;
}

/* On a line nothing tells an old answer of the same shape: there it is silence. */
static void replay(struct making *making)
{
    const struct speaker *speaker = making->speaker;
    struct frame old = {.size = speaker->last_size};

    memcpy(old.bytes, speaker->last, old.size);
    if (!on_tcp(making) && old.size == making->right.size &&
        memcmp(old.bytes, making->right.bytes, 2) == 0)
        return;
    if (old.size > 0)
        say(making, &old);
}

static void hold_back(struct making *making)
{
    struct piece *piece = say(making, &making->right);

    free(making->speaker->held);
    making->speaker->held = piece;
    making->first = NULL;
    making->end = &making->first;
}

static void lie_by_content(struct making *making)
{
    const struct liar_request *request = making->request;
    uint8_t other = next_unit(request->unit);
    struct frame frame = making->right;

    switch (making->fault->kind) {
    case FAULT_WRONG_UNIT:
        say_patched(making, on_tcp(making) ? MBAP : 0, (uint8_t)value_or(making, other));
        return;
    case FAULT_SWAP:
        frame = answer_of(making, other, other, request->heard_ns);
        break;
    case FAULT_OTHER_FIRST:
        frame = answer_of(making, other, other, request->heard_ns);
        say(making, &frame);
        frame = making->right;
        break;
    case FAULT_SWAP_HIDDEN:
        frame = answer_of(making, other, request->unit, request->heard_ns);
        break;
    case FAULT_STALE:
        frame = answer_of(making, request->unit, request->unit,
                          request->heard_ns - STALE_MS * 1000000LL);
        break;
    case FAULT_WRONG_FUNCTION:
        say_patched(making, on_tcp(making) ? MBAP + 1 : 1, request->function == 3 ? 4 : 3);
        return;
    case FAULT_EXCEPTION:
        frame = refusal(making, (uint8_t)value_or(making, (long)(luck(making, 1) & 255)));
        break;
    case FAULT_CRC:
        frame.bytes[frame.size - 1] ^= 0x5A;
        break;
    default:
        break;
    }
    say(making, &frame);
}

static void lie_by_time(struct making *making)
{
    const struct speaker *speaker = making->speaker;
    long timeout = (long)(speaker->timeout_ns / 1000000),
         guard = (long)(speaker->guard_ns / 1000000);

    switch (making->fault->kind) {
    case FAULT_LATE:
        say_late(making, value_or(making, timeout + percent_of(speaker->guard_ns, luck(making, 1),
                                                               10, 80)));
        return;
    case FAULT_LATER:
        say_late(making,
                 value_or(making, timeout + guard +
                                      percent_of(speaker->timeout_ns, luck(making, 1), 10, 80)));
        return;
    case FAULT_HOLE:
        act(making, ACT_HOLE, value_or(making, 4 * timeout));
        return;
    case FAULT_REFUSE:
        act(making, ACT_REFUSE, value_or(making, 1000));
        return;
    case FAULT_CUT:
        act(making, ACT_CUT, value_or(making, 1000));
        return;
    case FAULT_REBOOT:
        act(making, ACT_REBOOT, value_or(making, 1000));
        return;
    default:
        return;
    }
}

static void lie(struct making *making)
{
    switch (making->fault->kind) {
    case FAULT_NONE:
        say(making, &making->right);
        return;
    case FAULT_SILENCE:
        return;
    case FAULT_TWICE:
        say(making, &making->right);
        say(making, &making->right);
        return;
    case FAULT_ORDER:
        hold_back(making);
        return;
    case FAULT_HALF:
        add(making, ACT_SEND, 0, making->right.bytes, making->right.size / 2);
        return;
    case FAULT_DRIBBLE:
        dribble(making);
        return;
    case FAULT_BEFORE:
    case FAULT_AFTER:
        say_with_noise(making, making->fault->kind == FAULT_BEFORE);
        return;
    case FAULT_FLOOD:
        flood(making);
        return;
    case FAULT_FLIP:
        flip_bit(making);
        return;
    case FAULT_BYTE_COUNT:
        say_byte_count(making);
        return;
    case FAULT_REPLAY:
        replay(making);
        return;
    case FAULT_ECHO:
    case FAULT_ECHO_ONLY:
        echo(making, making->fault->kind == FAULT_ECHO_ONLY);
        return;
    case FAULT_MASTER:
        other_master(making);
        return;
    case FAULT_WRONG_TID:
        say_word(making, 0, (making->request->tid - 1u) & 0xFFFF);
        return;
    case FAULT_TID_ZERO:
        say_word(making, 0, 0);
        return;
    case FAULT_PROTOCOL:
        say_word(making, 2, (unsigned)value_or(making, 0x0100));
        return;
    case FAULT_LENGTH:
        say_length(making);
        return;
    case FAULT_CUT_RST:
    case FAULT_CUT_FIN:
        part_then(making, making->fault->kind == FAULT_CUT_RST ? ACT_RST : ACT_FIN);
        return;
    case FAULT_RESET:
    case FAULT_CLOSE:
        add(making, making->fault->kind == FAULT_RESET ? ACT_RST : ACT_FIN, 0, NULL, 0);
        return;
    case FAULT_IDLE_CLOSE:
        say(making, &making->right);
        add(making, ACT_FIN, value_or(making, 0) * 1000000, NULL, 0);
        return;
    case FAULT_LATE:
    case FAULT_LATER:
    case FAULT_HOLE:
    case FAULT_REFUSE:
    case FAULT_CUT:
    case FAULT_REBOOT:
        lie_by_time(making);
        return;
    default:
        lie_by_content(making);
        return;
    }
}

/* What was held back goes out behind the next honest answer. Behind half a frame its bytes would
 * fill that one up on TCP, and no byte could tell. */
static void let_held_go(struct making *making)
{
    struct piece *held = making->speaker->held;

    if (held == NULL || making->fault->kind != FAULT_NONE)
        return;
    making->speaker->held = NULL;
    held->at_ns = making->request->heard_ns + making->speaker->turnaround_ns;
    held->next = NULL;
    *making->end = held;
    making->end = &held->next;
}

struct piece *answer_compose(struct speaker *speaker, const struct liar_request *request,
                             const struct fault *fault)
{
    struct making making = {.speaker = speaker, .request = request, .fault = fault};
    bool reads = request->function >= 1 && request->function <= 4 && data_size(request) <= 250;

    making.end = &making.first;
    making.right = reads ? answer_of(&making, request->unit, request->unit, request->heard_ns)
                         : refusal(&making, 1);
    lie(&making);
    let_held_go(&making);
    memcpy(speaker->last, making.right.bytes, making.right.size);
    speaker->last_size = making.right.size;
    return making.first;
}
