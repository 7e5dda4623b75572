/* plain_libmodbus.c - what a collector built on libmodbus's own reads would have believed.
 *
 *   plain_libmodbus tcp HOST PORT UNIT TIMEOUT_MS ADDRESS:COUNT …
 *   plain_libmodbus rtu PATH BAUD UNIT TIMEOUT_MS ADDRESS:COUNT …
 *
 * Reads each block of holding registers once, in order, and prints one JSON object a line:
 * {"address":0,"words":[…]} or {"address":0,"error":"…"}. The tests lay it beside the collector,
 * with the same lying device on the other end.
 */
#include <errno.h>
#include <modbus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static modbus_t *connect_to(char **argv)
{
    modbus_t *modbus;

    if (strcmp(argv[1], "tcp") == 0)
        modbus = modbus_new_tcp(argv[2], atoi(argv[3]));
    else
        modbus = modbus_new_rtu(argv[2], atoi(argv[3]), 'N', 8, 1);
    if (modbus == NULL)
        return NULL;
    if (modbus_set_slave(modbus, atoi(argv[4])) == 0 &&
        modbus_set_response_timeout(modbus, 0, (uint32_t)atoi(argv[5]) * 1000) == 0 &&
        modbus_connect(modbus) == 0)
        return modbus;
    modbus_free(modbus);
    return NULL;
}

static void read_block(modbus_t *modbus, const char *block)
{
    uint16_t words[MODBUS_MAX_READ_REGISTERS];
    char *colon;
    int address = (int)strtol(block, &colon, 10);
    int count = *colon == ':' ? (int)strtol(colon + 1, NULL, 10) : 1;
    int got = modbus_read_registers(modbus, address, count, words);

    printf("{\"address\":%d,", address);
    if (got < 0) {
        printf("\"error\":\"%s\"}\n", modbus_strerror(errno));
        return;
    }
    printf("\"words\":[");
    for (int i = 0; i < got; i++)
        printf(i > 0 ? ",%u" : "%u", words[i]);
    printf("]}\n");
}

int main(int argc, char **argv)
{
    modbus_t *modbus;

    if (argc < 7)
        return 2;
    modbus = connect_to(argv);
    if (modbus == NULL) {
        fprintf(stderr, "%s %s: %s\n", argv[1], argv[2], modbus_strerror(errno));
        return 3;
    }
    for (int i = 6; i < argc; i++)
        read_block(modbus, argv[i]);
    modbus_close(modbus);
    modbus_free(modbus);
    return 0;
}
