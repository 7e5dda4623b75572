#include "report/archive_inside.h"

#include <string.h>

/* Least significant byte first, as everything in a ZIP. */
static uint8_t *put(uint8_t *at, unsigned bytes, uint64_t number)
{
    for (; bytes > 0; bytes--, number >>= 8)
        *at++ = (uint8_t)number;
    return at;
}

/* What both headers hold from "version needed" to "length of the extra field". */
static uint8_t *put_common(uint8_t *at, const struct archive_file *file)
{
    at = put(at, 2, 20);     /* version 2.0 */
    at = put(at, 2, 0);      /* no flags */
    at = put(at, 2, 0);      /* stored */
    at = put(at, 2, 0);      /* 00:00 */
    at = put(at, 2, 0x0021); /* 1980-01-01 */
    at = put(at, 4, file->crc);
    at = put(at, 4, file->size);
    at = put(at, 4, file->size);
    at = put(at, 2, strlen(file->name));
    return put(at, 2, 0); /* no extra field */
}

void archive_local_header(const struct archive_file *file, uint8_t out[LOCAL_HEADER])
{
    put_common(put(out, 4, 0x04034b50), file);
}

void archive_central_header(const struct archive_file *file, uint64_t offset,
                            uint8_t out[CENTRAL_HEADER])
{
    uint8_t *at = put(out, 4, 0x02014b50);

    at = put(at, 2, 0x0314); /* made by Unix, 2.0 */
    at = put_common(at, file);
    at = put(at, 2, 0);          /* no comment */
    at = put(at, 2, 0);          /* disk 0 */
    at = put(at, 2, 0);          /* internal attributes */
    at = put(at, 4, 0x81A40000); /* an ordinary file, 0644 */
    put(at, 4, offset);
}

void archive_end_record(size_t files, uint64_t directory_at, uint64_t directory_size,
                        uint8_t out[END_RECORD])
{
    uint8_t *at = put(out, 4, 0x06054b50);

    at = put(at, 2, 0); /* this disk, and the one of the directory */
    at = put(at, 2, 0);
    at = put(at, 2, files);
    at = put(at, 2, files);
    at = put(at, 4, directory_size);
    at = put(at, 4, directory_at);
    put(at, 2, 0); /* no comment */
}

bool archive_name_is_valid(const char *name, size_t length)
{
    const char *part = name;
    const char *end = name + length;

    if (length == 0 || length >= ARCHIVE_NAME_MAX)
        return false;
    for (const char *at = name;; at++) {
        size_t size = (size_t)(at - part);

        if (at < end && *at != '/') {
            if (*at == '\0' || strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789._-",
                                      *at) == NULL)
                return false;
            continue;
        }
        if (size == 0 || (size == 1 && part[0] == '.') || (size == 2 && memcmp(part, "..", 2) == 0))
            return false;
        if (at == end)
            return true;
        part = at + 1;
    }
}

/* ---- CRC-32, eight bytes at a time ------------------------------------------------------------
 */

/* tables[0][b]: the remainder of one byte; tables[n][b]: of that byte with n zero bytes behind. */
static uint32_t tables[8][256];

__attribute__((constructor)) static void make_tables(void)
{
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t crc = b;

        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0);
        tables[0][b] = crc;
    }
    for (int n = 1; n < 8; n++)
        for (uint32_t b = 0; b < 256; b++)
            tables[n][b] = tables[0][tables[n - 1][b] & 0xff] ^ (tables[n - 1][b] >> 8);
}

static uint32_t word_at(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

uint32_t archive_crc(uint32_t crc, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    crc = ~crc;
    for (; size >= 8; size -= 8, at += 8) {
        uint32_t low = crc ^ word_at(at);
        uint32_t high = word_at(at + 4);

        crc = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^
              tables[4][low >> 24] ^ tables[3][high & 0xff] ^ tables[2][high >> 8 & 0xff] ^
              tables[1][high >> 16 & 0xff] ^ tables[0][high >> 24];
    }
    for (; size > 0; size--)
        crc = tables[0][(crc ^ *at++) & 0xff] ^ (crc >> 8);
    return ~crc;
}
