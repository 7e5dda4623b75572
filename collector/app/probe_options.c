#include "app/probe_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command_line.h"
#include "base/say.h"
#include "drivers/link.h"

enum { TIMEOUT_LEAST_MS = 20, TIMEOUT_MOST_MS = 60000 };

enum { WORDS_MOST = 512 /* of one option */ };

/* Chinese keyboards write ：，＝ and digits at full width: as their ASCII twins. */
static const char *half_width(const char *words, char out[WORDS_MOST])
{
    const unsigned char *at = (const unsigned char *)words;
    size_t size = 0;

    memset(out, 0, WORDS_MOST);
    for (; words != NULL && *at != '\0' && size + 1 < WORDS_MOST; at++, size++)
        if (at[0] == 0xEF && (at[1] == 0xBC || at[1] == 0xBD) && at[2] >= 0x80) {
            /* U+FF01 to U+FF5E stand in the order of 0x21 to 0x7E */
            out[size] = (char)(at[2] - 0x80 + (at[1] == 0xBC ? 0x20 : 0x60));
            at += 2;
        } else if (at[0] == 0xE3 && at[1] == 0x80 && at[2] == 0x81) { /* the comma of lists */
            out[size] = ',';
            at += 2;
        } else {
            out[size] = (char)*at;
        }
    return words == NULL || *at != '\0' ? words : out; /* what is too long is refused as it is */
}

static bool read_unit(const char **at, int *unit)
{
    char *end;
    long number = strtol(*at, &end, 10);

    if (**at < '0' || **at > '9' || number > 255)
        return false;
    *unit = (int)number;
    *at = end;
    return true;
}

/* "3", "1-32", "1-32,55,255". */
static bool read_units(struct probe_options *options, const char *words)
{
    for (const char *at = words;; at++) {
        int first, last;

        if (!read_unit(&at, &first))
            return false;
        last = first;
        if (*at == '-') {
            at++;
            if (!read_unit(&at, &last) || last < first)
                return false;
        }
        for (int unit = first; unit <= last; unit++)
            options->units[unit] = true;
        if (*at == '\0')
            break;
        if (*at != ',')
            return false;
    }
    options->some_units = true;
    return true;
}

static bool take_unit(struct probe_options *options, const struct typed *typed)
{
    char one_words[WORDS_MOST], some_words[WORDS_MOST];
    const char *one = half_width(typed_option(typed, "--unit"), one_words);
    const char *some = half_width(typed_option(typed, "--units"), some_words);

    if (one != NULL && (!read_unit(&one, &options->unit) || *one != '\0'))
        return line_wrong(typed, NULL, "%s",
                          SAY("--unit：站号是 0 到 255 的数", "--unit: a unit id is 0 to 255")) ==
               0;
    if (some != NULL && !read_units(options, some))
        return line_wrong(typed, NULL, "%s",
                          SAY("--units：写成 1-32 或 1,2,55（0 到 255）",
                              "--units: write 1-32 or 1,2,55 (0 to 255)")) == 0;
    return true;
}

static bool take_timeout(struct probe_options *options, const struct typed *typed)
{
    const char *words = typed_option(typed, "--timeout");

    if (words == NULL ||
        (duration_parse(words, &options->timeout_ms) && options->timeout_ms >= TIMEOUT_LEAST_MS &&
         options->timeout_ms <= TIMEOUT_MOST_MS))
        return true;
    return line_wrong(typed, NULL, "%s",
                      SAY("--timeout：写成 300ms 或 2s（20ms 到 60s）",
                          "--timeout: write 300ms or 2s (20ms to 60s)")) == 0;
}

/* Each rate of the list with each parity of the list. */
static bool read_framings(struct probe_options *options, const char *rates, const char *parities)
{
    static const struct {
        const char *word;
        char parity;
    } known[] = {
        {"none", 'N'},
        {"even", 'E'},
        {"odd",  'O'},
    };

    for (const char *at = rates;; at++) {
        char *end;
        long baud = strtol(at, &end, 10);

        if (end == at || baud < 1 || baud > 921600 || !baud_is_known((int)baud))
            return false;
        for (const char *word = parities;; word++) {
            size_t length = strcspn(word, ",");
            char parity = '\0';

            for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
                if (strlen(known[i].word) == length && strncmp(known[i].word, word, length) == 0)
                    parity = known[i].parity;
            if (parity == '\0' || options->framing_count == PROBE_LINES_MAX)
                return false;
            options->framings[options->framing_count++] = (struct probe_framing){(int)baud, parity};
            word += length;
            if (*word == '\0')
                break;
        }
        at = end;
        if (*at == '\0')
            return true;
        if (*at != ',')
            return false;
    }
}

static bool take_framings(struct probe_options *options, const struct typed *typed)
{
    char rate_words[WORDS_MOST] = "", parity_words[WORDS_MOST] = "";
    const char *rates = half_width(typed_option(typed, "--baud"), rate_words);
    const char *parities = half_width(typed_option(typed, "--parity"), parity_words);

    if ((rates == NULL && parities == NULL) ||
        read_framings(options, rates == NULL ? "9600" : rates,
                      parities == NULL ? "none" : parities))
        return true;
    return line_wrong(
               typed, NULL, "%s",
               SAY("--baud 写成 9600 或 4800,9600（1200 到 921600）；--parity 写成 none、even "
                   "或 odd",
                   "--baud: write 9600 or 4800,9600 (1200 to 921600); --parity: none, even "
                   "or odd")) == 0;
}

static bool take_registers(struct probe_options *options, const struct typed *typed,
                           struct error *err)
{
    char range_words[WORDS_MOST], expected_words[WORDS_MOST];
    const char *range = half_width(typed_option(typed, "--read"), range_words);
    const char *expected = half_width(typed_option(typed, "--expect"), expected_words);

    if (range != NULL && !probe_range_parse(range, &options->range, err))
        return false;
    options->reads = range != NULL;
    if (expected != NULL &&
        !expected_parse(expected, options->expected, &options->expected_count, err))
        return false;
    return true;
}

int probe_options_read(struct probe_options *options, const struct typed *typed)
{
    struct error err = {0};

    *options = (struct probe_options){.link = typed->words[0], .unit = -1};
    options->scan = typed_option(typed, "--scan") != NULL;
    options->all = typed_option(typed, "--all") != NULL;
    options->via = typed_option(typed, "--via-collector") != NULL;
    if (!take_unit(options, typed) || !take_timeout(options, typed) ||
        !take_framings(options, typed))
        return EXIT_WRONG;
    return take_registers(options, typed, &err) ? 0 : command_fail(typed, &err);
}
