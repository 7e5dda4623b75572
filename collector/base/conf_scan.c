/* Reads the source text of a file word by word, and rewrites it for libconfig. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf_scan_parts.h"
#include "base/say.h"
#include "base/text.h"

static void newline(struct scan *scan)
{
    scan->line++;
    rewrite_newline(&scan->to);
}

/* Keeps the key's name, and gives a doubled one a name nobody asks for. */
static bool name_note(struct scan *scan, struct name name)
{
    struct frame *frame = inner(scan);
    char head[24];

    frame->key = name;
    for (size_t i = frame->first_name; i < scan->name_count; i++) {
        const struct name *known = &scan->names[i];

        if (known->length != name.length || memcmp(known->at, name.at, name.length) != 0)
            continue;
        scan_refuse(scan,
                    SAY("同一个键写了两次，第一次在第 %u 行；请删去其中一处",
                        "this key stands here twice, first in line %u; delete one of the two"),
                    known->line);
        snprintf(head, sizeof head, "%c%u-", DOUBLED_LETTER, scan->doubled++);
        rewrite_newlines_held(&scan->to);
        rewrite_bytes(&scan->to, head, strlen(head));
        return true;
    }
    if (scan->name_count - frame->first_name == KEYS_MAX)
        return scan_refuse(scan, SAY("一组里超过 %d 个键", "more than %d keys in one group"),
                           (int)KEYS_MAX);
    if (scan->name_count == scan->name_room) {
        size_t room = scan->name_room * 2 + 64;
        struct name *grown = realloc(scan->names, room * sizeof *grown);

        if (grown == NULL)
            return scan->no_memory = true, false;
        scan->names = grown;
        scan->name_room = room;
    }
    scan->names[scan->name_count++] = name;
    return true;
}

/* Whether a value may begin here; if so, it does. */
static bool value_begins(struct scan *scan, const char *found)
{
    struct frame *frame = inner(scan);

    if (frame->expecting != EXPECT_VALUE && frame->expecting != EXPECT_ELEMENT)
        return scan_misplaced(scan, found);
    frame->expecting = EXPECT_AFTER;
    frame->after_comma = false;
    frame->after_text = false;
    return true;
}

/* Refuses a number libconfig would bend; the scan goes on, as its place is known. */
static bool scan_number(struct scan *scan)
{
    const char *word = scan->at;
    const char *first;
    size_t length = 0;
    enum literal verdict;
    char shown[48];

    if (inner(scan)->expecting == EXPECT_NAME &&
        (length = mistype_comma_number(scan->begin, word, scan->end, &first)) > 0)
        return scan_refuse_comma(scan, first, length);
    while (word + length < scan->end &&
           (isalnum((unsigned char)word[length]) || strchr("+-._", word[length]) != NULL))
        length++;
    scan->at += length;
    snprintf(shown, sizeof shown, "%.*s", (int)(length < 40 ? length : 40), word);
    if (!value_begins(scan, shown))
        return false;
    verdict = literal_judge(word, length);
    if (verdict == LITERAL_GOOD) {
        rewrite_word(&scan->to, word, length);
        return true;
    }
    rewrite_told(&scan->to);
    scan_refuse_literal(scan, verdict, shown);
    return true;
}

/* \" \\ \n \r \t \f and \xHH of a visible byte. */
static bool escape_check(struct scan *scan, const char *at)
{
    unsigned value;

    if (at + 1 < scan->end && strchr("\"\\nrtf", at[1]) != NULL && at[1] != '\0')
        return true;
    if (at + 3 < scan->end && at[1] == 'x' && isxdigit((unsigned char)at[2]) &&
        isxdigit((unsigned char)at[3])) {
        value = (unsigned)strtoul((char[]){at[2], at[3], '\0'}, NULL, 16);
        if (value >= 0x20 && value != 0x7f)
            return true;
        return scan_refuse(
            scan, SAY("文字中有控制字符 \\x%02x", "the text has a control character, \\x%02x"),
            value);
    }
    return scan_refuse(scan, SAY("文字中的反斜杠要写成两个：\\\\",
                                 "a backslash inside a text is written twice: \\\\"));
}

static bool scan_text(struct scan *scan)
{
    struct frame *frame = inner(scan);
    bool more = frame->expecting == EXPECT_AFTER && frame->after_text;
    const char *at = scan->at + 1;
    bool good = true;

    if (!more && !value_begins(scan, SAY("文字", "a text")))
        return false;
    for (; at < scan->end && *at != '"' && *at != '\n'; at++) {
        if (*at != '\\')
            continue;
        good = escape_check(scan, at) && good;
        if (at + 1 < scan->end && at[1] != '\n')
            at++;
    }
    if (at == scan->end || *at != '"')
        return scan_refuse_unclosed(scan);
    if (!good)
        rewrite_told(&scan->to);
    else if (more)
        rewrite_bytes(&scan->to, scan->at, (size_t)(at + 1 - scan->at));
    else
        rewrite_word(&scan->to, scan->at, (size_t)(at + 1 - scan->at));
    scan->to.holding = true;
    scan->text =
        (struct last_text){scan->at, scan->line, frame->key, mistype_goes_on(at + 1, scan->end)};
    frame->after_text = good && (frame->bracket == '{' || frame->bracket == '\0');
    scan->at = at + 1;
    return true;
}

/* A key, or true and false. */
static bool scan_name(struct scan *scan)
{
    struct name name = {.at = scan->at, .line = scan->line};
    struct frame *frame = inner(scan);
    char shown[48];
    bool truth;

    while (scan->at < scan->end &&
           (isalnum((unsigned char)*scan->at) || *scan->at == '_' || *scan->at == '-'))
        scan->at++;
    name.length = (size_t)(scan->at - name.at);
    snprintf(shown, sizeof shown, "%.*s", (int)(name.length < 40 ? name.length : 40), name.at);
    truth = (name.length == 4 && strncasecmp(name.at, "true", 4) == 0) ||
            (name.length == 5 && strncasecmp(name.at, "false", 5) == 0);
    if (truth) {
        if (!value_begins(scan, shown))
            return false;
        rewrite_word(&scan->to, name.at, name.length);
        return true;
    }
    if (frame->expecting == EXPECT_AFTER && (frame->bracket == '{' || frame->bracket == '\0'))
        frame->expecting = EXPECT_NAME; /* the ";" may be missing */
    if (frame->expecting != EXPECT_NAME)
        return scan_misplaced(scan, shown);
    frame->expecting = EXPECT_ASSIGN;
    rewrite_newlines_held(&scan->to);
    if (!name_note(scan, name))
        return false;
    rewrite_word(&scan->to, name.at, name.length);
    return true;
}

static bool scan_open(struct scan *scan, char bracket)
{
    if (!value_begins(scan, (char[]){bracket, '\0'}))
        return false;
    if (scan->depth + 1 == DEPTH_MAX)
        return scan_refuse(scan,
                           SAY("括号套得太深（超过 %d 层）", "brackets nested deeper than %d"),
                           (int)DEPTH_MAX - 1);
    scan->frames[++scan->depth] = (struct frame){
        .bracket = bracket,
        .line = scan->line,
        .expecting = bracket == '{' ? EXPECT_NAME : EXPECT_ELEMENT,
        .first_name = scan->name_count,
    };
    rewrite_mark(&scan->to, bracket == '[' ? '(' : bracket);
    return true;
}

static bool scan_close(struct scan *scan, char bracket)
{
    const struct frame *frame = inner(scan);
    char opens = bracket == '}' ? '{' : bracket == ')' ? '(' : '[';

    if (frame->bracket == '\0')
        return scan_refuse(
            scan,
            SAY("“%c”多余：没有与它配对的括号", "\"%c\" closes a bracket that was never opened"),
            bracket);
    if (frame->bracket != opens)
        return scan_refuse(scan,
                           SAY("“%c”与第 %u 行的“%c”不配对",
                               "\"%c\" does not close the bracket of line %u, \"%c\""),
                           bracket, frame->line, frame->bracket);
    if (frame->expecting == EXPECT_ASSIGN || frame->expecting == EXPECT_VALUE || frame->after_comma)
        return scan_misplaced(scan, (char[]){bracket, '\0'});
    scan->name_count = frame->first_name;
    scan->depth--;
    rewrite_mark(&scan->to, bracket == ']' ? ')' : bracket);
    return true;
}

/* "=", ":", ";" and ",". */
static bool scan_mark(struct scan *scan, char mark)
{
    struct frame *frame = inner(scan);
    bool in_list = frame->bracket == '(' || frame->bracket == '[';

    if ((mark == '=' || mark == ':') && frame->expecting == EXPECT_ASSIGN)
        frame->expecting = EXPECT_VALUE;
    else if (mark == ',' && in_list && frame->expecting == EXPECT_AFTER)
        frame->expecting = EXPECT_ELEMENT, frame->after_comma = true;
    else if ((mark == ',' || mark == ';') && !in_list && frame->expecting == EXPECT_AFTER)
        frame->expecting = EXPECT_NAME, frame->key.at = NULL;
    else
        return scan_misplaced(scan, (char[]){mark, '\0'});
    rewrite_mark(&scan->to, mark);
    return true;
}

/* True when a comment stood here and was passed over; `good` becomes false if it never ends. */
static bool skip_comment(struct scan *scan, bool *good)
{
    unsigned begun = scan->line;

    if (*scan->at == '#' || (scan->end - scan->at > 1 && memcmp(scan->at, "//", 2) == 0)) {
        while (scan->at < scan->end && *scan->at != '\n')
            scan->at++;
        return true;
    }
    if (scan->end - scan->at < 2 || memcmp(scan->at, "/*", 2) != 0)
        return false;
    for (scan->at += 2; scan->end - scan->at > 1; scan->at++) {
        if (memcmp(scan->at, "*/", 2) == 0) {
            scan->at += 2;
            return true;
        }
        if (*scan->at == '\n')
            newline(scan);
    }
    scan->at = scan->end;
    *good = conf_complain_line(scan->faults, scan->path, begun, NULL,
                               SAY("注释“/*”没有以“*/”结束", "the comment \"/*\" is never closed"));
    return true;
}

static bool scan_token(struct scan *scan)
{
    char one = *scan->at;
    char shown[8];
    char half;

    scan->tokens++;
    if (one == '"')
        return scan_text(scan);
    if (isalpha((unsigned char)one))
        return scan_name(scan);
    if (isdigit((unsigned char)one) || strchr("+-.", one) != NULL)
        return scan_number(scan);
    if (one == '@')
        return scan_refuse(scan, SAY("不支持 @include：请把内容写进本文件",
                                     "@include is not read: write it all into this file"));
    scan->at++;
    if (strchr("{([", one) != NULL)
        return scan_open(scan, one);
    if (strchr("})]", one) != NULL)
        return scan_close(scan, one);
    if (strchr("=:;,", one) != NULL)
        return scan_mark(scan, one);
    snprintf(shown, sizeof shown, "%.*s", (int)utf8_length(scan->at - 1), scan->at - 1);
    half = mistype_half_width(shown);
    if ((unsigned char)one >= 0x80 && half != '\0' && !scan_quote_is_open(scan))
        return scan_refuse_wide(scan, shown, half);
    return scan_misplaced(scan, shown);
}

/* The text is UTF-8 without a NUL; a tester's editor may have put a BOM before it. */
static bool source_is_readable(struct scan *scan)
{
    unsigned line = 1;
    size_t length = 0;

    for (const char *at = scan->at; at < scan->end; at += length) {
        length = *at == '\0' ? 0 : utf8_length(at);
        if (*at == '\0')
            return conf_complain_line(scan->faults, scan->path, line, NULL,
                                      SAY("文件中有 NUL 字节：不是文本文件，或不是 UTF-8",
                                          "a NUL byte: not a text file, or not UTF-8"));
        if (length == 0)
            return conf_complain_line(
                scan->faults, scan->path, line, NULL,
                SAY("此行不是 UTF-8 文字（可能存成了 GBK）：请用 UTF-8 另存",
                    "this line is not UTF-8 (perhaps GBK): save the file as UTF-8"));
        line += *at == '\n';
    }
    return true;
}

static bool scan_all(struct scan *scan)
{
    bool good = true;

    while (good && scan->at < scan->end && !scan->no_memory && !scan->to.no_memory) {
        if (*scan->at == '\n')
            newline(scan);
        if (strchr(" \t\r\n\f", *scan->at) != NULL)
            scan->at++;
        else if (!skip_comment(scan, &good))
            good = scan_token(scan);
    }
    if (scan->no_memory || scan->to.no_memory)
        return scan_refuse(scan, SAY("内存不足", "out of memory"));
    if (good && scan->depth > 0)
        return conf_complain_line(
            scan->faults, scan->path, inner(scan)->line, NULL,
            SAY("这里的“%c”直到文件末尾也没有关上", "the \"%c\" opened here is never closed"),
            inner(scan)->bracket);
    if (good && (inner(scan)->expecting == EXPECT_ASSIGN || inner(scan)->expecting == EXPECT_VALUE))
        return scan_misplaced(scan, SAY("文件末尾", "the end of the file"));
    return good;
}

char *conf_scan(const char *path, const char *source, size_t size, size_t *tokens,
                struct conf_faults *faults)
{
    struct scan scan = {.path = path,
                        .faults = faults,
                        .begin = source,
                        .at = source,
                        .end = source + size,
                        .line = 1};
    bool good;

    if (size >= 3 && memcmp(source, "\xef\xbb\xbf", 3) == 0)
        scan.at += 3;
    rewrite_bytes(&scan.to, "", 0);
    good = source_is_readable(&scan) && scan_all(&scan);
    *tokens = scan.tokens;
    free(scan.names);
    if (good)
        return scan.to.bytes;
    free(scan.to.bytes);
    return NULL;
}
