/* The files the settings were read from, kept as they stood: what is sealed is what was read, and
 * not what an editor made of the file a moment later. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "town/settings_inside.h"

enum { NAME_BYTES_MAX = 100 /* of a file: more is no name a person gives */ };

/* Control characters have no place in a list of names, one a line. */
static bool name_is_plain(const char *name)
{
    for (const char *at = name; *at != '\0'; at += utf8_length(at))
        if ((unsigned char)*at < 0x20 || *at == 0x7f || utf8_length(at) == 0)
            return false;
    return strlen(name) <= NAME_BYTES_MAX;
}

static struct settings_file *add_file(struct settings *settings)
{
    struct settings_file *grown = settings->files;

    if (settings->file_count == settings->file_room) {
        size_t room = settings->file_room == 0 ? 32 : settings->file_room * 2;

        grown = realloc(grown, room * sizeof *grown);
        if (grown == NULL)
            return NULL;
        settings->files = grown;
        settings->file_room = room;
    }
    memset(&grown[settings->file_count], 0, sizeof *grown);
    return &grown[settings->file_count++];
}

static void keep(void *self, const char *path, const char *bytes, size_t size)
{
    struct loading *loading = self;
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    struct settings_file *file;

    if (loading->kept_under == NULL)
        return;
    if (!name_is_plain(name)) {
        conf_complain_whole(loading->faults, path,
                            SAY("%s：文件名要短于 %d 字节，且不含控制字符，请改名",
                                "%s: the name of the file has a control character or more than "
                                "%d bytes; rename it"),
                            path, NAME_BYTES_MAX);
        return;
    }
    file = add_file(loading->settings);
    if (file == NULL || (file->path = strdup(path)) == NULL ||
        (file->bytes = malloc(size + 1)) == NULL) {
        loading->no_memory = true;
        return;
    }
    snprintf(file->name, sizeof file->name, "%s%s", loading->kept_under, name);
    memcpy(file->bytes, bytes, size);
    file->bytes[size] = '\0';
    file->size = size;
}

void settings_keep_begin(struct loading *loading)
{
    conf_faults_witness(loading->faults, keep, loading);
}

static bool is_in_use(const struct standards *standards, const char *path)
{
    const char *used = NULL;

    for (size_t i = 0; standards != NULL && (used = standards_path(standards, i)) != NULL; i++)
        if (strcmp(used, path) == 0)
            return true;
    return false;
}

static void end_file(struct settings_file *file)
{
    free(file->path);
    free(file->bytes);
}

/* A standard of one's own that replaces a shipped one is the one in force. */
static void drop_replaced(struct settings *settings)
{
    size_t left = 0;

    for (size_t i = 0; i < settings->file_count; i++) {
        struct settings_file *file = &settings->files[i];

        if (strncmp(file->name, "standards/", 10) == 0 &&
            !is_in_use(settings->standards, file->path))
            end_file(file);
        else
            settings->files[left++] = *file;
    }
    settings->file_count = left;
}

/* Two files of one name with different standards in them are both in force: the shipped one, which
 * was read first, says that it is. */
static void part_doubles(struct settings *settings)
{
    for (size_t i = 0; i < settings->file_count; i++) {
        char name[sizeof settings->files[i].name];

        memcpy(name, settings->files[i].name, sizeof name);
        if (strncmp(name, "standards/", 10) != 0)
            continue;
        for (size_t j = i + 1; j < settings->file_count; j++)
            if (strcmp(name, settings->files[j].name) == 0)
                snprintf(settings->files[i].name, sizeof name, "standards/shipped/%s", name + 10);
    }
}

void settings_keep_end(struct loading *loading)
{
    conf_faults_witness(loading->faults, NULL, NULL);
    if (loading->no_memory)
        conf_complain_whole(loading->faults, loading->settings->dir,
                            SAY("%s：内存不足，放不下配置", "%s: out of memory for the settings"),
                            loading->settings->dir);
    drop_replaced(loading->settings);
    part_doubles(loading->settings);
}

void settings_files_free(struct settings *settings)
{
    for (size_t i = 0; i < settings->file_count; i++)
        end_file(&settings->files[i]);
    free(settings->files);
}

const struct settings_file *settings_file(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->file_count; i++)
        if (strcmp(settings->files[i].name, name) == 0)
            return &settings->files[i];
    return NULL;
}

struct conf *settings_conf(struct loading *loading, const char *name, bool may_be_empty)
{
    struct conf *conf;
    char path[700];

    settings_path(loading->settings, name, path, sizeof path);
    loading->kept_under = "settings/";
    conf = conf_load(path, may_be_empty, loading->faults);
    loading->kept_under = NULL;
    return conf;
}
