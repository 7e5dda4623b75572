/* Every byte from a wire is hostile. The first byte chooses wire and request, the rest is what the
 * line gives, in chunks; then the exchange must still be whole, and no answer but the right shape.
 */
#include <stdlib.h>
#include <string.h>

#include "drivers/exchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An answer is in the buffer, whole, and as long as was asked. */
static void check(const struct exchange *exchange)
{
    const struct exchange_result *result = &exchange->result;

    if (!result->answered)
        return;
    if (result->size != request_data_size(&exchange->request) || result->data < exchange->rx ||
        result->data + result->size > exchange->rx + sizeof exchange->rx)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct exchange_doubt doubts[EXCHANGE_UNITS];
    static struct exchange exchange;
    struct exchange_rules rules = {.guard_ns = 1000000000, .gap_ns = 4000000};
    struct request request = {.unit = 1, .function = 3, .address = 0x0300, .count = 4};
    struct mono_time now = {1000000000};

    if (size < 2)
        return 0;
    rules.wire = data[0] & 1 ? WIRE_RTU : WIRE_TCP;
    request.function = (uint8_t)(1 + (data[0] >> 1 & 3));
    request.count = (uint16_t)(data[0] >> 3);
    memset(doubts, 0, sizeof doubts);
    exchange_init(&exchange, &rules, doubts, now);
    data++;
    size--;
    while (size > 0) {
        size_t part = 1 + data[0] % 64;
        enum exchange_step step = exchange_step(&exchange, now);

        if (step == EXCHANGE_DONE)
            exchange_begin(&exchange, &request, 1000000000, 0, true, now);
        else if (step == EXCHANGE_SEND)
            exchange_sent(&exchange, now);
        else if (step == EXCHANGE_RECONNECT)
            exchange_connected(&exchange, now);
        part = part < size ? part : size;
        exchange_bytes(&exchange, data, part, now);
        check(&exchange);
        now.ns += (int64_t)data[part - 1] * 10000000;
        data += part;
        size -= part;
    }
    return 0;
}
