/* Bundles that are asked for on the page: the orders' events, with what `lookback work` has written
 * of each (record/orders.h). */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/say.h"
#include "page/acts.h"
#include "record/orders.h"

/* A change this near to now may have another one behind it that left the same time stamp: the file
 * system counts in steps of some ms. */
enum { UNSETTLED_MS = 100 };

/* Orders ------------------------------------------------------------------------------------- */

/* Of the page's one thread: each look adds what came since. */
static struct orders seen;
static char seen_of[256];

static const struct orders *look(struct call *call)
{
    const char *store_dir = call->host->settings->store_dir;
    struct error err = {0};

    if (strcmp(seen_of, store_dir) != 0) {
        seen = (struct orders){0};
        snprintf(seen_of, sizeof seen_of, "%s", store_dir);
    }
    if (orders_read(&seen, call->reader, &err))
        return &seen;
    answer_refuse(call->answer, &err);
    return NULL;
}

/* The number of an order: digits, and no other spelling of it. */
static const struct order *find(struct call *call)
{
    const char *words = call->vars[0];
    const struct orders *orders = look(call);
    const struct order *order = NULL;
    char again[24];
    uint64_t id;

    if (orders == NULL)
        return NULL;
    id = strtoull(words, NULL, 10);
    snprintf(again, sizeof again, "%" PRIu64, id);
    if (strcmp(again, words) == 0)
        order = orders_find(orders, id);
    if (order == NULL)
        call_refuse(call, ERROR_NOT_FOUND,
                    SAY("没有编号为 %.40s 的佐证材料", "there is no bundle %.40s"), words);
    return order;
}

/* One of them -------------------------------------------------------------------------------- */

/* A member of the state where it is what it must be, else null: the file is not ours to believe. */
static json_t *taken(const json_t *state, const char *key, json_type type)
{
    json_t *value = json_object_get(state, key);
    bool fits = value != NULL &&
                (json_typeof(value) == type || (type == JSON_TRUE && json_is_boolean(value)));

    return fits ? json_incref(value) : json_null();
}

static double share_of(const json_t *state)
{
    double share = json_number_value(json_object_get(state, "share"));

    return !isfinite(share) || share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
}

static json_t *moment(struct wall_time time)
{
    char words[WALL_TEXT];

    return wall_is_known(time) ? json_string(wall_text(time, words)) : json_null();
}

static const char *text_in(const json_t *state)
{
    const char *text = json_string_value(json_object_get(state, SAY("text_zh", "text_en")));

    return text == NULL ? "" : text;
}

/* Nobody works, whatever the file says: what was begun waits again. */
static void show_state(json_t *bundle, const json_t *state, bool working)
{
    bool over = order_is_over(state);
    const char *word = over || working ? order_state_word(state) : "waiting";
    const char *text = text_in(state);

    if (!over && !working)
        text =
            SAY("等待 lookback work：它没有在运行", "waits for lookback work, which does not run");
    else if (text[0] == '\0')
        text = SAY("排队等待", "waits its turn");
    json_object_set_new(bundle, "state", json_string(word));
    json_object_set_new(bundle, "share", json_real(share_of(state)));
    json_object_set_new(bundle, "text", json_string(text));
}

static json_t *describe(const struct order *order, const json_t *state, bool working)
{
    char id[24];
    json_t *bundle;

    snprintf(id, sizeof id, "%" PRIu64, order->id);
    bundle = json_pack("{s:s, s:s, s:o, s:o, s:s, s:o, s:s}", "id", id, "task", order->task, "from",
                       moment(order->from), "to", moment(order->to), "form",
                       order->public_form ? "public" : "full", "asked", moment(order->asked), "by",
                       order->by[0] == '\0' ? order->who : order->by);
    if (bundle == NULL)
        return NULL;
    show_state(bundle, state, working);
    json_object_set_new(bundle, "error", taken(state, "error", JSON_OBJECT));
    json_object_set_new(bundle, "file", taken(state, "file", JSON_OBJECT));
    json_object_set_new(bundle, "manifest", taken(state, "manifest", JSON_STRING));
    json_object_set_new(bundle, "verdict", taken(state, "verdict", JSON_OBJECT));
    json_object_set_new(bundle, "key", taken(state, "key", JSON_STRING));
    json_object_set_new(bundle, "head", taken(state, "head", JSON_STRING));
    json_object_set_new(bundle, "segment", taken(state, "segment", JSON_INTEGER));
    json_object_set_new(bundle, "simulated", taken(state, "simulated", JSON_TRUE));
    json_object_set_new(bundle, "expires", taken(state, "expires", JSON_STRING));
    return bundle;
}

static json_t *describe_now(const struct call *call, const struct order *order, bool working)
{
    json_t *state = order_state(call->host->settings->store_dir, order->id);
    json_t *bundle = describe(order, state, working);

    json_decref(state);
    return bundle;
}

/* Answers ------------------------------------------------------------------------------------ */

/* Rises with every order, every state that was put (its folder has a new time then), and whoever
 * makes them coming or going. */
static uint64_t version(const struct call *call)
{
    const char *store_dir = call->host->settings->store_dir;
    uint64_t news = recorder_news(call->host->recorder, NEWS_EVENTS);
    struct timespec now;
    struct stat folder = {0};
    char path[600];
    int64_t changed_ns, now_ns;

    snprintf(path, sizeof path, "%s/bundles", store_dir);
    stat(path, &folder);
    clock_gettime(CLOCK_REALTIME, &now);
    changed_ns = ns_from_ms((int64_t)folder.st_mtim.tv_sec * 1000) + folder.st_mtim.tv_nsec;
    now_ns = ns_from_ms((int64_t)now.tv_sec * 1000) + now.tv_nsec;
    if (now_ns - changed_ns < ns_from_ms(UNSETTLED_MS))
        changed_ns = now_ns; /* never the same again */
    return ((uint64_t)changed_ns * 31 + news) * 2 + orders_are_served(store_dir);
}

static bool read_after(struct call *call, uint64_t *before)
{
    const char *after = http_query_get(call->query, "after");

    if (after == NULL)
        return true;
    *before = strtoull(after, NULL, 10);
    if (after[0] != '\0' && strlen(after) < 20 && after[strspn(after, "0123456789")] == '\0')
        return true;
    return call_refuse_after(call, after);
}

/* Newest first, from before `after` on. */
static void answer_bundles(struct call *call)
{
    uint64_t before = UINT64_MAX;
    const struct orders *orders;
    json_t *list = json_array(), *last = json_null();
    bool working;
    long limit;

    if (!call_number(call, "limit", 1, 1000, 200, &limit) || !read_after(call, &before) ||
        (orders = look(call)) == NULL) {
        json_decref(list);
        return;
    }
    working = orders_are_served(call->host->settings->store_dir);
    for (size_t i = orders->count; i > 0; i--) {
        const struct order *order = &orders->list[i - 1];

        if (order->id >= before)
            continue;
        if ((long)json_array_size(list) == limit) {
            last = json_incref(json_object_get(json_array_get(list, (size_t)limit - 1), "id"));
            break;
        }
        json_array_append_new(list, describe_now(call, order, working));
    }
    answer_json(call->answer,
                json_pack("{s:b, s:o, s:o}", "working", working, "bundles", list, "next", last));
}

static void answer_bundle(struct call *call)
{
    const struct order *order = find(call);
    bool working = orders_are_served(call->host->settings->store_dir);

    if (order != NULL)
        answer_json(call->answer, json_pack("{s:o}", "bundle", describe_now(call, order, working)));
}

/* What stands in a header: letters that need no care. */
static void name_download(const json_t *file, const struct order *order, char *out, size_t size)
{
    const char *name = json_string_value(json_object_get(file, "name"));

    if (name != NULL && strlen(name) < size && name[0] != '.' &&
        name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] ==
            '\0')
        snprintf(out, size, "%s", name);
    else
        snprintf(out, size, "lookback-%" PRIu64 ".zip", order->id);
}

static void give_file(struct call *call, const struct order *order, const json_t *file)
{
    const char *digest = json_string_value(json_object_get(file, "sha256"));
    struct http_answer *answer = call->answer;
    struct stat stored = {0};

    answer->fd = order_open(call->host->settings->store_dir, order->id, "zip");
    if (answer->fd < 0 || fstat(answer->fd, &stored) != 0) {
        call_refuse(call, ERROR_NOT_FOUND,
                    SAY("佐证材料 %" PRIu64 " 的文件不在了，请重新导出",
                        "the file of bundle %" PRIu64 " is gone: ask for it again"),
                    order->id);
        return;
    }
    answer->type = "application/zip";
    answer->size = (size_t)stored.st_size;
    answer->no_store = true;
    name_download(file, order, answer->download, sizeof answer->download);
    if (digest != NULL && strlen(digest) == DIGEST_HEX - 1 &&
        digest[strspn(digest, "0123456789abcdef")] == '\0')
        snprintf(answer->etag, sizeof answer->etag, "\"%s\"", digest);
}

static void answer_file(struct call *call)
{
    const struct order *order = find(call);
    json_t *state;

    if (order == NULL)
        return;
    state = order_state(call->host->settings->store_dir, order->id);
    if (strcmp(order_state_word(state), "done") == 0)
        give_file(call, order, json_object_get(state, "file"));
    else
        call_refuse(
            call, ERROR_NOT_FOUND,
            order_is_over(state)
                ? SAY("佐证材料 %" PRIu64 " 没有文件：没有做成，或已过保留期",
                      "bundle %" PRIu64 " has no file: it was not made, or kept long enough")
                : SAY("佐证材料 %" PRIu64 " 还没有做好", "bundle %" PRIu64 " is not made yet"),
            order->id);
    json_decref(state);
}

/* The arguments alone: the act is the only one of this address. */
static void take_order(struct call *call)
{
    page_act(call, ORDER_EVENT, call->body);
}

/* clang-format off */
const struct route evidence_routes[] = {
    {METHOD_GET,  ROLE_READER,  "/api/v1/bundles",           version, answer_bundles},
    {METHOD_POST, ROLE_STEWARD, "/api/v1/bundles",           NULL,    take_order},
    {METHOD_GET,  ROLE_READER,  "/api/v1/bundles/{id}",      version, answer_bundle},
    {METHOD_GET,  ROLE_READER,  "/api/v1/bundles/{id}/file", NULL,    answer_file},
    {0},
};
/* clang-format on */
