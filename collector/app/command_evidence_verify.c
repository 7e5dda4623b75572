/* lookback evidence verify FILE: what a bundle proves, claim by claim, to somebody who trusts
 * neither the gateway nor the town. Needs no settings and no store.
 *
 * Other programs read the lines: "CLAIM: ANSWER – reason", claim and answer the same in every
 * language.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/anchor_file.h"
#include "app/command_evidence.h"
#include "app/command_line.h"
#include "base/say.h"
#include "base/text.h"
#include "ledger/evaluation.h"
#include "report/progress.h"
#include "report/proof.h"

enum { PROGRESS_FROM = 16 << 20 /* bytes: a moment's work */ };

/* What was asked for. */
struct asked {
    const struct typed *typed;
    const char *path;
    char key[DIGEST_HEX]; /* "": not given */
    const char *ca_file;
    struct outside_head *outside;
    size_t outside_count;
    bool required[CLAIM_COUNT];
};

static int wrong(const struct typed *typed, const char *format, const char *word)
{
    struct error err = {0};

    error_set(&err, ERROR_WRONG_USE, format, word);
    return command_fail(typed, &err);
}

/* Hex digits as people copy them: in capitals, in groups. */
static int take_key(struct asked *asked, const char *word)
{
    size_t used = 0;

    for (const char *at = word; *at != '\0'; at++) {
        if (*at == ' ' || *at == ':')
            continue;
        if (!isxdigit((unsigned char)*at) || used == DIGEST_HEX - 1)
            used = DIGEST_HEX;
        if (used >= DIGEST_HEX - 1)
            break;
        asked->key[used++] = (char)tolower((unsigned char)*at);
    }
    if (used == DIGEST_HEX - 1)
        return EXIT_DONE;
    return wrong(
        asked->typed,
        SAY("--key：“%s”不是钥匙指纹；应为 64 位十六进制数字，见网关投用单或 lookback status",
            "--key: \"%s\" is no fingerprint; it has 64 hexadecimal digits, see the "
            "commissioning sheet or lookback status"),
        word);
}

/* One or several, with commas between. */
static int take_required(struct asked *asked, const char *words)
{
    while (*words != '\0') {
        size_t length = strcspn(words, ",");
        char word[32];
        enum claim claim;

        snprintf(word, sizeof word, "%.*s", (int)length, words);
        if (length >= sizeof word || !claim_find(word, &claim))
            return wrong(asked->typed,
                         SAY("--require：没有“%s”；可以写：unchanged、complete、signed-by、"
                             "existed-before、verdict-recomputed",
                             "--require: there is no \"%s\"; one of: unchanged, complete, "
                             "signed-by, existed-before, verdict-recomputed"),
                         word);
        asked->required[claim] = true;
        words += length + (words[length] == ',');
    }
    return EXIT_DONE;
}

static void take_head(void *self, const char *path, const struct outside_head *head)
{
    struct asked *asked = self;
    struct outside_head *larger =
        realloc(asked->outside, (asked->outside_count + 1) * sizeof *larger);

    (void)path;
    if (larger == NULL)
        abort(); /* a few heads, before anything was begun */
    asked->outside = larger;
    asked->outside[asked->outside_count++] = *head;
}

static int take_outside(struct asked *asked, const char *path)
{
    struct error err = {0};

    return anchor_file_read(path, take_head, asked, &err) ? EXIT_DONE
                                                          : command_fail(asked->typed, &err);
}

static int take_options(struct asked *asked)
{
    const struct typed *typed = asked->typed;
    int code = EXIT_DONE;

    for (size_t i = 0; i < typed->option_count && code == EXIT_DONE; i++) {
        const char *name = typed->options[i].name;
        const char *value = typed->options[i].value;

        if (strcmp(name, "--key=") == 0)
            code = take_key(asked, value);
        else if (strcmp(name, "--require=") == 0)
            code = take_required(asked, value);
        else if (strcmp(name, "--anchor=") == 0)
            code = take_outside(asked, value);
    }
    asked->ca_file = typed_option(typed, "--ca");
    if (code == EXIT_DONE && asked->ca_file != NULL && access(asked->ca_file, R_OK) != 0)
        code = wrong(typed, SAY("--ca：读不到 %s", "--ca: %s cannot be read"), asked->ca_file);
    return code;
}

/* ---- the answer ---- */

static bool answer_is_no(const struct asked *asked, const struct proof *proof)
{
    for (int i = 0; i < CLAIM_COUNT; i++)
        if (proof->claims[i].answer == ANSWER_REFUTED ||
            (asked->required[i] && proof->claims[i].answer != ANSWER_PROVEN))
            return true;
    return false;
}

static json_t *null_or(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    return value == NULL ? json_null() : json_incref(value);
}

static json_t *bundle_json(const struct proof *proof)
{
    static const char *const keys[] = {"task",      "from",    "to",        "form",
                                       "collector", "program", "simulated", "struck_off"};
    json_t *bundle = json_object();

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_set_new(bundle, keys[i], null_or(proof->manifest, keys[i]));
    json_object_set_new(bundle, "key",
                        proof->key[0] == '\0' ? json_null() : json_string(proof->key));
    return bundle;
}

static void print_json(const struct proof *proof)
{
    json_t *claims = json_array();
    json_t *answer = json_object();

    for (int i = 0; i < CLAIM_COUNT; i++)
        json_array_append_new(claims,
                              json_pack("{s:s, s:s, s:s}", "claim", claim_word((enum claim)i),
                                        "answer", answer_word(proof->claims[i].answer), "reason",
                                        proof->claims[i].reason));
    json_object_set_new(answer, "claims", claims);
    json_object_set_new(answer, "verdict",
                        proof->verdict == NULL ? json_null() : verdict_brief(proof->verdict));
    json_object_set_new(answer, "bundle", bundle_json(proof));
    json_dumpf(answer, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(answer);
}

/* What a bundle says is not allowed to speak to the terminal. */
static const char *shown(const json_t *object, const char *key, char *out, size_t size)
{
    const char *words = json_string_value(json_object_get(object, key));

    snprintf(out, size, "%s", words == NULL ? "–" : words);
    for (char *at = out; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    utf8_mend(out);
    return out;
}

static void print_about(const struct proof *proof)
{
    char task[100], from[40], to[40], collector[40];
    const json_t *manifest = proof->manifest;

    if (manifest == NULL || proof->other_version)
        return;
    if (json_is_true(json_object_get(manifest, "simulated")))
        puts("模拟数据 / SIMULATED");
    printf(SAY("任务 %s，%s 至 %s（UTC），网关 %s，%s\n", "task %s, %s to %s, gateway %s, %s\n"),
           shown(manifest, "task", task, sizeof task), shown(manifest, "from", from, sizeof from),
           shown(manifest, "to", to, sizeof to),
           shown(manifest, "collector", collector, sizeof collector),
           strcmp(shown(manifest, "form", (char[16]){""}, 16), "public") == 0
               ? SAY("公开版", "public form")
               : SAY("完整版", "full form"));
}

static const char *title_of(const char *word)
{
    for (int i = VERDICT_HELD; i <= VERDICT_NOT_PROVEN; i++)
        if (strcmp(verdict_word((enum verdict_answer)i), word) == 0)
            return verdict_title((enum verdict_answer)i);
    return word;
}

/* The verdict, and by how much it is only what the file says. */
static void print_verdict(const struct proof *proof)
{
    json_t *brief = proof->verdict == NULL ? NULL : verdict_brief(proof->verdict);
    char answer[40], reason[800];

    if (brief == NULL)
        return;
    if (proof->claims[CLAIM_UNCHANGED].answer == ANSWER_PROVEN &&
        proof->claims[CLAIM_VERDICT_RECOMPUTED].answer == ANSWER_PROVEN)
        printf("%s", SAY("材料里的结论：", "the verdict inside: "));
    else
        printf("%s", SAY("材料里写的结论（未证实）：",
                         "the verdict as it is written inside (not checked): "));
    printf("%s – %s\n", title_of(shown(brief, "answer", answer, sizeof answer)),
           shown(brief, "reason", reason, sizeof reason));
    json_decref(brief);
}

/* The claim and its answer as people read them who know no English; nothing in English, where the
 * line has said it already. */
static const char *claim_in_chinese(enum claim claim)
{
    static const char *const words[CLAIM_COUNT] = {
        [CLAIM_UNCHANGED] = "未被改动",
        [CLAIM_COMPLETE] = "没有缺漏",
        [CLAIM_SIGNED_BY] = "由这台网关签名",
        [CLAIM_EXISTED_BEFORE] = "当时就已存在",
        [CLAIM_VERDICT_RECOMPUTED] = "结论可以复算",
    };

    return words[claim];
}

static const char *answer_in_chinese(enum answer answer)
{
    return answer == ANSWER_PROVEN ? "已证明" : answer == ANSWER_REFUTED ? "被推翻" : "未证明";
}

static void print_claim(enum claim claim, enum answer answer, const char *reason)
{
    printf("%s: %s – ", claim_word(claim), answer_shown(answer));
    if (say_language() == LANGUAGE_ZH)
        printf("%s：%s。", claim_in_chinese(claim), answer_in_chinese(answer));
    puts(reason);
}

static void print_proof(const struct proof *proof)
{
    print_about(proof);
    for (int i = 0; i < CLAIM_COUNT; i++)
        print_claim((enum claim)i, proof->claims[i].answer, proof->claims[i].reason);
    print_verdict(proof);
}

/* ---- the check ---- */

static void show_progress(void *self, double share)
{
    progress_show(self, share, "");
}

static uint64_t size_of(const struct archive *archive)
{
    uint64_t size = 0;

    for (size_t i = 0; i < archive_count(archive); i++)
        size += archive_at(archive, i)->size;
    return size;
}

/* Checks the file; what is no archive at all is refuted like any other change. */
static bool check_file(const struct asked *asked, struct proof *proof, struct error *err)
{
    struct archive *archive = archive_open(asked->path, err);
    struct progress progress;
    struct proof_setup setup = {.key = asked->key[0] == '\0' ? NULL : asked->key,
                                .ca_file = asked->ca_file,
                                .outside = asked->outside,
                                .outside_count = asked->outside_count};
    bool done;

    if (archive == NULL && err->kind != ERROR_REFUSED)
        return false;
    if (archive == NULL) {
        proof_of_refused(proof, err);
        return true;
    }
    progress_begin(&progress, SAY("核对", "checking"));
    if (command_shows_progress(asked->typed) && size_of(archive) > PROGRESS_FROM) {
        setup.progress = show_progress;
        setup.self = &progress;
    }
    done = proof_check(proof, archive, &setup, err);
    progress_end(&progress, false);
    archive_close(archive);
    return done;
}

/* Nothing of an unknown form was looked at, so nothing was proven: that is no good answer. */
static int answer_of(const struct asked *asked, const struct proof *proof)
{
    return proof->other_version || answer_is_no(asked, proof) ? EXIT_NO : EXIT_DONE;
}

static int verify(struct asked *asked)
{
    struct proof proof = {0};
    struct error err = {0};
    int code;

    if (!check_file(asked, &proof, &err)) {
        code = command_fail(asked->typed, &err);
    } else {
        if (asked->typed->json)
            print_json(&proof);
        else
            print_proof(&proof);
        code = answer_of(asked, &proof);
    }
    proof_end(&proof);
    return code;
}

int command_evidence_verify(const struct typed *typed)
{
    struct asked asked = {.typed = typed};
    int code = take_options(&asked);

    if (code == EXIT_DONE && typed->word_count < 2)
        code = command_missing(typed, "FILE");
    if (code == EXIT_DONE) {
        asked.path = typed->words[1];
        code = verify(&asked);
    }
    free(asked.outside);
    return code;
}
