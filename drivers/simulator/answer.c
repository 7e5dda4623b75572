/* answer.c - see answer.h. */
#include "drivers/simulator/answer.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MBAP_SIZE     7
#define RTU_READ_SIZE 8 /* unit, function, address, count, CRC */

static void drop(struct inbox *inbox, size_t count)
{
    inbox->used -= count;
    memmove(inbox->bytes, inbox->bytes + count, inbox->used);
}

static bool is_read(uint8_t function)
{
    return function >= 1 && function <= 4;
}

/* The pause libmodbus makes after a request it refuses is as short as it can be. */
static void take_descriptor(modbus_t *modbus, int fd)
{
    modbus_set_socket(modbus, fd);
    modbus_set_response_timeout(modbus, 0, 1);
}

static uint16_t crc_of(const uint8_t *bytes, size_t count)
{
    uint16_t crc = 0xFFFF;

    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)((crc & 1) != 0 ? (crc >> 1) ^ 0xA001 : crc >> 1);
    }
    return crc;
}

static bool crc_fits(const uint8_t *frame, size_t size)
{
    return crc_of(frame, size - 2) == (frame[size - 2] | frame[size - 1] << 8);
}

/* A read of no registers wakes a model that has such a step; its answer has no bytes of data. */
static bool is_wake(const struct sim_unit *unit, const uint8_t *pdu)
{
    const struct profile *profile = unit->profile;

    return profile->has_wake && is_read(pdu[0]) && pdu[3] == 0 && pdu[4] == 0 &&
           (pdu[1] << 8 | pdu[2]) == profile->wake_address;
}

bool answer_tcp(struct town *town, uint32_t link, modbus_t *modbus, int fd, struct inbox *inbox)
{
    take_descriptor(modbus, fd);
    while (inbox->used >= MBAP_SIZE + 1) {
        const uint8_t *frame = inbox->bytes;
        size_t size = (size_t)(frame[4] << 8 | frame[5]) + 6;
        struct sim_unit *unit = town_unit(town, link, frame[6]);
        int sent;

        if (frame[2] != 0 || frame[3] != 0 || size < MBAP_SIZE + 1 || size > REQUEST_MAX)
            return false;
        if (inbox->used < size)
            return true;
        if (unit == NULL) {
            sent = modbus_reply_exception(modbus, frame, MODBUS_EXCEPTION_GATEWAY_TARGET);
        } else if (!is_read(frame[7]) || size != MBAP_SIZE + 5) {
            sent = modbus_reply_exception(modbus, frame, MODBUS_EXCEPTION_ILLEGAL_FUNCTION);
        } else if (is_wake(unit, frame + MBAP_SIZE)) {
            uint8_t awake[] = {frame[0], frame[1], 0, 0, 0, 3, frame[6], frame[7], 0};

            sent = (int)send(fd, awake, sizeof awake, MSG_NOSIGNAL);
        } else {
            sim_unit_fill(unit, clock_wall(clock_system()));
            sent = modbus_reply(modbus, frame, (int)size, unit->registers);
        }
        if (sent < 0)
            return false;
        drop(inbox, size);
    }
    return true;
}

static void answer_rtu_read(struct sim_unit *unit, modbus_t *modbus, int fd, const uint8_t *frame)
{
    if (is_wake(unit, frame + 1)) {
        uint8_t awake[5] = {frame[0], frame[1], 0};
        uint16_t crc = crc_of(awake, 3);

        awake[3] = (uint8_t)(crc & 0xFF);
        awake[4] = (uint8_t)(crc >> 8);
        if (write(fd, awake, sizeof awake) < 0)
            return; /* as on a real line: nobody hears it */
    } else {
        sim_unit_fill(unit, clock_wall(clock_system()));
        modbus_reply(modbus, frame, RTU_READ_SIZE, unit->registers);
    }
}

/* A shared line: what is for nobody here gets no answer, and what is no request is stepped over. */
void answer_rtu(struct town *town, uint32_t link, modbus_t *modbus, int fd, struct inbox *inbox)
{
    take_descriptor(modbus, fd);
    while (inbox->used >= RTU_READ_SIZE) {
        const uint8_t *frame = inbox->bytes;
        struct sim_unit *unit = town_unit(town, link, frame[0]);

        if (!crc_fits(frame, RTU_READ_SIZE)) {
            drop(inbox, 1);
            continue;
        }
        if (unit != NULL && is_read(frame[1]))
            answer_rtu_read(unit, modbus, fd, frame);
        else if (unit != NULL)
            modbus_reply_exception(modbus, frame, MODBUS_EXCEPTION_ILLEGAL_FUNCTION);
        drop(inbox, RTU_READ_SIZE);
    }
}
