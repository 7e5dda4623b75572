#include "app/readings_raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drivers/plan.h"
#include "flow/frames.h"
#include "record/stored_profile.h"
#include "report/table.h"

enum { BLOCKS = 256 };

struct readings_raw {
    struct reader *reader; /* its own, because readings are being walked meanwhile */
    struct reader *profiles_reader;
    struct stored_profiles *profiles;
    uint32_t point;
    struct error err;
};

struct readings_raw *readings_raw_new(const struct settings *settings, uint32_t point,
                                      struct error *err)
{
    struct readings_raw *raw = calloc(1, sizeof *raw);

    if (raw == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return NULL;
    }
    raw->point = point;
    raw->reader = reader_open(settings->store_dir, err);
    if (raw->reader != NULL)
        raw->profiles_reader = reader_open(settings->store_dir, err);
    if (raw->profiles_reader != NULL) {
        raw->profiles = stored_profiles_new(raw->profiles_reader, settings->parameters);
        if (raw->profiles == NULL)
            error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    }
    if (raw->profiles != NULL)
        return raw;
    readings_raw_free(raw);
    return NULL;
}

void readings_raw_free(struct readings_raw *raw)
{
    if (raw == NULL)
        return;
    stored_profiles_free(raw->profiles);
    reader_close(raw->profiles_reader);
    reader_close(raw->reader);
    free(raw);
}

const struct error *readings_raw_error(const struct readings_raw *raw)
{
    return &raw->err;
}

static bool is_bits(const struct channel *channel)
{
    return channel->area == AREA_COIL || channel->area == AREA_DISCRETE_INPUT;
}

/* The words of the channel from the block that covers them; false: none does. */
static bool take_words(const struct channel *channel, const struct block *block,
                       struct raw_shown *shown)
{
    unsigned words = channel_word_count(channel);
    size_t at = (size_t)channel->address - block->address;

    if (block->area != channel->area || channel->address < block->address ||
        at + words > block->count || words > RAW_WORDS)
        return false;
    shown->count = words;
    for (unsigned i = 0; i < words; i++) {
        const uint8_t *word = block->bytes + 2 * (at + i);

        shown->words[i] = (uint16_t)(is_bits(channel) ? block->bytes[at / 8] >> at % 8 & 1
                                                      : word[0] << 8 | word[1]);
    }
    return true;
}

static void find_words(const struct poll *poll, const struct reading *reading,
                       struct raw_shown *shown)
{
    struct block blocks[BLOCKS];
    size_t count;
    bool whole = raw_blocks(poll->raw, poll->raw_size, blocks, BLOCKS, &count);

    for (size_t i = 0; i < count; i++)
        if (take_words(shown->channel, &blocks[i], shown))
            return;
    shown->why = !whole ? SAY("原始字残缺", "its raw words are no blocks")
                 : reading->cause != CAUSE_NONE && reading->quality == QUALITY_NO_ANSWER
                     ? cause_title((enum cause)reading->cause)
                     : SAY("没有原始字", "there are no raw words");
}

bool readings_raw_at(struct readings_raw *raw, uint64_t seq, const struct reading *reading,
                     struct raw_shown *shown)
{
    const struct stored_profile *profile;
    struct poll poll;
    bool found;

    *shown = (struct raw_shown){.why = SAY("它的采集记录不在", "its poll is not there")};
    if (!reader_raw(raw->reader, seq, &poll, &found, &raw->err))
        return false;
    if (!found)
        return true;
    profile = stored_profile(raw->profiles, poll.profile, seq, &raw->err);
    if (profile == NULL)
        return false;
    shown->frames = poll.frames;
    shown->frames_size = poll.frames_size;
    shown->channel = stored_profile_channel(raw->profiles, profile, raw->point);
    shown->why = SAY("当时的型号模板不能用", "the profile of that time cannot be used");
    if (shown->channel != NULL)
        find_words(&poll, reading, shown);
    return true;
}

/* Printing ----------------------------------------------------------------------------------- */

static void put_hex(FILE *to, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        fprintf(to, "%02X", bytes[i]);
}

static unsigned cut_bytes(const struct frame_entry *entry)
{
    unsigned count = 0;

    for (size_t i = 0; i < entry->size && i < 4; i++)
        count = count << 8 | entry->bytes[i];
    return count;
}

static void print_frames_json(const struct raw_shown *shown)
{
    struct frame_entry entry;
    const char *before = "[";

    if (shown->frames == NULL) {
        fputs("null", stdout);
        return;
    }
    for (size_t at = 0; frames_next(shown->frames, shown->frames_size, &at, &entry); before = ",") {
        if (entry.what == FRAMES_CUT) {
            printf("%s{\"what\":\"cut\",\"bytes\":%u}", before, cut_bytes(&entry));
            continue;
        }
        printf("%s{\"what\":\"%s\",\"hex\":\"", before,
               entry.what == FRAME_SENT ? "sent" : "heard");
        put_hex(stdout, entry.bytes, entry.size);
        fputs("\"}", stdout);
    }
    fputs(*before == '[' ? "[]" : "]", stdout);
}

void raw_print_json(const struct raw_shown *shown)
{
    if (shown->count == 0) {
        fputs("\"raw\":null", stdout);
    } else {
        printf("\"raw\":{\"area\":\"%s\",\"address\":%u,\"words\":[",
               area_word(shown->channel->area), shown->channel->address);
        for (size_t i = 0; i < shown->count; i++)
            printf("%s\"0x%04X\"", i > 0 ? "," : "", shown->words[i]);
        fputs("]}", stdout);
    }
    fputs(",\"frames\":", stdout);
    print_frames_json(shown);
}

/* "sent -> heard" for each sending; what was heard before the first stands alone. */
static void put_frames(FILE *to, const struct raw_shown *shown)
{
    struct frame_entry entry;
    bool first = true;

    for (size_t at = 0; frames_next(shown->frames, shown->frames_size, &at, &entry);
         first = false) {
        if (entry.what == FRAMES_CUT) {
            fprintf(to, SAY(" …还有 %u 字节未存", " ... and %u bytes not kept"), cut_bytes(&entry));
            continue;
        }
        if (!first || entry.what == FRAME_HEARD)
            fputs(entry.what == FRAME_SENT ? "; " : first ? "-> " : " -> ", to);
        put_hex(to, entry.bytes, entry.size);
    }
}

void raw_print_csv(const struct raw_shown *shown)
{
    if (shown->count == 0) {
        fputs(",,,", stdout);
    } else {
        printf(",%s,%u,", area_word(shown->channel->area), shown->channel->address);
        for (size_t i = 0; i < shown->count; i++)
            printf("%s0x%04X", i > 0 ? " " : "", shown->words[i]);
    }
    putchar(',');
    if (shown->frames != NULL)
        put_frames(stdout, shown);
}

static void words_cell(const struct raw_shown *shown, struct table *table)
{
    const struct channel *channel = shown->channel;
    char words[RAW_WORDS * 8] = "";

    if (shown->count == 0) {
        table_cell(table, SAY("无：%s", "none: %s"), shown->why);
        return;
    }
    for (size_t i = 0; i < shown->count; i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), " %04X", shown->words[i]);
    if (channel->manual[0] != '\0')
        table_cell(table, "%s:%s", channel->manual, words);
    else
        table_cell(table, "%s %u:%s", area_word(channel->area), channel->address, words);
}

void raw_table_cells(const struct raw_shown *shown, struct table *table)
{
    char *words = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&words, &size);

    words_cell(shown, table);
    if (to != NULL) {
        put_frames(to, shown);
        fclose(to);
    }
    table_cell(table, "%s", shown->frames == NULL || words == NULL ? "" : words);
    free(words);
}
