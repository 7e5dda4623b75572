/* What sentences say of standards: what one asks of a place, what one has, which there are. */
#include "ledger/standard_parts.h"

#include <stdio.h>
#include <string.h>

/* The keys of sites.conf that pick rows, in the order they are asked for. */
static const char *const keys[] = {"target",      "body",      "noise_zone",
                                   "noise_place", "air_class", "kind"};

enum { WORD_SIZE = 20 };

static void word_of(const struct place *place, size_t key, char out[WORD_SIZE])
{
    const char *texts[] = {NULL, place->water_body, place->noise_zone, place->noise_place,
                           NULL, place->kind};

    out[0] = '\0';
    if (key == 0 && place->water_class > 0)
        snprintf(out, WORD_SIZE, "%s", water_classes[place->water_class - 1]);
    else if (key == 4 && place->air_class > 0)
        snprintf(out, WORD_SIZE, "%d", place->air_class);
    else if (texts[key] != NULL)
        snprintf(out, WORD_SIZE, "%s", texts[key]);
}

/* Adds a word with a comma, once. */
static void add_word(struct text *text, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = text->bytes; (at = strstr(at, word)) != NULL; at += length)
        if ((at == text->bytes || at[-1] == ' ') && (at[length] == ',' || at[length] == '\0'))
            return;
    text_format(text, "%s%s", text->used > 0 ? ", " : "", word);
}

/* Whether one key alone keeps every row away; fills what the rows ask. */
static bool key_decides(const struct limit *const *rows, size_t count, size_t key,
                        const struct place *place, struct place_want *want)
{
    struct text wanted;

    text_init(&wanted, want->wanted, sizeof want->wanted);
    word_of(place, key, want->is);
    for (size_t i = 0; i < count; i++) {
        char word[WORD_SIZE];

        word_of(&rows[i]->where, key, word);
        if (*word == '\0' || strcmp(word, want->is) == 0)
            return false;
        add_word(&wanted, word);
    }
    snprintf(want->key, sizeof want->key, "%s", keys[key]);
    want->lacks = want->is[0] == '\0';
    return true;
}

bool standards_want(const struct standards *standards, const char *name, const struct place *place,
                    const char *parameter, struct place_want *want)
{
    const struct limit *rows[256];
    size_t count = standards_about(standards, name, parameter, rows, 256);

    if (count == 0)
        return false;
    count = count < 256 ? count : 256;
    for (int lacking = 1; lacking >= 0; lacking--)
        for (size_t key = 0; key < sizeof keys / sizeof keys[0]; key++) {
            *want = (struct place_want){.lacks = false};
            if (key_decides(rows, count, key, place, want) && want->lacks == (lacking == 1))
                return true;
        }
    *want = (struct place_want){.lacks = false};
    return true;
}

void standards_parameters(const struct standards *standards, const char *name, char *out,
                          size_t size)
{
    struct text text;

    text_init(&text, out, size - sizeof ", …");
    for (size_t i = 0; i < standards->count; i++) {
        const struct limit *row = &standards->rows[i];
        const struct limit *any;

        if (standards_about(standards, name, row->parameter, &any, 1) > 0 &&
            strcmp(any->standard, row->standard) == 0)
            add_word(&text, row->parameter);
    }
    if (text.full)
        strcat(out, ", …");
}

void standards_names(const struct standards *standards, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size - sizeof ", …");
    for (size_t i = 0; i < standards->book_count; i++)
        add_word(&text, standards->books[i].name);
    if (text.full)
        strcat(out, ", …");
}
