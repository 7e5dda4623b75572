/* The configurations that were in force, and what they are made of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/proof_inside.h"

/* One line of a configuration: "DIGEST  NAME". */
struct item {
    uint8_t digest[DIGEST_BYTES];
    const char *name;
};

/* Takes the next line of a configuration's text, which it cuts; false: none, or `*good` false. */
static bool next_item(char **at, struct item *item, bool *good)
{
    char *line = *at;
    char *end = strchr(line, '\n');
    char hex[DIGEST_HEX];

    if (*line == '\0')
        return false;
    *good = end != NULL && end - line > DIGEST_HEX + 1 && line[DIGEST_HEX - 1] == ' ' &&
            line[DIGEST_HEX] == ' ';
    if (!*good)
        return false;
    *end = '\0';
    memcpy(hex, line, DIGEST_HEX - 1);
    hex[DIGEST_HEX - 1] = '\0';
    *good = hex_read(hex, item->digest, DIGEST_BYTES);
    item->name = line + DIGEST_HEX + 1;
    *at = end + 1;
    return *good;
}

/* A bit for the point whose description this is, if it is one of the case. */
static uint32_t point_bit(const struct check *check, const char *name)
{
    char point[POINT_SIZE];
    size_t length = strlen(name);
    int index;

    if (strncmp(name, "points/", 7) != 0 || length < 13 || length - 12 >= sizeof point ||
        strcmp(name + length - 5, ".json") != 0)
        return 0;
    memcpy(point, name + 7, length - 12);
    point[length - 12] = '\0';
    index = proof_point(check, point);
    return index < 0 ? 0 : (uint32_t)1 << index;
}

/* A public bundle keeps back what names people or places, and other points. */
static bool is_withheld(const struct check *check, const char *name)
{
    return check->is_public &&
           (strcmp(name, "ledger.conf") == 0 || strncmp(name, "settings/", 9) == 0 ||
            strncmp(name, "sites/", 6) == 0 ||
            (strncmp(name, "points/", 7) == 0 && point_bit(check, name) == 0));
}

static void look_for_item(struct check *check, const struct item *item)
{
    char name[ARCHIVE_NAME_MAX], hex[DIGEST_HEX];
    const struct archive_file *file;

    snprintf(name, sizeof name, "configuration/items/%s", digest_hex(item->digest, hex));
    file = archive_find(check->archive, name);
    if (is_withheld(check, item->name))
        return; /* where another name shows the same content, that one marks it */
    if (file == NULL)
        refute(check, CLAIM_COMPLETE,
               SAY("配置里的 %.120s 没有展示", "%.120s of the configuration is not shown"),
               item->name);
    else
        check->known[file - archive_at(check->archive, 0)] = true;
}

/* What a text names: sorted, each once. */
static bool read_items(struct check *check, struct settings_text *settings, char *text,
                       const char *name, struct error *err)
{
    struct item item;
    const char *before = "";
    bool good = true;

    while (next_item(&text, &item, &good)) {
        if (strcmp(before, item.name) >= 0)
            good = false;
        if (!good)
            break;
        before = item.name;
        settings->described |= point_bit(check, item.name);
        look_for_item(check, &item);
    }
    return good || proof_refuse(err,
                                SAY("%s 的写法不对（摘要、两个空格、名称，按名称排序）",
                                    "%s is not as it is written (digest, two spaces, name; in "
                                    "order of the names)"),
                                name);
}

static bool is_of_digest(const char *bytes, size_t size, const uint8_t expected[DIGEST_BYTES])
{
    uint8_t digest[DIGEST_BYTES];

    digest_of(bytes, size, digest);
    return memcmp(digest, expected, DIGEST_BYTES) == 0;
}

bool proof_settings_text(struct check *check, struct settings_text *settings, struct error *err)
{
    char name[ARCHIVE_NAME_MAX], hex[DIGEST_HEX];
    const struct archive_file *file;
    size_t size;
    char *text;
    bool good;

    snprintf(name, sizeof name, "configuration/%s.txt", digest_hex(settings->digest, hex));
    file = proof_file(check, name, err);
    text = file == NULL ? NULL : proof_whole(check, file, &size, err);
    if (text == NULL)
        return false;
    if (is_of_digest(text, size, settings->digest) && strlen(text) == size) {
        settings->good = true;
        good = read_items(check, settings, text, name, err);
    } else {
        check->sealed_differs = true;
        refute(check, CLAIM_UNCHANGED,
               SAY("%s 不是它的名字所说的内容", "%s is not what its name says"), name);
        good = true;
    }
    free(text);
    return good;
}

/* Bytes of the archive that are what their name says; NULL: not there, or not. */
static char *give(struct check *check, const char *name, const uint8_t digest[DIGEST_BYTES],
                  size_t *size, struct error *err)
{
    const struct archive_file *file = proof_file(check, name, err);
    char *bytes = file == NULL ? NULL : proof_whole(check, file, size, err);

    if (bytes == NULL || is_of_digest(bytes, *size, digest))
        return bytes;
    free(bytes);
    proof_refuse(err, SAY("%s 不是它的名字所说的内容", "%s is not what its name says"), name);
    return NULL;
}

static char *give_configuration(void *self, const uint8_t digest[DIGEST_BYTES], size_t *size,
                                struct error *err)
{
    char name[ARCHIVE_NAME_MAX], hex[DIGEST_HEX];

    snprintf(name, sizeof name, "configuration/%s.txt", digest_hex(digest, hex));
    return give(self, name, digest, size, err);
}

static char *give_item(void *self, const uint8_t digest[DIGEST_BYTES], size_t *size,
                       struct error *err)
{
    char name[ARCHIVE_NAME_MAX], hex[DIGEST_HEX];

    snprintf(name, sizeof name, "configuration/items/%s", digest_hex(digest, hex));
    return give(self, name, digest, size, err);
}

/* Every item that is shown is what its name says. */
static bool check_items(struct check *check, struct error *err)
{
    static const char before[] = "configuration/items/";

    for (size_t i = 0; i < archive_count(check->archive); i++) {
        const struct archive_file *file = archive_at(check->archive, i);
        const char *hex = file->name + sizeof before - 1;
        uint8_t said[DIGEST_BYTES], digest[DIGEST_BYTES];
        struct error why = {0};

        if (strncmp(file->name, before, sizeof before - 1) != 0)
            continue;
        if (!archive_digest(check->archive, file, digest, &why) && why.kind != ERROR_REFUSED) {
            *err = why;
            return false;
        }
        if (strlen(hex) == DIGEST_HEX - 1 && hex_read(hex, said, DIGEST_BYTES) &&
            memcmp(said, digest, DIGEST_BYTES) == 0)
            continue;
        check->sealed_differs = true;
        refute(check, CLAIM_UNCHANGED,
               SAY("%s 不是它的名字所说的内容", "%s is not what its name says"), file->name);
    }
    return true;
}

/* The case as it was described and judged. Without it rows can still be followed to their roots,
 * but nothing can be said in their units and zone. */
static bool settle(struct check *check, struct error *err)
{
    const struct case_source source = {give_configuration, give_item, check};
    struct error why = {0};

    if (bundle_case_settle(check->bundle, &source, &why)) {
        check->settled = check->evaluates = true;
        return true;
    }
    if (why.kind == ERROR_MEMORY) {
        *err = why;
        return false;
    }
    lack(check, CLAIM_VERDICT_RECOMPUTED, "%s", why.text);
    lack(check, CLAIM_UNCHANGED,
         SAY("无法与 readings.csv 逐行比较：%s", "readings.csv cannot be compared: %s"), why.text);
    return true;
}

bool proof_settings(struct check *check, struct error *err)
{
    if (!check_items(check, err))
        return false;
    if (check->sealed_differs) {
        lack(check, CLAIM_VERDICT_RECOMPUTED, "%s",
             SAY("封存的内容已不是原样，从它算出的结论没有意义",
                 "what was sealed is not what is here: a verdict from it would mean nothing"));
        return true;
    }
    return settle(check, err);
}
