#include "app/work_maker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/ask.h"
#include "app/work_state.h"
#include "base/day.h"
#include "base/log.h"
#include "base/say.h"
#include "town/exporting.h"
#include "town/shown.h"

static const int64_t keep_ms = (int64_t)30 * 24 * 3600 * 1000;
enum { CUT_MOST = 3 };

struct making {
    struct work_order work;
    const char *store_dir;
    json_t *state; /* as it was written last */
    int permille;
};

/* Telling -------------------------------------------------------------------------------------- */

static void end_failed(const struct making *making, const struct error *why)
{
    struct error err = {0};

    log_warning(SAY("佐证材料 %" PRIu64 "（任务 %s）没有做成：%s",
                    "bundle %" PRIu64 " (task %s) was not made: %s"),
                making->work.order.id, making->work.order.task, why->text);
    if (!work_state_put(making->store_dir, making->work.order.id,
                        work_state_failed(&making->work.order, making->work.begun, why), true,
                        &err))
        log_error("%s", err.text);
}

/* Progress that cannot be written is not worth an end. */
static void tell(struct making *making, double share, const char *zh, const char *en)
{
    struct error err = {0};

    json_object_set_new(making->state, "share", json_real(share));
    json_object_set_new(making->state, "text_zh", json_string(zh));
    json_object_set_new(making->state, "text_en", json_string(en));
    work_state_put(making->store_dir, making->work.order.id, json_incref(making->state), false,
                   &err);
}

bool work_has_room(const struct settings *settings, struct error *err)
{
    struct statvfs disk;
    int64_t left;

    if (statvfs(settings->store_dir, &disk) != 0)
        return true;
    left = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
    return left >= settings->reserve_bytes ||
           error_set(err, ERROR_STORE,
                     SAY("磁盘只剩 %.0f MB，不到要为采集留出的 %.0f MB（store.reserve），"
                         "先腾出空间再要佐证材料",
                         "only %.0f MB of the disk are left, less than the %.0f MB kept for "
                         "readings (store.reserve): make room, then ask for the bundle again"),
                     (double)left / 1e6, (double)settings->reserve_bytes / 1e6);
}

/* Readings come before bundles: what has no room any more ends here. */
static void heard(void *self, double share, const char *zh, const char *en)
{
    struct making *making = self;
    int permille = (int)(share * 1000.0);
    struct error err = {0};

    if (!work_has_room(making->work.settings, &err)) {
        end_failed(making, &err);
        kill(0, SIGKILL); /* and what draws for us */
    }
    if (permille / 10 == making->permille / 10)
        return;
    making->permille = permille;
    tell(making, share, zh, en);
}

/* Asking the collector ------------------------------------------------------------------------- */

int work_listen(const char *store_dir, struct error *err)
{
    int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    if (inotify >= 0 &&
        inotify_add_watch(inotify, store_dir, IN_CREATE | IN_MOVED_TO | IN_ATTRIB) >= 0)
        return inotify;
    error_set(err, ERROR_STORE, SAY("看不到 %s 里的变化：%s", "cannot watch %s for changes: %s"),
              store_dir, strerror(errno));
    if (inotify >= 0)
        close(inotify);
    return -1;
}

/* Beside the database SQLite keeps files of its own. It gives them to the database's owner when it
 * opens them as root, so that looking into the store would be heard as a change of it, for ever. */
static bool is_told_by_looking(const struct inotify_event *event)
{
    static const char beside[] = "lookback.db-";

    return event->len > 0 && strncmp(event->name, beside, sizeof beside - 1) == 0;
}

bool work_heard(int inotify)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool heard = false;
    ssize_t size;

    while ((size = read(inotify, events, sizeof events)) > 0) {
        const struct inotify_event *event;

        for (char *at = events; at < events + size; at += sizeof *event + event->len) {
            event = (const struct inotify_event *)(void *)at;
            heard |= !is_told_by_looking(event);
        }
    }
    return heard;
}

static void wait_for_store(int inotify)
{
    struct pollfd one = {.fd = inotify, .events = POLLIN};

    do
        poll(&one, 1, -1);
    while (!work_heard(inotify));
}

static enum asked ask_once(const struct making *making, const char *name, json_t *args,
                           uint64_t *seq, struct error *err)
{
    const struct order *order = &making->work.order;
    const char *by = order->by[0] != '\0' ? order->by : order->who;
    json_t *answer;
    enum asked asked = ask_collector_for(making->store_dir, by, name, args, &answer, err);

    if (asked == ASKED_DONE)
        *seq = (uint64_t)number_of(answer, "seq");
    json_decref(answer);
    return asked;
}

/* An act done twice harms nothing: a seal more, or the same digest recorded again. So one whose
 * answer was cut off is asked again when the collector is back. */
static bool act(void *self, const char *name, json_t *args, uint64_t *seq, struct error *err)
{
    struct making *making = self;
    int inotify = work_listen(making->store_dir, err);
    enum asked asked;
    int cut = 0;

    if (inotify < 0)
        return false;
    for (;;) {
        asked = ask_once(making, name, args, seq, err);
        cut += asked == ASKED_CUT;
        if (asked == ASKED_DONE || asked == ASKED_REFUSED || cut == CUT_MOST)
            break;
        if (asked == ASKED_CUT)
            continue;
        tell(making, (double)making->permille / 1000.0, "采集器没有运行：由它封存，等它启动后继续",
             "the collector does not run: it has to seal; this goes on when it is started");
        wait_for_store(inotify);
    }
    close(inotify);
    return asked == ASKED_DONE;
}

/* The result ----------------------------------------------------------------------------------- */

/* lookback-TASK-2026-11-01-2026-11-23.zip, in ASCII. */
static void name_file(const struct order *order, char *out, size_t size)
{
    char task[sizeof order->task], first[DAY_TEXT], last[DAY_TEXT];

    snprintf(task, sizeof task, "%s", order->task);
    for (char *at = task; *at != '\0'; at++)
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._", *at) == NULL)
            *at = '-';
    snprintf(out, size, "lookback-%s-%s-%s%s.zip", task, day_text(order->from, first),
             day_text((struct wall_time){order->to.ms - 1}, last),
             order->public_form ? "-public" : "");
}

static bool digest_file(int fd, uint64_t *size, char hex[DIGEST_HEX], struct error *err)
{
    struct hashing *hashing = hashing_new();
    uint8_t digest[DIGEST_BYTES];
    char piece[65536];
    ssize_t got = -1;

    *size = 0;
    while (hashing != NULL && (got = read(fd, piece, sizeof piece)) > 0) {
        hashing_add(hashing, piece, (size_t)got);
        *size += (uint64_t)got;
    }
    if (got == 0) {
        hashing_end(hashing, digest);
        digest_hex(digest, hex);
    }
    hashing_free(hashing);
    return got == 0 || error_set(err, ERROR_STORE, "%s",
                                 SAY("做好的文件读不回来", "what was made cannot be read back"));
}

static json_t *describe_file(const struct making *making, struct error *err)
{
    int fd = order_open(making->store_dir, making->work.order.id, "zip");
    char name[160], hex[DIGEST_HEX];
    json_t *file = NULL;
    uint64_t size;

    name_file(&making->work.order, name, sizeof name);
    if (digest_file(fd, &size, hex, err))
        file = json_pack("{s:s, s:I, s:s}", "name", name, "size", (json_int_t)size, "sha256", hex);
    if (fd >= 0)
        close(fd);
    return file;
}

/* The brief verdict in both languages, and with what weighs as much as its first reason: each
 * relapse, not only one of them. */
static json_t *told_verdict(const json_t *verdict)
{
    const json_t *reasons = json_object_get(verdict, "reasons");
    const char *first = text_of(json_array_get(reasons, 0), "reason");
    json_t *brief = verdict_brief(verdict);
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(reasons) && json_array_size(list) < 5; i++) {
        const json_t *reason = json_array_get(reasons, i);

        if (strcmp(text_of(reason, "reason"), first) == 0)
            json_array_append_new(list, json_pack("{s:s, s:s}", "zh", text_of(reason, "zh"), "en",
                                                  text_of(reason, "en")));
    }
    json_object_set_new(brief, "reasons", list);
    return brief;
}

static bool end_done(const struct making *making, const struct exporting *exporting,
                     struct error *err)
{
    const struct bundle *bundle = exporting_bundle(exporting);
    const struct bundle_issue *issue = exporting_issue(exporting);
    struct wall_time expires = {clock_wall(clock_system()).ms + keep_ms};
    json_t *state =
        work_state_new(&making->work.order, "done", making->work.begun, "已做好", "made");
    json_t *file = describe_file(making, err);
    char utc[WALL_TEXT];

    if (file == NULL) {
        json_decref(state);
        return false;
    }
    json_object_set_new(state, "share", json_real(1.0));
    json_object_set_new(state, "file", file);
    json_object_set_new(state, "manifest", json_string(bundle_manifest(bundle)));
    json_object_set_new(state, "verdict", told_verdict(bundle_verdict(bundle)));
    json_object_set_new(state, "key", json_string(issue->key));
    json_object_set_new(state, "head", json_string(issue->head));
    json_object_set_new(state, "segment", json_integer((json_int_t)issue->segment));
    json_object_set_new(state, "simulated", json_boolean(bundle_is_simulated(bundle)));
    json_object_set_new(state, "expires", json_string(wall_text(expires, utc)));
    return work_state_put(making->store_dir, making->work.order.id, state, true, err);
}

/* The process ---------------------------------------------------------------------------------- */

static bool make(struct making *making, struct ledger_desk *desk, struct error *err)
{
    const struct order *order = &making->work.order;
    char out[600];
    const struct exporting_setup setup = {
        .desk = desk,
        .task = ledger_desk_find(desk, order->task),
        .span = {order->from, order->to},
        .public_form = order->public_form,
        .out = out,
        .act = act,
        .heard = heard,
        .self = making,
    };
    struct exporting *exporting;
    bool done;

    snprintf(out, sizeof out, "%s/bundles/%" PRIu64 ".zip", making->store_dir, order->id);
    if (setup.task == NULL)
        return error_set(err, ERROR_NOT_FOUND, SAY("没有编号为 %s 的任务", "there is no task %s"),
                         order->task);
    exporting = exporting_make(&setup, err);
    done = exporting != NULL && end_done(making, exporting, err);
    exporting_free(exporting);
    return done;
}

static int run(const struct work_order *work)
{
    struct making making = {.work = *work, .store_dir = work->settings->store_dir};
    struct ledger_desk desk;
    struct error err = {0};
    bool done;

    making.state = work_state_new(&work->order, "making", work->begun, "", "");
    tell(&making, 0.0, "正在制作", "being made");
    done = ledger_desk_begin(&desk, work->settings, &err) && make(&making, &desk, &err);
    if (!done)
        end_failed(&making, &err);
    ledger_desk_end(&desk);
    json_decref(making.state);
    return 0;
}

/* Without us it would go on under a lock that nobody looks after. */
static void become_maker(pid_t parent)
{
    sigset_t none;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t work_maker_start(const struct work_order *work, struct error *err)
{
    pid_t parent = getpid();
    pid_t maker = fork();

    if (maker == 0) {
        become_maker(parent);
        _exit(run(work));
    }
    if (maker < 0)
        error_set(err, ERROR_MEMORY, SAY("不能另起进程：%s", "cannot start a process: %s"),
                  strerror(errno));
    else
        setpgid(maker, maker); /* whichever of us comes first */
    return maker;
}

void work_maker_give_up(pid_t maker)
{
    kill(-maker, SIGKILL);
    while (waitpid(maker, NULL, 0) < 0 && errno == EINTR)
        continue;
}
