/* settings.h - the four files of the contract, read, checked against each other, resolved.
 *
 * settings_load() reads DIR/collector.conf, sites.conf, devices.conf and (if there) rules.conf, the
 * parameter table and the profiles the devices name, and says every fault in one run. Profiles are
 * looked for in DIR/profiles first, then in the installed (or source) drivers/profiles;
 * parameters.conf, aggregates.conf, screening.conf, verdict.conf and ledger.conf likewise.
 * Standards are the shipped ones and those of DIR/standards, which replace shipped ones of the same
 * name. Every file that was read is kept as it stood, because seals say what was in force.
 */
#ifndef TOWN_SETTINGS_H
#define TOWN_SETTINGS_H

#include "base/conf.h"
#include "flow/poller.h"
#include "ledger/evaluation.h"
#include "ledger/rule.h"
#include "ledger/screen.h"
#include "ledger/standard.h"
#include "ledger/tally.h"
#include "ledger/terms.h"
#include "model/catalog.h"
#include "output/sender.h"
#include "record/trust.h"

enum { CHIEFS_MAX = 8 };

struct chief {
    int tier; /* index into chief_tiers */
    char name[TITLE_SIZE];
};

extern const char *const chief_tiers[]; /* "city", "district", "town", "village"; NULL-terminated */

struct site_setup {
    struct catalog_site base; /* name, title, village, grid */
    int kind;
    char address[256];
    char credit_code[32];
    bool has_location;
    double lon, lat;
    char noise_zone[4];
    int noise_place;
    int air_class;
    bool is_section;
    char river[NAME_SIZE], river_title[TITLE_SIZE];
    int target; /* class 1..5 */
    int body;
    struct chief chiefs[CHIEFS_MAX]; /* as they stand in the file */
    size_t chief_count;
};

struct device_conf {
    char site[NAME_SIZE];
    char name[NAME_SIZE];
    char title[TITLE_SIZE];
    char serial_number[64];
    char identity[IDENTITY_TEXT]; /* what it answers as, said by the steward; "": not said */
    char model[64];
    char link_name[NAME_SIZE];
    int64_t unit;
    int64_t every_ms;
    int64_t timeout_ms; /* 0: the link's */
    struct wall_time since;
    bool simulated;
    uint32_t site_index;
    uint32_t link_index;
    const struct profile *profile; /* borrowed from the settings */
    const struct channel **channels;
    size_t channel_count;
    struct channel
        *own_channels; /* the profile's with `word_order` and `ranges` put over them, or NULL */
    unsigned line;     /* in devices.conf, for messages */
};

/* What a rule with a limit judges at the points of a parameter at places like this. */
struct rule_found {
    struct place place;
    const struct parameter *parameter;
    struct lanes lanes;
};

struct rule_conf {
    struct rule rule;         /* points not yet resolved */
    char limit[64];           /* the standard, as the rule names it; "": a bound of its own */
    struct lanes lanes;       /* of its own bound: what it judges at each of them */
    struct rule_found *found; /* of a limit */
    size_t found_count;
    char (*patterns)[POINT_SIZE];
    size_t pattern_count;
};

/* A file the settings were read from, as it stood then: what seals say was in force. */
struct settings_file {
    char name[160]; /* as SEAL.md calls it: "settings/collector.conf", "profiles/MODEL.conf" */
    char *path;
    char *bytes; /* ended by '\0', which is not counted */
    size_t size;
};

struct page_setup {
    char listen[128]; /* "ADDRESS:PORT"; "": no page */
    bool open;        /* readers need not sign in; a loopback address alone */
    char certificate[256], key_file[256];
};

struct settings {
    char dir[256];
    char name[NAME_SIZE];
    char title[TITLE_SIZE];
    char timezone[64];
    int language;
    bool ledger;
    char store_dir[256];
    int64_t keep_ms, hold_ms, max_bytes, reserve_bytes, mailbox_bytes;
    int trust; /* enum trust_by */
    int64_t patience_ms;
    int64_t seal_every_ms;
    char time_stamp_url[256]; /* "": none */
    struct page_setup page;
    struct output_setup *outputs;
    size_t output_count;
    struct site_setup *sites;
    size_t site_count;
    struct link_setup *links;
    size_t link_count;
    struct device_conf *devices;
    size_t device_count;
    struct rule_conf *rules;
    size_t rule_count;
    struct parameters *parameters;
    struct terms *terms; /* ledger.conf */
    struct standards *standards;
    struct tally_plans *tallies;   /* aggregates.conf */
    struct screen_plans *screens;  /* screening.conf */
    struct verdict_terms *verdict; /* verdict.conf */
    struct profile **profiles;
    size_t profile_count;
    struct settings_file *files; /* in the order they were read */
    size_t file_count, file_room;
};

/* Gives the settings, ended with settings_free(); NULL when any fault was found (all are in
 * `faults`). Also applies language (unless `language_given`) and time zone. */
struct settings *settings_load(const char *dir, bool language_given, struct conf_faults *faults);
void settings_free(struct settings *settings);

/* What was read under that name of SEAL.md; NULL: nothing was. Borrowed. */
const struct settings_file *settings_file(const struct settings *settings, const char *name);

/* What a standard may ask of the site. */
struct place settings_place(const struct site_setup *site);

/* What the rule judges at a point of the parameter at that site; NULL: nothing, the rule passes it
 * over. Borrowed. */
const struct lanes *settings_rule_lanes(const struct rule_conf *rule, const struct site_setup *site,
                                        const struct parameter *parameter);

/* The same of one point, "SITE/DEVICE/CHANNEL": NULL also when it fits none of the rule's patterns.
 */
const struct lanes *settings_lanes_at(const struct rule_conf *rule, const struct site_setup *site,
                                      const struct parameter *parameter, const char *point);

/* What devices.conf puts over the profile of this device: for each channel that differs from it,
 * in the profile's order, "NAME ORDER LOW HIGH" and a line feed, with the word order and the span
 * in force, numbers as their shortest decimal. "" when nothing does. Gives the text, ended with
 * free(); NULL when out of memory. */
char *settings_device_overrides(const struct device_conf *device);

/* What its polls are decoded by: the digest of the profile where nothing is put over it, else
 * SHA-256 over the profile's 32 bytes of digest and the text of settings_device_overrides(). False
 * when it cannot be made. The device's profile must be known. */
bool settings_device_digest(const struct device_conf *device, uint8_t out[32]);

/* The name of the output whose rectification system owns the ledger, NULL: none does. */
const char *settings_ledger_owner(const struct settings *settings);

/* "enterprise", "river_section", …: the kind of a site. */
const char *settings_site_kind(const struct site_setup *site);

/* The folder of shipped data: $LOOKBACK_DATA if set, $PREFIX/share/lookback when installed, the
 * source tree when run from a build inside it; `out` gets "THERE/name". False when it is not there.
 */
bool settings_data_path(const char *name, char *out, size_t size);

#endif
