/* What becomes of a part of a batch, by its answer.
 *
 * What a peer refuses is halved until the poll is found that it refuses. That poll is set aside at
 * once if the peer says it is about a row; otherwise only after it has taken some other row,
 * because a peer that refuses everything (a wrong database, say) must not make us throw everything
 * aside. Rows named so are too many at last as well: after ASIDE_MOST of them without one taken (a
 * wrong precision in the address, say) it has to take some row first.
 */
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "output/line_courier_parts.h"

enum {
    LIMIT_MS = 10 * 60 * 1000, /* how long a 413 is remembered */
    PROBES_MOST = 16,
};

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
    line->aside_in_row += line->suspect_count;
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

static void part_stored(struct line_sender *line, const struct part *part)
{
    const struct batch *batch = line->going;

    set_suspects_aside(line);
    line->aside_in_row = 0;
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
    if (line->aside_in_row >= ASIDE_MOST) {
        sender_confirm(line->sender, line->going->units[part->from].seq, 0);
        line_start_at(line, sender_its_cursor(line->sender));
    }
    if (line->suspect_count < SUSPECTS_MOST)
        return;
    line_start_at(line, sender_its_cursor(line->sender));
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
    line->limit_until_ms = line_now_ms(line) + LIMIT_MS;
    bisect_too_large(&line->bisect, part);
}

void line_judge_answer(struct line_sender *line, const struct part *part)
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

/* Measurement and tags of a unit's first line. */
static struct text series_of(const struct batch *batch, size_t unit)
{
    const struct batch_unit *at = &batch->units[unit];
    struct text series = {.bytes = batch->body.bytes + at->begin};
    size_t most = at->end - at->begin;

    while (series.used < most && (series.bytes[series.used] != ' ' ||
                                  (series.used > 0 && series.bytes[series.used - 1] == '\\')))
        series.used++;
    return series;
}

static bool is_new_series(const struct batch *batch, const size_t *tried, size_t count, size_t unit)
{
    struct text series = series_of(batch, unit);

    for (size_t i = 0; i < count; i++) {
        struct text other = series_of(batch, tried[i]);

        if (other.used == series.used && memcmp(other.bytes, series.bytes, series.used) == 0)
            return false;
    }
    return true;
}

/* The answer to the last row tried; true: there is reason to try another. */
static bool probe_was_refused(struct line_sender *line)
{
    enum answer_kind kind = influx_answer(line->influx)->kind;

    if (kind == ANSWER_REFUSED || kind == ANSWER_TOO_LARGE)
        return true;
    if (kind == ANSWER_STORED)
        line->aside_in_row = 0;
    else
        line_start_at(line, sender_its_cursor(line->sender));
    if (kind == ANSWER_HELD)
        hold(line, advice(influx_answer(line->influx)->status));
    else if (kind == ANSWER_LATER)
        wait_for_peer(line);
    return false;
}

bool line_is_believed(struct line_sender *line)
{
    size_t tried[PROBES_MOST];
    size_t count = 0;

    if (line->aside_in_row < ASIDE_MOST)
        return true;
    for (size_t i = 0; i < line->going->count && count < PROBES_MOST; i++) {
        struct part part = {.from = i, .to = i + 1};

        if (!is_new_series(line->going, tried, count, i))
            continue;
        tried[count++] = i;
        if (!line_ask(line, &part))
            return false;
        line->going->packed_size = 0; /* that was the row's, not the batch's */
        if (!probe_was_refused(line))
            return line->aside_in_row < ASIDE_MOST;
    }
    line_start_at(line, sender_its_cursor(line->sender));
    hold(line, SAY("它拒收每一条数据，已隔离的留着，其余不再隔离，都在本机等待；请检查 url "
                   "中的数据库与参数",
                   "it refuses every row; what was set aside stays so, the rest waits here; check "
                   "the database and the arguments in url"));
    return false;
}
