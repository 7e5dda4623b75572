#include "flow/frames.h"

#include <string.h>

void frames_begin(struct frames *frames, bool kept)
{
    frames->used = frames->last = 0;
    frames->cut = 0;
    frames->kept = kept;
}

static void put_head(uint8_t *at, uint8_t what, size_t size)
{
    at[0] = what;
    at[1] = (uint8_t)(size >> 8);
    at[2] = (uint8_t)size;
}

/* Room for so many bytes more, with the end that shows a cut kept free behind them. */
static size_t room_for(const struct frames *frames, size_t head, size_t count)
{
    size_t taken = frames->used + head + FRAMES_CUT_SIZE;
    size_t room = taken < POLL_FRAMES_MAX ? POLL_FRAMES_MAX - taken : 0;

    return count < room ? count : room;
}

static void leave_out(struct frames *frames, size_t count)
{
    frames->cut = count > UINT32_MAX - frames->cut ? UINT32_MAX : frames->cut + (uint32_t)count;
}

/* After the first cut nothing more is kept: what stands there is a whole beginning. */
void frames_sent(struct frames *frames, const uint8_t *bytes, size_t count)
{
    if (!frames->kept)
        return;
    if (frames->cut > 0 || room_for(frames, FRAMES_HEAD, count) < count) {
        leave_out(frames, count);
        return;
    }
    put_head(frames->bytes + frames->used, FRAME_SENT, count);
    memcpy(frames->bytes + frames->used + FRAMES_HEAD, bytes, count);
    frames->last = frames->used;
    frames->used += FRAMES_HEAD + count;
}

void frames_heard(struct frames *frames, const uint8_t *bytes, size_t count)
{
    bool joins = frames->used > 0 && frames->bytes[frames->last] == FRAME_HEARD;
    size_t part;

    if (!frames->kept || count == 0)
        return;
    part = frames->cut > 0 ? 0 : room_for(frames, joins ? 0 : FRAMES_HEAD, count);
    leave_out(frames, count - part);
    if (part == 0)
        return;
    if (!joins) {
        frames->last = frames->used;
        frames->used += FRAMES_HEAD;
    }
    memcpy(frames->bytes + frames->used, bytes, part);
    frames->used += part;
    put_head(frames->bytes + frames->last, FRAME_HEARD, frames->used - frames->last - FRAMES_HEAD);
}

size_t frames_end(struct frames *frames)
{
    uint8_t *at = frames->bytes + frames->used;

    if (!frames->kept || frames->cut == 0)
        return frames->used;
    put_head(at, FRAMES_CUT, FRAMES_CUT_SIZE - FRAMES_HEAD);
    for (int i = 0; i < 4; i++)
        at[FRAMES_HEAD + i] = (uint8_t)(frames->cut >> (24 - 8 * i));
    frames->used += FRAMES_CUT_SIZE;
    return frames->used;
}

bool frames_next(const uint8_t *bytes, size_t size, size_t *at, struct frame_entry *entry)
{
    size_t rest = *at < size ? size - *at : 0;

    if (rest < FRAMES_HEAD)
        return false;
    entry->what = bytes[*at];
    entry->size = (size_t)bytes[*at + 1] << 8 | bytes[*at + 2];
    entry->bytes = bytes + *at + FRAMES_HEAD;
    if (entry->size > rest - FRAMES_HEAD)
        return false;
    *at += FRAMES_HEAD + entry->size;
    return true;
}
