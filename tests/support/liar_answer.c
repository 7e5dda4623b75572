#include "liar_frame.h"

#include <stdlib.h>
#include <string.h>

enum { FLOOD_STREAM = 20000, FLOOD_LINE = 600, NOISE_MAX = 8, STALE_MS = 10000 };

/* `ms` counts from the request; the turn-around is part of it. */
static void say_late(struct making *making, long ms)
{
    struct piece *piece = making_say(making, &making->right);

    piece->at_ns = making->request->heard_ns + ms * 1000000;
}

static size_t put_noise(const struct making *making, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)making_luck(making, 50 + i);
    return size;
}

static void say_with_noise(struct making *making, bool before)
{
    struct frame frame = {0};
    size_t size = (size_t)making_value_or(making, (long)(1 + making_luck(making, 1) % NOISE_MAX));

    size = size < 32 ? size : 32;
    if (before)
        frame.size = put_noise(making, frame.bytes, size);
    memcpy(frame.bytes + frame.size, making->right.bytes, making->right.size);
    frame.size += making->right.size;
    if (!before)
        frame.size += put_noise(making, frame.bytes + frame.size, size);
    making_say(making, &frame);
}

static void flood(struct making *making)
{
    size_t size = (size_t)making_value_or(making, making->speaker->wire == LIAR_RTU ? FLOOD_LINE
                                                                                    : FLOOD_STREAM);
    uint8_t *bytes = malloc(size + 1);

    if (bytes == NULL)
        abort();
    put_noise(making, bytes, size);
    making_add(making, ACT_SEND, 0, bytes, size);
    free(bytes);
}

/* No CRC guards a TCP frame's words: there only what can be told is turned. */
static void flip_bit(struct making *making)
{
    size_t bits = 8 * (making_on_tcp(making) ? (size_t)MBAP + 3 : making->right.size);
    size_t bit = (size_t)making_value_or(making, (long)(making_luck(making, 1) % bits)) %
                 (8 * making->right.size);
    struct frame frame = making->right;

    frame.bytes[bit / 8] = (uint8_t)(frame.bytes[bit / 8] ^ 1U << bit % 8);
    making_say(making, &frame);
}

static void say_patched(struct making *making, size_t at, uint8_t byte)
{
    struct frame frame = making->right;

    frame.bytes[at] = byte;
    if (!making_on_tcp(making)) {
        frame.size -= 2;
        frame_seal(&frame);
    }
    making_say(making, &frame);
}

static void say_byte_count(struct making *making)
{
    size_t size = frame_data_size(making->request);
    const long choices[4] = {(long)(size | 1), 0, 255, (long)(size / 2)};
    long count = making_value_or(making, choices[making_luck(making, 1) % 4]);
    struct frame frame;

    if (count != (long)(size / 2)) {
        say_patched(making, making_on_tcp(making) ? MBAP + 2 : 2, (uint8_t)count);
        return;
    }
    /* half of the block, as a whole frame that is right in itself */
    frame = frame_wrap(making, making->request->unit,
                       making->right.bytes + (making_on_tcp(making) ? MBAP + 1 : 1), 2 + size / 2);
    frame.bytes[making_on_tcp(making) ? MBAP + 2 : 2] = (uint8_t)(size / 2);
    if (!making_on_tcp(making)) {
        frame.size -= 2;
        frame_seal(&frame);
    }
    making_say(making, &frame);
}

static void say_length(struct making *making)
{
    long right = (long)making->right.size - MBAP;
    const long choices[6] = {0, 1, right - 2, right + 2, 255, 65535};
    struct frame frame = frame_of_another(making);

    frame_put_word(frame.bytes + 4,
                   (unsigned)making_value_or(making, choices[making_luck(making, 1) % 6]));
    making_say(making, &frame);
}

static void say_word(struct making *making, size_t at, unsigned word)
{
    struct frame frame = frame_of_another(making);

    frame_put_word(frame.bytes + at, word);
    making_say(making, &frame);
}

static void echo(struct making *making, bool only)
{
    struct frame frame = frame_request(making, making->request->address);

    making_say(making, &frame);
    if (!only)
        making_say(making, &making->right);
}

/* Another master asks our unit for another block of the same shape, and is answered; then we are.
 */
static void other_master(struct making *making)
{
    unsigned address = (making->request->address + 64u) % 32768u;
    struct frame asked = frame_request(making, address);
    struct frame answered;
    uint8_t body[LIAR_FRAME_MAX];
    size_t size =
        frame_body(making, making->request->unit, address, making->request->heard_ns, body);

    answered = frame_wrap(making, making->request->unit, body, size);
    making_say(making, &asked);
    making_say(making, &answered);
    making_say(making, &making->right);
}

static void part_then(struct making *making, enum liar_act what)
{
    size_t size = (size_t)making_value_or(
        making, (long)(1 + making_luck(making, 1) % (making->right.size - 1)));

    making_add(making, ACT_SEND, 0, making->right.bytes,
               size < making->right.size ? size : making->right.size);
    making_add(making, what, 0, NULL, 0);
}

static void dribble(struct making *making)
{
    long ms = making_value_or(making, (long)(making->speaker->timeout_ns / 1000000 * 2));

    making_say(making, &making->right)->spread_ns = ms * 1000000;
}

/* On a line nothing tells an old answer of the same shape: there it is silence. */
static void replay(struct making *making)
{
    const struct speaker *speaker = making->speaker;
    struct frame old = {.size = speaker->last_size};

    memcpy(old.bytes, speaker->last, old.size);
    if (!making_on_tcp(making) && old.size == making->right.size &&
        memcmp(old.bytes, making->right.bytes, 2) == 0)
        return;
    if (old.size > 0)
        making_say(making, &old);
}

static void hold_back(struct making *making)
{
    struct piece *piece = making_say(making, &making->right);

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
        say_patched(making, making_on_tcp(making) ? MBAP : 0,
                    (uint8_t)making_value_or(making, other));
        return;
    case FAULT_SWAP:
        frame = frame_answer(making, other, other, request->heard_ns);
        break;
    case FAULT_OTHER_FIRST:
        frame = frame_answer(making, other, other, request->heard_ns);
        making_say(making, &frame);
        frame = making->right;
        break;
    case FAULT_SWAP_HIDDEN:
        frame = frame_answer(making, other, request->unit, request->heard_ns);
        break;
    case FAULT_STALE:
        frame = frame_answer(making, request->unit, request->unit,
                             request->heard_ns - STALE_MS * 1000000LL);
        break;
    case FAULT_WRONG_FUNCTION:
        say_patched(making, making_on_tcp(making) ? MBAP + 1 : 1, request->function == 3 ? 4 : 3);
        return;
    case FAULT_EXCEPTION:
        frame = frame_refusal(
            making, (uint8_t)making_value_or(making, (long)(making_luck(making, 1) & 255)));
        break;
    case FAULT_CRC:
        frame.bytes[frame.size - 1] ^= 0x5A;
        break;
    default:
        break;
    }
    making_say(making, &frame);
}

static void lie_by_time(struct making *making)
{
    const struct speaker *speaker = making->speaker;
    long timeout = (long)(speaker->timeout_ns / 1000000),
         guard = (long)(speaker->guard_ns / 1000000);

    switch (making->fault->kind) {
    case FAULT_LATE:
        say_late(making,
                 making_value_or(making, timeout + percent_of(speaker->guard_ns,
                                                              making_luck(making, 1), 10, 80)));
        return;
    case FAULT_LATER:
        say_late(making, making_value_or(making, timeout + guard +
                                                     percent_of(speaker->timeout_ns,
                                                                making_luck(making, 1), 10, 80)));
        return;
    case FAULT_HOLE:
        making_act(making, ACT_HOLE, making_value_or(making, 4 * timeout));
        return;
    case FAULT_REFUSE:
        making_act(making, ACT_REFUSE, making_value_or(making, 1000));
        return;
    case FAULT_CUT:
        making_act(making, ACT_CUT, making_value_or(making, 1000));
        return;
    case FAULT_REBOOT:
        making_act(making, ACT_REBOOT, making_value_or(making, 1000));
        return;
    default:
        return;
    }
}

static void lie(struct making *making)
{
    switch (making->fault->kind) {
    case FAULT_NONE:
        making_say(making, &making->right);
        return;
    case FAULT_SILENCE:
        return;
    case FAULT_TWICE:
        making_say(making, &making->right);
        making_say(making, &making->right);
        return;
    case FAULT_ORDER:
        hold_back(making);
        return;
    case FAULT_HALF:
        making_add(making, ACT_SEND, 0, making->right.bytes, making->right.size / 2);
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
        say_word(making, 2, (unsigned)making_value_or(making, 0x0100));
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
        making_add(making, making->fault->kind == FAULT_RESET ? ACT_RST : ACT_FIN, 0, NULL, 0);
        return;
    case FAULT_IDLE_CLOSE:
        making_say(making, &making->right);
        making_add(making, ACT_FIN, making_value_or(making, 0) * 1000000, NULL, 0);
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
    bool reads =
        request->function >= 1 && request->function <= 4 && frame_data_size(request) <= 250;

    making.end = &making.first;
    making.right = reads ? frame_answer(&making, request->unit, request->unit, request->heard_ns)
                         : frame_refusal(&making, 1);
    lie(&making);
    let_held_go(&making);
    memcpy(speaker->last, making.right.bytes, making.right.size);
    speaker->last_size = making.right.size;
    return making.first;
}
