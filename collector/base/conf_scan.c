#include "base/conf_inside.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"

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

static struct frame *inner(struct scan *scan)
{
    return &scan->frames[scan->depth];
}

/* "key" of the value being read, for sentences. */
static const char *key_words(struct scan *scan, char out[64])
{
    const struct name *key = &inner(scan)->key;

    out[0] = '\0';
    for (size_t depth = scan->depth; key->at == NULL && depth > 0;)
        key = &scan->frames[--depth].key;
    if (key->at != NULL)
        snprintf(out, 64, "%.*s", (int)(key->length < 63 ? key->length : 63), key->at);
    return out;
}

/* Says a fault at the line reached. Returns false. */
__attribute__((format(printf, 2, 3))) static bool scan_refuse(struct scan *scan, const char *format,
                                                              ...)
{
    char sentence[512];
    char key[64];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return conf_complain_line(scan->faults, scan->path, scan->line, key_words(scan, key), "%s",
                              sentence);
}

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

/* The text before went on to the quote that should have opened the next one. */
static bool quote_is_open(const struct scan *scan)
{
    return scan->text.at != NULL && scan->text.line == scan->line && scan->text.goes_on &&
           mistype_quotes_are_odd(scan->begin, scan->text.at, scan->end);
}

static bool refuse_open_quote(struct scan *scan)
{
    const char *words = scan->text.at + 1;
    size_t length = 0;

    while (length < 30 && strchr("\"\n;,={}()[]", words[length]) == NULL)
        length += utf8_length(words + length);
    inner(scan)->key = scan->text.key;
    return scan_refuse(scan,
                       SAY("本行在 \"%.*s 处打开的双引号没有关上：后面的内容都被当成了文字",
                           "the double quote opened in this line at \"%.*s is not closed: what "
                           "follows is taken for its text"),
                       (int)length, words);
}

/* What the innermost bracket lacks for `found` to stand here. Returns false. */
static bool scan_misplaced(struct scan *scan, const char *found)
{
    if (quote_is_open(scan))
        return refuse_open_quote(scan);
    switch (inner(scan)->expecting) {
    case EXPECT_NAME:
        return scan_refuse(scan,
                           SAY("“%s”不能放在这里：这里要写“键 = 值;”，键以英文字母开头",
                               "%s cannot stand here: a \"key = value;\" is expected, the key "
                               "beginning with a letter"),
                           found);
    case EXPECT_ASSIGN:
        return scan_refuse(scan, SAY("“%s”之前缺少“=”", "there is no \"=\" before %s"), found);
    case EXPECT_VALUE:
        return scan_refuse(scan,
                           SAY("“%s”不是值：文字要加双引号，是否为 true / false",
                               "%s is no value: text stands in double quotes, yes and no are true "
                               "and false"),
                           found);
    case EXPECT_ELEMENT:
        return scan_refuse(scan,
                           SAY("“%s”不能作列表的一项：文字要加双引号；最后一项后面没有逗号",
                               "%s cannot be an element of a list: text stands in double quotes, "
                               "and no comma stands after the last element"),
                           found);
    case EXPECT_AFTER:
        break;
    }
    if (inner(scan)->bracket == '{' || inner(scan)->bracket == '\0')
        return scan_refuse(scan,
                           SAY("“%s”不能放在这里：前一个值之后要有“;”再写下一个键",
                               "%s cannot stand here: after a value comes \";\" and the next key"),
                           found);
    return scan_refuse(scan,
                       SAY("“%s”之前缺少逗号，或第 %u 行的括号没有关上",
                           "there is no comma before %s, or the bracket of line %u is not closed"),
                       found, inner(scan)->line);
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

/* 1,5 in a group: the comma ended the value 1, and 5 stands where a key should. */
static bool refuse_comma_number(struct scan *scan, const char *first, size_t length)
{
    char shown[48];
    char meant[48];

    if (scan->name_count > inner(scan)->first_name)
        inner(scan)->key = scan->names[scan->name_count - 1];
    snprintf(shown, sizeof shown, "%.*s", (int)(length < 40 ? length : 40), first);
    snprintf(meant, sizeof meant, "%s", shown);
    if (strchr(meant, ',') != NULL)
        *strchr(meant, ',') = '.';
    return scan_refuse(scan,
                       SAY("%s 不允许：小数点是“.”，不是“,”；要写 %s",
                           "%s is not allowed: the decimal point is \".\", not \",\"; write %s"),
                       shown, meant);
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
        return refuse_comma_number(scan, first, length);
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
    if (verdict == LITERAL_NOT_A_NUMBER)
        scan_refuse(scan,
                    SAY("%s 不是数字；文字和带单位的值要加双引号，例如 \"10s\"",
                        "%s is not a number; text and values with a unit stand in double quotes, "
                        "as \"10s\""),
                    shown);
    else if (verdict == LITERAL_NEEDS_L)
        scan_refuse(scan,
                    SAY("%s 超过 2147483647；这样大的整数要以 L 结尾，例如 3000000000L",
                        "%s is beyond 2147483647; a whole number as big as that ends with L, as "
                        "3000000000L"),
                    shown);
    else
        scan_refuse(scan,
                    SAY("%s 大到（或小到）无法保存；整数最大 9223372036854775807L",
                        "%s is too big (or too close to 0) to be kept; the largest whole number is "
                        "9223372036854775807L"),
                    shown);
    return true;
}

/* A full-width mark stands where a half-width one belongs. */
static bool refuse_wide(struct scan *scan, const char *found, char half)
{
    if (half == ' ')
        return scan_refuse(scan, SAY("这里有一个全角空格（或不换行空格）：请改用英文（半角）空格",
                                     "a full-width (or no-break) space stands here: use half-width "
                                     "(English) space"));
    return scan_refuse(scan,
                       SAY("%s 是全角（中文）符号：这里要写半角（英文）的 %c ；设置里的标点和数字"
                           "（\" , ; = ( ) …）都用半角",
                           "%s is a full-width (Chinese) character: write %c here; use half-width "
                           "(English) punctuation and digits: \" , ; = ( )"),
                       found, half);
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

static bool refuse_unclosed(struct scan *scan)
{
    const char *wide = mistype_wide_quote(scan->at + 1, scan->end);

    if (wide != NULL)
        return scan_refuse(
            scan,
            SAY("文字的双引号在本行没有关上：%.*s 是全角（中文）引号，要写半角（英文）的 "
                "\"",
                "the double quote of this text is not closed on its line: %.*s is a "
                "full-width (Chinese) quote, write half-width (English) \""),
            (int)utf8_length(wide), wide);
    return scan_refuse(scan, SAY("文字的双引号在本行没有关上",
                                 "the double quote of this text is not closed on its line"));
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
        return refuse_unclosed(scan);
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
    if ((unsigned char)one >= 0x80 && half != '\0' && !quote_is_open(scan))
        return refuse_wide(scan, shown, half);
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
