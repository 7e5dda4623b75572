#include "app/probe_known.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drivers/identity.h"

enum { QUESTIONS_MAX = 1024 };

static const double readable_share = 0.5; /* of its channels, below which a model is not named */
static const double worth_naming = 3.0;   /* bits of evidence */
static const double fits_well = 12.0;     /* four thousand to one against chance */
static const double ahead = 3.0;          /* of the next best */

/* One question, asked once however many profiles ask it. */
struct question {
    struct request request;
    struct probe_answer answer;
};

struct recognition {
    uint8_t unit;
    struct question *questions;
    size_t count;
    struct plan *plans; /* one for each profile */
};

static bool make_plan(struct plan *plan, const struct profile *profile)
{
    const struct channel *wanted[POLL_READINGS_MAX];
    const struct gaps none = {.count = 0};
    struct error unused;

    if (profile->channel_count > POLL_READINGS_MAX)
        return false;
    for (size_t i = 0; i < profile->channel_count; i++)
        wanted[i] = &profile->channels[i];
    return plan_make(plan, profile, wanted, profile->channel_count, &none, 0, &unused);
}

/* The examples to copy are no instruments. */
static bool is_invented(const struct profile *profile)
{
    return strncmp(profile->model, "example_", 8) == 0;
}

static struct request request_of(uint8_t unit, const struct planned *planned)
{
    return (struct request){.unit = unit,
                            .function = area_function(planned->area),
                            .address = planned->address,
                            .count = planned->count};
}

static struct question *find_question(const struct recognition *work, const struct request *request)
{
    for (size_t i = 0; i < work->count; i++)
        if (request_is_same(&work->questions[i].request, request))
            return &work->questions[i];
    return NULL;
}

/* The wake step of a profile is left out: a search starts nothing. */
static void add_question(struct recognition *work, const struct planned *planned)
{
    struct request request = request_of(work->unit, planned);

    if (planned->count > 0 && work->count < QUESTIONS_MAX && find_question(work, &request) == NULL)
        work->questions[work->count++] = (struct question){.request = request};
}

static const struct planned *first_of(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->requests[i].count > 0)
            return &plan->requests[i];
    return NULL;
}

static bool was_answered(const struct recognition *work, const struct planned *planned)
{
    struct request request = request_of(work->unit, planned);
    const struct question *question = find_question(work, &request);

    return question != NULL && question->answer.answered;
}

/* Asks what has been added since `from`. */
static bool ask_from(const struct probe_way *way, struct recognition *work, size_t from,
                     struct error *err)
{
    struct probe_answer *answers = calloc(PROBE_BATCH_MAX, sizeof *answers);
    bool good = answers != NULL;

    while (good && from < work->count) {
        struct request requests[PROBE_BATCH_MAX];
        size_t left = work->count - from;
        size_t count = left < PROBE_BATCH_MAX ? left : PROBE_BATCH_MAX;

        for (size_t i = 0; i < count; i++)
            requests[i] = work->questions[from + i].request;
        good = way->ask(way->self, requests, count, answers, err);
        for (size_t i = 0; i < count; i++)
            work->questions[from + i].answer = answers[i];
        from += count;
    }
    free(answers);
    return good;
}

static struct planned planned_item(const struct identity_item *item)
{
    return (struct planned){item->area, item->address, item->words, false};
}

static void add_rest(struct recognition *work, const struct profile *profile,
                     const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        add_question(work, &plan->requests[i]);
    for (size_t i = 0; i < profile->identity_count; i++) {
        struct planned planned = planned_item(&profile->identity[i]);

        if (profile->identity[i].expect[0] != '\0')
            add_question(work, &planned);
    }
}

/* First the first question of every profile, then the rest of those that were answered. */
static bool ask_all(const struct probe_way *way, struct recognition *work,
                    const struct shelf *shelf, struct error *err)
{
    size_t asked;

    for (size_t i = 0; i < shelf->count; i++)
        if (!is_invented(shelf->profiles[i]) && make_plan(&work->plans[i], shelf->profiles[i]) &&
            first_of(&work->plans[i]) != NULL)
            add_question(work, first_of(&work->plans[i]));
        else
            work->plans[i].count = 0;
    if (!ask_from(way, work, 0, err))
        return false;
    asked = work->count;
    for (size_t i = 0; i < shelf->count; i++) {
        const struct planned *first = first_of(&work->plans[i]);

        if (first != NULL && was_answered(work, first))
            add_rest(work, shelf->profiles[i], &work->plans[i]);
    }
    return ask_from(way, work, asked, err);
}

static size_t make_blocks(const struct recognition *work, const struct plan *plan,
                          struct block *blocks)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++) {
        const struct planned *planned = &plan->requests[i];
        struct request request = request_of(work->unit, planned);
        const struct question *question = find_question(work, &request);
        bool answered = question != NULL && question->answer.answered;

        if (planned->count == 0)
            continue;
        blocks[count++] = (struct block){
            .area = planned->area,
            .address = planned->address,
            .count = planned->count,
            .answered = answered,
            .cause = question == NULL ? CAUSE_TIMEOUT : question->answer.cause,
            .bytes = answered ? question->answer.data : NULL,
        };
    }
    return count;
}

/* How many bits of evidence a value in its span is: a span that half of all registers would hit is
 * one bit. A register of 0 says little, whatever its type. */
static double evidence_of(const struct channel *channel, double value)
{
    double span, all;

    if (value == 0.0)
        return 0.2;
    if (channel->type == WORDS_FLOAT32)
        return fabs(value) > 1e-4 ? 6.0 : 0.5;
    if (channel_word_count(channel) == 2)
        return 4.0;
    span = (channel->valid_max - channel->valid_min) / decimal_to_double(channel->scale);
    all = 65536.0;
    if (!(span > 0.0) || span >= all)
        return 0.2;
    return fmin(log2(all / span), 6.0);
}

/* The cause may be another: of a state of the device, say. */
static bool is_beyond(const struct channel *channel, double value)
{
    return value < channel->valid_min || value > channel->valid_max; /* NAN: neither */
}

static void weigh_channel(struct candidate *candidate, const struct channel *channel,
                          const struct reading *reading)
{
    bool readable = reading->quality != QUALITY_NO_ANSWER;
    bool odd = reading->cause == CAUSE_ABOVE_SPAN || reading->cause == CAUSE_BELOW_SPAN ||
               reading->cause == CAUSE_NOT_A_NUMBER || is_beyond(channel, reading->value);

    candidate->readable += readable;
    candidate->in_range += readable && !odd && reading_has_value(reading);
    if (!readable)
        candidate->score -= 6.0;
    else if (odd)
        candidate->score -= 5.0;
    else if (reading_has_value(reading))
        candidate->score += evidence_of(channel, reading->value);
}

/* What the registers say of the model itself outweighs all values. */
static void weigh_identity(const struct recognition *work, const struct profile *profile,
                           struct candidate *candidate)
{
    for (size_t i = 0; i < profile->identity_count; i++) {
        const struct identity_item *item = &profile->identity[i];
        struct planned planned = planned_item(item);
        struct request request = request_of(work->unit, &planned);
        const struct question *question = find_question(work, &request);
        char value[IDENTITY_VALUE];

        if (item->expect[0] == '\0' || question == NULL)
            continue;
        if (!question->answer.answered) {
            candidate->score -= 6.0;
            continue;
        }
        identity_value(item, question->answer.data, value);
        if (strcmp(value, item->expect) == 0)
            candidate->said++;
        else
            candidate->denied++;
    }
    candidate->score += 25.0 * (double)candidate->said - 60.0 * (double)candidate->denied;
}

static void weigh(const struct recognition *work, const struct profile *profile,
                  const struct plan *plan, const struct link_setup *line,
                  struct candidate *candidate)
{
    const struct channel *channels[POLL_READINGS_MAX];
    struct block blocks[PLAN_REQUESTS_MAX];
    size_t count = make_blocks(work, plan, blocks);

    *candidate = (struct candidate){.profile = profile};
    for (size_t i = 0; i < profile->channel_count; i++)
        channels[i] = &profile->channels[i];
    profile_decode(profile, channels, profile->channel_count, blocks, count, candidate->readings);
    for (size_t i = 0; i < profile->channel_count; i++)
        weigh_channel(candidate, channels[i], &candidate->readings[i]);
    weigh_identity(work, profile, candidate);
    candidate->other_line =
        line->kind == LINK_SERIAL && profile->baud > 0 &&
        (profile->baud != line->baud || (profile->parity[0] & ~0x20) != line->parity);
    candidate->score += candidate->other_line ? -2.0 : 1.0;
}

static void keep_best(struct candidates *candidates, const struct candidate *candidate)
{
    size_t at = candidates->count;

    while (at > 0 && candidates->list[at - 1].score < candidate->score)
        at--;
    if (at == CANDIDATES_MAX)
        return;
    if (candidates->count < CANDIDATES_MAX)
        candidates->count++;
    memmove(&candidates->list[at + 1], &candidates->list[at],
            (candidates->count - at - 1) * sizeof candidates->list[0]);
    candidates->list[at] = *candidate;
}

static bool is_worth_naming(const struct candidate *candidate)
{
    return candidate->score >= worth_naming &&
           (double)candidate->in_range >=
               readable_share * (double)candidate->profile->channel_count;
}

static bool make_room(struct recognition *work, struct candidates *candidates,
                      const struct shelf *shelf)
{
    candidates->list = calloc(CANDIDATES_MAX, sizeof *candidates->list);
    work->questions = calloc(QUESTIONS_MAX, sizeof *work->questions);
    work->plans = calloc(shelf->count + 1, sizeof *work->plans);
    return candidates->list != NULL && work->questions != NULL && work->plans != NULL;
}

/* One at a time: a candidate with all its readings is large. */
static bool weigh_all(const struct recognition *work, const struct shelf *shelf,
                      const struct link_setup *line, struct candidates *candidates)
{
    struct candidate *candidate = calloc(1, sizeof *candidate);

    for (size_t i = 0; candidate != NULL && i < shelf->count; i++) {
        const struct planned *first = first_of(&work->plans[i]);

        if (first == NULL || !was_answered(work, first))
            continue;
        weigh(work, shelf->profiles[i], &work->plans[i], line, candidate);
        if (!is_worth_naming(candidate))
            continue;
        candidates->others += candidates->count == CANDIDATES_MAX;
        keep_best(candidates, candidate);
    }
    free(candidate);
    return candidate != NULL;
}

bool probe_recognise(const struct probe_way *way, uint8_t unit, const struct shelf *shelf,
                     const struct link_setup *line, struct candidates *candidates,
                     struct error *err)
{
    struct recognition work = {.unit = unit};
    bool good;

    *candidates = (struct candidates){.list = NULL};
    good = make_room(&work, candidates, shelf) ||
           error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    good = good && ask_all(way, &work, shelf, err) &&
           (weigh_all(&work, shelf, line, candidates) ||
            error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory")));
    free(work.questions);
    free(work.plans);
    return good;
}

void candidates_end(struct candidates *candidates)
{
    free(candidates->list);
    *candidates = (struct candidates){.list = NULL};
}

bool candidates_agree(const struct candidates *candidates)
{
    const struct candidate *best = candidates->list;

    if (candidates->count == 0 || best->in_range < best->profile->channel_count)
        return false;
    return best->score >= fits_well &&
           (candidates->count == 1 || best->score >= best[1].score + ahead);
}

size_t probe_first_questions(const struct shelf *shelf, struct request *questions,
                             const struct profile **of, size_t room)
{
    struct plan *plan = calloc(1, sizeof *plan);
    size_t count = 0;

    for (size_t i = 0; plan != NULL && i < shelf->count && count < room; i++) {
        bool known = is_invented(shelf->profiles[i]) || !make_plan(plan, shelf->profiles[i]) ||
                     first_of(plan) == NULL;
        struct request request =
            known ? (struct request){.unit = 1} : request_of(1, first_of(plan));

        for (size_t j = 0; !known && j < count; j++)
            known = request_is_same(&questions[j], &request) &&
                    of[j]->baud == shelf->profiles[i]->baud &&
                    of[j]->parity[0] == shelf->profiles[i]->parity[0];
        if (known)
            continue;
        questions[count] = request;
        of[count++] = shelf->profiles[i];
    }
    free(plan);
    return count;
}
