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

/* A scalar as a file or a default gives it. */
struct raw {
    enum conf_kind kind;
    const char *text;
    double number;
    int64_t whole;
    bool truth;
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

/* Shows a file that was read to whoever keeps them. */
void conf_witness(const struct conf_faults *faults, const char *path, const char *bytes,
                  size_t size);

/* What may stand there: " a duration from 1s to 2h, as 30s". */
struct text;
void conf_describe_allowed(const struct conf_key *key, struct text *text);
/* "X is not allowed; this is". Returns false. */
bool conf_complain_value(const struct conf_key *key, const struct raw *raw, struct conf_at at,
                         struct conf_faults *faults);

/* What is wrong with a number's literal, `length` bytes at `word`; more text may follow. */
enum literal { LITERAL_GOOD, LITERAL_NOT_A_NUMBER, LITERAL_NEEDS_L, LITERAL_TOO_BIG };
enum literal literal_judge(const char *word, size_t length);

/* The text that is made for libconfig. libconfig takes a text's line from the token after it, so
 * newlines behind a text are held until that token is written. */
struct rewrite {
    char *bytes; /* always ends with '\0' once something was written */
    size_t used, room;
    unsigned newlines_held;
    bool holding;
    bool no_memory;
};

void rewrite_bytes(struct rewrite *to, const char *bytes, size_t count);
void rewrite_newline(struct rewrite *to);
void rewrite_newlines_held(struct rewrite *to);
/* A bracket, comma, … : it goes before the newlines held. */
void rewrite_mark(struct rewrite *to, char mark);
void rewrite_word(struct rewrite *to, const char *bytes, size_t count);
/* The mark of a literal that was refused. */
void rewrite_told(struct rewrite *to);

/* The half-width character meant by the full-width or typographic one at `at`: “ is ", ； is ;,
 * １ is 1. '\0' when it stands for none. */
char mistype_half_width(const char *at);
/* The first full-width double quote of this line from `from` on, or NULL. */
const char *mistype_wide_quote(const char *from, const char *end);
/* Whether the line of `at` has a double quote that is not closed on it; its comment does not count.
 */
bool mistype_quotes_are_odd(const char *begin, const char *at, const char *end);
/* Whether a word stands at `at`, where behind a text a mark or a space is usual. */
bool mistype_goes_on(const char *at, const char *end);
/* "1,5" with `at` at its 5: gives its beginning and its length; 0 when it is none. */
size_t mistype_comma_number(const char *begin, const char *at, const char *end, const char **first);

/* Checks the source text of one file and rewrites it for libconfig: comments gone, lines kept,
 * arrays as lists (which may mix 5 and 5.0), refused literals and doubled words marked.
 *
 * Gives the rewritten text, ended with free(); NULL when nobody can say what the file means. Every
 * fault is in `faults`. `tokens` gets the number of words found: 0 in an empty file. */
char *conf_scan(const char *path, const char *source, size_t size, size_t *tokens,
                struct conf_faults *faults);

#endif
