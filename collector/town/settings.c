#include "town/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/say.h"
#include "town/settings_inside.h"

#ifndef LOOKBACK_DATADIR
#define LOOKBACK_DATADIR "/usr/share/lookback"
#endif

void settings_path(const struct settings *settings, const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", settings->dir, name);
}

void settings_resolve_path(const struct settings *settings, char *path, size_t size)
{
    char whole[600];

    if (*path == '\0' || *path == '/' || strncmp(path, "credential:", 11) == 0)
        return;
    settings_path(settings, path, whole, sizeof whole);
    snprintf(path, size, "%s", whole);
}

/* The folder of the running program; "" when the kernel does not say. */
static void program_folder(char *out, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", out, size - 1);
    char *slash;

    out[length < 0 ? 0 : length] = '\0';
    slash = strrchr(out, '/');
    if (slash != NULL)
        *slash = '\0';
}

/* The program stands in PREFIX/bin when installed, and in SOURCE/BUILD or SOURCE/build/PRESET (its
 * tests one deeper) when run from a build. */
bool settings_data_path(const char *name, char *out, size_t size)
{
    static const char *const above[] = {"/../share/lookback/", "/../../", "/../", "/../../../"};
    const char *told = getenv("LOOKBACK_DATA");
    char folder[512];

    if (told != NULL && *told != '\0') {
        snprintf(out, size, "%s/%s", told, name);
        return access(out, R_OK) == 0;
    }
    program_folder(folder, sizeof folder);
    for (size_t i = 0; folder[0] != '\0' && i < sizeof above / sizeof above[0]; i++) {
        snprintf(out, size, "%s%s%s", folder, above[i], name);
        if (access(out, R_OK) == 0)
            return true;
    }
    snprintf(out, size, "%s/%s", LOOKBACK_DATADIR, name);
    return access(out, R_OK) == 0;
}

static void load_parameters(struct loading *loading)
{
    char path[700];

    settings_path(loading->settings, "parameters.conf", path, sizeof path);
    if (access(path, F_OK) == 0 ||
        settings_data_path("config/parameters.conf", path, sizeof path)) {
        loading->kept_under = "";
        loading->settings->parameters = parameters_load(path, loading->faults);
        loading->kept_under = NULL;
        return;
    }
    /* a fault of the installation, said with the path where it was expected */
    parameters_free(parameters_load(path, loading->faults));
}

static void load_terms(struct loading *loading)
{
    char path[700];

    settings_path(loading->settings, "ledger.conf", path, sizeof path);
    if (access(path, F_OK) != 0)
        settings_data_path("config/ledger.conf", path, sizeof path);
    loading->kept_under = "";
    loading->settings->terms = terms_load(path, loading->faults);
    loading->kept_under = NULL;
}

const char *settings_ledger_owner(const struct settings *settings)
{
    for (size_t i = 0; i < settings->output_count; i++)
        if (settings->outputs[i].kind == OUTPUT_RECTIFICATION && settings->outputs[i].enabled)
            return settings->outputs[i].name;
    return NULL;
}

/* One sentence about the folder itself, rather than one for each file that is not in it. */
static bool folder_is_there(const char *dir, struct conf_faults *faults)
{
    struct stat about = {0};
    int failed = stat(dir, &about) == 0 ? 0 : errno;

    if (failed == ENOENT || failed == ENOTDIR)
        return conf_complain_whole(
            faults, dir,
            SAY("配置目录 %s 不存在：用 -c 指明配置所在目录，或先把示例配置复制到那里",
                "folder %s does not exist: name the folder of the settings with -c, or copy the "
                "example settings there first"),
            dir);
    if (failed == 0 && !S_ISDIR(about.st_mode))
        return conf_complain_whole(
            faults, dir,
            SAY("%s 不是目录：-c 后面要写配置文件所在的目录",
                "%s is no folder: -c names the folder that holds the settings"),
            dir);
    if (access(dir, X_OK) != 0)
        return conf_complain_whole(
            faults, dir,
            SAY("无法进入配置目录 %s（%s）：请以有权限的用户运行",
                "folder %s cannot be entered (%s): run as a user who may enter it"),
            dir, strerror(errno));
    return true;
}

struct settings *settings_load(const char *dir, bool language_given, struct conf_faults *faults)
{
    size_t before = conf_faults_count(faults);
    struct loading loading = {.faults = faults, .language_given = language_given};
    struct settings *settings;

    if (!folder_is_there(dir, faults) || (settings = calloc(1, sizeof *settings)) == NULL)
        return NULL;
    loading.settings = settings;
    snprintf(settings->dir, sizeof settings->dir, "%s", dir);
    settings_keep_begin(&loading);
    settings_read_collector(&loading);
    load_parameters(&loading);
    load_terms(&loading);
    settings_read_sites(&loading);
    settings_read_devices(&loading);
    settings_read_plans(&loading);
    settings_read_standards(&loading);
    settings_read_rules(&loading);
    settings_keep_end(&loading);
    if (conf_faults_count(faults) == before)
        return settings;
    settings_free(settings);
    return NULL;
}

void settings_free(struct settings *settings)
{
    if (settings == NULL)
        return;
    for (size_t i = 0; i < settings->device_count; i++) {
        free(settings->devices[i].channels);
        free(settings->devices[i].own_channels);
    }
    for (size_t i = 0; i < settings->rule_count; i++) {
        free(settings->rules[i].patterns);
        free(settings->rules[i].found);
    }
    for (size_t i = 0; i < settings->profile_count; i++)
        profile_free(settings->profiles[i]);
    standards_free(settings->standards);
    tally_plans_free(settings->tallies);
    screen_plans_free(settings->screens);
    verdict_terms_free(settings->verdict);
    parameters_free(settings->parameters);
    terms_free(settings->terms);
    settings_files_free(settings);
    free(settings->profiles);
    free(settings->outputs);
    free(settings->sites);
    free(settings->links);
    free(settings->devices);
    free(settings->rules);
    free(settings);
}
