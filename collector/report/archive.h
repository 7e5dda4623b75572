/* archive.h - a ZIP file in the one form VERIFY.md describes, so that the same contents are always
 * the same bytes, and any other byte is refused.
 *
 * Writing: files are added in any order to a spool (a nameless file beside the target), then put in
 * order of their names. Reading: the directory first, then any file by its place; nothing is
 * unpacked to disk. One thread at a time.
 */
#ifndef REPORT_ARCHIVE_H
#define REPORT_ARCHIVE_H

#include "base/error.h"
#include "store/seal.h"

enum { ARCHIVE_NAME_MAX = 200 };

struct archive_file {
    char name[ARCHIVE_NAME_MAX];
    uint64_t offset; /* of its first byte: in the spool, or in the archive */
    uint64_t size;
    uint32_t crc;
    uint8_t digest[DIGEST_BYTES];
};

/* Writing. ----------------------------------------------------------------------------------- */

struct archive_writer;
/* `path` is where the archive will be; a file that is there stands until archive_write() replaces
 * it, whole. */
struct archive_writer *archive_writer_new(const char *path, struct error *err);
void archive_writer_free(struct archive_writer *writer);
/* One file at a time: begin, bytes, end. A name twice is a mistake (asserted). */
bool archive_begin(struct archive_writer *writer, const char *name, struct error *err);
bool archive_add(struct archive_writer *writer, const void *bytes, size_t size, struct error *err);
bool archive_end(struct archive_writer *writer, struct error *err);
/* A whole file at once, from memory or from a file on disk. */
bool archive_put(struct archive_writer *writer, const char *name, const void *bytes, size_t size,
                 struct error *err);
bool archive_put_file(struct archive_writer *writer, const char *name, int fd, struct error *err);
/* Files so far, in order of their names; borrowed. */
size_t archive_files(struct archive_writer *writer, const struct archive_file **files);
/* Writes the archive, synced and renamed into place. */
bool archive_write(struct archive_writer *writer, struct error *err);

/* Reading. ----------------------------------------------------------------------------------- */

struct archive;
/* NULL with a sentence: not such an archive, and which byte of it says so. Every header is compared
 * with the one we would have written; contents are not read yet. */
struct archive *archive_open(const char *path, struct error *err);
/* The same of bytes in memory, which must stay: for the fuzzer. */
struct archive *archive_open_bytes(const void *bytes, size_t size, struct error *err);
void archive_close(struct archive *archive);
size_t archive_count(const struct archive *archive);
const struct archive_file *archive_at(const struct archive *archive, size_t index);
/* NULL: none of that name. */
const struct archive_file *archive_find(const struct archive *archive, const char *name);
/* Bytes of a file; false when they cannot be read. */
bool archive_read(struct archive *archive, const struct archive_file *file, uint64_t offset,
                  void *bytes, size_t size, struct error *err);
/* Reads it once in pieces and checks its CRC; fills `digest`. */
bool archive_digest(struct archive *archive, const struct archive_file *file,
                    uint8_t digest[DIGEST_BYTES], struct error *err);

/* Line by line: at most `most` bytes a line, each ended by a line feed. */
struct archive_lines;
struct archive_lines *archive_lines_new(struct archive *archive, const struct archive_file *file,
                                        size_t most, struct error *err);
/* The next line without its line feed, ended by '\0', borrowed until the next call; NULL at the
 * end, or with `err` filled: too long, a NUL in it, no line feed at the end. */
const char *archive_line(struct archive_lines *lines, size_t *size, struct error *err);
uint64_t archive_line_number(const struct archive_lines *lines);
void archive_lines_free(struct archive_lines *lines);

#endif
