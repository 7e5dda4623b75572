/* Commands that change something: each is one act, done by the collector or in its place. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "app/ask.h"
#include "app/command.h"
#include "app/uid.h"
#include "base/say.h"

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
    return command_missing(typed, "acknowledge | close");
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

int command_seal(const struct typed *typed)
{
    return command_act(typed, "seal.close", json_object());
}
