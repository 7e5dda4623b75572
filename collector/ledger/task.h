/* task.h - one row of the rectification ledger: what was found, who mends it, by when, and what
 * became of it. Pure. The fields are those of the contract's JSON.
 *
 * Who complained is no field here: petitioners' names and telephones stand only in people.sqlite.
 */
#ifndef LEDGER_TASK_H
#define LEDGER_TASK_H

#include <jansson.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "model/catalog.h"

enum task_state {
    TASK_FOUND,
    TASK_ASSIGNED,
    TASK_RECTIFYING,
    TASK_APPLIED,
    TASK_CHECKING,
    TASK_PUBLICISED,
    TASK_STRUCK_OFF,
    TASK_WATCHING,
    TASK_LOOKED_BACK,
    TASK_CLOSED,
    TASK_RETURNED,
    TASK_HANDED_OVER,
    TASK_STATE_COUNT
};

enum { TASK_ID_SIZE = 48, TASK_WORDS_SIZE = 64, TASK_TEXT_SIZE = 1024, TASK_POINTS_MAX = 32 };

struct task {
    char id[TASK_ID_SIZE];
    char batch[TITLE_SIZE];
    char source[TASK_WORDS_SIZE];   /* "inspection", "petition", … or as the office wrote it */
    char kind[TASK_WORDS_SIZE];     /* "finding" or "petition" */
    char category[TASK_WORDS_SIZE]; /* a key of config/ledger.conf: "catering", "river", … */
    char title[TASK_TEXT_SIZE];
    char site[NAME_SIZE]; /* of the settings, or "" */
    char village[TITLE_SIZE], grid[TITLE_SIZE];
    char points[TASK_POINTS_MAX][POINT_SIZE]; /* "SITE/DEVICE/CHANNEL", resolved: no "*" */
    size_t point_count;
    char measure[TASK_TEXT_SIZE];
    char lead[TITLE_SIZE], unit[TITLE_SIZE], person[TITLE_SIZE];
    char deadline[11]; /* "2026-12-31", or "" */
    enum task_state state;
    bool extended, supervised;
    struct wall_time struck_off;  /* WALL_NONE: not */
    struct wall_time watch_until; /* end of the watch period, WALL_NONE while not struck off */
};

const char *task_state_word(enum task_state state);  /* "struck_off" */
const char *task_state_title(enum task_state state); /* 已销号 / struck off */
void task_state_sentences(enum task_state state, const char **zh, const char **en);
bool task_state_find(const char *word, enum task_state *state);

/* Struck off and inside its watch period at that moment (states struck_off, watching and
 * looked_back). */
bool task_is_watched(const struct task *task, struct wall_time time);
/* Not yet struck off, closed or handed over. */
bool task_is_open(const struct task *task);

/* The contract's JSON without what others know (relapses, verdict, watched): what the event of an
 * import and the table `task` keep. */
json_t *task_json(const struct task *task);
bool task_read(struct task *task, const json_t *from, struct error *err);

#endif
