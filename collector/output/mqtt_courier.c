/* The courier of MQTT: what is said to the broker, and when.
 *
 * After each connect: status, device descriptions, open notices, the newest sealed head, a canary;
 * then everything after the cursor. The cursor moves over the confirmed prefix; a broken connection
 * starts again from there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "output/mqtt_courier_parts.h"

enum {
    CHUNK = 64, /* read while the window before it is still in flight */
    PAYLOAD_MOST = 256 * 1024,
    IDLE_MS = 5000, /* so that notices and lost connections are seen without a commit */
    SHORT_LIFE_MS = 10 * 1000,
    BARRED_MS = 1000, /* a broker that bars a topic hangs up as soon as we publish, so at once */
    LAST_MS = 2500,
    LAST_WORD_MS = 1000,
};

int64_t mqtt_sender_ms(const struct mqtt_sender *me)
{
    return clock_mono(me->setup->clock).ns / 1000000;
}

void mqtt_begin(struct mqtt_sender *me, const char *leaf, const char *first, const char *second)
{
    text_init(&me->topic, me->topic_bytes, sizeof me->topic_bytes);
    message_topic(&me->topic, me->output->root, me->setup->catalog->collector, leaf, first, second);
    text_init(&me->payload, me->payload_bytes, PAYLOAD_MOST);
}

bool mqtt_say(struct mqtt_sender *me, bool retained, uint64_t seq, uint32_t readings)
{
    return mqtt_publish(me->mqtt, me->topic.bytes, me->payload.bytes, me->payload.used, retained,
                        seq, readings);
}

/* What screening thinks is shown here, where it can be checked, and told to nobody. */
static bool is_doubt(const struct item *item)
{
    return item->nature != NULL && strcmp(item->nature, "doubt") == 0;
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
        mqtt_begin(me, "reading", catalog->sites[device->site].name, device->name);
        message_reading(&me->payload, catalog, &item->poll);
        readings = (uint32_t)item->poll.reading_count;
    } else if (item->kind == ITEM_PROBLEM && !is_doubt(item)) {
        mqtt_begin(me, "problem", item->uid, NULL);
        if (!message_problem_is_old(item->body, clock_wall(me->setup->clock), NULL))
            message_problem(&me->payload, item->body, mqtt_newest_seal(me));
    } else {
        return true;
    }
    if (!me->payload.full && !me->topic.full)
        return mqtt_say(me, item->kind == ITEM_PROBLEM, item->seq, readings);
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

/* As long as the connection lives. False, with the reason: it broke; true: stop. */
static bool serve(struct mqtt_sender *me, struct error *err)
{
    bool greeted = false;
    uint64_t seq;

    me->read_to = sender_its_cursor(me->sender);
    mqtt_forget_seal(me);
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
        if (!greeted && !(greeted = mqtt_greet(me)))
            continue; /* it broke, or somebody woke us: seen above */
        confirm(me);
        if (!mqtt_look_after_all(me))
            continue;
        err->text[0] = '\0';
        if (!send_some(me, err) && err->text[0] != '\0')
            return false;
    }
}

/* What is in flight, and the last word: a goodbye without it would leave "online" standing at the
 * broker, which gives no will after a goodbye. Whoever stops us goes on waking us, unheard. */
static void say_goodbye(struct mqtt_sender *me)
{
    uint64_t readings, seq;

    mqtt_part(me->mqtt);
    mqtt_wait(me->mqtt, 1, LAST_MS);
    if (mqtt_has_room(me->mqtt) && mqtt_say_status(me, false))
        mqtt_wait(me->mqtt, 1, LAST_WORD_MS);
    mqtt_note_anchor(me);
    seq = mqtt_confirmed(me->mqtt, &readings);
    if (seq != 0 || readings != 0)
        sender_confirm(me->sender, seq, readings);
    mqtt_disconnect(me->mqtt, 0);
}

static const char *short_life_hint(const struct mqtt_sender *me)
{
    if (me->life_ms <= BARRED_MS)
        return SAY("；每次一发布就断开，请检查代理服务器的访问控制列表是否允许我们发布到 root "
                   "之下，否则可能另有客户端用同一个 client",
                   "; it breaks each time we publish: check that the broker's access list lets us "
                   "publish below root; or another client uses the same client id");
    return SAY("；连接一再很快断开，可能另有客户端用同一个 client，或访问控制列表不许发布",
               "; connections keep ending soon, perhaps another client uses the same client id, or "
               "the broker's access list bars a topic");
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
        hint = short_life_hint(me);
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
    me->life_ms = mqtt_sender_ms(me) - me->connected_ms;
    if (me->proven && me->life_ms > SHORT_LIFE_MS) {
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
            me->connected_ms = mqtt_sender_ms(me);
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
        .output = me->output, .clock = me->setup->clock, .heard = mqtt_sender_hears, .self = me};

    if (me->output->client[0] != '\0')
        snprintf(setup.client, sizeof setup.client, "%s", me->output->client);
    else
        snprintf(setup.client, sizeof setup.client, "lookback-%s-%s", me->setup->catalog->collector,
                 me->output->name);
    mqtt_begin(me, "canary", NULL, NULL);
    memcpy(me->canary_topic, me->topic.bytes, sizeof me->canary_topic);
    mqtt_begin(me, "notice", "", NULL);
    memcpy(me->notice_prefix, me->topic.bytes, sizeof me->notice_prefix);
    mqtt_begin(me, "status", NULL, NULL);
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
