#include "app/probe_direct.h"

#include <stdio.h>
#include <string.h>

#include "app/probe_holder.h"
#include "base/say.h"

enum { LONG_WORK = 8 /* questions: from here on it is shown how far it is */ };

static bool say_held(const char *port, const struct holder *holder, struct error *err)
{
    if (holder->pid == 0)
        return error_set(
            err, ERROR_DEVICE,
            SAY("串口 %s 正被另一个程序占用，且看不到是谁（用 root 运行可以看到）；请先停掉它",
                "port %s is held by another program, which only root can see; stop "
                "it first"),
            port);
    if (holder->store[0] == '\0')
        return error_set(err, ERROR_DEVICE,
                         SAY("串口 %s 正被 %s（进程 %d）占用；一条线上只能有一个主站，请先停掉它",
                             "port %s is held by %s (process %d); a line has one master only, stop "
                             "that one first"),
                         port, holder->program, (int)holder->pid);
    return error_set(
        err, ERROR_DEVICE,
        SAY("串口 %s 正由采集器 %s 使用（%s，进程 %d，数据在 %s）；加上 --via-collector 和它的 -c "
            "配置目录，由它在两次采集之间代问",
            "port %s is in use by the collector %s (%s, process %d, store %s); add "
            "--via-collector and its -c DIR, and it asks between its polls"),
        port, holder->collector[0] != '\0' ? holder->collector : "?", holder->program,
        (int)holder->pid, holder->store);
}

bool probe_direct_may_open(const struct link_setup *link, bool shows, struct error *err)
{
    struct holder holder = {.pid = 0};
    enum holding holding =
        link->kind == LINK_SERIAL ? probe_holder_find(link->path, &holder) : PORT_FREE;

    if (holding == PORT_LOCKED)
        return say_held(link->path, &holder, err);
    if (holding == PORT_SHARED && shows)
        fprintf(stderr,
                SAY("注意：%s（进程 %d）也打开着 %s；若它也在发问，双方的数据都会被打乱\n",
                    "note: %s (process %d) has %s open too; if it asks as well, both spoil each "
                    "other's frames\n"),
                holder.program, (int)holder.pid, link->path);
    return true;
}

static bool is_so_set(const struct probe_direct *direct, const struct link_setup *setup)
{
    return direct->line != NULL && direct->setup.baud == setup->baud &&
           direct->setup.parity == setup->parity && direct->setup.kind == setup->kind;
}

bool probe_direct_open(struct probe_direct *direct, const struct link_setup *setup,
                       struct error *err)
{
    direct->silent = false;
    if (is_so_set(direct, setup)) {
        probe_line_patience(direct->line, setup->timeout_ms, setup->guard_ms);
        return true;
    }
    probe_direct_close(direct);
    direct->setup = *setup;
    direct->line = probe_line_open(setup, err);
    return direct->line != NULL;
}

void probe_direct_close(struct probe_direct *direct)
{
    probe_line_close(direct->line);
    direct->line = NULL;
}

bool probe_direct_ask(void *self, const struct request *requests, size_t count,
                      struct probe_answer *answers, struct error *err)
{
    struct probe_direct *direct = self;
    struct probe_progress progress;
    bool good = true;

    memset(answers, 0, count * sizeof *answers);
    probe_progress_begin(&progress, SAY("读取", "reading"), direct->shows && count >= LONG_WORK);
    progress.total = (double)count;
    for (size_t i = 0; good && i < count; i++) {
        char where[60];

        snprintf(where, sizeof where, SAY("站号 %d", "unit %d"), (int)requests[i].unit);
        good = probe_line_ask(direct->line, &requests[i], !direct->silent, &answers[i], err);
        direct->silent = !answers[i].answered && !answers[i].is_exception;
        probe_progress_step(&progress, 1.0, where);
    }
    probe_progress_end(&progress, good);
    direct->stopped = probe_line_stopped(direct->line);
    return good;
}
