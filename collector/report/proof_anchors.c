/* Whether the rows existed before a moment that somebody else vouches for: time stamps (RFC 3161)
 * and heads that were kept outside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/proof_inside.h"

/* The best that was found. */
struct before {
    struct check *check;
    uint64_t wanted;  /* a head of this segment or a later one covers every row */
    uint64_t covered; /* the last segment that a good anchor of an earlier one covers */
    bool found;
    char distrust[300]; /* why a time stamp was not trusted */
};

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

/* ---- time stamps ---- */

/* What was found out about a stamp while the rows were read. */
static void say_stamp(struct check *check, const struct stamp *stamp)
{
    unsigned long long segment = stamp->segment;
    char when[WALL_TEXT], sealed[WALL_TEXT];

    if (stamp->answer == STAMP_NO_HEAD)
        refute(check, CLAIM_EXISTED_BEFORE,
               SAY("有第 %llu 段的时间戳，链里却没有这一段",
                   "a time stamp is over segment %llu, which is not in the chain"),
               segment);
    else if (stamp->answer == STAMP_UNREADABLE)
        refute(check, CLAIM_EXISTED_BEFORE,
               SAY("issue.json 里第 %llu 段的时间戳写法不对",
                   "a time stamp of segment %llu in issue.json cannot be read"),
               segment);
    else if (stamp->answer == STAMP_WRONG)
        refute(
            check, CLAIM_EXISTED_BEFORE,
            SAY("第 %llu 段的时间戳不成立：%s", "the time stamp of segment %llu does not hold: %s"),
            segment, stamp->why);
    else if (stamp->answer == STAMP_EARLY)
        refute(
            check, CLAIM_EXISTED_BEFORE,
            SAY("第 %llu 段的时间戳是 %s，早于它自称的封存时刻 %s：网关的时钟当时超前",
                "the time stamp of segment %llu is of %s, before the moment its head says it was "
                "sealed, %s: the gateway's clock was ahead"),
            segment, wall_text(stamp->time, when), wall_text(stamp->sealed, sealed));
}

/* Whom to trust is asked once for each certificate: loading the trusted ones takes long. */
enum { CERTIFICATES_MOST = 16 };
struct distrusted {
    char certificates[CERTIFICATES_MOST][DIGEST_HEX];
    size_t count;
};

static bool is_distrusted(const struct distrusted *distrusted, const char *certificate)
{
    for (size_t i = 0; i < distrusted->count; i++)
        if (strcmp(distrusted->certificates[i], certificate) == 0)
            return true;
    return distrusted->count == CERTIFICATES_MOST;
}

static bool is_trusted(struct before *before, const struct stamp *stamp,
                       struct distrusted *distrusted, bool *trusted, struct error *err)
{
    struct time_stamp_said said;

    *trusted = false;
    if (stamp->answer != STAMP_GOOD || is_distrusted(distrusted, stamp->certificate))
        return true;
    if (!stamp_trust(before->check, stamp, &said, err))
        return false;
    *trusted = said.trusted;
    if (said.trusted)
        return true;
    snprintf(before->distrust, sizeof before->distrust, "%s", said.why);
    strcpy(distrusted->certificates[distrusted->count++], stamp->certificate);
    return true;
}

/* The first stamp that covers every row and is trusted; else how far one goes. */
static bool find_stamp(struct before *before, struct error *err)
{
    struct check *check = before->check;
    struct distrusted distrusted = {.count = 0};
    char when[WALL_TEXT];
    bool trusted;

    for (size_t i = 0; i < check->stamp_count; i++) {
        const struct stamp *stamp = &check->stamps[i];

        if (stamp->segment < before->wanted)
            continue;
        if (!is_trusted(before, stamp, &distrusted, &trusted, err))
            return false;
        if (!trusted)
            continue;
        before->found = true;
        proven(check, CLAIM_EXISTED_BEFORE,
               SAY("第 %llu 段有 %s 的时间戳，签发者：%s",
                   "segment %llu bears a time stamp of %s by %s"),
               (unsigned long long)stamp->segment, wall_text(stamp->time, when), stamp->authority);
        return true;
    }
    for (size_t i = check->stamp_count; i > 0; i--) {
        const struct stamp *stamp = &check->stamps[i - 1];

        if (stamp->segment >= before->wanted)
            continue;
        if (!is_trusted(before, stamp, &distrusted, &trusted, err))
            return false;
        if (trusted) {
            covers(before, stamp->segment);
            return true;
        }
    }
    return true;
}

/* ---- heads that were kept outside ---- */

/* A head that was kept outside: in the chain it must be that head; a later one that existed when
 * the chain ended was cut off. */
static void compare_outside(struct before *before, const struct outside_head *outside)
{
    struct check *check = before->check;
    const struct link *last = &check->links[check->link_count - 1];
    const struct link *link = proof_link(check, outside->segment);
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
    else if (check->stamp_count == 0)
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
    bool good;

    before.wanted = check->last_row_segment > 0 ? check->last_row_segment
                                                : check->links[check->shown_links - 1].head.segment;
    for (size_t i = 0; i < check->stamp_count; i++)
        say_stamp(check, &check->stamps[i]);
    good = find_stamp(&before, err);
    for (size_t i = 0; good && i < check->setup->outside_count; i++)
        compare_outside(&before, &check->setup->outside[i]);
    if (good && !before.found)
        say_why_not(&before, check->anchors);
    return good;
}
