#include "app/station.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "app/findings.h"
#include "app/lookout.h"
#include "app/socket.h"
#include "app/station_outputs.h"
#include "app/station_page.h"
#include "app/strangers.h"
#include "app/trouble.h"
#include "base/log.h"
#include "base/say.h"
#include "base/version.h"
#include "flow/mailbox.h"
#include "town/digest.h"
#include "town/names.h"
#include "town/snapshot.h"

struct station {
    const struct settings *settings;
    const struct clock *clock;
    struct store *store;
    struct reader *reader; /* of the loop's thread */
    struct names names;
    struct trust *trust;
    struct notices *notices;
    struct mailbox *mailbox;
    struct recorder *recorder;
    struct trouble *trouble;
    struct poller *poller;
    atomic_bool *watching; /* devices: written by the recorder's thread, read by the loop's */
    struct station_outputs outputs;
    struct socket_server *socket;
    uint32_t boot;
    struct status_view view;
    struct lookout *lookout;
    struct page *page;        /* NULL: settings want none */
    char digest[DIGEST_TEXT]; /* of the settings in force */
    void (*stopped)(void *self);
    void *self;
};

static bool clock_is_trusted(void *self)
{
    return trust_now(((struct station *)self)->trust);
}

static bool has_room(void *self, struct wall_time due)
{
    struct station *station = self;

    if (mailbox_has_room(station->mailbox))
        return true;
    mailbox_skip(station->mailbox, due, clock_mono(station->clock));
    return false;
}

static void poll_done(void *self, const struct poll *poll)
{
    struct station *station = self;

    if (!mailbox_push(station->mailbox, poll))
        mailbox_skip(station->mailbox, poll->time, poll->mono);
    trouble_poll(station->trouble, poll, station->poller);
}

static void note_watching(void *self, size_t index, bool watches)
{
    struct station *station = self;

    atomic_store_explicit(&station->watching[index], watches, memory_order_relaxed);
}

static bool keeps_frames(void *self, size_t index)
{
    struct station *station = self;

    return atomic_load_explicit(&station->watching[index], memory_order_relaxed);
}

static void learned(void *self, size_t index, const struct lesson *lesson)
{
    struct station *station = self;

    findings_lesson(station->recorder, &station->names.devices[index], lesson);
}

static void identified(void *self, size_t index, const struct identity_finding *finding)
{
    struct station *station = self;

    findings_identity(station->recorder, &station->names.devices[index], finding);
    trouble_identity(station->trouble, index, finding);
}

static void link_found(void *self, size_t link, const struct finding *finding)
{
    struct station *station = self;

    trouble_finding(station->trouble, link, finding);
}

static void strangers_changed(void *self)
{
    struct station *station = self;

    strangers_tell(station->poller, station->notices);
}

static bool make_poller(struct station *station, uv_loop_t *loop, struct error *err)
{
    const struct poller_setup setup = {
        .links = station->settings->links,
        .link_count = station->settings->link_count,
        .devices = station->names.devices,
        .device_count = station->names.device_count,
        .boot = station->boot,
        .clock = station->clock,
        .clock_is_trusted = clock_is_trusted,
        .has_room = has_room,
        .done = poll_done,
        .strangers_changed = strangers_changed,
        .keeps_frames = keeps_frames,
        .learned = learned,
        .identified = identified,
        .found = link_found,
        .self = station,
    };

    station->poller = poller_new(loop, &setup, err);
    return station->poller != NULL;
}

static void rewind_output(void *self, const char *output, uint64_t seq)
{
    outputs_rewind(&((struct station *)self)->outputs, output, seq);
}

static bool make_recorder(struct station *station, struct error *err)
{
    const struct settings *settings = station->settings;
    struct configuration *configuration = snapshot_of(settings, err);
    const struct recorder_setup setup = {
        .store = station->store,
        .mailbox = station->mailbox,
        .catalog = &station->names.catalog,
        .rules = station->names.rules,
        .rule_count = station->names.rule_count,
        .tallies = settings->tallies,
        .screens = settings->screens,
        .ledger = settings->ledger,
        .ledger_owner = settings_ledger_owner(settings),
        .terms = settings->terms,
        .clock = station->clock,
        .trust = station->trust,
        .notices = station->notices,
        .keep_ms = settings->keep_ms,
        .hold_ms = settings->hold_ms,
        .max_bytes = settings->max_bytes,
        .seal_every_ms = settings->seal_every_ms,
        .patience_ms = settings->patience_ms,
        .reserve_bytes = settings->reserve_bytes,
        .awaited = station->outputs.awaited,
        .awaited_count = station->outputs.awaited_count,
        .settings = settings_digest(settings, station->digest),
        .configuration = configuration,
        .seals = true,
        .resend = rewind_output,
        .watches = note_watching,
        .self = station,
    };

    if (configuration != NULL)
        station->recorder = recorder_new(&setup, err);
    snapshot_free(configuration);
    return station->recorder != NULL;
}

static bool make_small_parts(struct station *station, struct error *err)
{
    const struct settings *settings = station->settings;

    station->notices = notices_new(station->clock);
    station->mailbox = mailbox_new((size_t)settings->mailbox_bytes);
    station->trust =
        trust_new((enum trust_by)settings->trust, station->clock, store_newest(station->store));
    station->trouble =
        trouble_new(station->names.devices, station->names.device_count, settings->links,
                    settings->link_count, station->clock, station->notices);
    station->watching = calloc(station->names.catalog.device_count + 1, sizeof *station->watching);
    if (station->watching == NULL || station->notices == NULL || station->mailbox == NULL ||
        station->trust == NULL || station->trouble == NULL ||
        !outputs_list(&station->outputs, settings))
        return error_set(err, ERROR_MEMORY, "%s",
                         SAY("内存不足，无法启动", "out of memory at start"));
    return true;
}

static void say_started(const struct station *station)
{
    const struct settings *settings = station->settings;

    log_notice(SAY("采集器 %s 已启动（版本 %s）：%zu 条链路，%zu 台设备，%zu 个输出，数据在 %s",
                   "collector %s started (version %s): %zu links, %zu devices, %zu outputs, "
                   "store in %s"),
               settings->name, version_text(), settings->link_count, settings->device_count,
               station->outputs.sender_count, settings->store_dir);
}

static void ended(void *self)
{
    *(bool *)self = true;
}

/* A start that failed half way: handles must leave the loop before they are freed. */
static void give_up(struct station *station, uv_loop_t *loop)
{
    bool gone = station->poller == NULL, blind = false;

    page_stop(station->page);
    station->page = NULL;
    if (station->poller != NULL)
        poller_stop(station->poller, ended, &gone);
    lookout_close(station->lookout, ended, &blind);
    while (!gone || !blind)
        uv_run(loop, UV_RUN_ONCE);
    station_free(station);
}

static const struct status_view *look(void *self)
{
    return station_view(self);
}

static bool start_page(struct station *station, struct error *err)
{
    const struct page_host host = {
        .settings = station->settings,
        .catalog = &station->names.catalog,
        .recorder = station->recorder,
        .notices = station->notices,
        .trust = station->trust,
        .clock = station->clock,
        .boot = station->boot,
    };

    return station_page_start(host, station->lookout, &station->page, err);
}

struct station *station_start(uv_loop_t *loop, const struct settings *settings, struct error *err)
{
    struct station *station = calloc(1, sizeof *station);
    struct wall_time now;

    if (station == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足，无法启动", "out of memory at start"));
        return NULL;
    }
    station->settings = settings;
    station->clock = clock_system();
    now = clock_wall(station->clock);
    station->store = store_open(settings->store_dir, NULL, now, err);
    if (station->store == NULL)
        goto failed;
    station->boot = store_boot(station->store);
    station->reader = reader_open(settings->store_dir, err);
    if (station->reader == NULL ||
        !names_resolve(&station->names, settings, station->store, now, err) ||
        !make_small_parts(station, err) || !make_recorder(station, err) ||
        !make_poller(station, loop, err) || !recorder_start(station->recorder, err) ||
        !outputs_start(&station->outputs, settings, &station->names.catalog, station->recorder,
                       station->notices, station->clock, err))
        goto failed;
    station->lookout = lookout_new(loop, look, station, err);
    if (station->lookout == NULL || !start_page(station, err) ||
        (station->socket = socket_serve(loop, station, settings->store_dir, err)) == NULL)
        goto failed;
    poller_start(station->poller);
    say_started(station);
    return station;
failed:
    give_up(station, loop);
    return NULL;
}

static void stop_writing(struct station *station)
{
    outputs_stop(&station->outputs, station->recorder);
    recorder_stop(station->recorder);
    log_notice(
        SAY("采集器 %s 已停止，共提交到序号 %llu", "collector %s stopped; committed up to %llu"),
        station->settings->name, (unsigned long long)recorder_committed(station->recorder));
}

static void lookout_closed(void *self)
{
    struct station *station = self;

    station->stopped(station->self);
}

static void socket_closed(void *self)
{
    struct station *station = self;

    station->socket = NULL;
    lookout_close(station->lookout, lookout_closed, station);
}

static void poller_stopped(void *self)
{
    struct station *station = self;

    stop_writing(station);
    socket_stop(station->socket, socket_closed, station);
}

void station_stop(struct station *station, void (*stopped)(void *self), void *self)
{
    station->stopped = stopped;
    station->self = self;
    page_stop(station->page);
    station->page = NULL;
    poller_stop(station->poller, poller_stopped, station);
}

void station_free(struct station *station)
{
    if (station == NULL)
        return;
    if (station->recorder != NULL) {
        outputs_stop(&station->outputs, station->recorder);
        recorder_stop(station->recorder);
    }
    lookout_free(station->lookout);
    poller_free(station->poller);
    recorder_free(station->recorder);
    trouble_free(station->trouble);
    mailbox_free(station->mailbox);
    trust_free(station->trust);
    notices_free(station->notices);
    names_free(&station->names);
    reader_close(station->reader);
    store_close(station->store);
    free(station->watching);
    outputs_free(&station->outputs);
    free(station);
}

json_t *station_status(struct station *station)
{
    const struct status_copy *copy = lookout_now(station->lookout);
    json_t *status = copy == NULL ? NULL : status_json(copy, station->reader);

    status_copy_release(copy);
    return status;
}

const struct status_view *station_view(struct station *station)
{
    station->view = (struct status_view){
        .collector = station->settings->name,
        .timezone = station->settings->timezone,
        .boot = station->boot,
        .catalog = &station->names.catalog,
        .trust = station->trust,
        .clock = station->clock,
        .recorder = station->recorder,
        .poller = station->poller,
        .senders = station->outputs.senders,
        .sender_count = station->outputs.sender_count,
        .notices = station->notices,
        .reader = station->reader,
    };
    return &station->view;
}

const char *station_store_dir(const struct station *station)
{
    return station->settings->store_dir;
}

struct recorder *station_recorder(struct station *station)
{
    return station->recorder;
}

struct poller *station_poller(struct station *station)
{
    return station->poller;
}

const struct settings *station_settings(const struct station *station)
{
    return station->settings;
}
