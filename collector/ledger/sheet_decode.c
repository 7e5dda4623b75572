/* The bytes of a file as UTF-8, whatever program saved them. */
#include "ledger/sheet.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"

const char *sheet_coding_title(enum sheet_coding coding)
{
    static const char *const titles[] = {
        [SHEET_UTF8] = "UTF-8", [SHEET_GB18030] = "GB18030", [SHEET_UTF16] = "UTF-16"};

    return titles[coding];
}

static bool starts_with(const char *bytes, size_t size, const char *mark, size_t length)
{
    return size >= length && memcmp(bytes, mark, length) == 0;
}

/* A workbook was given, which is no text. */
static bool is_workbook(const char *bytes, size_t size)
{
    return starts_with(bytes, size, "PK\x03\x04", 4) ||
           starts_with(bytes, size, "\xd0\xcf\x11\xe0", 4);
}

/* How many bytes from the start are UTF-8. */
static size_t utf8_run(const char *bytes, size_t size)
{
    size_t i = 0;

    while (i < size) {
        char piece[5] = {0};
        size_t length;

        memcpy(piece, bytes + i, size - i < 4 ? size - i : 4);
        length = piece[0] == '\0' ? 1 : utf8_length(piece);
        if (length == 0)
            return i;
        i += length;
    }
    return size;
}

static char *copy(const char *bytes, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL)
        return NULL;
    memcpy(text, bytes, size);
    text[size] = '\0';
    return text;
}

/* NULL: not valid in that coding from byte `*length` on, or out of memory. No coding here grows to
 * more than twice. */
static char *convert(const char *coding, const char *bytes, size_t size, size_t *length)
{
    iconv_t to_utf8 = iconv_open("UTF-8", coding);
    char *text = to_utf8 == (iconv_t)-1 ? NULL : malloc(2 * size + 1);
    char *from = (char *)(uintptr_t)bytes; /* iconv() does not write there */
    char *to = text;
    size_t left = size;
    size_t room = 2 * size;

    if (text != NULL && iconv(to_utf8, &from, &left, &to, &room) == (size_t)-1) {
        free(text);
        text = NULL;
        *length = size - left;
    }
    if (text != NULL) {
        *to = '\0';
        *length = (size_t)(to - text);
    }
    if (to_utf8 != (iconv_t)-1)
        iconv_close(to_utf8);
    return text;
}

/* NULL: what stands from byte `*length` on is no text of any coding. */
static char *decode(const char *bytes, size_t size, size_t *length, enum sheet_coding *coding)
{
    size_t mark = starts_with(bytes, size, "\xef\xbb\xbf", 3) ? 3 : 0;
    size_t utf8 = utf8_run(bytes, size);
    char *text;

    *length = 0;
    if (starts_with(bytes, size, "\xff\xfe", 2) || starts_with(bytes, size, "\xfe\xff", 2)) {
        *coding = SHEET_UTF16;
        text = convert((unsigned char)bytes[0] == 0xff ? "UTF-16LE" : "UTF-16BE", bytes + 2,
                       size - 2, length);
        *length += text == NULL ? 2 : 0;
        return text;
    }
    *coding = SHEET_UTF8;
    *length = size - mark;
    if (utf8 == size)
        return copy(bytes + mark, size - mark);
    *coding = SHEET_GB18030;
    text = convert("GB18030", bytes + mark, size - mark, length);
    if (text == NULL && *length + mark < utf8) /* it was meant as the one that got further */
        *length = utf8 - mark;
    *length += text == NULL ? mark : 0;
    return text;
}

/* The row that holds a byte. In UTF-16 half of a character may be a line end's byte. */
static size_t row_of(const char *bytes, size_t offset, bool pairs)
{
    size_t width = pairs ? 2 : 1;
    size_t row = 1;

    for (size_t i = 0; i + width <= offset; i += width)
        row += pairs ? memcmp(bytes + i, "\n", 2) == 0 || memcmp(bytes + i, "\0\n", 2) == 0
                     : memcmp(bytes + i, "\n", 1) == 0;
    return row;
}

char *sheet_decode(const char *bytes, size_t size, size_t most, size_t *length,
                   enum sheet_coding *coding, struct error *err)
{
    size_t wrong, row;
    char *text;

    if (size > most) {
        error_set(err, ERROR_WRONG_USE,
                  SAY("文件有 %zu 字节，超过上限 %zu 字节；请分成几个文件",
                      "the file has %zu bytes and %zu is the most; split it"),
                  size, most);
        return NULL;
    }
    if (is_workbook(bytes, size)) {
        error_set(
            err, ERROR_WRONG_USE, "%s",
            SAY("这是 Excel 或 WPS 工作簿，不是 CSV；请在表格软件里“另存为”CSV（UTF-8）再导入",
                "this is a workbook of Excel or WPS and no CSV; save it as CSV (UTF-8) in "
                "the spreadsheet program and import that"));
        return NULL;
    }
    text = decode(bytes, size, length, coding);
    if (text != NULL && strlen(text) == *length)
        return text;
    wrong = text == NULL ? *length : strlen(text);
    row = text == NULL ? row_of(bytes, wrong, *coding == SHEET_UTF16) : row_of(text, wrong, false);
    free(text);
    error_set(
        err, ERROR_WRONG_USE,
        SAY("第 %zu 行起，文件既不是 UTF-8，也不是 GB18030（GBK）文字；请另存为 CSV（UTF-8）再"
            "导入",
            "from row %zu on the file is neither UTF-8 nor GB18030 (GBK) text; save it as "
            "CSV (UTF-8) and import that"),
        row);
    return NULL;
}
