/* registers.h - the registers of one played unit, laid out as its profile reads them.
 *
 * Covers every address the profile names; what lies between two of them reads as 0.
 */
#ifndef SIMULATOR_REGISTERS_H
#define SIMULATOR_REGISTERS_H

#include <modbus/modbus.h>

#include "drivers/simvalue.h"

/* Gives the registers, ended with modbus_mapping_free(); NULL: no memory. */
modbus_mapping_t *registers_new(const struct profile *profile);

/* The value, and what stands beside it. */
void registers_put(modbus_mapping_t *to, const struct profile *profile,
                   const struct channel *channel, double value);
/* What this unit answers when it is asked who it is. */
void registers_put_identity(modbus_mapping_t *to, const struct identity_item *item, unsigned unit);

/* Makes the condition of a state hold or not; bits outside its mask stay. */
void registers_put_state(modbus_mapping_t *to, const struct state *state, bool holds);

#endif
