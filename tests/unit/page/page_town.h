/* page_town.h - a town behind the page: settings of ours, a store in a folder of its own under a
 * clock that is held, and the recorder that judges what comes in. Nobody polls, nothing listens.
 */
#ifndef TESTS_PAGE_TOWN_H
#define TESTS_PAGE_TOWN_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/task.h"
#include "page/route.h"
#include "town/names.h"

struct page_town {
    char dir[64];
    enum trust_by trust_by; /* this and the next may be said before it starts */
    bool is_unscreened;     /* no doubt comes but from the rules of the settings */
    struct held_clock clock;
    struct settings *settings;
    struct names names;
    struct store *store;
    struct mailbox *mailbox;
    struct trust *trust;
    struct notices *notices;
    struct recorder *recorder;
    struct reader *reader;
    struct page_host host;
};

/* On the clock of the town. */
static inline struct wall_time moment(const char *words)
{
    struct wall_time time = WALL_NONE;

    assert_true(moment_parse(words, &time));
    return time;
}

/* Settings of tests/unit/fixtures, and an empty store at the moment `begins`. */
static inline void page_town_open(struct page_town *town, const char *fixture, const char *begins)
{
    struct conf_faults *faults = conf_faults_new();
    struct error err = {0};
    char path[256];

    *town = (struct page_town){.dir = "/tmp/lookback-page-XXXXXX", .trust_by = TRUST_ALWAYS};
    assert_non_null(mkdtemp(town->dir));
    snprintf(path, sizeof path, FIXTURES "/%s", fixture);
    town->settings = settings_load(path, true, faults);
    if (town->settings == NULL)
        fail_msg("%s", conf_fault(faults, 0)->text);
    conf_faults_free(faults);
    held_clock_init(&town->clock, moment(begins));
    town->store = store_open(town->dir, "boot-a", town->clock.wall, &err);
    if (town->store == NULL)
        fail_msg("%s", err.text);
}

static inline void page_town_record(struct page_town *town)
{
    const struct recorder_setup setup = {.store = town->store,
                                         .mailbox = town->mailbox,
                                         .catalog = &town->names.catalog,
                                         .rules = town->names.rules,
                                         .rule_count = town->names.rule_count,
                                         .tallies = town->settings->tallies,
                                         .screens =
                                             town->is_unscreened ? NULL : town->settings->screens,
                                         .ledger = true,
                                         .terms = town->settings->terms,
                                         .clock = &town->clock.clock,
                                         .trust = town->trust,
                                         .notices = town->notices,
                                         .seal_every_ms = 3600000,
                                         .patience_ms = 3600000};
    struct error err = {0};

    town->recorder = recorder_new(&setup, &err);
    if (town->recorder == NULL)
        fail_msg("%s", err.text);
}

/* From here on the store is the recorder's. */
static inline void page_town_start(struct page_town *town)
{
    struct error err = {0};

    town->mailbox = mailbox_new(1 << 20);
    town->trust = trust_new(town->trust_by, &town->clock.clock, WALL_NONE);
    town->notices = notices_new(&town->clock.clock);
    if (!names_resolve(&town->names, town->settings, town->store, town->clock.wall, &err))
        fail_msg("%s", err.text);
    page_town_record(town);
    town->reader = reader_open(town->dir, &err);
    assert_non_null(town->reader);
    town->host = (struct page_host){.settings = town->settings,
                                    .catalog = &town->names.catalog,
                                    .recorder = town->recorder,
                                    .notices = town->notices,
                                    .trust = town->trust,
                                    .clock = &town->clock.clock,
                                    .boot = store_boot(town->store)};
}

static inline void page_town_end(struct page_town *town)
{
    char command[100];

    reader_close(town->reader);
    recorder_free(town->recorder);
    notices_free(town->notices);
    trust_free(town->trust);
    mailbox_free(town->mailbox);
    names_free(&town->names);
    store_close(town->store);
    settings_free(town->settings);
    snprintf(command, sizeof command, "rm -rf %s", town->dir);
    assert_int_equal(system(command), 0);
}

/* What was read of a device now: as many readings as are given, named by their points. */
static inline void page_town_poll(struct page_town *town, size_t device,
                                  const struct reading *readings, size_t count)
{
    const struct device_setup *setup = &town->names.devices[device];
    const struct poll poll = {.device = setup->id,
                              .time = trust_now(town->trust) ? town->clock.wall : WALL_NONE,
                              .mono = town->clock.mono,
                              .boot = store_boot(town->store),
                              .profile = setup->profile_id,
                              .readings = readings,
                              .reading_count = count};

    assert_true(mailbox_push(town->mailbox, &poll));
}

static inline void page_town_step(struct page_town *town)
{
    struct error err = {0};

    if (!recorder_step(town->recorder, &err))
        fail_msg("%s", err.text);
}

static inline void page_town_acted(void *self, uint64_t seq, const struct error *err)
{
    if (err != NULL)
        fail_msg("%s", err->text);
    *(bool *)self = true;
}

/* Takes `args`. */
static inline void page_town_act(struct page_town *town, const char *name, json_t *args)
{
    bool done = false;
    struct act act = {.name = name,
                      .args = args,
                      .who = "li",
                      .by = "li",
                      .done = page_town_acted,
                      .self = &done};

    recorder_act(town->recorder, &act);
    page_town_step(town);
    assert_true(done);
}

/* Task 37, which watches one point: for tasks.import. */
static inline json_t *ledger_of(enum task_state state, const char *point, const char *struck_off,
                                const char *watch_until)
{
    struct task task = {.state = state,
                        .point_count = 1,
                        .struck_off = moment(struck_off),
                        .watch_until = moment(watch_until)};

    snprintf(task.id, sizeof task.id, "37");
    snprintf(task.category, sizeof task.category, "river");
    snprintf(task.title, sizeof task.title, "pH 异常");
    snprintf(task.kind, sizeof task.kind, "finding");
    snprintf(task.points[0], sizeof task.points[0], "%s", point);
    snprintf(task.site, sizeof task.site, "%.*s", (int)strcspn(point, "/"), point);
    return json_pack("{s:[o]}", "tasks", task_json(&task));
}

#endif
