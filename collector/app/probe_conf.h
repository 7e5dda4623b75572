/* probe_conf.h - what was found, as pieces of settings files that can be taken as they are.
 *
 * devices.conf with the line setting that worked; a profile of a model that is not known, with the
 * addresses, types and word orders that gave the display's values and a proof made of the words
 * that were really read; and, where there are no settings yet, the other two files. What nobody can
 * know but the person at the cable is left open and named by `lookback check`.
 */
#ifndef APP_PROBE_CONF_H
#define APP_PROBE_CONF_H

#include "app/probe_match.h"
#include "app/probe_target.h"
#include "app/shelf.h"

/* One found unit. */
struct conf_device {
    uint8_t unit;
    struct link_setup line;
    char model[64]; /* a known one, or the name of a profile to be written */
    bool is_known;
    const char *perhaps[3]; /* models it may be; borrowed; NULL: none more */
};

enum { CONF_FILES_MAX = 260, CONF_FILE_NAME = 100 };

struct conf_pieces {
    struct conf_piece {
        char name[CONF_FILE_NAME]; /* "devices.conf", "profiles/my_probe.conf" */
        char *text;
    } list[CONF_FILES_MAX];
    size_t count;
};

/* Adds the devices and, where DIR has none, collector.conf and sites.conf. */
void conf_add_devices(struct conf_pieces *pieces, const struct probe_target *target,
                      const char *dir, const struct conf_device *devices, size_t count);

/* Adds the profile `model` from what `marks` found in `words` (several ranges): the likeliest place
 * of each expected value. */
void conf_add_profile(struct conf_pieces *pieces, const char *model, const struct shelf *shelf,
                      const struct link_setup *line, const struct probe_words *words,
                      size_t words_count, const struct expected *expected, size_t expected_count,
                      const struct marks *marks);

void conf_pieces_print(const struct conf_pieces *pieces, const char *dir);
/* Writes each into its file, where there is none yet. False with a sentence: nothing was written
 * that was there before. `existing` counts the files that were left. */
bool conf_pieces_write(const struct conf_pieces *pieces, const char *dir, size_t *existing,
                       struct error *err);
void conf_pieces_end(struct conf_pieces *pieces);

#endif
