#include "page/tls.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

/* Certificates are no secret: who may read the folder may read them, links are followed. */
static bool read_certificate(const char *path, char *out, size_t size, struct error *err)
{
    FILE *from = fopen(path, "re");
    size_t used;

    if (from == NULL)
        return error_set(err, ERROR_SETTINGS, SAY("打不开证书 %s：%s", "certificate %s: %s"), path,
                         strerror(errno));
    used = fread(out, 1, size - 1, from);
    out[used] = '\0';
    fclose(from);
    if (used == size - 1 || strlen(out) != used)
        return error_set(err, ERROR_SETTINGS,
                         SAY("证书 %s 不是 PEM 文件", "certificate %s is no PEM file"), path);
    return true;
}

static BIO *memory(const char *text)
{
    return BIO_new_mem_buf(text, -1);
}

int tls_no_password(char *out, int size, int writing, void *self)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)self;
    return -1;
}

static bool belong_together(const struct page_setup *page, const struct tls_files *files,
                            struct error *err)
{
    BIO *certificate_text = memory(files->certificate), *key_text = memory(files->key);
    X509 *certificate = PEM_read_bio_X509(certificate_text, NULL, tls_no_password, NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_text, NULL, tls_no_password, NULL);
    bool good = true;

    if (certificate == NULL)
        good = error_set(err, ERROR_SETTINGS,
                         SAY("证书 %s 里没有证书（要 PEM 格式）",
                             "certificate %s holds no certificate (PEM is wanted)"),
                         page->certificate);
    else if (key == NULL)
        good = error_set(err, ERROR_SETTINGS,
                         SAY("私钥文件 %s 里没有不带密码的私钥（要 PEM 格式）",
                             "key %s holds no key without a password (PEM is wanted)"),
                         page->key_file);
    else if (X509_check_private_key(certificate, key) != 1)
        good = error_set(err, ERROR_SETTINGS,
                         SAY("私钥 %s 与证书 %s 不是一对", "key %s is not that of certificate %s"),
                         page->key_file, page->certificate);
    EVP_PKEY_free(key);
    X509_free(certificate);
    BIO_free(key_text);
    BIO_free(certificate_text);
    return good;
}

struct tls_files *tls_load(const struct page_setup *page, struct error *err)
{
    struct tls_files *files;

    if (page->certificate[0] == '\0')
        return NULL;
    files = calloc(1, sizeof *files);
    if (files == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足，无法启动", "out of memory at start"));
        return NULL;
    }
    if (read_certificate(page->certificate, files->certificate, sizeof files->certificate, err) &&
        secret_read_text(page->key_file, files->key, sizeof files->key, err) &&
        belong_together(page, files, err))
        return files;
    tls_free(files);
    return NULL;
}

void tls_free(struct tls_files *files)
{
    if (files == NULL)
        return;
    explicit_bzero(files->key, sizeof files->key);
    free(files);
}
