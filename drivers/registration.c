#include "drivers/registration.h"

#include <assert.h>
#include <string.h>

static bool is_terminator(uint8_t byte)
{
    return byte == '\r' || byte == '\n' || byte == '\0' || byte == ' ' || byte == ';';
}

/* Units pad what they say with these; what follows may be more of the name: "DTU 7" is not "DTU".
 */
static bool is_padding(uint8_t byte)
{
    return byte == '\0' || byte == ' ';
}

bool registration_id_of_text(const char *text, struct registration_id *id)
{
    size_t size = strlen(text);

    *id = (struct registration_id){.size = 0};
    if (size == 0 || size > REGISTRATION_ID_MAX)
        return false;
    memcpy(id->bytes, text, size);
    id->size = (uint8_t)size;
    return true;
}

static int digit_of(char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    if (letter >= 'a' && letter <= 'f')
        return letter - 'a' + 10;
    return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}

/* Spaces may stand between bytes, not inside one. */
bool registration_id_of_hex(const char *hex, struct registration_id *id)
{
    *id = (struct registration_id){.size = 0};
    while (*hex != '\0') {
        int high, low;

        if (*hex == ' ') {
            hex++;
            continue;
        }
        high = digit_of(hex[0]);
        low = digit_of(hex[1]);
        if (high < 0 || low < 0 || id->size == REGISTRATION_ID_MAX) {
            id->size = 0;
            return false;
        }
        id->bytes[id->size++] = (uint8_t)(high << 4 | low);
        hex += 2;
    }
    return id->size > 0;
}

static int compare(const struct registration_id *id, const uint8_t *bytes, size_t size)
{
    if (id->size != size)
        return id->size < size ? -1 : 1;
    return memcmp(id->bytes, bytes, size);
}

int registration_id_order(const void *one, const void *other)
{
    const struct registration_id *id = other;

    return compare(one, id->bytes, id->size);
}

bool registration_fits(const uint8_t *packet, size_t size, size_t length, bool ended)
{
    if (length == 0 || length > size)
        return false;
    for (size_t at = length; at < size;) {
        if (is_padding(packet[at])) {
            at++;
            continue;
        }
        if (is_terminator(packet[at]))
            return true;
        if (size - at < length || memcmp(packet, packet + at, length) != 0)
            return false;
        at += length;
    }
    return ended;
}

static int find_exactly(const struct registration_id *ids, size_t count, const uint8_t *bytes,
                        size_t size)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(&ids[middle], bytes, size);

        if (order == 0)
            return (int)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

/* The packet itself says how long an id it may begin with; few lengths are left to be looked up. */
int registration_find(const struct registration_id *ids, size_t count, const uint8_t *packet,
                      size_t size, bool ended)
{
    size_t longest = size < REGISTRATION_ID_MAX ? size : REGISTRATION_ID_MAX;
    int found = ended ? find_exactly(ids, count, packet, size) : -1;

    if (found >= 0)
        return found;
    for (size_t length = longest; length > 0; length--) {
        int one = registration_fits(packet, size, length, ended)
                      ? find_exactly(ids, count, packet, length)
                      : -1;

        if (one >= 0 && found >= 0)
            return -1;
        found = one >= 0 ? one : found;
    }
    return found;
}

bool registration_is_taken(const struct registration_id *one, const struct registration_id *other)
{
    return one->size > other->size && memcmp(one->bytes, other->bytes, other->size) == 0 &&
           registration_fits(one->bytes, one->size, other->size, true);
}

/* Whether the rest is the first `length` bytes again and again, terminators between them. */
static bool is_said_again(const uint8_t *packet, size_t size, size_t length)
{
    for (size_t at = length; at < size;) {
        if (is_terminator(packet[at])) {
            at++;
            continue;
        }
        if (size - at < length || !is_terminator(packet[at - 1]) ||
            memcmp(packet, packet + at, length) != 0)
            return false;
        at += length;
    }
    return true;
}

size_t registration_name(const uint8_t *packet, size_t size)
{
    size_t end = size;

    while (end > 0 && is_terminator(packet[end - 1]))
        end--;
    for (size_t length = 1; length < end; length++)
        if (is_terminator(packet[length]) && is_said_again(packet, end, length))
            return length;
    return end;
}

static bool is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x7F;
}

bool registration_is_text(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!is_plain(bytes[i]) || bytes[i] == '"' || bytes[i] == '\\')
            return false;
    return size > 0;
}

const char *registration_text(const uint8_t *bytes, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    char *at = out;

    assert(size <= REGISTRATION_MAX);
    for (size_t i = 0; i < size; i++) {
        if (is_plain(bytes[i]) && bytes[i] != '\\') {
            *at++ = (char)bytes[i];
            continue;
        }
        *at++ = '\\';
        *at++ = 'x';
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    *at = '\0';
    return out;
}

const char *registration_hex(const uint8_t *bytes, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";

    assert(size <= REGISTRATION_MAX);
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = '\0';
    return out;
}
