#include "town/settings_inside.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"

enum {
    MODELS_MAX = 512 /* looked at for a suggestion */
};

struct models {
    char names[MODELS_MAX][64];
    const char *words[MODELS_MAX + 1];
    size_t count;
};

static void list_models(struct models *models, const char *folder)
{
    DIR *open = opendir(folder);
    const struct dirent *entry;

    while (open != NULL && models->count < MODELS_MAX && (entry = readdir(open)) != NULL) {
        size_t length = strlen(entry->d_name);

        if (length < 6 || length > 60 || strcmp(entry->d_name + length - 5, ".conf") != 0)
            continue;
        snprintf(models->names[models->count], 64, "%.*s", (int)(length - 5), entry->d_name);
        models->words[models->count] = models->names[models->count];
        models->count++;
    }
    if (open != NULL)
        closedir(open);
}

static void complain_model(const struct loading *loading, const char *model, struct conf_at at)
{
    struct models *models = calloc(1, sizeof *models);
    const char *nearest = NULL;
    char folder[700];

    if (models != NULL) {
        settings_path(loading->settings, "profiles", folder, sizeof folder);
        list_models(models, folder);
        if (settings_data_path("drivers/profiles", folder, sizeof folder))
            list_models(models, folder);
        nearest = conf_nearest(model, models->words);
    }
    if (nearest != NULL)
        conf_complain(loading->faults, at, "model",
                      SAY("没有型号 \"%s\" 的仪器模板，是否想写 \"%s\"？",
                          "there is no profile of the model \"%s\", did you mean \"%s\"?"),
                      model, nearest);
    else
        conf_complain(loading->faults, at, "model",
                      SAY("没有型号 \"%s\" 的仪器模板；用 lookback sensors 查看已有型号，自己的模板"
                          "放在配置目录的 profiles/ 里",
                          "there is no profile of the model \"%s\"; \"lookback sensors\" lists "
                          "those there are, and your own go to profiles/ beside these files"),
                      model);
    free(models);
}

/* The user's own profile first, then the shipped one. */
static bool find_profile(const struct settings *settings, const char *model, char *path,
                         size_t size)
{
    char name[128];

    if (strspn(model, "abcdefghijklmnopqrstuvwxyz0123456789_-") != strlen(model))
        return false; /* a name of a file, never a path */
    snprintf(name, sizeof name, "profiles/%s.conf", model);
    settings_path(settings, name, path, size);
    if (access(path, F_OK) == 0)
        return true;
    snprintf(name, sizeof name, "drivers/profiles/%s.conf", model);
    return settings_data_path(name, path, size);
}

/* Its digest is that of the bytes that were parsed and kept. */
static struct profile *load_profile(struct loading *loading, const char *path)
{
    const struct settings *settings = loading->settings;
    size_t before = settings->file_count;
    struct profile *loaded;

    loading->kept_under = "profiles/";
    loaded = profile_load(path, settings->parameters, true, loading->faults);
    loading->kept_under = NULL;
    if (loaded != NULL && settings->file_count > before)
        EVP_Digest(settings->files[before].bytes, settings->files[before].size, loaded->digest,
                   NULL, EVP_sha256(), NULL);
    return loaded;
}

const struct profile *settings_profile(struct loading *loading, const char *model,
                                       struct conf_at at)
{
    struct settings *settings = loading->settings;
    struct profile *loaded;
    struct profile **grown;
    char path[700];

    for (size_t i = 0; i < settings->profile_count; i++)
        if (strcmp(settings->profiles[i]->model, model) == 0)
            return settings->profiles[i];
    for (size_t i = 0; i < loading->refused_count; i++)
        if (strcmp(loading->refused[i], model) == 0)
            return NULL;
    if (!find_profile(settings, model, path, sizeof path)) {
        complain_model(loading, model, at);
        return NULL;
    }
    grown = realloc(settings->profiles, (settings->profile_count + 1) * sizeof *grown);
    if (grown == NULL || settings->parameters == NULL)
        goto refused;
    settings->profiles = grown;
    loaded = load_profile(loading, path);
    if (loaded != NULL)
        grown[settings->profile_count++] = loaded;
    if (loaded != NULL && strcmp(loaded->model, model) == 0)
        return loaded;
    if (loaded != NULL)
        conf_complain(
            loading->faults, at, "model",
            SAY("文件 %s 里写的型号是 \"%s\"；文件名与 model 要相同",
                "the file %s says model = \"%s\"; a profile's file is named as its model"),
            path, loaded->model);
refused:
    if (grown != NULL)
        settings->profiles = grown;
    if (loading->refused_count < ROWS(loading->refused))
        snprintf(loading->refused[loading->refused_count++], 64, "%s", model);
    return NULL;
}
