/* conf_scan_parts.h - what conf_scan.c and its sentences share; nobody else includes it. */
#ifndef BASE_CONF_SCAN_PARTS_H
#define BASE_CONF_SCAN_PARTS_H

#include "base/conf_inside.h"

enum {
    DEPTH_MAX = 32,
    KEYS_MAX = 512 /* of one group */
};

struct name {
    const char *at;
    size_t length;
    unsigned line;
};

/* What may come next inside a bracket. */
enum expecting { EXPECT_NAME, EXPECT_ASSIGN, EXPECT_VALUE, EXPECT_ELEMENT, EXPECT_AFTER };

/* One open bracket; the first frame is the file itself. */
struct frame {
    char bracket; /* '{', '(' or '['; '\0' for the file */
    unsigned line;
    enum expecting expecting;
    bool after_comma; /* a list: an element must follow */
    bool after_text;  /* "one" "two" is one text, but only where a key says so */
    size_t first_name;
    struct name key; /* whose value is read */
};

/* The last text read, to be found again when it swallowed the quote of the next one. */
struct last_text {
    const char *at; /* its opening quote; NULL: none yet */
    unsigned line;
    struct name key;
    bool goes_on; /* a word follows its closing quote */
};

struct scan {
    const char *path;
    struct conf_faults *faults;
    const char *begin;
    const char *at;
    const char *end;
    unsigned line;
    size_t tokens;
    struct frame frames[DEPTH_MAX];
    size_t depth; /* index of the innermost frame */
    struct name *names;
    size_t name_count, name_room;
    unsigned doubled;
    struct last_text text;
    struct rewrite to;
    bool no_memory;
};

static inline struct frame *inner(struct scan *scan)
{
    return &scan->frames[scan->depth];
}

/* Says a fault at the line reached, at the key being read. Returns false, as all below. */
bool scan_refuse(struct scan *scan, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* `found` stands where the innermost bracket lacks something else. */
bool scan_misplaced(struct scan *scan, const char *found);
/* Whether the last text went on to the quote that should have opened the next one: all that follows
 * on its line is misread. */
bool scan_quote_is_open(const struct scan *scan);
void scan_refuse_literal(struct scan *scan, enum literal verdict, const char *shown);
/* "1,5", `length` bytes at `first`. */
bool scan_refuse_comma(struct scan *scan, const char *first, size_t length);
/* `found` is a full-width character where `half` is meant. */
bool scan_refuse_wide(struct scan *scan, const char *found, char half);
/* The text at hand is not closed on its line. */
bool scan_refuse_unclosed(struct scan *scan);

#endif
