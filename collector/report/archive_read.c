#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/say.h"
#include "report/archive_inside.h"

enum { PIECE = 64 << 10 };

struct archive {
    int fd;               /* -1: of bytes */
    const uint8_t *bytes; /* borrowed */
    uint64_t size;
    struct archive_file *files;
    size_t count;
};

/* Bytes of the archive. Its size was asked once; a file cut since then ends here, with a sentence.
 */
static bool fetch(const struct archive *archive, uint64_t offset, void *bytes, size_t size,
                  struct error *err)
{
    uint8_t *into = bytes;

    assert(offset <= archive->size && size <= archive->size - offset);
    if (archive->bytes != NULL) {
        memcpy(into, archive->bytes + offset, size);
        return true;
    }
    while (size > 0) {
        ssize_t got = pread(archive->fd, into, size, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(err, ERROR_STORE,
                             SAY("读取失败（偏移 %llu）：%s", "cannot be read at offset %llu: %s"),
                             (unsigned long long)offset, strerror(errno));
        if (got == 0)
            return error_set(
                err, ERROR_STORE, "%s",
                SAY("读取时文件变短了：请等它写完再核对",
                    "became shorter while it was read: check it again when nobody writes it"));
        into += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

/* What the directory is, by the last bytes of the archive. */
struct directory {
    uint64_t at, size;
    size_t files;
};

static bool begins_as_zip(const struct archive *archive)
{
    uint8_t begin[4] = {0};

    return archive->size >= sizeof begin && fetch(archive, 0, begin, sizeof begin, NULL) &&
           archive_number(begin, 4) == 0x04034b50;
}

static bool read_end(const struct archive *archive, struct directory *directory, struct error *err)
{
    uint8_t found[END_RECORD];
    uint8_t ours[END_RECORD];
    uint64_t at = archive->size < END_RECORD ? 0 : archive->size - END_RECORD;

    if (archive->size > ARCHIVE_SIZE_MAX)
        return ARCHIVE_REFUSE(err, ARCHIVE_SIZE_MAX, "%s", "%s",
                              SAY("文件超过 4 GiB：不是本程序写的材料",
                                  "the file is larger than 4 GiB: not a bundle of this program"));
    if (archive->size >= END_RECORD && !fetch(archive, at, found, sizeof found, err))
        return false;
    if (archive->size < END_RECORD || archive_number(found, 4) != 0x06054b50)
        return ARCHIVE_REFUSE(
            err, at, "%s", "%s",
            begins_as_zip(archive)
                ? SAY("最后 22 字节不是 ZIP 的结束记录：文件被截断，或后面加了内容",
                      "the last 22 bytes are not the end of a ZIP: the file was cut, or "
                      "something was put behind it")
                : SAY("这不是 ZIP 文件", "this is not a ZIP file"));
    directory->files = (size_t)archive_number(found + 10, 2);
    directory->size = archive_number(found + 12, 4);
    directory->at = archive_number(found + 16, 4);
    archive_end_record(directory->files, directory->at, directory->size, ours);
    for (size_t i = 0; i < END_RECORD; i++)
        if (found[i] != ours[i])
            return ARCHIVE_REFUSE(
                err, at + i, "%s", "%s",
                SAY("结束记录不是本程序的写法（只有一个磁盘，没有注释）",
                    "the end record is not as this program writes it (one disk, no "
                    "comment)"));
    if (directory->at + directory->size != at ||
        directory->files * (uint64_t)(CENTRAL_HEADER + 1) > directory->size)
        return ARCHIVE_REFUSE(
            err, at, "%s", "%s",
            SAY("目录不是正好到这里为止：前后或中间加了内容，或是 ZIP64",
                "the directory does not end right here: something was put before, "
                "between or after, or this is ZIP64"));
    return true;
}

/* ---- the directory ---- */

/* How far the walk along directory and files has come. */
struct walk {
    uint64_t in_directory, directory_end;
    uint64_t in_files; /* where the next local header must be */
};

static bool take_name(const struct archive *archive, struct archive_file *file, uint64_t at,
                      size_t length, struct error *err)
{
    if (length == 0 || length >= ARCHIVE_NAME_MAX)
        return ARCHIVE_REFUSE(err, at, "文件名长 %zu 字节，应在 1 到 %d 之间",
                              "a name of %zu bytes, must be 1 to %d", length, ARCHIVE_NAME_MAX - 1);
    if (!fetch(archive, at, file->name, length, err))
        return false;
    file->name[length] = '\0';
    if (!archive_name_is_valid(file->name, length))
        return ARCHIVE_REFUSE(
            err, at, "%s", "%s",
            SAY("文件名只能由字母、数字、“.”、“_”、“-”组成，各部分以“/”隔开，不能是绝对"
                "路径，也不能有“..”",
                "a name has only letters, digits, \".\", \"_\", \"-\", parted by \"/\"; "
                "it is not absolute and has no \"..\""));
    return true;
}

static bool name_follows(const struct archive *archive, const struct archive_file *file,
                         uint64_t at, struct error *err)
{
    const char *before = archive->count == 0 ? "" : archive->files[archive->count - 1].name;
    int order = strcmp(before, file->name);

    if (order < 0)
        return true;
    return ARCHIVE_REFUSE(err, at, "%s：%s", "%s: %s", file->name,
                          order == 0 ? SAY("这个文件名出现了两次", "this name stands here twice")
                                     : SAY("文件名没有按字节排序", "the names are not in order"));
}

/* The local header and name, which must say what the directory says. */
static bool local_is_ours(const struct archive *archive, const struct archive_file *file,
                          uint64_t at, struct error *err)
{
    uint8_t found[LOCAL_HEADER + ARCHIVE_NAME_MAX];
    uint8_t ours[LOCAL_HEADER];
    size_t length = strlen(file->name);

    if (!fetch(archive, at, found, LOCAL_HEADER + length, err))
        return false;
    archive_local_header(file, ours);
    if (!archive_header_is_ours(found, ours, false, at, err))
        return false;
    for (size_t i = 0; i < length; i++)
        if (found[LOCAL_HEADER + i] != (uint8_t)file->name[i])
            return ARCHIVE_REFUSE(err, at + LOCAL_HEADER + i, "文件名与目录里的 %s 不一致",
                                  "the name is not %s, as in the directory", file->name);
    return true;
}

static bool walk_file(struct archive *archive, struct walk *walk, uint64_t directory_at,
                      struct error *err)
{
    struct archive_file *file = &archive->files[archive->count];
    uint8_t found[CENTRAL_HEADER];
    uint8_t ours[CENTRAL_HEADER];
    uint64_t at = walk->in_directory;
    uint64_t before;
    size_t length;

    if (walk->directory_end - at < CENTRAL_HEADER)
        return ARCHIVE_REFUSE(
            err, at, "%s", "%s",
            SAY("目录比它说的文件数短", "the directory is shorter than its number of files"));
    if (!fetch(archive, at, found, sizeof found, err))
        return false;
    length = (size_t)archive_number(found + 28, 2);
    if (length > walk->directory_end - at - CENTRAL_HEADER)
        return ARCHIVE_REFUSE(err, at + 28, "%s", "%s",
                              SAY("文件名超出目录", "the name goes beyond the directory"));
    file->crc = (uint32_t)archive_number(found + 16, 4);
    file->size = archive_number(found + 24, 4);
    if (!take_name(archive, file, at + CENTRAL_HEADER, length, err))
        return false;
    archive_central_header(file, walk->in_files, ours);
    if (!archive_header_is_ours(found, ours, true, at, err) ||
        !name_follows(archive, file, at + CENTRAL_HEADER, err))
        return false;
    before = LOCAL_HEADER + length;
    if (walk->in_files + before > directory_at ||
        file->size > directory_at - walk->in_files - before)
        return ARCHIVE_REFUSE(err, at + 24, "%s 的大小（%llu 字节）超出了文件本身",
                              "%s: its size, %llu bytes, goes beyond the archive", file->name,
                              (unsigned long long)file->size);
    if (!local_is_ours(archive, file, walk->in_files, err))
        return false;
    file->offset = walk->in_files + before;
    walk->in_files = file->offset + file->size;
    walk->in_directory = at + CENTRAL_HEADER + length;
    archive->count++;
    return true;
}

static bool read_directory(struct archive *archive, struct error *err)
{
    struct directory directory = {0};
    struct walk walk;

    if (!read_end(archive, &directory, err))
        return false;
    archive->files = calloc(directory.files + 1, sizeof *archive->files);
    if (archive->files == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    walk.in_directory = directory.at;
    walk.directory_end = directory.at + directory.size;
    walk.in_files = 0;
    while (archive->count < directory.files)
        if (!walk_file(archive, &walk, directory.at, err))
            return false;
    if (walk.in_directory != walk.directory_end)
        return ARCHIVE_REFUSE(err, walk.in_directory, "%s", "%s",
                              SAY("目录里还有不属于任何文件的内容",
                                  "the directory holds something that is of no file"));
    if (walk.in_files != directory.at)
        return ARCHIVE_REFUSE(err, walk.in_files, "%s", "%s",
                              SAY("最后一个文件与目录之间有别的内容",
                                  "something stands between the last file and the directory"));
    return true;
}

/* ---- opening ---- */

static struct archive *archive_make(int fd, const void *bytes, uint64_t size, struct error *err)
{
    struct archive *archive = calloc(1, sizeof *archive);

    if (archive == NULL) {
        if (fd >= 0)
            close(fd);
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return NULL;
    }
    *archive = (struct archive){.fd = fd, .bytes = bytes, .size = size};
    if (read_directory(archive, err))
        return archive;
    archive_close(archive);
    return NULL;
}

struct archive *archive_open(const char *path, struct error *err)
{
    struct stat about;
    /* not waiting for a writer, should it be a pipe */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 || fstat(fd, &about) != 0) {
        error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_STORE, "%s: %s", path,
                  strerror(errno));
    } else if (!S_ISREG(about.st_mode)) {
        error_set(err, ERROR_STORE, SAY("%s：不是普通文件", "%s: not an ordinary file"), path);
    } else {
        return archive_make(fd, NULL, (uint64_t)about.st_size, err);
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

struct archive *archive_open_bytes(const void *bytes, size_t size, struct error *err)
{
    return archive_make(-1, bytes, size, err);
}

void archive_close(struct archive *archive)
{
    if (archive == NULL)
        return;
    if (archive->fd >= 0)
        close(archive->fd);
    free(archive->files);
    free(archive);
}

size_t archive_count(const struct archive *archive)
{
    return archive->count;
}

const struct archive_file *archive_at(const struct archive *archive, size_t index)
{
    assert(index < archive->count);
    return &archive->files[index];
}

static int compare_name(const void *name, const void *file)
{
    return strcmp(name, ((const struct archive_file *)file)->name);
}

const struct archive_file *archive_find(const struct archive *archive, const char *name)
{
    return bsearch(name, archive->files, archive->count, sizeof *archive->files, compare_name);
}

/* ---- contents ---- */

bool archive_read(struct archive *archive, const struct archive_file *file, uint64_t offset,
                  void *bytes, size_t size, struct error *err)
{
    assert(offset <= file->size && size <= file->size - offset);
    return fetch(archive, file->offset + offset, bytes, size, err);
}

/* All of a file through a hash and the checksum. */
static bool digest_pieces(const struct archive *archive, const struct archive_file *file,
                          struct hashing *hashing, uint8_t *piece, uint32_t *crc, struct error *err)
{
    *crc = 0;
    for (uint64_t at = 0; at < file->size;) {
        size_t size = file->size - at < PIECE ? (size_t)(file->size - at) : PIECE;

        if (!fetch(archive, file->offset + at, piece, size, err))
            return false;
        hashing_add(hashing, piece, size);
        *crc = archive_crc(*crc, piece, size);
        at += size;
    }
    return true;
}

bool archive_digest(struct archive *archive, const struct archive_file *file,
                    uint8_t digest[DIGEST_BYTES], struct error *err)
{
    struct hashing *hashing = hashing_new();
    uint8_t *piece = malloc(PIECE);
    uint32_t crc;
    bool done = false;

    if (hashing == NULL || piece == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    } else if (digest_pieces(archive, file, hashing, piece, &crc, err)) {
        hashing_end(hashing, digest);
        done = crc == file->crc ||
               ARCHIVE_REFUSE(err, file->offset, "%s 的内容与它的校验码不符",
                              "%s: its contents do not have its checksum", file->name);
    }
    free(piece);
    hashing_free(hashing);
    return done;
}
