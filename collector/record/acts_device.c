/* Acts on devices. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "record/acts.h"

static const int64_t longest_ms = (int64_t)31 * 24 * 3600 * 1000;

static bool device_is_named(const struct catalog *catalog, const struct catalog_device *device,
                            const char *name)
{
    const char *site = catalog->sites[device->site].name;
    size_t length = strlen(site);

    return strncmp(name, site, length) == 0 && name[length] == '/' &&
           strcmp(name + length + 1, device->name) == 0;
}

static bool check_device(struct act_call *call, struct error *err)
{
    const char *name = act_text(call, "device", err);

    if (name == NULL)
        return false;
    for (size_t i = 0; i < call->catalog->device_count; i++)
        if (device_is_named(call->catalog, &call->catalog->devices[i], name))
            return true;
    return error_set(err, ERROR_NOT_FOUND,
                     SAY("没有设备 %.70s；写成 站点/设备，lookback status 列出全部设备",
                         "there is no device %.70s; write SITE/DEVICE, lookback status lists them "
                         "all"),
                     name);
}

static bool check_window(struct act_call *call, struct error *err)
{
    struct wall_time from, to;

    if (!act_moment(call, "from", &from, err) || !act_moment(call, "to", &to, err))
        return false;
    if (to.ms <= from.ms)
        return error_set(err, ERROR_WRONG_USE, "%s",
                         SAY("维护窗口的结束（to）必须晚于开始（from）",
                             "a maintenance window must end (to) after it begins (from)"));
    return to.ms - from.ms <= longest_ms ||
           error_set(err, ERROR_REFUSED,
                     SAY("维护窗口最长 31 天，这一个有 %.1f 天；更长的停用请分段登记",
                         "a maintenance window is at most 31 days long, this one is %.1f; enter a "
                         "longer one in parts"),
                     (double)(to.ms - from.ms) / (24.0 * 3600 * 1000));
}

static bool check_maintenance(struct act_call *call, struct error *err)
{
    return check_device(call, err) && check_window(call, err) && act_note(call, err) != NULL;
}

const struct act_kind device_acts[] = {
    {"device.maintenance", check_maintenance, NULL},
    {NULL,                 NULL,              NULL},
};
