/* The courier of line protocol: reads polls, sends batches, finds and sets aside what is refused.
 *
 * While one batch is on its way the next is read, formatted and packed. Only 204 confirms. What a
 * peer refuses is halved until the poll is found that it refuses. That poll is set aside at once if
 * the peer says it is about a row; otherwise only after it has taken some other row, because a peer
 * that refuses everything (a wrong database, say) must not make us throw everything aside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "output/batch.h"
#include "output/bisect.h"
#include "output/courier.h"
#include "output/influx.h"
#include "output/patience.h"
#include "output/url.h"

enum {
    CHUNK = 500,               /* entries read at a time while a request is on its way */
    SUSPECTS_MOST = 16,        /* refused without anything taken in between: it refuses all */
    LIMIT_MS = 10 * 60 * 1000, /* how long a 413 is remembered */
    IDLE_MS = 5000,
    LAST_MS = 3000, /* at a stop: for the request on its way */
};

struct suspect {
    uint64_t seq;
    char reason[320];
};

struct line_sender {
    struct sender *sender;
    const struct output_setup *output;
    const struct source *source;
    const struct clock *clock;
    struct url url;
    struct influx *influx;
    struct line_keys *keys;
    struct batch batches[2];
    struct batch *going, *coming;
    struct bisect bisect; /* of `going` */
    struct item *items;
    uint64_t read_to; /* everything up to here is in a batch or done */
    uint64_t known;   /* the last commit heard of */
    size_t limit_lines;
    int64_t limit_until_ms;
    struct suspect suspects[SUSPECTS_MOST];
    size_t suspect_count;
    struct patience soon, late; /* waiting; held */
};

static int64_t now_ms(const struct line_sender *line)
{
    return clock_mono(line->clock).ns / 1000000;
}

static size_t most_lines(struct line_sender *line)
{
    size_t most = (size_t)line->output->batch;

    if (line->limit_lines > 0 && now_ms(line) >= line->limit_until_ms)
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

static void say_failure(struct line_sender *line, enum sender_state state, int64_t wait_ms,
                        const char *what)
{
    struct error err = {0};
    const struct answer *answer = influx_answer(line->influx);

    error_set(&err, ERROR_PEER,
              SAY("输出 %s：%s 应答 %ld（%s）：%s；%lld 秒后再试",
                  "output %s: %s answered %ld (%s): %s; asking again in %lld s"),
              line->output->name, line->url.host, answer->status,
              answer->text[0] != '\0' ? answer->text : "-", what, (long long)(wait_ms / 1000));
    sender_fails(line->sender, state, &err);
}

static const char *advice(long status)
{
    switch (status) {
    case 401:
    case 403:
        return SAY("请检查 user、password_file 或 token_file 及其权限",
                   "check user, password_file or token_file and what they may write");
    case 404:
        return SAY("请检查 url 中的路径与数据库名", "check the path and the database in url");
    default:
        return SAY("请检查 url 指向的是写入地址", "check that url is a write address");
    }
}

/* Waits as the answer asks; what was sent stays to be sent. */
static void hold(struct line_sender *line, const char *what)
{
    int64_t ms = patience_next(&line->late);

    say_failure(line, SENDER_HELD, ms, what);
    sender_pause(line->sender, ms);
}

static void wait_for_peer(struct line_sender *line)
{
    const struct answer *answer = influx_answer(line->influx);
    int64_t ms = patience_next(&line->soon);
    struct error err = {0};

    if (answer->retry_after_ms > 0)
        ms = answer->retry_after_ms;
    if (answer->status == 0) {
        error_set(
            &err, ERROR_PEER,
            SAY("输出 %s：连不上 %s：%s；%lld 秒后再试，数据都留在本机",
                "output %s: cannot reach %s: %s; asking again in %lld s, the data waits here"),
            line->output->name, line->url.host, answer->text, (long long)(ms / 1000));
        sender_fails(line->sender, SENDER_WAITING, &err);
    } else if (answer->status >= 200 && answer->status < 400) {
        say_failure(line, SENDER_WAITING, ms,
                    SAY("这不是写入成功（只有 204 才是），可能是认证网关的页面或重定向",
                        "this is no success of a write (only 204 is); perhaps the page of a "
                        "captive portal, or a redirect"));
    } else {
        say_failure(line, SENDER_WAITING, ms, SAY("对方暂时不收", "it takes nothing for now"));
    }
    sender_pause(line->sender, ms);
}

static void set_suspects_aside(struct line_sender *line)
{
    for (size_t i = 0; i < line->suspect_count; i++)
        sender_quarantine(line->sender, line->suspects[i].seq, line->suspects[i].reason);
    line->suspect_count = 0;
}

/* InfluxDB names the row in these two; other words may be about the request as a whole. */
static bool is_about_a_row(const struct answer *answer)
{
    return strstr(answer->text, "partial write") != NULL ||
           strstr(answer->text, "unable to parse") != NULL;
}

static void suspect(struct line_sender *line, const struct part *part)
{
    const struct answer *answer = influx_answer(line->influx);
    struct suspect *one = &line->suspects[line->suspect_count++];

    one->seq = line->going->units[part->from].seq;
    snprintf(one->reason, sizeof one->reason, "%ld %.300s", answer->status, answer->text);
    if (is_about_a_row(answer))
        set_suspects_aside(line);
    bisect_taken(&line->bisect, part);
}

/* Goes back to what is confirmed: nothing on its way counts any more. */
static void start_at(struct line_sender *line, uint64_t seq)
{
    line->read_to = seq;
    line->suspect_count = 0;
    line->bisect.depth = 0;
    batch_clear(line->going, seq);
    batch_clear(line->coming, seq);
}

static void part_stored(struct line_sender *line, const struct part *part)
{
    const struct batch *batch = line->going;

    set_suspects_aside(line);
    bisect_taken(&line->bisect, part);
    patience_reset(&line->soon);
    patience_reset(&line->late);
    sender_confirm(line->sender,
                   part->to == batch->count ? batch->reached : batch->units[part->to - 1].seq,
                   batch_readings(batch, part->from, part->to));
    sender_works(line->sender);
}

static void part_refused(struct line_sender *line, const struct part *part)
{
    if (part->to - part->from > 1) {
        bisect_refused(&line->bisect, part);
        return;
    }
    suspect(line, part);
    if (line->suspect_count < SUSPECTS_MOST)
        return;
    start_at(line, sender_its_cursor(line->sender));
    hold(line, SAY("它拒收每一条数据；请检查 url 中的数据库与参数",
                   "it refuses every row; check the database and the arguments in url"));
}

static void part_too_large(struct line_sender *line, const struct part *part)
{
    size_t lines = batch_lines(line->going, part->from, part->to);

    if (part->to - part->from == 1) {
        part_refused(line, part);
        return;
    }
    line->limit_lines = lines / 2;
    line->limit_until_ms = now_ms(line) + LIMIT_MS;
    bisect_too_large(&line->bisect, part);
}

static void judge_answer(struct line_sender *line, const struct part *part)
{
    switch (influx_answer(line->influx)->kind) {
    case ANSWER_STORED:
        part_stored(line, part);
        break;
    case ANSWER_TOO_LARGE:
        part_too_large(line, part);
        break;
    case ANSWER_REFUSED:
        part_refused(line, part);
        break;
    case ANSWER_HELD:
        bisect_again(&line->bisect, part);
        hold(line, advice(influx_answer(line->influx)->status));
        break;
    case ANSWER_LATER:
        bisect_again(&line->bisect, part);
        wait_for_peer(line);
        break;
    }
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
            until_ms = until_ms == INT64_MAX ? now_ms(line) + LAST_MS : until_ms;
            if (now_ms(line) >= until_ms)
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

/* Sends the parts of `going`; returns when all are done, or at a stop or a rewind. */
static void send_batch(struct line_sender *line)
{
    struct part part;
    uint64_t seq;

    while (!sender_is_stopping(line->sender) && bisect_next(&line->bisect, &part)) {
        size_t lines = batch_lines(line->going, part.from, part.to);

        if (lines > most_lines(line) && part.to - part.from > 1) {
            bisect_too_large(&line->bisect, &part);
            continue;
        }
        post_part(line, &part);
        if (!see_it_through(line))
            return;
        judge_answer(line, &part);
        if (sender_take_rewind(line->sender, &seq))
            start_at(line, seq);
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

    start_at(line, sender_its_cursor(line->sender));
    while (!sender_is_stopping(line->sender)) {
        if (sender_take_rewind(line->sender, &seq))
            start_at(line, seq);
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
