/* probe_line.h - one line of the prober: a link opened by the command itself, asked one question
 * after another.
 *
 * The same exchange and links as the collector's, in a small event loop of its own, so an answer is
 * judged here as it is judged there. Ctrl-C ends what is under way and is remembered. Blocking; one
 * thread.
 */
#ifndef APP_PROBE_LINE_H
#define APP_PROBE_LINE_H

#include "drivers/exchange.h"
#include "flow/poller.h"

enum { PROBE_DATA_MAX = 250 };

/* What became of one question. */
struct probe_answer {
    bool asked; /* false: it was not, because something before it ended the work */
    bool answered;
    bool is_exception;
    uint8_t exception;
    uint8_t cause; /* enum cause */
    struct overheard heard;
    int64_t took_ms;
    uint16_t size;
    uint8_t data[PROBE_DATA_MAX]; /* as on the wire */
};

struct probe_line;

/* Opens the line of these settings. NULL with a sentence. */
struct probe_line *probe_line_open(const struct link_setup *setup, struct error *err);
void probe_line_close(struct probe_line *line); /* NULL is fine */

/* How long an answer is awaited, and how long a serial line rests after a silence; the rest begins
 * anew, so that nothing late from before is taken for an answer. */
void probe_line_patience(struct probe_line *line, int64_t timeout_ms, int64_t guard_ms);

/* Asks once, `repeat` on a serial line a second time after a silence. False with a sentence: the
 * line cannot be used any more, or Ctrl-C came (probe_line_stopped()). */
bool probe_line_ask(struct probe_line *line, const struct request *request, bool repeat,
                    struct probe_answer *answer, struct error *err);

bool probe_line_stopped(const struct probe_line *line);

/* What is probably wrong with the line, by the bytes that came so far, as one sentence; false: they
 * tell nothing. */
bool probe_line_finding(struct probe_line *line, char *out, size_t size);

#endif
