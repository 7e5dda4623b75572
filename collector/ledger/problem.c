#include "ledger/problem.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "ledger/standard.h"

static const int64_t minute_ms = 60 * 1000;

void problem_uid(const char *collector, const char *rule, const char *point, struct wall_time first,
                 uint64_t again, char uid[UID_SIZE])
{
    char words[NAME_SIZE * 2 + POINT_SIZE + WALL_TEXT + 32];
    char time[WALL_TEXT];
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    struct text text;

    text_init(&text, words, sizeof words);
    text_format(&text, "%s\n%s\n%s\n%s", collector, rule, point, wall_text(first, time));
    if (again != 0)
        text_format(&text, "\n%llu", (unsigned long long)again);
    EVP_Digest(words, text.used, digest, NULL, EVP_sha256(), NULL);
    for (size_t i = 0; i < 16; i++)
        snprintf(uid + 2 * i, 3, "%02x", digest[i]);
}

static void take_limit(struct problem_limit *out, const struct limit *limit, enum period on)
{
    *out = (struct problem_limit){.period = on};
    if (limit == NULL)
        return;
    memcpy(out->standard, limit->standard, sizeof out->standard);
    memcpy(out->edition, limit->edition, sizeof out->edition);
    memcpy(out->clause, limit->clause, sizeof out->clause);
    memcpy(out->class_, limit->class_, sizeof out->class_);
    out->verified = limit->verified;
    if (limit->on != PERIOD_READING)
        out->period = limit->on;
}

void problem_take_stage(struct problem *problem, const struct problem_cause *cause)
{
    const struct bound *bound = &cause->stage->bound;

    problem->nature = cause->rule->nature;
    problem->bound = bound->kind;
    problem->low = bound->kind == BOUND_ABOVE ? 0.0 : bound->low;
    problem->high = bound->kind == BOUND_BELOW ? 0.0 : bound->high;
    take_limit(&problem->limit, cause->stage->limit, cause->on);
}

static void take_worst(struct problem *problem, const struct problem_cause *cause)
{
    const struct bound *bound = &cause->stage->bound;

    problem->worst = cause->episode->worst;
    problem->worst_at = cause->episode->worst_at;
    problem->worst_low = bound->kind == BOUND_ABOVE ? 0.0 : bound->low;
    problem->worst_high = bound->kind == BOUND_BELOW ? 0.0 : bound->high;
}

/* Each value against the bound it broke; bounds of another kind cannot be compared. */
static bool is_worse(const struct problem *problem, const struct problem_cause *cause)
{
    const struct bound *bound = &cause->stage->bound;
    const struct bound broken = {
        .kind = problem->bound, .low = problem->worst_low, .high = problem->worst_high};

    return bound->kind == problem->bound &&
           bound_beyond(bound, cause->episode->worst) > bound_beyond(&broken, problem->worst);
}

static void take_episode(struct problem *problem, const struct episode *episode)
{
    if (episode->last.ms > problem->last.ms)
        problem->last = episode->last;
}

void problem_begin(struct problem *problem, const char *uid, uint32_t point,
                   const struct watch_view *about, const struct problem_cause *cause)
{
    *problem = (struct problem){.state = PROBLEM_OPEN,
                                .point = point,
                                .about = *about,
                                .first = cause->episode->first,
                                .last = cause->episode->last,
                                .ended = WALL_NONE,
                                .episodes = 1,
                                .told = WALL_NONE,
                                .acknowledged = WALL_NONE};
    snprintf(problem->uid, sizeof problem->uid, "%s", uid);
    snprintf(problem->rule, sizeof problem->rule, "%s", cause->rule->name);
    problem_take_stage(problem, cause);
    take_worst(problem, cause);
}

void problem_join(struct problem *problem, const struct problem_cause *cause)
{
    bool worse = is_worse(problem, cause) || problem->bound != cause->stage->bound.kind;

    problem->state = PROBLEM_OPEN;
    problem->ended = WALL_NONE;
    problem->episodes++;
    take_episode(problem, cause->episode);
    problem_take_stage(problem, cause);
    if (worse)
        take_worst(problem, cause);
}

bool problem_go_on(struct problem *problem, const struct problem_cause *cause)
{
    int64_t untold_ms;

    take_episode(problem, cause->episode);
    if (is_worse(problem, cause))
        take_worst(problem, cause);
    untold_ms = problem->last.ms - problem->told.ms;
    if (untold_ms < minute_ms)
        return false;
    return problem->worst != problem->told_worst ||
           untold_ms >= (problem->last.ms - problem->first.ms) / 64;
}

void problem_end(struct problem *problem, struct wall_time ended, bool proven)
{
    if (proven)
        problem->state = PROBLEM_RECOVERED;
    problem->ended = ended.ms > problem->last.ms ? ended : problem->last;
}

void problem_close(struct problem *problem)
{
    problem->state = PROBLEM_CLOSED;
}

bool problem_is_running(const struct problem *problem)
{
    return problem->state == PROBLEM_OPEN && !wall_is_known(problem->ended);
}

void problem_tell(struct problem *problem)
{
    problem->version++;
    problem->told = problem->last;
    problem->told_worst = problem->worst;
}

bool parameter_has_multiple(const struct parameter *parameter)
{
    static const char *const without[] = {"water_temperature", "ph", "dissolved_oxygen", "orp"};

    if (parameter == NULL || parameter->medium == MEDIUM_NOISE ||
        parameter->medium == MEDIUM_WEATHER)
        return false;
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        if (strcmp(parameter->key, without[i]) == 0)
            return false;
    return true;
}

double problem_multiple(const struct problem *problem, const struct parameter *parameter)
{
    if (problem->bound == BOUND_BELOW || !(problem->worst_high > 0.0) ||
        !(problem->worst > problem->worst_high))
        return NAN;
    if (!parameter_has_multiple(parameter))
        return NAN;
    return round((problem->worst - problem->worst_high) / problem->worst_high * 1e4) / 1e4;
}

static void write_words(struct text *text, const char *key, const char *words)
{
    text_format(text, "\"%s\":", key);
    if (words == NULL || words[0] == '\0')
        text_add(text, "null");
    else
        text_add_json(text, words);
}

static void write_time(struct text *text, const char *key, struct wall_time time)
{
    char words[WALL_TEXT];

    write_words(text, key, wall_text(time, words));
}

/* A doubt of the screening has no bound, and perhaps no value: the largest number stands for it. */
static void write_number(struct text *text, double number)
{
    if (fabs(number) < DBL_MAX)
        text_add_number(text, number);
    else
        text_add(text, "null");
}

static void write_acknowledged(struct text *text, const struct problem *problem)
{
    if (!wall_is_known(problem->acknowledged)) {
        text_add(text, "\"acknowledged\":null");
        return;
    }
    text_add(text, "\"acknowledged\":{");
    write_words(text, "by", problem->acknowledged_by);
    text_add_char(text, ',');
    write_time(text, "time", problem->acknowledged);
    text_add_char(text, '}');
}

static void write_site(struct text *text, const struct catalog_site *site)
{
    text_add(text, "\"site\":{");
    write_words(text, "name", site == NULL ? NULL : site->name);
    text_add_char(text, ',');
    write_words(text, "title", site == NULL ? NULL : site->title);
    text_add_char(text, ',');
    write_words(text, "village", site == NULL ? NULL : site->village);
    text_add_char(text, ',');
    write_words(text, "grid", site == NULL ? NULL : site->grid);
    text_add_char(text, '}');
}

/* A retired point of a parameter nobody knows any more still has its channel's name. */
static void write_parameter(struct text *text, const struct catalog_point *point,
                            const struct parameter *parameter)
{
    text_add(text, "\"parameter\":{");
    if (parameter == NULL) {
        write_words(text, "key", point == NULL ? NULL : point->channel);
        text_add(text, ",\"title\":null,\"unit\":null}");
        return;
    }
    write_words(text, "key", parameter->key);
    text_add_char(text, ',');
    write_words(text, "title", parameter_title(parameter));
    text_add(text, ",\"unit\":");
    text_add_json(text, parameter->unit);
    text_add_char(text, '}');
}

static void write_bound(struct text *text, const struct problem *problem)
{
    static const char *const words[] = {
        [BOUND_ABOVE] = "above", [BOUND_BELOW] = "below", [BOUND_BETWEEN] = "between"};

    text_format(text, "\"bound\":{\"%s\":", words[problem->bound]);
    if (problem->bound == BOUND_BETWEEN)
        text_add_char(text, '[');
    if (problem->bound != BOUND_ABOVE)
        write_number(text, problem->low);
    if (problem->bound == BOUND_BETWEEN)
        text_add_char(text, ',');
    if (problem->bound != BOUND_BELOW)
        write_number(text, problem->high);
    if (problem->bound == BOUND_BETWEEN)
        text_add_char(text, ']');
    text_add_char(text, '}');
}

static void write_limit(struct text *text, const struct problem_limit *limit)
{
    if (limit->standard[0] == '\0') {
        text_add(text, "\"limit\":null,");
        return;
    }
    text_add(text, "\"limit\":{");
    write_words(text, "standard", limit->standard);
    text_add_char(text, ',');
    write_words(text, "edition", limit->edition);
    text_add_char(text, ',');
    write_words(text, "clause", limit->clause);
    text_add_char(text, ',');
    write_words(text, "class", limit->class_);
    text_add_char(text, ',');
    write_words(text, "period", period_word(limit->period));
    text_format(text, ",\"verified\":%s},", limit->verified ? "true" : "false");
}

/* The ids of its tasks, or only of those it is a relapse of. */
static void write_tasks(struct text *text, const struct watch_view *about,
                        const struct watch *watch, bool relapse)
{
    bool first = true;

    text_format(text, "\"%s\":[", relapse ? "relapse_of" : "tasks");
    for (unsigned i = 0; watch != NULL && i < about->task_count; i++) {
        if (relapse && !(about->relapse >> i & 1))
            continue;
        if (!first)
            text_add_char(text, ',');
        text_add_json(text, watch_task(watch, about->tasks[i])->id);
        first = false;
    }
    text_add(text, "],");
}

static void write_course(struct text *text, const struct problem *problem,
                         const struct parameter *parameter)
{
    write_time(text, "first", problem->first);
    text_add_char(text, ',');
    write_time(text, "last", problem->last);
    text_add_char(text, ',');
    write_time(text, "ended", problem->ended);
    text_format(text, ",\"episodes\":%u,\"worst\":{", problem->episodes);
    write_time(text, "time", problem->worst_at);
    text_add(text, ",\"value\":");
    write_number(text, problem->worst);
    text_add(text, ",\"multiple\":");
    write_number(text, problem_multiple(problem, parameter));
    text_add_char(text, '}');
}

void problem_write(struct text *text, const struct problem *problem, const struct catalog *catalog,
                   const struct watch *watch)
{
    const struct catalog_point *point = catalog_point(catalog, problem->point);
    const struct catalog_device *device = point == NULL ? NULL : &catalog->devices[point->device];
    const struct parameter *parameter = point == NULL ? NULL : point->parameter;
    char name[POINT_SIZE] = "";

    text_format(text, "{\"uid\":\"%s\",\"version\":%u,", problem->uid, problem->version);
    write_words(text, "collector", catalog->collector);
    text_format(text, ",\"kind\":\"%s\",\"nature\":\"%s\",\"state\":\"%s\",",
                problem_kind_word(problem->about.kind), rule_nature_word(problem->nature),
                problem_state_word(problem->state));
    write_acknowledged(text, problem);
    text_add_char(text, ',');
    write_site(text, device == NULL ? NULL : &catalog->sites[device->site]);
    text_add_char(text, ',');
    write_words(text, "point", point == NULL ? NULL : catalog_point_name(catalog, point, name));
    text_add_char(text, ',');
    write_parameter(text, point, parameter);
    text_add_char(text, ',');
    write_words(text, "rule", problem->rule);
    text_add_char(text, ',');
    write_limit(text, &problem->limit);
    write_bound(text, problem);
    text_add_char(text, ',');
    write_tasks(text, &problem->about, watch, false);
    write_tasks(text, &problem->about, watch, true);
    write_course(text, problem, parameter);
    text_format(text, ",\"simulated\":%s,\"seal\":null}",
                device != NULL && device->simulated ? "true" : "false");
}

const char *problem_state_word(enum problem_state state)
{
    static const char *const words[] = {[PROBLEM_NONE] = "",
                                        [PROBLEM_OPEN] = "open",
                                        [PROBLEM_RECOVERED] = "recovered",
                                        [PROBLEM_CLOSED] = "closed"};

    return words[state];
}
