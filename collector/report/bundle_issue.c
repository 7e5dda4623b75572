/* issue.json: the event of the export, and its way to a signed head. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/say.h"
#include "report/bundle_inside.h"

struct issuing {
    struct bundle *bundle;
    struct error *err;
    uint64_t segment, seq;
    json_t *object, *heads, *anchors;
    struct bundle_issue *issue;
    struct bytes leaf;
    bool failed, found;
};

static json_t *head_json(const struct sealed *sealed, char digest[DIGEST_HEX])
{
    char text[HEAD_TEXT_MAX], signature[2 * SIGNATURE_BYTES + 1];
    size_t size = seal_head_text(&sealed->head, text);
    uint8_t bytes[DIGEST_BYTES];

    for (size_t i = 0; i < SIGNATURE_BYTES; i++)
        snprintf(signature + 2 * i, 3, "%02x", sealed->signature[i]);
    digest_of(text, size, bytes);
    digest_hex(bytes, digest);
    return json_pack("{s:s%, s:s}", "head", text, size, "signature", signature);
}

static bool see_head(void *self, const struct sealed *sealed)
{
    struct issuing *issuing = self;
    json_t *head = head_json(sealed, issuing->issue->head);

    if (sealed->head.segment < issuing->segment)
        return json_array_append_new(issuing->heads, head) == 0;
    json_object_update(issuing->object, head);
    snprintf(issuing->issue->key, sizeof issuing->issue->key, "%s", sealed->head.key);
    issuing->found = true;
    json_decref(head);
    return false;
}

static bool see_entry(void *self, uint64_t seq, struct wall_time time, const char *kind,
                      const char *subject, const char *text)
{
    struct issuing *issuing = self;

    (void)time, (void)kind, (void)subject;
    if (seq != issuing->seq)
        return true;
    json_object_set_new(issuing->object, "event", json_string(text));
    return false;
}

static bool see_line(void *self, const char *line, size_t size)
{
    struct issuing *issuing = self;

    issuing->failed = !bytes_add(&issuing->leaf, line, size, issuing->err);
    return !issuing->failed;
}

static bool see_anchor(void *self, uint64_t segment, const char *kind, const char *name,
                       struct wall_time time, const void *body, size_t size)
{
    struct issuing *issuing = self;
    const uint8_t *bytes = body;
    char *hex = size == 0 ? NULL : malloc(2 * size + 1);

    for (size_t i = 0; hex != NULL && i < size; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    json_array_append_new(issuing->anchors, json_pack("{s:s, s:s, s:I, s:o, s:s?}", "kind", kind,
                                                      "name", name, "segment", (json_int_t)segment,
                                                      "time", bundle_time(time), "token", hex));
    free(hex);
    return true;
}

static bool read_path(struct issuing *issuing)
{
    struct leaf_note note;
    json_t *path = json_array();
    bool found = false;

    json_object_set_new(issuing->object, "path", path);
    if (!reader_leaf(issuing->bundle->setup.reader, issuing->segment, "events", &note, &found,
                     issuing->err))
        return false;
    for (size_t i = 0; found && i < note.path_length; i++) {
        char hex[DIGEST_HEX];

        json_array_append_new(path, json_string(digest_hex(note.path[i], hex)));
    }
    return found;
}

static bool read_all(struct issuing *issuing)
{
    struct reader *reader = issuing->bundle->setup.reader;
    uint64_t after = issuing->bundle->parts[issuing->bundle->part_count - 1].segment + 1;
    struct error *err = issuing->err;

    if (!reader_sealed(reader, after, issuing->segment, see_head, issuing, err) ||
        !reader_entries(reader, issuing->segment, see_entry, issuing, err) ||
        !reader_leaf_lines(reader, issuing->segment, "events", see_line, issuing, err) ||
        issuing->failed ||
        !reader_anchors(reader, after, issuing->segment, see_anchor, issuing, err) ||
        !read_path(issuing))
        return false;
    json_object_set_new(issuing->object, "events",
                        json_stringn(issuing->leaf.at, issuing->leaf.used));
    return issuing->found && json_is_string(json_object_get(issuing->object, "event"));
}

static bool has_key(const struct bundle *bundle, const char *fingerprint)
{
    for (size_t i = 0; i < bundle->key_count; i++)
        if (bundle->keys[i].used && strcmp(bundle->keys[i].fingerprint, fingerprint) == 0)
            return true;
    return false;
}

static bool write_archive(struct bundle *bundle, struct bundle_issue *issue, struct error *err)
{
    struct stat about;

    if (!archive_write(bundle->archive, err))
        return false;
    issue->size = stat(bundle->setup.out, &about) == 0 ? (uint64_t)about.st_size : 0;
    return true;
}

bool bundle_issue(struct bundle *bundle, uint64_t seq, struct bundle_issue *issue,
                  struct error *err)
{
    struct issuing issuing = {.bundle = bundle,
                              .err = err,
                              .segment = reader_segment_of(bundle->setup.reader, seq),
                              .seq = seq,
                              .object = json_object(),
                              .heads = json_array(),
                              .anchors = json_array(),
                              .issue = issue};
    bool put = false;

    *issue = (struct bundle_issue){.segment = issuing.segment};
    json_object_set(issuing.object, "heads", issuing.heads);
    json_object_set(issuing.object, "anchors", issuing.anchors);
    if (!read_all(&issuing)) {
        if (err->kind == ERROR_NONE)
            error_set(err, ERROR_STORE,
                      SAY("导出已记在序号 %" PRIu64 "，但读不到它的封存",
                          "the export is recorded as number %" PRIu64
                          ", but its seal cannot be read"),
                      seq);
    } else if (!has_key(bundle, issue->key)) {
        error_set(err, ERROR_REFUSED, "%s",
                  SAY("导出期间更换了签名钥匙：请重新导出",
                      "the signing key was replaced meanwhile: export it again"));
    } else {
        put = bundle_put_json(bundle, "issue.json", issuing.object, err) &&
              write_archive(bundle, issue, err);
    }
    json_decref(issuing.object);
    json_decref(issuing.heads);
    json_decref(issuing.anchors);
    free(issuing.leaf.at);
    return put;
}
