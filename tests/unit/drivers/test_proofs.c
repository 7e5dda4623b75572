/* Every shipped profile, replayed: what the device sent must still mean what it meant. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/plan.h"
#include "drivers/profile.h"

#define PROFILES SOURCE_ROOT "/drivers/profiles"

enum { SHIPPED_MAX = 200 };

static struct parameters *parameters;
static struct profile *shipped[SHIPPED_MAX];
static size_t shipped_count;

static void print_faults(struct conf_faults *faults)
{
    for (size_t i = 0; i < conf_faults_count(faults); i++)
        print_error("%s\n", conf_fault(faults, i)->text);
}

static void load_one(const char *name, struct conf_faults *faults)
{
    char path[512];

    snprintf(path, sizeof path, PROFILES "/%s", name);
    shipped[shipped_count] = profile_load(path, parameters, true, faults);
    if (shipped[shipped_count] != NULL)
        shipped_count++;
}

static int load_shipped(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    DIR *folder = opendir(PROFILES);
    struct dirent *entry;
    size_t wrong;

    parameters = parameters_load(SOURCE_ROOT "/config/parameters.conf", faults);
    while (parameters != NULL && folder != NULL && (entry = readdir(folder)) != NULL)
        if (strstr(entry->d_name, ".conf") != NULL && shipped_count < SHIPPED_MAX)
            load_one(entry->d_name, faults);
    if (folder != NULL)
        closedir(folder);
    print_faults(faults);
    wrong = conf_faults_count(faults);
    conf_faults_free(faults);
    return wrong == 0 ? 0 : -1;
}

static int free_shipped(void **state)
{
    for (size_t i = 0; i < shipped_count; i++)
        profile_free(shipped[i]);
    parameters_free(parameters);
    return 0;
}

static bool is_invented(const struct profile *profile)
{
    return strncmp(profile->model, "example_", 8) == 0;
}

static void at_least_thirty_real_models_are_shipped_with_their_proofs(void **state)
{
    size_t real = 0;

    for (size_t i = 0; i < shipped_count; i++)
        real += !is_invented(shipped[i]);
    assert_true(real >= 30);
}

static void each_file_is_named_as_its_model(void **state)
{
    for (size_t i = 0; i < shipped_count; i++) {
        char name[80];

        snprintf(name, sizeof name, "/%s.conf", shipped[i]->model);
        assert_non_null(strstr(shipped[i]->path, name));
    }
}

static void no_invented_device_is_called_verified_and_every_doubt_is_explained(void **state)
{
    for (size_t i = 0; i < shipped_count; i++) {
        if (is_invented(shipped[i]))
            assert_false(shipped[i]->verified);
        if (!shipped[i]->verified)
            assert_true(shipped[i]->note[0] != '\0');
    }
}

static void every_model_can_be_read_with_and_without_gaps(void **state)
{
    for (size_t i = 0; i < shipped_count; i++) {
        const struct channel *channels[POLL_READINGS_MAX];
        struct gaps gaps;
        struct plan plan;

        for (size_t c = 0; c < shipped[i]->channel_count; c++)
            channels[c] = &shipped[i]->channels[c];
        plan_gaps(&gaps, shipped[i], channels, shipped[i]->channel_count);
        assert_true(plan_make(&plan, shipped[i], channels, shipped[i]->channel_count, &gaps,
                              GAPS_ALL, NULL));
        assert_true(
            plan_make(&plan, shipped[i], channels, shipped[i]->channel_count, &gaps, 0, NULL));
    }
}

static bool any_channel(bool (*has)(const struct channel *channel, int wanted), int wanted)
{
    for (size_t i = 0; i < shipped_count; i++)
        for (size_t c = 0; c < shipped[i]->channel_count; c++)
            if (!is_invented(shipped[i]) && has(&shipped[i]->channels[c], wanted))
                return true;
    return false;
}

static bool has_medium(const struct channel *channel, int wanted)
{
    return channel->parameter->medium == wanted;
}

static bool has_order(const struct channel *channel, int wanted)
{
    return channel_word_count(channel) == 2 && (int)channel->order == wanted;
}

static void real_models_cover_every_medium_and_every_word_order(void **state)
{
    for (int medium = MEDIUM_WATER; medium <= MEDIUM_WEATHER; medium++)
        assert_true(any_channel(has_medium, medium));
    for (int order = ORDER_ABCD; order <= ORDER_DCBA; order++)
        assert_true(any_channel(has_order, order));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_least_thirty_real_models_are_shipped_with_their_proofs),
        cmocka_unit_test(each_file_is_named_as_its_model),
        cmocka_unit_test(no_invented_device_is_called_verified_and_every_doubt_is_explained),
        cmocka_unit_test(every_model_can_be_read_with_and_without_gaps),
        cmocka_unit_test(real_models_cover_every_medium_and_every_word_order),
    };

    return cmocka_run_group_tests(tests, load_shipped, free_shipped);
}
