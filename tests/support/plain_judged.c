/* plain_judged.c - what a collector built on libmodbus's own reads would have believed.
 *
 *   plain_judged tcp PORT  UNITS ROUNDS TIMEOUT_MS GUARD_MS [flush]
 *   plain_judged rtu PATH  UNITS ROUNDS TIMEOUT_MS GUARD_MS [flush]
 *
 * Reads two cells of each unit of a liar in turn, ROUNDS times over, and judges what comes by the
 * oracle of the long run. A connection that broke is made again, as any program would; with `flush`
 * what waits in the kernel is thrown away before each request. Prints one JSON object: how many
 * reads, errors, cells believed, which of them were false and how, and how many reads took more
 * than 1.1 x the timeout.
 */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liar_oracle.h"

struct plain {
    modbus_t *modbus;
    bool flushes;
    int64_t timeout_ns, guard_ns;
    uint64_t reads, errors, believed, falsehoods[FALSE_COUNT], overdue;
    int64_t longest_ns;
};

static bool connect_to(struct plain *plain, const char *kind, const char *where)
{
    uint32_t timeout_us = (uint32_t)(plain->timeout_ns / 1000);

    if (strcmp(kind, "tcp") == 0)
        plain->modbus = modbus_new_tcp("127.0.0.1", atoi(where));
    else
        plain->modbus = modbus_new_rtu(where, 115200, 'N', 8, 1);
    return plain->modbus != NULL &&
           modbus_set_response_timeout(plain->modbus, timeout_us / 1000000, timeout_us % 1000000) ==
               0 &&
           modbus_connect(plain->modbus) == 0;
}

static void mend(struct plain *plain)
{
    if (errno != ECONNRESET && errno != EPIPE && errno != EBADF && errno != EIO)
        return;
    modbus_close(plain->modbus);
    modbus_connect(plain->modbus);
}

static void judge(struct plain *plain, const uint16_t *words, uint8_t unit, uint16_t address)
{
    const struct belief belief = {.unit = unit,
                                  .function = 3,
                                  .address = address,
                                  .stamp_ns = liar_now_ns(),
                                  .limit_ns = plain->timeout_ns + plain->guard_ns};
    struct cell cell;

    plain->believed++;
    plain->falsehoods[oracle_judge(words, &belief, &cell)]++;
}

static void read_cell(struct plain *plain, uint8_t unit, uint16_t address)
{
    uint16_t words[CELL_WORDS];
    int64_t begun, took;
    int got;

    if (plain->flushes)
        modbus_flush(plain->modbus);
    modbus_set_slave(plain->modbus, unit);
    begun = liar_now_ns();
    got = modbus_read_registers(plain->modbus, address, CELL_WORDS, words);
    took = liar_now_ns() - begun;
    plain->reads++;
    plain->overdue += took > plain->timeout_ns * 11 / 10;
    plain->longest_ns = took > plain->longest_ns ? took : plain->longest_ns;
    if (got == CELL_WORDS) {
        judge(plain, words, unit, address);
        return;
    }
    plain->errors++;
    mend(plain);
}

static void report(const struct plain *plain)
{
    printf("{\"reads\":%llu,\"errors\":%llu,\"believed\":%llu,\"overdue\":%llu,"
           "\"longest_ms\":%lld",
           (unsigned long long)plain->reads, (unsigned long long)plain->errors,
           (unsigned long long)plain->believed, (unsigned long long)plain->overdue,
           (long long)(plain->longest_ns / 1000000));
    for (int i = FALSE_MIXED; i < FALSE_COUNT; i++)
        printf(",\"%s\":%llu", falsehood_word((enum falsehood)i),
               (unsigned long long)plain->falsehoods[i]);
    printf("}\n");
}

int main(int argc, char **argv)
{
    struct plain plain = {.flushes = argc > 7};
    int units, rounds;

    if (argc < 7)
        return 2;
    units = atoi(argv[3]);
    rounds = atoi(argv[4]);
    plain.timeout_ns = atoi(argv[5]) * 1000000LL;
    plain.guard_ns = atoi(argv[6]) * 1000000LL;
    if (!connect_to(&plain, argv[1], argv[2])) {
        fprintf(stderr, "%s %s: %s\n", argv[1], argv[2], modbus_strerror(errno));
        return 3;
    }
    for (int round = 0; round < rounds; round++)
        for (int unit = 1; unit <= units; unit++) {
            read_cell(&plain, (uint8_t)unit, 0);
            read_cell(&plain, (uint8_t)unit, 64);
        }
    report(&plain);
    modbus_close(plain.modbus);
    modbus_free(plain.modbus);
    return 0;
}
