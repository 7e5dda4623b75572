/* manifest.json and sha256sums: what there is, and the digest of each file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/version.h"
#include "report/bundle_inside.h"

static json_t *list_files(struct bundle *bundle)
{
    const struct archive_file *files;
    size_t count = archive_files(bundle->archive, &files);
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        char hex[DIGEST_HEX];

        json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "name", files[i].name, "sha256",
                                              digest_hex(files[i].digest, hex), "size",
                                              (json_int_t)files[i].size));
    }
    return list;
}

static json_t *list_points(const struct bundle *bundle)
{
    const struct case_setup *about = &bundle->setup.about;
    json_t *list = json_array();

    for (size_t i = 0; i < about->point_count; i++)
        json_array_append_new(list, json_string(about->points[i]));
    return list;
}

static bool put_sums(struct bundle *bundle, struct error *err)
{
    const struct archive_file *files;
    size_t count = archive_files(bundle->archive, &files);
    struct bytes sums = {0};
    bool put = true;

    for (size_t i = 0; i < count && put; i++) {
        char hex[DIGEST_HEX];

        put = bytes_format(&sums, err, "%s  %s\n", digest_hex(files[i].digest, hex), files[i].name);
        if (strcmp(files[i].name, "manifest.json") == 0)
            memcpy(bundle->manifest, hex, sizeof hex);
    }
    put = put && archive_put(bundle->archive, "sha256sums", sums.at, sums.used, err);
    free(sums.at);
    return put;
}

bool bundle_put_manifest(struct bundle *bundle, struct error *err)
{
    const struct bundle_setup *setup = &bundle->setup;
    const struct case_setup *about = &setup->about;
    json_t *manifest = json_pack(
        "{s:s, s:s, s:o, s:s, s:s, s:o, s:O, s:o, s:s, s:b, s:s, s:o, s:s, s:o, s:o}", "category",
        about->category, "collector", bundle->collector, "files", list_files(bundle), "form",
        setup->public_form ? "public" : "full", "format", "lookback bundle 1", "from",
        bundle_time(about->span.start), "libraries", setup->versions, "points", list_points(bundle),
        "program", version_text(), "simulated", bundle->simulated, "store", bundle->store,
        "struck_off", bundle_time(about->struck_off), "task", about->task, "to",
        bundle_time(about->span.end), "watch_until", bundle_time(about->watch_until));
    bool put = manifest == NULL
                   ? error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"))
                   : bundle_put_json(bundle, "manifest.json", manifest, err);

    json_decref(manifest);
    return put && put_sums(bundle, err);
}
