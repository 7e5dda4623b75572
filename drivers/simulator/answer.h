/* answer.h - one request of a master, found in a stream of bytes and answered. */
#ifndef SIMULATOR_ANSWER_H
#define SIMULATOR_ANSWER_H

#include "drivers/simulator/town.h"

enum { REQUEST_MAX = 260 }; /* the longest Modbus TCP frame */

/* What has arrived and is not answered yet. */
struct inbox {
    uint8_t bytes[REQUEST_MAX];
    size_t used;
};

/* Answers every whole request in the inbox on `fd` through `modbus` (a TCP or RTU context that is
 * not connected) and leaves the rest. False: the stream is broken, hang up (TCP only). */
bool answer_tcp(struct town *town, uint32_t link, modbus_t *modbus, int fd, struct inbox *inbox);
void answer_rtu(struct town *town, uint32_t link, modbus_t *modbus, int fd, struct inbox *inbox);

#endif
