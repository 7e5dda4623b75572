/* The writing half of archive.h: a spool that has no name, then the archive in one go. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/say.h"
#include "report/archive_inside.h"
#include "report/nameless.h"

enum { PIECE = 256 * 1024 };

struct archive_writer {
    char path[PATH_MAX - 32]; /* the target */
    char dir[PATH_MAX];       /* where it stands */
    char part[PATH_MAX];      /* what it is called until it is whole */
    int spool;
    uint64_t spooled; /* bytes written to the spool */
    uint64_t headers; /* what headers, directory and end record will take */
    struct archive_file *files;
    size_t count, room;
    bool sorted;
    bool open; /* a file has begun and not ended: it is the last one */
    struct hashing *hashing;
    uint8_t *piece; /* not yet in the spool, nor hashed */
    size_t held;
};

static bool disk_trouble(const struct archive_writer *writer, struct error *err)
{
    return error_set(err, ERROR_STORE, SAY("写不了 %s：%s", "cannot write %s: %s"), writer->path,
                     strerror(errno));
}

/* Only an ordinary file is ever replaced. */
static bool target_is_free(const char *path, struct error *err)
{
    struct stat about;

    if (stat(path, &about) != 0 || S_ISREG(about.st_mode))
        return true;
    return error_set(err, ERROR_WRONG_USE,
                     S_ISDIR(about.st_mode)
                         ? SAY("%s 是一个目录：请写出文件名", "%s is a folder: name a file in it")
                         : SAY("%s 不是普通文件，不能替换", "%s is not an ordinary file; it is "
                                                            "not replaced"),
                     path);
}

static bool name_target(struct archive_writer *writer, const char *path, struct error *err)
{
    char copy[PATH_MAX];

    if (strlen(path) >= sizeof writer->path)
        return error_set(err, ERROR_WRONG_USE,
                         SAY("文件名太长：%s", "the file's name is too long: %s"), path);
    snprintf(writer->path, sizeof writer->path, "%s", path);
    snprintf(copy, sizeof copy, "%s", path);
    snprintf(writer->dir, sizeof writer->dir, "%s", dirname(copy));
    snprintf(writer->part, sizeof writer->part, "%s.part-%ld", writer->path, (long)getpid());
    return target_is_free(path, err);
}

struct archive_writer *archive_writer_new(const char *path, struct error *err)
{
    struct archive_writer *writer = calloc(1, sizeof *writer);

    if (writer == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return NULL;
    }
    writer->spool = -1;
    writer->headers = END_RECORD;
    writer->piece = malloc(PIECE);
    writer->hashing = hashing_new();
    if (writer->piece == NULL || writer->hashing == NULL)
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    else if (name_target(writer, path, err)) {
        writer->spool = nameless_file(path, err);
        if (writer->spool >= 0)
            return writer;
    }
    archive_writer_free(writer);
    return NULL;
}

void archive_writer_free(struct archive_writer *writer)
{
    if (writer == NULL)
        return;
    if (writer->spool >= 0)
        close(writer->spool);
    hashing_free(writer->hashing);
    free(writer->piece);
    free(writer->files);
    free(writer);
}

static bool write_whole(const struct archive_writer *writer, int fd, const void *bytes, size_t size,
                        struct error *err)
{
    const uint8_t *at = bytes;

    while (size > 0) {
        ssize_t wrote = write(fd, at, size);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return disk_trouble(writer, err);
        at += wrote;
        size -= (size_t)wrote;
    }
    return true;
}

static bool too_big(const struct archive_writer *writer, struct error *err)
{
    return error_set(err, ERROR_REFUSED,
                     SAY("%s 会超过 4 GiB：请缩短时段，分几份导出",
                         "%s would be larger than 4 GiB: export it in several shorter spans"),
                     writer->path);
}

static bool fits(const struct archive_writer *writer, uint64_t more)
{
    uint64_t now = writer->headers + writer->spooled + writer->held;

    return now <= ARCHIVE_SIZE_MAX && more <= ARCHIVE_SIZE_MAX - now;
}

static bool make_room(struct archive_writer *writer, struct error *err)
{
    size_t room = writer->room == 0 ? 64 : 2 * writer->room;
    struct archive_file *files;

    if (writer->count < writer->room)
        return true;
    files = realloc(writer->files, room * sizeof *files);
    if (files == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    writer->files = files;
    writer->room = room;
    return true;
}

bool archive_begin(struct archive_writer *writer, const char *name, struct error *err)
{
    uint64_t headers = LOCAL_HEADER + CENTRAL_HEADER + 2 * strlen(name);
    struct archive_file *file;

    assert(!writer->open && archive_name_is_valid(name, strlen(name)));
    if (writer->count == ARCHIVE_FILES_MAX)
        return error_set(
            err, ERROR_REFUSED,
            SAY("%s 里会有超过 %d 个文件：请缩短时段，分几份导出",
                "%s would hold more than %d files: export it in several shorter spans"),
            writer->path, ARCHIVE_FILES_MAX);
    if (!fits(writer, headers))
        return too_big(writer, err);
    if (!make_room(writer, err))
        return false;
    file = &writer->files[writer->count++];
    *file = (struct archive_file){.offset = writer->spooled};
    snprintf(file->name, sizeof file->name, "%s", name);
    writer->headers += headers;
    writer->open = true;
    writer->sorted = false;
    hashing_begin(writer->hashing);
    return true;
}

/* Sends what is held to the spool. */
static bool spool(struct archive_writer *writer, const void *bytes, size_t size, struct error *err)
{
    struct archive_file *file = &writer->files[writer->count - 1];

    if (!write_whole(writer, writer->spool, bytes, size, err))
        return false;
    hashing_add(writer->hashing, bytes, size);
    file->crc = archive_crc(file->crc, bytes, size);
    file->size += size;
    writer->spooled += size;
    return true;
}

static bool spool_held(struct archive_writer *writer, struct error *err)
{
    size_t held = writer->held;

    writer->held = 0;
    return held == 0 || spool(writer, writer->piece, held, err);
}

bool archive_add(struct archive_writer *writer, const void *bytes, size_t size, struct error *err)
{
    assert(writer->open);
    if (!fits(writer, size))
        return too_big(writer, err);
    if (writer->held + size > PIECE && !spool_held(writer, err))
        return false;
    if (size > PIECE)
        return spool(writer, bytes, size, err);
    if (size > 0)
        memcpy(writer->piece + writer->held, bytes, size);
    writer->held += size;
    return true;
}

bool archive_end(struct archive_writer *writer, struct error *err)
{
    assert(writer->open);
    if (!spool_held(writer, err))
        return false;
    hashing_end(writer->hashing, writer->files[writer->count - 1].digest);
    writer->open = false;
    return true;
}

bool archive_put(struct archive_writer *writer, const char *name, const void *bytes, size_t size,
                 struct error *err)
{
    return archive_begin(writer, name, err) && archive_add(writer, bytes, size, err) &&
           archive_end(writer, err);
}

bool archive_put_file(struct archive_writer *writer, const char *name, int fd, struct error *err)
{
    struct stat about;
    uint64_t at = 0;
    ssize_t got;

    if (fstat(fd, &about) != 0)
        return disk_trouble(writer, err);
    if (!fits(writer, (uint64_t)about.st_size))
        return too_big(writer, err);
    if (!archive_begin(writer, name, err))
        return false;
    while ((got = pread(fd, writer->piece, PIECE, (off_t)at)) > 0) {
        if (!fits(writer, (uint64_t)got))
            return too_big(writer, err);
        if (!spool(writer, writer->piece, (size_t)got, err))
            return false;
        at += (uint64_t)got;
    }
    return got < 0 ? disk_trouble(writer, err) : archive_end(writer, err);
}

static int by_name(const void *one, const void *other)
{
    return strcmp(((const struct archive_file *)one)->name,
                  ((const struct archive_file *)other)->name);
}

static void sort_files(struct archive_writer *writer)
{
    assert(!writer->open);
    if (writer->sorted || writer->count == 0)
        return;
    qsort(writer->files, writer->count, sizeof *writer->files, by_name);
    for (size_t i = 1; i < writer->count; i++)
        assert(strcmp(writer->files[i - 1].name, writer->files[i].name) != 0);
    writer->sorted = true;
}

size_t archive_files(struct archive_writer *writer, const struct archive_file **files)
{
    sort_files(writer);
    *files = writer->files;
    return writer->count;
}

static bool read_spool(const struct archive_writer *writer, uint64_t at, void *bytes, size_t size,
                       struct error *err)
{
    uint8_t *to = bytes;

    while (size > 0) {
        ssize_t got = pread(writer->spool, to, size, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = EIO;
        if (got <= 0)
            return disk_trouble(writer, err);
        to += got;
        at += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

static bool write_contents(struct archive_writer *writer, const struct archive_file *file, int fd,
                           struct error *err)
{
    for (uint64_t at = 0; at < file->size;) {
        size_t size = file->size - at < PIECE ? (size_t)(file->size - at) : PIECE;

        if (!read_spool(writer, file->offset + at, writer->piece, size, err) ||
            !write_whole(writer, fd, writer->piece, size, err))
            return false;
        at += size;
    }
    return true;
}

/* One header and the name behind it. */
static bool write_header(const struct archive_writer *writer, int fd, const uint8_t *header,
                         size_t size, const char *name, struct error *err)
{
    return write_whole(writer, fd, header, size, err) &&
           write_whole(writer, fd, name, strlen(name), err);
}

static bool write_files(struct archive_writer *writer, int fd, uint64_t *directory_at,
                        struct error *err)
{
    uint8_t header[LOCAL_HEADER];

    *directory_at = 0;
    for (size_t i = 0; i < writer->count; i++) {
        const struct archive_file *file = &writer->files[i];

        archive_local_header(file, header);
        if (!write_header(writer, fd, header, sizeof header, file->name, err) ||
            !write_contents(writer, file, fd, err))
            return false;
        *directory_at += sizeof header + strlen(file->name) + file->size;
    }
    return true;
}

static bool write_directory(const struct archive_writer *writer, int fd, uint64_t directory_at,
                            struct error *err)
{
    uint8_t header[CENTRAL_HEADER], end[END_RECORD];
    uint64_t at = 0, size = 0;

    for (size_t i = 0; i < writer->count; i++) {
        const struct archive_file *file = &writer->files[i];

        archive_central_header(file, at, header);
        if (!write_header(writer, fd, header, sizeof header, file->name, err))
            return false;
        at += LOCAL_HEADER + strlen(file->name) + file->size;
        size += sizeof header + strlen(file->name);
    }
    archive_end_record(writer->count, directory_at, size, end);
    return write_whole(writer, fd, end, sizeof end, err);
}

/* Where it can be, the archive has no name until it is whole: then nothing is left of it when we
 * are killed. `named` says that it has one already. */
static int open_part(const struct archive_writer *writer, bool *named)
{
    int fd = open(writer->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);

    *named = fd < 0;
    if (fd >= 0)
        return fd;
    unlink(writer->part);
    return open(writer->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

static bool give_name(const struct archive_writer *writer, int fd, struct error *err)
{
    char self[64];

    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    unlink(writer->part);
    return linkat(AT_FDCWD, self, AT_FDCWD, writer->part, AT_SYMLINK_FOLLOW) == 0 ||
           disk_trouble(writer, err);
}

static bool put_in_place(const struct archive_writer *writer, struct error *err)
{
    int dir;

    if (rename(writer->part, writer->path) != 0)
        return disk_trouble(writer, err);
    dir = open(writer->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) {
        fsync(dir); /* some file systems cannot; the file itself is synced */
        close(dir);
    }
    return true;
}

bool archive_write(struct archive_writer *writer, struct error *err)
{
    bool named = false, written = false;
    uint64_t directory_at;
    int fd;

    sort_files(writer);
    fd = open_part(writer, &named);
    if (fd < 0)
        return disk_trouble(writer, err);
    if (!write_files(writer, fd, &directory_at, err) ||
        !write_directory(writer, fd, directory_at, err))
        goto done;
    if (fsync(fd) != 0) {
        disk_trouble(writer, err);
        goto done;
    }
    if (!named && !give_name(writer, fd, err))
        goto done;
    named = true;
    written = put_in_place(writer, err);
done:
    close(fd);
    if (named && !written)
        unlink(writer->part);
    return written;
}
