#include "base/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf_inside.h"
#include "base/say.h"

enum { FILE_BYTES_MAX = 64 << 20 };

struct conf {
    char *path;
    config_t file;
};

static const config_setting_t *setting_of(struct conf_at at)
{
    return at.setting;
}

/* Reads what `fd` holds into memory ended by '\0'; NULL with errno. */
static char *read_whole(int fd, size_t expected, size_t *size)
{
    char *bytes = malloc(expected + 1);
    ssize_t got = 0;

    *size = 0;
    if (bytes == NULL)
        return NULL;
    while (*size < expected && (got = read(fd, bytes + *size, expected - *size)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            free(bytes);
            return NULL;
        }
        *size += (size_t)got;
    }
    bytes[*size] = '\0';
    return bytes;
}

/* The source text of a regular file, or NULL with the fault said. */
static char *read_source(const char *path, size_t *size, struct conf_faults *faults)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *source = NULL;
    struct stat about;

    if (fd < 0 || fstat(fd, &about) != 0) {
        conf_complain_line(faults, path, 1, NULL,
                           SAY("无法读取文件：%s", "the file cannot be read: %s"), strerror(errno));
    } else if (!S_ISREG(about.st_mode)) {
        conf_complain_line(faults, path, 1, NULL,
                           SAY("这不是普通文件", "this is not an ordinary file"));
    } else if (about.st_size > FILE_BYTES_MAX) {
        conf_complain_line(faults, path, 1, NULL,
                           SAY("文件超过 64 MiB，不像设置文件",
                               "the file is larger than 64 MiB: not a file of settings"));
    } else if ((source = read_whole(fd, (size_t)about.st_size, size)) == NULL) {
        conf_complain_line(faults, path, 1, NULL,
                           SAY("无法读取文件：%s", "the file cannot be read: %s"), strerror(errno));
    }
    if (fd >= 0)
        close(fd);
    return source;
}

/* The text libconfig may read, or NULL with every fault said. */
static char *read_scanned(const char *path, bool may_be_empty, struct conf_faults *faults)
{
    size_t tokens = 0;
    size_t size = 0;
    char *source = read_source(path, &size, faults);
    char *scanned;

    if (source == NULL)
        return NULL;
    conf_witness(faults, path, source, size);
    scanned = conf_scan(path, source, size, &tokens, faults);
    free(source);
    if (scanned != NULL && tokens == 0 && !may_be_empty) {
        conf_complain_line(faults, path, 1, NULL,
                           SAY("文件是空的：没有任何设置", "the file is empty: it sets nothing"));
        free(scanned);
        return NULL;
    }
    return scanned;
}

struct conf *conf_load(const char *path, bool may_be_empty, struct conf_faults *faults)
{
    struct conf *loaded = NULL;
    struct conf *conf = NULL;
    char *scanned = read_scanned(path, may_be_empty, faults);

    if (scanned == NULL)
        return NULL;
    conf = calloc(1, sizeof *conf);
    if (conf == NULL || (conf->path = strdup(path)) == NULL) {
        conf_complain_line(faults, path, 1, NULL, SAY("内存不足", "out of memory"));
        goto done;
    }
    config_init(&conf->file);
    if (config_read_string(&conf->file, scanned) != CONFIG_TRUE) {
        /* the scanner knows the grammar, so this is memory or a gap between the two */
        conf_complain_line(faults, path, (unsigned)config_error_line(&conf->file), NULL,
                           SAY("此处语法不对（%s）", "this cannot be understood (%s)"),
                           config_error_text(&conf->file));
        config_destroy(&conf->file);
        goto done;
    }
    loaded = conf;
    conf = NULL;
done:
    if (conf != NULL)
        free(conf->path);
    free(conf);
    free(scanned);
    return loaded;
}

void conf_free(struct conf *conf)
{
    if (conf == NULL)
        return;
    config_destroy(&conf->file);
    free(conf->path);
    free(conf);
}

const char *conf_path(const struct conf *conf)
{
    return conf->path;
}

struct conf_at conf_root(const struct conf *conf)
{
    return (struct conf_at){conf, config_root_setting(&conf->file)};
}

enum conf_kind conf_kind(struct conf_at at)
{
    if (at.setting == NULL)
        return KIND_NONE;
    switch (config_setting_type(setting_of(at))) {
    case CONFIG_TYPE_GROUP:
        return KIND_GROUP;
    case CONFIG_TYPE_ARRAY:
    case CONFIG_TYPE_LIST:
        return KIND_LIST;
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return KIND_INT;
    case CONFIG_TYPE_FLOAT:
        return KIND_FLOAT;
    case CONFIG_TYPE_BOOL:
        return KIND_BOOL;
    case CONFIG_TYPE_STRING:
        return config_setting_get_string(setting_of(at))[0] == TOLD_BYTE ? KIND_TOLD : KIND_TEXT;
    default:
        return KIND_NONE;
    }
}

struct conf_at conf_member(struct conf_at group, const char *key)
{
    struct conf_at member = {group.conf, NULL};

    if (conf_kind(group) == KIND_GROUP)
        member.setting = config_setting_get_member(setting_of(group), key);
    return member;
}

struct conf_at conf_element(struct conf_at list, size_t index)
{
    struct conf_at element = {list.conf, NULL};

    if (index < conf_length(list))
        element.setting = config_setting_get_elem(setting_of(list), (unsigned)index);
    return element;
}

size_t conf_length(struct conf_at list)
{
    enum conf_kind kind = conf_kind(list);

    if (kind != KIND_LIST && kind != KIND_GROUP)
        return 0;
    return (size_t)config_setting_length(setting_of(list));
}

unsigned conf_line(struct conf_at at)
{
    unsigned line = at.setting == NULL ? 0 : config_setting_source_line(setting_of(at));

    return line == 0 ? 1 : line;
}

const char *conf_key_name(struct conf_at group, size_t index)
{
    size_t length = conf_kind(group) == KIND_GROUP ? conf_length(group) : 0;

    for (size_t i = 0; i < length; i++) {
        const char *name =
            config_setting_name(config_setting_get_elem(setting_of(group), (unsigned)i));

        if (name[0] != DOUBLED_LETTER && index-- == 0)
            return name;
    }
    return NULL;
}

/* libconfig 1.5 gives 0 when the width asked for is not the width stored. */
bool conf_int(struct conf_at at, int64_t *number)
{
    if (conf_kind(at) != KIND_INT)
        return false;
    *number = config_setting_type(setting_of(at)) == CONFIG_TYPE_INT64
                  ? config_setting_get_int64(setting_of(at))
                  : config_setting_get_int(setting_of(at));
    return true;
}

bool conf_number(struct conf_at at, double *number)
{
    int64_t whole;

    if (conf_int(at, &whole)) {
        *number = (double)whole;
        return true;
    }
    if (conf_kind(at) != KIND_FLOAT)
        return false;
    *number = config_setting_get_float(setting_of(at));
    return true;
}

const char *conf_text(struct conf_at at)
{
    return conf_kind(at) == KIND_TEXT ? config_setting_get_string(setting_of(at)) : NULL;
}

bool conf_bool(struct conf_at at)
{
    return conf_kind(at) == KIND_BOOL && config_setting_get_bool(setting_of(at)) != 0;
}

bool conf_is_list(struct conf_at at)
{
    return conf_kind(at) == KIND_LIST;
}

bool conf_is_group(struct conf_at at)
{
    return conf_kind(at) == KIND_GROUP;
}
