/* The time stamps of a bundle: which there are, and what each is worth in itself. Whom to trust is
 * asked later, and of few. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/proof_inside.h"

/* How far a stamp may stand before the moment its head says it was sealed: two clocks. */
enum { EARLY_MS = 10 * 60 * 1000 };

enum { ISSUED_MOST = 1000 /* stamps in issue.json: a head has one of each authority */ };

/* Segments follow each other; where they do not, the chain is broken and that was said. */
const struct link *proof_link(const struct check *check, uint64_t segment)
{
    uint64_t first = check->links[0].head.segment;
    const struct link *link = segment < first || segment - first >= check->link_count
                                  ? NULL
                                  : &check->links[segment - first];

    if (link != NULL && link->head.segment == segment)
        return link;
    for (size_t i = 0; i < check->link_count; i++)
        if (check->links[i].head.segment == segment)
            return &check->links[i];
    return NULL;
}

/* ---- which there are ---- */

static bool add_stamp(struct check *check, uint64_t segment, const struct archive_file *file,
                      const char *hex, struct error *err)
{
    struct stamp *stamps = proof_grow(check->stamps, check->stamp_count, sizeof *stamps);

    if (stamps == NULL)
        return proof_memory(err);
    check->stamps = stamps;
    stamps[check->stamp_count++] = (struct stamp){.segment = segment, .file = file, .hex = hex};
    return true;
}

/* "anchors/000012.tsr": 12; 0: not of that form. */
static uint64_t segment_of(const char *name)
{
    unsigned long long segment = 0;
    char again[ARCHIVE_NAME_MAX];

    if (sscanf(name, "anchors/%18llu", &segment) != 1)
        return 0;
    snprintf(again, sizeof again, "anchors/%06llu.tsr", segment);
    return strcmp(again, name) == 0 ? segment : 0;
}

/* anchors.json names each file of anchors/; a file it does not name is a stranger. */
static void mark_listed(struct check *check, const json_t *one)
{
    json_int_t segment = json_integer_value(json_object_get(one, "segment"));
    char name[ARCHIVE_NAME_MAX];
    const struct archive_file *file;

    if (strcmp(json_words(one, "kind"), "time_stamp") != 0)
        return;
    snprintf(name, sizeof name, "anchors/%06llu.tsr", (unsigned long long)segment);
    file = archive_find(check->archive, name);
    if (file == NULL)
        refute(check, CLAIM_UNCHANGED,
               SAY("anchors.json 列出的 %s 不在这里", "%s, which anchors.json lists, is missing"),
               name);
    else
        check->known[file - archive_at(check->archive, 0)] = true;
}

static bool add_files(struct check *check, struct error *err)
{
    for (size_t i = 0; i < archive_count(check->archive); i++) {
        const struct archive_file *file = archive_at(check->archive, i);
        uint64_t segment = segment_of(file->name);

        if (segment == 0 || file->size > TIME_STAMP_MOST)
            continue; /* a stranger */
        if (!check->known[i])
            refute(check, CLAIM_UNCHANGED,
                   SAY("anchors.json 没有列出 %s", "anchors.json does not list %s"), file->name);
        check->known[i] = true;
        if (!add_stamp(check, segment, file, NULL, err))
            return false;
    }
    return true;
}

static bool add_issued(struct check *check, struct error *err)
{
    const json_t *anchors = json_object_get(check->issue, "anchors");
    size_t found = 0;

    for (size_t i = 0; i < json_array_size(anchors); i++) {
        const json_t *one = json_array_get(anchors, i);
        const char *hex = json_string_value(json_object_get(one, "token"));

        if (hex != NULL && ++found > ISSUED_MOST)
            return proof_refuse(
                err, "%s",
                SAY("issue.json 里的时间戳太多", "issue.json holds too many time stamps"));
        if (hex != NULL &&
            !add_stamp(check, (uint64_t)json_integer_value(json_object_get(one, "segment")), NULL,
                       hex, err))
            return false;
    }
    return true;
}

bool proof_stamps(struct check *check, struct error *err)
{
    json_t *list = proof_json(check, "anchors.json", err);
    const json_t *anchors = json_object_get(list, "anchors");

    if (list == NULL)
        return false;
    check->anchors_file = list;
    check->anchors = anchors;
    if (!json_is_array(anchors) || json_object_size(list) != 1)
        return proof_refuse(err, "%s",
                            SAY("anchors.json 的内容不是 VERIFY.md 所写的",
                                "anchors.json does not hold what VERIFY.md says"));
    for (size_t i = 0; i < json_array_size(anchors); i++)
        mark_listed(check, json_array_get(anchors, i));
    return add_files(check, err) && add_issued(check, err);
}

/* ---- what each is worth ---- */

/* Its bytes, ended with free(); NULL: none to be had. */
static uint8_t *token_of(const struct check *check, const struct stamp *stamp, size_t *size)
{
    uint8_t *token;
    bool read;

    *size = stamp->file != NULL ? (size_t)stamp->file->size : strlen(stamp->hex) / 2;
    token = *size == 0 || *size > TIME_STAMP_MOST ? NULL : malloc(*size);
    if (token == NULL)
        return NULL;
    read = stamp->file != NULL ? archive_read(check->archive, stamp->file, 0, token, *size, NULL)
                               : hex_read(stamp->hex, token, *size);
    if (read)
        return token;
    free(token);
    return NULL;
}

void stamp_look(const struct check *check, struct stamp *stamp)
{
    const struct link *link = proof_link(check, stamp->segment);
    struct time_stamp_said said;
    struct error why = {0};
    size_t size;
    uint8_t *token = link == NULL ? NULL : token_of(check, stamp, &size);

    stamp->answer = link == NULL ? STAMP_NO_HEAD : STAMP_UNREADABLE;
    if (token == NULL)
        return;
    if (time_stamp_check(token, size, link->digest, "", &said, &why)) {
        stamp->time = said.time;
        stamp->sealed = link->head.sealed;
        stamp->answer = said.time.ms < link->head.sealed.ms - EARLY_MS ? STAMP_EARLY : STAMP_GOOD;
        memcpy(stamp->certificate, said.certificate, sizeof stamp->certificate);
        snprintf(stamp->authority, sizeof stamp->authority, "%s", said.authority);
        utf8_mend(stamp->authority);
    } else {
        stamp->answer = STAMP_WRONG;
        snprintf(stamp->why, sizeof stamp->why, "%s", why.text);
        utf8_mend(stamp->why);
    }
    free(token);
}

bool stamp_trust(const struct check *check, const struct stamp *stamp, struct time_stamp_said *said,
                 struct error *err)
{
    const struct link *link = proof_link(check, stamp->segment);
    size_t size;
    uint8_t *token = link == NULL ? NULL : token_of(check, stamp, &size);
    bool good = token != NULL &&
                time_stamp_check(token, size, link->digest, check->setup->ca_file, said, err);

    if (token == NULL)
        proof_memory(err); /* it was there a moment ago */
    free(token);
    return good;
}
