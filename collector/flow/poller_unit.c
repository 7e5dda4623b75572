/* Whether a device answers: silent, answering, refusing, and what is said when that changes. */
#include <time.h>

#include "base/log.h"
#include "base/say.h"
#include "flow/poller_parts.h"

enum { SILENT_AFTER = 2 }; /* failed polls in a row: one lost answer is not yet silence */

bool device_is_probed(const struct device *device)
{
    return device->backoff.failures >= SILENT_AFTER;
}

/* As the clock beside the log line shows it; "" when never. */
static void last_value_text(const struct device *device, char out[WALL_TEXT])
{
    time_t seconds = (time_t)(device->last_good.ms / 1000);
    struct tm local;

    out[0] = '\0';
    if (wall_is_known(device->last_good) && localtime_r(&seconds, &local) != NULL)
        strftime(out, WALL_TEXT, "%Y-%m-%d %H:%M:%S", &local);
}

static void tell_silence(const struct device *device)
{
    char last[WALL_TEXT];

    last_value_text(device, last);
    log_warning(SAY("链路 %s：站号 %d（%s）没有回答；上次有值：%s；最迟每 60 s 再问一次",
                    "link %s: unit %d, %s, does not answer; last value: %s; asking again at least "
                    "every 60 s"),
                device->line->setup.name, device->setup.unit, device->setup.label,
                last[0] != '\0' ? last : SAY("还没有过", "none yet"));
}

static void tell_answer(const struct device *device, struct mono_time now)
{
    char silence[24];

    duration_text((now.ns - device->silent_since.ns) / 1000000000 * 1000, silence);
    log_notice(SAY("链路 %s：站号 %d（%s）恢复回答，中断 %s，缺 %lld 次",
                   "link %s: unit %d, %s, answers again after %s; %lld polls were missed"),
               device->line->setup.name, device->setup.unit, device->setup.label, silence,
               (long long)device->missed);
}

static void tell_refusal(const struct device *device)
{
    log_warning(SAY("链路 %s：站号 %d（%s）拒绝全部读取（异常码）；请核对型号模板和站号，"
                    "每 5 分钟再问一次",
                    "link %s: unit %d, %s, refuses every read by exception; compare its model and "
                    "unit id with the device; asking again every 5 min"),
                device->line->setup.name, device->setup.unit, device->setup.label);
}

static void change_state(struct device *device, enum device_state state, struct mono_time now)
{
    bool was_silent = device->state == DEVICE_SILENT;

    if (state == device->state)
        return;
    if (state == DEVICE_SILENT)
        tell_silence(device);
    else if (was_silent)
        tell_answer(device, now);
    if (state == DEVICE_REFUSING)
        tell_refusal(device);
    device->state = state;
    device->since = poller_wall(device->line->poller);
}

/* The first answer on a line where nobody answered: the line is well again, and so may be all. */
static void revive_others(struct line *line, const struct device *first, struct mono_time now)
{
    for (size_t i = 0; i < line->health.units; i++) {
        struct device *device = line->devices[i];

        if (device == first || device->backoff.failures == 0)
            continue;
        backoff_clear(&device->backoff);
        if (device->silent)
            line->health.silent--;
        device->silent = false;
        if (!device->queued)
            poller_wake_at(line->poller, &device->entry, now.ns, 0);
    }
    line->health.probe_free.ns = 0;
}

void device_failed(struct line *line, struct device *device, struct mono_time now)
{
    if (device->backoff.failures == 0)
        device->silent_since = now;
    device->missed++;
    if (device->backoff.failures + 1 >= SILENT_AFTER) {
        line->health.silent += !device->silent;
        device->silent = true;
    }
    backoff_fail(&device->backoff,
                 line_is_dead(&line->health) ? line_period_ms(line) : BACKOFF_MOST_MS, &line->seed,
                 now);
    if (device_is_probed(device) || device->state == DEVICE_UNASKED)
        change_state(device, DEVICE_SILENT, now);
}

void device_unreached(struct device *device, struct mono_time now)
{
    if (device->missed++ == 0)
        device->silent_since = now;
    if (device->missed >= SILENT_AFTER || device->state == DEVICE_UNASKED)
        change_state(device, DEVICE_SILENT, now);
}

static enum device_state state_of(const struct device *device, const struct asking *asking)
{
    if (identity_is_wrong(device))
        return DEVICE_CHANGED;
    return asking->asked > 0 && asking->refused == asking->asked ? DEVICE_REFUSING
                                                                 : DEVICE_ANSWERING;
}

/* The warm-up begins when a device answers that was silent, or was never asked by us. */
void device_answered(struct line *line, struct device *device, struct mono_time now)
{
    const struct asking *asking = &line->asking;
    bool line_was_dead = device->silent && line_is_dead(&line->health);
    bool was_away = device->state == DEVICE_SILENT || device->state == DEVICE_UNASKED;

    line->health.silent -= device->silent;
    device->silent = false;
    device->owed = false;
    backoff_clear(&device->backoff);
    if (was_away && device->state == DEVICE_SILENT)
        lessons_came_back(device);
    if (device->state == DEVICE_SILENT)
        refusals_forget(device);
    if (was_away)
        device->warm_until_ns = asking->mono.ns + ns_from_ms(device->setup.profile->warm_up_ms);
    change_state(device, state_of(device, asking), now);
    device->missed = 0;
    if (line_was_dead)
        revive_others(line, device, now);
}
