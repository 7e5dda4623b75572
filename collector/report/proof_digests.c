/* Every file against manifest.json and sha256sums, and whether it belongs here at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "report/embedded.h"
#include "report/proof_inside.h"

static bool stands_apart(const char *name)
{
    return strcmp(name, "manifest.json") == 0 || strcmp(name, "sha256sums") == 0 ||
           strcmp(name, "issue.json") == 0;
}

/* One line of the list; false: it is not of its form. */
static bool listed(const json_t *one, const char **name, uint8_t digest[DIGEST_BYTES],
                   json_int_t *size)
{
    const json_t *said = json_object_get(one, "size");
    const char *hex = json_words(one, "sha256");

    *name = json_string_value(json_object_get(one, "name"));
    *size = json_integer_value(said);
    return *name != NULL && json_is_integer(said) && json_object_size(one) == 3 &&
           strlen(hex) == DIGEST_HEX - 1 && hex_read(hex, digest, DIGEST_BYTES);
}

/* The digest of a file as it stands. A wrong checksum is one more sign of a change. */
static bool look(struct check *check, const struct archive_file *file, uint8_t digest[DIGEST_BYTES],
                 bool *sound, struct error *err)
{
    struct error why = {0};

    *sound = archive_digest(check->archive, file, digest, &why);
    if (*sound || why.kind == ERROR_REFUSED) {
        if (!*sound)
            refute(check, CLAIM_UNCHANGED, "%s", why.text);
        return true;
    }
    *err = why;
    return false;
}

/* Goes along the archive and the list side by side, both in order of the names. */
static bool compare_list(struct check *check, const json_t *files, struct error *err)
{
    size_t at = 0;
    uint64_t done = 0;
    uint64_t all = 1;

    for (size_t i = 0; i < archive_count(check->archive); i++)
        all += archive_at(check->archive, i)->size;
    for (size_t i = 0; i < archive_count(check->archive); i++) {
        const struct archive_file *file = archive_at(check->archive, i);
        uint8_t digest[DIGEST_BYTES], said[DIGEST_BYTES] = {0};
        const char *name = "";
        json_int_t size = -1;
        bool sound;

        if (!look(check, file, digest, &sound, err))
            return false;
        done += file->size;
        proof_progress(check, 0.2 * (double)done / (double)all);
        if (stands_apart(file->name))
            continue;
        for (; at < json_array_size(files); at++) {
            if (!listed(json_array_get(files, at), &name, said, &size))
                return proof_refuse(err,
                                    SAY("manifest.json：第 %zu 个文件写法不对",
                                        "manifest.json: file %zu of its list is not as "
                                        "it is written"),
                                    at + 1);
            if (strcmp(name, file->name) >= 0)
                break;
            refute(check, CLAIM_UNCHANGED, SAY("缺少文件 %.200s", "%.200s is missing"), name);
        }
        if (at == json_array_size(files) || strcmp(name, file->name) != 0) {
            refute(check, CLAIM_UNCHANGED,
                   SAY("%s 不在 manifest.json 里", "%s is not in manifest.json"), file->name);
            continue;
        }
        at++;
        if (sound && ((uint64_t)size != file->size || memcmp(said, digest, DIGEST_BYTES) != 0))
            refute(check, CLAIM_UNCHANGED,
                   SAY("%s 不是 manifest.json 所记的那个", "%s is not what manifest.json says"),
                   file->name);
    }
    for (; at < json_array_size(files); at++)
        refute(check, CLAIM_UNCHANGED, SAY("缺少文件 %.200s", "%.200s is missing"),
               json_words(json_array_get(files, at), "name"));
    return true;
}

/* A line of sha256sums, as the list and the manifest itself say it. */
static bool sums_line(struct text *sums, const char *name, const uint8_t digest[DIGEST_BYTES])
{
    char hex[DIGEST_HEX];

    text_format(sums, "%s  %s\n", digest_hex(digest, hex), name);
    return !sums->full;
}

/* sha256sums made anew from the list. */
static bool make_sums(const struct check *check, const json_t *files, struct text *sums)
{
    bool manifest_stands = false;

    for (size_t i = 0; i < json_array_size(files); i++) {
        uint8_t digest[DIGEST_BYTES];
        const char *name;
        json_int_t size;

        if (!listed(json_array_get(files, i), &name, digest, &size))
            return false;
        if (!manifest_stands && strcmp(name, "manifest.json") > 0) {
            manifest_stands = true;
            if (!sums_line(sums, "manifest.json", check->manifest_digest))
                return false;
        }
        if (!sums_line(sums, name, digest))
            return false;
    }
    return manifest_stands || sums_line(sums, "manifest.json", check->manifest_digest);
}

static unsigned line_of_difference(const char *one, const char *other)
{
    unsigned line = 1;

    for (; *one != '\0' && *one == *other; one++, other++)
        line += *one == '\n';
    return line;
}

static bool compare_sums(struct check *check, const json_t *files, struct error *err)
{
    const struct archive_file *file = proof_file(check, "sha256sums", err);
    size_t size = 0;
    char *said = file == NULL ? NULL : proof_whole(check, file, &size, err);
    char *ours = said == NULL ? NULL : malloc(size + 1024);
    struct text sums;

    if (said != NULL && ours == NULL)
        proof_memory(err);
    if (ours != NULL) {
        text_init(&sums, ours, size + 1024);
        if (!make_sums(check, files, &sums) || sums.used != size || memcmp(ours, said, size) != 0)
            refute(check, CLAIM_UNCHANGED,
                   SAY("sha256sums 第 %u 行与 manifest.json 不一致",
                       "sha256sums, line %u, does not say what manifest.json says"),
                   line_of_difference(said, ours));
    }
    free(said);
    free(ours);
    return ours != NULL;
}

/* The three texts, which are ours as long as the bundle was written by this very program. */
static bool compare_texts(struct check *check, struct error *err)
{
    const struct {
        const char *name;
        const unsigned char *text;
        size_t size;
    } texts[] = {
        {"VERIFY.md",  text_verify_md,  text_verify_md_size },
        {"SEAL.md",    text_seal_md,    text_seal_md_size   },
        {"VERDICT.md", text_verdict_md, text_verdict_md_size},
    };
    bool ours = strcmp(json_words(check->proof->manifest, "program"), version_text()) == 0;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct archive_file *file = proof_file(check, texts[i].name, err);
        size_t size = 0;
        char *said = file == NULL ? NULL : proof_whole(check, file, &size, err);

        if (said == NULL)
            return false;
        if (ours && (size != texts[i].size || memcmp(said, texts[i].text, size) != 0))
            refute(check, CLAIM_UNCHANGED,
                   SAY("%s 不是 %s 版程序写的那份", "%s is not the one that version %s writes"),
                   texts[i].name, version_text());
        free(said);
    }
    return true;
}

bool proof_digests(struct check *check, struct error *err)
{
    static const char *const others[] = {"anchors.json", "readings.csv", "readings.xlsx",
                                         "report.pdf", "verdict.json"};
    const json_t *files = json_object_get(check->proof->manifest, "files");

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (proof_file(check, others[i], err) == NULL)
            return false;
    return compare_list(check, files, err) && compare_sums(check, files, err) &&
           compare_texts(check, err);
}

void proof_strangers(struct check *check)
{
    for (size_t i = 0; i < archive_count(check->archive); i++)
        if (!check->known[i])
            refute(check, CLAIM_UNCHANGED,
                   SAY("%s 不属于这份材料", "%s does not belong into this bundle"),
                   archive_at(check->archive, i)->name);
}
