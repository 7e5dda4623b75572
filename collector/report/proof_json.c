/* Files of the archive that are read whole, and JSON in the one form it has here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "report/proof_inside.h"

const struct archive_file *proof_file(struct check *check, const char *name, struct error *err)
{
    const struct archive_file *file = archive_find(check->archive, name);

    if (file == NULL)
        proof_refuse(err, SAY("缺少文件 %s", "%s is missing"), name);
    else
        check->known[file - archive_at(check->archive, 0)] = true;
    return file;
}

char *proof_whole(struct check *check, const struct archive_file *file, size_t *size,
                  struct error *err)
{
    char *bytes;

    if (file->size > PROOF_FILE_MOST) {
        proof_refuse(err, SAY("%s 有 %llu 字节，太大了", "%s has %llu bytes, which is too many"),
                     file->name, (unsigned long long)file->size);
        return NULL;
    }
    *size = (size_t)file->size;
    bytes = malloc(*size + 1);
    if (bytes == NULL) {
        proof_memory(err);
        return NULL;
    }
    bytes[*size] = '\0';
    if (archive_read(check->archive, file, 0, bytes, *size, err))
        return bytes;
    free(bytes);
    return NULL;
}

/* What a dump must be, as far as it was compared. */
struct compared {
    const char *bytes;
    size_t size, at;
};

static int compare_piece(const char *piece, size_t size, void *self)
{
    struct compared *compared = self;

    if (size > compared->size - compared->at ||
        memcmp(compared->bytes + compared->at, piece, size) != 0)
        return -1;
    compared->at += size;
    return 0;
}

/* Whether the bytes are how we would have written it. */
static bool is_canonical(const json_t *json, const char *bytes, size_t size)
{
    struct compared compared = {bytes, size, 0};

    return json_dump_callback(json, compare_piece, &compared,
                              JSON_COMPACT | JSON_SORT_KEYS |
                                  JSON_REAL_PRECISION(VERDICT_DIGITS)) == 0 &&
           compared.at + 1 == size && bytes[compared.at] == '\n';
}

json_t *proof_json(struct check *check, const char *name, struct error *err)
{
    const struct archive_file *file = proof_file(check, name, err);
    size_t size;
    char *bytes = file == NULL ? NULL : proof_whole(check, file, &size, err);
    json_t *json = NULL;
    json_error_t why;

    if (bytes == NULL)
        return NULL;
    json = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &why);
    if (json == NULL) {
        proof_refuse(err,
                     SAY("%s 不是 JSON（第 %d 字节）：%.120s", "%s is no JSON (byte %d): %.120s"),
                     name, why.position, why.text);
    } else if (!json_is_object(json) || !is_canonical(json, bytes, size)) {
        proof_refuse(err,
                     SAY("%s 不是这里唯一的 JSON 写法（键排序、无空格、一行）",
                         "%s is not in the one form JSON has here (keys sorted, no spaces, one "
                         "line)"),
                     name);
        json_decref(json);
        json = NULL;
    }
    free(bytes);
    return json;
}

const char *json_words(const json_t *object, const char *key)
{
    const char *words = json_string_value(json_object_get(object, key));

    return words == NULL ? "" : words;
}

bool time_read(const char *words, struct wall_time *time)
{
    char again[WALL_TEXT];

    return strlen(words) == sizeof "2026-11-22T08:00:00.123Z" - 1 && moment_parse(words, time) &&
           strcmp(wall_text(*time, again), words) == 0;
}

bool json_time(const json_t *object, const char *key, struct wall_time *time)
{
    const json_t *said = json_object_get(object, key);

    *time = WALL_NONE;
    return json_is_null(said) || (json_is_string(said) && time_read(json_string_value(said), time));
}
