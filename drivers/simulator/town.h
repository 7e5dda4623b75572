/* town.h - the devices that are played: which links, which units, what they measure and when.
 *
 * Read once from a file; the registers of a unit are brought up to the moment each time it is
 * asked. One thread.
 */
#ifndef SIMULATOR_TOWN_H
#define SIMULATOR_TOWN_H

#include <modbus/modbus.h>

#include "base/conf.h"
#include "drivers/profile.h"
#include "drivers/registration.h"
#include "drivers/simvalue.h"

enum sim_link_kind { SIM_TCP, SIM_SERIAL, SIM_RTU_TCP, SIM_DIALIN };

struct sim_link {
    char name[NAME_SIZE];
    int kind;       /* enum sim_link_kind */
    char host[64];  /* tcp, rtu_tcp: the address listened on; dialin: the one called */
    int64_t port;   /* tcp, rtu_tcp, dialin */
    char path[256]; /* serial: the symbolic link a collector opens */
    int64_t baud;   /* serial: said for the reader's sake, a pseudo terminal has none */
    char id[REGISTRATION_ID_MAX + 1]; /* dialin: what it says when it is connected */
    char id_hex[3 * REGISTRATION_ID_MAX + 1];
    int64_t heartbeat_ms; /* dialin: how often it says it again; 0: never */
    struct registration_id registration;
};

struct sim_state {
    struct simspell spell;
    int quality; /* enum quality: every state bit of the profile with it is set */
};

enum { SIM_STATES_MAX = 8 };

struct sim_unit {
    uint32_t link; /* index into links */
    uint8_t unit;
    const struct profile *profile; /* borrowed from the town */
    struct simvalue *values;       /* one a channel of the profile */
    struct sim_state states[SIM_STATES_MAX];
    size_t state_count;
    modbus_mapping_t *registers; /* computed anew each time the unit is asked */
};

struct town {
    struct sim_link *links;
    size_t link_count;
    struct sim_unit *units;
    size_t unit_count;
    struct parameters *parameters;
    struct profile **profiles;
    size_t profile_count;
};

/* Where shipped data is; empty fields are looked for beside the program. */
struct town_data {
    char profiles[512];   /* folder */
    char parameters[512]; /* file */
};

/* Gives the town, ended with town_free(); NULL with every fault in `faults`. */
struct town *town_load(const char *path, const struct town_data *data, struct conf_faults *faults);
void town_free(struct town *town); /* NULL is fine */

/* Borrowed; NULL when no such unit stands on this link. */
struct sim_unit *town_unit(struct town *town, uint32_t link, uint8_t unit);

/* Computes the unit's registers for this moment. */
void sim_unit_fill(struct sim_unit *unit, struct wall_time now);

#endif
