#include "ledger/task.h"

#include <assert.h>
#include <string.h>

#include "base/conf.h"
#include "base/say.h"

/* clang-format off */
static const struct {
    const char *word, *zh, *en;
} states[TASK_STATE_COUNT] = {
    [TASK_FOUND]       = {"found",       "已排查",     "found"},
    [TASK_ASSIGNED]    = {"assigned",    "已交办",     "assigned"},
    [TASK_RECTIFYING]  = {"rectifying",  "整改中",     "in rectification"},
    [TASK_APPLIED]     = {"applied",     "已申请验收", "applied"},
    [TASK_CHECKING]    = {"checking",    "核查中",     "being checked"},
    [TASK_PUBLICISED]  = {"publicised",  "公示中",     "publicised"},
    [TASK_STRUCK_OFF]  = {"struck_off",  "已销号",     "struck off"},
    [TASK_WATCHING]    = {"watching",    "巩固期",     "in watch period"},
    [TASK_LOOKED_BACK] = {"looked_back", "已回头看",   "looked back"},
    [TASK_CLOSED]      = {"closed",      "长效办结",   "closed"},
    [TASK_RETURNED]    = {"returned",    "已退回",     "returned"},
    [TASK_HANDED_OVER] = {"handed_over", "已移交",     "handed over"},
};
/* clang-format on */

const char *task_state_word(enum task_state state)
{
    assert(state < TASK_STATE_COUNT);
    return states[state].word;
}

const char *task_state_title(enum task_state state)
{
    assert(state < TASK_STATE_COUNT);
    return SAY(states[state].zh, states[state].en);
}

void task_state_sentences(enum task_state state, const char **zh, const char **en)
{
    assert(state < TASK_STATE_COUNT);
    *zh = states[state].zh;
    *en = states[state].en;
}

bool task_state_find(const char *word, enum task_state *state)
{
    for (int i = 0; word != NULL && i < TASK_STATE_COUNT; i++)
        if (strcmp(states[i].word, word) == 0) {
            *state = (enum task_state)i;
            return true;
        }
    return false;
}

bool task_is_watched(const struct task *task, struct wall_time time)
{
    if (task->state != TASK_STRUCK_OFF && task->state != TASK_WATCHING &&
        task->state != TASK_LOOKED_BACK)
        return false;
    return wall_is_known(task->struck_off) && wall_is_known(task->watch_until) &&
           task->struck_off.ms <= time.ms && time.ms < task->watch_until.ms;
}

bool task_is_open(const struct task *task)
{
    return task->state < TASK_STRUCK_OFF || task->state == TASK_RETURNED;
}

/* Writing ----------------------------------------------------------------------------------- */

static void put_words(json_t *object, const char *key, const char *words)
{
    json_object_set_new(object, key, words[0] == '\0' ? json_null() : json_string(words));
}

static void put_time(json_t *object, const char *key, struct wall_time time)
{
    char words[WALL_TEXT];

    put_words(object, key, wall_text(time, words));
}

static json_t *points_json(const struct task *task)
{
    json_t *points = json_array();

    for (size_t i = 0; i < task->point_count; i++)
        json_array_append_new(points, json_string(task->points[i]));
    return points;
}

static json_t *owner_json(const struct task *task)
{
    json_t *owner = json_object();

    put_words(owner, "lead", task->lead);
    put_words(owner, "unit", task->unit);
    put_words(owner, "person", task->person);
    return owner;
}

json_t *task_json(const struct task *task)
{
    json_t *object = json_object();

    put_words(object, "id", task->id);
    put_words(object, "batch", task->batch);
    put_words(object, "source", task->source);
    put_words(object, "kind", task->kind);
    put_words(object, "category", task->category);
    put_words(object, "title", task->title);
    put_words(object, "site", task->site);
    put_words(object, "village", task->village);
    put_words(object, "grid", task->grid);
    json_object_set_new(object, "points", points_json(task));
    put_words(object, "measure", task->measure);
    json_object_set_new(object, "owner", owner_json(task));
    put_words(object, "deadline", task->deadline);
    put_words(object, "state", task_state_word(task->state));
    json_object_set_new(object, "extended", json_boolean(task->extended));
    json_object_set_new(object, "supervised", json_boolean(task->supervised));
    put_time(object, "struck_off", task->struck_off);
    put_time(object, "watch_until", task->watch_until);
    return object;
}

/* Reading ----------------------------------------------------------------------------------- */

struct reading_task {
    const char *id; /* for sentences */
    struct error *err;
};

static bool refuse(const struct reading_task *reading, const char *key, const char *why)
{
    return error_set(reading->err, ERROR_WRONG_USE, SAY("任务 %.60s：%s：%s", "task %.60s: %s: %s"),
                     reading->id, key, why);
}

/* Line ends and tabs stand in long texts; nothing else that steers a terminal does. */
static bool is_plain(const char *words)
{
    for (; *words != '\0'; words++)
        if (((unsigned char)*words < 0x20 && *words != '\n' && *words != '\t') || *words == 0x7f)
            return false;
    return true;
}

/* null, or not there at all: "". */
static bool take_words(const struct reading_task *reading, const json_t *from, const char *key,
                       char *out, size_t size)
{
    const json_t *value = json_object_get(from, key);
    const char *words = json_string_value(value);

    out[0] = '\0';
    if (value == NULL || json_is_null(value))
        return true;
    if (words == NULL || !is_plain(words) || strlen(words) != json_string_length(value))
        return refuse(reading, key,
                      SAY("应为文字，不含控制字符", "text without control characters"));
    if (strlen(words) >= size)
        return refuse(reading, key, SAY("文字太长", "this text is too long"));
    memcpy(out, words, strlen(words) + 1);
    return true;
}

static bool take_flag(const struct reading_task *reading, const json_t *from, const char *key,
                      bool *flag)
{
    const json_t *value = json_object_get(from, key);

    *flag = json_is_true(value);
    return value == NULL || json_is_null(value) || json_is_boolean(value) ||
           refuse(reading, key, SAY("应为 true 或 false", "true or false"));
}

static bool take_time(const struct reading_task *reading, const json_t *from, const char *key,
                      struct wall_time *time)
{
    char words[WALL_TEXT];

    *time = WALL_NONE;
    if (!take_words(reading, from, key, words, sizeof words))
        return false;
    return words[0] == '\0' || moment_parse(words, time) ||
           refuse(reading, key, SAY("应为 RFC 3339 时刻", "a moment of RFC 3339"));
}

static bool take_deadline(struct task *task, const struct reading_task *reading, const json_t *from)
{
    struct wall_time time;

    if (!take_words(reading, from, "deadline", task->deadline, sizeof task->deadline))
        return false;
    return task->deadline[0] == '\0' ||
           (strlen(task->deadline) == 10 && moment_parse(task->deadline, &time)) ||
           refuse(reading, "deadline", SAY("应为日期 2026-12-31", "a date as 2026-12-31"));
}

static bool take_state(struct task *task, const struct reading_task *reading, const json_t *from)
{
    return task_state_find(json_string_value(json_object_get(from, "state")), &task->state) ||
           refuse(reading, "state", SAY("没有这个状态", "there is no such state"));
}

static bool has_point(const struct task *task, const char *name)
{
    for (size_t i = 0; i < task->point_count; i++)
        if (strcmp(task->points[i], name) == 0)
            return true;
    return false;
}

static bool take_points(struct task *task, const struct reading_task *reading, const json_t *from)
{
    const json_t *points = json_object_get(from, "points");

    if (points == NULL || json_is_null(points))
        return true;
    if (!json_is_array(points) || json_array_size(points) > TASK_POINTS_MAX)
        return refuse(reading, "points",
                      SAY("应为至多 32 个监测点", "a list of at most 32 points"));
    for (size_t i = 0; i < json_array_size(points); i++) {
        const char *words = json_string_value(json_array_get(points, i));

        if (words == NULL || words[0] == '\0' || !is_plain(words) || strlen(words) >= POINT_SIZE)
            return refuse(reading, "points",
                          SAY("应写作 点位/设备/通道", "written SITE/DEVICE/CHANNEL"));
        if (!has_point(task, words))
            memcpy(task->points[task->point_count++], words, strlen(words) + 1);
    }
    return true;
}

static bool take_owner(struct task *task, const struct reading_task *reading, const json_t *from)
{
    const json_t *owner = json_object_get(from, "owner");

    if (owner == NULL || json_is_null(owner))
        return true;
    if (!json_is_object(owner))
        return refuse(reading, "owner", SAY("应为 {…}", "an object"));
    return take_words(reading, owner, "lead", task->lead, sizeof task->lead) &&
           take_words(reading, owner, "unit", task->unit, sizeof task->unit) &&
           take_words(reading, owner, "person", task->person, sizeof task->person);
}

static bool take_texts(struct task *task, const struct reading_task *reading, const json_t *from)
{
    return take_words(reading, from, "batch", task->batch, sizeof task->batch) &&
           take_words(reading, from, "source", task->source, sizeof task->source) &&
           take_words(reading, from, "kind", task->kind, sizeof task->kind) &&
           take_words(reading, from, "category", task->category, sizeof task->category) &&
           take_words(reading, from, "title", task->title, sizeof task->title) &&
           take_words(reading, from, "site", task->site, sizeof task->site) &&
           take_words(reading, from, "village", task->village, sizeof task->village) &&
           take_words(reading, from, "grid", task->grid, sizeof task->grid) &&
           take_words(reading, from, "measure", task->measure, sizeof task->measure);
}

bool task_read(struct task *task, const json_t *from, struct error *err)
{
    const char *id = json_string_value(json_object_get(from, "id"));
    struct reading_task reading = {.id = id == NULL ? "?" : id, .err = err};

    memset(task, 0, sizeof *task);
    if (id == NULL || id[0] == '\0')
        return refuse(&reading, "id", SAY("缺少编号", "the id is missing"));
    if (strpbrk(id, "\n\t") != NULL) /* it stands in the middle of lines */
        return refuse(&reading, "id", SAY("编号应写在一行里", "an id stands on one line"));
    return take_words(&reading, from, "id", task->id, sizeof task->id) &&
           take_texts(task, &reading, from) && take_points(task, &reading, from) &&
           take_owner(task, &reading, from) && take_deadline(task, &reading, from) &&
           take_state(task, &reading, from) &&
           take_flag(&reading, from, "extended", &task->extended) &&
           take_flag(&reading, from, "supervised", &task->supervised) &&
           take_time(&reading, from, "struck_off", &task->struck_off) &&
           take_time(&reading, from, "watch_until", &task->watch_until);
}
