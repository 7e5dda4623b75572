#include "app/work_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"

json_t *work_state_new(const struct order *order, const char *state, long begun, const char *zh,
                       const char *en)
{
    char id[24];

    snprintf(id, sizeof id, "%" PRIu64, order->id);
    return json_pack("{s:s, s:s, s:I, s:f, s:s, s:s, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n}",
                     "id", id, "state", state, "begun", (json_int_t)begun, "share", 0.0, "text_zh",
                     zh, "text_en", en, "error", "file", "manifest", "verdict", "key", "head",
                     "segment", "simulated", "expires");
}

json_t *work_state_failed(const struct order *order, long begun, const struct error *why)
{
    json_t *state = work_state_new(order, "failed", begun, "没有做成", "not made");
    json_t *error =
        json_pack("{s:s, s:s, s:o}", "kind", error_word(why->kind), "text", why->text, "where",
                  why->where[0] == '\0' ? json_null() : json_string(why->where));

    json_object_set_new(state, "error", error);
    return state;
}

long work_state_begun(const json_t *state)
{
    return (long)json_integer_value(json_object_get(state, "begun"));
}

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t wrote = write(fd, bytes, size);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes += wrote;
        size -= (size_t)wrote;
    }
    return true;
}

static bool replace(int folder, const char *name, const char *bytes, bool durable)
{
    char part[48];
    bool good;
    int fd;

    snprintf(part, sizeof part, "%s.part", name);
    unlinkat(folder, part, 0);
    fd = openat(folder, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return false;
    good = write_all(fd, bytes, strlen(bytes)) && (!durable || fsync(fd) == 0);
    good = close(fd) == 0 && good;
    good = good && renameat(folder, part, folder, name) == 0;
    if (good && durable)
        fsync(folder); /* some file systems cannot; the file itself is synced */
    if (!good)
        unlinkat(folder, part, 0);
    return good;
}

bool work_state_put(const char *store_dir, uint64_t id, json_t *state, bool durable,
                    struct error *err)
{
    int folder = orders_folder(store_dir, err);
    char *bytes = state == NULL ? NULL : json_dumps(state, JSON_COMPACT);
    char name[40];
    bool good = false;

    snprintf(name, sizeof name, "%" PRIu64 ".json", id);
    if (bytes == NULL)
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    else if (folder >= 0) {
        good = replace(folder, name, bytes, durable);
        if (!good)
            error_set(err, ERROR_STORE,
                      SAY("写不了 %s/bundles/%s：%s", "cannot write %s/bundles/%s: %s"), store_dir,
                      name, strerror(errno));
    }
    free(bytes);
    json_decref(state);
    if (folder >= 0)
        close(folder);
    return good;
}
