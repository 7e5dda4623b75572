/* The act evidence.order: somebody wants a bundle, which `lookback work` makes.
 *
 * The event, beside "by": task, from, to, public. Its seq is the order's id.
 */
#include <stdlib.h>

#include "base/say.h"
#include "record/acts_inside.h"
#include "record/orders.h"

/* Five years of a point by the minute are as much as a bundle can be drawn of. */
static const int64_t day_ms = (int64_t)24 * 3600 * 1000;
enum { DAYS_MOST = 5 * 366, DAYS_AHEAD = 1 };

static bool watches_here(const struct catalog *catalog, const struct task *task)
{
    for (size_t i = 0; i < task->point_count; i++) {
        const struct catalog_point *point = catalog_find_point(catalog, task->points[i]);

        if (point != NULL && catalog->devices[point->device].active)
            return true;
    }
    return false;
}

static bool check_task(struct act_call *call, struct error *err)
{
    const char *id = act_text(call, "task", err);
    const struct task *task = id == NULL ? NULL : watch_find(judge_watch(call->judge), id, NULL);

    if (id == NULL)
        return false;
    if (task == NULL)
        return error_set(err, ERROR_NOT_FOUND,
                         SAY("没有编号为 %.60s 的任务；用 lookback tasks 查看全部编号",
                             "there is no task %.60s; lookback tasks lists them all"),
                         id);
    if (task->point_count == 0)
        return error_set(
            err, ERROR_REFUSED,
            SAY("没有监测点盯着任务 %s，没有数据可以佐证：请先在台账里给它写上监测点，重新导入",
                "no point watches task %s, so there are no data to prove anything with: name its "
                "points in the ledger and import it again"),
            id);
    return watches_here(call->catalog, task) ||
           error_set(err, ERROR_REFUSED,
                     SAY("任务 %s 的监测点在别的采集器上，这里没有它的数据：请到那一台上导出",
                         "task %s is watched by another collector, and its data are not here: "
                         "export it there"),
                     id);
}

static bool check_span(struct act_call *call, struct error *err)
{
    struct wall_time from, to;

    if (!act_moment(call, "from", &from, err) || !act_moment(call, "to", &to, err))
        return false;
    if (from.ms >= to.ms)
        return error_set(err, ERROR_WRONG_USE,
                         SAY("操作 %s：from 必须早于 to", "act %s: from must be before to"),
                         call->name);
    if (to.ms - from.ms > DAYS_MOST * day_ms)
        return error_set(err, ERROR_REFUSED,
                         SAY("一份佐证材料最长 5 年，这一份有 %.0f 天；请分段导出",
                             "a bundle spans 5 years at most, and this one %.0f days; ask for it "
                             "in parts"),
                         (double)(to.ms - from.ms) / (double)day_ms);
    return to.ms <= call->time.ms + DAYS_AHEAD * day_ms ||
           error_set(err, ERROR_REFUSED, "%s",
                     SAY("截止时刻（to）还没有到：最晚写到明天",
                         "the end of the span (to) has not come yet: tomorrow at the latest"));
}

static bool check_form(struct act_call *call, struct error *err)
{
    const json_t *form = json_object_get(call->args, "public");

    if (form != NULL && !json_is_boolean(form))
        return error_set(err, ERROR_WRONG_USE,
                         SAY("操作 %s：参数 %s 必须是 true 或 false",
                             "act %s: the argument %s must be true or false"),
                         call->name, "public");
    json_object_set_new(call->recorded, "public", json_boolean(json_is_true(form)));
    return true;
}

/* So that nobody fills the disk by asking. */
static bool check_waiting(struct act_call *call, struct error *err)
{
    struct orders *orders = calloc(1, sizeof *orders);
    struct reader *reader = orders == NULL ? NULL : reader_open(store_dir(call->store), err);
    bool read = reader != NULL && orders_read(orders, reader, err);
    size_t waiting = read ? orders_waiting(orders, store_dir(call->store)) : 0;

    reader_close(reader);
    free(orders);
    if (orders == NULL)
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    if (!read)
        return false;
    return waiting < ORDERS_WAITING_MOST ||
           error_set(err, ERROR_REFUSED,
                     SAY("已有 %d 份佐证材料在等待制作，请等它们完成；若一直不动，请看 "
                         "lookback work 是否在运行",
                         "%d bundles wait to be made, ask again when they are; if nothing moves, "
                         "see whether lookback work runs"),
                     (int)ORDERS_WAITING_MOST);
}

static bool check_order(struct act_call *call, struct error *err)
{
    if (!call->trusted)
        return error_set(err, ERROR_REFUSED, "%s",
                         SAY("时钟尚不可信，不能封存和导出；时钟可信后再试",
                             "the clock is not trusted yet and nothing can be sealed or exported; "
                             "try again when it is"));
    call->ordered = check_task(call, err) && check_span(call, err) && check_form(call, err) &&
                    check_waiting(call, err);
    return call->ordered;
}

const struct act_kind evidence_acts[] = {
    {ORDER_EVENT, check_order, NULL},
    {NULL,        NULL,        NULL},
};
