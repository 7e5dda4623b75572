/* Which configurations count, and what they come to: terms, descriptions, the evaluation. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/conf_same.h"
#include "base/say.h"
#include "report/bundle_case_inside.h"

/* Lines of "DIGEST  NAME". */
bool bundle_item(const char *text, const char *name, uint8_t digest[DIGEST_BYTES])
{
    size_t length = strlen(name);

    for (const char *line = text; *line != '\0';) {
        const char *end = strchr(line, '\n');
        size_t size = end == NULL ? strlen(line) : (size_t)(end - line);

        if (size == DIGEST_HEX + 1 + length && memcmp(line + DIGEST_HEX + 1, name, length) == 0) {
            char hex[DIGEST_HEX];

            memcpy(hex, line, DIGEST_HEX - 1);
            hex[DIGEST_HEX - 1] = '\0';
            return hex_read(hex, digest, DIGEST_BYTES);
        }
        line += end == NULL ? size : size + 1;
    }
    return false;
}

static char *item_of(const struct case_source *source, const char *text, const char *name,
                     size_t *size, struct error *err)
{
    uint8_t digest[DIGEST_BYTES];

    if (!bundle_item(text, name, digest)) {
        error_set(err, ERROR_STORE,
                  SAY("封存的配置里没有 %s：封存它的程序版本太旧",
                      "the sealed configuration has no %s: an older program sealed it"),
                  name);
        return NULL;
    }
    return source->item(source->self, digest, size, err);
}

/* Files of settings are read by path; this one is memory with a path. Gives the descriptor. */
static int as_file(const char *name, const char *bytes, size_t size, char path[64],
                   struct error *err)
{
    int fd = memfd_create(name, MFD_CLOEXEC);

    for (size_t done = 0; fd >= 0 && done < size;) {
        ssize_t wrote = write(fd, bytes + done, size - done);

        if (wrote <= 0) {
            close(fd);
            fd = -1;
        } else {
            done += (size_t)wrote;
        }
    }
    if (fd < 0)
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    else
        snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static void load_terms(struct bundle_case *bundle, const char *path, struct conf_faults *faults)
{
    bundle->terms = verdict_terms_load(path, faults);
}

static void load_tallies(struct bundle_case *bundle, const char *path, struct conf_faults *faults)
{
    bundle->tallies = tally_plans_load(path, bundle->parameters, faults);
}

static void load_parameters(struct bundle_case *bundle, const char *path,
                            struct conf_faults *faults)
{
    bundle->parameters = parameters_load(path, faults);
}

/* A fault's sentence from the line number on: the file has no name of its own. */
static const char *without_path(const char *sentence, const char *path)
{
    return strncmp(sentence, path, strlen(path)) == 0 ? sentence + strlen(path) : sentence;
}

/* Loads one of them; the first fault is said. */
static bool load_item(struct bundle_case *bundle, const struct case_source *source,
                      const char *name,
                      void (*load)(struct bundle_case *, const char *, struct conf_faults *),
                      struct error *err)
{
    struct conf_faults *faults = conf_faults_new();
    char path[64];
    size_t size = 0;
    char *bytes = item_of(source, bundle->text, name, &size, err);
    int fd = bytes == NULL ? -1 : as_file(name, bytes, size, path, err);
    bool loaded = false;

    if (fd >= 0) {
        load(bundle, path, faults);
        loaded = conf_faults_count(faults) == 0;
        if (!loaded)
            error_set(err, ERROR_STORE, SAY("封存的 %s%s", "the sealed %s%s"), name,
                      without_path(conf_fault(faults, 0)->text, path));
        close(fd);
    }
    free(bytes);
    conf_faults_free(faults);
    return loaded;
}

/* Days, nights and months are those of the zone that was sealed, whatever this machine's is. */
static bool take_timezone(struct bundle_case *bundle, const char *zone, struct error *err)
{
    if (zone == NULL)
        return error_set(err, ERROR_STORE, "%s",
                         SAY("封存的 collector.json 没有 timezone",
                             "the sealed collector.json has no timezone"));
    snprintf(bundle->timezone, sizeof bundle->timezone, "%s", zone);
    return conf_zone(bundle->timezone) ||
           error_set(err, ERROR_STORE,
                     SAY("本机没有时区 %.60s（Debian：安装 tzdata）",
                         "this machine does not know the time zone %.60s (Debian: install tzdata)"),
                     bundle->timezone);
}

static bool read_timezone(struct bundle_case *bundle, const struct case_source *source,
                          struct error *err)
{
    size_t size = 0;
    char *bytes = item_of(source, bundle->text, "collector.json", &size, err);
    json_t *collector = bytes == NULL ? NULL : json_loadb(bytes, size, 0, NULL);
    bool taken =
        bytes != NULL &&
        take_timezone(bundle, json_string_value(json_object_get(collector, "timezone")), err);

    json_decref(collector);
    free(bytes);
    return taken;
}

static bool changed(struct bundle_case *bundle, const struct case_configuration *configuration,
                    const char *point, struct error *err)
{
    struct case_doubt doubt = {
        .seq = configuration->seq,
        .kind = "settings_changed",
        .time = configuration->since,
        .zh = "监测点的配置在时段内改过（采集间隔、解码、规则或限值）；全段按最后一份评价，需核查",
        .en = "the point's settings were changed inside the span (interval, decoding, rules or "
              "limits); the last ones judge all of it, and that needs checking"};

    snprintf(doubt.point, sizeof doubt.point, "%s", point);
    return case_doubt(bundle, &doubt, err);
}

/* Whether it came into force inside the span. */
static bool is_new(const struct bundle_case *bundle, const struct case_configuration *configuration)
{
    return configuration->seq >= bundle->first_seq &&
           (!wall_is_known(configuration->since) ||
            configuration->since.ms >= bundle->setup.span.start.ms);
}

/* Numbers and words the verdict goes by. Of those in force the last judge all of it; that they were
 * others before is told, whatever they say of doubts themselves. */
static const char *const term_files[] = {"verdict.conf", "aggregates.conf"};

static bool is_said_again(const struct bundle_case *bundle, const struct case_source *source,
                          const char *before, const char *name, bool *again, struct error *err)
{
    uint8_t was[DIGEST_BYTES], is[DIGEST_BYTES];
    size_t was_size = 0, is_size = 0;
    char *old, *new;

    *again = true;
    if (!bundle_item(before, name, was) || !bundle_item(bundle->text, name, is) ||
        memcmp(was, is, sizeof was) == 0)
        return true;
    old = source->item(source->self, was, &was_size, err);
    new = old == NULL ? NULL : source->item(source->self, is, &is_size, err);
    if (new != NULL)
        *again = conf_says_same(old, was_size, new, is_size);
    free(old);
    free(new);
    return new != NULL;
}

static bool take_terms(struct bundle_case *bundle, const struct case_configuration *configuration,
                       const struct case_source *source, const char *before, struct error *err)
{
    struct case_doubt doubt = {
        .seq = configuration->seq,
        .kind = "terms_changed",
        .time = configuration->since,
        .zh =
            "判定用的参数（verdict.conf、aggregates.conf）在时段内改过，全段按最后一份判定，需核查",
        .en = "the numbers the verdict goes by (verdict.conf, aggregates.conf) were changed inside "
              "the "
              "span; the last ones judge all of it, and that needs checking"};

    for (size_t i = 0; i < sizeof term_files / sizeof term_files[0]; i++) {
        bool again;

        if (!is_said_again(bundle, source, before, term_files[i], &again, err))
            return false;
        if (!again)
            return case_doubt(bundle, &doubt, err);
    }
    return true;
}

/* Takes one description of a point over the one before. */
static bool take_sheet(struct bundle_case *bundle, size_t index,
                       const struct case_configuration *configuration,
                       const struct case_source *source, const uint8_t digest[DIGEST_BYTES],
                       struct error *err)
{
    struct case_point *point = &bundle->points[index];
    struct point_sheet sheet;
    size_t size = 0;
    char *bytes = source->item(source->self, digest, &size, err);
    json_t *json = bytes == NULL ? NULL : json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
    bool there = bytes != NULL, differs;
    struct error why = {0};

    free(bytes);
    if (!there)
        return false;
    if (json == NULL)
        return error_set(
            err, ERROR_STORE,
            SAY("封存的配置里 %s 的说明读不出来", "the sealed description of %s cannot be read"),
            bundle->setup.points[index]);
    if (!point_sheet_read(&sheet, json, &why)) {
        point_sheet_end(&sheet);
        json_decref(json);
        return error_set(err, why.kind == ERROR_MEMORY ? ERROR_MEMORY : ERROR_STORE,
                         SAY("封存的 points/%s.json：%s", "the sealed points/%s.json: %s"),
                         bundle->setup.points[index], why.text);
    }
    differs = point->known && is_new(bundle, configuration) &&
              !point_sheet_is_same(&point->sheet, &sheet);
    if (point->known)
        point_sheet_end(&point->sheet);
    json_decref(point->json);
    point->sheet = sheet;
    point->json = json;
    point->known = true;
    memcpy(point->digest, digest, DIGEST_BYTES);
    return !differs || changed(bundle, configuration, bundle->setup.points[index], err);
}

/* What was asked before the first entry goes on inside. */
static void goes_on(struct bundle_case *bundle, size_t index)
{
    struct case_point *point = &bundle->points[index];

    point->asked_from = bundle->setup.span.start;
    if (wall_is_known(point->sheet.since) && point->sheet.since.ms > point->asked_from.ms)
        point->asked_from = point->sheet.since;
    point->asked_ms = point->sheet.every_ms;
}

static bool read_configuration(struct bundle_case *bundle, size_t index,
                               const struct case_source *source, struct error *err)
{
    const struct case_configuration *configuration = &bundle->configurations[index];
    size_t size = 0;
    char *text = source->configuration(source->self, configuration->digest, &size, err);

    char *before = bundle->text;
    bool good = text != NULL;

    if (!good)
        return false;
    bundle->text = text;
    if (before != NULL && is_new(bundle, configuration))
        good = take_terms(bundle, configuration, source, before, err);
    free(before);
    if (!good)
        return false;
    bundle->last = index;
    for (size_t i = 0; i < bundle->setup.point_count; i++) {
        struct case_point *point = &bundle->points[i];
        uint8_t digest[DIGEST_BYTES];
        char name[POINT_SIZE + 16];

        snprintf(name, sizeof name, "points/%s.json", bundle->setup.points[i]);
        if (!bundle_item(text, name, digest) ||
            (point->known && memcmp(point->digest, digest, sizeof digest) == 0))
            continue;
        if (!take_sheet(bundle, i, configuration, source, digest, err))
            return false;
        if (index == 0 && configuration->seq < bundle->first_seq)
            goes_on(bundle, i);
    }
    return true;
}

static bool count_configurations(struct bundle_case *bundle, struct error *err)
{
    bool any = false;

    if (bundle->configuration_count == 0)
        return error_set(err, ERROR_STORE, "%s",
                         SAY("这些封存段里没有配置，不能判断：封存它们的程序版本太旧",
                             "there is no configuration in these segments, so nothing can be "
                             "judged: an older program sealed them"));
    for (size_t i = 0; i < bundle->configuration_count; i++) {
        struct case_configuration *row = &bundle->configurations[i];

        row->counts = !wall_is_known(row->since) || row->since.ms < bundle->setup.span.end.ms;
        any = any || row->counts;
    }
    bundle->configurations[0].counts = bundle->configurations[0].counts || !any;
    return true;
}

static bool begin_evaluation(struct bundle_case *bundle, struct error *err)
{
    const struct evaluation_setup setup = {.terms = bundle->terms,
                                           .tallies = bundle->tallies,
                                           .parameters = bundle->parameters,
                                           .task = bundle->setup.task,
                                           .category = bundle->setup.category,
                                           .struck_off = bundle->setup.struck_off,
                                           .watch_until = bundle->setup.watch_until,
                                           .span = bundle->setup.span};

    bundle->evaluation = evaluation_new(&setup, err);
    return bundle->evaluation != NULL;
}

bool bundle_case_settle(struct bundle_case *bundle, const struct case_source *source,
                        struct error *err)
{
    if (!count_configurations(bundle, err))
        return false;
    for (size_t i = 0; i < bundle->configuration_count; i++)
        if (bundle->configurations[i].counts && !read_configuration(bundle, i, source, err))
            return false;
    return read_timezone(bundle, source, err) &&
           load_item(bundle, source, "parameters.conf", load_parameters, err) &&
           load_item(bundle, source, "aggregates.conf", load_tallies, err) &&
           load_item(bundle, source, "verdict.conf", load_terms, err) &&
           begin_evaluation(bundle, err);
}

const struct point_sheet *bundle_case_sheet(const struct bundle_case *bundle, size_t point)
{
    return bundle->points[point].known ? &bundle->points[point].sheet : NULL;
}

const json_t *bundle_case_sheet_json(const struct bundle_case *bundle, size_t point)
{
    return bundle->points[point].json;
}

int64_t bundle_case_clock_step_ms(const struct bundle_case *bundle)
{
    return verdict_terms_clock_step_ms(bundle->terms);
}

const char *bundle_case_timezone(const struct bundle_case *bundle)
{
    return bundle->timezone;
}

const char *bundle_case_last(const struct bundle_case *bundle)
{
    return bundle->text;
}
