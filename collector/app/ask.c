#include "app/ask.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/socket.h"
#include "app/writer.h"
#include "base/say.h"

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

static const char *my_name(void)
{
    const struct passwd *me = getpwuid(getuid());

    return me == NULL ? "" : me->pw_name;
}

static void send_request(FILE *peer, const char *by, const char *act, json_t *args)
{
    json_t *request = json_pack("{s:s, s:O, s:s}", "act", act, "args", args, "by", by);

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

static void show_progress(void *self, const json_t *line)
{
    const json_t *share = json_object_get(line, "progress");
    const char *text = json_string_value(json_object_get(line, "text"));

    (void)self;
    if (json_is_number(share) && isatty(STDERR_FILENO))
        fprintf(stderr, "\r%3.0f %% %s", json_number_value(share) * 100, text == NULL ? "" : text);
}

/* Reads lines until the last one. */
static enum asked read_answer(FILE *peer, void (*heard)(void *self, const json_t *line), void *self,
                              json_t **answer, struct error *err)
{
    char *text = NULL;
    size_t size = 0;
    enum asked result = ASKED_CUT;

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
            result = ASKED_REFUSED;
        } else {
            heard(self, line);
        }
        json_decref(line);
        if (done != NULL || error != NULL)
            break;
    }
    free(text);
    return result;
}

static enum asked ask(const char *store_dir, const char *by, const char *act, json_t *args,
                      void (*heard)(void *self, const json_t *line), void *self, json_t **answer,
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
    send_request(peer, by, act, args); /* where it fails, the answer or its absence says why */
    result = read_answer(peer, heard, self, answer, err);
    fclose(peer);
    return result;
}

enum asked ask_collector_hearing(const char *store_dir, const char *act, json_t *args,
                                 void (*heard)(void *self, const json_t *line), void *self,
                                 json_t **answer, struct error *err)
{
    return ask(store_dir, my_name(), act, args, heard, self, answer, err);
}

enum asked ask_collector_for(const char *store_dir, const char *by, const char *act, json_t *args,
                             json_t **answer, struct error *err)
{
    return ask(store_dir, by, act, args, show_progress, NULL, answer, err);
}

enum asked ask_collector(const char *store_dir, const char *act, json_t *args, json_t **answer,
                         struct error *err)
{
    return ask_collector_hearing(store_dir, act, args, show_progress, NULL, answer, err);
}

/* Nobody listens: this process is the writer for as long as the act lasts. */
static bool act_ourselves(const struct settings *settings, const char *name, json_t *args,
                          uint64_t *seq, struct error *err)
{
    const struct writer_ways ways = {
        .clock = clock_system(), .trust = (enum trust_by)settings->trust, .mailbox_bytes = 1 << 16};
    const struct passwd *me = getpwuid(getuid());
    struct writer writer;
    bool done;

    if (!writer_open(&writer, settings, &ways, err))
        return false;
    done =
        writer_act(&writer, name, json_incref(args), me == NULL ? "?" : me->pw_name, "", seq, err);
    writer_close(&writer);
    return done;
}

bool ask_act(const struct settings *settings, const char *act, json_t *args, uint64_t *seq,
             struct error *err)
{
    json_t *answer;

    switch (ask_collector(settings->store_dir, act, args, &answer, err)) {
    case ASKED_DONE:
        *seq = (uint64_t)json_integer_value(json_object_get(answer, "seq"));
        json_decref(answer);
        return true;
    case ASKED_REFUSED:
    case ASKED_CUT:
        return false;
    case ASKED_NOBODY:
        break;
    }
    return act_ourselves(settings, act, args, seq, err);
}
