/* The verdict worked out anew, compared with verdict.json to the byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/proof_inside.h"

static char *dump(const json_t *json)
{
    return json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY |
                                JSON_REAL_PRECISION(VERDICT_DIGITS));
}

static bool same(const json_t *one, const json_t *other)
{
    char *first = dump(one);
    char *second = dump(other);
    bool equal = first != NULL && second != NULL && strcmp(first, second) == 0;

    free(first);
    free(second);
    return equal;
}

/* Walks down to the first value that differs; `path` says where it stands, `*one` and `*other` are
 * what stands there (NULL: nothing). */
static void find_difference(const json_t **one, const json_t **other, struct text *path)
{
    bool deeper = true;

    while (deeper) {
        deeper = false;
        if (json_is_object(*one) && json_is_object(*other)) {
            const char *key;
            json_t *value;

            json_object_foreach((json_t *)(uintptr_t)*one, key, value)
            {
                const json_t *beside = json_object_get(*other, key);

                if (beside != NULL && same(value, beside))
                    continue;
                text_format(path, "%s%.60s", path->used > 0 ? "." : "", key);
                *one = value;
                *other = beside;
                deeper = beside != NULL;
                break;
            }
        } else if (json_is_array(*one) && json_is_array(*other)) {
            for (size_t i = 0; i < json_array_size(*one); i++) {
                const json_t *value = json_array_get(*one, i);
                const json_t *beside = json_array_get(*other, i);

                if (beside != NULL && same(value, beside))
                    continue;
                text_format(path, "[%zu]", i);
                *one = value;
                *other = beside;
                deeper = beside != NULL;
                break;
            }
        }
    }
}

static void say_difference(struct check *check, const json_t *ours, const json_t *said)
{
    char where[300] = "", mine[120] = "–", theirs[120] = "–";
    const json_t *one = ours;
    const json_t *other = said;
    struct text path;
    char *words;

    text_init(&path, where, sizeof where);
    find_difference(&one, &other, &path);
    if (path.used == 0)
        find_difference(&other, &one, &path); /* verdict.json says more than we do */
    words = one == NULL ? NULL : dump(one);
    snprintf(mine, sizeof mine, "%.100s", words == NULL ? "–" : words);
    free(words);
    words = other == NULL ? NULL : dump(other);
    snprintf(theirs, sizeof theirs, "%.100s", words == NULL ? "–" : words);
    free(words);
    utf8_mend(mine);
    utf8_mend(theirs);
    refute(
        check, CLAIM_VERDICT_RECOMPUTED,
        SAY("从被封存的读数重新算出的与 verdict.json 不同，首先在 %s：算出 %s，写的是 %s",
            "worked out anew from the sealed rows it is not verdict.json; first at %s: %s, where "
            "it says %s"),
        where, mine, theirs);
}

/* A strike-off behind the span leaves nothing to watch in it. */
static bool struck_off_bears(const struct check *check)
{
    return wall_is_known(check->about.struck_off) &&
           check->about.struck_off.ms < check->about.span.end.ms;
}

static void check_strike_off(struct check *check)
{
    const struct case_setup *about = &check->about;
    const struct sealed_task *task = &check->task;
    char sealed[WALL_TEXT], said[WALL_TEXT];

    if ((!struck_off_bears(check) && !wall_is_known(task->struck_off)) ||
        (task->struck_off.ms == about->struck_off.ms &&
         task->watch_until.ms == about->watch_until.ms))
        return;
    if (task->struck_off.ms == about->struck_off.ms)
        lack(check, CLAIM_VERDICT_RECOMPUTED,
             SAY("台账最新的封存记录（序号 %llu）里，任务的巩固期到“%s”为止，结论依据的却是“%s”",
                 "by the newest sealed entry about the task (%llu) it is watched until \"%s\", the "
                 "verdict rests on \"%s\""),
             (unsigned long long)task->seq, wall_text(task->watch_until, sealed),
             wall_text(about->watch_until, said));
    else
        lack(check, CLAIM_VERDICT_RECOMPUTED,
             SAY("台账最新的封存记录（序号 %llu）里，任务的销号时间是“%s”，结论依据的却是“%s”",
                 "the newest sealed entry about the task (%llu) has it struck off at \"%s\", the "
                 "verdict rests on \"%s\""),
             (unsigned long long)task->seq, wall_text(task->struck_off, sealed),
             wall_text(about->struck_off, said));
}

/* What the ledger's entries say of the task is what the verdict rests on. */
static void check_task(struct check *check)
{
    const struct sealed_task *task = &check->task;

    if (!task->found) {
        if (!check->is_public && struck_off_bears(check))
            lack(check, CLAIM_VERDICT_RECOMPUTED, "%s",
                 SAY("材料里没有一条封存的台账记录写着这项任务：它的监测点、销号时间和巩固期没有依"
                     "据",
                     "no sealed entry of the ledger here names the task: nothing shows its points, "
                     "strike-off and watch period"));
        return;
    }
    check_strike_off(check);
    if (task->points_differ)
        lack(
            check, CLAIM_VERDICT_RECOMPUTED,
            SAY("台账最新的封存记录（序号 %llu）里，任务的监测点与结论依据的不同，需核查",
                "by the newest sealed entry about the task (%llu) its points are others than those "
                "the verdict rests on, which needs checking"),
            (unsigned long long)task->seq);
    if (task->category_differs)
        lack(check, CLAIM_VERDICT_RECOMPUTED,
             SAY("台账最新的封存记录（序号 %llu）里，任务的类别与 manifest.json 不同，需核查",
                 "by the newest sealed entry about the task (%llu) its category is not that of "
                 "manifest.json, which needs checking"),
             (unsigned long long)task->seq);
}

/* Whether anything here was made up is said by the sealed descriptions. */
static void check_simulated(struct check *check)
{
    bool said = json_is_true(json_object_get(check->proof->manifest, "simulated"));
    bool simulated = false;

    for (size_t i = 0; i < check->about.point_count; i++) {
        const struct point_sheet *sheet = bundle_case_sheet(check->bundle, i);

        simulated = simulated || (sheet != NULL && sheet->simulated);
    }
    if (said != simulated)
        refute(check, CLAIM_UNCHANGED, "%s",
               simulated ? SAY("读数是模拟的，manifest.json 却说不是",
                               "the readings are simulated, manifest.json says they are not")
                         : SAY("读数不是模拟的，manifest.json 却说是",
                               "the readings are not simulated, manifest.json says they are"));
}

bool proof_verdict(struct check *check, struct error *err)
{
    json_t *said = proof_json(check, "verdict.json", err);
    struct error why = {0};
    json_t *ours;

    if (said == NULL)
        return false;
    check->proof->verdict = said;
    if (check->issued_verdict[0] != '\0' &&
        strcmp(check->issued_verdict, json_words(said, "answer")) != 0)
        refute(check, CLAIM_UNCHANGED,
               SAY("被封存的导出操作说结论是 %s，verdict.json 是 %.20s",
                   "the sealed act of export says the verdict is %s, verdict.json says %.20s"),
               check->issued_verdict, json_words(said, "answer"));
    if (check->settled)
        check_simulated(check);
    if (!check->evaluates)
        return true; /* the reason was said */
    if (check->sealed_differs) {
        lack(check, CLAIM_VERDICT_RECOMPUTED, "%s",
             SAY("封存的内容已不是原样，从它算出的结论没有意义",
                 "what was sealed is not what is here: a verdict from it would mean nothing"));
        return true;
    }
    ours = bundle_case_conclude(check->bundle, &why);
    if (ours == NULL && why.kind == ERROR_MEMORY)
        *err = why;
    if (ours == NULL) {
        lack(check, CLAIM_VERDICT_RECOMPUTED, "%s", why.text);
        return why.kind != ERROR_MEMORY;
    }
    if (!same(ours, said))
        say_difference(check, ours, said);
    json_decref(ours);
    check_task(check);
    proven(check, CLAIM_VERDICT_RECOMPUTED,
           SAY("从 %llu 条被封存的读数重新算出，与 verdict.json 一字不差%s",
               "worked out anew from %llu sealed readings, it is verdict.json to the byte%s"),
           (unsigned long long)check->rows_seen,
           !check->is_public
               ? ""
               : SAY("；台账记录不公开，监测点、销号时间和巩固期按 manifest.json 所说",
                     "; points, strike-off and watch period are as manifest.json says: "
                     "the ledger's entries are only in the full bundle"));
    return true;
}
