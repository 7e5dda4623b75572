/* The courier of line protocol: reads polls and sends batches.
 *
 * While one batch is on its way the next is read, formatted and packed. Only 204 confirms.
 */
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "output/line_courier_parts.h"

enum {
    CHUNK = 500, /* entries read at a time while a request is on its way */
    IDLE_MS = 5000,
    LAST_MS = 3000, /* at a stop: for the request on its way */
};

int64_t line_now_ms(const struct line_sender *line)
{
    return clock_mono(line->clock).ns / 1000000;
}

static size_t most_lines(struct line_sender *line)
{
    size_t most = (size_t)line->output->batch;

    if (line->limit_lines > 0 && line_now_ms(line) >= line->limit_until_ms)
        line->limit_lines = 0;
    return line->limit_lines > 0 && line->limit_lines < most ? line->limit_lines : most;
}

/* Reads and formats some more entries. The batch is ready when it is full or the store has no more;
 * false: the store could not be read. */
static bool prepare_some(struct line_sender *line, struct batch *batch, struct error *err)
{
    uint64_t reached = line->read_to;
    size_t count = 0;
    size_t most = most_lines(line);

    if (!line->source->items(line->source->self, line->read_to, 1U << ITEM_POLL, CHUNK, line->items,
                             &count, &reached, err))
        return false;
    for (size_t i = 0; i < count && !batch->ready; i++) {
        if (batch_add(batch, line->keys, &line->items[i].poll, most))
            line->read_to = line->items[i].seq;
        else
            batch->ready = true;
    }
    if (!batch->ready) {
        batch->ready = reached == line->read_to && count == 0;
        line->read_to = reached;
    }
    batch->reached = line->read_to;
    if (batch->ready && batch->count > 0 && line->output->gzip)
        batch_pack(batch, 0, batch->count);
    return true;
}

void line_start_at(struct line_sender *line, uint64_t seq)
{
    line->read_to = seq;
    line->suspect_count = 0;
    line->bisect.depth = 0;
    batch_clear(line->going, seq);
    batch_clear(line->coming, seq);
}

static void post_part(struct line_sender *line, const struct part *part)
{
    struct batch *batch = line->going;
    bool whole = part->from == 0 && part->to == batch->count;
    size_t begin = batch->units[part->from].begin;

    if (!whole)
        batch->packed_size = 0;
    if (line->output->gzip && batch->packed_size == 0)
        batch_pack(batch, part->from, part->to);
    if (batch->packed_size > 0)
        influx_post(line->influx, batch->packed, batch->packed_size, true);
    else
        influx_post(line->influx, batch->body.bytes + begin, batch->units[part->to - 1].end - begin,
                    false);
}

/* Until the request is done; the next batch is prepared meanwhile. A store that cannot be read now
 * is met again, and told, when the next batch is wanted. False: stopped, and the peer did not
 * answer in time. */
static bool see_it_through(struct line_sender *line)
{
    int64_t until_ms = INT64_MAX;
    bool readable = true;

    while (!influx_pump(line->influx)) {
        if (sender_is_stopping(line->sender)) {
            until_ms = until_ms == INT64_MAX ? line_now_ms(line) + LAST_MS : until_ms;
            if (line_now_ms(line) >= until_ms)
                return false;
            influx_wait(line->influx, 100);
        } else if (readable && !line->coming->ready) {
            readable = prepare_some(line, line->coming, NULL);
        } else {
            influx_wait(line->influx, 1000);
        }
    }
    return true;
}

bool line_ask(struct line_sender *line, const struct part *part)
{
    post_part(line, part);
    return see_it_through(line);
}

/* Sends the parts of `going`; returns when all are done, or at a stop or a rewind. */
static void send_batch(struct line_sender *line)
{
    struct part part;
    uint64_t seq;

    if (!line_is_believed(line))
        return;
    while (!sender_is_stopping(line->sender) && bisect_next(&line->bisect, &part)) {
        size_t lines = batch_lines(line->going, part.from, part.to);

        if (lines > most_lines(line) && part.to - part.from > 1) {
            bisect_too_large(&line->bisect, &part);
            continue;
        }
        if (!line_ask(line, &part))
            return;
        line_judge_answer(line, &part);
        if (sender_take_rewind(line->sender, &seq))
            line_start_at(line, seq);
    }
}

/* A batch without lines (events only) is confirmed without asking, unless suspects stand before. */
static void take_next(struct line_sender *line)
{
    struct batch *done = line->going;

    line->going = line->coming;
    line->coming = done;
    batch_clear(line->coming, line->read_to);
    bisect_begin(&line->bisect, line->going->count);
    if (line->going->count == 0 && line->suspect_count == 0)
        sender_confirm(line->sender, line->going->reached, 0);
}

static void store_failed(struct line_sender *line, const struct error *err)
{
    sender_fails(line->sender, SENDER_WAITING, err);
    sender_pause(line->sender, patience_next(&line->soon));
}

static void run(void *self)
{
    struct line_sender *line = self;
    struct error err = {0};
    uint64_t seq;

    line_start_at(line, sender_its_cursor(line->sender));
    while (!sender_is_stopping(line->sender)) {
        if (sender_take_rewind(line->sender, &seq))
            line_start_at(line, seq);
        if (!line->coming->ready && !prepare_some(line, line->coming, &err)) {
            store_failed(line, &err);
            continue;
        }
        if (!line->coming->ready)
            continue;
        take_next(line);
        if (line->going->count > 0)
            send_batch(line);
        else
            line->known = line->source->wait(line->source->self, line->known, IDLE_MS);
    }
}

static void wake(void *self)
{
    influx_wake(((struct line_sender *)self)->influx);
}

static void close_it(void *self)
{
    struct line_sender *line = self;

    influx_free(line->influx);
    line_keys_free(line->keys);
    batch_end(&line->batches[0]);
    batch_end(&line->batches[1]);
    free(line->items);
    free(line);
}

static void *open_it(struct sender *sender, struct error *err)
{
    const struct sender_setup *setup = sender_its_setup(sender);
    struct line_sender *line = calloc(1, sizeof *line);
    size_t batch = (size_t)setup->output->batch;

    if (line == NULL) {
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        return NULL;
    }
    line->sender = sender;
    line->output = setup->output;
    line->source = sender_its_source(sender);
    line->clock = setup->clock;
    line->going = &line->batches[0];
    line->coming = &line->batches[1];
    patience_init(&line->soon, 1000, 60 * 1000);
    patience_init(&line->late, 10 * 1000, 600 * 1000);
    line->keys = line_keys_new(setup->catalog);
    line->items = calloc(CHUNK, sizeof *line->items);
    if (line->keys == NULL || line->items == NULL || !batch_init(line->going, batch) ||
        !batch_init(line->coming, batch))
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
    else if (url_parse(setup->output->url, &line->url, err) &&
             (line->influx = influx_new(setup->output, err)) != NULL)
        return line;
    close_it(line);
    return NULL;
}

const struct courier line_courier = {open_it, run, wake, close_it};
