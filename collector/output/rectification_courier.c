/* The courier of rectification: versions of problems go out in order, tasks come in between.
 *
 * The cursor moves over what the server is known to have, or has refused for good. A problem it
 * cannot take now holds up neither the others nor the tasks.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/say.h"
#include "output/rectification_courier_parts.h"

enum {
    CHUNK = 64,
    ANSWER_BYTES_MOST = 64 * 1024,
    IDLE_MS = 5000,
    BUSY_MS = 50, /* while a pull is on its way: how soon a new problem is seen */
    RECHECK_MS = 5000,
    FORGIVEN_MS = 3600 * 1000,
};

int64_t rectification_now_ms(const struct rectification_sender *me)
{
    return clock_mono(me->setup->clock).ns / 1000000;
}

/* Goes back to what is confirmed: what was sent after it may be there. */
static void start_at(struct rectification_sender *me, uint64_t seq)
{
    rectification_window_clear(&me->window);
    me->read_to = seq;
    me->cautious = true;
}

/* A server that has lost one problem may have lost them all, and nothing else would bring back
 * those that do not change any more. So all are looked for, from the first; the cursor stays. One
 * that forgets again and again is not asked without end. */
static void look_for_all(struct rectification_sender *me)
{
    int64_t now_ms = rectification_now_ms(me);

    log_notice(SAY("输出 %s：对方丢失了问题，逐个核对并补送",
                   "output %s: the server has lost problems; each is looked for and sent again"),
               me->output->name);
    if (now_ms > me->recheck_ms + FORGIVEN_MS)
        patience_reset(&me->recheck);
    me->recheck_ms = now_ms + patience_next(&me->recheck);
    me->lost = false;
    start_at(me, 0);
}

/* Doubts are ours alone. A body that is none of ours cannot be; it is told and left. */
static void take_item(struct rectification_sender *me, const struct item *item)
{
    json_t *problem = json_loads(item->body, 0, NULL);
    const char *nature = json_string_value(json_object_get(problem, "nature"));

    if (problem == NULL)
        sender_quarantine(me->sender, item->seq, "the stored problem is no JSON");
    if (problem == NULL || (nature != NULL && strcmp(nature, "doubt") == 0))
        json_decref(problem);
    else
        rectification_window_add(&me->window, item->seq, item->uid, item->version, problem,
                                 me->cautious);
}

/* Reads on while there is room. False: the store could not be read. */
static bool read_some(struct rectification_sender *me, bool *more, struct error *err)
{
    size_t room = WINDOW_MOST - me->window.count;
    uint64_t reached = me->read_to;
    size_t count = 0;

    *more = false;
    if (room == 0)
        return true;
    if (!me->source->items(me->source->self, me->read_to, 1U << ITEM_PROBLEM,
                           room < CHUNK ? room : CHUNK, me->items, &count, &reached, err))
        return false;
    for (size_t i = 0; i < count; i++)
        take_item(me, &me->items[i]);
    *more = count > 0 || reached != me->read_to;
    me->read_to = reached;
    return true;
}

static bool is_troubled(const struct rectification_sender *me)
{
    for (size_t i = 0; i < me->window.count; i++)
        if (!me->window.rows[i].done && me->window.rows[i].not_before_ms != 0)
            return true;
    return false;
}

static void confirm(struct rectification_sender *me)
{
    size_t count;
    uint64_t seq = rectification_window_shift(&me->window, &count);

    if (me->window.count == 0)
        seq = me->read_to;
    if (seq != 0)
        sender_confirm(me->sender, seq, count);
    if (count > 0 && !is_troubled(me))
        sender_works(me->sender);
}

/* Until something is committed, a turn comes, the next pull is due, or somebody wakes us. */
static void wait_for_news(struct rectification_sender *me)
{
    int64_t now_ms = rectification_now_ms(me);
    int64_t due_ms = rectification_window_due_ms(&me->window);
    int64_t pull_ms = rectification_pull_due_ms(me->pull);
    int64_t ms = IDLE_MS;

    if (rectification_pull_is_busy(me->pull)) {
        rectification_pull_wait(me->pull, BUSY_MS);
        return;
    }
    due_ms = pull_ms < due_ms ? pull_ms : due_ms;
    if (me->lost && me->recheck_ms < due_ms)
        due_ms = me->recheck_ms;
    if (due_ms - now_ms < ms)
        ms = due_ms > now_ms ? due_ms - now_ms : 0;
    me->known = me->source->wait(me->source->self, me->known, ms);
}

static void store_failed(struct rectification_sender *me, const struct error *err)
{
    sender_fails(me->sender, SENDER_WAITING, err);
    sender_pause(me->sender, patience_next(&me->soon));
}

static void run(void *self)
{
    struct rectification_sender *me = self;
    struct waiting *next;
    uint64_t seq;

    start_at(me, sender_its_cursor(me->sender));
    while (!sender_is_stopping(me->sender)) {
        struct error err = {0};
        bool more;

        if (sender_take_rewind(me->sender, &seq))
            start_at(me, seq);
        rectification_pull_step(me->pull);
        if (!read_some(me, &more, &err)) {
            store_failed(me, &err);
            continue;
        }
        if (!more && me->window.count == 0)
            me->cautious = false;
        next = rectification_window_next(&me->window, rectification_now_ms(me));
        if (next != NULL)
            rectification_deliver(me, next);
        confirm(me);
        if (next != NULL || more)
            continue;
        if (me->lost && me->window.count == 0 && rectification_now_ms(me) >= me->recheck_ms)
            look_for_all(me);
        else
            wait_for_news(me);
    }
}

static void wake(void *self)
{
    struct rectification_sender *me = self;

    rectification_peer_wake(me->peer);
    rectification_pull_wake(me->pull);
}

static void close_it(void *self)
{
    struct rectification_sender *me = self;

    rectification_window_clear(&me->window);
    rectification_pull_free(me->pull);
    rectification_peer_free(me->peer);
    rectification_fields_free(me->fields);
    free(me->items);
    free(me);
}

/* The first fault is the sentence; `check` has said them all. */
static bool load_fields(struct rectification_sender *me, struct error *err)
{
    struct conf_faults *faults = conf_faults_new();

    me->fields = faults == NULL ? NULL : rectification_fields_load(me->output->fields, faults);
    if (me->fields == NULL && faults != NULL && conf_faults_count(faults) > 0)
        *err = *conf_fault(faults, 0);
    else if (me->fields == NULL)
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
    conf_faults_free(faults);
    return me->fields != NULL;
}

static void *open_it(struct sender *sender, struct error *err)
{
    struct rectification_sender *me = calloc(1, sizeof *me);

    if (me == NULL || (me->items = calloc(CHUNK, sizeof *me->items)) == NULL) {
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        free(me);
        return NULL;
    }
    me->sender = sender;
    me->setup = sender_its_setup(sender);
    me->output = me->setup->output;
    me->source = sender_its_source(sender);
    patience_init(&me->soon, 1000, 60 * 1000);
    patience_init(&me->late, 10 * 1000, 600 * 1000);
    patience_init(&me->recheck, RECHECK_MS, FORGIVEN_MS);
    if (load_fields(me, err) && url_parse(me->output->url, &me->url, err) &&
        (me->peer = rectification_peer_new(me->output, me->setup->clock, ANSWER_BYTES_MOST, err)) !=
            NULL &&
        (me->pull = rectification_pull_new(sender, me->fields, err)) != NULL)
        return me;
    close_it(me);
    return NULL;
}

const struct courier rectification_courier = {open_it, run, wake, close_it};
