/* anchors.json and anchors/: where heads of the segments were left outside the gateway. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "report/bundle_inside.h"

struct anchors {
    struct bundle *bundle;
    struct error *err;
    bool failed;
};

static int compare(const json_t *one, const json_t *other)
{
    static const char *const words[] = {"kind", "name"};
    json_int_t a = json_integer_value(json_object_get(one, "segment"));
    json_int_t b = json_integer_value(json_object_get(other, "segment"));

    if (a != b)
        return a < b ? -1 : 1;
    for (size_t i = 0; i < 2; i++) {
        int order = strcmp(json_string_value(json_object_get(one, words[i])),
                           json_string_value(json_object_get(other, words[i])));

        if (order != 0)
            return order;
    }
    return 0;
}

/* Keeps the list in order of segment, kind and name, in whatever order they come. */
static bool keep(struct anchors *anchors, json_t *anchor)
{
    json_t *list = anchors->bundle->anchors;
    size_t at = json_array_size(list);

    while (at > 0 && compare(json_array_get(list, at - 1), anchor) > 0)
        at--;
    return json_array_insert_new(list, at, anchor) == 0;
}

static bool see_anchor(void *self, uint64_t segment, const char *kind, const char *name,
                       struct wall_time time, const void *body, size_t size)
{
    struct anchors *anchors = self;

    (void)body, (void)size;
    anchors->failed =
        !keep(anchors, json_pack("{s:s, s:s, s:I, s:o}", "kind", kind, "name", name, "segment",
                                 (json_int_t)segment, "time", bundle_time(time)));
    return !anchors->failed;
}

/* The token of the server whose name comes first. */
static bool is_first(const json_t *anchors, size_t index)
{
    const json_t *anchor = json_array_get(anchors, index);
    const json_t *before = index == 0 ? NULL : json_array_get(anchors, index - 1);

    return strcmp(json_string_value(json_object_get(anchor, "kind")), "time_stamp") == 0 &&
           (before == NULL ||
            strcmp(json_string_value(json_object_get(before, "kind")), "time_stamp") != 0 ||
            json_integer_value(json_object_get(before, "segment")) !=
                json_integer_value(json_object_get(anchor, "segment")));
}

static bool put_token(void *self, uint64_t segment, const char *kind, const char *name,
                      struct wall_time time, const void *body, size_t size)
{
    struct anchors *anchors = self;
    const json_t *list = anchors->bundle->anchors;
    char file[ARCHIVE_NAME_MAX];

    (void)time;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *anchor = json_array_get(list, i);

        if ((uint64_t)json_integer_value(json_object_get(anchor, "segment")) != segment ||
            strcmp(json_string_value(json_object_get(anchor, "kind")), kind) != 0 ||
            strcmp(json_string_value(json_object_get(anchor, "name")), name) != 0 ||
            !is_first(list, i))
            continue;
        snprintf(file, sizeof file, "anchors/%06" PRIu64 ".tsr", segment);
        anchors->failed = !archive_put(anchors->bundle->archive, file, body, size, anchors->err);
    }
    return !anchors->failed;
}

bool bundle_put_anchors(struct bundle *bundle, struct error *err)
{
    struct anchors anchors = {.bundle = bundle, .err = err};
    uint64_t first = bundle->parts[0].segment;
    uint64_t last = bundle->parts[bundle->part_count - 1].segment;
    json_t *object;
    bool put;

    if (!reader_anchors(bundle->setup.reader, first, last, see_anchor, &anchors, err) ||
        anchors.failed ||
        !reader_anchors(bundle->setup.reader, first, last, put_token, &anchors, err) ||
        anchors.failed)
        return false;
    object = json_pack("{s:O}", "anchors", bundle->anchors);
    put = bundle_put_json(bundle, "anchors.json", object, err);
    json_decref(object);
    return put;
}
