#include "app/ask.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/names.h"
#include "app/socket.h"
#include "base/say.h"
#include "record/recorder.h"

static int connect_to(const char *store_dir)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[300];
    int dir;
    /* A collector that hangs must not hang the command; the longest act has a minute. */
    const struct timeval patience = {.tv_sec = 60};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    snprintf(path, sizeof path, "%s/lookback.sock", store_dir);
    dir = socket_reachable(path, address.sun_path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    if (dir >= 0)
        close(dir);
    return fd;
}

static void send_request(FILE *peer, const char *act, json_t *args)
{
    const struct passwd *me = getpwuid(getuid());
    json_t *request =
        json_pack("{s:s, s:O, s:s}", "act", act, "args", args, "by", me == NULL ? "" : me->pw_name);

    if (request != NULL && json_dumpf(request, peer, JSON_COMPACT) == 0 && fputc('\n', peer) != EOF)
        fflush(peer);
    json_decref(request);
}

static enum error_kind kind_of_word(const char *word)
{
    for (int kind = ERROR_SETTINGS; kind <= ERROR_PEER; kind++)
        if (word != NULL && strcmp(word, error_word((enum error_kind)kind)) == 0)
            return (enum error_kind)kind;
    return ERROR_REFUSED;
}

static void show_progress(const json_t *line)
{
    const json_t *share = json_object_get(line, "progress");
    const char *text = json_string_value(json_object_get(line, "text"));

    if (json_is_number(share) && isatty(STDERR_FILENO))
        fprintf(stderr, "\r%3.0f %% %s", json_number_value(share) * 100, text == NULL ? "" : text);
}

/* Reads lines until the last one. */
static enum asked read_answer(FILE *peer, json_t **answer, struct error *err)
{
    char *text = NULL;
    size_t size = 0;
    enum asked result = ASKED_REFUSED;

    error_set(err, ERROR_STORE, "%s",
              SAY("采集器没有答复（断开，或超过 60 秒）：它可能正在停止或卡住，请看它的日志",
                  "the collector gave no answer (it hung up, or took more than 60 s): it may be "
                  "stopping or stuck, see its log"));
    while (getline(&text, &size, peer) > 0) {
        json_t *line = json_loads(text, 0, NULL);
        json_t *done = json_object_get(line, "done");
        json_t *error = json_object_get(line, "error");

        if (done != NULL) {
            *answer = json_incref(done);
            result = ASKED_DONE;
        } else if (error != NULL) {
            const char *sentence = json_string_value(json_object_get(error, "text"));

            error_set(err, kind_of_word(json_string_value(json_object_get(error, "kind"))), "%s",
                      sentence == NULL ? "?" : sentence);
        } else {
            show_progress(line);
        }
        json_decref(line);
        if (done != NULL || error != NULL)
            break;
    }
    free(text);
    return result;
}

enum asked ask_collector(const char *store_dir, const char *act, json_t *args, json_t **answer,
                         struct error *err)
{
    int fd = connect_to(store_dir);
    FILE *peer = fd < 0 ? NULL : fdopen(fd, "r+");
    enum asked result;

    *answer = NULL;
    if (peer == NULL) {
        if (fd >= 0)
            close(fd);
        return ASKED_NOBODY;
    }
    send_request(peer, act, args); /* where it fails, the answer or its absence says why */
    result = read_answer(peer, answer, err);
    fclose(peer);
    return result;
}

struct own_answer {
    bool done;
    uint64_t seq;
    struct error err;
};

static void own_act_done(void *self, uint64_t seq, const struct error *err)
{
    struct own_answer *answer = self;

    answer->done = true;
    answer->seq = seq;
    if (err != NULL)
        answer->err = *err;
}

/* Nobody listens: this process is the writer for as long as the act lasts. */
static bool act_ourselves(const struct settings *settings, struct store *store, const char *name,
                          json_t *args, uint64_t *seq, struct error *err)
{
    const struct clock *clock = clock_system();
    const struct passwd *me = getpwuid(getuid());
    struct own_answer answer = {0};
    struct names names = {0};
    struct recorder_setup setup = {.store = store,
                                   .clock = clock,
                                   .keep_ms = settings->keep_ms,
                                   .seal_every_ms = settings->seal_every_ms,
                                   .patience_ms = settings->patience_ms};
    struct recorder *recorder = NULL;
    struct act act = {
        .name = name, .args = json_incref(args), .done = own_act_done, .self = &answer};
    bool begun = names_resolve(&names, settings, store, clock_wall(clock), err);

    act.who = me == NULL ? "?" : me->pw_name;
    act.by = "";
    if (begun) {
        setup.catalog = &names.catalog;
        setup.rules = names.rules;
        setup.rule_count = names.rule_count;
        setup.mailbox = mailbox_new(1 << 16);
        setup.trust = trust_new((enum trust_by)settings->trust, clock, store_newest(store));
        setup.notices = notices_new(clock);
        recorder = recorder_new(&setup, err);
    }
    if (recorder != NULL) {
        recorder_act(recorder, &act);
        if (!recorder_step(recorder, err) && !answer.done)
            answer.err = *err;
    } else {
        json_decref(args);
    }
    recorder_free(recorder);
    notices_free(setup.notices);
    trust_free(setup.trust);
    mailbox_free(setup.mailbox);
    names_free(&names);
    *seq = answer.seq;
    if (answer.err.kind != ERROR_NONE)
        *err = answer.err;
    return recorder != NULL && answer.done && answer.err.kind == ERROR_NONE;
}

bool ask_act(const struct settings *settings, const char *act, json_t *args, uint64_t *seq,
             struct error *err)
{
    json_t *answer;
    struct store *store;
    bool done;

    switch (ask_collector(settings->store_dir, act, args, &answer, err)) {
    case ASKED_DONE:
        *seq = (uint64_t)json_integer_value(json_object_get(answer, "seq"));
        json_decref(answer);
        return true;
    case ASKED_REFUSED:
        return false;
    case ASKED_NOBODY:
        break;
    }
    store = store_open(settings->store_dir, NULL, clock_wall(clock_system()), err);
    if (store == NULL)
        return false;
    done = act_ourselves(settings, store, act, args, seq, err);
    store_close(store);
    return done;
}
