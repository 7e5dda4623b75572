#include "app/deeds.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "report/table.h"
#include "town/shown.h"

enum { WORDS_SIZE = 160 };

struct deed {
    uint64_t seq;
    struct wall_time time;
    char *who;
    char what[WORDS_SIZE];
    char *note;
};

struct deeds {
    const struct deeds_about *about;
    const char *kind; /* of the events that are read now */
    struct deed *list;
    size_t count, room;
};

/* The member of an act's arguments that says what it was done to, and what it must be. */
static bool is_about(const struct deeds *deeds, const json_t *args)
{
    const struct {
        const char *kind, *key, *wanted;
    } subjects[] = {
        {"problem.", "uid",    deeds->about->problem},
        {"device.",  "device", deeds->about->device },
        {"task.",    "id",     deeds->about->task   },
    };

    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
        if (strncmp(deeds->kind, subjects[i].kind, strlen(subjects[i].kind)) == 0)
            return subjects[i].wanted != NULL &&
                   strcmp(text_of(args, subjects[i].key), subjects[i].wanted) == 0;
    return false;
}

static void say_what(const struct deeds *deeds, const json_t *args, char *out, size_t size)
{
    char from[LOCAL_TEXT], to[LOCAL_TEXT];

    if (strcmp(deeds->kind, "device.maintenance") == 0)
        snprintf(out, size, SAY("维护窗口 %s 至 %s", "maintenance from %s to %s"),
                 local_time(text_of(args, "from"), from), local_time(text_of(args, "to"), to));
    else if (strcmp(deeds->kind, "problem.acknowledge") == 0)
        snprintf(out, size, "%s", SAY("确认", "acknowledged"));
    else if (strcmp(deeds->kind, "problem.close") == 0)
        snprintf(out, size, "%s", SAY("关闭", "closed"));
    else if (strcmp(deeds->kind, "task.note") == 0)
        snprintf(out, size, "%s", SAY("备注", "note"));
    else if (json_is_true(json_object_get(args, "even_so")))
        snprintf(out, size, "%s", SAY("销号（当时仍在超标）", "struck off while breaching"));
    else
        snprintf(out, size, "%s", SAY("销号", "struck off"));
}

static bool see_event(void *self, uint64_t seq, struct wall_time time, const char *who,
                      const char *arguments)
{
    struct deeds *deeds = self;
    json_t *args = json_loads(arguments, 0, NULL);
    struct deed *deed;

    if (deeds->count == deeds->room && is_about(deeds, args)) {
        size_t room = deeds->room == 0 ? 16 : 2 * deeds->room;
        struct deed *list = realloc(deeds->list, room * sizeof *list);

        if (list == NULL) {
            json_decref(args);
            return false;
        }
        deeds->list = list;
        deeds->room = room;
    }
    if (is_about(deeds, args)) {
        deed = &deeds->list[deeds->count++];
        *deed = (struct deed){.seq = seq, .time = time, .who = strdup(who)};
        deed->note = strdup(text_of(args, "note"));
        say_what(deeds, args, deed->what, sizeof deed->what);
    }
    json_decref(args);
    return true;
}

static int compare_deeds(const void *one, const void *other)
{
    const struct deed *a = one;
    const struct deed *b = other;

    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static void print_all(const struct deeds *deeds)
{
    const char *const headings[] = {SAY("经过", "WHAT WAS DONE"), SAY("谁", "WHO"),
                                    SAY("做了什么", "WHAT"), SAY("备注", "NOTE")};
    struct table *table = table_new(4, headings);
    char when[WALL_TEXT], local[LOCAL_TEXT];

    for (size_t i = 0; i < deeds->count; i++) {
        const struct deed *deed = &deeds->list[i];

        table_cell(table, "%s",
                   wall_is_known(deed->time) ? local_time(wall_text(deed->time, when), local) : "");
        table_cell(table, "%s", deed->who == NULL ? "" : deed->who);
        table_cell(table, "%s", deed->what);
        table_cell(table, "%s", deed->note == NULL ? "" : deed->note);
    }
    table_print(table, stdout);
    table_free(table);
}

bool deeds_print(struct reader *reader, const struct deeds_about *about, struct error *err)
{
    static const char *const kinds[] = {"problem.acknowledge", "problem.close", "task.note",
                                        "task.strike_off", "device.maintenance"};
    struct deeds deeds = {.about = about};
    bool read = true;

    for (size_t i = 0; read && i < sizeof kinds / sizeof kinds[0]; i++) {
        deeds.kind = kinds[i];
        read = reader_events(reader, kinds[i], see_event, &deeds, err);
    }
    if (deeds.count > 0)
        qsort(deeds.list, deeds.count, sizeof *deeds.list, compare_deeds);
    if (read && deeds.count > 0)
        print_all(&deeds);
    for (size_t i = 0; i < deeds.count; i++) {
        free(deeds.list[i].who);
        free(deeds.list[i].note);
    }
    free(deeds.list);
    return read;
}
