/* What any thread may ask of the recorder: most of it is left on the desk. */
#include <pthread.h>
#include <stdatomic.h>

#include "record/inside.h"

uint64_t recorder_committed(const struct recorder *recorder)
{
    return desk_committed(recorder->desk);
}

bool recorder_can_commit(const struct recorder *recorder)
{
    return !atomic_load(&recorder->cannot_commit);
}

uint64_t recorder_news(const struct recorder *recorder, enum news kind)
{
    if (kind == NEWS_USERS)
        return atomic_load(&recorder->users_version);
    return atomic_load_explicit(&recorder->news[kind], memory_order_acquire);
}

struct latest *recorder_latest(struct recorder *recorder)
{
    return recorder->latest;
}

uint64_t recorder_wait(struct recorder *recorder, uint64_t seq, int64_t timeout_ms)
{
    return desk_wait(recorder->desk, seq, timeout_ms);
}

void recorder_wake_all(struct recorder *recorder)
{
    desk_wake_all(recorder->desk);
}

void recorder_move_cursor(struct recorder *recorder, const char *name, uint64_t seq)
{
    desk_move_cursor(recorder->desk, name, seq);
}

void recorder_quarantine(struct recorder *recorder, const char *output, uint64_t seq,
                         const char *reason)
{
    desk_refuse(recorder->desk, output, seq, reason);
}

void recorder_anchor(struct recorder *recorder, uint64_t segment, const char *kind,
                     const char *name, const void *body, size_t size)
{
    desk_anchor(recorder->desk, segment, kind, name, body, size);
}

void recorder_remember(struct recorder *recorder, const struct device_finding *finding)
{
    desk_remember(recorder->desk, finding);
}

void recorder_act(struct recorder *recorder, struct act *act)
{
    desk_act(recorder->desk, act);
}

void recorder_status(struct recorder *recorder, struct recorder_status *status)
{
    pthread_mutex_lock(&recorder->status_lock);
    *status = recorder->status;
    pthread_mutex_unlock(&recorder->status_lock);
    status->mailbox_bytes = mailbox_used(recorder->setup.mailbox);
}
