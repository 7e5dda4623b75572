/* gate.h - a lock with a condition on the monotonic clock. */
#ifndef OUTPUT_GATE_H
#define OUTPUT_GATE_H

#include <pthread.h>
#include <stdint.h>

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
};

void gate_init(struct gate *gate);
void gate_end(struct gate *gate);
void gate_enter(struct gate *gate);
void gate_leave(struct gate *gate);
/* Inside: wakes whoever waits. */
void gate_signal(struct gate *gate);
/* Inside: waits for a signal, at most `ms`. May return early: look again. */
void gate_wait(struct gate *gate, int64_t ms);

#endif
