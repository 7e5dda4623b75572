#include "output/time_stamper.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/say.h"
#include "output/courier.h"
#include "output/gate.h"
#include "output/patience.h"
#include "output/time_stamp.h"
#include "output/url.h"
#include "output/web.h"

#define KIND      "time_stamp"
#define NOTICE_ID "time-stamp"
#define DAY_MS    (24 * 3600 * 1000LL)

enum {
    IDLE_MS = 5000, /* a head that is sealed without a commit is seen by then */
    SLICE_MS = 200,
    JOIN_MS = 50,
    AGAIN_MS = 1000,
    AGAIN_MOST_MS = 600 * 1000, /* an authority is a public service: no more than this */
};

struct time_stamper {
    struct time_stamper_setup setup;
    struct output_setup asked; /* the authority as web.h wants a peer */
    struct url url;
    struct source source;
    struct web *web;
    struct patience patience;
    uint64_t known;           /* the last commit heard of */
    uint64_t stamped;         /* the newest segment known to be stamped */
    int64_t failing_since_ms; /* monotonic, of the first failure in a row; 0: none */
    pthread_t thread;
    struct gate gate; /* guards what follows */
    bool stopping, ended;
};

static int64_t now_ms(const struct time_stamper *me)
{
    return clock_mono(me->setup.clock).ns / 1000000;
}

static bool is_stopping(struct time_stamper *me)
{
    bool stopping;

    gate_enter(&me->gate);
    stopping = me->stopping;
    gate_leave(&me->gate);
    return stopping;
}

/* Until a stop, or `ms` of the clock: it is looked at often, for a test moves it. */
static void pause_for(struct time_stamper *me, int64_t ms)
{
    int64_t until_ms = now_ms(me) + ms;
    int64_t left_ms;

    gate_enter(&me->gate);
    while (!me->stopping && (left_ms = until_ms - now_ms(me)) > 0)
        gate_wait(&me->gate, left_ms < SLICE_MS ? left_ms : SLICE_MS);
    gate_leave(&me->gate);
}

/* Asking ------------------------------------------------------------------------------------ */

static bool no_response(const struct time_stamper *me, const struct web_answer *answer,
                        struct error *err)
{
    if (answer->status == 0)
        return error_set(err, ERROR_PEER, SAY("连不上 %s：%s", "cannot reach %s: %s"), me->url.host,
                         answer->text);
    if (answer->capped)
        return error_set(err, ERROR_PEER,
                         SAY("%s 的应答超过 %d KiB", "the answer of %s is longer than %d KiB"),
                         me->url.host, TIME_STAMP_MOST / 1024);
    return error_set(err, ERROR_PEER, SAY("%s 应答 %ld（%.80s）", "%s answered %ld (%.80s)"),
                     me->url.host, answer->status, answer->text[0] != '\0' ? answer->text : "-");
}

/* True: `bytes` is a good stamp of the head. False with a sentence, or without one at a stop. */
static bool ask(struct time_stamper *me, const struct sealed *sealed, struct error *err)
{
    uint8_t nonce[TIME_STAMP_NONCE], body[TIME_STAMP_REQUEST_MOST];
    struct web_request request = {
        .method = "POST",
        .headers = {"Content-Type: application/timestamp-query",
                    "Accept: application/timestamp-reply"},
        .body = body,
        .alone = true,
    };
    const struct web_answer *answer;

    if (getrandom(nonce, sizeof nonce, 0) != sizeof nonce)
        return error_set(err, ERROR_MEMORY, SAY("没有随机数", "no random numbers"));
    request.size = time_stamp_request(sealed->digest, nonce, body);
    if (request.size == 0)
        return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
    web_begin(me->web, &request);
    while (!web_wait(me->web, SLICE_MS))
        if (is_stopping(me)) {
            web_drop(me->web);
            return false;
        }
    answer = web_answer(me->web);
    if (answer->status != 200 || answer->capped)
        return no_response(me, answer, err);
    return time_stamp_answers(answer->body, answer->size, sealed->digest, nonce, err);
}

/* Telling ----------------------------------------------------------------------------------- */

static void stamped(struct time_stamper *me, uint64_t segment)
{
    const struct web_answer *answer = web_answer(me->web);

    me->source.anchor(me->source.self, segment, KIND, answer->body, answer->size);
    me->stamped = segment;
    patience_reset(&me->patience);
    if (me->failing_since_ms == 0)
        return;
    log_notice(SAY("时间戳：%s 恢复，封存段 %llu 已盖时间戳",
                   "time stamps: %s works again, segment %llu is stamped"),
               me->url.host, (unsigned long long)segment);
    me->failing_since_ms = 0;
    notice_end(me->setup.notices, NOTICE_ID);
}

/* Said when it begins; to a person when it has lasted for a day. */
static void failed(struct time_stamper *me, uint64_t segment, const struct error *why)
{
    int64_t wait_ms = patience_next(&me->patience);
    int64_t asked_ms = web_answer(me->web)->retry_after_ms;
    int64_t lasted_ms;

    wait_ms = asked_ms > wait_ms ? asked_ms : wait_ms;
    if (me->failing_since_ms == 0) {
        log_warning(SAY("时间戳：封存段 %llu 没有得到时间戳：%s；%lld 秒后再试，封存本身不受影响",
                        "time stamps: none for segment %llu: %s; asking again in %lld s, sealing "
                        "goes on"),
                    (unsigned long long)segment, why->text, (long long)((wait_ms + 999) / 1000));
        me->failing_since_ms = now_ms(me) > 0 ? now_ms(me) : 1;
    }
    lasted_ms = now_ms(me) - me->failing_since_ms;
    if (lasted_ms >= DAY_MS)
        notice_raise(me->setup.notices, NOTICE_ID, "time stamps",
                     SAY("已 %lld 小时得不到时间戳，最近一次：%s；请检查 collector.conf 中 seal 的 "
                         "time_stamp 与网络。封存照常，但不能由外人证明其时间",
                         "no time stamp for %lld h, most recently: %s; check time_stamp under seal "
                         "in collector.conf, and the network. Sealing goes on, but nobody outside "
                         "vouches for its time"),
                     (long long)(lasted_ms / 3600000), why->text);
    pause_for(me, wait_ms);
}

/* The thread -------------------------------------------------------------------------------- */

/* A head that waits for its stamp; what the last run left is not asked for again. */
static bool next_head(struct time_stamper *me, struct sealed *sealed)
{
    if (!me->source.seal(me->source.self, sealed) || sealed->head.segment <= me->stamped)
        return false;
    if (!me->source.is_anchored(me->source.self, sealed->head.segment, KIND))
        return true;
    me->stamped = sealed->head.segment;
    return false;
}

static void *run(void *self)
{
    struct time_stamper *me = self;

    pthread_setname_np(pthread_self(), "time-stamps");
    while (!is_stopping(me)) {
        struct error err = {0};
        struct sealed sealed;

        if (!next_head(me, &sealed))
            me->known = me->source.wait(me->source.self, me->known, IDLE_MS);
        else if (ask(me, &sealed, &err))
            stamped(me, sealed.head.segment);
        else if (err.text[0] != '\0')
            failed(me, sealed.head.segment, &err);
    }
    gate_enter(&me->gate);
    me->ended = true;
    gate_signal(&me->gate);
    gate_leave(&me->gate);
    return NULL;
}

static void stamper_free(struct time_stamper *me)
{
    web_free(me->web);
    if (me->source.close != NULL)
        me->source.close(me->source.self);
    gate_end(&me->gate);
    free(me);
}

/* A peer like an output's, but for its words: see the header for why it may be unencrypted. */
static bool make_web(struct time_stamper *me, struct error *err)
{
    snprintf(me->asked.name, sizeof me->asked.name, "time-stamps");
    snprintf(me->asked.url, sizeof me->asked.url, "%s", me->setup.url);
    me->setup.url = me->asked.url;
    me->asked.plaintext = true;
    me->asked.timeout_ms = me->setup.timeout_ms;
    if (!url_parse(me->asked.url, &me->url, err))
        return false;
    me->web = web_new(&me->asked, "", TIME_STAMP_MOST, err);
    return me->web != NULL;
}

/* Signals are the main thread's. */
static bool start_thread(struct time_stamper *me, struct error *err)
{
    sigset_t all, before;
    int why;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    why = pthread_create(&me->thread, NULL, run, me);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return why == 0 ||
           error_set(err, ERROR_MEMORY,
                     SAY("时间戳：线程启动失败：%s", "time stamps: no thread: %s"), strerror(why));
}

struct time_stamper *time_stamper_start_on(const struct time_stamper_setup *setup,
                                           const struct source *source, struct error *err)
{
    struct time_stamper *me = calloc(1, sizeof *me);

    if (me == NULL) {
        if (source->close != NULL)
            source->close(source->self);
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        return NULL;
    }
    me->setup = *setup;
    me->source = *source;
    gate_init(&me->gate);
    patience_init(&me->patience, AGAIN_MS, AGAIN_MOST_MS);
    if (make_web(me, err) && start_thread(me, err))
        return me;
    stamper_free(me);
    return NULL;
}

struct time_stamper *time_stamper_start(const struct time_stamper_setup *setup,
                                        const char *store_dir, struct recorder *recorder,
                                        struct error *err)
{
    struct source source;

    if (!store_source_open("", store_dir, recorder, &source, err))
        return NULL;
    return time_stamper_start_on(setup, &source, err);
}

/* Wakes again and again: a wake that came just before a wait would be lost. Every wait in the
 * thread has an end, so this has one. */
void time_stamper_stop(struct time_stamper *me)
{
    bool ended = false;

    if (me == NULL)
        return;
    while (!ended) {
        me->source.wake(me->source.self);
        web_wake(me->web);
        gate_enter(&me->gate);
        me->stopping = true;
        gate_signal(&me->gate);
        if (!me->ended)
            gate_wait(&me->gate, JOIN_MS);
        ended = me->ended;
        gate_leave(&me->gate);
    }
    pthread_join(me->thread, NULL);
    stamper_free(me);
}
