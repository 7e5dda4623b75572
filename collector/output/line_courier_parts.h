/* line_courier_parts.h - what the files of the courier of line protocol share; for line_courier.c
 * and line_verdict.c alone. */
#ifndef OUTPUT_LINE_COURIER_PARTS_H
#define OUTPUT_LINE_COURIER_PARTS_H

#include "output/batch.h"
#include "output/bisect.h"
#include "output/courier.h"
#include "output/influx.h"
#include "output/patience.h"
#include "output/url.h"

/* Refused without anything taken in between. Then it may refuse all. */
enum { SUSPECTS_MOST = 16, ASIDE_MOST = 16 };

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
    size_t aside_in_row;        /* set aside, and nothing taken since */
    struct patience soon, late; /* waiting; held */
};

/* line_courier.c ------------------------------------------------------------------------------ */
int64_t line_now_ms(const struct line_sender *line);
/* Goes back to what is confirmed: nothing on its way counts any more. */
void line_start_at(struct line_sender *line, uint64_t seq);

/* Sends one part of `going` and waits for its answer. False: stopped before there was one. */
bool line_ask(struct line_sender *line, const struct part *part);

/* line_verdict.c ------------------------------------------------------------------------------ */
/* Confirms, halves, sets aside or waits, as the answer to this part of `going` asks. */
void line_judge_answer(struct line_sender *line, const struct part *part);
/* Whether `going` may be sent as usual: true unless ASIDE_MOST were set aside in a row. Then one
 * row of each series is tried; if none is taken, nothing more is set aside, and it waits: false. */
bool line_is_believed(struct line_sender *line);

#endif
