/* The chain of heads: signatures, one following the other, and whose key it is. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/proof_inside.h"

/* ---- signatures ---- */

static struct proof_key *key_of(const struct check *check, const char *fingerprint)
{
    for (size_t i = 0; i < check->key_count; i++)
        if (strcmp(check->keys[i].fingerprint, fingerprint) == 0)
            return &check->keys[i];
    return NULL;
}

static void *check_some(void *self)
{
    const struct checker *checker = self;
    struct check *check = checker->check;

    for (size_t i = checker->first; i < check->link_count; i += PROOF_CHECKERS) {
        struct link *link = &check->links[i];
        const struct proof_key *key = key_of(check, link->head.key);
        char text[HEAD_TEXT_MAX];
        size_t size = seal_head_text(&link->head, text);

        link->signed_well =
            key != NULL && seal_is_signed(key->public_key, text, size, link->signature);
    }
    for (size_t i = checker->first; i < check->stamp_count; i += PROOF_CHECKERS)
        stamp_look(check, &check->stamps[i]);
    return NULL;
}

static void say_signature(struct check *check, const struct link *link)
{
    struct proof_key *key = key_of(check, link->head.key);
    unsigned long long segment = link->head.segment;

    if (key != NULL)
        key->used = true;
    if (link->signed_well)
        return;
    check->sealed_differs = true;
    if (key == NULL) {
        refute(check, CLAIM_SIGNED_BY,
               SAY("签第 %llu 段的钥匙 %.16s… 不在材料里",
                   "the key that signed segment %llu, %.16s…, is not in the bundle"),
               segment, link->head.key);
        refute(check, CLAIM_UNCHANGED,
               SAY("签第 %llu 段的钥匙 %.16s… 不在材料里",
                   "the key that signed segment %llu, %.16s…, is not in the bundle"),
               segment, link->head.key);
        return;
    }
    refute(check, CLAIM_SIGNED_BY,
           SAY("第 %llu 段的签名不对", "the signature of segment %llu is wrong"), segment);
    refute(check, CLAIM_UNCHANGED,
           SAY("第 %llu 段的封存头没有有效签名", "the head of segment %llu has no good signature"),
           segment);
}

/* A signature takes a tenth of a millisecond, a time stamp two, and a year has nine thousand: they
 * are checked beside everything else. Of a head only `signed_well` is written there, and nobody
 * reads it until the end.
 */
void proof_signatures_begin(struct check *check)
{
    for (size_t i = 0; i < PROOF_CHECKERS; i++) {
        struct checker *checker = &check->checkers[i];

        checker->check = check;
        checker->first = i;
        checker->started = check->link_count + check->stamp_count > 2 * PROOF_CHECKERS &&
                           pthread_create(&checker->thread, NULL, check_some, checker) == 0;
        if (!checker->started)
            check_some(checker);
    }
}

void proof_signatures_end(struct check *check)
{
    for (size_t i = 0; i < PROOF_CHECKERS; i++)
        if (check->checkers[i].started)
            pthread_join(check->checkers[i].thread, NULL);
    for (size_t i = 0; i < check->link_count; i++)
        say_signature(check, &check->links[i]);
    for (size_t i = 0; i < check->key_count; i++)
        if (!check->keys[i].used)
            refute(check, CLAIM_UNCHANGED,
                   SAY("keys/%s.pem 没有签过这里的任何封存头", "keys/%s.pem signed nothing here"),
                   check->keys[i].fingerprint);
    strcpy(check->proof->key, check->links[check->link_count - 1].head.key);
}

/* ---- one after the other ---- */

static bool is_nought(const uint8_t digest[DIGEST_BYTES])
{
    static const uint8_t nought[DIGEST_BYTES];

    return memcmp(digest, nought, DIGEST_BYTES) == 0;
}

static void check_follows(struct check *check, const struct link *before, const struct link *link)
{
    unsigned long long segment = link->head.segment;
    unsigned long long earlier = before->head.segment;

    if (segment != earlier + 1)
        refute(check, CLAIM_COMPLETE,
               SAY("第 %llu 段紧跟在第 %llu 段之后，中间缺了",
                   "segment %llu stands right after segment %llu: what was between is missing"),
               segment, earlier);
    else if (memcmp(link->head.previous, before->digest, DIGEST_BYTES) != 0)
        refute(check, CLAIM_COMPLETE,
               SAY("第 %llu 段接的不是这里的第 %llu 段：链被改写",
                   "segment %llu was not chained to this head of segment %llu: the chain was "
                   "rewritten"),
               segment, earlier);
    else if (link->head.first_seq != before->head.last_seq + 1)
        refute(check, CLAIM_COMPLETE,
               SAY("第 %llu 段从序号 %llu 开始，前一段到 %llu 为止：序号不连续",
                   "segment %llu begins with entry %llu, the one before ended with %llu"),
               segment, (unsigned long long)link->head.first_seq,
               (unsigned long long)before->head.last_seq);
}

void proof_chain(struct check *check)
{
    const struct link *first = &check->links[0];

    if (first->head.segment == 1 &&
        (!is_nought(first->head.previous) || first->head.first_seq != 1))
        refute(check, CLAIM_COMPLETE, "%s",
               SAY("第 1 段不是链的开头", "segment 1 is not the beginning of a chain"));
    for (size_t i = 1; i < check->link_count; i++)
        check_follows(check, &check->links[i - 1], &check->links[i]);
}

/* ---- whose key ---- */

/* Whether `from` hands over to `to`, directly or through others. */
static bool hands_over(const struct check *check, const char *from, const char *to)
{
    size_t steps = 0;

    if (strcmp(from, to) == 0)
        return true;
    /* backwards: a key is made once, so there is one way at most */
    for (size_t i = check->made_count; i > 0 && steps < check->made_count;) {
        const struct made_key *made = &check->made[i - 1];

        if (!made->handed_over || strcmp(made->key, to) != 0) {
            i--;
            continue;
        }
        if (strcmp(made->replaces, from) == 0)
            return true;
        to = made->replaces;
        i = check->made_count;
        steps++;
    }
    return false;
}

static void say_other_key(struct check *check, const struct link *link, const char *given)
{
    unsigned long long segment = link->head.segment;

    if (hands_over(check, link->head.key, given))
        lack(check, CLAIM_SIGNED_BY,
             SAY("第 %llu 段由更早的钥匙 %s 签名，它后来交接给所给的那把：请用更早的那把核对",
                 "segment %llu is by the older key %s, which handed over to the one given: compare "
                 "that one"),
             segment, link->head.key);
    else
        refute(check, CLAIM_SIGNED_BY,
               SAY("第 %llu 段由另一把钥匙 %s 签名，不是所给的那把",
                   "segment %llu is signed by another key, %s, not the one given"),
               segment, link->head.key);
}

static void say_unknown_key(struct check *check)
{
    const char *first = check->links[0].head.key;
    const char *last = check->links[check->link_count - 1].head.key;

    if (strcmp(first, last) == 0)
        lack(check, CLAIM_SIGNED_BY,
             SAY("没有给出可比的钥匙（--key）；全部由 %s 签名，请与网关投用单上的指纹核对",
                 "no key was given to compare with (--key); all is signed by %s: compare it with "
                 "the commissioning sheet"),
             last);
    else
        lack(check, CLAIM_SIGNED_BY,
             SAY("没有给出可比的钥匙（--key）；从 %s 到 %s 换过钥匙，%s",
                 "no key was given to compare with (--key); the key changed from %s to %s, %s"),
             first, last,
             hands_over(check, first, last)
                 ? SAY("有旧钥匙签名的交接", "handed over with the old key's signature")
                 : SAY("没有旧钥匙签名的交接", "with no handover signed by the old key"));
}

void proof_signed_by(struct check *check)
{
    const char *given = check->setup->key;
    const char *before = "";

    for (size_t i = 0; given != NULL && i < check->link_count; i++) {
        const struct link *link = &check->links[i];

        if (strcmp(link->head.key, before) != 0 && !hands_over(check, given, link->head.key))
            say_other_key(check, link, given);
        before = link->head.key;
    }
    if (given == NULL)
        say_unknown_key(check);
    proven(check, CLAIM_SIGNED_BY,
           SAY("全部 %zu 个封存头由所给的钥匙（或它交接的钥匙）签名",
               "all %zu heads are signed by the key that was given, or one it handed over to"),
           check->link_count);
}
