#include "app/command_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"

static size_t option_length(const char *option)
{
    size_t length = strlen(option);

    return length > 0 && option[length - 1] == '=' ? length - 1 : length;
}

const char *typed_option(const struct typed *typed, const char *name)
{
    for (size_t i = 0; i < typed->option_count; i++) {
        size_t length = option_length(typed->options[i].name);

        if (strlen(name) == length && strncmp(typed->options[i].name, name, length) == 0)
            return typed->options[i].value;
    }
    return NULL;
}

int line_wrong(const struct typed *typed, const struct command *command, const char *format, ...)
{
    struct error err = {0};
    char words[sizeof err.text];
    struct text text;
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    text = (struct text){.bytes = words, .size = sizeof words, .used = strlen(words)};
    for (size_t i = 0; command != NULL && command->forms[i] != NULL; i++)
        text_format(&text, "%slookback %s", i == 0 ? SAY("\n用法：", "\nuse: ") : "\n  ",
                    command->forms[i]);
    error_set(&err, ERROR_WRONG_USE, "%s", words);
    return command_fail(typed, &err);
}

/* The first of the three that is set decides, as everywhere on the machine. */
static enum language language_of_machine(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *locale = getenv(names[i]);

        if (locale != NULL && *locale != '\0')
            return strncmp(locale, "en", 2) == 0 ? LANGUAGE_EN : LANGUAGE_ZH;
    }
    return LANGUAGE_ZH;
}

/* The word behind --lang or --lang=, and in `*took` how many words that is; NULL: not here. */
static const char *language_word(char **words, int left, int *took)
{
    *took = 1;
    if (strncmp(words[0], "--lang=", 7) == 0)
        return words[0] + 7;
    *took = 2;
    return strcmp(words[0], "--lang") == 0 && left > 1 ? words[1] : NULL;
}

static bool is_language(const char *word)
{
    return word != NULL && (strcmp(word, "zh") == 0 || strcmp(word, "en") == 0);
}

void command_line_begin(struct typed *typed, int count, char **words)
{
    say_in(language_of_machine());
    for (int i = 1; i < count; i++) {
        int took;
        const char *word = language_word(words + i, count - i, &took);

        if (strcmp(words[i], "--json") == 0)
            typed->json = true;
        if (!is_language(word))
            continue;
        say_in(strcmp(word, "en") == 0 ? LANGUAGE_EN : LANGUAGE_ZH);
        typed->language_given = true;
    }
}

const char *line_command(int count, char **words)
{
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "-c") == 0 || strcmp(words[i], "--lang") == 0)
            i++;
        else if (words[i][0] != '-')
            return words[i];
    }
    return NULL;
}

/* Takes one option out of the line; returns how many words it took, 0: not one of ours, -1: its
 * value is missing. */
static int take_option(struct typed *typed, const struct command *command, char **words, int left)
{
    for (size_t i = 0; command != NULL && command->options[i] != NULL; i++) {
        const char *option = command->options[i];
        size_t length = option_length(option);
        bool wants_value = option[length] == '=';
        char after = strncmp(words[0], option, length) == 0 ? words[0][length] : '?';

        if (after != '\0' && !(wants_value && after == '='))
            continue;
        if (wants_value && after == '\0' && left < 2)
            return -1;
        typed->options[typed->option_count].name = option;
        typed->options[typed->option_count++].value = !wants_value    ? ""
                                                      : after == '\0' ? words[1]
                                                                      : words[0] + length + 1;
        return wants_value && after == '\0' ? 2 : 1;
    }
    return 0;
}

/* What every command takes; returns as take_option() does. */
static int take_common(struct typed *typed, char **words, int left)
{
    int took;
    const char *language = language_word(words, left, &took);

    if (strcmp(words[0], "--json") == 0)
        return 1;
    if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0) {
        typed->help = true;
        return 1;
    }
    if (is_language(language))
        return took;
    if (language != NULL || strcmp(words[0], "--lang") == 0)
        return -1;
    if (strcmp(words[0], "-c") != 0)
        return 0;
    if (left < 2)
        return -1;
    typed->dir = words[1];
    typed->dir_given = true;
    return 2;
}

static int say_what_is_missing(const struct typed *typed, const struct command *command,
                               const char *word)
{
    if (strcmp(word, "-c") == 0)
        return line_wrong(typed, command, "%s",
                          SAY("-c 后面要写配置目录，例如 -c /etc/lookback",
                              "-c wants the folder of settings, as -c /etc/lookback"));
    if (strncmp(word, "--lang", 6) == 0)
        return line_wrong(typed, command, "%s",
                          SAY("--lang 后面要写 zh 或 en", "--lang wants zh or en"));
    return line_wrong(typed, command, SAY("%s 后面缺少它的值", "%s wants a value after it"), word);
}

static int take_word(struct typed *typed, const struct command *command, const char *word)
{
    if (typed->word_count == WORDS_MAX)
        return line_wrong(typed, command, SAY("多余的词：%s", "one word too many: %s"), word);
    typed->words[typed->word_count++] = word;
    return 0;
}

int line_read(struct typed *typed, const struct command *command, int count, char **words)
{
    bool command_seen = false;
    int wrong = 0;

    for (int i = 1; i < count && wrong == 0;) {
        int took = take_common(typed, words + i, count - i);

        if (took == 0 && typed->option_count < sizeof typed->options / sizeof typed->options[0])
            took = take_option(typed, command, words + i, count - i);
        if (took < 0)
            return say_what_is_missing(typed, command, words[i]);
        if (took == 0 && words[i][0] == '-' && words[i][1] != '\0')
            return line_wrong(typed, command, SAY("不认识的选项 %s", "unknown option %s"),
                              words[i]);
        if (took == 0 && command_seen)
            wrong = take_word(typed, command, words[i]);
        command_seen = command_seen || took == 0;
        i += took == 0 ? 1 : took;
    }
    return wrong;
}
