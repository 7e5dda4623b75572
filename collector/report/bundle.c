#include "report/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"
#include "report/bundle_inside.h"
#include "report/embedded.h"

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

bool bundle_add_path(struct bytes *bytes, uint8_t (*path)[DIGEST_BYTES], size_t length,
                     struct error *err)
{
    char hex[DIGEST_HEX];

    if (!bytes_words(bytes, "path", err))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!bytes_format(bytes, err, " %s", digest_hex(path[i], hex)))
            return false;
    return bytes_words(bytes, "\n", err);
}

bool bundle_put_json(struct bundle *bundle, const char *name, const json_t *json, struct error *err)
{
    char *text =
        json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(VERDICT_DIGITS));
    bool put = text == NULL ? no_memory(err)
                            : archive_begin(bundle->archive, name, err) &&
                                  archive_add(bundle->archive, text, strlen(text), err) &&
                                  archive_add(bundle->archive, "\n", 1, err) &&
                                  archive_end(bundle->archive, err);

    free(text);
    return put;
}

json_t *bundle_time(struct wall_time time)
{
    char words[WALL_TEXT];

    return wall_is_known(time) ? json_string(wall_text(time, words)) : json_null();
}

bool bundle_leads(const struct part *part, struct leaf_note *note,
                  const uint8_t digest[DIGEST_BYTES])
{
    uint8_t root[DIGEST_BYTES];

    return memcmp(digest, note->digest, DIGEST_BYTES) == 0 &&
           tree_follow(digest, note->number, part->leaves, note->path, note->path_length, root) &&
           memcmp(root, part->root, DIGEST_BYTES) == 0;
}

void bundle_show(const struct bundle *bundle, double share, const char *zh, const char *en)
{
    if (bundle->setup.heard != NULL)
        bundle->setup.heard(bundle->setup.self, share, zh, en);
}

struct bundle *bundle_new(const struct bundle_setup *setup, struct error *err)
{
    struct bundle *bundle = calloc(1, sizeof *bundle);

    if (bundle == NULL) {
        no_memory(err);
        return NULL;
    }
    bundle->setup = *setup;
    bundle->workbook = -1;
    bundle->made = json_array();
    bundle->counts = json_array();
    bundle->events = json_array();
    bundle->differs = json_array();
    bundle->anchors = json_array();
    bundle->archive = archive_writer_new(setup->out, err);
    if (bundle->archive != NULL)
        bundle->about = bundle_case_new(&setup->about, err);
    if (bundle->about != NULL)
        return bundle;
    bundle_free(bundle);
    return NULL;
}

void bundle_free(struct bundle *bundle)
{
    if (bundle == NULL)
        return;
    if (bundle->workbook >= 0)
        close(bundle->workbook);
    json_decref(bundle->made);
    json_decref(bundle->counts);
    json_decref(bundle->events);
    json_decref(bundle->differs);
    json_decref(bundle->anchors);
    json_decref(bundle->verdict);
    bundle_case_free(bundle->about);
    archive_writer_free(bundle->archive);
    free(bundle->named);
    free(bundle->parts);
    free(bundle->keys);
    free(bundle);
}

static bool put_texts(struct bundle *bundle, struct error *err)
{
    return archive_put(bundle->archive, "VERIFY.md", text_verify_md, text_verify_md_size, err) &&
           archive_put(bundle->archive, "SEAL.md", text_seal_md, text_seal_md_size, err) &&
           archive_put(bundle->archive, "VERDICT.md", text_verdict_md, text_verdict_md_size, err);
}

static bool conclude(struct bundle *bundle, struct error *err)
{
    bundle->verdict = bundle_case_conclude(bundle->about, err);
    return bundle->verdict != NULL && bundle_put_json(bundle, "verdict.json", bundle->verdict, err);
}

bool bundle_make(struct bundle *bundle, struct error *err)
{
    return put_texts(bundle, err) && bundle_choose(bundle, err) && bundle_put_heads(bundle, err) &&
           bundle_put_events(bundle, err) && bundle_put_settings(bundle, err) &&
           bundle_put_rows(bundle, err) && bundle_name_rows(bundle, err) &&
           bundle_put_anchors(bundle, err) && conclude(bundle, err) &&
           bundle_put_report(bundle, err) && bundle_put_manifest(bundle, err);
}

const char *bundle_manifest(const struct bundle *bundle)
{
    return bundle->manifest;
}

const json_t *bundle_verdict(const struct bundle *bundle)
{
    return bundle->verdict;
}

bool bundle_is_simulated(const struct bundle *bundle)
{
    return bundle->simulated;
}

uint64_t bundle_readings(const struct bundle *bundle)
{
    return bundle->readings;
}

const json_t *bundle_differs(const struct bundle *bundle)
{
    return bundle->differs;
}
