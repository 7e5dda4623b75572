/* line_modbus.h - a serial line opened and set up by libmodbus, which is used for nothing else.
 *
 * libmodbus takes 9,600 Bd for any rate it does not know and locks nothing, so both are checked
 * here. For link_serial.c alone.
 */
#ifndef DRIVERS_LINE_MODBUS_H
#define DRIVERS_LINE_MODBUS_H

#include "drivers/link.h"

struct serial_line;

/* Opens the port by its path, for this process alone, raw, non-blocking, whatever the modem lines
 * say. Gives the line; NULL with a sentence that says whether the port is absent, held by another
 * program, forbidden or broken. */
struct serial_line *serial_line_open(const struct serial_setup *setup, struct error *err);
void serial_line_close(struct serial_line *line); /* NULL is fine; never waits for the port */
int serial_line_fd(const struct serial_line *line);

#endif
