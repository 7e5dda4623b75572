/* mqtt.h - one connection to a broker at a time; mqtt.c is the one file that knows Paho
 * (MQTTAsync).
 *
 * MQTT 3.1.1, QoS 1, clean session, nothing persisted: what was not confirmed is sent again from
 * the store after the next connect. Every connection has a client object of its own, so nothing of
 * the one before can come out of it. Paho's callbacks only note things down under a lock; the
 * library is called from the sender's thread alone.
 *
 * One thread; only mqtt_wake() may come from another.
 */
#ifndef OUTPUT_MQTT_H
#define OUTPUT_MQTT_H

#include "output/sender.h"

struct mqtt;

struct mqtt_setup {
    const struct output_setup *output; /* borrowed for life */
    const struct clock *clock;
    char client[96];
    char will_topic[256];
    char will[64];
    void (*heard)(void *self, const char *topic, bool empty); /* in a callback: note it, no more */
    void *self;
};

/* Reads the output's secrets. NULL with a sentence when the settings cannot work. */
struct mqtt *mqtt_new(const struct mqtt_setup *setup, struct error *err);
void mqtt_free(struct mqtt *mqtt); /* NULL is fine */

/* Connects, waiting at most the output's timeout. False with a sentence; `refused` says that the
 * broker knows us and does not want us (user, password, client id). */
bool mqtt_connect(struct mqtt *mqtt, bool *refused, struct error *err);
/* Ends the connection politely, waiting at most `ms` for what is in flight. */
void mqtt_disconnect(struct mqtt *mqtt, int64_t ms);

/* Sends one message at QoS 1, waiting while the window is full. `seq` (0: none) is what is
 * confirmed once this and everything before it is; `readings` how many that adds. False: the
 * connection is lost, does not confirm any more, or somebody woke us to stop. */
bool mqtt_publish(struct mqtt *mqtt, const char *topic, const void *payload, size_t size,
                  bool retained, uint64_t seq, uint32_t readings);
/* How many messages this connection was given, and whether the first `count` of them are confirmed.
 */
uint64_t mqtt_given(struct mqtt *mqtt);
bool mqtt_has_confirmed(struct mqtt *mqtt, uint64_t count);
bool mqtt_subscribe(struct mqtt *mqtt, const char *topic);

/* The last seq up to which everything is confirmed, and the readings since the last call. 0: none
 * on this connection. */
uint64_t mqtt_confirmed(struct mqtt *mqtt, uint64_t *readings);
/* False, with a sentence: lost, or messages are in flight and no confirmation has come for long. */
bool mqtt_is_alive(struct mqtt *mqtt, struct error *err);
size_t mqtt_in_flight(struct mqtt *mqtt);
/* Waits until less is in flight than `below`, something breaks, somebody wakes us, or `ms`. */
void mqtt_wait(struct mqtt *mqtt, size_t below, int64_t ms);
/* Makes waits, publishes and connects end until mqtt_resume(). Any thread. */
void mqtt_wake(struct mqtt *mqtt);
void mqtt_resume(struct mqtt *mqtt);
/* For the goodbye: as mqtt_resume(), and whoever wakes us from now on is not heard. */
void mqtt_part(struct mqtt *mqtt);
/* One more message has a place without waiting for it. */
bool mqtt_has_room(struct mqtt *mqtt);
/* What is in flight confirms no seq any more, as before sending from elsewhere. */
void mqtt_forget(struct mqtt *mqtt);

#endif
