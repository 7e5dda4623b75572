/* /tasks: the rectification ledger, a page at a time, and what there is of it in all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/say.h"
#include "ledger/task.h"
#include "page/ledger_inside.h"

enum { WORDS_MOST = 100, LISTED_MOST = 500 };

struct listing {
    struct call *call;
    struct pieces pieces;
    struct tasks_wish wish;
    char today[DAY_TEXT], soon[DAY_TEXT];
    char behind_soon[DAY_TEXT + 1]; /* the least text behind all that begin with `soon` */
    char open_states[LEDGER_STATES];
    char behind[LIST_ID_SIZE];
    int64_t all, overdue, due;
    json_t *by_state;
};

/* An id in hexadecimal digits: it may be in any script. */
static json_t *place_json(const char *id)
{
    char words[2 * LIST_ID_SIZE] = "";

    for (size_t i = 0; id[i] != '\0' && i < LIST_ID_SIZE; i++)
        snprintf(words + 2 * i, 3, "%02x", (unsigned char)id[i]);
    return ledger_words(words);
}

static bool read_place(const char *words, char id[LIST_ID_SIZE])
{
    size_t length = strlen(words);

    if (length == 0 || length % 2 != 0 || length / 2 >= LIST_ID_SIZE ||
        strspn(words, "0123456789abcdef") != length)
        return false;
    for (size_t i = 0; i < length / 2; i++) {
        const char digits[] = {words[2 * i], words[2 * i + 1], '\0'};

        id[i] = (char)strtoul(digits, NULL, 16);
        if (id[i] == '\0')
            return false;
    }
    id[length / 2] = '\0';
    return true;
}

static size_t count_characters(const char *words)
{
    size_t count = 0;

    for (; *words != '\0'; words++)
        count += ((unsigned char)*words & 0xc0) != 0x80;
    return count;
}

static bool read_after(struct listing *listing)
{
    struct call *call = listing->call;
    const char *after = http_query_get(call->query, "after");
    const char *words = http_query_get(call->query, "q");

    if (after != NULL && !read_place(after, listing->behind))
        return call_refuse_after(call, after);
    if (words != NULL && count_characters(words) > WORDS_MOST) {
        call_refuse(call, ERROR_WRONG_USE, SAY("q：至多 %d 个字", "q: at most %d characters"),
                    (int)WORDS_MOST);
        return false;
    }
    listing->wish.behind = listing->behind;
    listing->wish.words = words != NULL && words[0] != '\0' ? words : NULL;
    return true;
}

static bool read_wish(struct listing *listing)
{
    static const char *const dues[] = {"overdue", "soon", NULL};
    const char *states[TASK_STATE_COUNT + 1] = {NULL};
    struct call *call = listing->call;
    struct tasks_wish *wish = &listing->wish;
    const char *due;

    for (int i = 0; i < TASK_STATE_COUNT; i++)
        states[i] = task_state_word((enum task_state)i);
    wish->village = http_query_get(call->query, "village");
    wish->category = http_query_get(call->query, "category");
    wish->owner = http_query_get(call->query, "owner");
    wish->site = http_query_get(call->query, "site");
    if (!ledger_limit(call, &wish->most) || !call_word(call, "state", states, &wish->state) ||
        !call_word(call, "due", dues, &due) || !read_after(listing))
        return false;
    if (due != NULL) {
        bool is_overdue = strcmp(due, dues[0]) == 0;

        wish->states = listing->open_states;
        wish->due_from = is_overdue ? "" : listing->today;
        wish->due_before = is_overdue ? listing->today : listing->behind_soon;
    }
    return true;
}

static void begin_listing(struct listing *listing, struct call *call)
{
    struct wall_time now = clock_wall(call->host->clock);

    *listing = (struct listing){.call = call, .by_state = json_object()};
    day_text(now, listing->today);
    now.ms += call->host->settings->terms->due_soon_ms;
    day_text(now, listing->soon);
    snprintf(listing->behind_soon, sizeof listing->behind_soon, "%s~", listing->soon);
    ledger_open_states(listing->open_states);
}

static bool add_task(void *self, const char *body, const char *relapses)
{
    struct listing *listing = self;
    json_t *task = ledger_task_json(listing->call, body, relapses);

    if (task != NULL) {
        pieces_part(&listing->pieces);
        pieces_add_new(&listing->pieces, task);
    }
    return true;
}

static bool add_count(void *self, const char *state, int64_t count, int64_t past, int64_t due)
{
    struct listing *listing = self;

    listing->all += count;
    json_object_set_new(listing->by_state, state, json_integer(count));
    if (ledger_is_open(state)) {
        listing->overdue += past;
        listing->due += due;
    }
    return true;
}

static bool add_words(void *self, const char *words)
{
    struct listing *listing = self;

    pieces_part(&listing->pieces);
    pieces_add_new(&listing->pieces, ledger_words(words));
    return true;
}

/* How many of each there are in the whole ledger, whatever is shown of it. */
static bool write_counts(struct listing *listing, struct error *err)
{
    struct reader *reader = listing->call->reader;
    struct pieces *pieces = &listing->pieces;

    if (!reader_due_counts(reader, listing->today, listing->soon, add_count, listing, err))
        return false;
    pieces_add(pieces, "],\"counts\":");
    pieces_add_new(pieces,
                   json_pack("{s:I, s:O, s:I, s:I}", "all", (json_int_t)listing->all, "by_state",
                             listing->by_state, "overdue", (json_int_t)listing->overdue, "soon",
                             (json_int_t)listing->due));
    pieces_add(pieces, ",\"villages\":[");
    if (!reader_task_villages(reader, LISTED_MOST, add_words, listing, err))
        return false;
    pieces_add(pieces, "],\"owners\":[");
    if (!reader_task_owners(reader, LISTED_MOST, add_words, listing, err))
        return false;
    pieces_add(pieces, "]");
    return true;
}

void ledger_tasks(struct call *call)
{
    struct listing listing;
    struct error err = {0};
    char next[LIST_ID_SIZE];

    begin_listing(&listing, call);
    if (read_wish(&listing)) {
        pieces_add(&listing.pieces, "{\"tasks\":[");
        if (reader_task_page(call->reader, &listing.wish, add_task, &listing, next, &err) &&
            write_counts(&listing, &err)) {
            pieces_add(&listing.pieces, ",\"next\":");
            pieces_add_new(&listing.pieces, place_json(next));
            pieces_add(&listing.pieces, "}");
            pieces_answer(&listing.pieces, call->answer);
        } else {
            answer_refuse(call->answer, &err);
        }
    }
    pieces_end(&listing.pieces);
    json_decref(listing.by_state);
}
