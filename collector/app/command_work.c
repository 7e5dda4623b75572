/* lookback work: what needs another program, beside the collector, which starts none: bundles that
 * were ordered, one at a time, in the order in which they were asked for.
 *
 * Woken by what happens: a change in STORE (inotify), a signal, the end of its child, a bundle that
 * expires. Each kind of work is a pair of functions in `begin` and `ended`.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/command.h"
#include "app/work_maker.h"
#include "app/work_shelf.h"
#include "app/work_state.h"
#include "base/log.h"
#include "base/say.h"

enum { RETRY_MS = 60 * 1000, LOOK_MS = 50, PATIENCE_MS = 1000 };

struct work {
    struct settings *settings;
    const char *store_dir;
    int lock, changes, signals;
    struct orders orders;
    struct work_order now; /* what `maker` makes */
    pid_t maker;           /* 0: none */
    struct wall_time next; /* the next bundle expires */
    bool stopping;
    struct error unreadable; /* why orders could not be read, said once */
};

/* States ------------------------------------------------------------------------------------- */

static void put(const struct work *work, const struct order *order, json_t *state)
{
    struct error err = {0};

    if (!work_state_put(work->store_dir, order->id, state, true, &err))
        log_error("%s", err.text);
}

static void fail(const struct work *work, const struct order *order, long begun,
                 const struct error *why)
{
    log_warning(SAY("佐证材料 %" PRIu64 "（任务 %s）没有做成：%s",
                    "bundle %" PRIu64 " (task %s) was not made: %s"),
                order->id, order->task, why->text);
    put(work, order, work_state_failed(order, begun, why));
}

static void wait_again(const struct work *work, const struct order *order, long begun)
{
    put(work, order,
        work_state_new(order, "waiting", begun, "中断了，将重新开始",
                       "was cut off, and will be begun again"));
}

/* Bundles ------------------------------------------------------------------------------------ */

static bool cut_off_too_often(const struct work *work, const struct order *order, long begun)
{
    struct error err = {0};

    if (begun < WORK_BEGUN_MOST)
        return false;
    error_set(&err, ERROR_STORE,
              SAY("开始了 %ld 次，每次都中断了（断电、内存不足或被强行结束）；请缩短时段再试，"
                  "并看 lookback work 的日志",
                  "begun %ld times and cut off each time (power, memory, or killed): ask for a "
                  "shorter span, and see the log of lookback work"),
              begun);
    fail(work, order, begun, &err);
    return true;
}

/* False: there is nothing to begin with it, its end is written. */
static bool begin(struct work *work, const struct order *order, long begun)
{
    struct error err = {0};

    if (cut_off_too_often(work, order, begun))
        return false;
    if (!work_has_room(work->settings, &err)) {
        fail(work, order, begun, &err);
        return false;
    }
    work->now = (struct work_order){work->settings, *order, begun + 1};
    if (!work_state_put(work->store_dir, order->id,
                        work_state_new(order, "making", begun + 1, "正在制作", "being made"), true,
                        &err)) {
        /* Without it nobody could count how often it was begun. */
        log_error("%s", err.text);
        work->next.ms = clock_wall(clock_system()).ms + RETRY_MS;
        return true;
    }
    work->maker = work_maker_start(&work->now, &err);
    if (work->maker > 0) {
        log_notice(
            SAY("开始制作佐证材料 %" PRIu64 "（任务 %s）", "making bundle %" PRIu64 " (task %s)"),
            order->id, order->task);
        return true;
    }
    work->maker = 0;
    fail(work, order, begun, &err);
    return false;
}

/* It ended by itself: what it left says how. */
static void ended(struct work *work, int status)
{
    const struct order *order = &work->now.order;
    json_t *state = order_state(work->store_dir, order->id);

    work->maker = 0;
    if (!order_is_over(state)) {
        log_warning(SAY("佐证材料 %" PRIu64 "（任务 %s）的制作进程中断（%s %d）",
                        "what made bundle %" PRIu64 " (task %s) was cut off (%s %d)"),
                    order->id, order->task,
                    WIFSIGNALED(status) ? SAY("信号", "signal") : SAY("退出码", "exit"),
                    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        wait_again(work, order, work->now.begun);
    } else if (strcmp(order_state_word(state), "done") == 0) {
        log_notice(
            SAY("佐证材料 %" PRIu64 "（任务 %s）已做好", "bundle %" PRIu64 " (task %s) is made"),
            order->id, order->task);
    }
    json_decref(state);
}

/* Asked to stop: it is begun again next time, and that is no failure of it. */
static void give_up(struct work *work)
{
    json_t *state;

    if (work->maker == 0)
        return;
    work_maker_give_up(work->maker);
    work->maker = 0;
    state = order_state(work->store_dir, work->now.order.id);
    if (!order_is_over(state))
        wait_again(work, &work->now.order, work->now.begun - 1);
    json_decref(state);
}

static bool read_orders(struct work *work)
{
    struct error err = {0};
    struct reader *reader = reader_open(work->store_dir, &err);
    bool good = reader != NULL && orders_read(&work->orders, reader, &err);

    reader_close(reader);
    if (!good && strcmp(err.text, work->unreadable.text) != 0)
        log_warning("%s", err.text);
    work->unreadable = err;
    return good;
}

static void begin_next(struct work *work)
{
    for (size_t i = 0; i < work->orders.count && work->maker == 0; i++) {
        const struct order *order = &work->orders.list[i];
        json_t *state = order_state(work->store_dir, order->id);
        bool over = order_is_over(state);
        long begun = work_state_begun(state);

        json_decref(state);
        if (!over && begin(work, order, begun))
            return;
    }
}

static void look(struct work *work)
{
    if (work->maker != 0 || work->stopping || !read_orders(work))
        return;
    work->next = work_shelf_tidy(work->store_dir, &work->orders, clock_wall(clock_system()));
    begin_next(work);
}

/* Waiting ------------------------------------------------------------------------------------ */

static void take_signals(struct work *work)
{
    struct signalfd_siginfo heard;
    int status;

    while (read(work->signals, &heard, sizeof heard) == (ssize_t)sizeof heard)
        if (heard.ssi_signo != SIGCHLD)
            work->stopping = true;
    if (work->maker != 0 && waitpid(work->maker, &status, WNOHANG) == work->maker)
        ended(work, status);
}

/* Until something happens; a bundle expires while nothing is made, or not much later. */
static void wait_for_something(const struct work *work)
{
    struct pollfd both[2] = {
        {.fd = work->changes, .events = POLLIN},
        {.fd = work->signals, .events = POLLIN}
    };
    int64_t ms;

    do {
        ms = -1;
        if (work->maker == 0 && wall_is_known(work->next)) {
            ms = work->next.ms - clock_wall(clock_system()).ms;
            ms = ms < 0 ? 0 : ms > 86400000 ? 86400000 : ms;
        }
        if (poll(both, 2, (int)ms) <= 0)
            return;
    } while (!work_heard(work->changes) && both[1].revents == 0);
}

/* What one that was killed has started needs a moment to die, and holds its lock as long. */
static int take_lock(const struct work *work, struct error *err)
{
    const struct timespec moment = {.tv_nsec = LOOK_MS * 1000000L};
    int lock = orders_serve(work->store_dir, err);

    for (int waited = 0; lock < 0 && waited < PATIENCE_MS && orders_are_served(work->store_dir);
         waited += LOOK_MS) {
        nanosleep(&moment, NULL);
        lock = orders_serve(work->store_dir, err);
    }
    return lock;
}

/* What it makes must be the collector's own, and the page gives no file of anybody else. */
static bool is_ours(const struct work *work, struct error *err)
{
    struct stat store;

    mkdir(work->store_dir, 0750); /* as the collector does, which may come later */
    return stat(work->store_dir, &store) != 0 || store.st_uid == geteuid() ||
           error_set(
               err, ERROR_REFUSED,
               SAY("存储目录 %s 属于另一个用户（编号 %u）：请以采集器的用户运行 lookback work",
                   "the store's directory %s belongs to another user (number %u): run "
                   "lookback work as the collector's user"),
               work->store_dir, (unsigned)store.st_uid);
}

static bool open_all(struct work *work, struct error *err)
{
    sigset_t wanted;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGCHLD);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    work->lock = is_ours(work, err) ? take_lock(work, err) : -1;
    work->changes = work->lock < 0 ? -1 : work_listen(work->store_dir, err);
    work->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    return work->changes >= 0 &&
           (work->signals >= 0 || error_set(err, ERROR_MEMORY, "signalfd: %s", strerror(errno)));
}

static void close_all(struct work *work)
{
    const int all[] = {work->signals, work->changes, work->lock};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] >= 0)
            close(all[i]);
}

static int serve(struct work *work)
{
    log_notice(SAY("lookback work 已启动，等待 %s 里的订单",
                   "lookback work started, and waits for orders in %s"),
               work->store_dir);
    while (!work->stopping) {
        look(work);
        wait_for_something(work);
        take_signals(work);
    }
    give_up(work);
    log_notice("%s", SAY("lookback work 已停止", "lookback work stopped"));
    return EXIT_DONE;
}

int command_work(const struct typed *typed)
{
    struct settings *settings = command_settings(typed);
    struct work *work = calloc(1, sizeof *work);
    struct error err = {0};
    int code;

    if (settings == NULL) {
        free(work);
        return EXIT_WRONG;
    }
    if (work == NULL)
        abort();
    *work = (struct work){.settings = settings,
                          .store_dir = settings->store_dir,
                          .next = WALL_NONE,
                          .lock = -1,
                          .changes = -1,
                          .signals = -1};
    code = open_all(work, &err) ? serve(work) : command_fail(typed, &err);
    close_all(work);
    free(work);
    settings_free(settings);
    return code;
}
