/* frames.h - what is said on a line while one poll is under way, byte for byte. Pure.
 *
 * A poll's frames are entries, in order: {what u8, size u16 big-endian, bytes}. `what` is 'S' for
 * what was sent, 'H' for what was heard (all of it: noise, late and wrong frames too; what comes
 * between two sendings is one entry), and 'C' where the rest was cut for want of room: its four
 * bytes say how many of both kinds are left out, big-endian. Nothing stands after a 'C'.
 *
 * Nothing is allocated here, and a line whose device watches no task pays for one comparison.
 */
#ifndef FLOW_FRAMES_H
#define FLOW_FRAMES_H

#include "model/reading.h"

enum {
    FRAME_SENT = 'S',
    FRAME_HEARD = 'H',
    FRAMES_CUT = 'C',
    FRAMES_HEAD = 3,
    FRAMES_CUT_SIZE = 7
};

struct frames {
    uint8_t *bytes; /* POLL_FRAMES_MAX of them, the owner's */
    size_t used;
    size_t last;  /* where the entry begins that heard bytes join */
    uint32_t cut; /* bytes that found no room */
    bool kept;    /* for the poll under way */
};

/* Forgets the poll before; `kept`: this one's are. */
void frames_begin(struct frames *frames, bool kept);
void frames_sent(struct frames *frames, const uint8_t *bytes, size_t count);
void frames_heard(struct frames *frames, const uint8_t *bytes, size_t count);
/* Ends the list, with its 'C' if need be, and returns its size. */
size_t frames_end(struct frames *frames);

/* The entry at `*at`, which moves behind it; false: there is none more, or none that is whole. */
struct frame_entry {
    uint8_t what;
    const uint8_t *bytes;
    size_t size;
};
bool frames_next(const uint8_t *bytes, size_t size, size_t *at, struct frame_entry *entry);

#endif
