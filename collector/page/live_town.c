/* /town and /plan: what the settings say, which changes with them alone. */
#include <stdlib.h>

#include "base/say.h"
#include "page/live_inside.h"
#include "town/described.h"

void live_answer_town(struct call *call)
{
    live_answer(call, described_town(call->host->settings));
}

/* The running collector's own measurements, as `lookback plan` asks it for them. */
static json_t *measured(struct call *call)
{
    const struct status_copy *copy = call->host->status(call->host->self, LIVE_FRESH_MS);
    json_t *devices = json_array();

    for (size_t i = 0; copy != NULL && i < copy->device_count; i++)
        json_array_append_new(devices, status_device_json(copy, &copy->devices[i]));
    status_copy_release(copy);
    return json_pack("{s:o}", "devices", devices);
}

void live_answer_plan(struct call *call)
{
    json_t *status = measured(call);
    struct error err = {0};
    struct load *load = load_of(call->host->settings, call->reader, status, &err);

    if (load == NULL)
        answer_refuse(call->answer, &err);
    else
        live_answer(call, described_load(load));
    load_free(load);
    json_decref(status);
}
