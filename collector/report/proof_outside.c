/* A head that was kept outside, in the forms in which people have one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "report/proof_inside.h"

enum { OUTSIDE_MOST = 256 << 10 };

static bool take_head(struct outside_head *outside, json_int_t segment, const char *hex)
{
    if (segment < 1 || hex == NULL || strlen(hex) != DIGEST_HEX - 1 ||
        !hex_read(hex, outside->head, DIGEST_BYTES))
        return false;
    outside->segment = (uint64_t)segment;
    return true;
}

/* {"segment","head","time"} itself, or under "seal". */
static bool take_json(struct outside_head *outside, const char *bytes, size_t size)
{
    json_t *json = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
    const json_t *seal = json_object_get(json, "seal");
    const json_t *from = json_is_object(seal) ? seal : json;
    const json_t *segment = json_object_get(from, "segment");
    const char *time = json_string_value(json_object_get(from, "time"));
    bool taken =
        json_is_integer(segment) && take_head(outside, json_integer_value(segment),
                                              json_string_value(json_object_get(from, "head")));

    if (time != NULL && !moment_parse(time, &outside->time))
        outside->time = WALL_NONE;
    json_decref(json);
    return taken;
}

/* "SEGMENT HEAD", with or without a line feed. */
static bool take_line(struct outside_head *outside, const char *bytes)
{
    char hex[DIGEST_HEX + 1] = "";
    unsigned long long segment = 0;
    int end = 0;

    return sscanf(bytes, " %18llu %65s %n", &segment, hex, &end) == 2 && bytes[end] == '\0' &&
           take_head(outside, (json_int_t)segment, hex);
}

static bool read_bytes(const char *path, char *bytes, size_t *size, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t got = fd < 0 ? -1 : read(fd, bytes, OUTSIDE_MOST);

    if (got < 0)
        error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_STORE, "%s: %s", path,
                  strerror(errno));
    if (fd >= 0)
        close(fd);
    if (got < 0)
        return false;
    *size = (size_t)got;
    bytes[got] = '\0';
    return true;
}

bool outside_head_read(struct outside_head *outside, const char *path, struct error *err)
{
    char *bytes = malloc(OUTSIDE_MOST + 1);
    size_t size = 0;
    bool good;

    *outside = (struct outside_head){.time = WALL_NONE};
    snprintf(outside->from, sizeof outside->from, "%s", path);
    utf8_mend(outside->from);
    if (bytes == NULL)
        return proof_memory(err);
    good = read_bytes(path, bytes, &size, err);
    if (good && !take_json(outside, bytes, size) && !take_line(outside, bytes))
        good =
            error_set(err, ERROR_WRONG_USE,
                      SAY("%s 里没有封存头：应是 MQTT 主题 seal 的内容、带 seal 的问题 JSON，或一行"
                          "“段号 摘要”",
                          "%s holds no head of a seal: it must be the message of the MQTT topic "
                          "seal, a problem's JSON with its seal, or a line SEGMENT HEAD"),
                      path);
    free(bytes);
    return good;
}
