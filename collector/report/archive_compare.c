/* Where a header differs from the one we would have written, and what that means. */
#include <assert.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "report/archive_inside.h"

uint64_t archive_number(const uint8_t *at, unsigned bytes)
{
    uint64_t number = 0;

    for (; bytes > 0; bytes--)
        number = number << 8 | at[bytes - 1];
    return number;
}

/* A field of a header and what it means that it is not as we write it. */
struct field {
    unsigned local, central; /* where it stands; NOWHERE: not in that header */
    unsigned bytes;
    const char *zh, *en; /* one number: the value found */
};

enum { NOWHERE = 99 };

/* In the order in which they are worth saying. */
/* clang-format off */
static const struct field fields[] = {
    {0, 0, 4, "这里应是文件头，却是 0x%llx", "a header must stand here, not 0x%llx"},
    {8, 10, 2, "文件经过压缩（方法 %llu）：只接受不压缩的文件，什么都不会解压",
     "the file is compressed (method %llu): only stored files are taken, nothing is unpacked"},
    {6, 8, 2, "标志位为 0x%llx（加密、流式等），应为 0",
     "flags 0x%llx (encrypted, streamed or other), must be 0"},
    {28, 30, 2, "带有附加字段（%llu 字节），应没有", "has an extra field (%llu bytes), must have none"},
    {NOWHERE, 32, 2, "带有注释（%llu 字节），应没有", "has a comment (%llu bytes), must have none"},
    {4, 6, 2, "ZIP 版本 %llu，应为 20", "ZIP version %llu, must be 20"},
    {NOWHERE, 4, 2, "制作标记 0x%llx，应为 0x314", "made by 0x%llx, must be 0x314"},
    {10, 12, 2, "时刻字段 0x%llx，应为 0", "time field 0x%llx, must be 0"},
    {12, 14, 2, "日期字段 0x%llx，应为 0x21", "date field 0x%llx, must be 0x21"},
    {14, 16, 4, "文件头与目录的校验码不一致（0x%llx）", "the checksum (0x%llx) is not that of the directory"},
    {18, 20, 4, "压缩后的大小（%llu）与原大小不一致", "the packed size (%llu) is not the size"},
    {22, 24, 4, "文件头与目录的大小不一致（%llu）", "the size (%llu) is not that of the directory"},
    {26, 28, 2, "文件名长度 %llu 与目录不一致", "the length of the name (%llu) is not that of the directory"},
    {NOWHERE, 34, 2, "磁盘号 %llu，应为 0", "disk %llu, must be 0"},
    {NOWHERE, 36, 2, "内部属性 0x%llx，应为 0", "internal attributes 0x%llx, must be 0"},
    {NOWHERE, 38, 4, "外部属性 0x%llx，应为 0x81a40000（普通文件）",
     "external attributes 0x%llx, must be 0x81a40000 (an ordinary file)"},
    {NOWHERE, 42, 4, "文件的位置（%llu）不是紧接上一个文件", "the file's place (%llu) is not right after the file before"},
};
/* clang-format on */

/* Says what is wrong with one field. */
static bool refuse_field(const struct field *field, uint64_t at, const uint8_t *found,
                         struct error *err)
{
    char words[256];
    struct text text;

    text_init(&text, words, sizeof words);
    text_format(&text, SAY(field->zh, field->en),
                (unsigned long long)archive_number(found, field->bytes));
    return ARCHIVE_REFUSE(err, at, "%s", "%s", words);
}

bool archive_header_is_ours(const uint8_t *found, const uint8_t *ours, bool central, uint64_t at,
                            struct error *err)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        unsigned where = central ? fields[i].central : fields[i].local;

        if (where != NOWHERE && memcmp(found + where, ours + where, fields[i].bytes) != 0)
            return refuse_field(&fields[i], at + where, found + where, err);
    }
    /* the fields above are the whole header */
    assert(memcmp(found, ours, central ? CENTRAL_HEADER : LOCAL_HEADER) == 0);
    return true;
}
