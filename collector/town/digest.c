#include "town/digest.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The file's bytes, ended by the caller; NULL when there is none. */
static char *read_all(const char *path, size_t *size)
{
    FILE *from = fopen(path, "rb");
    char *bytes = NULL;
    FILE *memory;
    char part[4096];
    size_t count;

    if (from == NULL)
        return NULL;
    memory = open_memstream(&bytes, size);
    while (memory != NULL && (count = fread(part, 1, sizeof part, from)) > 0)
        fwrite(part, 1, count, memory);
    if (memory != NULL)
        fclose(memory);
    fclose(from);
    return bytes;
}

static void add_file(EVP_MD_CTX *context, const char *dir, const char *name)
{
    char path[600];
    char head[100];
    size_t size = 0;
    char *bytes;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    bytes = read_all(path, &size);
    if (bytes == NULL)
        return;
    EVP_DigestUpdate(context, head, (size_t)snprintf(head, sizeof head, "%s\n%zu\n", name, size));
    EVP_DigestUpdate(context, bytes, size);
    free(bytes);
}

static int is_conf(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 5 && length < 200 && strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static int by_bytes(const struct dirent **one, const struct dirent **other)
{
    return strcmp((*one)->d_name, (*other)->d_name);
}

/* Standards of one's own; those that are shipped go with the version. */
static void add_standards(EVP_MD_CTX *context, const char *dir)
{
    struct dirent **found = NULL;
    char path[600];
    int count;

    snprintf(path, sizeof path, "%s/standards", dir);
    count = scandir(path, &found, is_conf, by_bytes);
    for (int i = 0; i < count; i++) {
        char name[300];

        snprintf(name, sizeof name, "standards/%s", found[i]->d_name);
        add_file(context, dir, name);
        free(found[i]);
    }
    free(found);
}

char *settings_digest(const struct settings *settings, char *out)
{
    static const char *const names[] = {
        "collector.conf",  "sites.conf",
        "devices.conf",    "rules.conf",
        "parameters.conf", "ledger.conf",
        "aggregates.conf", "screening.conf",
        "verdict.conf",    "rectification-fields.conf",
    };
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    out[0] = '\0';
    if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(context);
        return out;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        add_file(context, settings->dir, names[i]);
    add_standards(context, settings->dir);
    if (EVP_DigestFinal_ex(context, digest, &length) == 1)
        for (unsigned i = 0; i < length && i < 32; i++)
            snprintf(out + (size_t)2 * i, 3, "%02x", digest[i]);
    EVP_MD_CTX_free(context);
    return out;
}
