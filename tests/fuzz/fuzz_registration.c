/* A packet never names a unit it should not. The first byte chooses the ids, the rest is what the
 * caller sends, in chunks as the bytes say; a rule written down a second time, slowly, must agree:
 * exactly the id, or repeated, padded or not, or either before the end of a line.
 */
#include <stdlib.h>
#include <string.h>

#include "drivers/exchange.h"
#include "drivers/registration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool begins(const struct registration_id *id, const uint8_t *packet, size_t size)
{
    return size >= id->size && memcmp(packet, id->bytes, id->size) == 0;
}

/* Behind an id: padding as long as it likes, then the end of a line, the end of all, or the id
 * again. */
static bool may_end(const struct registration_id *id, const uint8_t *rest, size_t size, bool ended)
{
    while (size > 0 && (*rest == ' ' || *rest == '\0'))
        rest++, size--;
    if (size == 0)
        return ended;
    if (*rest == '\r' || *rest == '\n' || *rest == ';')
        return true;
    return begins(id, rest, size) && may_end(id, rest + id->size, size - id->size, ended);
}

static bool may_say(const struct registration_id *id, const uint8_t *packet, size_t size,
                    bool ended)
{
    return begins(id, packet, size) && may_end(id, packet + id->size, size - id->size, ended);
}

static void check(const struct registration_id *ids, size_t count, const uint8_t *packet,
                  size_t size, bool ended)
{
    int found = registration_find(ids, count, packet, size, ended);
    size_t may = 0;

    for (size_t i = 0; i < count; i++)
        may += may_say(&ids[i], packet, size, ended);
    if (found >= 0 && !may_say(&ids[found], packet, size, ended))
        abort();
    if (found < 0 && may == 1)
        abort();
    if (found >= 0 && may > 1 && !(ended && ids[found].size == size))
        abort();
}

/* What goes on after the registration: heartbeats and frames while a request waits. */
static void listen_on(const uint8_t *bytes, size_t size)
{
    static struct exchange_doubt doubts[EXCHANGE_UNITS];
    static struct exchange exchange;
    const struct exchange_rules rules = {.wire = WIRE_RTU, .guard_ns = 1000000000};
    const struct request request = {.unit = 1, .function = 3, .address = 0, .count = 2};
    struct mono_time now = {1000000000};

    memset(doubts, 0, sizeof doubts);
    exchange_init(&exchange, &rules, doubts, now);
    exchange_connected(&exchange, now);
    exchange_begin(&exchange, &request, 1000000000, 0, true, now);
    for (size_t at = 0; at < size;) {
        size_t part = 1 + bytes[at] % 32;

        if (exchange_step(&exchange, now) == EXCHANGE_SEND)
            exchange_sent(&exchange, now);
        part = part < size - at ? part : size - at;
        exchange_bytes(&exchange, bytes + at, part, now);
        if (exchange.result.answered && exchange.result.size != request_data_size(&request))
            abort();
        now.ns += (int64_t)bytes[at] * 10000000;
        at += part;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const texts[] = {"A1", "A12", "A1A1", "A1 B", ";", "ZJ-07", "\x7e\x01", "A"};
    struct registration_id ids[8];
    char text[REGISTRATION_TEXT];
    size_t count = 0;
    size_t whole;

    if (size < 1)
        return 0;
    for (size_t i = 0; i < 8; i++)
        if (data[0] >> i & 1)
            registration_id_of_text(texts[i], &ids[count++]);
    qsort(ids, count, sizeof ids[0], registration_id_order);
    data++;
    size--;
    whole = size < REGISTRATION_MAX ? size : REGISTRATION_MAX;
    for (size_t heard = 0; heard < whole; heard += 1 + data[heard] % 16)
        check(ids, count, data, heard, false);
    check(ids, count, data, whole, false);
    check(ids, count, data, whole, true);
    if (registration_name(data, whole) > whole)
        abort();
    registration_text(data, whole, text);
    listen_on(data, size);
    return 0;
}
