/* The names of standards, however people write them. */
#include "ledger/standard_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Marks that people put between the letters and digits of a standard's name. */
static bool is_mark(const char *at, size_t length)
{
    static const char *const marks[] = {"—",  "–",  "－", "−",  "‐", "　", "《", "》",
                                        "／", "（", "）", "、", "·", "〔", "〕"};

    if (length == 1)
        return !((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') ||
                 (*at >= 'A' && *at <= 'Z'));
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strncmp(at, marks[i], length) == 0 && marks[i][length] == '\0')
            return true;
    return false;
}

/* The plain letter or digit of a full-width one (U+FF10 … U+FF5A), else '\0'. */
static char narrow(const char *at, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)at;
    unsigned code;

    if (length != 3 || bytes[0] != 0xEF || (bytes[1] != 0xBC && bytes[1] != 0xBD))
        return '\0';
    code = (unsigned)(bytes[1] - 0xBC) * 0x40 + (unsigned)(bytes[2] - 0x80) + 0x20;
    return is_mark((char[]){(char)code, '\0'}, 1) ? '\0' : (char)code;
}

void standard_key(const char *name, char out[KEY_SIZE])
{
    size_t used = 0;
    size_t length;

    for (; *name != '\0'; name += length) {
        char plain;

        length = utf8_length(name);
        if (length == 0)
            length = 1;
        plain = length == 1 ? *name : narrow(name, length);
        if (is_mark(name, length) || used + length >= KEY_SIZE)
            continue;
        if (plain != '\0') {
            out[used++] = plain >= 'A' && plain <= 'Z' ? (char)(plain - 'A' + 'a') : plain;
        } else {
            memcpy(out + used, name, length);
            used += length;
        }
    }
    out[used] = '\0';
}

/* Whether `key` is `name`, perhaps with an edition behind it: `pin` then points at that. */
static bool key_begins(const char *key, const char *name, const char **pin)
{
    char whole[KEY_SIZE];

    standard_key(name, whole);
    *pin = key + strlen(whole);
    return *whole != '\0' && strncmp(key, whole, strlen(whole)) == 0;
}

bool edition_is_pinned(const char *edition, const char *pin)
{
    char whole[KEY_SIZE];
    size_t length = strlen(pin);

    standard_key(edition, whole);
    return strncmp(whole, pin, length) == 0 &&
           (length == 0 || whole[length] == '\0' || whole[length] < '0' || whole[length] > '9');
}

static bool book_has_edition(const struct standards *standards, const struct book *book,
                             const char *pin)
{
    if (*pin == '\0')
        return true;
    for (size_t i = 0; i < standards->count; i++)
        if (strcmp(standards->rows[i].standard, book->name) == 0 &&
            edition_is_pinned(standards->rows[i].edition, pin))
            return true;
    return false;
}

const struct book *standards_find(const struct standards *standards, const char *name, char *pin)
{
    char key[KEY_SIZE];
    const char *rest;

    standard_key(name, key);
    for (size_t i = 0; i < standards->book_count; i++) {
        const struct book *book = &standards->books[i];

        for (size_t j = 0; j <= book->alias_count; j++)
            if (key_begins(key, j == 0 ? book->name : book->aliases[j - 1], &rest) &&
                book_has_edition(standards, book, rest)) {
                snprintf(pin, KEY_SIZE, "%s", rest);
                return book;
            }
    }
    return NULL;
}

struct book *standards_book(const struct standards *standards, const char *name)
{
    char pin[KEY_SIZE];
    const struct book *book = standards_find(standards, name, pin);

    return book == NULL || *pin != '\0' ? NULL : &standards->books[book - standards->books];
}

/* The standard whose name the key begins with, though it has no such edition; NULL: none. */
static const char *without_edition(const struct standards *standards, const char *key)
{
    const char *rest;

    for (size_t i = 0; i < standards->book_count; i++)
        if (key_begins(key, standards->books[i].name, &rest))
            return standards->books[i].name;
    return NULL;
}

bool standards_know(const struct standards *standards, const char *name, const char **near)
{
    const char **names = calloc(standards->book_count + 1, sizeof *names);
    char key[KEY_SIZE];
    char pin[KEY_SIZE];

    standard_key(name, key);
    for (size_t i = 0; names != NULL && i < standards->book_count; i++)
        names[i] = standards->books[i].name;
    if (near != NULL)
        *near = without_edition(standards, key);
    if (near != NULL && *near == NULL && names != NULL)
        *near = conf_nearest(name, names);
    free(names);
    return standards_find(standards, name, pin) != NULL;
}
