#include "app/probe_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

enum {
    PIECE_WORDS = 64, /* small devices hold no longer answer in memory */
    PIECE_BITS = 500,
    SILENT_MAX = 3, /* pieces of a unit that never said a word */
    REQUESTS_MAX = 200
};

static bool wrong_range(const char *words, struct error *err)
{
    return error_set(
        err, ERROR_WRONG_USE,
        SAY("--read：“%s”写法不对；写成 区:地址:个数，例如 "
            "holding:0:16、input:0x100:4，或说明书的编号 "
            "40001:16（区有 coil、discrete、input、holding；最多 %d 个，不超过地址 65535）",
            "--read: \"%s\" is not understood; write AREA:ADDRESS:COUNT, as holding:0:16 or "
            "input:0x100:4, or the manual's number, 40001:16 (areas: coil, discrete, input, "
            "holding; at most %d, none beyond address 65535)"),
        words, (int)PROBE_RANGE_MAX);
}

static bool read_number(const char **at, long *number)
{
    char *end;

    if (**at < '0' || **at > '9')
        return false;
    *number = strtol(*at, &end, strncmp(*at, "0x", 2) == 0 ? 16 : 10);
    *at = end;
    return *number >= 0 && *number <= 65536 + 400000;
}

/* 40001, 400001, 30001, 10001, 00001: the first digit is the area, the rest counts from 1. */
static bool read_manual(const char **at, struct probe_range *range)
{
    static const struct {
        char digit;
        enum register_area area;
    } areas[] = {
        {'0', AREA_COIL            },
        {'1', AREA_DISCRETE_INPUT  },
        {'3', AREA_INPUT_REGISTER  },
        {'4', AREA_HOLDING_REGISTER},
    };
    size_t digits = strspn(*at, "0123456789");
    const char *rest = *at + 1;
    long number;

    if ((digits != 5 && digits != 6) || !read_number(&rest, &number) || number < 1 ||
        number > 65536)
        return false;
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++)
        if (areas[i].digit == **at) {
            range->area = areas[i].area;
            range->address = (uint16_t)(number - 1);
            *at = rest;
            return true;
        }
    return false;
}

static bool read_protocol(const char **at, struct probe_range *range)
{
    size_t length = strcspn(*at, ":");
    long number;

    for (int area = AREA_COIL; area <= AREA_HOLDING_REGISTER; area++) {
        const char *word = area_word((enum register_area)area);

        if (strlen(word) != length || strncmp(word, *at, length) != 0 || (*at)[length] != ':')
            continue;
        *at += length + 1;
        range->area = (enum register_area)area;
        if (!read_number(at, &number) || number > 65535)
            return false;
        range->address = (uint16_t)number;
        return true;
    }
    return false;
}

bool probe_range_parse(const char *words, struct probe_range *range, struct error *err)
{
    const char *at = words;
    long count = 1;

    if (!read_manual(&at, range) && !read_protocol(&at, range))
        return wrong_range(words, err);
    if (*at == ':') {
        at++;
        if (!read_number(&at, &count))
            return wrong_range(words, err);
    }
    if (*at != '\0' || count < 1 || count > PROBE_RANGE_MAX || range->address + count > 65536)
        return wrong_range(words, err);
    range->count = (uint16_t)count;
    return true;
}

char *probe_manual_text(enum register_area area, unsigned address, char out[8])
{
    static const char digits[] = {'0', '1', '3', '4'}; /* in the order of enum register_area */

    snprintf(out, 8, address < 9999 ? "%c%04u" : "%c%05u", digits[area], address + 1);
    return out;
}

/* A piece of the range, not yet read. */
struct stretch {
    uint16_t from, count;
};

struct reading_work {
    struct probe_words *words;
    uint8_t unit;
    struct stretch pieces[PROBE_RANGE_MAX];
    size_t count;
    unsigned silent, requests;
};

static bool area_is_bits(enum register_area area)
{
    return area == AREA_COIL || area == AREA_DISCRETE_INPUT;
}

static void add_piece(struct reading_work *work, unsigned from, unsigned count)
{
    if (count > 0 && work->count < PROBE_RANGE_MAX)
        work->pieces[work->count++] = (struct stretch){(uint16_t)from, (uint16_t)count};
}

static void cut_range(struct reading_work *work)
{
    unsigned whole = work->words->range.count;
    unsigned most = area_is_bits(work->words->range.area) ? PIECE_BITS : PIECE_WORDS;

    for (unsigned from = 0; from < whole; from += most)
        add_piece(work, from, whole - from < most ? whole - from : most);
}

static void keep_words(struct probe_words *words, const struct stretch *piece,
                       const struct probe_answer *answer)
{
    for (unsigned i = 0; i < piece->count; i++) {
        const uint8_t *at = answer->data;

        words->read[piece->from + i] = true;
        words->words[piece->from + i] =
            (uint16_t)(area_is_bits(words->range.area) ? at[i / 8] >> (i % 8) & 1
                                                       : at[2 * i] << 8 | at[2 * i + 1]);
    }
}

/* Illegal address or count, or a device that says nothing to a read of a register it lacks. */
static bool may_be_in_halves(const struct reading_work *work, const struct probe_answer *answer)
{
    bool refused = answer->is_exception && answer->exception >= 2 && answer->exception <= 4;

    return refused ||
           (!answer->is_exception && (work->words->answered || work->silent < SILENT_MAX));
}

static void take_answer(struct reading_work *work, const struct stretch *piece,
                        const struct probe_answer *answer)
{
    struct probe_words *words = work->words;

    words->answered |= answer->answered || answer->is_exception;
    words->heard.crc |= answer->heard.crc;
    words->heard.noise |= answer->heard.noise;
    words->heard.unit |= answer->heard.unit;
    words->heard.echo |= answer->heard.echo;
    words->heard.master |= answer->heard.master;
    work->silent += answer->asked && !answer->answered && !answer->is_exception;
    if (answer->answered) {
        keep_words(words, piece, answer);
        return;
    }
    memset(words->cause + piece->from, answer->cause, piece->count);
    if (piece->count == 1 || !answer->asked || !may_be_in_halves(work, answer))
        return;
    add_piece(work, piece->from, piece->count / 2U);
    add_piece(work, piece->from + piece->count / 2U, piece->count - piece->count / 2U);
}

/* All that is to be read now is asked together; what comes of it is the next round. */
static bool ask_round(const struct probe_way *way, struct reading_work *work, struct error *err)
{
    struct probe_answer *answers = calloc(PROBE_BATCH_MAX, sizeof *answers);
    struct request requests[PROBE_BATCH_MAX] = {0};
    struct stretch pieces[PROBE_BATCH_MAX];
    size_t count = work->count < PROBE_BATCH_MAX ? work->count : PROBE_BATCH_MAX;
    bool good;

    if (answers == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    memcpy(pieces, work->pieces, count * sizeof pieces[0]);
    work->count -= count;
    memmove(work->pieces, work->pieces + count, work->count * sizeof work->pieces[0]);
    for (size_t i = 0; i < count; i++)
        requests[i] = (struct request){
            .unit = work->unit,
            .function = area_function(work->words->range.area),
            .address = (uint16_t)(work->words->range.address + pieces[i].from),
            .count = pieces[i].count,
        };
    work->requests += (unsigned)count;
    good = way->ask(way->self, requests, count, answers, err);
    for (size_t i = 0; i < count; i++)
        take_answer(work, &pieces[i], &answers[i]);
    free(answers);
    return good;
}

bool probe_read(const struct probe_way *way, uint8_t unit, struct probe_words *words,
                struct error *err)
{
    struct reading_work *work = calloc(1, sizeof *work);
    bool good = true;

    if (work == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    work->words = words;
    work->unit = unit;
    cut_range(work);
    while (good && work->count > 0 && work->requests < REQUESTS_MAX)
        good = ask_round(way, work, err);
    free(work);
    return good;
}
