/* The courier of MQTT: what is said to the broker, and when.
 *
 * After each connect: status, device descriptions, open notices, a canary; then everything after
 * the cursor. The cursor moves over the confirmed prefix; a broken connection starts again from
 * there.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/version.h"
#include "output/courier.h"
#include "output/gate.h"
#include "output/message.h"
#include "output/mqtt.h"
#include "output/patience.h"

enum {
    CHUNK = 64, /* read while the window before it is still in flight */
    PAYLOAD_MOST = 256 * 1024,
    IDLE_MS = 5000, /* so that notices and lost connections are seen without a commit */
    CANARY_PATIENCE_MS = 30 * 1000,
    DAY_MS = 24 * 3600 * 1000,
    SHORT_LIFE_MS = 10 * 1000,
    LAST_MS = 2500,
    LAST_WORD_MS = 1000,
    HEARD_MOST = 64,
};

struct mqtt_sender {
    struct sender *sender;
    const struct sender_setup *setup;
    const struct output_setup *output;
    const struct source *source;
    struct mqtt *mqtt;
    struct item *items;
    char *payload_bytes;
    struct text payload;
    char topic_bytes[256];
    struct text topic;
    char canary_topic[256];
    char notice_prefix[256];
    uint64_t read_to;
    uint64_t known; /* the last commit heard of */
    uint64_t notices_seen;
    int64_t connected_ms;
    int64_t swept_ms;     /* old problems were emptied; 0: not yet */
    unsigned short_lives; /* connections that ended soon, in a row */
    bool proven;          /* this connection confirmed something */
    int64_t canary_ms;    /* when it was sent; 0: not on this connection */
    bool canary_noticed;
    atomic_bool canary_back;
    struct gate heard_gate; /* guards: notices the broker keeps, as a callback heard of them */
    char heard[HEARD_MOST][64];
    size_t heard_count;
    struct patience soon, late;
};

static int64_t now_ms(const struct mqtt_sender *me)
{
    return clock_mono(me->setup->clock).ns / 1000000;
}

static struct wall_time wall_now(const struct mqtt_sender *me)
{
    return clock_wall(me->setup->clock);
}

static void begin_message(struct mqtt_sender *me, const char *leaf, const char *first,
                          const char *second)
{
    text_init(&me->topic, me->topic_bytes, sizeof me->topic_bytes);
    message_topic(&me->topic, me->output->root, me->setup->catalog->collector, leaf, first, second);
    text_init(&me->payload, me->payload_bytes, PAYLOAD_MOST);
}

static bool publish(struct mqtt_sender *me, bool retained, uint64_t seq, uint32_t readings)
{
    return mqtt_publish(me->mqtt, me->topic.bytes, me->payload.bytes, me->payload.used, retained,
                        seq, readings);
}

/* In a callback of the library: noted, no more. */
static void heard(void *self, const char *topic, bool empty)
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

static bool send_status(struct mqtt_sender *me, bool online)
{
    begin_message(me, "status", NULL, NULL);
    if (online)
        message_online(&me->payload, wall_now(me), version_text());
    else
        message_offline(&me->payload);
    return publish(me, true, 0, 0);
}

static bool send_devices(struct mqtt_sender *me)
{
    const struct catalog *catalog = me->setup->catalog;

    for (size_t i = 0; i < catalog->device_count; i++) {
        const struct catalog_device *device = &catalog->devices[i];

        begin_message(me, "device", catalog->sites[device->site].name, device->name);
        message_device(&me->payload, catalog, device);
        if (!publish(me, true, 0, 0))
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
            begin_message(me, "notice", notices[i].id, NULL);
            message_notice(&me->payload, &notices[i]);
            if (!publish(me, true, 0, 0))
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
        begin_message(me, "notice", id, NULL);
        if (!publish(me, true, 0, 0))
            return false;
    }
}

static bool send_canary(struct mqtt_sender *me)
{
    atomic_store(&me->canary_back, false);
    begin_message(me, "canary", NULL, NULL);
    message_online(&me->payload, wall_now(me), version_text());
    me->canary_ms = now_ms(me);
    return publish(me, false, 0, 0);
}

static bool look_after_canary(struct mqtt_sender *me)
{
    char id[64], subject[96];
    int64_t age = now_ms(me) - me->canary_ms;

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

    if (me->swept_ms != 0 && now_ms(me) - me->swept_ms < DAY_MS)
        return true;
    me->source->problems(me->source->self, "closed", note_old_problem, &old, NULL);
    for (size_t i = 0; i < old.count && sent; i++) {
        begin_message(me, "problem", old.uids[i], NULL);
        sent = publish(me, true, 0, 0);
    }
    free(old.uids);
    if (sent)
        me->swept_ms = now_ms(me) + 1;
    return sent;
}

static bool greet(struct mqtt_sender *me)
{
    char notices[280];

    me->notices_seen = 0;
    snprintf(notices, sizeof notices, "%s+", me->notice_prefix);
    return send_status(me, true) && mqtt_subscribe(me->mqtt, me->canary_topic) &&
           mqtt_subscribe(me->mqtt, notices) && send_devices(me) && send_notices(me) &&
           send_canary(me);
}

/* False: not sent now. What can never be sent is set aside. */
static bool send_item(struct mqtt_sender *me, const struct item *item)
{
    const struct catalog *catalog = me->setup->catalog;
    uint32_t readings = 0;

    if (item->kind == ITEM_POLL) {
        const struct catalog_device *device = catalog_device(catalog, item->poll.device);

        if (device == NULL || !wall_is_known(item->poll.time))
            return true;
        begin_message(me, "reading", catalog->sites[device->site].name, device->name);
        message_reading(&me->payload, catalog, &item->poll);
        readings = (uint32_t)item->poll.reading_count;
    } else if (item->kind == ITEM_PROBLEM) {
        begin_message(me, "problem", item->uid, NULL);
        if (!message_problem_is_old(item->body, wall_now(me), NULL))
            text_add(&me->payload, item->body);
    } else {
        return true;
    }
    if (!me->payload.full && !me->topic.full)
        return publish(me, item->kind == ITEM_PROBLEM, item->seq, readings);
    sender_quarantine(me->sender, item->seq, "longer than a message may be");
    return true;
}

/* Moves the cursor over what is confirmed. With nothing in flight that is all that was read. */
static void confirm(struct mqtt_sender *me)
{
    size_t in_flight = mqtt_in_flight(me->mqtt);
    uint64_t readings;
    uint64_t seq = mqtt_confirmed(me->mqtt, &readings);

    if (in_flight == 0)
        seq = me->read_to;
    if (seq != 0 || readings != 0)
        sender_confirm(me->sender, seq, readings);
    if (in_flight == 0 || seq != 0) {
        me->proven = true;
        sender_works(me->sender);
    }
}

/* Reads and sends some entries; waits when there are none. False: the connection broke, or stop. */
static bool send_some(struct mqtt_sender *me, struct error *err)
{
    size_t count = 0;
    uint64_t reached = me->read_to;

    if (!me->source->items(me->source->self, me->read_to, 1U << ITEM_POLL | 1U << ITEM_PROBLEM,
                           CHUNK, me->items, &count, &reached, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!send_item(me, &me->items[i]))
            return false;
        me->read_to = me->items[i].seq;
    }
    if (count > 0 || reached != me->read_to)
        me->read_to = reached;
    else if (mqtt_in_flight(me->mqtt) > 0)
        mqtt_wait(me->mqtt, 1, IDLE_MS);
    else
        me->known = me->source->wait(me->source->self, me->known, IDLE_MS);
    return true;
}

static bool look_after_all(struct mqtt_sender *me)
{
    return send_notices(me) && empty_stale_notices(me) && look_after_canary(me) &&
           sweep_problems(me);
}

/* As long as the connection lives. False, with the reason: it broke; true: stop. */
static bool serve(struct mqtt_sender *me, struct error *err)
{
    bool greeted = false;
    uint64_t seq;

    me->read_to = sender_its_cursor(me->sender);
    for (;;) {
        mqtt_resume(me->mqtt); /* before the questions, so that no wake is lost */
        if (sender_take_rewind(me->sender, &seq)) {
            mqtt_forget(me->mqtt);
            me->read_to = seq;
        }
        if (sender_is_stopping(me->sender))
            return true;
        if (!mqtt_is_alive(me->mqtt, err))
            return false;
        if (!greeted && !(greeted = greet(me)))
            continue; /* it broke, or somebody woke us: seen above */
        confirm(me);
        if (!look_after_all(me))
            continue;
        err->text[0] = '\0';
        if (!send_some(me, err) && err->text[0] != '\0')
            return false;
    }
}

/* What is in flight, and the last word. A broker that confirms nothing now gets neither. */
static void say_goodbye(struct mqtt_sender *me)
{
    uint64_t readings, seq;

    mqtt_resume(me->mqtt);
    mqtt_wait(me->mqtt, 1, LAST_MS);
    if (mqtt_in_flight(me->mqtt) == 0 && send_status(me, false))
        mqtt_wait(me->mqtt, 1, LAST_WORD_MS);
    seq = mqtt_confirmed(me->mqtt, &readings);
    if (seq != 0 || readings != 0)
        sender_confirm(me->sender, seq, readings);
    mqtt_disconnect(me->mqtt, 0);
}

static void wait_to_connect(struct mqtt_sender *me, bool refused, const struct error *why)
{
    int64_t ms = patience_next(refused ? &me->late : &me->soon);
    struct error err = *why;
    const char *hint = "";

    if (refused)
        hint =
            SAY("；请检查 user、password_file 与 client", "; check user, password_file and client");
    else if (me->short_lives >= 3)
        hint =
            SAY("；连接一再很快断开，可能另有客户端用同一个 client",
                "; connections keep ending soon, perhaps another client uses the same client id");
    error_set(&err, ERROR_PEER,
              SAY("%s%s；%lld 秒后再试，数据都留在本机",
                  "%s%s; trying again in %lld s, the data waits here"),
              why->text, hint, (long long)((ms + 999) / 1000));
    sender_fails(me->sender, refused ? SENDER_HELD : SENDER_WAITING, &err);
    sender_pause(me->sender, ms);
}

/* Only a connection that has lived for a while makes us quick again: two clients of one name would
 * throw each other out for ever. */
static void count_life(struct mqtt_sender *me)
{
    if (me->proven && now_ms(me) - me->connected_ms > SHORT_LIFE_MS) {
        patience_reset(&me->soon);
        patience_reset(&me->late);
        me->short_lives = 0;
    } else {
        me->short_lives++;
    }
}

static void run(void *self)
{
    struct mqtt_sender *me = self;

    for (;;) {
        struct error err = {0};
        bool refused = false;
        uint64_t seq;

        mqtt_resume(me->mqtt);
        if (sender_is_stopping(me->sender))
            return;
        sender_take_rewind(me->sender, &seq);
        if (mqtt_connect(me->mqtt, &refused, &err)) {
            me->connected_ms = now_ms(me);
            me->proven = false;
            if (serve(me, &err)) {
                say_goodbye(me);
                return;
            }
            mqtt_disconnect(me->mqtt, 0);
            count_life(me);
        }
        if (!sender_is_stopping(me->sender))
            wait_to_connect(me, refused, &err);
    }
}

static void wake(void *self)
{
    mqtt_wake(((struct mqtt_sender *)self)->mqtt);
}

static void close_it(void *self)
{
    struct mqtt_sender *me = self;

    mqtt_free(me->mqtt);
    gate_end(&me->heard_gate);
    free(me->items);
    free(me->payload_bytes);
    free(me);
}

static struct mqtt *make_mqtt(struct mqtt_sender *me, struct error *err)
{
    struct mqtt_setup setup = {
        .output = me->output, .clock = me->setup->clock, .heard = heard, .self = me};

    if (me->output->client[0] != '\0')
        snprintf(setup.client, sizeof setup.client, "%s", me->output->client);
    else
        snprintf(setup.client, sizeof setup.client, "lookback-%s-%s", me->setup->catalog->collector,
                 me->output->name);
    begin_message(me, "canary", NULL, NULL);
    memcpy(me->canary_topic, me->topic.bytes, sizeof me->canary_topic);
    begin_message(me, "notice", "", NULL);
    memcpy(me->notice_prefix, me->topic.bytes, sizeof me->notice_prefix);
    begin_message(me, "status", NULL, NULL);
    message_offline(&me->payload);
    snprintf(setup.will_topic, sizeof setup.will_topic, "%s", me->topic.bytes);
    snprintf(setup.will, sizeof setup.will, "%s", me->payload.bytes);
    return mqtt_new(&setup, err);
}

static void *open_it(struct sender *sender, struct error *err)
{
    struct mqtt_sender *me = calloc(1, sizeof *me);

    if (me == NULL) {
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        return NULL;
    }
    gate_init(&me->heard_gate);
    me->sender = sender;
    me->setup = sender_its_setup(sender);
    me->output = me->setup->output;
    me->source = sender_its_source(sender);
    patience_init(&me->soon, 1000, 60 * 1000);
    patience_init(&me->late, 10 * 1000, 600 * 1000);
    me->items = calloc(CHUNK, sizeof *me->items);
    me->payload_bytes = malloc(PAYLOAD_MOST);
    if (me->items == NULL || me->payload_bytes == NULL)
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
    else if ((me->mqtt = make_mqtt(me, err)) != NULL)
        return me;
    close_it(me);
    return NULL;
}

const struct courier mqtt_courier = {open_it, run, wake, close_it};
