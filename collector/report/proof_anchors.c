/* Whether the rows existed before a moment that somebody else vouches for: time stamps (RFC 3161)
 * and heads that were kept outside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/time_stamp.h"
#include "report/proof_inside.h"

/* How far a stamp may stand before the moment its head says it was sealed: two clocks. */
enum { EARLY_MS = 10 * 60 * 1000 };

/* The best that was found. */
struct before {
    struct check *check;
    uint64_t wanted;    /* a head of this segment or a later one covers every row */
    unsigned tokens;    /* time stamps looked at */
    char distrust[300]; /* why one was not trusted */
    uint64_t covered;   /* the last segment that a good anchor of an earlier one covers */
    bool found;
};

static const struct link *find_link(const struct check *check, uint64_t segment)
{
    for (size_t i = 0; i < check->link_count; i++)
        if (check->links[i].head.segment == segment)
            return &check->links[i];
    return NULL;
}

/* A good anchor of a segment: whether it covers every row. */
static bool covers(struct before *before, uint64_t segment)
{
    if (segment < before->wanted) {
        if (segment > before->covered)
            before->covered = segment;
        return false;
    }
    before->found = true;
    return true;
}

static void use_stamp(struct before *before, const struct link *link,
                      const struct time_stamp_said *said)
{
    char when[WALL_TEXT], sealed[WALL_TEXT];
    unsigned long long segment = link->head.segment;

    if (said->time.ms < link->head.sealed.ms - EARLY_MS)
        refute(
            before->check, CLAIM_EXISTED_BEFORE,
            SAY("第 %llu 段的时间戳是 %s，早于它自称的封存时刻 %s：网关的时钟当时超前",
                "the time stamp of segment %llu is of %s, before the moment its head says it was "
                "sealed, %s: the gateway's clock was ahead"),
            segment, wall_text(said->time, when), wall_text(link->head.sealed, sealed));
    else if (!said->trusted)
        snprintf(before->distrust, sizeof before->distrust, "%s", said->why);
    else if (covers(before, segment))
        proven(before->check, CLAIM_EXISTED_BEFORE,
               SAY("第 %llu 段有 %s 的时间戳，签发者：%.160s",
                   "segment %llu bears a time stamp of %s "
                   "by %.160s"),
               segment, wall_text(said->time, when), said->authority);
}

static bool take_token(struct before *before, uint64_t segment, const void *token, size_t size,
                       struct error *err)
{
    struct check *check = before->check;
    const struct link *link = find_link(check, segment);
    struct time_stamp_said said;
    struct error why = {0};

    before->tokens++;
    if (link == NULL) {
        refute(check, CLAIM_EXISTED_BEFORE,
               SAY("有第 %llu 段的时间戳，链里却没有这一段",
                   "a time stamp is over segment %llu, which is not in the chain"),
               (unsigned long long)segment);
        return true;
    }
    if (time_stamp_check(token, size, link->digest, check->setup->ca_file, &said, &why)) {
        use_stamp(before, link, &said);
        return true;
    }
    if (why.kind == ERROR_SETTINGS || why.kind == ERROR_MEMORY) {
        *err = why;
        return false;
    }
    refute(check, CLAIM_EXISTED_BEFORE,
           SAY("第 %llu 段的时间戳不成立：%s", "the time stamp of segment %llu does not hold: %s"),
           (unsigned long long)segment, why.text);
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

static bool is_listed(const json_t *anchors, uint64_t segment)
{
    for (size_t i = 0; i < json_array_size(anchors); i++) {
        const json_t *one = json_array_get(anchors, i);

        if (strcmp(json_words(one, "kind"), "time_stamp") == 0 &&
            (uint64_t)json_integer_value(json_object_get(one, "segment")) == segment)
            return true;
    }
    return false;
}

/* The files of anchors/, each of which anchors.json names. */
static bool take_files(struct before *before, const json_t *anchors, struct error *err)
{
    struct check *check = before->check;

    for (size_t i = 0; i < archive_count(check->archive); i++) {
        const struct archive_file *file = archive_at(check->archive, i);
        uint64_t segment = segment_of(file->name);
        size_t size;
        char *token;
        bool good;

        if (segment == 0 || file->size > TIME_STAMP_MOST)
            continue; /* a stranger */
        if (!is_listed(anchors, segment))
            refute(check, CLAIM_UNCHANGED,
                   SAY("anchors.json 没有列出 %s", "anchors.json does not list %s"), file->name);
        check->known[i] = true;
        token = proof_whole(check, file, &size, err);
        good = token != NULL && take_token(before, segment, token, size, err);
        free(token);
        if (!good)
            return false;
    }
    return true;
}

static void check_listed(struct check *check, const json_t *anchors)
{
    for (size_t i = 0; i < json_array_size(anchors); i++) {
        const json_t *one = json_array_get(anchors, i);
        char name[ARCHIVE_NAME_MAX];

        if (strcmp(json_words(one, "kind"), "time_stamp") != 0)
            continue;
        snprintf(name, sizeof name, "anchors/%06llu.tsr",
                 (unsigned long long)json_integer_value(json_object_get(one, "segment")));
        if (archive_find(check->archive, name) == NULL)
            refute(
                check, CLAIM_UNCHANGED,
                SAY("anchors.json 列出的 %s 不在这里", "%s, which anchors.json lists, is missing"),
                name);
    }
}

/* The tokens of issue.json. */
static bool take_issued(struct before *before, struct error *err)
{
    const json_t *anchors = json_object_get(before->check->issue, "anchors");

    for (size_t i = 0; i < json_array_size(anchors); i++) {
        const json_t *one = json_array_get(anchors, i);
        const char *hex = json_string_value(json_object_get(one, "token"));
        size_t size = hex == NULL ? 0 : strlen(hex) / 2;
        uint8_t *token = size == 0 || size > TIME_STAMP_MOST ? NULL : malloc(size);
        bool good = true;

        if (token != NULL && hex_read(hex, token, size))
            good = take_token(before, (uint64_t)json_integer_value(json_object_get(one, "segment")),
                              token, size, err);
        else if (hex != NULL)
            refute(
                before->check, CLAIM_EXISTED_BEFORE, "%s",
                SAY("issue.json 里的时间戳写法不对", "a time stamp in issue.json cannot be read"));
        free(token);
        if (!good)
            return false;
    }
    return true;
}

/* A head that was kept outside: in the chain it must be that head; a later one that existed when
 * the chain ended was cut off. */
static void compare_outside(struct before *before, const struct outside_head *outside)
{
    struct check *check = before->check;
    const struct link *last = &check->links[check->link_count - 1];
    const struct link *link = find_link(check, outside->segment);
    unsigned long long segment = outside->segment;
    char when[WALL_TEXT], sealed[WALL_TEXT];

    if (link != NULL && memcmp(link->digest, outside->head, DIGEST_BYTES) != 0) {
        for (int i = 0; i < 2; i++)
            refute(check, i == 0 ? CLAIM_COMPLETE : CLAIM_EXISTED_BEFORE,
                   SAY("%s 里留存的第 %llu 段封存头与链里的不同：链被改写，或末尾被截掉后重写",
                       "%s holds a head of segment %llu that is not the one in the chain: the "
                       "chain was rewritten, or cut and rewritten"),
                   outside->from, segment);
    } else if (link != NULL && covers(before, outside->segment)) {
        proven(
            check, CLAIM_EXISTED_BEFORE,
            SAY("%s 里留存的第 %llu 段封存头在链里：留存之时（%s，以留存者为准）就已存在",
                "%s holds the head of segment %llu as it is in the chain: all of it existed when "
                "that was kept (%s, by the keeper's word)"),
            outside->from, segment,
            wall_is_known(outside->time) ? wall_text(outside->time, when)
                                         : SAY("时间未注明", "no time is said"));
    } else if (link == NULL && outside->segment > last->head.segment &&
               wall_is_known(outside->time) && outside->time.ms <= last->head.sealed.ms) {
        refute(
            check, CLAIM_COMPLETE,
            SAY("%s 里留存的第 %llu 段在 %s 就已存在，这里的链 %s 封存时只到第 %llu 段：末尾被截掉",
                "%s holds a head of segment %llu of %s; this chain, sealed at %s, ends "
                "with segment %llu: its end was cut off"),
            outside->from, segment, wall_text(outside->time, when),
            wall_text(last->head.sealed, sealed), (unsigned long long)last->head.segment);
    }
}

/* Where heads were left, so that somebody knows whom to ask. */
static void add_names(struct text *text, const json_t *anchors)
{
    for (size_t i = 0; i < json_array_size(anchors) && text->used < 200; i++) {
        const char *name = json_words(json_array_get(anchors, i), "name");

        if (name[0] != '\0' && strstr(text->bytes, name) == NULL)
            text_format(text, "%s%.60s", text->used > 0 ? SAY("、", ", ") : "", name);
    }
}

static void say_why_not(struct before *before, const json_t *anchors)
{
    struct check *check = before->check;
    char names[300];
    struct text text;

    text_init(&text, names, sizeof names);
    add_names(&text, anchors);
    add_names(&text, json_object_get(check->issue, "anchors"));
    if (before->covered > 0)
        lack(check, CLAIM_EXISTED_BEFORE,
             SAY("外部凭证只到第 %llu 段，读数到第 %llu 段",
                 "what was left outside covers segments up to %llu, the readings go on to %llu"),
             (unsigned long long)before->covered, (unsigned long long)before->wanted);
    else if (before->tokens == 0)
        lack(check, CLAIM_EXISTED_BEFORE, "%s",
             SAY("没有时间戳，也没有给出留存在外的封存头（--anchor）",
                 "there is no time stamp, and no head kept outside was given (--anchor)"));
    else
        lack(check, CLAIM_EXISTED_BEFORE,
             SAY("时间戳本身完好，但签发者不可信：%s（用 --ca 给出可信的证书）",
                 "the time stamps are good in themselves, but their authority is not trusted: %s "
                 "(--ca FILE of one you trust)"),
             before->distrust);
    if (names[0] != '\0')
        lack(check, CLAIM_EXISTED_BEFORE,
             SAY("封存头曾留在：%s，可以去要来比对（--anchor）",
                 "heads were left with: %s; ask for one and compare it (--anchor)"),
             names);
}

bool proof_anchors(struct check *check, struct error *err)
{
    struct before before = {.check = check};
    json_t *list = proof_json(check, "anchors.json", err);
    const json_t *anchors = json_object_get(list, "anchors");
    bool good =
        list != NULL && ((json_is_array(anchors) && json_object_size(list) == 1) ||
                         proof_refuse(err, "%s",
                                      SAY("anchors.json 的内容不是 VERIFY.md 所写的",
                                          "anchors.json does not hold what VERIFY.md says")));

    before.wanted = check->last_row_segment > 0 ? check->last_row_segment
                                                : check->links[check->shown_links - 1].head.segment;
    if (good)
        check_listed(check, anchors);
    good = good && take_files(&before, anchors, err) && take_issued(&before, err);
    for (size_t i = 0; good && i < check->setup->outside_count; i++)
        compare_outside(&before, &check->setup->outside[i]);
    if (good && !before.found)
        say_why_not(&before, anchors);
    json_decref(list);
    return good;
}
