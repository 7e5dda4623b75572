/* archive_inside.h - the bytes of a bundle's ZIP headers, said once for the writer and the reader.
 *
 * VERIFY.md, "What the archive looks like". The writer puts them; the reader compares with them.
 */
#ifndef REPORT_ARCHIVE_INSIDE_H
#define REPORT_ARCHIVE_INSIDE_H

#include "report/archive.h"

enum {
    LOCAL_HEADER = 30,   /* bytes before the name */
    CENTRAL_HEADER = 46, /* the same, in the directory */
    END_RECORD = 22,
    ARCHIVE_FILES_MAX = 65535,
};
#define ARCHIVE_SIZE_MAX UINT32_MAX /* 4 GiB - 1 */

/* The CRC-32 of ZIP (reflected 0xEDB88320), continued; the first is of 0. */
uint32_t archive_crc(uint32_t crc, const void *bytes, size_t size);

/* Each writes the header without the name, which follows it. `offset`: of the file's local header
 * from the start of the archive. */
void archive_local_header(const struct archive_file *file, uint8_t out[LOCAL_HEADER]);
void archive_central_header(const struct archive_file *file, uint64_t offset,
                            uint8_t out[CENTRAL_HEADER]);
void archive_end_record(size_t files, uint64_t directory_at, uint64_t directory_size,
                        uint8_t out[END_RECORD]);

/* Letters, digits, '.', '_', '-' and '/' between parts; no part empty, "." or ".."; shorter than
 * ARCHIVE_NAME_MAX. */
bool archive_name_is_valid(const char *name, size_t length);

/* Reading. */

/* Least significant byte first. */
uint64_t archive_number(const uint8_t *at, unsigned bytes);
/* Every complaint about the form of an archive names the byte; false. */
#define ARCHIVE_REFUSE(err, at, zh, en, ...)                                                       \
    error_set(err, ERROR_REFUSED, SAY("偏移 %llu 处：" zh, "at offset %llu: " en),                 \
              (unsigned long long)(at), __VA_ARGS__)
/* Compares a header that stands at `at` with the one we would have written. */
bool archive_header_is_ours(const uint8_t *found, const uint8_t *ours, bool central, uint64_t at,
                            struct error *err);

#endif
