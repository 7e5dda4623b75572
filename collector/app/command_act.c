/* Commands that change something: each is one act, done by the collector or in its place. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/ask.h"
#include "app/command.h"
#include "app/command_line.h"
#include "base/say.h"
#include "store/seals.h"
#include "town/shown.h"
#include "town/uid.h"

int command_act(const struct typed *typed, const char *act, json_t *args)
{
    struct settings *settings = command_settings(typed);
    struct error err = {0};
    uint64_t seq = 0;
    bool done;

    if (settings == NULL) {
        json_decref(args);
        return EXIT_WRONG;
    }
    done = ask_act(settings, act, args, &seq, &err);
    json_decref(args);
    settings_free(settings);
    if (!done)
        return command_fail(typed, &err);
    if (typed->json)
        printf("{\"done\":{\"seq\":%llu}}\n", (unsigned long long)seq);
    else
        printf(SAY("已完成，记录在序号 %llu\n", "done, recorded as number %llu\n"),
               (unsigned long long)seq);
    return EXIT_DONE;
}

int command_missing(const struct typed *typed, const char *option)
{
    struct error err = {0};

    error_set(&err, ERROR_WRONG_USE, SAY("缺少 %s", "%s is missing"), option);
    return command_fail(typed, &err);
}

/* The whole uid of the problem that is meant; 0, or an exit code. */
static int whole_uid(const struct typed *typed, char uid[UID_SIZE])
{
    struct settings *settings = command_settings(typed);
    struct error err = {0};
    struct reader *reader;
    bool found;

    if (settings == NULL)
        return EXIT_WRONG;
    reader = reader_open(settings->store_dir, &err);
    found = reader != NULL && uid_find(reader, typed->words[1], uid, &err);
    reader_close(reader);
    settings_free(settings);
    return found ? 0 : command_fail(typed, &err);
}

static int act_on_problem(const struct typed *typed, const char *act, const char *note)
{
    char uid[UID_SIZE];
    int wrong = whole_uid(typed, uid);
    json_t *args;

    if (wrong != 0)
        return wrong;
    args = json_pack("{s:s}", "uid", uid);
    if (note != NULL)
        json_object_set_new(args, "note", json_string(note));
    return command_act(typed, act, args);
}

int command_unknown(const struct typed *typed, const char *known)
{
    return line_wrong(typed, NULL, SAY("%s 没有“%s”，只有 %s", "%s has no \"%s\", only %s"),
                      typed->command, typed->words[0], known);
}

int command_problem(const struct typed *typed)
{
    const char *note = typed_option(typed, "--note");
    const char *word = typed->words[0];

    if (typed->word_count == 1 && strcmp(word, "acknowledge") != 0 && strcmp(word, "close") != 0)
        return command_problems(typed);
    if (typed->word_count == 1)
        return command_missing(typed, "UID");
    if (strcmp(word, "acknowledge") == 0)
        return act_on_problem(typed, "problem.acknowledge", NULL);
    if (strcmp(word, "close") == 0 && note == NULL)
        return command_missing(typed, "--note");
    if (strcmp(word, "close") == 0)
        return act_on_problem(typed, "problem.close", note);
    return command_unknown(typed, "acknowledge | close");
}

int command_resend(const struct typed *typed)
{
    const char *output = typed_option(typed, "--output");
    const char *from = typed_option(typed, "--from");
    const char *to = typed_option(typed, "--to");
    json_t *args;

    if (output == NULL || from == NULL)
        return command_missing(typed, output == NULL ? "--output" : "--from");
    args = json_pack("{s:s, s:s}", "output", output, "from", from);
    if (to != NULL)
        json_object_set_new(args, "to", json_string(to));
    return command_act(typed, "output.resend", args);
}

/* A seal ------------------------------------------------------------------------------------ */

static const int64_t seal_patience_ms = 30 * 1000;
static const int64_t seal_look_ms = 50;

/* Where a head was left outside so far: names, and as JSON. */
static bool take_anchor(void *self, uint64_t segment, const char *kind, const char *name,
                        struct wall_time time, const void *body, size_t size)
{
    (void)segment, (void)kind, (void)time, (void)body, (void)size;
    return json_array_append_new(self, json_string(name)) == 0;
}

static bool take_seal(void *self, const struct sealed *sealed)
{
    *(struct sealed *)self = *sealed;
    return true;
}

static void show_seal(const struct typed *typed, const struct sealed *sealed, json_t *anchored,
                      uint64_t seq)
{
    char head[DIGEST_HEX], time[WALL_TEXT], shown[LOCAL_TEXT];
    const char *name;
    json_t *all, *at;
    size_t i;

    digest_hex(sealed->digest, head);
    wall_text(sealed->head.sealed, time);
    if (typed->json) {
        all = json_pack("{s:{s:I}, s:{s:I, s:s, s:s, s:s, s:O}}", "done", "seq", (json_int_t)seq,
                        "seal", "segment", (json_int_t)sealed->head.segment, "head", head, "time",
                        time, "key", sealed->head.key, "anchored", anchored);
        json_dumpf(all, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(all);
        return;
    }
    printf(SAY("已封存第 %llu 段（%s），记录在序号 %llu\n封存头   %s\n签名钥匙 %s\n",
               "segment %llu is sealed (%s), recorded as number %llu\nhead %s\nkey  %s\n"),
           (unsigned long long)sealed->head.segment, local_time(time, shown),
           (unsigned long long)seq, head, sealed->head.key);
    if (json_array_size(anchored) == 0)
        printf(SAY("此头还没有留在本机之外；接通的输出随后会留存，见 lookback status\n",
                   "this head is not kept outside yet; outputs that are connected will keep it, "
                   "see lookback status\n"));
    json_array_foreach(anchored, i, at)
    {
        name = json_string_value(at);
        printf(SAY("已留存于 %s\n", "kept by %s\n"), name == NULL ? "?" : name);
    }
}

/* Waits until the entry stands in a sealed segment; 0: it does not in time. */
static uint64_t wait_for_seal(struct reader *reader, uint64_t seq)
{
    const struct timespec look = {.tv_nsec = seal_look_ms * 1000000};
    uint64_t segment = reader_segment_of(reader, seq);

    for (int64_t ms = 0; segment == 0 && ms < seal_patience_ms; ms += seal_look_ms) {
        nanosleep(&look, NULL);
        segment = reader_segment_of(reader, seq);
    }
    return segment;
}

static bool look_at_seal(const struct typed *typed, struct reader *reader, uint64_t seq,
                         struct error *err)
{
    uint64_t segment = wait_for_seal(reader, seq);
    json_t *anchored = json_array();
    struct sealed sealed = {.digest = {0}};
    bool good;

    if (segment == 0)
        good = error_set(
            err, ERROR_REFUSED,
            SAY("已结束该时段并记录在序号 %llu，但 %d 秒内还没有封存；原因见 lookback status "
                "的提示",
                "the segment was closed, recorded as number %llu, and is not sealed after %d s; "
                "lookback status says why"),
            (unsigned long long)seq, (int)(seal_patience_ms / 1000));
    else
        good = reader_sealed(reader, segment, segment, take_seal, &sealed, err) &&
               reader_anchors(reader, segment, segment, take_anchor, anchored, err);
    if (good)
        show_seal(typed, &sealed, anchored, seq);
    json_decref(anchored);
    return good;
}

static bool seal_now(const struct typed *typed, const struct settings *settings, struct error *err)
{
    json_t *args = json_object();
    struct reader *reader = NULL;
    uint64_t seq = 0;
    bool done;

    if (typed_option(typed, "--new-key") != NULL)
        json_object_set_new(args, "new_key", json_true());
    done = ask_act(settings, "seal.close", args, &seq, err);
    json_decref(args);
    if (done)
        reader = reader_open(settings->store_dir, err);
    done = reader != NULL && look_at_seal(typed, reader, seq, err);
    reader_close(reader);
    return done;
}

int command_seal(const struct typed *typed)
{
    struct settings *settings = command_settings(typed);
    struct error err = {0};
    bool done;

    if (settings == NULL)
        return EXIT_WRONG;
    done = seal_now(typed, settings, &err);
    settings_free(settings);
    return done ? EXIT_DONE : command_fail(typed, &err);
}
