#include "store/seal_key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/say.h"

enum { PEM_MAX = 4096, PATH_SIZE = 1100 };

struct seal_key {
    EVP_PKEY *pair;
    uint8_t public[DIGEST_BYTES];
    char fingerprint[DIGEST_HEX];
};

void seal_key_free(struct seal_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pair);
    free(key);
}

/* Takes the pair. */
static struct seal_key *key_of_pair(EVP_PKEY *pair)
{
    struct seal_key *key = calloc(1, sizeof *key);
    uint8_t digest[DIGEST_BYTES];
    size_t size = DIGEST_BYTES;

    if (key == NULL || pair == NULL || EVP_PKEY_get_base_id(pair) != EVP_PKEY_ED25519 ||
        EVP_PKEY_get_raw_public_key(pair, key->public, &size) != 1 || size != DIGEST_BYTES) {
        EVP_PKEY_free(pair);
        free(key);
        return NULL;
    }
    key->pair = pair;
    digest_of(key->public, DIGEST_BYTES, digest);
    digest_hex(digest, key->fingerprint);
    return key;
}

/* Reading one ------------------------------------------------------------------------------- */

/* A password is never asked for. */
static int no_password(char *out, int size, int writing, void *self)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)self;
    return 0;
}

static struct seal_key *key_of_text(const char *pem, size_t size)
{
    BIO *text = BIO_new_mem_buf(pem, (int)size);
    EVP_PKEY *pair = text == NULL ? NULL : PEM_read_bio_PrivateKey(text, NULL, no_password, NULL);

    BIO_free(text);
    return key_of_pair(pair);
}

/* A command that root runs in the collector's place uses the collector's key. */
static bool is_ours(const struct stat *file, const char *path)
{
    char dir[PATH_SIZE];
    struct stat place;

    if (file->st_uid == geteuid())
        return true;
    snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(path, '/') - path), path);
    return geteuid() == 0 && stat(dir, &place) == 0 && place.st_uid == file->st_uid;
}

static bool is_private(int fd, const char *path, struct error *err)
{
    struct stat file;

    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode))
        return error_set(
            err, ERROR_STORE,
            SAY("签名钥匙 %s 不是普通文件", "the signing key %s is not a regular file"), path);
    if ((file.st_mode & 07777 & ~0600U) != 0)
        return error_set(
            err, ERROR_STORE,
            SAY("签名钥匙 %s 的权限是 %04o，应为 0600：别人若读过它，就能冒签；"
                "请核查谁可能读过，再执行 chmod 600 %s",
                "the signing key %s has mode %04o and must have 0600: who has read it can sign in "
                "its name; find out who may have, then run chmod 600 %s"),
            path, (unsigned)(file.st_mode & 07777), path);
    if (!is_ours(&file, path))
        return error_set(err, ERROR_STORE,
                         SAY("签名钥匙 %s 的属主是用户 %u，采集器是用户 %u；请执行 chown %u %s",
                             "the signing key %s belongs to user %u and the collector is user %u; "
                             "run chown %u %s"),
                         path, (unsigned)file.st_uid, (unsigned)geteuid(), (unsigned)geteuid(),
                         path);
    return true;
}

static struct seal_key *read_key(int fd, const char *path, struct error *err)
{
    char pem[PEM_MAX];
    ssize_t size = pread(fd, pem, sizeof pem, 0);
    struct seal_key *key = size <= 0 || size == PEM_MAX ? NULL : key_of_text(pem, (size_t)size);

    explicit_bzero(pem, sizeof pem);
    if (key == NULL)
        error_set(err, ERROR_STORE,
                  SAY("签名钥匙 %s 不是 Ed25519 私钥（PEM）：请从备份恢复它；"
                      "若已丢失，移走此文件，采集器会另造一把，此前的封存仍可核对",
                      "the signing key %s is not an Ed25519 private key (PEM): restore it from a "
                      "backup; if it is lost, move the file away and the collector makes another, "
                      "what was sealed before can still be checked"),
                  path);
    return key;
}

static struct seal_key *open_file(const char *path, bool *absent, struct error *err)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct seal_key *key = NULL;

    if (absent != NULL)
        *absent = fd < 0 && errno == ENOENT;
    if (fd < 0) {
        error_set(err, ERROR_STORE,
                  SAY("签名钥匙 %s 无法读取：%s；请检查属主与权限（0600）",
                      "the signing key %s cannot be read: %s; check its owner and mode (0600)"),
                  path, strerror(errno));
        return NULL;
    }
    if (is_private(fd, path, err))
        key = read_key(fd, path, err);
    close(fd);
    return key;
}

static char *path_in(const char *dir, const char *suffix, char out[PATH_SIZE])
{
    snprintf(out, PATH_SIZE, "%s/seal.key%s", dir, suffix);
    return out;
}

struct seal_key *seal_key_open(const char *dir, bool *absent, struct error *err)
{
    char path[PATH_SIZE];

    return open_file(path_in(dir, "", path), absent, err);
}

struct seal_key *seal_key_open_old(const char *dir, const char *fingerprint, struct error *err)
{
    char suffix[1 + DIGEST_HEX];
    char path[PATH_SIZE];
    struct seal_key *key;

    snprintf(suffix, sizeof suffix, ".%s", fingerprint);
    key = open_file(path_in(dir, suffix, path), NULL, err);
    if (key == NULL || strcmp(key->fingerprint, fingerprint) == 0)
        return key;
    error_set(err, ERROR_STORE, SAY("%s 里是另一把钥匙：%s", "%s holds another key: %s"), path,
              key->fingerprint);
    seal_key_free(key);
    return NULL;
}

/* Making one -------------------------------------------------------------------------------- */

static bool complain(const char *path, struct error *err)
{
    return error_set(err, ERROR_STORE,
                     SAY("签名钥匙 %s 无法写入：%s；请检查存储目录的属主、权限与空间",
                         "the signing key %s cannot be written: %s; check owner, mode and room of "
                         "the store's directory"),
                     path, strerror(errno));
}

/* What root makes belongs to whom the folder belongs to. */
static void give_to_owner(int fd, const char *path)
{
    char dir[PATH_SIZE];
    struct stat place;

    snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(path, '/') - path), path);
    if (geteuid() == 0 && stat(dir, &place) == 0)
        (void)!fchown(fd, place.st_uid, place.st_gid);
}

static bool write_file(const char *path, mode_t mode, const char *bytes, size_t size,
                       struct error *err)
{
    int fd;
    bool done;

    if (unlink(path) != 0 && errno != ENOENT)
        return complain(path, err);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return complain(path, err);
    give_to_owner(fd, path);
    errno = ENOSPC; /* a short write says no more */
    done = fchmod(fd, mode) == 0 && write(fd, bytes, size) == (ssize_t)size && fsync(fd) == 0;
    if (!done)
        complain(path, err);
    close(fd);
    if (!done)
        unlink(path);
    return done;
}

static bool sync_dir(const char *dir, struct error *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && fsync(fd) == 0;

    if (!done)
        complain(dir, err);
    if (fd >= 0)
        close(fd);
    return done;
}

/* Writes either half of the pair as PEM. */
static bool write_pem(const char *path, EVP_PKEY *pair, bool private, struct error *err)
{
    BIO *text = BIO_new(private ? BIO_s_secmem() : BIO_s_mem());
    char *bytes = NULL;
    bool done = false;
    long size = 0;

    if (text != NULL &&
        (private ? PEM_write_bio_PKCS8PrivateKey(text, pair, NULL, NULL, 0, NULL, NULL)
                 : PEM_write_bio_PUBKEY(text, pair)) == 1)
        size = BIO_get_mem_data(text, &bytes);
    if (size > 0)
        done = write_file(path, private ? 0600 : 0644, bytes, (size_t)size, err);
    else
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    BIO_free(text);
    return done;
}

struct seal_key *seal_key_prepare(const char *dir, struct error *err)
{
    struct seal_key *key = key_of_pair(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    char path[PATH_SIZE];

    if (key == NULL) {
        error_set(err, ERROR_MEMORY, "%s",
                  SAY("无法生成签名钥匙", "a signing key cannot be generated"));
        return NULL;
    }
    if (write_pem(path_in(dir, ".new", path), key->pair, true, err) && sync_dir(dir, err))
        return key;
    seal_key_free(key);
    return NULL;
}

static bool put_public(const char *dir, EVP_PKEY *pair, struct error *err)
{
    char path[PATH_SIZE], made[PATH_SIZE];

    snprintf(path, sizeof path, "%s/seal.pub", dir);
    snprintf(made, sizeof made, "%s/seal.pub.new", dir);
    return write_pem(made, pair, false, err) && (rename(made, path) == 0 || complain(path, err));
}

/* The old one gets its second name first, so that at no moment it has none. */
static bool keep_old(const char *dir, const char *path, struct error *err)
{
    char suffix[1 + DIGEST_HEX];
    char kept[PATH_SIZE];
    bool absent;
    struct seal_key *old = open_file(path, &absent, err);

    if (old == NULL)
        return absent;
    snprintf(suffix, sizeof suffix, ".%s", old->fingerprint);
    seal_key_free(old);
    return link(path, path_in(dir, suffix, kept)) == 0 || errno == EEXIST || complain(kept, err);
}

struct seal_key *seal_key_install(const char *dir, struct error *err)
{
    char path[PATH_SIZE], made[PATH_SIZE];
    struct seal_key *key = open_file(path_in(dir, ".new", made), NULL, err);

    if (key == NULL)
        return NULL;
    path_in(dir, "", path);
    if (keep_old(dir, path, err) && (rename(made, path) == 0 || complain(path, err)) &&
        put_public(dir, key->pair, err) && sync_dir(dir, err))
        return key;
    seal_key_free(key);
    return NULL;
}

struct seal_key *seal_key_open_new(const char *dir)
{
    char path[PATH_SIZE];

    return open_file(path_in(dir, ".new", path), NULL, NULL);
}

struct seal_key *seal_key_make(const char *dir, bool replace, struct error *err)
{
    char path[PATH_SIZE];
    struct seal_key *made;

    if (!replace && access(path_in(dir, "", path), F_OK) == 0) {
        error_set(err, ERROR_STORE,
                  SAY("签名钥匙 %s 已存在，不会覆盖", "the signing key %s is there and is not "
                                                      "written over"),
                  path);
        return NULL;
    }
    made = seal_key_prepare(dir, err);
    if (made == NULL)
        return NULL;
    seal_key_free(made);
    return seal_key_install(dir, err);
}

/* Using one --------------------------------------------------------------------------------- */

const char *seal_key_fingerprint(const struct seal_key *key)
{
    return key->fingerprint;
}

const uint8_t *seal_key_public(const struct seal_key *key)
{
    return key->public;
}

bool seal_key_sign(const struct seal_key *key, const void *text, size_t size,
                   uint8_t signature[SIGNATURE_BYTES], struct error *err)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = SIGNATURE_BYTES;
    bool done = context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, key->pair) == 1 &&
                EVP_DigestSign(context, signature, &length, text, size) == 1 &&
                length == SIGNATURE_BYTES;

    EVP_MD_CTX_free(context);
    return done || error_set(err, ERROR_MEMORY, "%s", SAY("签名失败", "signing failed"));
}
