/* The sentences of the scanner: what stands where it cannot, and what is meant. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/conf_scan_parts.h"
#include "base/say.h"
#include "base/text.h"

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
bool scan_refuse(struct scan *scan, const char *format, ...)
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

/* The text before went on to the quote that should have opened the next one. */
bool scan_quote_is_open(const struct scan *scan)
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
bool scan_misplaced(struct scan *scan, const char *found)
{
    if (scan_quote_is_open(scan))
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
                           SAY("“%s”不是值：文字要加双引号；是或否写 true 或 false",
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

/* A number libconfig would bend. */
void scan_refuse_literal(struct scan *scan, enum literal verdict, const char *shown)
{
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
}

/* 1,5 in a group: the comma ended the value 1, and 5 stands where a key should. */
bool scan_refuse_comma(struct scan *scan, const char *first, size_t length)
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

/* A full-width mark stands where a half-width one belongs. */
bool scan_refuse_wide(struct scan *scan, const char *found, char half)
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

bool scan_refuse_unclosed(struct scan *scan)
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
