#include "town/deeds.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "store/reader_lists.h"
#include "town/shown.h"

/* Events are found by what they are about, whatever it is: a task may be called like a device. */
struct search {
    struct deeds *deeds;
    const char *kinds; /* "problem.": what the kind begins with */
    struct wall_time since;
    struct error *err;
    bool failed;
};

static bool make_room(struct deeds *deeds)
{
    size_t room = deeds->room == 0 ? 16 : 2 * deeds->room;
    struct deed *list;

    if (deeds->count < deeds->room)
        return true;
    list = realloc(deeds->list, room * sizeof *list);
    if (list == NULL)
        return false;
    deeds->list = list;
    deeds->room = room;
    return true;
}

static void deed_end(struct deed *deed)
{
    free(deed->kind);
    free(deed->who);
    free(deed->by);
    free(deed->note);
    free(deed->from);
    free(deed->to);
}

static bool fill(struct deed *deed, const char *kind, const char *who, const json_t *args)
{
    deed->kind = strdup(kind);
    deed->who = strdup(who);
    deed->by = strdup(text_of(args, "by"));
    deed->note = strdup(text_of(args, "note"));
    deed->from = strdup(text_of(args, "from"));
    deed->to = strdup(text_of(args, "to"));
    deed->even_so = json_is_true(json_object_get(args, "even_so"));
    return deed->kind != NULL && deed->who != NULL && deed->by != NULL && deed->note != NULL &&
           deed->from != NULL && deed->to != NULL;
}

/* A window that was over, and said, before it all began is no part of the story. */
static bool is_before(const struct deed *deed, struct wall_time since)
{
    struct wall_time to;

    return deed->time.ms != WALL_NONE_MS && deed->time.ms < since.ms &&
           moment_parse(deed->to, &to) && to.ms < since.ms;
}

static bool see_event(void *self, uint64_t seq, const char *kind, struct wall_time time,
                      const char *who, const char *arguments)
{
    struct search *search = self;
    struct deed deed = {.seq = seq, .time = time};
    json_t *args;

    if (strncmp(kind, search->kinds, strlen(search->kinds)) != 0)
        return true;
    args = json_loads(arguments, 0, NULL);
    if (fill(&deed, kind, who, args) && make_room(search->deeds)) {
        if (is_before(&deed, search->since))
            deed_end(&deed);
        else
            search->deeds->list[search->deeds->count++] = deed;
    } else {
        deed_end(&deed);
        search->failed = true;
        error_set(search->err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    }
    json_decref(args);
    return !search->failed;
}

static int compare_deeds(const void *one, const void *other)
{
    const struct deed *a = one;
    const struct deed *b = other;

    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

bool deeds_gather(struct deeds *deeds, struct reader *reader, const struct deeds_about *about,
                  struct error *err)
{
    const struct {
        const char *kinds, *subject;
    } all[] = {
        {"problem.", about->problem},
        {"device.",  about->device },
        {"task.",    about->task   },
    };
    struct search search = {.deeds = deeds, .since = WALL_NONE, .err = err};

    *deeds = (struct deeds){0};
    if (about->since != NULL && !moment_parse(about->since, &search.since))
        search.since = WALL_NONE;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        search.kinds = all[i].kinds;
        if (all[i].subject != NULL &&
            (!reader_deeds(reader, all[i].subject, DEEDS_MOST, see_event, &search, err) ||
             search.failed))
            return false;
    }
    if (deeds->count > 0)
        qsort(deeds->list, deeds->count, sizeof *deeds->list, compare_deeds);
    return true;
}

void deeds_end(struct deeds *deeds)
{
    for (size_t i = 0; i < deeds->count; i++)
        deed_end(&deeds->list[i]);
    free(deeds->list);
    *deeds = (struct deeds){0};
}

char *deed_shown(const struct deed *deed, char *out, size_t size)
{
    char from[LOCAL_TEXT], to[LOCAL_TEXT];

    if (strcmp(deed->kind, "device.maintenance") == 0)
        snprintf(out, size, SAY("维护窗口 %s 至 %s", "maintenance from %s to %s"),
                 local_time(deed->from, from), local_time(deed->to, to));
    else if (strcmp(deed->kind, "problem.acknowledge") == 0)
        snprintf(out, size, "%s", SAY("确认", "acknowledged"));
    else if (strcmp(deed->kind, "problem.close") == 0)
        snprintf(out, size, "%s", SAY("关闭", "closed"));
    else if (strcmp(deed->kind, "task.note") == 0)
        snprintf(out, size, "%s", SAY("备注", "note"));
    else if (deed->even_so)
        snprintf(out, size, "%s", SAY("销号（当时仍在超标）", "struck off while breaching"));
    else
        snprintf(out, size, "%s", SAY("销号", "struck off"));
    return out;
}
