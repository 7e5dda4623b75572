/* Whether what was heard on the line is what was decoded. */
#include <string.h>

#include "drivers/frame.h"
#include "flow/frames.h"
#include "record/decoding.h"

enum { TCP_REQUEST = 12, TCP_HEAD = 6 };

/* A request as it was sent, on either wire. */
struct asked {
    bool tcp;
    const uint8_t *pdu; /* unit, function, address, count */
    const uint8_t *tid; /* TCP */
};

static bool read_request(const struct frame_entry *entry, struct asked *asked)
{
    if (entry->what != FRAME_SENT ||
        (entry->size != TCP_REQUEST && entry->size != FRAME_RTU_REQUEST))
        return false;
    asked->tcp = entry->size == TCP_REQUEST;
    asked->tid = entry->bytes;
    asked->pdu = entry->bytes + (asked->tcp ? TCP_HEAD : 0);
    return true;
}

/* The answer that gives these bytes to that request, as it stands on the line. */
static size_t write_answer(const struct asked *asked, const uint8_t *data, size_t size,
                           uint8_t *out)
{
    uint8_t *at = out;

    if (asked->tcp) {
        memcpy(at, asked->tid, 2);
        at[2] = at[3] = at[4] = 0;
        at[5] = (uint8_t)(3 + size);
        at += TCP_HEAD;
    }
    at[0] = asked->pdu[0];
    at[1] = asked->pdu[1];
    at[2] = (uint8_t)size;
    memcpy(at + 3, data, size);
    at += 3 + size;
    if (!asked->tcp) {
        uint16_t crc = frame_crc(out, (size_t)(at - out));

        *at++ = (uint8_t)crc;
        *at++ = (uint8_t)(crc >> 8);
    }
    return (size_t)(at - out);
}

/* Everything heard from an entry on, in one piece. */
static size_t heard_from(const struct poll *poll, size_t at, uint8_t *out)
{
    struct frame_entry entry;
    size_t size = 0;

    while (frames_next(poll->frames, poll->frames_size, &at, &entry))
        if (entry.what == FRAME_HEARD) {
            memcpy(out + size, entry.bytes, entry.size);
            size += entry.size;
        }
    return size;
}

/* `raw` is a block: function, address, count, then `size` bytes. */
static bool holds_block(const struct poll *poll, const uint8_t *raw, size_t size)
{
    uint8_t heard[POLL_FRAMES_MAX], answer[FRAME_MAX];
    struct frame_entry entry;
    struct asked asked;

    for (size_t at = 0; frames_next(poll->frames, poll->frames_size, &at, &entry);)
        if (read_request(&entry, &asked) && memcmp(asked.pdu + 1, raw, 5) == 0) {
            size_t wanted = write_answer(&asked, raw + 5, size, answer);
            size_t count = heard_from(poll, at, heard);

            if (memmem(heard, count, answer, wanted) != NULL)
                return true;
        }
    return false;
}

static bool are_whole(const struct poll *poll, bool *cut)
{
    struct frame_entry entry = {0};
    size_t at = 0;

    while (frames_next(poll->frames, poll->frames_size, &at, &entry))
        if (entry.what != FRAME_SENT && entry.what != FRAME_HEARD &&
            (entry.what != FRAMES_CUT || entry.size != 4))
            return false;
    *cut = entry.what == FRAMES_CUT;
    return at == poll->frames_size;
}

enum frames_say frames_hold(const struct poll *poll, bool *cut)
{
    *cut = false;
    if (poll->frames_size > POLL_FRAMES_MAX || !are_whole(poll, cut))
        return FRAMES_BROKEN;
    for (size_t at = 0; at + 5 <= poll->raw_size;) {
        const uint8_t *raw = poll->raw + at;
        size_t count = (size_t)raw[3] << 8 | raw[4];
        size_t size = raw[0] <= 2 ? (count + 7) / 8 : 2 * count;

        if (size > poll->raw_size - at - 5 || size > FRAME_MAX - TCP_HEAD - 5)
            return FRAMES_BROKEN;
        if (!holds_block(poll, raw, size))
            return FRAMES_LACK;
        at += 5 + size;
    }
    return FRAMES_HOLD;
}
