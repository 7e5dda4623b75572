#include "report/status.h"

#include <math.h>
#include <stdlib.h>

#include "base/version.h"
#include "report/seal_status.h"

static json_t *json_time(struct wall_time time)
{
    char text[WALL_TEXT];

    return wall_is_known(time) ? json_string(wall_text(time, text)) : json_null();
}

static json_t *json_clock(const struct status_copy *copy)
{
    return json_pack("{s:b, s:o, s:o}", "trusted", copy->trusted, "error_ms",
                     copy->error_ms < 0 ? json_null() : json_integer(copy->error_ms), "since",
                     json_time(copy->trusted_since));
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

json_t *status_link_json(const struct link_status *link)
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

json_t *status_device_json(const struct status_copy *copy, const struct device_copy *of)
{
    const struct device_status *device = &of->status;
    const struct catalog *catalog = copy->view.catalog;
    const struct catalog_device *known = catalog_device(catalog, device->id);

    if (known == NULL)
        return NULL;
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:o, s:o, s:I, s:I, s:I, s:o, s:{s:o, s:o}, "
                     "s:o, s:o, s:I, s:I}",
                     "site", catalog->sites[known->site].name, "name", known->name, "model",
                     known->model, "link", copy->links[device->link].name, "unit",
                     (int)device->unit, "state", device_state_word(device->state), "since",
                     json_time(device->since), "last_good", json_time(device->last_good),
                     "every_ms", (json_int_t)known->every_ms, "polls", (json_int_t)device->polls,
                     "skipped", (json_int_t)device->skipped, "errors", json_errors(device),
                     "answer_ms", "p50", json_answer(device->answer_ms_p50), "p99",
                     json_answer(device->answer_ms_p99), "next_attempt",
                     json_time(device->next_attempt), "cause", json_cause(of->failed), "points",
                     (json_int_t)known->point_count, "with_value", (json_int_t)of->with_value);
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
    struct notice *open = calloc(NOTICES_MAX, sizeof *open); /* large for a thread's stack */
    size_t count = open == NULL ? 0 : notices_open(notices, open, NOTICES_MAX);
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "id", open[i].id, "subject",
                                              open[i].subject, "text", open[i].text, "since",
                                              json_time(open[i].since)));
    free(open);
    return list;
}

static json_t *json_links(const struct status_copy *copy)
{
    json_t *list = json_array();

    for (size_t i = 0; i < copy->link_count; i++)
        json_array_append_new(list, status_link_json(&copy->links[i]));
    return list;
}

static json_t *json_devices(const struct status_copy *copy)
{
    json_t *list = json_array();

    for (size_t i = 0; i < copy->device_count; i++)
        json_array_append_new(list, status_device_json(copy, &copy->devices[i]));
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

static json_t *json_strangers(const struct status_copy *copy)
{
    json_t *array = json_array();

    for (size_t i = 0; i < copy->stranger_count; i++)
        json_array_append_new(array, json_stranger(&copy->strangers[i]));
    return array;
}

/* The recorder knows it without looking through the events, once it could be opened. */
static json_t *json_key(const struct recorder_status *recorder, struct reader *reader)
{
    return recorder->seal_key[0] != '\0' ? json_string(recorder->seal_key)
                                         : or_null(seal_key_status(reader, NULL));
}

json_t *status_json(const struct status_copy *copy, struct reader *reader)
{
    const struct status_view *view = &copy->view;
    struct recorder_status recorder;
    json_t *outputs = json_array();

    recorder_status(view->recorder, &recorder);
    for (size_t i = 0; i < view->sender_count; i++)
        json_array_append_new(outputs, json_output(view->senders[i]));
    return json_pack("{s:s, s:s, s:i, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}",
                     "collector", view->collector, "version", version_text(), "boot",
                     (int)view->boot, "seq", (json_int_t)recorder.committed, "state", "running",
                     "clock", json_clock(copy), "store", json_store(&recorder), "links",
                     json_links(copy), "devices", json_devices(copy), "strangers",
                     json_strangers(copy), "outputs", outputs, "seal",
                     or_null(seal_status(reader, NULL)), "key", json_key(&recorder, reader),
                     "notices", json_notices(view->notices), "simulated", view->catalog->simulated);
}
