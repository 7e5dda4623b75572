/* registration.h - how a unit that dials in names itself: its first packet, and whose name it is.
 *
 * Pure. A packet is that of an id only if it is exactly the id; or the id said again and again (a
 * heartbeat like the registration), padded with spaces and NULs or not; or either of them followed
 * by a terminator (CR, LF or semicolon) and anything. So "A1" is never the name of a unit that says
 * "A12": a false name would be a false value. Where several ids of one list fit a packet, it names
 * nobody, unless it is one of them to the letter. Every byte is hostile.
 */
#ifndef DRIVERS_REGISTRATION_H
#define DRIVERS_REGISTRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REGISTRATION_MAX = 128, /* bytes of a packet; what is longer has ended */
    REGISTRATION_ID_MAX = 64,
    REGISTRATION_TEXT = 4 * REGISTRATION_MAX + 1, /* room for registration_text() */
    REGISTRATION_HEX = 2 * REGISTRATION_MAX + 1,
};

struct registration_id {
    uint8_t bytes[REGISTRATION_ID_MAX];
    uint8_t size; /* 0: none */
};

/* From the settings' `id` and `id_hex` ("7e0102" or "7E 01 02"). False: empty, too long, or no
 * pairs of hex digits; then it is of size 0. */
bool registration_id_of_text(const char *text, struct registration_id *id);
bool registration_id_of_hex(const char *hex, struct registration_id *id);

/* Shorter before longer, then by bytes: the order of a list. For qsort(). */
int registration_id_order(const void *one, const void *other);

/* Whether a unit whose id is the first `length` bytes may say this packet. `ended`: nothing more
 * comes (silence, or REGISTRATION_MAX bytes); before that, "A1" may still become "A12". */
bool registration_fits(const uint8_t *packet, size_t size, size_t length, bool ended);

/* Which id of a list in order says it, or -1: none yet (not `ended`), none, or more than one. */
int registration_find(const struct registration_id *ids, size_t count, const uint8_t *packet,
                      size_t size, bool ended);

/* Whether a packet of `one` could be taken for `other`, two different ids: "A1" and "A1 B". */
bool registration_is_taken(const struct registration_id *one, const struct registration_id *other);

/* What a stranger's packet is as an id: less terminators at its end, and once if it says the same
 * again between terminators. Never cut anywhere else: "DTU 7" is not "DTU". Returns its size. */
size_t registration_name(const uint8_t *packet, size_t size);
/* Whether `bytes` can stand between quotation marks in the settings as they are. */
bool registration_is_text(const uint8_t *bytes, size_t size);
/* For people: printable ASCII as it is, all else as \xNN. Return `out`. */
const char *registration_text(const uint8_t *bytes, size_t size, char *out);
const char *registration_hex(const uint8_t *bytes, size_t size, char *out);

#endif
