/* What stands at the broker beside the readings: status, device descriptions, open notices (and
 * heads, mqtt_seal.c); the canary that shows whether what the broker confirms also arrives; old
 * problems emptied. False from anything here: not sent now, the connection is lost or somebody woke
 * us.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/version.h"
#include "output/mqtt_courier_parts.h"

enum { CANARY_PATIENCE_MS = 30 * 1000, DAY_MS = 24 * 3600 * 1000 };

static struct wall_time wall_now(const struct mqtt_sender *me)
{
    return clock_wall(me->setup->clock);
}

void mqtt_sender_hears(void *self, const char *topic, bool empty)
{
    struct mqtt_sender *me = self;
    size_t prefix = strlen(me->notice_prefix);

    if (strcmp(topic, me->canary_topic) == 0) {
        atomic_store(&me->canary_back, true);
        return;
    }
    if (empty || strncmp(topic, me->notice_prefix, prefix) != 0)
        return;
    gate_enter(&me->heard_gate);
    if (me->heard_count < HEARD_MOST)
        snprintf(me->heard[me->heard_count++], sizeof me->heard[0], "%s", topic + prefix);
    gate_leave(&me->heard_gate);
}

bool mqtt_say_status(struct mqtt_sender *me, bool online)
{
    mqtt_begin(me, "status", NULL, NULL);
    if (online)
        message_online(&me->payload, wall_now(me), version_text());
    else
        message_offline(&me->payload);
    return mqtt_say(me, true, 0, 0);
}

static bool send_devices(struct mqtt_sender *me)
{
    const struct catalog *catalog = me->setup->catalog;

    for (size_t i = 0; i < catalog->device_count; i++) {
        const struct catalog_device *device = &catalog->devices[i];

        mqtt_begin(me, "device", catalog->sites[device->site].name, device->name);
        message_device(&me->payload, catalog, device);
        if (!mqtt_say(me, true, 0, 0))
            return false;
    }
    return true;
}

static bool send_notices(struct mqtt_sender *me)
{
    struct notice notices[8];
    size_t count;

    do {
        uint64_t revision = me->notices_seen;

        count = notices_since(me->setup->notices, &revision, notices,
                              sizeof notices / sizeof notices[0]);
        for (size_t i = 0; i < count; i++) {
            mqtt_begin(me, "notice", notices[i].id, NULL);
            message_notice(&me->payload, &notices[i]);
            if (!mqtt_say(me, true, 0, 0))
                return false;
        }
        me->notices_seen = revision;
    } while (count > 0);
    return true;
}

static bool notice_is_open(struct mqtt_sender *me, const char *id)
{
    static const size_t most = NOTICES_MAX;
    struct notice *open = calloc(most, sizeof *open);
    size_t count = open == NULL ? 0 : notices_open(me->setup->notices, open, most);
    bool found = open == NULL; /* not known: leave it */

    for (size_t i = 0; i < count && !found; i++)
        found = strcmp(open[i].id, id) == 0;
    free(open);
    return found;
}

/* What the broker still keeps from a run of ours that ended badly is no trouble of today. */
static bool empty_stale_notices(struct mqtt_sender *me)
{
    for (;;) {
        char id[64];

        gate_enter(&me->heard_gate);
        if (me->heard_count == 0) {
            gate_leave(&me->heard_gate);
            return true;
        }
        memcpy(id, me->heard[--me->heard_count], sizeof id);
        gate_leave(&me->heard_gate);
        if (notice_is_open(me, id))
            continue;
        mqtt_begin(me, "notice", id, NULL);
        if (!mqtt_say(me, true, 0, 0))
            return false;
    }
}

static bool send_canary(struct mqtt_sender *me)
{
    atomic_store(&me->canary_back, false);
    mqtt_begin(me, "canary", NULL, NULL);
    message_online(&me->payload, wall_now(me), version_text());
    me->canary_ms = mqtt_sender_ms(me);
    return mqtt_say(me, false, 0, 0);
}

static bool look_after_canary(struct mqtt_sender *me)
{
    char id[64], subject[96];
    int64_t age = mqtt_sender_ms(me) - me->canary_ms;

    snprintf(id, sizeof id, "output-%s-canary", me->output->name);
    if (atomic_load(&me->canary_back)) {
        if (me->canary_noticed)
            notice_end(me->setup->notices, id);
        me->canary_noticed = false;
    } else if (me->proven && age > CANARY_PATIENCE_MS && !me->canary_noticed) {
        snprintf(subject, sizeof subject, "output %s", me->output->name);
        notice_raise(me->setup->notices, id, subject,
                     SAY("输出 %s：代理服务器确认了消息，但发到 %s 的消息没有回来；请检查其访问控制"
                         "列表，已确认的数据可能没有送达",
                         "output %s: the broker confirms, but what was sent to %s does not come "
                         "back; check its access list, for what it confirmed may not arrive"),
                     me->output->name, me->canary_topic);
        me->canary_noticed = true;
    }
    return age < DAY_MS || send_canary(me);
}

struct old_problems {
    struct wall_time now;
    char (*uids)[33];
    size_t count, room;
};

static bool note_old_problem(void *self, const char *body)
{
    struct old_problems *old = self;
    char uid[33];

    if (!message_problem_is_old(body, old->now, uid))
        return true;
    if (old->count == old->room) {
        size_t room = old->room == 0 ? 64 : old->room * 2;
        char(*more)[33] = realloc(old->uids, room * sizeof *more);

        if (more == NULL)
            return false;
        old->uids = more;
        old->room = room;
    }
    memcpy(old->uids[old->count++], uid, sizeof uid);
    return true;
}

/* Once a day, and once after start: topics of problems closed for 30 days are emptied. */
static bool sweep_problems(struct mqtt_sender *me)
{
    struct old_problems old = {.now = wall_now(me)};
    bool sent = true;

    if (me->swept_ms != 0 && mqtt_sender_ms(me) - me->swept_ms < DAY_MS)
        return true;
    me->source->problems(me->source->self, "closed", note_old_problem, &old, NULL);
    for (size_t i = 0; i < old.count && sent; i++) {
        mqtt_begin(me, "problem", old.uids[i], NULL);
        sent = mqtt_say(me, true, 0, 0);
    }
    free(old.uids);
    if (sent)
        me->swept_ms = mqtt_sender_ms(me) + 1;
    return sent;
}

bool mqtt_greet(struct mqtt_sender *me)
{
    char notices[280];

    me->notices_seen = 0;
    snprintf(notices, sizeof notices, "%s+", me->notice_prefix);
    return mqtt_say_status(me, true) && mqtt_subscribe(me->mqtt, me->canary_topic) &&
           mqtt_subscribe(me->mqtt, notices) && send_devices(me) && send_notices(me) &&
           mqtt_look_after_seal(me) && send_canary(me);
}

bool mqtt_look_after_all(struct mqtt_sender *me)
{
    return send_notices(me) && mqtt_look_after_seal(me) && empty_stale_notices(me) &&
           look_after_canary(me) && sweep_problems(me);
}
