/* How one version of a problem gets there, exactly once, whatever the server does.
 *
 * A first version is created under its uid as key, a later one changes what is there. An end that
 * is not clear, a conflict, a refusal, and a problem the server no longer knows are settled by
 * asking what it has: then the version is there, or has to be created, or changes what is there. A
 * server that contradicts itself is asked again later. Only what it refuses after that is set
 * aside, and no more than ASIDE_MOST in a row without one taken: a server that refuses everything
 * (a wrong file of fields, say) must not make us throw everything aside.
 *
 * Each delivery takes the newest sealed head along, so that it is left outside. It is no part of
 * what the problem says: a repetition may carry a newer one, and is the same version.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "output/rectification_courier_parts.h"
#include "output/rectification_text.h"

enum {
    REQUESTS_MOST = 6, /* for one version, before it is another's turn */
    ASIDE_MOST = 3,
    LAST_MS = 3000, /* at a stop: for the request on its way */
};

enum step { STEP_LOOK, STEP_CREATE, STEP_CHANGE, STEP_DONE, STEP_ASIDE, STEP_LATER, STEP_STOPPED };

struct delivery {
    struct rectification_sender *me;
    struct waiting *waiting;
    enum step step;
    enum step asked;                    /* the last one */
    uint64_t segment;                   /* of the head that goes along, 0: none */
    enum rectification_verdict verdict; /* of the last answer */
    uint32_t there;                     /* the version the server says it has */
    bool looked, absent, created;
    bool create_refused, change_refused;
    char refusal[320];
};

static const char *host_of(const struct delivery *delivery)
{
    return delivery->me->url.host;
}

static const struct web_answer *answer_of(const struct delivery *delivery)
{
    return rectification_peer_answer(delivery->me->peer);
}

/* The stored body has null there; the judge knows nothing of seals. */
static void take_head_along(struct delivery *delivery)
{
    const struct source *source = delivery->me->source;
    char hex[DIGEST_HEX];
    struct sealed sealed;

    if (!source->seal(source->self, &sealed))
        return;
    if (json_object_set_new(delivery->waiting->problem, "seal",
                            json_pack("{s:I, s:s}", "segment", (json_int_t)sealed.head.segment,
                                      "head", digest_hex(sealed.digest, hex))) == 0)
        delivery->segment = sealed.head.segment;
}

static void note_anchor(struct delivery *delivery)
{
    struct rectification_sender *me = delivery->me;
    const char *uid = delivery->waiting->uid;
    bool taken = delivery->asked != STEP_LOOK && delivery->there <= delivery->waiting->version;

    if (delivery->segment <= me->anchored ||
        !rectification_has_head(me->fields, answer_of(delivery), delivery->waiting->problem, taken))
        return;
    me->source->anchor(me->source->self, delivery->segment, "rectification", uid, strlen(uid));
    me->anchored = delivery->segment;
}

/* Asking ------------------------------------------------------------------------------------ */

/* False: stopped, and the server did not answer in time. */
static bool see_it_through(struct rectification_sender *me)
{
    int64_t until_ms = INT64_MAX;

    while (!rectification_peer_wait(me->peer, 200)) {
        if (!sender_is_stopping(me->sender))
            continue;
        until_ms = until_ms == INT64_MAX ? rectification_now_ms(me) + LAST_MS : until_ms;
        if (rectification_now_ms(me) >= until_ms)
            return false;
    }
    return true;
}

static char *body_of(const struct delivery *delivery)
{
    json_t *theirs = rectification_fields_out(delivery->me->fields, delivery->waiting->problem);
    char *body = theirs == NULL ? NULL : rectification_text(theirs);

    json_decref(theirs);
    return body;
}

static void begin(struct delivery *delivery, const char *method)
{
    char path[64];
    char *body = strcmp(method, "GET") == 0 ? NULL : body_of(delivery);
    bool creates = delivery->step == STEP_CREATE;
    const struct rectification_request request = {
        .method = method,
        .path = path,
        .key = creates ? delivery->waiting->uid : NULL,
        .body = body,
    };

    snprintf(path, sizeof path, "/problems%s%s", creates ? "" : "/",
             creates ? "" : delivery->waiting->uid);
    rectification_peer_ask(delivery->me->peer, &request);
    free(body);
}

static bool ask(struct delivery *delivery)
{
    const char *method = delivery->step == STEP_LOOK     ? "GET"
                         : delivery->step == STEP_CREATE ? "POST"
                                                         : "PATCH";

    delivery->asked = delivery->step;
    begin(delivery, method);
    if (!see_it_through(delivery->me))
        return false;
    delivery->verdict = rectification_judge(delivery->me->fields, answer_of(delivery), method,
                                            delivery->waiting->problem, &delivery->there);
    return true;
}

/* Deciding ---------------------------------------------------------------------------------- */

static void keep_refusal(struct delivery *delivery)
{
    snprintf(delivery->refusal, sizeof delivery->refusal, "%ld %.300s", answer_of(delivery)->status,
             answer_of(delivery)->text);
}

/* A server without GET: the key and the version have to do. */
static bool is_deaf_to_looks(const struct delivery *delivery)
{
    return answer_of(delivery)->status == 405 || answer_of(delivery)->status == 501;
}

static enum step blind_step(const struct delivery *delivery)
{
    if (delivery->create_refused || delivery->change_refused)
        return STEP_ASIDE;
    return delivery->waiting->version == 1 ? STEP_CREATE : STEP_CHANGE;
}

/* Set aside is what was refused in the one way that is left. */
static enum step after_look(const struct delivery *delivery)
{
    switch (delivery->verdict) {
    case VERDICT_THERE:
        return STEP_DONE;
    case VERDICT_OLDER:
    case VERDICT_OTHER:
        return delivery->change_refused ? STEP_ASIDE : STEP_CHANGE;
    case VERDICT_MISSING:
        return delivery->create_refused ? STEP_ASIDE : STEP_CREATE;
    default:
        return is_deaf_to_looks(delivery) ? blind_step(delivery) : STEP_LATER;
    }
}

static enum step after_create(struct delivery *delivery)
{
    switch (delivery->verdict) {
    case VERDICT_THERE:
        delivery->created = true;
        return STEP_DONE;
    case VERDICT_CONFLICT:
        return delivery->absent ? STEP_CHANGE : STEP_LOOK;
    case VERDICT_REFUSED:
        delivery->create_refused = true;
        keep_refusal(delivery);
        return delivery->looked ? STEP_ASIDE : STEP_LOOK;
    case VERDICT_UNCLEAR: /* a success that does not say so: asked at once; else later */
        return answer_of(delivery)->status / 100 == 2 && !delivery->looked ? STEP_LOOK : STEP_LATER;
    default:
        return STEP_LATER;
    }
}

/* The same version with other content is there, and the server will not change it. */
static bool is_kept_back(const struct delivery *delivery)
{
    return delivery->verdict == VERDICT_CONFLICT && delivery->looked && !delivery->absent;
}

static enum step after_change(struct delivery *delivery)
{
    switch (delivery->verdict) {
    case VERDICT_THERE:
        return STEP_DONE;
    case VERDICT_MISSING:
        return delivery->create_refused ? STEP_LATER : STEP_CREATE;
    case VERDICT_CONFLICT:
        if (!is_kept_back(delivery))
            return delivery->looked ? STEP_LATER : STEP_LOOK;
        keep_refusal(delivery);
        return STEP_ASIDE;
    case VERDICT_REFUSED:
        delivery->change_refused = true;
        keep_refusal(delivery);
        return delivery->looked ? STEP_ASIDE : STEP_LOOK;
    case VERDICT_UNCLEAR:
        return answer_of(delivery)->status / 100 == 2 && !delivery->looked ? STEP_LOOK : STEP_LATER;
    default:
        return STEP_LATER;
    }
}

static enum step next_step(struct delivery *delivery)
{
    enum step now = delivery->step;

    if (now == STEP_CREATE)
        return after_create(delivery);
    if (now == STEP_CHANGE)
        return after_change(delivery);
    delivery->looked = true;
    delivery->absent = delivery->verdict == VERDICT_MISSING;
    return after_look(delivery);
}

/* Telling ----------------------------------------------------------------------------------- */

static const char *advice(long status)
{
    switch (status) {
    case 401:
    case 403:
        return SAY("请检查 token_file（或 user 与 password_file）、hmac_file 及其权限",
                   "check token_file (or user and password_file), hmac_file and what they may do");
    case 404:
    case 405:
        return SAY("请检查 url 是接口的起始地址（其后接 /problems）",
                   "check that url is the base of the API (with /problems below it)");
    default:
        return SAY("请与整改系统的管理员核对", "ask whoever runs the rectification system");
    }
}

/* No problem can be created there: the address leads elsewhere. */
static bool is_wrong_address(const struct delivery *delivery)
{
    return delivery->verdict == VERDICT_MISSING && delivery->step == STEP_CREATE;
}

static const char *what_is_wrong(const struct delivery *delivery)
{
    long status = answer_of(delivery)->status;

    if (delivery->verdict == VERDICT_HELD || delivery->verdict == VERDICT_REFUSED ||
        is_wrong_address(delivery))
        return advice(status);
    if (delivery->verdict == VERDICT_MISSING || delivery->verdict == VERDICT_CONFLICT)
        return SAY("它先说有这个问题，又说没有；请与整改系统的管理员核对",
                   "it says it has the problem, and that it has not; ask whoever runs it");
    if (status / 100 == 2)
        return SAY("这不是接口的应答，可能是认证网关的页面",
                   "this is no answer of the API; perhaps the page of a captive portal");
    if (status / 100 == 3)
        return SAY("它指向别处；重定向不予跟随，请把 url 改成真正的地址",
                   "it points elsewhere; redirects are not followed, put the real address in url");
    return SAY("对方暂时不收", "it takes nothing for now");
}

static void say_failure(const struct delivery *delivery, enum sender_state state, int64_t wait_ms)
{
    const struct rectification_sender *me = delivery->me;
    const struct web_answer *answer = answer_of(delivery);
    struct error err = {0};

    if (answer->status == 0)
        error_set(&err, ERROR_PEER,
                  SAY("输出 %s：连不上 %s：%s；%lld 秒后再试，问题都留在本机",
                      "output %s: cannot reach %s: %s; asking again in %lld s, problems wait here"),
                  me->output->name, host_of(delivery), answer->text,
                  (long long)((wait_ms + 999) / 1000));
    else
        error_set(&err, ERROR_PEER,
                  SAY("输出 %s：问题 %.8s 第 %u 版：%s 应答 %ld（%s）：%s；%lld 秒后再试",
                      "output %s: problem %.8s version %u: %s answered %ld (%s): %s; asking again "
                      "in %lld s"),
                  me->output->name, delivery->waiting->uid, delivery->waiting->version,
                  host_of(delivery), answer->status, answer->text[0] != '\0' ? answer->text : "-",
                  what_is_wrong(delivery), (long long)((wait_ms + 999) / 1000));
    sender_fails(me->sender, state, &err);
}

/* Ending ------------------------------------------------------------------------------------ */

/* Trouble of this problem alone lets the others pass; trouble with the server is everyone's. */
static bool is_everyones(const struct delivery *delivery)
{
    const struct web_answer *answer = answer_of(delivery);

    return answer->status == 0 || answer->retry_after_ms > 0 || delivery->verdict == VERDICT_AWAY ||
           is_wrong_address(delivery) ||
           (delivery->verdict == VERDICT_HELD && answer->status != 405);
}

static void wait_for_it(struct delivery *delivery)
{
    struct rectification_sender *me = delivery->me;
    struct waiting *waiting = delivery->waiting;
    bool held = delivery->verdict == VERDICT_HELD || delivery->verdict == VERDICT_REFUSED ||
                is_wrong_address(delivery);
    int64_t pause_ms = patience_next(held ? &me->late : &me->soon);
    int64_t again_ms = patience_next(&waiting->patience);

    waiting->unclear = true;
    if (answer_of(delivery)->retry_after_ms > 0)
        pause_ms = answer_of(delivery)->retry_after_ms;
    if (is_everyones(delivery)) {
        say_failure(delivery, held ? SENDER_HELD : SENDER_WAITING, pause_ms);
        sender_pause(me->sender, pause_ms);
        return;
    }
    if (held)
        again_ms = pause_ms;
    waiting->not_before_ms = rectification_now_ms(me) + again_ms;
    say_failure(delivery, held ? SENDER_HELD : SENDER_WAITING, again_ms);
    /* Never more than once a second, whoever's turn is next. */
    sender_pause(me->sender, 1000);
}

static void arrived(struct delivery *delivery)
{
    struct rectification_sender *me = delivery->me;
    uint32_t version = delivery->waiting->version;
    char uid[UID_SIZE];

    note_anchor(delivery);
    memcpy(uid, delivery->waiting->uid, sizeof uid);
    if (delivery->there > version)
        version = delivery->there;
    rectification_window_arrived(&me->window, uid, version);
    if (delivery->created)
        rectification_window_created(&me->window, uid);
    if (delivery->created && delivery->waiting->version > 1)
        me->lost = true;
    me->aside_in_row = 0;
    patience_reset(&me->soon);
    patience_reset(&me->late);
}

static void set_aside(struct delivery *delivery)
{
    struct rectification_sender *me = delivery->me;

    if (me->aside_in_row >= ASIDE_MOST) {
        wait_for_it(delivery);
        return;
    }
    me->aside_in_row++;
    sender_quarantine(me->sender, delivery->waiting->seq, delivery->refusal);
    rectification_window_set_aside(&me->window, delivery->waiting);
}

void rectification_deliver(struct rectification_sender *me, struct waiting *waiting)
{
    struct delivery delivery = {.me = me, .waiting = waiting};

    delivery.step = waiting->unclear        ? STEP_LOOK
                    : waiting->version == 1 ? STEP_CREATE
                                            : STEP_CHANGE;
    take_head_along(&delivery);
    for (int i = 0; i < REQUESTS_MOST && delivery.step < STEP_DONE; i++) {
        enum step before = delivery.step;

        if (!ask(&delivery))
            return;
        delivery.step = next_step(&delivery);
        if (delivery.step == STEP_LATER) {
            delivery.step = before; /* what was asked when it failed */
            wait_for_it(&delivery);
            return;
        }
    }
    if (delivery.step == STEP_DONE)
        arrived(&delivery);
    else if (delivery.step == STEP_ASIDE)
        set_aside(&delivery);
    else
        wait_for_it(&delivery);
}
