/* Where the store is not what was sealed: noted while the bundle is made, the rows named after. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "report/bundle_inside.h"

enum { SAID = 900 };

struct seal_head bundle_head_of(const struct part *part)
{
    return (struct seal_head){
        .segment = part->segment, .first_seq = part->first_seq, .first_time = part->first};
}

bool bundle_note_differs(struct bundle *bundle, const struct part *part, const char *leaf,
                         struct error *err)
{
    const struct seal_head head = bundle_head_of(part);
    const size_t last = json_array_size(bundle->differs);
    const json_t *before = last == 0 ? NULL : json_array_get(bundle->differs, last - 1);
    bool is_head = strcmp(leaf, "head") == 0;

    if (before != NULL && strcmp(json_string_value(json_object_get(before, "leaf")), leaf) == 0 &&
        json_integer_value(json_object_get(before, "segment")) == (json_int_t)part->segment)
        return true; /* several items of one configuration */
    json_array_append_new(bundle->differs, json_pack("{s:s, s:s, s:I, s:o, s:n}", "leaf", leaf,
                                                     "point", strchr(leaf, '/') == NULL ? "" : leaf,
                                                     "segment", (json_int_t)part->segment, "time",
                                                     bundle_time(part->first), "row"));
    return is_head ? bundle_case_head_differs(bundle->about, &head, err)
                   : bundle_case_rows_differ(bundle->about, &head, leaf, err);
}

/* "point a/b/c" to the leaf it is noted as. */
static bool is_of(const json_t *noted, const struct seal_check *found)
{
    const char *leaf = json_string_value(json_object_get(noted, "leaf"));
    const char *name = strncmp(found->leaf, "point ", 6) == 0 ? found->leaf + 6 : found->leaf;

    return (uint64_t)json_integer_value(json_object_get(noted, "segment")) == found->segment &&
           strcmp(leaf, name) == 0;
}

static void see_row(void *self, const struct seal_check *found)
{
    const struct bundle *bundle = self;

    if (found->fault != SEAL_ROW_DIFFERS)
        return;
    for (size_t i = 0; i < json_array_size(bundle->differs); i++) {
        json_t *noted = json_array_get(bundle->differs, i);

        if (is_of(noted, found) && json_is_null(json_object_get(noted, "row")))
            json_object_set_new(noted, "row", json_string(found->row));
    }
}

static void put_sentences(json_t *noted)
{
    const char *leaf = json_string_value(json_object_get(noted, "leaf"));
    const char *row = json_string_value(json_object_get(noted, "row"));
    const char *time = json_string_value(json_object_get(noted, "time"));
    long long segment = json_integer_value(json_object_get(noted, "segment"));
    const char *what_zh = strcmp(leaf, "head") == 0            ? "封存头"
                          : strcmp(leaf, "events") == 0        ? "事件"
                          : strcmp(leaf, "configuration") == 0 ? "配置"
                                                               : leaf;
    char zh[SAID], en[SAID];

    snprintf(zh, sizeof zh, "%s 与封存时不同，需核查：第 %lld 段（自 %s 起）%s%s", what_zh, segment,
             time == NULL ? "-" : time, row == NULL ? "" : "，现在读作 ", row == NULL ? "" : row);
    snprintf(en, sizeof en,
             "%s is not what was sealed and needs checking: segment %lld (from %s "
             "on)%s%s",
             leaf, segment, time == NULL ? "-" : time, row == NULL ? "" : ", which now reads ",
             row == NULL ? "" : row);
    json_object_set_new(noted, "zh", json_string(zh));
    json_object_set_new(noted, "en", json_string(en));
}

/* The whole store is checked only when something was found: it takes its time. */
bool bundle_name_rows(struct bundle *bundle, struct error *err)
{
    struct seal_check check;

    if (json_array_size(bundle->differs) == 0)
        return true;
    bundle_show(bundle, 0.8, "查找与封存不同的记录", "looking for what is not as sealed");
    if (!reader_check_seals(bundle->setup.reader, &check, see_row, NULL, bundle, err))
        return false;
    for (size_t i = 0; i < json_array_size(bundle->differs); i++)
        put_sentences(json_array_get(bundle->differs, i));
    return true;
}
