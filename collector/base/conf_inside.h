/* conf_inside.h - what the files behind conf.h share; nobody else includes it. */
#ifndef BASE_CONF_INSIDE_H
#define BASE_CONF_INSIDE_H

#include "base/conf.h"

/* What a setting is. KIND_TOLD: its literal was refused by the scanner, which has said so. */
enum conf_kind {
    KIND_NONE,
    KIND_GROUP,
    KIND_LIST,
    KIND_INT,
    KIND_FLOAT,
    KIND_TEXT,
    KIND_BOOL,
    KIND_TOLD
};

enum conf_kind conf_kind(struct conf_at at);
bool conf_bool(struct conf_at at);

/* A text that begins with this byte stands for a refused literal, a key that begins with this
 * letter for a doubled one. Neither can stand in a file: the scanner refuses both. */
#define TOLD_BYTE      '\x01'
#define DOUBLED_LETTER '*'

/* Adds "PATH:LINE: key: sentence". Returns false. */
bool conf_complain_line(struct conf_faults *faults, const char *path, unsigned line,
                        const char *key, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Checks the source text of one file and rewrites it for libconfig: comments gone, lines kept,
 * arrays as lists (which may mix 5 and 5.0), refused literals and doubled words marked.
 *
 * Gives the rewritten text, ended with free(); NULL when nobody can say what the file means. Every
 * fault is in `faults`. `tokens` gets the number of words found: 0 in an empty file. */
char *conf_scan(const char *path, const char *source, size_t size, size_t *tokens,
                struct conf_faults *faults);

#endif
