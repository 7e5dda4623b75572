/* demo_files.h - the demo's folder: D/config from the shipped templates, D/store, D/lines. */
#ifndef APP_DEMO_FILES_H
#define APP_DEMO_FILES_H

#include <stdbool.h>

#include "base/error.h"

struct demo_files {
    char dir[256];
    char config[300];    /* D/config */
    char simulator[300]; /* D/simulator.conf */
    char log[300];       /* D/lookback.log: the picture owns the terminal */
    int tcp_port;        /* of the simulated gateway, free when it was chosen */
    int page_port;
    const char *mqtt;   /* publish there too, or NULL */
    const char *influx; /* write there too, or NULL */
};

/* Makes the folders and writes the settings (over those of an earlier demo; its store stays). */
bool demo_files_write(struct demo_files *files, struct error *err);

/* Whether something answers on this port of 127.0.0.1. */
bool demo_port_answers(int port);

#endif
