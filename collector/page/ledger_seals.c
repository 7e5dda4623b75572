/* /seals: what was sealed, and where its heads were left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "page/ledger_inside.h"
#include "store/seals.h"

struct seal_list {
    json_t *seals;
    uint64_t first, last; /* of the page */
};

static json_t *hex_json(const uint8_t *digest)
{
    char words[DIGEST_HEX];

    return json_string(digest_hex(digest, words));
}

static bool add_seal(void *self, const struct sealed *sealed)
{
    const struct seal_head *head = &sealed->head;
    struct seal_list *list = self;

    if (list->last == 0)
        list->last = head->segment;
    list->first = head->segment;
    json_array_append_new(
        list->seals,
        json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:[], s:b, s:o}", "segment",
                  (json_int_t)head->segment, "first_seq", (json_int_t)head->first_seq, "last_seq",
                  (json_int_t)head->last_seq, "first_time", ledger_moment(head->first_time),
                  "last_time", ledger_moment(head->last_time), "root", hex_json(head->root), "head",
                  hex_json(sealed->digest), "time", ledger_moment(head->sealed), "anchored",
                  "pruned", (int)sealed->pruned, "key", ledger_words(head->key)));
    return true;
}

/* In the order of the segments; the list is the other way round. */
static bool add_anchor(void *self, uint64_t segment, const char *kind, const char *name,
                       struct wall_time time, const void *body, size_t size)
{
    struct seal_list *list = self;

    (void)kind, (void)time, (void)body, (void)size;
    for (size_t i = json_array_size(list->seals); i-- > 0;) {
        json_t *seal = json_array_get(list->seals, i);

        if ((uint64_t)json_integer_value(json_object_get(seal, "segment")) == segment) {
            json_array_append_new(json_object_get(seal, "anchored"), ledger_words(name));
            break;
        }
    }
    return true;
}

static bool read_after(struct call *call, uint64_t *before)
{
    const char *after = http_query_get(call->query, "after");
    size_t length = after == NULL ? 0 : strlen(after);

    *before = 0;
    if (after == NULL)
        return true;
    if (length > 0 && length <= 18 && strspn(after, "0123456789") == length)
        *before = strtoull(after, NULL, 10);
    if (*before > 0)
        return true;
    return call_refuse_after(call, after);
}

static bool keep_key(void *self, const struct sealed *sealed)
{
    snprintf(self, DIGEST_HEX, "%s", sealed->head.key);
    return false;
}

void ledger_seals(struct call *call)
{
    struct seal_list list = {0};
    struct error err = {0};
    char key[DIGEST_HEX] = "";
    char next[24] = "";
    uint64_t before;
    size_t most;

    if (!ledger_limit(call, &most) || !read_after(call, &before))
        return;
    list.seals = json_array();
    if (!reader_newest_seals(call->reader, 0, 1, keep_key, key, &err) ||
        !reader_newest_seals(call->reader, before, most + 1, add_seal, &list, &err)) {
        json_decref(list.seals);
        answer_refuse(call->answer, &err);
        return;
    }
    if (json_array_size(list.seals) > most) {
        json_array_remove(list.seals, most);
        list.first = (uint64_t)json_integer_value(
            json_object_get(json_array_get(list.seals, most - 1), "segment"));
        snprintf(next, sizeof next, "%llu", (unsigned long long)list.first);
    }
    if (list.last != 0)
        reader_anchors(call->reader, list.first, list.last, add_anchor, &list, &err);
    if (err.kind == ERROR_NONE)
        answer_json(call->answer, json_pack("{s:O, s:o, s:o}", "seals", list.seals, "key",
                                            ledger_words(key), "next", ledger_words(next)));
    else
        answer_refuse(call->answer, &err);
    json_decref(list.seals);
}
