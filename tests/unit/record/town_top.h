/* town_top.h - a small town on a table, under a held clock: five devices asked every five minutes,
 * rules on readings and on periods, maintenance, tasks, readings that come late, an edited rule.
 *
 * What happens at step k is a function of k alone, so that a run that was killed anywhere goes on
 * with exactly what is missing: town_live() looks into the store how far it came.
 */
#ifndef TESTS_TOWN_TOP_H
#define TESTS_TOWN_TOP_H

#include "unit/record/bench_top.h"

enum { TOWN_EVERY_MS = 5 * MINUTE_MS, TOWN_DEVICES = 5, TOWN_POINTS = 8, TOWN_RULES = 7 };

struct town_device {
    const char *site, *name;
    const char *channels[2];
};

static const struct town_device town_devices[TOWN_DEVICES] = {
    {"chuanyang", "sonde",   {"ammonia_nitrogen", "ph"}      },
    {"school",    "noise",   {"la", NULL}                    },
    {"building",  "dust",    {"pm10", "pm2_5"}               },
    {"roof",      "weather", {"wind_direction", "wind_speed"}},
    {"roof",      "ozone",   {"o3", NULL}                    },
};

struct town {
    char dir[64];
    struct held_clock clock;
    struct parameters *parameters;
    struct tally_plans *tallies;
    struct screen_plans *screens;
    struct catalog_site sites[TOWN_DEVICES];
    struct catalog_device devices[TOWN_DEVICES];
    struct catalog_point points[TOWN_POINTS];
    struct catalog catalog;
    struct rule rules[TOWN_RULES];
    struct lanes lanes[TOWN_RULES];
    const struct lanes *rule_lanes[TOWN_RULES];
    uint32_t rule_points[TOWN_RULES];
    size_t rule_count;
    struct store *store;
    struct mailbox *mailbox;
    struct trust *trust;
    struct notices *notices;
    struct recorder *recorder;
    uint32_t profile;
    int64_t keep_ms;
    int64_t since_ms; /* of every device; 0: not said */
    enum trust_by trust_by;
    bool blind;      /* the wall clock stands at 1970 */
    unsigned steps;  /* there are */
    unsigned edited; /* from this step on the settings are the edited ones */
    bool bare;       /* without any rule */
    bool seals;
    int64_t sonde_ms;   /* the sonde is asked this often; 0: like the others */
    unsigned doomed;    /* at this step … */
    void (*doom)(void); /* … this is called */
};

static inline struct wall_time town_time(unsigned step)
{
    return (struct wall_time){bench_start().ms + (int64_t)step * TOWN_EVERY_MS};
}

/* Anything but random, and the same everywhere. */
static inline uint32_t town_noise(uint32_t device, uint32_t step)
{
    uint32_t x = device * 0x9e3779b9u + step * 0x85ebca6bu + 12345u;

    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

static inline void town_load(struct town *town)
{
    struct conf_faults *faults = conf_faults_new();

    assert_true(conf_zone("Asia/Shanghai"));
    town->parameters = parameters_load(SOURCE_ROOT "/config/parameters.conf", faults);
    town->tallies =
        tally_plans_load(SOURCE_ROOT "/config/aggregates.conf", town->parameters, faults);
    town->screens =
        screen_plans_load(SOURCE_ROOT "/config/screening.conf", town->parameters, faults);
    assert_int_equal(conf_faults_count(faults), 0);
    conf_faults_free(faults);
}

static inline void town_init(struct town *town, unsigned steps)
{
    *town = (struct town){.dir = "/tmp/lookback-town-XXXXXX",
                          .keep_ms = (int64_t)400 * 24 * 60 * MINUTE_MS,
                          .trust_by = TRUST_ALWAYS,
                          .steps = steps,
                          .edited = UINT32_MAX,
                          .doomed = UINT32_MAX};
    assert_non_null(mkdtemp(town->dir));
    held_clock_init(&town->clock, bench_start());
    town_load(town);
}

static inline void town_rule(struct town *town, const char *name, const char *channel,
                             enum period on, enum bound_kind kind, double bound)
{
    size_t index = town->rule_count++;
    struct rule *rule = &town->rules[index];
    const struct bound of = {.kind = kind, .low = bound, .high = bound, .decimals = DECIMALS_ALL};

    assert_true(town->rule_count <= TOWN_RULES);
    *rule = (struct rule){.night = *tally_night(town->tallies), .gather_ms = 24 * 60 * MINUTE_MS};
    snprintf(rule->name, sizeof rule->name, "%s", name);
    lanes_of_bound(&town->lanes[index], &of);
    town->lanes[index].lane[0].on = on;
    for (size_t i = 0; i < TOWN_POINTS; i++)
        if (strcmp(town->points[i].channel, channel) == 0)
            town->rule_points[index] = town->points[i].id;
    town->rule_lanes[index] = &town->lanes[index];
    rule->points = &town->rule_points[index];
    rule->lanes = &town->rule_lanes[index];
    rule->point_count = 1;
}

/* `edited`: the bound on ammonia is another one, and the sound at night is judged no more. */
static inline void town_rules(struct town *town, bool edited)
{
    struct lane *second;

    town->rule_count = 0;
    if (town->bare)
        return;
    town_rule(town, "nh3", "ammonia_nitrogen", PERIOD_READING, BOUND_ABOVE, edited ? 1.8 : 1.5);
    town->rules[0].for_ms = 20 * MINUTE_MS;
    town->rules[0].recover_for_ms = 15 * MINUTE_MS;
    town_rule(town, "ph-low", "ph", PERIOD_READING, BOUND_BELOW, 6.5);
    town_rule(town, "dust", "pm10", PERIOD_15MIN, BOUND_ABOVE, 150.0);
    town->rules[2].count_m = 2;
    town->rules[2].count_n = 4;
    town_rule(town, "dust-long", "pm10", PERIOD_1H, BOUND_ABOVE, 160.0);
    second = &town->lanes[3].lane[1]; /* and its day, in the same problem */
    *second = town->lanes[3].lane[0];
    second->on = PERIOD_DAY;
    second->stages[0].bound.high = 120.0;
    town->lanes[3].count = 2;
    town_rule(town, "ozone", "o3", PERIOD_8H, BOUND_ABOVE, 100.0);
    town_rule(town, "loud", "la", PERIOD_1H, BOUND_ABOVE, 68.0);
    if (edited)
        return;
    town_rule(town, "loud-night", "la", PERIOD_READING, BOUND_ABOVE, 55.0);
    town->lanes[6].lane[0].when = WHEN_NIGHT;
}

/* `edited`: the weather is asked half as often. */
static inline void town_name(struct town *town, bool edited)
{
    struct error err = {0};
    static const char profile[] = "model = \"town\";\n";
    uint32_t point = 0;
    uint8_t digest[DIGEST_BYTES];

    digest_of(profile, sizeof profile - 1, digest);
    town->profile = store_profile(town->store, digest, "town", profile, &err);
    for (uint32_t i = 0; i < TOWN_DEVICES; i++) {
        struct catalog_device *device = &town->devices[i];
        const struct town_device *of = &town_devices[i];

        snprintf(town->sites[i].name, sizeof town->sites[i].name, "%s", of->site);
        *device = (struct catalog_device){
            .site = i, .every_ms = TOWN_EVERY_MS, .active = true, .first_point = point};
        device->since_ms = town->since_ms;
        device->every_ms *= edited && i == 3 ? 2 : 1;
        if (i == 0 && town->sonde_ms > 0)
            device->every_ms = town->sonde_ms;
        snprintf(device->name, sizeof device->name, "%s", of->name);
        device->id = store_device(town->store, of->site, of->name, bench_start(), &err);
        for (int n = 0; n < 2 && of->channels[n] != NULL; n++, point++) {
            town->points[point] = (struct catalog_point){
                .device = i, .parameter = parameter_find(town->parameters, of->channels[n])};
            assert_non_null(town->points[point].parameter);
            snprintf(town->points[point].channel, CHANNEL_SIZE, "%s", of->channels[n]);
            town->points[point].id = store_point(town->store, device->id, of->channels[n], &err);
            device->point_count++;
        }
    }
    town->catalog = (struct catalog){.collector = "zj-01",
                                     .sites = town->sites,
                                     .site_count = TOWN_DEVICES,
                                     .devices = town->devices,
                                     .device_count = TOWN_DEVICES,
                                     .points = town->points,
                                     .point_count = TOWN_POINTS};
    assert_true(catalog_index(&town->catalog));
}

static inline void town_open(struct town *town, unsigned step)
{
    struct error err = {0};
    struct recorder_setup setup;

    town->clock.wall = town_time(step);
    town->clock.mono.ns = ns_from_ms((int64_t)step * TOWN_EVERY_MS);
    if (town->blind)
        town->clock.wall.ms = 1000;
    town->store = store_open(town->dir, "boot-one", town->clock.wall, &err);
    if (town->store == NULL)
        fail_msg("%s", err.text);
    town_name(town, step >= town->edited);
    town_rules(town, step >= town->edited);
    town->mailbox = mailbox_new(1 << 20);
    town->trust = trust_new(town->trust_by, &town->clock.clock, store_newest(town->store));
    town->notices = notices_new(&town->clock.clock);
    setup = (struct recorder_setup){.store = town->store,
                                    .mailbox = town->mailbox,
                                    .catalog = &town->catalog,
                                    .rules = town->rules,
                                    .rule_count = town->rule_count,
                                    .tallies = town->tallies,
                                    .screens = town->screens,
                                    .ledger = true,
                                    .clock = &town->clock.clock,
                                    .trust = town->trust,
                                    .notices = town->notices,
                                    .keep_ms = town->keep_ms,
                                    .seals = town->seals,
                                    .seal_every_ms = 60 * MINUTE_MS,
                                    .patience_ms = 60 * MINUTE_MS};
    town->recorder = recorder_new(&setup, &err);
    if (town->recorder == NULL)
        fail_msg("%s", err.text);
}

static inline void town_close(struct town *town)
{
    recorder_free(town->recorder);
    notices_free(town->notices);
    trust_free(town->trust);
    mailbox_free(town->mailbox);
    store_close(town->store);
    free(town->catalog.device_of_id);
    free(town->catalog.point_of_id);
    town->recorder = NULL;
}

static inline void town_end(struct town *town)
{
    if (town->recorder != NULL)
        town_close(town);
    tally_plans_free(town->tallies);
    screen_plans_free(town->screens);
    parameters_free(town->parameters);
    nftw(town->dir, bench_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* What happens ------------------------------------------------------------------------------- */

/* A slow wave, some noise, and hours of trouble now and then. */
static inline double town_value(uint32_t point, unsigned step)
{
    static const double base[TOWN_POINTS] = {0.9, 7.4, 48.0, 70.0, 40.0, 180.0, 2.5, 70.0};
    static const double swing[TOWN_POINTS] = {0.3, 0.3, 5.0, 30.0, 12.0, 170.0, 2.0, 35.0};
    static const double trouble[TOWN_POINTS] = {1.4, -1.5, 22.0, 130.0, 20.0, 0.0, 3.0, 60.0};
    unsigned day = step / 288, hour = step / 12 % 24;
    double wave = hour < 12 ? (double)hour / 12 : 2.0 - (double)hour / 12;
    double value = base[point] + swing[point] * (wave - 0.5) +
                   swing[point] * 0.2 * ((double)(town_noise(point, step) % 1000) / 1000 - 0.5);

    if ((day + point) % 3 == 1 && hour >= 9 + point && hour < 13 + point)
        value += trouble[point];
    return (double)(int64_t)(value * 100) / 100;
}

static inline enum quality town_quality(uint32_t device, unsigned step)
{
    uint32_t noise = town_noise(device + 100, step);

    if (step / 12 % 97 == 31 + device)
        return QUALITY_NO_ANSWER; /* an hour without an answer */
    if (noise % 211 == 0)
        return QUALITY_FAULT;
    return noise % 193 == 0 ? QUALITY_CALIBRATING : QUALITY_NORMAL;
}

static inline void town_poll(struct town *town, uint32_t index, unsigned step)
{
    const struct catalog_device *device = &town->devices[index];
    enum quality quality = town_quality(index, step);
    struct reading readings[2];
    struct poll poll = {.device = device->id,
                        .time = {town_time(step).ms + (int64_t)index * 700},
                        .mono = {ns_from_ms((int64_t)step * TOWN_EVERY_MS)},
                        .boot = store_boot(town->store),
                        .profile = town->profile,
                        .raw = (const uint8_t *)"\x03\x00\x00\x00\x01\x00\x07",
                        .raw_size = 7,
                        .readings = readings,
                        .reading_count = device->point_count};

    for (uint32_t n = 0; n < device->point_count; n++)
        readings[n] = (struct reading){
            .point = town->points[device->first_point + n].id,
            .quality = (uint8_t)quality,
            .value = quality >= QUALITY_FAULT ? NAN : town_value(device->first_point + n, step)};
    assert_true(mailbox_push(town->mailbox, &poll));
}

/* The dust meter keeps an hour to itself now and then and tells it afterwards. */
static inline bool town_is_late(unsigned step)
{
    return step / 12 % 50 == 20;
}

static inline void town_push(struct town *town, unsigned step)
{
    town->clock.wall = town_time(step);
    town->clock.mono.ns = ns_from_ms((int64_t)step * TOWN_EVERY_MS);
    for (uint32_t i = 0; i < TOWN_DEVICES; i++)
        if ((i != 2 || !town_is_late(step)) && (i != 3 || step < town->edited || step % 2 == 0))
            town_poll(town, i, step);
    if (step >= 12 && step % 12 == 6 && town_is_late(step - 12))
        for (unsigned late = step / 12 * 12 - 12; late < step / 12 * 12; late++)
            town_poll(town, 2, late);
}

static inline struct bench_answer town_act(struct town *town, const char *name, json_t *args)
{
    struct bench_answer answer = {0};
    struct error err = {0};
    struct act act = {
        .name = name, .args = args, .who = "li", .by = "", .done = bench_answered, .self = &answer};

    recorder_act(town->recorder, &act);
    if (!recorder_step(town->recorder, &err))
        fail_msg("%s", err.text);
    assert_true(answer.given);
    return answer;
}

/* One each day: a device is said to have been in maintenance, yesterday or in an hour. */
static inline void town_maintain(struct town *town, unsigned step)
{
    unsigned day = step / 288;
    const struct town_device *of = &town_devices[day % TOWN_DEVICES];
    unsigned from = day % 2 == 0 ? step - 200 : step + 12;
    char device[80], note[32], begins[WALL_TEXT], ends[WALL_TEXT];
    struct bench_answer answer;

    snprintf(device, sizeof device, "%s/%s", of->site, of->name);
    snprintf(note, sizeof note, "step %u", step);
    answer = town_act(town, "device.maintenance",
                      json_pack("{s:s, s:s, s:s, s:s}", "device", device, "from",
                                wall_text(town_time(from), begins), "to",
                                wall_text(town_time(from + 30), ends), "note", note));
    if (answer.err.kind != ERROR_NONE)
        fail_msg("%s", answer.err.text);
}

static inline bool town_acts_at(unsigned step)
{
    return step % 288 == 250;
}

/* As the town counts, but for the hours of the night, and fewer periods. */
static inline struct tally_plans *town_other_plans(const struct town *town)
{
    struct conf_faults *faults = conf_faults_new();
    struct tally_plans *plans;
    char path[] = "/tmp/lookback-plans-XXXXXX";
    int file = mkstemp(path);

    assert_true(file >= 0);
    dprintf(file,
            "night = { begins = \"23:00\"; ends = \"05:00\"; };\n"
            "aggregates = ( { period = \"15min\"; share = 75; source = \"\"; verified = false; },"
            " { period = \"1h\"; share = 75; source = \"\"; verified = false; },"
            " { period = \"day\"; of = \"1h\"; need = 1; source = \"\"; verified = false; } );\n");
    close(file);
    plans = tally_plans_load(path, town->parameters, faults);
    if (plans == NULL || conf_faults_count(faults) > 0)
        fail_msg("%s", conf_fault(faults, 0)->text);
    conf_faults_free(faults);
    unlink(path);
    return plans;
}

/* Where it stands ---------------------------------------------------------------------------- */

struct town_trace {
    char last[32];
    char wanted[32];
    bool found;
};

static inline bool town_look(void *self, uint64_t seq, struct wall_time time, const char *who,
                             const char *arguments)
{
    struct town_trace *trace = self;

    (void)seq, (void)time, (void)who;
    trace->found = trace->found || strstr(arguments, trace->wanted) != NULL;
    return true;
}

static inline bool town_latest(void *self, uint64_t seq, struct wall_time time,
                               const struct reading *reading)
{
    (void)seq, (void)reading;
    *(struct wall_time *)self = time;
    return true;
}

static inline bool town_act_is_done(struct town *town, unsigned step)
{
    struct town_trace trace = {.found = false};
    struct error err = {0};
    struct reader *reader = reader_open(town->dir, &err);

    assert_non_null(reader);
    snprintf(trace.wanted, sizeof trace.wanted, "\"step %u\"", step);
    assert_true(reader_events(reader, "device.maintenance", town_look, &trace, &err));
    reader_close(reader);
    return trace.found;
}

/* The step whose polls were committed last; -1: none. The sound meter answers at each. */
static inline int town_committed(struct town *town)
{
    struct wall_time latest = WALL_NONE;
    struct error err = {0};
    char path[96];
    struct reader *reader;
    uint32_t point;

    snprintf(path, sizeof path, "%s/lookback.db", town->dir);
    if (access(path, R_OK) != 0 || (reader = reader_open(town->dir, &err)) == NULL)
        return -1;
    point = reader_point(reader, "school/noise/la");
    if (point != 0)
        assert_true(reader_readings(reader, point, bench_start(), town_time(town->steps + 1),
                                    town_latest, &latest, &err));
    reader_close(reader);
    return wall_is_known(latest) ? (int)((latest.ms - bench_start().ms) / TOWN_EVERY_MS) : -1;
}

/* Lives on from where the store stands; commits after every `batch` steps. */
static inline void town_live(struct town *town, unsigned batch)
{
    struct error err = {0};
    unsigned step = (unsigned)(town_committed(town) + 1);

    town_open(town, step);
    if (step > 0 && town_acts_at(step - 1) && !town_act_is_done(town, step - 1)) {
        town->clock.wall = town_time(step - 1);
        town_maintain(town, step - 1);
    }
    for (; step < town->steps; step++) {
        bool edits = step + 1 == town->edited;

        if (step == town->doomed)
            town->doom();
        town_push(town, step);
        if (step % batch == batch - 1 || town_acts_at(step) || edits || step + 1 == town->steps)
            if (!recorder_step(town->recorder, &err))
                fail_msg("%s", err.text);
        if (town_acts_at(step))
            town_maintain(town, step);
        if (edits) {
            town_close(town);
            town_open(town, step + 1);
        }
    }
}

/* What was concluded ------------------------------------------------------------------------- */

static inline bool town_tell_aggregate(void *self, const struct aggregate *a)
{
    fprintf(self, "%u %s %lld v%u %u/%u/%u %d %a %a %a %a %a %a %a %a %a %a %s\n", a->point,
            period_word(a->period), (long long)a->start.ms, a->version, a->expected, a->count,
            a->valid, a->enough, a->min, a->mean, a->max, a->l10, a->l50, a->l90, a->ld, a->ln,
            a->ldn, a->max_8h, a->cause);
    return true;
}

static inline bool town_tell_episode(void *self, const struct episode_row *row)
{
    fprintf(self, "%s %u %lld %lld %lld %a %s\n", row->uid, row->number, (long long)row->first.ms,
            (long long)row->last.ms, (long long)row->ended.ms, row->worst, row->ended_by);
    return true;
}

static inline bool town_tell_problem(void *self, const char *body)
{
    fprintf(self, "%s\n", body);
    return true;
}

/* Aggregates, episodes and problems in words. Free it. */
static inline char *town_story(struct town *town)
{
    struct error err = {0};
    struct reader *reader = reader_open(town->dir, &err);
    char *words = NULL;
    size_t size;
    FILE *to = open_memstream(&words, &size);

    assert_non_null(reader);
    assert_true(reader_every_aggregate(reader, town_tell_aggregate, to, &err));
    assert_true(reader_episodes(reader, NULL, town_tell_episode, to, &err));
    assert_true(reader_problems(reader, NULL, NULL, NULL, NULL, town_tell_problem, to, &err));
    reader_close(reader);
    fclose(to);
    return words;
}

/* Fails with the first line that is not the same. */
static inline void town_same_story(const char *one, const char *other)
{
    while (*one != '\0' && *other != '\0') {
        size_t a = strcspn(one, "\n"), b = strcspn(other, "\n");

        if (a != b || strncmp(one, other, a) != 0)
            fail_msg("one:   %.*s\nother: %.*s", (int)a, one, (int)b, other);
        one += a + 1;
        other += b + 1;
    }
    if (*one != *other)
        fail_msg("only one of them goes on: %.300s", *one == '\0' ? other : one);
}

#endif
