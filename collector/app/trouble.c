#include "app/trouble.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "town/shown.h"

struct watched {
    struct mono_time failing_since;
    bool failing;
    unsigned in_a_row;
    bool noticed;
};

/* How often of late a device answered only after its timeout. */
struct lateness {
    uint8_t score;
    bool told;
};

struct trouble {
    const struct device_setup *devices;
    const struct link_setup *links;
    const struct clock *clock;
    struct notices *notices;
    struct watched *of_device;
    struct watched *of_link;
    struct lateness *late_of_device;
    uint8_t *refused; /* by point number: polls in a row without its value */
    uint32_t point_limit;
    uint32_t *index_of_id; /* device number -> index + 1 */
    uint32_t id_limit;
};

static bool make_points(struct trouble *trouble, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < trouble->devices[i].channel_count; j++)
            if (trouble->devices[i].points[j] >= trouble->point_limit)
                trouble->point_limit = trouble->devices[i].points[j] + 1;
    trouble->refused = calloc(trouble->point_limit + 1, sizeof *trouble->refused);
    return trouble->refused != NULL;
}

static bool index_devices(struct trouble *trouble, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (trouble->devices[i].id >= trouble->id_limit)
            trouble->id_limit = trouble->devices[i].id + 1;
    trouble->index_of_id = calloc(trouble->id_limit + 1, sizeof *trouble->index_of_id);
    if (trouble->index_of_id == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        trouble->index_of_id[trouble->devices[i].id] = (uint32_t)i + 1;
    return true;
}

struct trouble *trouble_new(const struct device_setup *devices, size_t count,
                            const struct link_setup *links, size_t link_count,
                            const struct clock *clock, struct notices *notices)
{
    struct trouble *trouble = calloc(1, sizeof *trouble);

    if (trouble == NULL)
        return NULL;
    *trouble =
        (struct trouble){.devices = devices, .links = links, .clock = clock, .notices = notices};
    trouble->of_device = calloc(count + 1, sizeof *trouble->of_device);
    trouble->of_link = calloc(link_count + 1, sizeof *trouble->of_link);
    trouble->late_of_device = calloc(count + 1, sizeof *trouble->late_of_device);
    if (trouble->of_device == NULL || trouble->of_link == NULL || trouble->late_of_device == NULL ||
        !index_devices(trouble, count) || !make_points(trouble, count)) {
        trouble_free(trouble);
        return NULL;
    }
    return trouble;
}

void trouble_free(struct trouble *trouble)
{
    if (trouble == NULL)
        return;
    free(trouble->of_device);
    free(trouble->of_link);
    free(trouble->late_of_device);
    free(trouble->refused);
    free(trouble->index_of_id);
    free(trouble);
}

/* The cause a poll failed with, or CAUSE_NONE when anything answered. */
static enum cause failure_of(const struct poll *poll)
{
    for (size_t i = 0; i < poll->reading_count; i++)
        if (poll->readings[i].quality != QUALITY_NO_ANSWER)
            return CAUSE_NONE;
    return poll->reading_count == 0 ? CAUSE_NONE : (enum cause)poll->readings[0].cause;
}

/* No answer is the device's trouble, or that of a link on which nobody even takes the call. */
static bool is_of_link(enum cause cause, const struct poller *poller, uint32_t link)
{
    struct link_status status;

    if (cause != CAUSE_TIMEOUT || poller == NULL)
        return cause == CAUSE_REFUSED || cause == CAUSE_UNRESOLVED || cause == CAUSE_NOT_CONNECTED;
    poller_link_status(poller, link, &status);
    return !status.up && status.cause == CAUSE_TIMEOUT;
}

/* Waiting does not help a device that is asked for what it has not got. */
static bool is_permanent(enum cause cause)
{
    return cause >= CAUSE_EXCEPTION_1 && cause <= CAUSE_EXCEPTION_1 + 2;
}

/* True once it has failed long enough and nobody was told. */
static bool failing_too_long(struct watched *watched, struct mono_time now, int64_t patience_ms)
{
    watched->in_a_row++;
    if (!watched->failing) {
        watched->failing = true;
        watched->failing_since = now;
    }
    if (watched->noticed || now.ns - watched->failing_since.ns < ns_from_ms(patience_ms))
        return false;
    watched->noticed = true;
    return true;
}

static void say_link(struct trouble *trouble, const struct link_setup *link, enum cause cause)
{
    char id[64];
    char subject[96];

    snprintf(id, sizeof id, "link-%s", link->name);
    snprintf(subject, sizeof subject, SAY("链路 %s", "link %s"), link->name);
    if (link->kind == LINK_SERIAL)
        notice_raise(trouble->notices, id, subject,
                     SAY("串口 %s 打不开（%s）：请检查接线、适配器，以及是否被其他程序占用",
                         "serial port %s cannot be opened (%s): check cable, adapter, and "
                         "whether another program holds it"),
                     link->path, cause_title(cause));
    else if (link->kind == LINK_DIALIN && cause == CAUSE_NOT_CONNECTED)
        notice_raise(trouble->notices, id, subject,
                     SAY("设备没有连到 %s：请检查它的电源、SIM 卡，以及其中设置的服务器地址、端口和"
                         "注册包（连上来但不认识的设备见 lookback status）",
                         "the unit has not dialled in at %s: check its power, its SIM, and the "
                         "server address, port and registration packet set in it (lookback status "
                         "shows units that call and are not known)"),
                     link->listen);
    else if (link->kind == LINK_DIALIN)
        notice_raise(trouble->notices, id, subject,
                     SAY("无法在 %s 等待设备：地址要是本机的，端口不能被其他程序占用",
                         "cannot await the unit at %s: the address must be this machine's own, "
                         "and the port free"),
                     link->listen);
    else
        notice_raise(trouble->notices, id, subject,
                     SAY("%s 端口 %d 连接不上（%s）：%s", "%s port %d cannot be reached (%s): %s"),
                     link->host, link->port, cause_title(cause),
                     cause_advice(cause == CAUSE_TIMEOUT ? CAUSE_REFUSED : cause));
}

static void say_device(struct trouble *trouble, const struct device_setup *device, enum cause cause)
{
    char id[64];
    char subject[96];

    snprintf(id, sizeof id, "device-%u", device->id);
    snprintf(subject, sizeof subject, SAY("设备 %s", "device %s"), device->label);
    notice_raise(trouble->notices, id, subject,
                 SAY("链路 %s 上的站号 %u 没有可用的回答：%s；%s",
                     "link %s: unit %u gives no usable answer: %s; %s"),
                 trouble->links[device->link].name, device->unit, cause_title(cause),
                 cause_advice(cause));
}

static void all_is_well(struct trouble *trouble, struct watched *watched, const char *id)
{
    if (watched->noticed)
        notice_end(trouble->notices, id);
    *watched = (struct watched){0};
}

static void device_answers(struct trouble *trouble, const struct device_setup *device)
{
    char id[64];

    snprintf(id, sizeof id, "device-%u", device->id);
    all_is_well(trouble, &trouble->of_device[device - trouble->devices], id);
    snprintf(id, sizeof id, "link-%s", trouble->links[device->link].name);
    all_is_well(trouble, &trouble->of_link[device->link], id);
}

static void say_point(struct trouble *trouble, const struct device_setup *device, size_t index,
                      enum cause cause)
{
    const struct channel *channel = device->channels[index];
    char id[64];
    char subject[96];

    snprintf(id, sizeof id, "point-%u", device->points[index]);
    snprintf(subject, sizeof subject, SAY("监测点 %s/%s", "point %s/%s"), device->label,
             channel->name);
    notice_raise(trouble->notices, id, subject,
                 SAY("设备在应答，但这个通道（%s 寄存器 %u%s%s）没有数值：%s；%s",
                     "the device answers, but this channel (%s register %u%s%s) has no value: %s; "
                     "%s"),
                 area_word(channel->area), channel->address,
                 channel->manual[0] != '\0' ? SAY("，说明书 ", ", in the manual ") : "",
                 channel->manual, cause_title(cause), cause_advice(cause));
}

/* The device answers; a channel of it may still be refused for ever, and nobody would see. */
static void look_at_points(struct trouble *trouble, const struct device_setup *device,
                           const struct poll *poll)
{
    enum { IN_A_ROW = 3 };

    for (size_t i = 0; i < poll->reading_count && i < device->channel_count; i++) {
        const struct reading *reading = &poll->readings[i];
        uint8_t *refused;
        char id[64];

        if (reading->point >= trouble->point_limit)
            continue;
        refused = &trouble->refused[reading->point];
        if (reading->quality != QUALITY_NO_ANSWER) {
            snprintf(id, sizeof id, "point-%u", reading->point);
            if (*refused >= IN_A_ROW)
                notice_end(trouble->notices, id);
            *refused = 0;
        } else if (*refused < IN_A_ROW && ++*refused == IN_A_ROW) {
            say_point(trouble, device, i, (enum cause)reading->cause);
        }
    }
}

static void say_late(struct trouble *trouble, const struct device_setup *device, const char *id)
{
    int64_t own = device->timeout_ms;
    char subject[96];

    snprintf(subject, sizeof subject, SAY("设备 %s", "device %s"), device->label);
    notice_raise(trouble->notices, id, subject,
                 SAY("站号 %u 常常过了 %lld 毫秒才回答，这样的数值可能比标记的时刻旧：请在链路 %s "
                     "中把 timeout 调到比最慢的回答更长",
                     "unit %u often answers only after %lld ms, and such values may be older than "
                     "their time: in link %s set timeout longer than the slowest answer"),
                 device->unit, (long long)(own > 0 ? own : trouble->links[device->link].timeout_ms),
                 trouble->links[device->link].name);
}

/* One lost answer is nothing; a unit that is slower than the timeout shows again and again. */
static void look_at_lateness(struct trouble *trouble, const struct device_setup *device,
                             const struct poll *poll)
{
    enum { OF_ONE = 3, TOO_OFTEN = 9, MOST = 12 };
    struct lateness *late = &trouble->late_of_device[device - trouble->devices];
    bool came_late = false;
    char id[64];

    for (size_t i = 0; i < poll->reading_count; i++)
        came_late |= poll->readings[i].cause == CAUSE_AFTER_TIMEOUT;
    if (came_late)
        late->score = (uint8_t)(late->score + OF_ONE < MOST ? late->score + OF_ONE : MOST);
    else if (late->score > 0)
        late->score--;
    snprintf(id, sizeof id, "late-%u", device->id);
    if (!late->told && late->score >= TOO_OFTEN)
        say_late(trouble, device, id);
    else if (late->told && late->score == 0)
        notice_end(trouble->notices, id);
    late->told = late->score >= TOO_OFTEN || (late->told && late->score > 0);
}

void trouble_poll(struct trouble *trouble, const struct poll *poll, const struct poller *poller)
{
    enum { LEAST_MS = 60000, LINK_MS = 5000, AWAY_MS = 120000, REFUSALS = 3 };
    enum cause cause = failure_of(poll);
    const struct device_setup *device;
    struct watched *watched;
    int64_t patience_ms;

    if (poll->device >= trouble->id_limit || trouble->index_of_id[poll->device] == 0)
        return;
    device = &trouble->devices[trouble->index_of_id[poll->device] - 1];
    if (cause == CAUSE_NONE) {
        device_answers(trouble, device);
        look_at_points(trouble, device, poll);
        look_at_lateness(trouble, device, poll);
        return;
    }
    if (is_of_link(cause, poller, device->link)) { /* a 4G unit is away now and then */
        patience_ms = cause == CAUSE_NOT_CONNECTED ? AWAY_MS : LINK_MS;
        if (failing_too_long(&trouble->of_link[device->link], poll->mono, patience_ms))
            say_link(trouble, &trouble->links[device->link], cause);
        return;
    }
    watched = &trouble->of_device[device - trouble->devices];
    patience_ms = device->every_ms * 3 > LEAST_MS ? device->every_ms * 3 : LEAST_MS;
    if (is_permanent(cause) && watched->in_a_row + 1 >= REFUSALS)
        patience_ms = 0;
    if (failing_too_long(watched, poll->mono, patience_ms))
        say_device(trouble, device, cause);
}

/* The same moment by the wall clock, as people read it. */
static const char *since_shown(const struct trouble *trouble, struct mono_time since, char *out)
{
    struct wall_time wall = clock_wall(trouble->clock);
    char utc[WALL_TEXT];

    wall.ms -= (clock_mono(trouble->clock).ns - since.ns) / 1000000;
    return local_time(wall_text(wall, utc), out);
}

void trouble_finding(struct trouble *trouble, size_t link, const struct finding *finding)
{
    const struct link_setup *setup = &trouble->links[link];
    char settings[LINK_SETTINGS], since[LOCAL_TEXT], sentence[400], id[64], subject[96];

    snprintf(id, sizeof id, "line-%s", setup->name);
    if (finding->kind == FINDING_NONE) {
        notice_end(trouble->notices, id);
        return;
    }
    snprintf(subject, sizeof subject, SAY("链路 %s", "link %s"), setup->name);
    finding_say(finding, setup->name, link_settings_text(setup, settings),
                since_shown(trouble, finding->since, since), sentence, sizeof sentence);
    notice_raise(trouble->notices, id, subject, "%s", sentence);
}

/* What the steward writes into devices.conf for what answers now: the serial number where that is
 * all that differs, else the whole. */
static void add_setting(const struct device_setup *device, const struct identity_finding *finding,
                        struct text *text)
{
    const struct profile *profile = device->profile;
    struct identity_heard was, is;
    size_t others = 0, serial = profile->identity_count;

    identity_parse(profile, finding->was, &was);
    identity_parse(profile, finding->is, &is);
    for (size_t i = 0; i < profile->identity_count; i++)
        if (strcmp(profile->identity[i].name, "serial_number") == 0 && is.known[i])
            serial = i;
        else
            others += was.known[i] && is.known[i] && strcmp(was.values[i], is.values[i]) != 0;
    if (serial < profile->identity_count && others == 0)
        text_format(text, "serial_number = \"%s\";", is.values[serial]);
    else
        text_format(text, "identity = \"%s\";", finding->is);
}

void trouble_identity(struct trouble *trouble, size_t index, const struct identity_finding *finding)
{
    const struct device_setup *device = &trouble->devices[index];
    char id[64], subject[96], utc[WALL_TEXT], since[LOCAL_TEXT], setting[IDENTITY_TEXT + 24];
    struct text text;

    snprintf(id, sizeof id, "identity-%u", device->id);
    if (finding->verdict == IDENTITY_RIGHT) {
        notice_end(trouble->notices, id);
        return;
    }
    snprintf(subject, sizeof subject, SAY("设备 %s", "device %s"), device->label);
    local_time(wall_text(finding->since, utc), since);
    if (finding->verdict == IDENTITY_OTHER_MODEL) {
        notice_raise(
            trouble->notices, id, subject,
            SAY("自 %s 起读数不采用：型号应为 %.120s，它回答 "
                "%.120s，不是这种型号；请核对接线、站号 %u "
                "和 devices.conf 里的 model",
                "since %s its values are withheld: the model should be %.120s, it answers %.120s, "
                "which is another model; check the wiring, unit %u and its model in "
                "devices.conf"),
            since, finding->was, finding->is, device->unit);
        return;
    }
    text_init(&text, setting, sizeof setting);
    add_setting(device, finding, &text);
    notice_raise(
        trouble->notices, id, subject,
        SAY("自 %s 起读数不采用：身份应为 %.120s，它回答 %.120s。若确已更换，在 devices.conf "
            "该设备处写 %s 并重启；若未更换，核对接线和站号 %u",
            "since %s its values are withheld: it should be %.120s, it answers %.120s. If it was "
            "replaced, write %s for it in devices.conf and restart; if not, check the "
            "wiring and unit %u"),
        since, finding->was, finding->is, setting, device->unit);
}
