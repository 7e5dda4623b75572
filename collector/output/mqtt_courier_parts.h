/* mqtt_courier_parts.h - what the files of the MQTT courier share; for mqtt_courier.c,
 * mqtt_standing.c and mqtt_seal.c alone. */
#ifndef OUTPUT_MQTT_COURIER_PARTS_H
#define OUTPUT_MQTT_COURIER_PARTS_H

#include <stdatomic.h>

#include "output/courier.h"
#include "output/gate.h"
#include "output/message.h"
#include "output/mqtt.h"
#include "output/patience.h"

enum { HEARD_MOST = 64 };

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
    int64_t life_ms;      /* of the connection before this one */
    int64_t swept_ms;     /* old problems were emptied; 0: not yet */
    unsigned short_lives; /* connections that ended soon, in a row */
    bool proven;          /* this connection confirmed something */
    int64_t canary_ms;    /* when it was sent; 0: not on this connection */
    bool canary_noticed;
    atomic_bool canary_back;
    struct sealed seal;     /* the newest head known; segment 0: none */
    int64_t seal_looked_ms; /* when the store was asked for it; 0: not on this connection */
    uint64_t seal_said;     /* the segment of the one the broker was given on this connection */
    uint64_t seal_given;    /* and which of its messages that was */
    uint64_t seal_anchored; /* the segment of the one the broker is known to have */
    struct gate heard_gate; /* guards: notices the broker keeps, as a callback heard of them */
    char heard[HEARD_MOST][64];
    size_t heard_count;
    struct patience soon, late;
};

int64_t mqtt_sender_ms(const struct mqtt_sender *me);
/* The topic of the next message, and an empty payload. */
void mqtt_begin(struct mqtt_sender *me, const char *leaf, const char *first, const char *second);
/* Sends it; as mqtt_publish(). */
bool mqtt_say(struct mqtt_sender *me, bool retained, uint64_t seq, uint32_t readings);

/* mqtt_standing.c ----------------------------------------------------------------------------- */
/* In a callback of the library: what came on a topic we subscribed to is noted, no more. */
void mqtt_sender_hears(void *self, const char *topic, bool empty);
bool mqtt_say_status(struct mqtt_sender *me, bool online);
/* What is said first on every connection. */
bool mqtt_greet(struct mqtt_sender *me);
/* Between the readings: notices, the canary, problems that are long over. */
bool mqtt_look_after_all(struct mqtt_sender *me);

/* mqtt_seal.c --------------------------------------------------------------------------------- */
/* The newest head, to be put into problems; NULL: nothing is sealed. */
const struct sealed *mqtt_newest_seal(struct mqtt_sender *me);
/* A new connection: the newest head is said again. */
void mqtt_forget_seal(struct mqtt_sender *me);
/* Says a head that is newer than the one the broker was given. False: as above. */
bool mqtt_look_after_seal(struct mqtt_sender *me);
/* Notes the head as left outside once the broker has it. */
void mqtt_note_anchor(struct mqtt_sender *me);

#endif
