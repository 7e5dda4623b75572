/* issue.json: the event of this export, and its proof up to a signed head. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/proof_inside.h"

static bool has_its_keys(const json_t *issue)
{
    static const struct {
        const char *key;
        json_type type;
    } keys[] = {
        {"anchors",   JSON_ARRAY },
        {"event",     JSON_STRING},
        {"events",    JSON_STRING},
        {"head",      JSON_STRING},
        {"heads",     JSON_ARRAY },
        {"path",      JSON_ARRAY },
        {"signature", JSON_STRING},
    };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *value = json_object_get(issue, keys[i].key);

        if (value == NULL || json_typeof(value) != keys[i].type)
            return false;
    }
    return json_object_size(issue) == sizeof keys / sizeof keys[0];
}

static bool add_head(struct check *check, const json_t *from, struct error *err)
{
    const char *text = json_words(from, "head");

    return proof_add_link(check, text, strlen(text), json_words(from, "signature"), "issue.json",
                          err);
}

static bool add_heads(struct check *check, const json_t *issue, struct error *err)
{
    const json_t *heads = json_object_get(issue, "heads");

    for (size_t i = 0; i < json_array_size(heads); i++) {
        const json_t *one = json_array_get(heads, i);

        if (json_object_size(one) != 2)
            return proof_refuse(
                err, "%s",
                SAY("issue.json：heads 写法不对", "issue.json: heads is not as it is written"));
        if (!add_head(check, one, err))
            return false;
    }
    return add_head(check, issue, err);
}

/* Whether leaf 0 and its path lead to the root of the last head. */
static bool leads_to_root(const struct check *check, const json_t *issue)
{
    const struct seal_head *head = &check->links[check->link_count - 1].head;
    const json_t *digits = json_object_get(issue, "path");
    const char *events = json_words(issue, "events");
    uint8_t path[PATH_MAX_LENGTH][DIGEST_BYTES];
    uint8_t leaf[DIGEST_BYTES], root[DIGEST_BYTES];
    struct hashing *hashing;
    size_t length = json_array_size(digits);

    if (length > PATH_MAX_LENGTH)
        return false;
    for (size_t i = 0; i < length; i++) {
        const char *hex = json_string_value(json_array_get(digits, i));

        if (hex == NULL || strlen(hex) != DIGEST_HEX - 1 || !hex_read(hex, path[i], DIGEST_BYTES))
            return false;
    }
    hashing = hashing_new();
    if (hashing == NULL)
        return false;
    hashing_begin_leaf(hashing);
    hashing_add(hashing, events, strlen(events));
    hashing_end(hashing, leaf);
    hashing_free(hashing);
    return tree_follow(leaf, 0, head->leaves, path, length, root) &&
           memcmp(root, head->root, DIGEST_BYTES) == 0;
}

/* The event's own line in the leaf: `found` false when the leaf has no such line. */
static bool find_line(const struct check *check, const json_t *issue, uint64_t seq,
                      struct entry_line *line, bool *found, struct error *err)
{
    static const char first[] = "events\n";
    const struct seal_head *head = &check->links[check->link_count - 1].head;
    const char *at = json_words(issue, "events");
    uint64_t before = 0;
    struct entry_line entry;

    *found = false;
    if (strncmp(at, first, sizeof first - 1) != 0)
        return proof_refuse(err, "%s",
                            SAY("issue.json：events 不以 events 开头",
                                "issue.json: events does not begin with its name"));
    for (at += sizeof first - 1; *at != '\0';) {
        size_t size = strcspn(at, "\n");

        if (at[size] != '\n' || !entry_line_read(&entry, at, size) || entry.seq <= before ||
            entry.seq < head->first_seq || entry.seq > head->last_seq)
            return proof_refuse(err, "%s",
                                SAY("issue.json：events 里有一行不是 SEAL.md 所写的",
                                    "issue.json: a line of events is not as SEAL.md writes it"));
        before = entry.seq;
        if (entry.seq == seq) {
            *found = true;
            *line = entry;
        }
        at += size + 1;
    }
    return true;
}

static void check_same(struct check *check, const json_t *arguments, const char *key)
{
    const char *said = json_words(arguments, key);
    const char *here = json_words(check->proof->manifest, key);

    if (strcmp(said, here) != 0)
        refute(check, CLAIM_UNCHANGED,
               SAY("被封存的导出操作是为另一件事：%s 是“%.60s”，这里是“%.60s”",
                   "the sealed act of export was for another case: its %s is \"%.60s\", here it "
                   "is \"%.60s\""),
               key, said, here);
}

/* What the act was for: an old bundle passed off for a new case is found here. */
static void check_act(struct check *check, const struct shown_entry *entry)
{
    char hex[DIGEST_HEX];

    if (strcmp(entry->kind, "evidence.issue") != 0) {
        refute(check, CLAIM_UNCHANGED,
               SAY("issue.json 里是 %s，不是导出操作",
                   "issue.json shows %s, not the act of an export"),
               entry->kind);
        return;
    }
    if (strcmp(json_words(entry->body, "manifest"), digest_hex(check->manifest_digest, hex)) != 0)
        refute(check, CLAIM_UNCHANGED, "%s",
               SAY("被封存的导出操作记的是另一份 manifest.json",
                   "the sealed act of export is of another manifest.json"));
    snprintf(check->issued_verdict, sizeof check->issued_verdict, "%s",
             json_words(entry->body, "verdict"));
    check_same(check, entry->body, "task");
    check_same(check, entry->body, "from");
    check_same(check, entry->body, "to");
    check_same(check, entry->body, "form");
}

static bool check_event(struct check *check, const json_t *issue, struct error *err)
{
    const char *text = json_words(issue, "event");
    struct shown_entry entry;
    struct entry_line line;
    bool found;
    bool good = proof_of_case(shown_entry_read(&entry, text, strlen(text), err), err);

    good = good && find_line(check, issue, entry.seq, &line, &found, err);
    if (good && (!found || !entry_line_fits(&line, &entry, text, strlen(text))))
        refute(check, CLAIM_UNCHANGED, "%s",
               SAY("issue.json 里的导出操作不在被封存的事件里",
                   "the act of export in issue.json is not among the sealed events"));
    if (good)
        check_act(check, &entry);
    shown_entry_end(&entry);
    return good;
}

bool proof_issue(struct check *check, struct error *err)
{
    json_t *issue = proof_json(check, "issue.json", err);

    if (issue == NULL)
        return false;
    check->issue = issue;
    if (!has_its_keys(issue))
        return proof_refuse(err, "%s",
                            SAY("issue.json 的内容不是 VERIFY.md 所写的",
                                "issue.json does not hold what VERIFY.md says"));
    if (!add_heads(check, issue, err))
        return false;
    if (!leads_to_root(check, issue))
        refute(check, CLAIM_UNCHANGED, "%s",
               SAY("issue.json：事件推不到封存头的根",
                   "issue.json: its events do not lead to the root of its head"));
    return check_event(check, issue, err);
}
