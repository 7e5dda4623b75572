/* What a device refuses for good (exceptions 1 to 3) is asked seldom, so that it costs the line
 * nothing; what it answers goes on at its period. */
#include "base/log.h"
#include "base/say.h"
#include "flow/poller_parts.h"

enum {
    REFUSED_AFTER = 3, /* refusals in a row: a device may refuse while it starts */
    ASK_AGAIN_MS = 5 * 60 * 1000,
    LAST_PERMANENT = 3, /* illegal function, address, value: only a changed setting helps */
};

bool refusal_is_permanent(const struct exchange_result *result)
{
    return result->is_exception && result->exception >= 1 && result->exception <= LAST_PERMANENT;
}

static struct refusal *find(struct device *device, const struct planned *planned)
{
    for (size_t i = 0; i < REFUSALS_MAX; i++) {
        struct refusal *refusal = &device->refusals[i];

        if (refusal->times > 0 && refusal->area == (uint8_t)planned->area &&
            refusal->address == planned->address && refusal->count == planned->count)
            return refusal;
    }
    return NULL;
}

/* Where there is no place left the request is asked at each poll, as if it might be answered. */
static struct refusal *find_or_add(struct device *device, const struct planned *planned)
{
    struct refusal *refusal = find(device, planned);

    for (size_t i = 0; refusal == NULL && i < REFUSALS_MAX; i++)
        if (device->refusals[i].times == 0) {
            refusal = &device->refusals[i];
            *refusal = (struct refusal){.area = (uint8_t)planned->area,
                                        .address = planned->address,
                                        .count = planned->count};
        }
    return refusal;
}

static void tell(const struct device *device, const struct planned *planned,
                 const struct exchange_result *result)
{
    char title[EXCEPTION_TEXT];

    log_warning(SAY("链路 %s：站号 %d（%s），%s 寄存器 %d 起 %d 个：%s；%s",
                    "link %s: unit %d, %s, %s registers from %d, %d of them: %s; %s"),
                device->line->setup.name, device->setup.unit, device->setup.label,
                area_word(planned->area), planned->address, planned->count,
                exception_title(result->exception, title), cause_advice((enum cause)result->cause));
}

/* Once for each code, not each time it is still so. */
static void note_exception(struct device *device, const struct planned *planned,
                           const struct exchange_result *result)
{
    uint32_t bit = (uint32_t)1 << result->exception % 32;

    if ((device->told & bit) == 0)
        tell(device, planned, result);
    device->told |= bit;
}

void refusals_note(struct device *device, const struct planned *planned,
                   const struct exchange_result *result, struct mono_time now)
{
    struct refusal *refusal;

    if (result->is_exception)
        note_exception(device, planned, result);
    if (!refusal_is_permanent(result)) {
        refusal = find(device, planned);
        if (refusal != NULL && result->answered) {
            refusal->times = 0;
            device->told = 0;
        }
        return;
    }
    refusal = find_or_add(device, planned);
    if (refusal == NULL)
        return;
    refusal->cause = result->cause;
    refusal->times = refusal->times < REFUSED_AFTER ? (uint8_t)(refusal->times + 1) : REFUSED_AFTER;
    if (refusal->times == REFUSED_AFTER)
        refusal->until_ns = now.ns + ns_from_ms(ASK_AGAIN_MS);
}

static bool is_left_out(struct device *device, const struct planned *planned, struct mono_time now,
                        enum cause *cause)
{
    const struct refusal *refusal = find(device, planned);

    if (refusal == NULL || refusal->times < REFUSED_AFTER || now.ns >= refusal->until_ns)
        return false;
    *cause = (enum cause)refusal->cause;
    return true;
}

/* A poll that would ask nothing asks everything: whether the device is there has to be seen. */
bool refusals_apply(struct device *device, const struct plan *plan, struct mono_time now)
{
    enum cause cause;

    for (size_t i = 0; i < plan->count; i++)
        if (plan->requests[i].count > 0 && !is_left_out(device, &plan->requests[i], now, &cause))
            return device->state != DEVICE_REFUSING;
    return false;
}

bool refusals_leave_out(struct device *device, const struct planned *planned, struct mono_time now,
                        enum cause *cause)
{
    return planned->count > 0 && is_left_out(device, planned, now, cause);
}

void refusals_forget(struct device *device)
{
    for (size_t i = 0; i < REFUSALS_MAX; i++)
        device->refusals[i].times = 0;
    device->told = 0;
    device->all_refused = 0;
}

void refusals_conclude(struct device *device, const struct asking *asking)
{
    bool all = asking->asked > 0 && asking->refused == asking->asked;

    if (!all)
        device->all_refused = 0;
    else if (device->all_refused < REFUSED_AFTER)
        device->all_refused++;
}

int64_t refusals_wait_ns(const struct device *device)
{
    return device->all_refused < REFUSED_AFTER ? 0 : ns_from_ms(ASK_AGAIN_MS);
}
