#include "drivers/diagnosis.h"

#include <assert.h>
#include <string.h>

#include "drivers/diagnosis_parts.h"

/* `stands`: so many make a finding. `patience`: until then, so many right answers in a row and what
 * was seen is forgotten. */
static const struct {
    uint16_t stands, patience;
} habits[] = {
    [SIGN_ECHO] = {2, 8  },
      [SIGN_RTU_ON_TCP] = {2, 8  },
      [SIGN_TCP_ON_RTU] = {2, 8  },
    [SIGN_NOT_MODBUS] = {3, 8  },
      [SIGN_GARBLED] = {4, 0  },
      [SIGN_MASTER] = {3, 64 },
    [SIGN_DOUBLED] = {3, 32 },
      [SIGN_OTHER_UNIT] = {3, 8  },
      [SIGN_EXTRA] = {4, 16 },
    [SIGN_DAMAGED] = {4, 300}, /* with no more than 1 in 100 it never stands */
};

enum {
    COUNT_MAX = 1000, /* then halved, so that what is long past weighs less */
    WELL_AGAIN = 8,   /* right answers in a row, at least, before a finding ends… */
    CALM_SPANS = 5,   /* …and so many times the usual distance between two of its signs */
};

bool sign_stands(const struct sign *sign, enum sign_kind kind)
{
    return sign->count >= habits[kind].stands;
}

unsigned sign_of(const struct sign *sign)
{
    return (unsigned)sign->span + sign->calm;
}

static void strike(struct sign *sign, struct mono_time now)
{
    if (sign->count == 0)
        *sign = (struct sign){.first_s = (uint32_t)(now.ns / 1000000000)};
    sign->count++;
    sign->span = (uint16_t)(sign->span + sign->calm + 1);
    sign->calm = 0;
    if (sign->span < COUNT_MAX)
        return;
    sign->count = (uint16_t)((sign->count + 1) / 2);
    sign->span /= 2;
}

/* A right answer that does not show it. */
static void soothe(struct sign *sign, enum sign_kind kind)
{
    unsigned enough = habits[kind].patience;

    if (sign->count == 0)
        return;
    if (sign_stands(sign, kind)) {
        enough = CALM_SPANS * (unsigned)sign->span / sign->count;
        enough = enough > WELL_AGAIN ? enough : WELL_AGAIN;
    }
    if (++sign->calm >= enough)
        *sign = (struct sign){.count = 0};
}

static bool is_late(const struct diagnosis *diagnosis, uint8_t unit)
{
    return (diagnosis->late[unit / 8] >> unit % 8 & 1) != 0;
}

static void set_late(struct diagnosis *diagnosis, uint8_t unit, bool late)
{
    uint8_t bit = (uint8_t)(1u << unit % 8);

    diagnosis->late[unit / 8] &= (uint8_t)~bit;
    if (late)
        diagnosis->late[unit / 8] |= bit;
}

static struct suspect *find_suspect(struct diagnosis *diagnosis, uint8_t unit)
{
    for (size_t i = 0; i < DIAGNOSIS_UNITS; i++)
        if (unit != 0 && diagnosis->suspects[i].unit == unit)
            return &diagnosis->suspects[i];
    return NULL;
}

static unsigned weight(const struct suspect *suspect)
{
    return (unsigned)suspect->garbled.count + suspect->damaged.count + suspect->doubled.count +
           suspect->other_unit.count;
}

/* Of those whose values are withheld none gives way to one that is merely odd. */
static unsigned hold_on_place(const struct suspect *suspect)
{
    return weight(suspect) + (sign_stands(&suspect->doubled, SIGN_DOUBLED) ? UINT16_MAX : 0);
}

/* The place of the unit; of the least suspicious one when all are taken. */
static struct suspect *suspect_unit(struct diagnosis *diagnosis, uint8_t unit)
{
    struct suspect *suspect = find_suspect(diagnosis, unit);

    if (suspect != NULL)
        return suspect;
    suspect = &diagnosis->suspects[0];
    for (size_t i = 1; i < DIAGNOSIS_UNITS; i++)
        if (hold_on_place(&diagnosis->suspects[i]) < hold_on_place(suspect))
            suspect = &diagnosis->suspects[i];
    *suspect = (struct suspect){.unit = unit};
    return suspect;
}

static void count_up(uint16_t *count)
{
    if (*count < UINT16_MAX)
        ++*count;
}

/* What the other suspects' damage is measured by. */
static void note_others(struct diagnosis *diagnosis, uint8_t unit, bool damaged)
{
    for (size_t i = 0; i < DIAGNOSIS_UNITS; i++) {
        struct suspect *suspect = &diagnosis->suspects[i];

        if (suspect->unit == unit || suspect->damaged.count == 0)
            continue;
        count_up(damaged ? &suspect->others_damaged : &suspect->others_right);
    }
}

/* A right answer: every sign that this turn does not show is soothed. */
static void take_right(struct diagnosis *diagnosis, const struct turn *turn)
{
    uint8_t unit = diagnosis->request.unit;
    struct suspect *suspect = find_suspect(diagnosis, unit);
    bool strangers = turn->requests + turn->frames > 0;

    diagnosis->ever_right = true;
    soothe(&diagnosis->garbled, SIGN_GARBLED);
    soothe(&diagnosis->damaged, SIGN_DAMAGED);
    soothe(&diagnosis->rtu_on_tcp, SIGN_RTU_ON_TCP);
    soothe(&diagnosis->tcp_on_rtu, SIGN_TCP_ON_RTU);
    soothe(&diagnosis->not_modbus, SIGN_NOT_MODBUS);
    if (!turn->echo)
        soothe(&diagnosis->echo, SIGN_ECHO);
    if (!strangers)
        soothe(&diagnosis->master, SIGN_MASTER);
    if (turn->bytes == 0)
        soothe(&diagnosis->extra, SIGN_EXTRA);
    note_others(diagnosis, unit, false);
    if (suspect == NULL)
        return;
    soothe(&suspect->garbled, SIGN_GARBLED);
    soothe(&suspect->damaged, SIGN_DAMAGED);
    soothe(&suspect->other_unit, SIGN_OTHER_UNIT);
    if (turn->answers < 2)
        soothe(&suspect->doubled, SIGN_DOUBLED);
    if (suspect->damaged.count == 0)
        suspect->others_right = suspect->others_damaged = 0;
    if (weight(suspect) == 0)
        suspect->unit = 0;
}

static void take_damaged(struct diagnosis *diagnosis, struct mono_time now)
{
    uint8_t unit = diagnosis->request.unit;

    strike(&diagnosis->damaged, now);
    strike(&suspect_unit(diagnosis, unit)->damaged, now);
    note_others(diagnosis, unit, true);
}

static void take_garbled(struct diagnosis *diagnosis, struct mono_time now)
{
    strike(&diagnosis->garbled, now);
    strike(&suspect_unit(diagnosis, diagnosis->request.unit)->garbled, now);
}

static void take_other_unit(struct diagnosis *diagnosis, uint8_t other, struct mono_time now)
{
    struct suspect *suspect = suspect_unit(diagnosis, diagnosis->request.unit);

    if (suspect->other != other)
        suspect->other_unit = (struct sign){.count = 0};
    suspect->other = other;
    strike(&suspect->other_unit, now);
}

/* Frames nobody of us asked for. A late answer of our own asking is not one. */
static void take_strangers(struct diagnosis *diagnosis, const struct turn *turn,
                           struct mono_time now)
{
    if (turn->requests > 0)
        strike(&diagnosis->master, now);
    else if (turn->frames > 0 && turn->answers == 0 && turn->answers_as != 0)
        take_other_unit(diagnosis, turn->answers_as, now);
    else if (turn->frames > 0)
        strike(&diagnosis->master, now);
}

/* Two answers to one request, unless the first of them was to an earlier one. */
static void take_doubled(struct diagnosis *diagnosis, struct mono_time now)
{
    uint8_t unit = diagnosis->request.unit;

    if (!is_late(diagnosis, unit))
        strike(&suspect_unit(diagnosis, unit)->doubled, now);
}

/* What is no right answer and of nobody else. */
static void take_rest(struct diagnosis *diagnosis, const struct turn *turn, struct mono_time now)
{
    if (turn->tcp)
        strike(&diagnosis->tcp_on_rtu, now);
    else if (turn->damaged)
        take_damaged(diagnosis, now);
    else if (turn->bytes > 0 && turn->requests + turn->frames + turn->second == 0)
        take_garbled(diagnosis, now);
}

static void weigh_rtu(struct diagnosis *diagnosis, struct mono_time now)
{
    struct turn turn = turn_of_line(diagnosis);
    unsigned answers = turn.answers + diagnosis->answered;

    if (turn.echo && !diagnosis->echo_expected)
        strike(&diagnosis->echo, now);
    take_strangers(diagnosis, &turn, now);
    if (answers > 1 || turn.second > 0)
        take_doubled(diagnosis, now);
    if (answers > 0 && turn.bytes > 0 && turn.bytes <= TURN_EXTRA_MAX && !turn.damaged &&
        turn.requests + turn.frames == 0)
        strike(&diagnosis->extra, now);
    if (turn.answers > 0 && !diagnosis->answered)
        take_right(diagnosis, &turn);
    else if (answers == 0 && diagnosis->asked)
        take_rest(diagnosis, &turn, now);
    diagnosis->answered = answers > 0;
}

static void weigh_tcp(struct diagnosis *diagnosis, struct mono_time now)
{
    struct turn turn = turn_of_stream(diagnosis);

    if (turn.echo)
        strike(&diagnosis->echo, now);
    else if (turn.rtu)
        strike(&diagnosis->rtu_on_tcp, now);
    else if (turn.bytes > 0)
        strike(&diagnosis->not_modbus, now);
    if (turn.answers_as != 0 && turn.answers == 0)
        take_other_unit(diagnosis, turn.answers_as, now);
    if (turn.answers > 0)
        take_right(diagnosis, &turn);
    diagnosis->answered |= turn.answers > 0;
}

static void weigh(struct diagnosis *diagnosis, struct mono_time now)
{
    if (diagnosis->used > 0 && diagnosis->wire == WIRE_TCP)
        weigh_tcp(diagnosis, now);
    else if (diagnosis->used > 0)
        weigh_rtu(diagnosis, now);
    diagnosis->used = 0;
}

void diagnosis_init(struct diagnosis *diagnosis, enum wire wire, bool echo_expected)
{
    *diagnosis = (struct diagnosis){.wire = wire, .echo_expected = echo_expected};
}

void diagnosis_connected(struct diagnosis *diagnosis, struct mono_time now)
{
    if (diagnosis->wire == WIRE_TCP || turn_is_tcp(diagnosis))
        weigh(diagnosis, now);
    diagnosis->used = 0;
    diagnosis->asked = false;
}

/* What is heard from now on was not asked for. */
void diagnosis_settle(struct diagnosis *diagnosis, struct mono_time now)
{
    weigh(diagnosis, now);
    if (diagnosis->asked)
        set_late(diagnosis, diagnosis->request.unit, !diagnosis->answered);
    diagnosis->asked = false;
}

void diagnosis_sent(struct diagnosis *diagnosis, const struct request *request, const uint8_t *tx,
                    size_t tx_size, struct mono_time now)
{
    assert(tx_size <= sizeof diagnosis->tx);
    diagnosis_settle(diagnosis, now);
    diagnosis->before = diagnosis->request;
    diagnosis->before_answered = diagnosis->answered;
    diagnosis->request = *request;
    diagnosis->answered = false;
    diagnosis->asked = true;
    memcpy(diagnosis->tx, tx, tx_size);
    diagnosis->tx_size = tx_size;
}

/* On TCP what tells is at the front; a line is weighed piece by piece, however much comes. */
void diagnosis_heard(struct diagnosis *diagnosis, const uint8_t *bytes, size_t count,
                     struct mono_time now)
{
    while (count > 0) {
        size_t room = sizeof diagnosis->heard - diagnosis->used;
        size_t part = count < room ? count : room;

        memcpy(diagnosis->heard + diagnosis->used, bytes, part);
        diagnosis->used += part;
        bytes += part;
        count -= part;
        if (count == 0 || diagnosis->wire == WIRE_TCP)
            return;
        weigh(diagnosis, now);
    }
}
