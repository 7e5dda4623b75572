/* What was heard after one request, taken apart. */
#include <string.h>

#include "drivers/diagnosis_parts.h"

static bool is_late(const struct diagnosis *diagnosis, uint8_t unit)
{
    return (diagnosis->late[unit / 8] >> unit % 8 & 1) != 0;
}

/* The answer to `request` in everything but its unit. */
static bool answers_but_for_unit(const struct request *request, const uint8_t *bytes, size_t size)
{
    if (bytes[1] == (request->function | 0x80))
        return size == 5;
    return bytes[1] == request->function && bytes[2] == request_data_size(request) &&
           size == 5 + request_data_size(request);
}

static bool answers_before(const struct diagnosis *diagnosis, const uint8_t *bytes, size_t size)
{
    return diagnosis->before.unit == bytes[0] &&
           answers_but_for_unit(&diagnosis->before, bytes, size);
}

/* A whole answer that is not the one asked for. */
static void take_frame(const struct diagnosis *diagnosis, const uint8_t *bytes, size_t size,
                       struct turn *turn)
{
    const struct request *request = &diagnosis->request;

    if (bytes[0] == request->unit) {
        turn->second += diagnosis->before_answered && answers_before(diagnosis, bytes, size);
        return;
    }
    if (is_late(diagnosis, bytes[0]) || answers_before(diagnosis, bytes, size))
        return;
    turn->frames++;
    if (diagnosis->asked && answers_but_for_unit(request, bytes, size))
        turn->answers_as = bytes[0];
}

/* An answer of three bytes of bits has the size of a request, and may hold a CRC as one. */
static bool is_surely_request(const uint8_t *bytes)
{
    return !((bytes[1] == 1 || bytes[1] == 2) && bytes[2] == 3);
}

/* Transaction and protocol are the first four bytes of what a TCP peer took our request for: its
 * answer begins with our unit and function, and tells its own length. */
bool turn_is_tcp(const struct diagnosis *diagnosis)
{
    const uint8_t *heard = diagnosis->heard;
    size_t length;

    if (diagnosis->wire != WIRE_RTU || diagnosis->used < 9)
        return false;
    length = (size_t)heard[4] << 8 | heard[5];
    return heard[2] == 0 && heard[3] == 0 && length >= 3 && length + 6 == diagnosis->used &&
           memcmp(heard, diagnosis->tx, 2) == 0;
}

/* Nothing but bytes, and just as many as the answer has: the rate is right, what they carry is not.
 */
static bool has_right_length(const struct diagnosis *diagnosis, const struct turn *turn)
{
    return turn->bytes == diagnosis->used &&
           turn->bytes == 5 + request_data_size(&diagnosis->request);
}

struct turn turn_of_line(const struct diagnosis *diagnosis)
{
    const struct request *request =
        diagnosis->request.unit == 0 && diagnosis->tx_size == 0 ? NULL : &diagnosis->request;
    struct turn turn = {.tcp = turn_is_tcp(diagnosis)};
    size_t at = 0, size;

    for (; at < diagnosis->used; at += size) {
        const uint8_t *bytes = diagnosis->heard + at;

        switch (frame_piece_rtu(request, bytes, diagnosis->used - at, &size)) {
        case PIECE_ANSWER:
            turn.answers++;
            break;
        case PIECE_ECHO:
            turn.echo = true;
            break;
        case PIECE_REQUEST:
            turn.requests += is_surely_request(bytes);
            break;
        case PIECE_FRAME:
            take_frame(diagnosis, bytes, size, &turn);
            break;
        case PIECE_CUT:
        case PIECE_DAMAGED:
            turn.damaged = true;
            turn.bytes++;
            break;
        case PIECE_BYTE:
            turn.bytes++;
            break;
        }
    }
    turn.damaged |= has_right_length(diagnosis, &turn);
    return turn;
}

struct turn turn_of_stream(const struct diagnosis *diagnosis)
{
    uint16_t tid = (uint16_t)(diagnosis->tx[0] << 8 | diagnosis->tx[1]);
    struct turn turn = {.answers = 0};
    size_t at = 0;

    while (at < diagnosis->used) {
        const uint8_t *bytes = diagnosis->heard + at;
        size_t size = diagnosis->used - at;
        struct judgement judged =
            frame_judge_tcp(diagnosis->tx_size > 0 ? &diagnosis->request : NULL, tid, bytes, size);

        switch (judged.verdict) {
        case FRAME_ANSWER:
        case FRAME_EXCEPTION:
            turn.answers++;
            break;
        case FRAME_OTHER_UNIT:
            turn.answers_as = bytes[6];
            break;
        case FRAME_STALE:
            break;
        case FRAME_BAD:
            turn.echo =
                size >= diagnosis->tx_size && memcmp(bytes, diagnosis->tx, diagnosis->tx_size) == 0;
            return turn;
        case FRAME_LOST:
            turn.rtu = frame_is_heard_rtu(bytes, size);
            turn.bytes = (unsigned)size;
            return turn;
        case FRAME_MORE:
            return turn;
        }
        at += judged.used;
    }
    return turn;
}
