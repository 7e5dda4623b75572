#include "flow/timing.h"

#include "drivers/frame.h"

enum {
    NS = 1000000000,
    GAP_CHARACTER_BITS = 11, /* whatever the framing: units count so */
    FAST_BAUD = 19200,
    FAST_GAP_NS = 1750000,
    RTU_FRAME = 5, /* unit, function, byte count, CRC: of an answer, besides its data */
    TCP_FRAME = 9, /* MBAP header, function, byte count */
};

bool timing_is_bus(enum link_kind kind)
{
    return kind != LINK_TCP;
}

static int baud_of(const struct link_setup *link)
{
    return link->kind == LINK_SERIAL && link->baud > 0 ? link->baud : TIMING_UNKNOWN_BAUD;
}

int64_t timing_char_ns(const struct link_setup *link)
{
    bool is_serial = link->kind == LINK_SERIAL;
    int stop_bits = is_serial && link->stop_bits > 0 ? link->stop_bits : 1;
    int parity = is_serial && (link->parity == 'E' || link->parity == 'O') ? 1 : 0;

    if (!timing_is_bus(link->kind))
        return 0;
    return (int64_t)(1 + 8 + parity + stop_bits) * NS / baud_of(link);
}

int64_t timing_gap_ns(const struct link_setup *link)
{
    if (link->gap_us > 0)
        return link->gap_us * 1000;
    if (link->kind != LINK_SERIAL)
        return 0;
    if (baud_of(link) > FAST_BAUD)
        return FAST_GAP_NS;
    return (int64_t)GAP_CHARACTER_BITS * NS / baud_of(link) * 7 / 2;
}

size_t timing_request_bytes(enum link_kind kind)
{
    return kind == LINK_TCP ? FRAME_REQUEST_MAX : FRAME_RTU_REQUEST;
}

size_t timing_answer_bytes(enum link_kind kind, const struct planned *request)
{
    const struct request asked = {.function = area_function(request->area),
                                  .count = request->count};

    return request_data_size(&asked) + (kind == LINK_TCP ? TCP_FRAME : RTU_FRAME);
}
