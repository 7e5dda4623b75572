#include "app/anchor_file.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/say.h"

enum { BYTES_MAX = 1 << 20 /* a problem is a few thousand */ };

static char *read_whole(const char *path, struct error *err)
{
    FILE *file = fopen(path, "rbe");
    char *bytes = malloc(BYTES_MAX + 1);
    size_t size = 0;

    if (file == NULL)
        error_set(err, ERROR_NOT_FOUND, SAY("无法读取 %s：%s", "%s cannot be read: %s"), path,
                  strerror(errno));
    else if (bytes == NULL)
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    else if ((size = fread(bytes, 1, BYTES_MAX + 1, file)) > BYTES_MAX || ferror(file))
        error_set(err, ERROR_WRONG_USE, SAY("%s 不像封存头文件", "%s is no file with a head"),
                  path);
    else
        bytes[size] = '\0';
    if (file == NULL || bytes == NULL || size > BYTES_MAX || ferror(file)) {
        free(bytes);
        bytes = NULL;
    }
    if (file != NULL)
        fclose(file);
    return bytes;
}

/* A digest as people copy it: capitals are fine. */
static bool read_digest(const char *words, uint8_t digest[DIGEST_BYTES])
{
    char hex[DIGEST_HEX];
    size_t length = strlen(words);

    if (length != DIGEST_HEX - 1)
        return false;
    for (size_t i = 0; i <= length; i++)
        hex[i] = (char)tolower((unsigned char)words[i]);
    return hex_read(hex, digest, DIGEST_BYTES);
}

/* {"segment":N,"head":"…"}, where a head may also be its whole text; "time" where it is known. */
static bool read_object(const json_t *object, struct outside_head *head)
{
    const char *words = json_string_value(json_object_get(object, "head"));
    const char *time = json_string_value(json_object_get(object, "time"));
    json_int_t segment = json_integer_value(json_object_get(object, "segment"));
    struct seal_head whole;

    if (words == NULL)
        return false;
    if (time != NULL && !moment_parse(time, &head->time))
        head->time = WALL_NONE;
    if (seal_head_read(&whole, words, strlen(words), NULL)) {
        head->segment = whole.segment;
        head->time = whole.sealed;
        digest_of(words, strlen(words), head->head);
        return true;
    }
    head->segment = (uint64_t)segment;
    return segment > 0 && read_digest(words, head->head);
}

static bool read_json(const json_t *json, struct outside_head *head)
{
    const json_t *seal = json_object_get(json, "seal");

    return read_object(json_is_object(seal) ? seal : json, head);
}

/* "SEGMENT HEAD", with spaces or tabs. */
static bool read_line(char *line, struct outside_head *head)
{
    char *rest = line;
    char *segment = strsep(&rest, " \t");
    char *end;

    if (rest == NULL || !isdigit((unsigned char)*segment))
        return false;
    rest += strspn(rest, " \t");
    rest[strcspn(rest, " \t\r")] = '\0';
    head->segment = strtoull(segment, &end, 10);
    return *end == '\0' && head->segment > 0 && read_digest(rest, head->head);
}

static bool refuse(const char *path, struct error *err)
{
    return error_set(
        err, ERROR_WRONG_USE,
        SAY("%s 里没有封存头：要么是 MQTT 主题 seal 的内容、带 seal "
            "的问题、issue.json，要么每行一个"
            "“段号 封存头”",
            "%s holds no head: it should be what the MQTT topic seal holds, a problem with its "
            "seal, an issue.json, or lines \"SEGMENT HEAD\""),
        path);
}

bool anchor_file_read(const char *path,
                      void (*each)(void *self, const char *path, const struct outside_head *head),
                      void *self, struct error *err)
{
    char *bytes = read_whole(path, err);
    json_t *json = bytes == NULL ? NULL : json_loads(bytes, JSON_REJECT_DUPLICATES, NULL);
    struct outside_head head = {.time = WALL_NONE};
    size_t count = 0;
    char *rest = bytes;
    bool good = bytes != NULL;

    snprintf(head.from, sizeof head.from, "%s", path);
    utf8_mend(head.from);
    if (json != NULL) {
        good = read_json(json, &head) || refuse(path, err);
        if (good)
            each(self, path, &head);
        rest = NULL;
        count = 1;
    }
    for (char *line; good && (line = strsep(&rest, "\n")) != NULL;) {
        line += strspn(line, " \t\r");
        if (*line == '\0' || *line == '#')
            continue;
        good = read_line(line, &head) || refuse(path, err);
        count += good;
        if (good)
            each(self, path, &head);
    }
    good = good && (count > 0 || refuse(path, err));
    json_decref(json);
    free(bytes);
    return good;
}
