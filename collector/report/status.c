#include "report/status.h"

#include <math.h>

#include "base/version.h"
#include "report/seal_status.h"

static json_t *json_time(struct wall_time time)
{
    char text[WALL_TEXT];

    return wall_is_known(time) ? json_string(wall_text(time, text)) : json_null();
}

/* A monotonic moment as the wall clock would have shown it. */
static struct wall_time wall_of(const struct clock *clock, struct mono_time then)
{
    int64_t ago_ms = (clock_mono(clock).ns - then.ns) / 1000000;

    return (struct wall_time){clock_wall(clock).ms - ago_ms};
}

static json_t *json_clock(const struct status_view *view)
{
    bool trusted = trust_now(view->trust);
    int64_t error_ms = -1;

    clock_kernel_synchronised(&error_ms);
    return json_pack("{s:b, s:o, s:o}", "trusted", trusted, "error_ms",
                     error_ms < 0 ? json_null() : json_integer(error_ms), "since",
                     json_time(wall_of(view->clock, trust_since(view->trust))));
}

static json_t *json_store(const struct recorder_status *status)
{
    return json_pack(
        "{s:I, s:o, s:I, s:I, s:{s:f, s:f}, s:I}", "bytes", (json_int_t)status->size.bytes,
        "oldest", json_time(status->size.oldest), "held", (json_int_t)status->held, "free_bytes",
        (json_int_t)status->size.free_bytes, "commit_ms", "p50", status->commit_ms_p50, "max",
        status->commit_ms_max, "mailbox_bytes", (json_int_t)status->mailbox_bytes);
}

static json_t *json_cause(enum cause cause)
{
    return cause == CAUSE_NONE ? json_null() : json_string(cause_word(cause));
}

static json_t *json_link(const struct link_status *link)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:f, s:o, s:o}", "name", link->name, "kind",
                     link_kind_word(link->kind), "state",
                     !link->used ? "unused" : (link->up ? "up" : "down"), "since",
                     json_time(link->since), "load", round(link->load * 1e4) / 1e4, "next_attempt",
                     json_time(link->next_attempt), "cause", json_cause((enum cause)link->cause));
}

static json_t *json_errors(const struct device_status *device)
{
    json_t *errors = json_object();

    for (int cause = 1; cause < CAUSE_COUNT; cause++)
        if (device->errors[cause] > 0)
            json_object_set_new(errors, cause_word((enum cause)cause),
                                json_integer((json_int_t)device->errors[cause]));
    return errors;
}

static json_t *json_answer(int32_t ms)
{
    return ms < 0 ? json_null() : json_integer(ms);
}

/* Why the last poll gave nothing at all; CAUSE_NONE when anything answered. */
static enum cause failed_with(const struct device_status *device)
{
    for (size_t i = 0; i < device->reading_count; i++)
        if (device->readings[i].quality != QUALITY_NO_ANSWER)
            return CAUSE_NONE;
    return device->reading_count == 0 ? CAUSE_NONE : (enum cause)device->readings[0].cause;
}

static size_t with_value(const struct device_status *device)
{
    size_t count = 0;

    for (size_t i = 0; i < device->reading_count; i++)
        count += reading_has_value(&device->readings[i]);
    return count;
}

static json_t *json_device(const struct status_view *view, const struct device_status *device)
{
    const struct catalog_device *known = catalog_device(view->catalog, device->id);
    struct link_status link;

    if (known == NULL)
        return NULL;
    poller_link_status(view->poller, device->link, &link);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:s, s:o, s:o, s:I, s:I, s:I, s:o, s:{s:o, s:o}, "
        "s:o, s:o, s:I, s:I}",
        "site", view->catalog->sites[known->site].name, "name", known->name, "model", known->model,
        "link", link.name, "unit", (int)device->unit, "state", device_state_word(device->state),
        "since", json_time(device->since), "last_good", json_time(device->last_good), "every_ms",
        (json_int_t)known->every_ms, "polls", (json_int_t)device->polls, "skipped",
        (json_int_t)device->skipped, "errors", json_errors(device), "answer_ms", "p50",
        json_answer(device->answer_ms_p50), "p99", json_answer(device->answer_ms_p99),
        "next_attempt", json_time(device->next_attempt), "cause", json_cause(failed_with(device)),
        "points", (json_int_t)known->point_count, "with_value", (json_int_t)with_value(device));
}

static json_t *json_output(struct sender *sender)
{
    struct sender_status status;

    sender_status(sender, &status);
    return json_pack("{s:s, s:s, s:s, s:o, s:I, s:o, s:I, s:I, s:s}", "name", status.name, "kind",
                     output_kind_word(status.kind), "state", sender_state_word(status.state),
                     "since", json_time(status.since), "backlog", (json_int_t)status.backlog,
                     "oldest", json_time(status.oldest), "sent", (json_int_t)status.sent,
                     "quarantined", (json_int_t)status.quarantined, "text", status.text);
}

static json_t *json_notices(struct notices *notices)
{
    static struct notice open[NOTICES_MAX]; /* large; the loop's thread alone comes here */
    size_t count = notices_open(notices, open, NOTICES_MAX);
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "id", open[i].id, "subject",
                                              open[i].subject, "text", open[i].text, "since",
                                              json_time(open[i].since)));
    return list;
}

static json_t *json_links(const struct status_view *view)
{
    json_t *list = json_array();

    for (size_t i = 0; i < poller_link_count(view->poller); i++) {
        struct link_status link;

        poller_link_status(view->poller, i, &link);
        json_array_append_new(list, json_link(&link));
    }
    return list;
}

static json_t *json_devices(const struct status_view *view)
{
    json_t *list = json_array();

    for (size_t i = 0; i < poller_device_count(view->poller); i++) {
        struct device_status device;

        poller_device_status(view->poller, i, &device);
        json_array_append_new(list, json_device(view, &device));
    }
    return list;
}

/* A store that cannot be read now says so elsewhere; here nothing is known then. */
static json_t *or_null(json_t *json)
{
    return json == NULL ? json_null() : json;
}

/* A name that fits between quotation marks is given as text too; who said nothing has none. */
static json_t *json_stranger(const struct dialin_stranger *stranger)
{
    size_t size = registration_name(stranger->packet, stranger->size);
    char text[REGISTRATION_TEXT];
    char hex[REGISTRATION_HEX];

    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:I}", "listen", stranger->listen, "from",
                     stranger->from, "id",
                     registration_is_text(stranger->packet, size)
                         ? json_string(registration_text(stranger->packet, size, text))
                         : json_null(),
                     "id_hex",
                     size > 0 ? json_string(registration_hex(stranger->packet, size, hex))
                              : json_null(),
                     "since", json_time(stranger->since), "last", json_time(stranger->last),
                     "times", (json_int_t)stranger->times);
}

static json_t *json_strangers(const struct poller *poller)
{
    struct dialin_stranger strangers[DIALIN_STRANGERS_MAX];
    size_t count = poller_strangers(poller, strangers, DIALIN_STRANGERS_MAX);
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_stranger(&strangers[i]));
    return array;
}

json_t *status_json(const struct status_view *view)
{
    struct recorder_status recorder;
    json_t *outputs = json_array();

    recorder_status(view->recorder, &recorder);
    for (size_t i = 0; i < view->sender_count; i++)
        json_array_append_new(outputs, json_output(view->senders[i]));
    return json_pack("{s:s, s:s, s:i, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}",
                     "collector", view->collector, "version", version_text(), "boot",
                     (int)view->boot, "seq", (json_int_t)recorder.committed, "state", "running",
                     "clock", json_clock(view), "store", json_store(&recorder), "links",
                     json_links(view), "devices", json_devices(view), "strangers",
                     json_strangers(view->poller), "outputs", outputs, "seal",
                     or_null(seal_status(view->reader, NULL)), "key",
                     or_null(seal_key_status(view->reader, NULL)), "notices",
                     json_notices(view->notices), "simulated", view->catalog->simulated);
}
