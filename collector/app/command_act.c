/* Commands that change something: each is one act, done by the collector or in its place. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "app/ask.h"
#include "app/command.h"
#include "base/say.h"

/* Does the act and prints its number in the sequence. `args` is taken. */
static int do_act(const struct typed *typed, const char *act, json_t *args)
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

static int missing(const struct typed *typed, const char *option)
{
    struct error err = {0};

    error_set(&err, ERROR_WRONG_USE, SAY("缺少 %s", "%s is missing"), option);
    return command_fail(typed, &err);
}

int command_problem(const struct typed *typed)
{
    const char *note = typed_option(typed, "--note=");

    if (typed->word_count == 1)
        return command_problems(typed);
    if (strcmp(typed->words[0], "acknowledge") == 0)
        return do_act(typed, "problem.acknowledge", json_pack("{s:s}", "uid", typed->words[1]));
    if (strcmp(typed->words[0], "close") == 0 && note == NULL)
        return missing(typed, "--note");
    if (strcmp(typed->words[0], "close") == 0)
        return do_act(typed, "problem.close",
                      json_pack("{s:s, s:s}", "uid", typed->words[1], "note", note));
    return missing(typed, "acknowledge | close");
}

int command_resend(const struct typed *typed)
{
    const char *output = typed_option(typed, "--output=");
    const char *from = typed_option(typed, "--from=");
    const char *to = typed_option(typed, "--to=");
    json_t *args;

    if (output == NULL || from == NULL)
        return missing(typed, output == NULL ? "--output" : "--from");
    args = json_pack("{s:s, s:s}", "output", output, "from", from);
    if (to != NULL)
        json_object_set_new(args, "to", json_string(to));
    return do_act(typed, "output.resend", args);
}

int command_seal(const struct typed *typed)
{
    return do_act(typed, "seal.close", json_object());
}
