/* page_pack - the files a browser is given, gzip'd, as one table in C.
 *
 *   page_pack OUT.c NAME=FILE…
 *
 * `@DIGEST@` in a .html file becomes the digest of all files together: the folder their addresses
 * stand in, so that whatever a browser has kept of them is either whole or not asked for.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/gzip.h"

enum { LEVEL = 9, DIGEST_BYTES = 8, FILES_MAX = 200 };

#define MARK "@DIGEST@"

struct file {
    const char *name;
    char *bytes; /* ended by '\0', which is not counted */
    size_t size;
};

static const struct {
    const char *ending, *type;
} types[] = {
    {".html",  "text/html; charset=utf-8"       },
    {".css",   "text/css; charset=utf-8"        },
    {".js",    "text/javascript; charset=utf-8" },
    {".svg",   "image/svg+xml"                  },
    {".json",  "application/json; charset=utf-8"},
    {".png",   "image/png"                      },
    {".woff2", "font/woff2"                     },
    {".txt",   "text/plain; charset=utf-8"      },
};

static const char *type_of(const char *name)
{
    size_t size = strlen(name);

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t ending = strlen(types[i].ending);

        if (size > ending && strcmp(name + size - ending, types[i].ending) == 0)
            return types[i].type;
    }
    return NULL;
}

_Noreturn static void fail(const char *what, const char *about)
{
    fprintf(stderr, "page_pack: %s: %s\n", about, what);
    exit(1);
}

static void read_file(struct file *file, const char *path)
{
    FILE *from = fopen(path, "rb");
    long size;

    if (from == NULL || fseek(from, 0, SEEK_END) != 0 || (size = ftell(from)) < 0)
        fail("cannot be read", path);
    rewind(from);
    file->size = (size_t)size;
    file->bytes = calloc(1, file->size + 1);
    if (file->bytes == NULL || fread(file->bytes, 1, file->size, from) != file->size)
        fail("cannot be read", path);
    fclose(from);
}

static void take(struct file *file, char *argument)
{
    char *equals = strchr(argument, '=');

    if (equals == NULL)
        fail("NAME=FILE is wanted", argument);
    *equals = '\0';
    file->name = argument;
    if (type_of(file->name) == NULL)
        fail("no type is known for such a name", file->name);
    read_file(file, equals + 1);
}

static void digest_all(const struct file *files, size_t count, char hex[2 * DIGEST_BYTES + 1])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char digest[EVP_MAX_MD_SIZE];

    if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
        fail("no digest", "SHA-256");
    for (size_t i = 0; i < count; i++) {
        EVP_DigestUpdate(context, files[i].name, strlen(files[i].name) + 1);
        EVP_DigestUpdate(context, &files[i].size, sizeof files[i].size);
        EVP_DigestUpdate(context, files[i].bytes, files[i].size);
    }
    EVP_DigestFinal_ex(context, digest, NULL);
    EVP_MD_CTX_free(context);
    for (size_t i = 0; i < DIGEST_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* The digest is twice as long as the mark, which keeps both sides simple: made anew. */
static void put_digest(struct file *file, const char *hex)
{
    size_t marks = 0;
    char *made, *to;

    for (char *at = file->bytes; (at = strstr(at, MARK)) != NULL; at += strlen(MARK))
        marks++;
    made = to = calloc(1, file->size + marks * strlen(hex) + 1);
    if (made == NULL)
        fail("no memory", file->name);
    for (const char *at = file->bytes; *at != '\0';) {
        if (strncmp(at, MARK, strlen(MARK)) == 0) {
            memcpy(to, hex, strlen(hex));
            to += strlen(hex);
            at += strlen(MARK);
        } else {
            *to++ = *at++;
        }
    }
    free(file->bytes);
    file->bytes = made;
    file->size = (size_t)(to - made);
}

static void write_bytes(FILE *to, size_t index, const unsigned char *bytes, size_t size)
{
    fprintf(to, "static const unsigned char packed_%zu[] = {", index);
    for (size_t i = 0; i < size; i++)
        fprintf(to, "%s%u,", i % 24 == 0 ? "\n" : "", bytes[i]);
    fprintf(to, "\n};\n");
}

static void write_all(FILE *to, struct file *files, size_t count, const char *hex)
{
    size_t packed_size[FILES_MAX];

    fprintf(to, "#include \"page/assets.h\"\n\nconst char assets_digest[] = \"%s\";\n", hex);
    for (size_t i = 0; i < count; i++) {
        unsigned char *packed = gzip_made(files[i].bytes, files[i].size, LEVEL, &packed_size[i]);

        if (packed == NULL)
            fail("cannot be compressed", files[i].name);
        write_bytes(to, i, packed, packed_size[i]);
        free(packed);
    }
    fprintf(to, "const struct asset assets[] = {\n");
    for (size_t i = 0; i < count; i++)
        fprintf(to, "    {\"%s\", \"%s\", packed_%zu, %zu, %zu},\n", files[i].name,
                type_of(files[i].name), i, packed_size[i], files[i].size);
    fprintf(to, "    {0},\n};\n");
}

int main(int count, char **arguments)
{
    static struct file files[FILES_MAX];
    char hex[2 * DIGEST_BYTES + 1];
    size_t found = 0;
    FILE *to;

    if (count < 3 || count - 2 > FILES_MAX)
        fail("OUT.c NAME=FILE…", "use");
    for (int i = 2; i < count; i++)
        take(&files[found++], arguments[i]);
    digest_all(files, found, hex);
    for (size_t i = 0; i < found; i++)
        if (strstr(type_of(files[i].name), "html") != NULL)
            put_digest(&files[i], hex);
    to = fopen(arguments[1], "w");
    if (to == NULL)
        fail("cannot be written", arguments[1]);
    write_all(to, files, found, hex);
    for (size_t i = 0; i < found; i++)
        free(files[i].bytes);
    if (fclose(to) != 0)
        fail("cannot be written", arguments[1]);
    return 0;
}
