/* configuration/: what was in force, and the files and descriptions it names. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "report/bundle_inside.h"

struct texts {
    struct bundle *bundle;
    const struct part *part;        /* where the configuration was met first */
    uint8_t (*items)[DIGEST_BYTES]; /* put already */
    size_t count, room;
};

static bool is_of_the_case(const struct bundle *bundle, const char *name)
{
    char point[POINT_SIZE + 8];
    size_t length = strlen(name);

    if (length < strlen("points/.json") || length - strlen("points/.json") >= sizeof point)
        return false;
    snprintf(point, sizeof point, "%.*s", (int)(length - strlen("points/.json")),
             name + strlen("points/"));
    for (size_t i = 0; i < bundle->setup.about.point_count; i++)
        if (strcmp(bundle->setup.about.points[i], point) == 0)
            return true;
    return false;
}

static bool begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

static bool is_withheld(const struct bundle *bundle, const char *name)
{
    return bundle->setup.public_form &&
           (begins(name, "settings/") || strcmp(name, "ledger.conf") == 0 ||
            begins(name, "sites/") || (begins(name, "points/") && !is_of_the_case(bundle, name)));
}

static bool was_put(const struct texts *texts, const uint8_t digest[DIGEST_BYTES])
{
    for (size_t i = 0; i < texts->count; i++)
        if (memcmp(texts->items[i], digest, DIGEST_BYTES) == 0)
            return true;
    return false;
}

/* What is not what its digest says is shown as it stands, and said. */
static bool check(struct bundle *bundle, const struct part *part, const void *bytes, size_t size,
                  const uint8_t digest[DIGEST_BYTES], struct error *err)
{
    uint8_t found[DIGEST_BYTES];

    digest_of(bytes, size, found);
    return memcmp(found, digest, sizeof found) == 0 ||
           bundle_note_differs(bundle, part, "configuration", err);
}

static bool put_item(struct texts *texts, const uint8_t digest[DIGEST_BYTES], const char *item,
                     struct error *err)
{
    char name[ARCHIVE_NAME_MAX], hex[DIGEST_HEX];
    size_t size = 0;
    void *bytes;
    bool put;

    if (is_withheld(texts->bundle, item) || was_put(texts, digest))
        return true;
    if (!list_room(&texts->items, texts->count, &texts->room, sizeof *texts->items, err))
        return false;
    memcpy(texts->items[texts->count++], digest, DIGEST_BYTES);
    bytes = reader_snapshot(texts->bundle->setup.reader, digest, &size, err);
    if (bytes == NULL)
        return error_set(err, ERROR_STORE,
                         SAY("封存的配置里的 %s 已不在：请运行 lookback seals verify",
                             "%s of the sealed configuration is not there: run lookback seals "
                             "verify"),
                         item);
    snprintf(name, sizeof name, "configuration/items/%s", digest_hex(digest, hex));
    put = check(texts->bundle, texts->part, bytes, size, digest, err) &&
          archive_put(texts->bundle->archive, name, bytes, size, err);
    free(bytes);
    return put;
}

/* Lines "DIGEST  NAME". */
static bool put_items(struct texts *texts, const char *text, struct error *err)
{
    for (const char *line = text; *line != '\0';) {
        const char *end = strchr(line, '\n');
        size_t size = end == NULL ? strlen(line) : (size_t)(end - line);
        uint8_t digest[DIGEST_BYTES];
        char hex[DIGEST_HEX], name[200];

        if (size > DIGEST_HEX + 1) {
            snprintf(hex, sizeof hex, "%s", line);
            snprintf(name, sizeof name, "%.*s", (int)(size - DIGEST_HEX - 1),
                     line + DIGEST_HEX + 1);
            if (hex_read(hex, digest, sizeof digest) && !put_item(texts, digest, name, err))
                return false;
        }
        line += end == NULL ? size : size + 1;
    }
    return true;
}

static char *read_text(void *self, const uint8_t digest[DIGEST_BYTES], size_t *size,
                       struct error *err)
{
    struct bundle *bundle = self;
    uint8_t found[DIGEST_BYTES];
    char *text = NULL;
    size_t i = 0;

    while (i < bundle->named_count && memcmp(bundle->named[i].digest, digest, DIGEST_BYTES) != 0)
        i++;
    assert(i < bundle->named_count);
    if (!reader_configuration(bundle->setup.reader, bundle->named[i].seq, found, &text, err))
        return NULL;
    *size = text == NULL ? 0 : strlen(text);
    if (text == NULL)
        error_set(err, ERROR_STORE, "%s",
                  SAY("有一份封存的配置已不在：请运行 lookback seals verify",
                      "a sealed configuration is not there: run lookback seals verify"));
    return text;
}

static char *read_item(void *self, const uint8_t digest[DIGEST_BYTES], size_t *size,
                       struct error *err)
{
    struct bundle *bundle = self;
    char *bytes = reader_snapshot(bundle->setup.reader, digest, size, err);

    if (bytes == NULL && err->kind == ERROR_NONE)
        error_set(err, ERROR_STORE, "%s",
                  SAY("封存的配置里有一项已不在：请运行 lookback seals verify",
                      "an item of a sealed configuration is not there: run lookback seals verify"));
    return bytes;
}

static bool put_text(struct texts *texts, const struct named *named, struct error *err)
{
    char name[ARCHIVE_NAME_MAX], hex[DIGEST_HEX];
    size_t size;
    char *text = read_text(texts->bundle, named->digest, &size, err);
    bool put;

    texts->part = named->part;
    snprintf(name, sizeof name, "configuration/%s.txt", digest_hex(named->digest, hex));
    put = text != NULL && check(texts->bundle, named->part, text, size, named->digest, err) &&
          archive_put(texts->bundle->archive, name, text, size, err) && put_items(texts, text, err);
    free(text);
    return put;
}

bool bundle_put_settings(struct bundle *bundle, struct error *err)
{
    const struct case_source source = {read_text, read_item, bundle};
    struct texts texts = {.bundle = bundle};
    bool put = true;

    for (size_t i = 0; i < bundle->named_count && put; i++)
        put = put_text(&texts, &bundle->named[i], err);
    free(texts.items);
    return put && bundle_case_settle(bundle->about, &source, err);
}
