#include "app/strangers.h"

#include <stdio.h>

#include "base/say.h"

static const char notice_id[] = "dialin-strangers";

/* The newest that named itself; who says nothing may be anybody. NULL: none did. */
static const struct dialin_stranger *newest_named(const struct dialin_stranger *strangers,
                                                  size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (registration_name(strangers[i].packet, strangers[i].size) > 0)
            return &strangers[i];
    return NULL;
}

/* As it is written in the settings. */
static const char *line_of(const struct dialin_stranger *stranger, char out[REGISTRATION_TEXT + 16])
{
    size_t size = registration_name(stranger->packet, stranger->size);
    char words[REGISTRATION_TEXT];

    if (registration_is_text(stranger->packet, size))
        snprintf(out, REGISTRATION_TEXT + 16, "id = \"%s\";",
                 registration_text(stranger->packet, size, words));
    else
        snprintf(out, REGISTRATION_TEXT + 16, "id_hex = \"%s\";",
                 registration_hex(stranger->packet, size, words));
    return out;
}

void strangers_tell(const struct poller *poller, struct notices *notices)
{
    struct dialin_stranger strangers[DIALIN_STRANGERS_MAX];
    size_t count = poller_strangers(poller, strangers, DIALIN_STRANGERS_MAX);
    const struct dialin_stranger *newest = newest_named(strangers, count);
    const char *subject = SAY("未知的拨入设备", "unknown units that dial in");
    char line[REGISTRATION_TEXT + 16];

    if (count == 0)
        notice_end(notices, notice_id);
    else if (newest != NULL)
        notice_raise(
            notices, notice_id, subject,
            SAY("%s 连到 %s，但没有链路用它的注册包，已拒绝；若是自己的设备，请在它的链路中写 "
                "%s（共 %zu 台，见 lookback status）",
                "%s dials in at %s with a registration packet that no link has, and is "
                "refused; if the unit is yours, write in its link %s (%zu in all, see "
                "lookback status)"),
            newest->from, newest->listen, line_of(newest, line), count);
    else
        notice_raise(
            notices, notice_id, subject,
            SAY("%s 连到 %s，但没有发注册包，已断开；若是自己的设备，请在设备上打开注册包",
                "%s dials in at %s and says nothing, and is cut off; if the unit is yours, "
                "set a registration packet in it"),
            strangers[0].from, strangers[0].listen);
}
