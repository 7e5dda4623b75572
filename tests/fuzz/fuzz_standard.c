/* Any bytes as a standard: the reader says what is wrong with them and never more. What it accepts
 * follows in time without overlap and can be picked, named and made into lanes. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/section.h"

static const char table[] =
    "parameters = ("
    "{ key = \"ph\"; title_zh = \"p\"; title_en = \"p\"; unit = \"\"; decimals = 2; medium = "
    "\"water\"; },"
    "{ key = \"tsp\"; title_zh = \"t\"; title_en = \"t\"; unit = \"mg/m³\"; decimals = 3; medium = "
    "\"air\"; },"
    "{ key = \"la\"; title_zh = \"l\"; title_en = \"l\"; unit = \"dB\"; decimals = 1; medium = "
    "\"noise\"; },"
    "{ key = \"dissolved_oxygen\"; title_zh = \"d\"; title_en = \"d\"; unit = \"mg/L\"; decimals = "
    "2; medium = \"water\"; });";

static char folder[64];
static char file_path[96];

static void put(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        abort();
}

static struct parameters *parameters_for_fuzz(void)
{
    static struct parameters *parameters;
    struct conf_faults *faults;

    if (parameters != NULL)
        return parameters;
    faults = conf_faults_new();
    strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/fuzz-standard-XXXXXX"
                                                 : "/tmp/fuzz-standard-XXXXXX");
    if (mkdtemp(folder) == NULL || !conf_zone("Asia/Shanghai"))
        abort();
    snprintf(file_path, sizeof file_path, "%s/parameters", folder);
    put(file_path, table, sizeof table - 1);
    parameters = parameters_load(file_path, faults);
    if (parameters == NULL || conf_faults_count(faults) != 0)
        abort();
    unlink(file_path);
    conf_faults_free(faults);
    snprintf(file_path, sizeof file_path, "%s/one.conf", folder);
    return parameters;
}

/* Stages of a lane follow each other. */
static void check_lanes(const struct lanes *lanes)
{
    assert(lanes->count <= LANES_MAX);
    for (size_t i = 0; i < lanes->count; i++)
        for (size_t j = 1; j < lanes->lane[i].stage_count; j++)
            assert(lanes->lane[i].stages[j - 1].to.ms <= lanes->lane[i].stages[j].from.ms &&
                   wall_is_known(lanes->lane[i].stages[j - 1].to));
}

static void use_row(const struct standards *standards, const struct limit *row)
{
    const struct limit *rows[64];
    struct section_value value = {row->parameter, 3.0};
    struct section_question question = {.standard = row->standard,
                                        .body = "river",
                                        .target = 3,
                                        .at = row->from,
                                        .values = &value,
                                        .count = 1};
    struct section_class answer;
    struct place_want want;
    struct lanes lanes;
    char words[128];
    size_t count = standards_pick(standards, row->standard, &row->where, row->parameter, rows, 64);

    assert(count > 0 && standards_know(standards, row->standard, NULL));
    if (count <= 64 && standards_lanes(rows, count, PERIOD_READING, &lanes))
        check_lanes(&lanes);
    assert(limit_is_in_force(row, row->from));
    assert(standards_want(standards, row->standard, &(struct place){.air_class = 0}, row->parameter,
                          &want));
    limit_reason(row, words, sizeof words);
    section_classify(standards, &question, &answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct parameters *parameters = parameters_for_fuzz();
    struct conf_faults *faults = conf_faults_new();
    struct standards *standards = standards_new();
    bool good;

    put(file_path, bytes, size);
    good = standards_load(standards, folder, parameters, faults);
    assert(good == (conf_faults_count(faults) == 0));
    for (size_t i = 0; good && i < standards_count(standards) && i < 200; i++)
        use_row(standards, standards_at(standards, i));
    standards_free(standards);
    conf_faults_free(faults);
    return 0;
}
