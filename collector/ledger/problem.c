#include "ledger/problem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

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

static void take_bound(struct problem *problem, const struct rule *rule)
{
    problem->nature = rule->nature;
    problem->bound = rule->bound;
    problem->low = rule->bound == BOUND_ABOVE ? 0.0 : rule->low;
    problem->high = rule->bound == BOUND_BELOW ? 0.0 : rule->high;
}

static void take_worst(struct problem *problem, const struct episode *episode)
{
    problem->worst = episode->worst;
    problem->worst_at = episode->worst_at;
}

void problem_begin(struct problem *problem, const char *uid, const struct rule *rule,
                   uint32_t point, const struct episode *episode)
{
    *problem = (struct problem){.state = PROBLEM_OPEN,
                                .point = point,
                                .first = episode->first,
                                .last = episode->last,
                                .ended = WALL_NONE,
                                .episodes = 1,
                                .told = WALL_NONE,
                                .acknowledged = WALL_NONE};
    snprintf(problem->uid, sizeof problem->uid, "%s", uid);
    snprintf(problem->rule, sizeof problem->rule, "%s", rule->name);
    take_bound(problem, rule);
    take_worst(problem, episode);
}

void problem_join(struct problem *problem, const struct rule *rule, const struct episode *episode)
{
    bool comparable = problem->bound == rule->bound;

    problem->state = PROBLEM_OPEN;
    problem->ended = WALL_NONE;
    problem->episodes++;
    if (episode->last.ms > problem->last.ms)
        problem->last = episode->last;
    take_bound(problem, rule);
    if (!comparable || episode_is_worse(rule, episode->worst, problem->worst))
        take_worst(problem, episode);
}

bool problem_go_on(struct problem *problem, const struct rule *rule, const struct episode *episode)
{
    int64_t untold_ms;

    if (episode->last.ms > problem->last.ms)
        problem->last = episode->last;
    if (episode_is_worse(rule, episode->worst, problem->worst))
        take_worst(problem, episode);
    untold_ms = problem->last.ms - problem->told.ms;
    if (untold_ms < minute_ms)
        return false;
    return episode_is_worse(rule, problem->worst, problem->told_worst) ||
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

double problem_multiple(const struct problem *problem, const struct parameter *parameter)
{
    static const char *const without[] = {"water_temperature", "ph", "dissolved_oxygen", "orp"};

    if (problem->bound == BOUND_BELOW || !(problem->high > 0.0) ||
        !(problem->worst > problem->high))
        return NAN;
    if (parameter == NULL || parameter->medium == MEDIUM_NOISE ||
        parameter->medium == MEDIUM_WEATHER)
        return NAN;
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        if (strcmp(parameter->key, without[i]) == 0)
            return NAN;
    return round((problem->worst - problem->high) / problem->high * 1e4) / 1e4;
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

static void write_number(struct text *text, double number)
{
    if (isfinite(number))
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

void problem_write(struct text *text, const struct problem *problem, const struct catalog *catalog)
{
    const struct catalog_point *point = catalog_point(catalog, problem->point);
    const struct catalog_device *device = point == NULL ? NULL : &catalog->devices[point->device];
    const struct parameter *parameter = point == NULL ? NULL : point->parameter;
    char name[POINT_SIZE] = "";

    text_format(text, "{\"uid\":\"%s\",\"version\":%u,", problem->uid, problem->version);
    write_words(text, "collector", catalog->collector);
    text_format(text, ",\"kind\":\"new\",\"nature\":\"%s\",\"state\":\"%s\",",
                rule_nature_word(problem->nature), problem_state_word(problem->state));
    write_acknowledged(text, problem);
    text_add_char(text, ',');
    write_site(text, device == NULL ? NULL : &catalog->sites[device->site]);
    text_add_char(text, ',');
    write_words(text, "point", point == NULL ? NULL : catalog_point_name(catalog, point, name));
    text_add_char(text, ',');
    write_parameter(text, point, parameter);
    text_add_char(text, ',');
    write_words(text, "rule", problem->rule);
    text_add(text, ",\"limit\":null,");
    write_bound(text, problem);
    text_add(text, ",\"tasks\":[],\"relapse_of\":[],");
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
