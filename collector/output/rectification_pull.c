#include "output/rectification_pull.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/say.h"
#include "output/patience.h"
#include "output/rectification_peer.h"
#include "output/rectification_slip.h"
#include "output/rectification_tasks.h"

enum {
    PAGE_BYTES_MOST = 2 * 1024 * 1024,
    PAGES_MOST = 100, /* of one pull; 100,000 tasks are no ledger */
    AGAIN_MS = 10 * 1000,
    AGAIN_MOST_MS = 600 * 1000,
    DIGEST_SIZE = 32,
};

#define EVER "1970-01-01T00:00:00.000Z"

enum pull_stage { STAGE_REST, STAGE_ASKING, STAGE_IMPORTING };

struct rectification_pull {
    struct sender *sender;
    const struct sender_setup *setup;
    const struct output_setup *output;
    const struct source *source;
    const struct rectification_fields *fields;
    struct rectification_peer *peer;
    enum pull_stage stage;
    int64_t due_ms;
    bool remembers; /* the last run's marks were looked for */
    char since[WALL_TEXT];
    char etag[WEB_ETAG_SIZE];
    /* of the pull on its way */
    size_t pages;
    char page[TASKS_TOKEN_SIZE], next[TASKS_TOKEN_SIZE];
    char next_since[WALL_TEXT], next_etag[WEB_ETAG_SIZE];
    struct rectification_slip *slip;
    uint8_t digest[DIGEST_SIZE];            /* of the page that is being taken in */
    uint8_t taken[PAGES_MOST][DIGEST_SIZE]; /* pages as they were last taken in */
    struct patience patience;
    unsigned failures; /* in a row */
};

static int64_t now_ms(const struct rectification_pull *pull)
{
    return clock_mono(pull->setup->clock).ns / 1000000;
}

/* Where the last run was ---------------------------------------------------------------------- */

static void keep_mark(const json_t *args, const char *key, char *into, size_t size)
{
    const char *words = json_string_value(json_object_get(args, key));

    if (words != NULL && strlen(words) < size)
        strcpy(into, words);
}

/* The acts of this output, oldest first: the last that has marks counts. */
static bool see_act(void *self, uint64_t seq, struct wall_time time, const char *who,
                    const char *arguments)
{
    struct rectification_pull *pull = self;
    json_t *args = json_loads(arguments, 0, NULL);
    const char *output = json_string_value(json_object_get(args, "output"));

    (void)seq;
    (void)time;
    (void)who;
    if (output != NULL && strcmp(output, pull->output->name) == 0) {
        keep_mark(args, "since", pull->since, sizeof pull->since);
        keep_mark(args, "etag", pull->etag, sizeof pull->etag);
    }
    json_decref(args);
    return true;
}

/* Without them everything is asked for once more, which changes nothing. */
static void remember(struct rectification_pull *pull)
{
    struct error err = {0};

    pull->remembers = true;
    if (pull->source->events != NULL)
        pull->source->events(pull->source->self, "tasks.import", see_act, pull, &err);
}

/* Asking -------------------------------------------------------------------------------------- */

static void add_escaped(struct text *text, const char *words)
{
    for (; *words != '\0'; words++) {
        if (isalnum((unsigned char)*words) || strchr("-._~", *words) != NULL)
            text_add_char(text, *words);
        else
            text_format(text, "%%%02X", (unsigned char)*words);
    }
}

static void ask_page(struct rectification_pull *pull)
{
    char path[2 * TASKS_TOKEN_SIZE + TASKS_TOKEN_SIZE + 128];
    const struct rectification_request request = {
        .method = "GET", .path = path, .etag = pull->pages == 0 ? pull->etag : NULL};
    struct text text;

    text_init(&text, path, sizeof path);
    text_add(&text, "/tasks?since=");
    add_escaped(&text, pull->since[0] != '\0' ? pull->since : EVER);
    if (pull->page[0] != '\0') {
        text_add(&text, "&page=");
        add_escaped(&text, pull->page);
    }
    rectification_peer_ask(pull->peer, &request);
    pull->stage = STAGE_ASKING;
}

static void begin(struct rectification_pull *pull)
{
    if (!pull->remembers)
        remember(pull);
    pull->pages = 0;
    pull->page[0] = pull->next[0] = '\0';
    pull->next_since[0] = pull->next_etag[0] = '\0';
    ask_page(pull);
}

/* Ending -------------------------------------------------------------------------------------- */

static void notice_id(const struct rectification_pull *pull, char *id, size_t size)
{
    snprintf(id, size, "output-%s-tasks", pull->output->name);
}

static void rest(struct rectification_pull *pull, int64_t ms)
{
    pull->stage = STAGE_REST;
    pull->due_ms = now_ms(pull) + ms;
}

static void succeed(struct rectification_pull *pull)
{
    char id[64];

    if (pull->next_since[0] != '\0')
        strcpy(pull->since, pull->next_since);
    if (pull->next_etag[0] != '\0')
        strcpy(pull->etag, pull->next_etag);
    if (pull->failures > 0) {
        notice_id(pull, id, sizeof id);
        notice_end(pull->setup->notices, id);
        log_notice(SAY("输出 %s：又能取得整改任务了", "output %s: tasks can be asked for again"),
                   pull->output->name);
    }
    pull->failures = 0;
    patience_reset(&pull->patience);
    rest(pull, pull->output->pull_ms);
}

/* A connection that breaks once is nobody's business; an answer that is wrong is. */
static void fail(struct rectification_pull *pull, bool at_once, const char *why)
{
    const struct web_answer *answer = rectification_peer_answer(pull->peer);
    int64_t ms = patience_next(&pull->patience);
    char id[64], subject[96];

    if (answer->retry_after_ms > ms)
        ms = answer->retry_after_ms;
    rest(pull, ms);
    if (++pull->failures < 2 && !at_once)
        return;
    notice_id(pull, id, sizeof id);
    snprintf(subject, sizeof subject, "output %s", pull->output->name);
    notice_raise(pull->setup->notices, id, subject,
                 SAY("输出 %s：取不到整改任务：%s；%lld 秒后再试，台账照旧",
                     "output %s: the tasks cannot be had: %s; asking again in %lld s, the ledger "
                     "stays as it is"),
                 pull->output->name, why, (long long)((ms + 999) / 1000));
    if (pull->failures <= 2)
        log_warning(SAY("输出 %s：取不到整改任务：%s", "output %s: the tasks cannot be had: %s"),
                    pull->output->name, why);
}

static void fail_by_answer(struct rectification_pull *pull)
{
    const struct web_answer *answer = rectification_peer_answer(pull->peer);
    bool theirs = answer->status >= 300 && answer->status < 500 && answer->status != 429;
    char why[500];

    if (answer->status == 0)
        snprintf(why, sizeof why, SAY("连不上对方：%s", "it cannot be reached: %s"), answer->text);
    else
        snprintf(why, sizeof why, SAY("对方应答 %ld（%s）%s", "it answered %ld (%s)%s"),
                 answer->status, answer->text[0] != '\0' ? answer->text : "-",
                 answer->status / 100 == 3
                     ? SAY("，指向别处；重定向不予跟随", ", pointing elsewhere; redirects are not "
                                                         "followed")
                 : theirs ? SAY("；请检查 url 与 token_file", "; check url and token_file")
                          : "");
    fail(pull, theirs, why);
}

/* Taking in ----------------------------------------------------------------------------------- */

static void go_on(struct rectification_pull *pull)
{
    pull->pages++;
    if (pull->next[0] == '\0') {
        succeed(pull);
        return;
    }
    if (pull->pages == PAGES_MOST || strcmp(pull->next, pull->page) == 0) {
        fail(pull, true, SAY("分页没有尽头", "its pages have no end"));
        return;
    }
    strcpy(pull->page, pull->next);
    ask_page(pull);
}

/* True when this page stands in the ledger as it is. */
static bool is_known(struct rectification_pull *pull, const json_t *tasks)
{
    char *words = json_dumps(tasks, JSON_COMPACT | JSON_SORT_KEYS);
    bool known = json_array_size(tasks) == 0;

    memset(pull->digest, 0, sizeof pull->digest);
    if (words != NULL && EVP_Digest(words, strlen(words), pull->digest, NULL, EVP_sha256(), NULL))
        known = known || memcmp(pull->digest, pull->taken[pull->pages], sizeof pull->digest) == 0;
    free(words);
    return known;
}

/* The last page's act also remembers where the pull was. */
static void take_in(struct rectification_pull *pull, const struct rectification_tasks *page)
{
    json_t *args = json_pack("{s:O, s:s, s:s}", "tasks", page->tasks, "from", "rectification",
                             "output", pull->output->name);

    if (pull->next[0] == '\0' && pull->next_since[0] != '\0')
        json_object_set_new(args, "since", json_string(pull->next_since));
    if (pull->next[0] == '\0' && pull->next_etag[0] != '\0')
        json_object_set_new(args, "etag", json_string(pull->next_etag));
    if (args != NULL)
        pull->slip = rectification_slip_act(pull->source, "tasks.import", args, pull->output->name);
    if (pull->slip != NULL)
        pull->stage = STAGE_IMPORTING;
    else
        fail(pull, true, SAY("内存不足", "out of memory"));
}

static void take_page(struct rectification_pull *pull)
{
    const struct web_answer *answer = rectification_peer_answer(pull->peer);
    struct rectification_tasks page;
    struct error err = {0};

    if (!rectification_tasks_read(&page, pull->fields, answer->capped ? NULL : answer->body,
                                  answer->size, &err)) {
        fail(pull, true, err.text);
        return;
    }
    strcpy(pull->next, page.next);
    if (pull->pages == 0) { /* what changes while later pages are read belongs to the next pull */
        wall_text(page.as_of, pull->next_since);
        strcpy(pull->next_etag, answer->etag);
    }
    if (is_known(pull, page.tasks))
        go_on(pull);
    else
        take_in(pull, &page);
    rectification_tasks_end(&page);
}

static void take_answer(struct rectification_pull *pull)
{
    long status = rectification_peer_answer(pull->peer)->status;

    if (status == 200)
        take_page(pull);
    else if (status == 304 && pull->pages == 0)
        succeed(pull);
    else
        fail_by_answer(pull);
}

static void see_import(struct rectification_pull *pull)
{
    struct error err = {0};
    bool good;

    if (!rectification_slip_is_answered(pull->slip, &good, &err))
        return;
    rectification_slip_drop(pull->slip);
    pull->slip = NULL;
    if (good) {
        memcpy(pull->taken[pull->pages], pull->digest, sizeof pull->digest);
        go_on(pull);
    } else {
        fail(pull, true, err.text);
    }
}

/* --------------------------------------------------------------------------------------------- */

void rectification_pull_step(struct rectification_pull *pull)
{
    if (pull->stage == STAGE_REST && now_ms(pull) >= pull->due_ms)
        begin(pull);
    if (pull->stage == STAGE_ASKING && rectification_peer_wait(pull->peer, 0))
        take_answer(pull);
    else if (pull->stage == STAGE_IMPORTING)
        see_import(pull);
}

bool rectification_pull_is_busy(const struct rectification_pull *pull)
{
    return pull->stage != STAGE_REST;
}

int64_t rectification_pull_due_ms(const struct rectification_pull *pull)
{
    return pull->due_ms;
}

void rectification_pull_wait(struct rectification_pull *pull, int64_t ms)
{
    if (pull->stage == STAGE_ASKING)
        rectification_peer_wait(pull->peer, ms);
    else if (pull->stage == STAGE_IMPORTING)
        rectification_slip_wait(pull->slip, ms);
}

void rectification_pull_wake(struct rectification_pull *pull)
{
    rectification_peer_wake(pull->peer);
}

struct rectification_pull *rectification_pull_new(struct sender *sender,
                                                  const struct rectification_fields *fields,
                                                  struct error *err)
{
    struct rectification_pull *pull = calloc(1, sizeof *pull);
    int64_t again_ms;

    if (pull == NULL) {
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        return NULL;
    }
    pull->sender = sender;
    pull->setup = sender_its_setup(sender);
    pull->output = pull->setup->output;
    pull->source = sender_its_source(sender);
    pull->fields = fields;
    again_ms = pull->output->pull_ms < AGAIN_MS ? pull->output->pull_ms : AGAIN_MS;
    patience_init(&pull->patience, again_ms, AGAIN_MOST_MS);
    pull->due_ms = now_ms(pull);
    pull->peer = rectification_peer_new(pull->output, pull->setup->clock, PAGE_BYTES_MOST, err);
    if (pull->peer != NULL)
        return pull;
    rectification_pull_free(pull);
    return NULL;
}

void rectification_pull_free(struct rectification_pull *pull)
{
    if (pull == NULL)
        return;
    rectification_slip_drop(pull->slip);
    rectification_peer_free(pull->peer);
    free(pull);
}
