#include "app/command.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/version.h"

/* One command: what it takes, what it does. `options` lists its own; a trailing '=' wants a value.
 */
struct command {
    const char *name;
    const char *takes;
    const char *options[8];
    size_t least, most; /* words */
    int (*run)(const struct typed *typed);
    const char *zh, *en;
};

/* clang-format off */
static const struct command commands[] = {
    {"run", "", {NULL}, 0, 0, command_run,
     "运行采集器", "run the collector"},
    {"check", "", {NULL}, 0, 0, command_check,
     "检查四个配置文件，一次列出所有错误", "check the four files of settings, every fault in one run"},
    {"sensors", "[MODEL]", {NULL}, 0, 1, command_sensors,
     "列出支持的传感器型号", "list the sensor models"},
    {"status", "", {NULL}, 0, 0, command_status,
     "链路、设备、输出和告警的当前状态", "links, devices, outputs and notices as they are now"},
    {"readings", "--point SITE/DEVICE/CHANNEL --from T --to T",
     {"--point=", "--from=", "--to=", "--raw", "--csv", NULL}, 0, 0, command_readings,
     "一个监测点的读数", "the readings of one point"},
    {"problems", "[--state S] [--kind K]", {"--state=", "--kind=", NULL}, 0, 0, command_problems,
     "问题清单", "the problems"},
    {"problem", "UID | acknowledge UID | close UID --note TEXT", {"--note=", NULL}, 1, 2,
     command_problem, "查看、确认或关闭一个问题", "show, acknowledge or close one problem"},
    {"resend", "--output NAME --from T [--to T]", {"--output=", "--from=", "--to=", NULL}, 0, 0,
     command_resend, "从某一时刻起重新发送", "send again from a moment on"},
    {"seal", "", {NULL}, 0, 0, command_seal,
     "立即结束当前封存段", "close the current segment now"},
    {"simulate", "FILE", {NULL}, 1, 1, command_simulate,
     "运行传感器模拟器", "play the devices of FILE"},
    {"demo", "[--dir D] [--port P] [--seconds N] [--mqtt URL] [--influx URL]",
     {"--dir=", "--port=", "--seconds=", "--history=", "--mqtt=", "--influx=", "--plain", NULL}, 0, 0,
     command_demo, "用模拟传感器演示整个过程", "the whole thing on simulated sensors"},
};

/* Words of the contract whose work belongs to a later version. */
static const char *const later[] = {
    "work", "plan", "limits", "probe", "tasks", "task", "device", "watch", "replay", "river",
    "evidence", "seals", "reload", "user", "users", "backup", "restore", NULL,
};
/* clang-format on */

const char *typed_option(const struct typed *typed, const char *name)
{
    for (size_t i = 0; i < typed->option_count; i++)
        if (strcmp(typed->options[i].name, name) == 0)
            return typed->options[i].value;
    return NULL;
}

static void print_error_json(const struct error *err)
{
    json_t *object =
        json_pack("{s:{s:s, s:s, s:o}}", "error", "kind", error_word(err->kind), "text", err->text,
                  "where", err->where[0] == '\0' ? json_null() : json_string(err->where));

    json_dumpf(object, stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(object);
}

int command_fail(const struct typed *typed, const struct error *err)
{
    if (typed->json)
        print_error_json(err);
    else
        fprintf(stderr, "lookback: %s\n", err->text);
    return error_exit_code(err->kind);
}

struct settings *command_settings(const struct typed *typed)
{
    struct conf_faults *faults = conf_faults_new();
    struct settings *settings = settings_load(typed->dir, typed->language_given, faults);

    for (size_t i = 0; settings == NULL && i < conf_faults_count(faults); i++)
        command_fail(typed, conf_fault(faults, i));
    conf_faults_free(faults);
    return settings;
}

bool command_moment(const struct typed *typed, const char *name, struct wall_time *time)
{
    const char *words = typed_option(typed, name);
    struct error err = {0};

    if (words == NULL || moment_parse(words, time))
        return true;
    error_set(&err, ERROR_WRONG_USE,
              SAY("%s: “%s”不是时间；写成 2026-11-22、2026-11-22 08:00 或 RFC 3339",
                  "%s: \"%s\" is not a moment; write 2026-11-22, 2026-11-22 08:00 or RFC 3339"),
              name, words);
    command_fail(typed, &err);
    return false;
}

static int print_help(void)
{
    printf(SAY("lookback %s：整改之后，继续盯着（回头看）\n\n用法：lookback 命令 [-c 配置目录] "
               "[--lang zh|en] [--json]\n\n",
               "lookback %s: keeps watching after a problem is called solved\n\nUse: lookback "
               "COMMAND [-c DIR] [--lang zh|en] [--json]\n\n"),
           version_text());
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        printf("  %s %s\n      %s\n", commands[i].name, commands[i].takes,
               SAY(commands[i].zh, commands[i].en));
    printf("%s", SAY("\n退出码：0 完成；1 完成，但答案为否；2 用法或配置有误；3 做不到\n",
                     "\nExit: 0 done; 1 done, and the answer is no; 2 wrong use or settings; 3 "
                     "could not be done\n"));
    return EXIT_DONE;
}

static int wrong_use(const struct typed *typed, const char *format, const char *word)
{
    struct error err = {0};

    error_set(&err, ERROR_WRONG_USE, format, word);
    return command_fail(typed, &err);
}

/* Takes one option out of the line; returns how many words it took, 0: not one of ours. */
static int take_option(struct typed *typed, const struct command *command, char **words, int left)
{
    for (size_t i = 0; command != NULL && command->options[i] != NULL; i++) {
        const char *option = command->options[i];
        size_t length = strlen(option);
        bool wants_value = option[length - 1] == '=';

        length -= wants_value;
        if (strncmp(words[0], option, length) != 0)
            continue;
        typed->options[typed->option_count].name = option;
        if (wants_value && words[0][length] == '=')
            typed->options[typed->option_count].value = words[0] + length + 1;
        else if (wants_value && words[0][length] == '\0' && left > 1)
            typed->options[typed->option_count].value = words[1];
        else if (!wants_value && words[0][length] == '\0')
            typed->options[typed->option_count].value = "";
        else
            continue;
        typed->option_count++;
        return wants_value && words[0][length] == '\0' ? 2 : 1;
    }
    return 0;
}

static int take_common(struct typed *typed, char **words, int left)
{
    if (strcmp(words[0], "--json") == 0) {
        typed->json = true;
        return 1;
    }
    if (left < 2)
        return 0;
    if (strcmp(words[0], "-c") == 0) {
        typed->dir = words[1];
        typed->dir_given = true;
        return 2;
    }
    if (strcmp(words[0], "--lang") == 0 &&
        (strcmp(words[1], "zh") == 0 || strcmp(words[1], "en") == 0)) {
        say_in(strcmp(words[1], "zh") == 0 ? LANGUAGE_ZH : LANGUAGE_EN);
        typed->language_given = true;
        return 2;
    }
    return 0;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* The first word that is neither an option nor a common option's value. */
static const char *command_word(int count, char **words)
{
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "-c") == 0 || strcmp(words[i], "--lang") == 0)
            i++;
        else if (words[i][0] != '-')
            return words[i];
    }
    return NULL;
}

/* 0 when the line was read, else an exit code. */
static int read_line(struct typed *typed, const struct command *command, int count, char **words)
{
    bool command_seen = false;

    for (int i = 1; i < count;) {
        int took = take_common(typed, words + i, count - i);

        if (took == 0 && typed->option_count < 16)
            took = take_option(typed, command, words + i, count - i);
        if (took == 0 && words[i][0] == '-' && words[i][1] != '\0')
            return wrong_use(typed,
                             SAY("不认识的选项 %s（或缺少它的值）；lookback help 列出用法",
                                 "unknown option %s (or its value is missing); see lookback help"),
                             words[i]);
        if (took == 0 && !command_seen) {
            command_seen = true;
            took = 1;
        } else if (took == 0) {
            if (typed->word_count == WORDS_MAX)
                return wrong_use(typed, SAY("多余的词：%s", "one word too many: %s"), words[i]);
            typed->words[typed->word_count++] = words[i];
            took = 1;
        }
        i += took;
    }
    return 0;
}

static int unknown_command(const struct typed *typed, const char *word)
{
    const char *names[sizeof commands / sizeof commands[0] + 1] = {NULL};
    const char *near;
    struct error err = {0};

    for (size_t i = 0; later[i] != NULL; i++)
        if (strcmp(later[i], word) == 0)
            return wrong_use(
                typed, SAY("这个版本还没有命令 %s", "this version does not have %s yet"), word);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        names[i] = commands[i].name;
    near = conf_nearest(word, names);
    if (near == NULL)
        return wrong_use(typed,
                         SAY("没有命令 %s；lookback help 列出全部命令",
                             "there is no command %s; lookback help lists them"),
                         word);
    error_set(&err, ERROR_WRONG_USE,
              SAY("没有命令 %s；您是否想用 %s？", "there is no command %s; did you mean %s?"), word,
              near);
    return command_fail(typed, &err);
}

int command_main(int count, char **words)
{
    struct typed typed = {.dir = "/etc/lookback"};
    const char *word = command_word(count, words);
    const struct command *command = find_command(word);
    int wrong = read_line(&typed, command, count, words);

    if (word == NULL || strcmp(word, "help") == 0 || strcmp(word, "--help") == 0)
        return word == NULL && wrong != 0 && count > 1 && strcmp(words[1], "--help") != 0 &&
                       strcmp(words[1], "-h") != 0
                   ? wrong
                   : print_help();
    if (command == NULL)
        return unknown_command(&typed, word);
    if (wrong != 0)
        return wrong;
    typed.command = command->name;
    if (typed.word_count < command->least || typed.word_count > command->most)
        return wrong_use(&typed, SAY("用法：lookback %s", "use: lookback %s"), command->takes);
    return command->run(&typed);
}
