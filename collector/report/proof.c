#include "report/proof.h"

#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "report/proof_inside.h"

/* What the chain of heads leads to. */
static bool look_at_contents(struct check *check, struct error *err)
{
    return proof_events(check, err) && proof_settings(check, err) && proof_rows(check, err);
}

/* What follows a step that could not be read says nothing more. */
static bool look(struct check *check, struct error *err)
{
    bool good;

    if (!proof_manifest(check, err) || !proof_digests(check, err) || !proof_keys(check, err) ||
        !proof_made(check, err) || !proof_heads(check, err) || !proof_issue(check, err) ||
        !proof_stamps(check, err))
        return false;
    proof_signatures_begin(check);
    proof_chain(check);
    proof_progress(check, 0.3);
    good = look_at_contents(check, err);
    proof_signatures_end(check);
    return good && proof_anchors(check, err) && proof_verdict(check, err);
}

static void conclude(struct check *check)
{
    proof_signed_by(check);
    proof_cover(check);
    proof_strangers(check);
    proven(check, CLAIM_UNCHANGED,
           SAY("%zu 个文件都与清单一致；%llu 条读数、%llu 条记录都推得到有签名的封存头%s",
               "%zu files are as the list says; %llu readings and %llu entries lead to signed "
               "heads%s"),
           archive_count(check->archive), (unsigned long long)check->rows_seen,
           (unsigned long long)check->entries_seen,
           strcmp(json_words(check->proof->manifest, "program"), version_text()) == 0
               ? ""
               : SAY("；由另一版本的程序写成，其中的说明文件（VERIFY.md 等）没有与本程序的比对",
                     "; another version of the program wrote it: its instructions (VERIFY.md and "
                     "others) were not compared with ours"));
}

/* It could not be read to its end: what is left is not proven. */
static void stop(struct check *check, const struct error *why)
{
    if (check->other_version) {
        check->proof->other_version = true;
        for (int i = 0; i < CLAIM_COUNT; i++)
            lack(check, (enum claim)i, "%s", why->text);
        return;
    }
    refute(check, CLAIM_UNCHANGED, "%s", why->text);
    for (int i = 0; i < CLAIM_COUNT; i++)
        if (i != CLAIM_UNCHANGED)
            lack(check, (enum claim)i, "%s",
                 SAY("材料读不到底，见 unchanged",
                     "the bundle cannot be read to its end, see unchanged"));
}

static struct check *check_new(struct proof *proof, struct archive *archive,
                               const struct proof_setup *setup)
{
    struct check *check = calloc(1, sizeof *check);

    if (check == NULL)
        return NULL;
    check->archive = archive;
    check->setup = setup;
    check->proof = proof;
    check->known = calloc(archive_count(archive) + 1, sizeof *check->known);
    if (check->known != NULL)
        return check;
    free(check);
    return NULL;
}

static void check_free(struct check *check)
{
    if (check == NULL)
        return;
    bundle_case_free(check->bundle);
    json_decref(check->issue);
    json_decref(check->anchors_file);
    free(check->stamps);
    free(check->known);
    free(check->keys);
    free(check->links);
    free(check->made);
    free(check->steps);
    free(check->settings);
    free(check);
}

bool proof_check(struct proof *proof, struct archive *archive, const struct proof_setup *setup,
                 struct error *err)
{
    struct error why = {0};
    struct check *check;
    bool done = true;

    memset(proof, 0, sizeof *proof);
    check = check_new(proof, archive, setup);
    if (check == NULL)
        return proof_memory(err);
    if (look(check, &why)) {
        conclude(check);
    } else if (why.kind == ERROR_REFUSED) {
        stop(check, &why);
    } else {
        *err = why;
        done = false;
    }
    notes_conclude(check);
    if (done)
        proof_progress(check, 1.0);
    check_free(check);
    return done;
}

void proof_of_refused(struct proof *proof, const struct error *why)
{
    struct check *check = calloc(1, sizeof *check);

    memset(proof, 0, sizeof *proof);
    if (check == NULL)
        return;
    check->proof = proof;
    stop(check, why);
    notes_conclude(check);
    free(check);
}

void proof_end(struct proof *proof)
{
    json_decref(proof->manifest);
    json_decref(proof->verdict);
    memset(proof, 0, sizeof *proof);
}
