#include "output/rectification_slip.h"

#include <stdlib.h>

#include "output/gate.h"

struct rectification_slip {
    struct gate gate; /* guards the rest */
    int holders;
    bool answered, good;
    struct error err;
};

void rectification_slip_drop(struct rectification_slip *slip)
{
    int left;

    if (slip == NULL)
        return;
    gate_enter(&slip->gate);
    left = --slip->holders;
    gate_leave(&slip->gate);
    if (left > 0)
        return;
    gate_end(&slip->gate);
    free(slip);
}

/* In the recorder's thread. */
static void answered(void *self, uint64_t seq, const struct error *err)
{
    struct rectification_slip *slip = self;

    (void)seq;
    gate_enter(&slip->gate);
    slip->answered = true;
    slip->good = err == NULL;
    if (err != NULL)
        slip->err = *err;
    gate_signal(&slip->gate);
    gate_leave(&slip->gate);
    rectification_slip_drop(slip);
}

struct rectification_slip *rectification_slip_act(const struct source *source, const char *name,
                                                  json_t *args, const char *by)
{
    struct rectification_slip *slip = calloc(1, sizeof *slip);
    struct act act = {
        .name = name, .args = args, .who = by, .by = by, .done = answered, .self = slip};

    if (slip == NULL) {
        json_decref(args);
        return NULL;
    }
    gate_init(&slip->gate);
    slip->holders = 2;
    source->act(source->self, &act);
    return slip;
}

bool rectification_slip_is_answered(struct rectification_slip *slip, bool *good, struct error *err)
{
    bool is;

    gate_enter(&slip->gate);
    is = slip->answered;
    *good = slip->good;
    if (is && !slip->good)
        *err = slip->err;
    gate_leave(&slip->gate);
    return is;
}

void rectification_slip_wait(struct rectification_slip *slip, int64_t ms)
{
    gate_enter(&slip->gate);
    if (!slip->answered)
        gate_wait(&slip->gate, ms);
    gate_leave(&slip->gate);
}
