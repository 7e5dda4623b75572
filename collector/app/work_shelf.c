#include "app/work_shelf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/work_state.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/say.h"

enum { TENTH = 10 };

struct standing {
    uint64_t id;
    struct wall_time expires;
    int64_t bytes;
};

struct shelf {
    const char *store_dir;
    const struct orders *orders;
    int folder;
    struct standing list[ORDERS_MOST]; /* the oldest first, as the orders */
    size_t count;
    int64_t bytes;
};

/* "812.zip" and "812.json" of an order 812, and no other spelling of them. */
static bool belongs(const struct orders *orders, const char *name)
{
    uint64_t id = strtoull(name, NULL, 10);
    char zip[40], json[40];

    snprintf(zip, sizeof zip, "%" PRIu64 ".zip", id);
    snprintf(json, sizeof json, "%" PRIu64 ".json", id);
    return (strcmp(name, zip) == 0 || strcmp(name, json) == 0) && orders_find(orders, id) != NULL;
}

/* What a process that was killed, or an order of long ago, has left. */
static void remove_strangers(const struct shelf *shelf)
{
    int again = openat(shelf->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = again < 0 ? NULL : fdopendir(again);
    const struct dirent *entry;

    if (dir == NULL) {
        if (again >= 0)
            close(again);
        return;
    }
    while ((entry = readdir(dir)) != NULL)
        if (!belongs(shelf->orders, entry->d_name)) /* a folder, as "..", stays */
            unlinkat(shelf->folder, entry->d_name, 0);
    closedir(dir);
}

static void remove_bundle(const struct shelf *shelf, uint64_t id)
{
    char name[40];

    snprintf(name, sizeof name, "%" PRIu64 ".zip", id);
    unlinkat(shelf->folder, name, 0);
}

static void see(struct shelf *shelf, uint64_t id, const json_t *state)
{
    struct standing *one = &shelf->list[shelf->count];
    const char *expires = json_string_value(json_object_get(state, "expires"));
    int fd = order_open(shelf->store_dir, id, "zip");
    struct stat file = {0};

    if (fd >= 0 && fstat(fd, &file) == 0) {
        *one = (struct standing){.id = id, .bytes = file.st_size};
        if (expires == NULL || !moment_parse(expires, &one->expires))
            one->expires.ms = INT64_MIN + 1; /* a state nobody of us wrote */
        shelf->bytes += one->bytes;
        shelf->count++;
    }
    if (fd >= 0)
        close(fd);
}

static void look(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->orders->count; i++) {
        uint64_t id = shelf->orders->list[i].id;
        json_t *state = order_state(shelf->store_dir, id);

        if (strcmp(order_state_word(state), "done") == 0)
            see(shelf, id, state);
        else
            remove_bundle(shelf, id); /* half an end: it is made anew, or not at all */
        json_decref(state);
    }
}

static void expire(const struct shelf *shelf, const struct standing *one)
{
    json_t *state = order_state(shelf->store_dir, one->id);
    struct error err = {0};

    json_object_set_new(state, "state", json_string("expired"));
    json_object_set_new(state, "file", json_null());
    json_object_set_new(state, "text_zh", json_string("已过保留期，文件已删除；需要时请重新导出"));
    json_object_set_new(state, "text_en",
                        json_string("kept long enough and removed; ask for it again when needed"));
    if (work_state_put(shelf->store_dir, one->id, state, true, &err)) {
        remove_bundle(shelf, one->id);
        log_info(SAY("佐证材料 %" PRIu64 " 已过保留期，删除",
                     "bundle %" PRIu64 " was kept long enough: removed"),
                 one->id);
    } else {
        log_warning("%s", err.text);
    }
}

static int64_t free_bytes(const char *store_dir)
{
    struct statvfs disk;

    return statvfs(store_dir, &disk) == 0 ? (int64_t)disk.f_bavail * (int64_t)disk.f_frsize
                                          : INT64_MAX / 4;
}

struct wall_time work_shelf_tidy(const char *store_dir, const struct orders *orders,
                                 struct wall_time now)
{
    struct shelf *shelf = calloc(1, sizeof *shelf);
    struct wall_time next = WALL_NONE;
    struct error err = {0};
    int64_t room;

    if (shelf == NULL)
        return next;
    *shelf = (struct shelf){.store_dir = store_dir, .orders = orders};
    shelf->folder = orders_folder(store_dir, &err);
    if (shelf->folder < 0)
        goto done;
    remove_strangers(shelf);
    look(shelf);
    room = (free_bytes(store_dir) + shelf->bytes) / TENTH;
    for (size_t i = 0; i < shelf->count; i++) {
        const struct standing *one = &shelf->list[i];
        size_t newer = shelf->count - 1 - i;

        if (one->expires.ms <= now.ms || newer >= WORK_SHELF_MOST ||
            (newer > 0 && shelf->bytes > room)) {
            expire(shelf, one);
            shelf->bytes -= one->bytes;
        } else if (!wall_is_known(next) || one->expires.ms < next.ms) {
            next = one->expires;
        }
    }
done:
    if (shelf->folder >= 0)
        close(shelf->folder);
    free(shelf);
    return next;
}
