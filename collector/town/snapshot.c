#include "town/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "ledger/canonical.h"
#include "town/snapshot_inside.h"

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s",
                     SAY("内存不足，无法封存配置", "out of memory to seal the settings"));
}

/* Room for one more, zeroed. */
static struct snapshot_item *add_item(struct drafted *draft)
{
    struct configuration *made = draft->made;
    struct snapshot_item *grown = made->items;

    if (made->count == draft->room) {
        size_t room = draft->room == 0 ? 64 : draft->room * 2;

        grown = realloc(grown, room * sizeof *grown);
        if (grown == NULL)
            return NULL;
        made->items = grown;
        draft->room = room;
    }
    memset(&grown[made->count], 0, sizeof *grown);
    return &grown[made->count++];
}

bool snapshot_add(struct drafted *draft, const char *name, void *content, size_t size,
                  struct error *err)
{
    struct snapshot_item *item = content == NULL ? NULL : add_item(draft);

    if (item == NULL) {
        free(content);
        return no_memory(err);
    }
    snprintf(item->name, sizeof item->name, "%s", name);
    item->content = content;
    item->size = size;
    digest_of(content, size, item->digest);
    return true;
}

bool snapshot_add_json(struct drafted *draft, const char *name, json_t *json, struct error *err)
{
    size_t size = 0;
    char *text = canonical_json(json, &size);

    json_decref(json);
    return snapshot_add(draft, name, text, size, err);
}

static bool add_files(struct drafted *draft, const struct settings *settings, struct error *err)
{
    for (size_t i = 0; i < settings->file_count; i++) {
        const struct settings_file *file = &settings->files[i];
        char *bytes = malloc(file->size + 1);

        if (bytes != NULL)
            memcpy(bytes, file->bytes, file->size + 1);
        if (!snapshot_add(draft, file->name, bytes, file->size, err))
            return false;
    }
    return true;
}

static int by_name(const void *one, const void *other)
{
    return strcmp(((const struct snapshot_item *)one)->name,
                  ((const struct snapshot_item *)other)->name);
}

/* The list in the form of sha256sum, and its digest. */
static bool write_text(struct configuration *made, struct error *err)
{
    enum { LINE = DIGEST_HEX + 2 + sizeof made->items->name };
    size_t size = made->count * LINE + 1;
    char hex[DIGEST_HEX];
    struct text text;

    made->text = malloc(size);
    if (made->text == NULL)
        return no_memory(err);
    text_init(&text, made->text, size);
    for (size_t i = 0; i < made->count; i++)
        text_format(&text, "%s  %s\n", digest_hex(made->items[i].digest, hex), made->items[i].name);
    digest_of(made->text, text.used, made->digest);
    return true;
}

struct configuration *snapshot_of(const struct settings *settings, struct error *err)
{
    struct configuration *made = calloc(1, sizeof *made);
    struct drafted draft = {.made = made};

    if (made == NULL) {
        no_memory(err);
        return NULL;
    }
    if (add_files(&draft, settings, err) && snapshot_add_made(&draft, settings, err)) {
        qsort(made->items, made->count, sizeof *made->items, by_name);
        if (write_text(made, err))
            return made;
    }
    snapshot_free(made);
    return NULL;
}

void snapshot_free(struct configuration *configuration)
{
    if (configuration == NULL)
        return;
    for (size_t i = 0; i < configuration->count; i++)
        free((void *)configuration->items[i].content);
    free(configuration->items);
    free(configuration->text);
    free(configuration);
}

bool configuration_item(const char *text, const char *name, uint8_t digest[DIGEST_BYTES])
{
    enum { BEFORE = DIGEST_HEX - 1 + 2 }; /* digest and two spaces */
    size_t length = strlen(name);

    for (const char *line = text; *line != '\0';) {
        const char *end = strchr(line, '\n');
        char hex[DIGEST_HEX];

        if (end == NULL)
            return false;
        if ((size_t)(end - line) == BEFORE + length && line[BEFORE - 2] == ' ' &&
            line[BEFORE - 1] == ' ' && memcmp(line + BEFORE, name, length) == 0) {
            memcpy(hex, line, DIGEST_HEX - 1);
            hex[DIGEST_HEX - 1] = '\0';
            return hex_read(hex, digest, DIGEST_BYTES);
        }
        line = end + 1;
    }
    return false;
}
