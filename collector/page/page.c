#include "page/page.h"

#include <malloc.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/log.h"
#include "base/say.h"
#include "page/certificate.h"
#include "page/page_inside.h"
#include "page/tls.h"

/* Of what is larger than this, every byte goes back to the system when it is freed: an answer about
 * ten thousand points would stay with us for ever otherwise. */
enum { LARGE = 512 << 10 };
enum { FIRST_TRY_S = 1, TRY_AGAIN_S = 30, HOUR_S = 3600, DAY_S = 24 * HOUR_S };

#define NOTICE "page"

/* Keys are read for the moment in which they are needed. `lock` is held. */
static struct server *listen_now(struct page *page, struct error *err)
{
    struct tls_files *files = tls_load(&page->host.settings->page, err);
    const struct server_setup setup = {
        .listen = page->host.settings->page.listen,
        .certificate = files == NULL ? NULL : files->certificate,
        .key = files == NULL ? NULL : files->key,
        .clock = page->host.clock,
        .answer = page_answer,
        .self = page,
    };
    struct server *server = NULL;

    if (files != NULL || err->kind == ERROR_NONE)
        server = server_start(&setup, err);
    page->certificate_ends =
        server == NULL || files == NULL ? WALL_NONE : certificate_ends(files->certificate);
    tls_free(files);
    return server;
}

static void say_waiting(struct page *page, const struct error *why)
{
    notice_raise(page->host.notices, NOTICE, SAY("网页", "the page"),
                 SAY("%s；采集照常进行，最迟每 %d s 再试一次",
                     "%s; polling goes on, trying again every %d s at the latest"),
                 why->text, TRY_AGAIN_S);
}

/* Until the time is over or the page stops; `lock` is held but meanwhile. */
static void wait(struct page *page, int seconds)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    while (!page->stopping && pthread_cond_timedwait(&page->stop, &page->lock, &until) == 0)
        ;
}

/* Until it listens or has to stop; `lock` is held but while it waits. */
static void try_again(struct page *page)
{
    struct error err = {0};
    int wait_s = FIRST_TRY_S; /* mostly it is our own process of before, still ending */

    while (!page->stopping && page->server == NULL) {
        wait(page, wait_s);
        wait_s = 2 * wait_s < TRY_AGAIN_S ? 2 * wait_s : TRY_AGAIN_S;
        err = (struct error){0};
        if (!page->stopping && (page->server = listen_now(page, &err)) == NULL)
            say_waiting(page, &err);
    }
    if (page->server != NULL) {
        notice_end(page->host.notices, NOTICE);
        log_notice(SAY("网页现在可以打开：%s", "the page listens now at %s"),
                   page->host.settings->page.listen);
    }
}

/* Once a day, and while the clock is not trusted once an hour. `lock` is held. */
static void watch_certificate(struct page *page)
{
    const struct page_host *host = &page->host;
    bool trusted;

    while (!page->stopping && wall_is_known(page->certificate_ends)) {
        trusted = trust_now(host->trust);
        if (trusted)
            certificate_tell(host->notices, host->settings->page.certificate,
                             page->certificate_ends, clock_wall(host->clock));
        wait(page, trusted ? DAY_S : HOUR_S);
    }
}

static void *keep(void *self)
{
    struct page *page = self;

    pthread_mutex_lock(&page->lock);
    if (page->server == NULL)
        try_again(page);
    watch_certificate(page);
    pthread_mutex_unlock(&page->lock);
    return NULL;
}

/* An address that is taken, or not there yet, is no reason not to poll. */
static bool listen_or_wait(struct page *page, struct error *err)
{
    bool listens, watches;

    pthread_mutex_lock(&page->lock); /* who asks already may want to know */
    page->server = listen_now(page, err);
    listens = page->server != NULL;
    watches = wall_is_known(page->certificate_ends);
    pthread_mutex_unlock(&page->lock);
    if (listens ? !watches : err->kind != ERROR_PEER)
        return listens;
    if (!listens) {
        say_waiting(page, err);
        log_warning("%s", err->text);
    }
    page->waits = pthread_create(&page->waiter, NULL, keep, page) == 0;
    return page->waits;
}

static bool make_gate(struct page *page, struct error *err)
{
    const struct settings *settings = page->host.settings;
    struct tls_files *files = tls_load(&settings->page, err);

    if (files != NULL || err->kind == ERROR_NONE)
        page->gate = gate_new(&settings->page, files == NULL ? NULL : files->certificate,
                              page->host.clock, err);
    tls_free(files);
    return page->gate != NULL;
}

static bool make_parts(struct page *page, struct error *err)
{
    page->users_seen = UINT64_MAX;
    if (getrandom(&page->run, sizeof page->run, 0) != (ssize_t)sizeof page->run)
        return error_set(
            err, ERROR_MEMORY, "%s",
            SAY("系统不给随机数，无法启动", "the system gives no random numbers: cannot start"));
    page->shelf = shelf_new();
    page->shares = shares_new(page->host.clock);
    if (page->shelf == NULL || page->shares == NULL)
        return error_set(err, ERROR_MEMORY, "%s",
                         SAY("内存不足，无法启动", "out of memory at start"));
    page->reader = reader_open(page->host.settings->store_dir, err);
    if (page->reader == NULL || !make_gate(page, err))
        return false;
    page->acts = act_desk_new(page->host.clock);
    if (page->acts == NULL)
        return error_set(err, ERROR_MEMORY, "%s",
                         SAY("内存不足，无法启动", "out of memory at start"));
    page->clerk = clerk_start(&page->host, err);
    return page->clerk != NULL && listen_or_wait(page, err);
}

struct page *page_start(const struct page_host *host, struct error *err)
{
    struct page *page = calloc(1, sizeof *page);
    pthread_condattr_t how;

    if (page == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足，无法启动", "out of memory at start"));
        return NULL;
    }
    mallopt(M_MMAP_THRESHOLD, LARGE);
    page->host = *host;
    pthread_mutex_init(&page->lock, NULL);
    pthread_condattr_init(&how);
    pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
    pthread_cond_init(&page->stop, &how);
    pthread_condattr_destroy(&how);
    if (make_parts(page, err))
        return page;
    page_stop(page);
    return NULL;
}

static void stop_waiting(struct page *page)
{
    if (!page->waits)
        return;
    pthread_mutex_lock(&page->lock);
    page->stopping = true;
    pthread_cond_signal(&page->stop);
    pthread_mutex_unlock(&page->lock);
    pthread_join(page->waiter, NULL);
}

void page_stop(struct page *page)
{
    if (page == NULL)
        return;
    stop_waiting(page);
    server_stop(page->server);
    clerk_stop(page->clerk);
    gate_free(page->gate);
    shelf_free(page->shelf);
    shares_free(page->shares);
    act_desk_close(page->acts);
    reader_close(page->reader);
    pthread_cond_destroy(&page->stop);
    pthread_mutex_destroy(&page->lock);
    free(page);
}

void page_status(struct page *page, struct page_status *status)
{
    *status = (struct page_status){0};
    pthread_mutex_lock(&page->lock);
    if (page->server != NULL)
        server_status(page->server, status);
    pthread_mutex_unlock(&page->lock);
}
