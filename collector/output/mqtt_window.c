/* What is in flight on one connection, what of it is confirmed, and how long to wait for it. */
#include <string.h>

#include "output/mqtt_parts.h"

enum { SILENCE_LEAST_MS = 20 * 1000, SLICE_MS = 1000 };

int64_t mqtt_now_ms(const struct mqtt *mqtt)
{
    return clock_mono(mqtt->setup.clock).ns / 1000000;
}

struct session *mqtt_next_session(struct mqtt *mqtt)
{
    struct session *session = &mqtt->sessions[mqtt->turn++ % SESSIONS];

    gate_enter(&mqtt->gate);
    session->head = session->tail = 0;
    session->connected = session->ended = false;
    session->code = 0;
    session->why[0] = '\0';
    memset(session->flights, 0, mqtt->window * sizeof *session->flights);
    for (size_t i = 0; i < mqtt->window; i++)
        session->flights[i].session = session;
    mqtt->session = session;
    mqtt->confirmed = 0;
    mqtt->readings = 0;
    gate_leave(&mqtt->gate);
    return session;
}

/* What OpenSSL said before says more than Paho; Paho's own negative codes say nothing to a person.
 */
static void note_why(struct session *session, int code, const char *why)
{
    struct text text;

    if (session->why[0] != '\0')
        return;
    text_init(&text, session->why, sizeof session->why);
    if (why != NULL)
        text_add_blanked(&text, session->mqtt->blank, why, strlen(why));
    if (code > 0)
        text_format(&text, " %d", code);
}

void session_ended(struct session *session, int code, const char *why)
{
    gate_enter(&session->mqtt->gate);
    if (!session->ended) {
        session->ended = true;
        session->code = code;
        note_why(session, code, why);
    }
    gate_signal(&session->mqtt->gate);
    gate_leave(&session->mqtt->gate);
}

void session_connected(struct session *session)
{
    gate_enter(&session->mqtt->gate);
    session->connected = true;
    gate_signal(&session->mqtt->gate);
    gate_leave(&session->mqtt->gate);
}

bool session_wait(struct session *session, int64_t ms)
{
    struct mqtt *mqtt = session->mqtt;
    int64_t until = mqtt_now_ms(mqtt) + ms;
    bool connected;

    gate_enter(&mqtt->gate);
    mqtt->wanted = 0;
    while (!session->connected && !session->ended && !mqtt->woken && mqtt_now_ms(mqtt) < until)
        gate_wait(&mqtt->gate, SLICE_MS);
    connected = session->connected && !session->ended;
    mqtt->news_ms = mqtt_now_ms(mqtt);
    gate_leave(&mqtt->gate);
    return connected;
}

/* Advances over the confirmed prefix; wakes the sender only when it has waited for that much. */
void flight_confirmed(struct flight *flight)
{
    struct session *session = flight->session;
    struct mqtt *mqtt = session->mqtt;

    gate_enter(&mqtt->gate);
    flight->confirmed = true;
    while (session->head < session->tail) {
        const struct flight *first = &session->flights[session->head % mqtt->window];

        if (!first->confirmed)
            break;
        session->head++;
        if (session == mqtt->session && first->seq != 0)
            mqtt->confirmed = first->seq;
        if (session == mqtt->session)
            mqtt->readings += first->readings;
    }
    if (session == mqtt->session) {
        mqtt->news_ms = mqtt_now_ms(mqtt);
        if (session->tail - session->head < mqtt->wanted)
            gate_signal(&mqtt->gate);
    }
    gate_leave(&mqtt->gate);
}

/* Inside the gate. */
static size_t in_flight(const struct mqtt *mqtt)
{
    return mqtt->session == NULL ? 0 : (size_t)(mqtt->session->tail - mqtt->session->head);
}

static int64_t silence_allowed_ms(const struct mqtt *mqtt)
{
    int64_t ms = mqtt->setup.output->keepalive_ms * 3 / 2;

    return ms > SILENCE_LEAST_MS ? ms : SILENCE_LEAST_MS;
}

bool mqtt_confirms(const struct mqtt *mqtt)
{
    return mqtt->session != NULL && !mqtt->session->ended &&
           (in_flight(mqtt) == 0 || mqtt_now_ms(mqtt) - mqtt->news_ms <= silence_allowed_ms(mqtt));
}

struct flight *mqtt_take_place(struct mqtt *mqtt, uint64_t seq, uint32_t readings)
{
    struct flight *flight = NULL;

    gate_enter(&mqtt->gate);
    /* Each confirmation lets one message go at once. To wait until many are free would cost 40 ms
     * each time: the broker holds its next confirmations back until we send something (Nagle). */
    mqtt->wanted = mqtt->window;
    while (in_flight(mqtt) == mqtt->window && mqtt_confirms(mqtt) && !mqtt->woken)
        gate_wait(&mqtt->gate, SLICE_MS);
    if (in_flight(mqtt) < mqtt->window && mqtt_confirms(mqtt) && !mqtt->woken) {
        if (in_flight(mqtt) == 0)
            mqtt->news_ms = mqtt_now_ms(mqtt);
        flight = &mqtt->session->flights[mqtt->session->tail++ % mqtt->window];
        flight->seq = seq;
        flight->readings = readings;
        flight->confirmed = false;
    }
    mqtt->wanted = 0;
    gate_leave(&mqtt->gate);
    return flight;
}

uint64_t mqtt_confirmed(struct mqtt *mqtt, uint64_t *readings)
{
    uint64_t confirmed;

    gate_enter(&mqtt->gate);
    confirmed = mqtt->confirmed;
    *readings = mqtt->readings;
    mqtt->readings = 0;
    gate_leave(&mqtt->gate);
    return confirmed;
}

size_t mqtt_in_flight(struct mqtt *mqtt)
{
    size_t count;

    gate_enter(&mqtt->gate);
    count = in_flight(mqtt);
    gate_leave(&mqtt->gate);
    return count;
}

uint64_t mqtt_given(struct mqtt *mqtt)
{
    uint64_t given;

    gate_enter(&mqtt->gate);
    given = mqtt->session == NULL ? 0 : mqtt->session->tail;
    gate_leave(&mqtt->gate);
    return given;
}

bool mqtt_has_confirmed(struct mqtt *mqtt, uint64_t count)
{
    bool has;

    gate_enter(&mqtt->gate);
    has = mqtt->session != NULL && mqtt->session->head >= count;
    gate_leave(&mqtt->gate);
    return has;
}

bool mqtt_has_room(struct mqtt *mqtt)
{
    return mqtt_in_flight(mqtt) < mqtt->window;
}

void mqtt_wait(struct mqtt *mqtt, size_t below, int64_t ms)
{
    int64_t until = mqtt_now_ms(mqtt) + ms;

    gate_enter(&mqtt->gate);
    mqtt->wanted = below;
    while (in_flight(mqtt) >= below && mqtt_confirms(mqtt) && !mqtt->woken &&
           mqtt_now_ms(mqtt) < until)
        gate_wait(&mqtt->gate, ms < SLICE_MS ? ms : SLICE_MS);
    mqtt->wanted = 0;
    gate_leave(&mqtt->gate);
}

void mqtt_wake(struct mqtt *mqtt)
{
    gate_enter(&mqtt->gate);
    mqtt->woken = !mqtt->parting;
    gate_signal(&mqtt->gate);
    gate_leave(&mqtt->gate);
}

void mqtt_resume(struct mqtt *mqtt)
{
    gate_enter(&mqtt->gate);
    mqtt->woken = false;
    gate_leave(&mqtt->gate);
}

void mqtt_part(struct mqtt *mqtt)
{
    gate_enter(&mqtt->gate);
    mqtt->woken = false;
    mqtt->parting = true;
    gate_leave(&mqtt->gate);
}

void mqtt_forget(struct mqtt *mqtt)
{
    gate_enter(&mqtt->gate);
    mqtt->confirmed = 0;
    if (mqtt->session != NULL)
        for (uint64_t i = mqtt->session->head; i < mqtt->session->tail; i++)
            mqtt->session->flights[i % mqtt->window].seq = 0;
    gate_leave(&mqtt->gate);
}
