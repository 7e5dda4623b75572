#include "output/sender.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/say.h"
#include "output/aside.h"
#include "output/courier.h"
#include "output/gate.h"

enum {
    NOTICE_AFTER_MS = 10 * 1000, /* trouble that is over sooner is nobody's business */
    STOP_MS = 5000,
    SLICE_MS = 100,
};

struct sender {
    struct sender_setup setup;
    struct output_setup output; /* our copy; setup.output points here */
    struct source source;
    const struct courier *courier; /* NULL: disabled */
    void *its;
    pthread_t thread;
    bool running;
    struct gate gate; /* guards what follows */
    bool stopping;
    bool ended; /* the thread is done */
    bool rewound;
    uint64_t rewind_to;
    enum sender_state state;
    struct wall_time since;
    int64_t failing_since_ms; /* monotonic; 0: it works */
    bool noticed;
    uint64_t cursor;
    uint64_t sent;
    char text[512];
    struct aside aside;
};

const struct sender_setup *sender_its_setup(const struct sender *sender)
{
    return &sender->setup;
}

const struct source *sender_its_source(const struct sender *sender)
{
    return &sender->source;
}

static int64_t now_ms(const struct sender *sender)
{
    return clock_mono(sender->setup.clock).ns / 1000000;
}

bool sender_is_stopping(struct sender *sender)
{
    bool stopping;

    gate_enter(&sender->gate);
    stopping = sender->stopping;
    gate_leave(&sender->gate);
    return stopping;
}

bool sender_take_rewind(struct sender *sender, uint64_t *seq)
{
    bool rewound;

    gate_enter(&sender->gate);
    rewound = sender->rewound;
    sender->rewound = false;
    *seq = sender->rewind_to;
    if (rewound)
        sender->cursor = *seq;
    gate_leave(&sender->gate);
    if (rewound)
        sender->source.move(sender->source.self, *seq);
    return rewound;
}

uint64_t sender_its_cursor(struct sender *sender)
{
    uint64_t cursor;

    gate_enter(&sender->gate);
    cursor = sender->cursor;
    gate_leave(&sender->gate);
    return cursor;
}

void sender_confirm(struct sender *sender, uint64_t seq, uint64_t readings)
{
    bool further;

    gate_enter(&sender->gate);
    further = seq > sender->cursor;
    if (further)
        sender->cursor = seq;
    sender->sent += readings;
    gate_leave(&sender->gate);
    if (further)
        sender->source.move(sender->source.self, seq);
}

static void notice_id(const struct sender *sender, const char *what, char *id, size_t size)
{
    snprintf(id, size, "output-%s%s", sender->output.name, what);
}

void sender_quarantine(struct sender *sender, uint64_t seq, const char *reason)
{
    char id[64], subject[96];

    log_warning(SAY("输出 %s：对方拒收第 %llu 条，已隔离：%s",
                    "output %s: the peer refuses entry %llu, set aside: %s"),
                sender->output.name, (unsigned long long)seq, reason);
    sender->source.refuse(sender->source.self, seq, reason);
    notice_id(sender, "-refused", id, sizeof id);
    snprintf(subject, sizeof subject, "output %s", sender->output.name);
    gate_enter(&sender->gate);
    aside_add(&sender->aside, sender->output.name, seq, reason, now_ms(sender));
    notice_raise(sender->setup.notices, id, subject, "%s", sender->aside.text);
    gate_leave(&sender->gate);
}

/* Inside the gate. */
static void look_after_aside(struct sender *sender)
{
    char id[64];

    if (!aside_ends(&sender->aside, now_ms(sender)))
        return;
    notice_id(sender, "-refused", id, sizeof id);
    notice_end(sender->setup.notices, id);
}

/* Inside the gate: raises the notice once the trouble is old enough. */
static void consider_notice(struct sender *sender)
{
    char id[64], subject[96];

    if (sender->failing_since_ms == 0 ||
        (sender->state != SENDER_HELD &&
         now_ms(sender) - sender->failing_since_ms <= NOTICE_AFTER_MS))
        return;
    notice_id(sender, "", id, sizeof id);
    snprintf(subject, sizeof subject, "output %s", sender->output.name);
    notice_raise(sender->setup.notices, id, subject, "%s", sender->text);
    sender->noticed = true;
}

static void set_state(struct sender *sender, enum sender_state state)
{
    if (sender->state == state)
        return;
    sender->state = state;
    sender->since = clock_wall(sender->setup.clock);
}

void sender_works(struct sender *sender)
{
    char id[64];
    int64_t lasted_ms = 0;
    bool noticed;

    gate_enter(&sender->gate);
    if (sender->failing_since_ms != 0)
        lasted_ms = now_ms(sender) - sender->failing_since_ms + 1;
    noticed = sender->noticed;
    sender->failing_since_ms = 0;
    sender->noticed = false;
    sender->text[0] = '\0';
    set_state(sender, SENDER_OK);
    look_after_aside(sender);
    gate_leave(&sender->gate);
    if (noticed) {
        notice_id(sender, "", id, sizeof id);
        notice_end(sender->setup.notices, id);
    }
    if (lasted_ms > 0)
        log_notice(SAY("输出 %s：恢复，中断 %lld 秒，积压正在补发",
                       "output %s: works again after %lld s; what waited is being sent"),
                   sender->output.name, (long long)(lasted_ms / 1000));
}

void sender_fails(struct sender *sender, enum sender_state state, const struct error *why)
{
    bool changed;

    gate_enter(&sender->gate);
    changed = sender->state != state || sender->failing_since_ms == 0;
    if (sender->failing_since_ms == 0)
        sender->failing_since_ms = now_ms(sender) > 0 ? now_ms(sender) : 1;
    snprintf(sender->text, sizeof sender->text, "%s", why->text);
    set_state(sender, state);
    consider_notice(sender);
    gate_leave(&sender->gate);
    if (changed)
        log_warning("%s", why->text);
}

void sender_pause(struct sender *sender, int64_t ms)
{
    int64_t until = now_ms(sender) + ms;
    int64_t left;

    gate_enter(&sender->gate);
    while (!sender->stopping && !sender->rewound && (left = until - now_ms(sender)) > 0) {
        int64_t notice = sender->failing_since_ms + NOTICE_AFTER_MS + 1 - now_ms(sender);

        if (sender->failing_since_ms != 0 && !sender->noticed && notice > 0 && notice < left)
            left = notice;
        gate_wait(&sender->gate, left);
        if (!sender->noticed)
            consider_notice(sender);
    }
    gate_leave(&sender->gate);
}

static void *run(void *self)
{
    struct sender *sender = self;
    char name[16];

    snprintf(name, sizeof name, "out-%s", sender->output.name);
    pthread_setname_np(pthread_self(), name);
    sender->courier->run(sender->its);
    gate_enter(&sender->gate);
    sender->ended = true;
    gate_signal(&sender->gate);
    gate_leave(&sender->gate);
    return NULL;
}

static void sender_free(struct sender *sender)
{
    if (sender->its != NULL)
        sender->courier->close(sender->its);
    if (sender->source.close != NULL)
        sender->source.close(sender->source.self);
    gate_end(&sender->gate);
    free(sender);
}

/* Signals are the main thread's. */
static bool start_thread(struct sender *sender, struct error *err)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&sender->thread, NULL, run, sender);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    sender->running = failed == 0;
    return failed == 0 || error_set(err, ERROR_MEMORY,
                                    SAY("输出 %s：线程启动失败：%s", "output %s: no thread: %s"),
                                    sender->output.name, strerror(failed));
}

static const struct courier *courier_of(const struct output_setup *output, struct error *err)
{
    if (output->kind == OUTPUT_LINE)
        return &line_courier;
    if (output->kind == OUTPUT_MQTT)
        return &mqtt_courier;
    if (output->kind == OUTPUT_RECTIFICATION)
        return &rectification_courier;
    error_set(err, ERROR_SETTINGS,
              SAY("输出 %s：种类 %s 不由采集程序发送", "output %s: the collector does not send %s"),
              output->name, output_kind_word(output->kind));
    return NULL;
}

/* Nothing is known of a broker before it has answered. */
static void begin_unconnected(struct sender *sender)
{
    sender->state = SENDER_WAITING;
    snprintf(sender->text, sizeof sender->text,
             SAY("输出 %s：尚未连上 %s，正在连接；数据都留在本机",
                 "output %s: not connected to %s yet; the data waits here"),
             sender->output.name, sender->output.url);
}

struct sender *sender_start_on(const struct sender_setup *setup, const struct source *source,
                               struct error *err)
{
    struct sender *sender = calloc(1, sizeof *sender);

    if (sender == NULL) {
        if (source->close != NULL)
            source->close(source->self);
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        return NULL;
    }
    gate_init(&sender->gate);
    sender->output = *setup->output;
    sender->setup = *setup;
    sender->setup.output = &sender->output;
    sender->source = *source;
    sender->since = clock_wall(setup->clock);
    sender->cursor = source->cursor(source->self);
    if (!sender->output.enabled) {
        sender->state = SENDER_DISABLED;
        return sender;
    }
    if (sender->output.kind == OUTPUT_MQTT)
        begin_unconnected(sender);
    sender->courier = courier_of(&sender->output, err);
    if (sender->courier != NULL)
        sender->its = sender->courier->open(sender, err);
    if (sender->its == NULL || !start_thread(sender, err)) {
        sender_free(sender);
        return NULL;
    }
    return sender;
}

static void wake(struct sender *sender)
{
    if (!sender->running)
        return;
    sender->courier->wake(sender->its);
    sender->source.wake(sender->source.self);
}

/* Wakes again and again: a wake that came just before a wait would be lost. */
static bool join(struct sender *sender)
{
    bool ended = false;

    for (int slices = STOP_MS / SLICE_MS; slices > 0 && !ended; slices--) {
        wake(sender);
        gate_enter(&sender->gate);
        if (!sender->ended)
            gate_wait(&sender->gate, SLICE_MS);
        ended = sender->ended;
        gate_leave(&sender->gate);
    }
    if (ended)
        pthread_join(sender->thread, NULL);
    return ended;
}

void sender_stop(struct sender *sender)
{
    if (sender == NULL)
        return;
    gate_enter(&sender->gate);
    sender->stopping = true;
    gate_signal(&sender->gate);
    gate_leave(&sender->gate);
    if (sender->running && !join(sender)) {
        /* It hangs in a library, as in a name server's answer; it holds nothing that is not in the
         * store, and the process is about to end. */
        log_warning(SAY("输出 %s：5 秒内没有停下，放弃等待；未确认的都在本机",
                        "output %s: did not stop within 5 s and is left; what was not confirmed "
                        "is in the store"),
                    sender->output.name);
        pthread_detach(sender->thread);
        return;
    }
    sender_free(sender);
}

void sender_rewind(struct sender *sender, uint64_t seq)
{
    gate_enter(&sender->gate);
    sender->rewound = true;
    sender->rewind_to = seq;
    gate_signal(&sender->gate);
    gate_leave(&sender->gate);
    wake(sender);
}

void sender_status(struct sender *sender, struct sender_status *status)
{
    memset(status, 0, sizeof *status);
    status->name = sender->output.name;
    status->kind = sender->output.kind;
    gate_enter(&sender->gate);
    status->state = sender->state;
    status->since = sender->since;
    status->cursor = sender->cursor;
    status->sent = sender->sent;
    look_after_aside(sender);
    snprintf(status->text, sizeof status->text, "%s",
             sender->text[0] != '\0' ? sender->text : sender->aside.text);
    gate_leave(&sender->gate);
    status->oldest = WALL_NONE;
    status->backlog = sender->source.backlog(sender->source.self, status->cursor, &status->oldest);
    status->quarantined = sender->source.quarantined(sender->source.self);
}
