/* Heads of seals at the broker: the retained topic `seal`, and the same head inside problems.
 *
 * Only the newest head is said: it is chained to those before, so whoever holds it can tell when
 * one of them is missing or has changed. What was sealed while the broker was away is covered by
 * it.
 *
 * A broker confirms even what its access list makes it throw away. So a head counts as left there
 * only when it is confirmed and our canary has come back on the same connection.
 */
#include "output/mqtt_courier_parts.h"

enum { LOOK_MS = 1000 };

/* The store is asked at most once a second: a backlog goes out faster than heads are made. */
static void look(struct mqtt_sender *me)
{
    int64_t now_ms = mqtt_sender_ms(me);
    struct sealed newest;

    if (me->seal_looked_ms != 0 && now_ms - me->seal_looked_ms < LOOK_MS)
        return;
    me->seal_looked_ms = now_ms + 1;
    if (me->source->seal(me->source->self, &newest))
        me->seal = newest;
}

const struct sealed *mqtt_newest_seal(struct mqtt_sender *me)
{
    look(me);
    return me->seal.head.segment > 0 ? &me->seal : NULL;
}

void mqtt_forget_seal(struct mqtt_sender *me)
{
    me->seal_looked_ms = 0;
    me->seal_said = 0;
    me->seal_given = 0;
}

void mqtt_note_anchor(struct mqtt_sender *me)
{
    if (me->seal_said == 0 || me->seal_said == me->seal_anchored ||
        !mqtt_has_confirmed(me->mqtt, me->seal_given) || !atomic_load(&me->canary_back))
        return;
    me->source->anchor(me->source->self, me->seal_said, "mqtt", NULL, 0);
    me->seal_anchored = me->seal_said;
}

bool mqtt_look_after_seal(struct mqtt_sender *me)
{
    const struct sealed *newest = mqtt_newest_seal(me);

    mqtt_note_anchor(me);
    if (newest == NULL || newest->head.segment == me->seal_said)
        return true;
    mqtt_begin(me, "seal", NULL, NULL);
    message_seal(&me->payload, newest);
    if (!mqtt_say(me, true, 0, 0))
        return false;
    me->seal_said = newest->head.segment;
    me->seal_given = mqtt_given(me->mqtt);
    return true;
}
