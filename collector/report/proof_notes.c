/* What speaks for and against each claim, and what comes of it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/proof_inside.h"

static const char *const claim_words[] = {
    [CLAIM_UNCHANGED] = "unchanged",
    [CLAIM_COMPLETE] = "complete",
    [CLAIM_SIGNED_BY] = "signed-by",
    [CLAIM_EXISTED_BEFORE] = "existed-before",
    [CLAIM_VERDICT_RECOMPUTED] = "verdict-recomputed",
};

const char *claim_word(enum claim claim)
{
    return claim_words[claim];
}

bool claim_find(const char *word, enum claim *claim)
{
    for (int i = 0; i < CLAIM_COUNT; i++)
        if (strcmp(claim_words[i], word) == 0)
            return *claim = (enum claim)i, true;
    return false;
}

const char *answer_word(enum answer answer)
{
    return answer == ANSWER_PROVEN ? "proven" : answer == ANSWER_REFUTED ? "refuted" : "not_proven";
}

const char *answer_shown(enum answer answer)
{
    return answer == ANSWER_NOT_PROVEN ? "not proven" : answer_word(answer);
}

/* What is cut by the size in bytes is mended, and what a bundle says is not allowed to speak to a
 * terminal. */
static void make_harmless(char *words)
{
    for (char *at = words; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    utf8_mend(words);
}

/* A reason is kept once, and only the first few in words: a damaged file has thousands. */
static void note(struct notes *notes, const char *format, va_list arguments)
{
    char words[500];
    size_t used = strlen(notes->words);

    vsnprintf(words, sizeof words, format, arguments);
    make_harmless(words);
    if (notes->count > 0 && strstr(notes->words, words) != NULL)
        return;
    if (notes->count < REASONS_SHOWN && used < sizeof notes->words - 8)
        snprintf(notes->words + used, sizeof notes->words - used, "%s%s",
                 notes->count > 0 ? SAY("；", "; ") : "", words);
    utf8_mend(notes->words);
    notes->count++;
}

void refute(struct check *check, enum claim claim, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    note(&check->against[claim], format, arguments);
    va_end(arguments);
}

void lack(struct check *check, enum claim claim, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    note(&check->missing[claim], format, arguments);
    va_end(arguments);
}

void proven(struct check *check, enum claim claim, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(check->proven[claim], sizeof check->proven[claim], format, arguments);
    va_end(arguments);
    make_harmless(check->proven[claim]);
}

static void tell(const struct notes *notes, char *reason)
{
    if (notes->count > REASONS_SHOWN)
        snprintf(reason, REASON_SIZE, SAY("%s（另有 %u 处）", "%s (and %u more)"), notes->words,
                 notes->count - REASONS_SHOWN);
    else
        snprintf(reason, REASON_SIZE, "%s", notes->words);
}

void notes_conclude(struct check *check)
{
    for (int i = 0; i < CLAIM_COUNT; i++) {
        char *reason = check->proof->claims[i].reason;

        if (check->against[i].count > 0) {
            check->proof->claims[i].answer = ANSWER_REFUTED;
            tell(&check->against[i], reason);
        } else if (check->missing[i].count > 0 || check->proven[i][0] == '\0') {
            check->proof->claims[i].answer = ANSWER_NOT_PROVEN;
            tell(&check->missing[i], reason);
        } else {
            check->proof->claims[i].answer = ANSWER_PROVEN;
            snprintf(reason, REASON_SIZE, "%s", check->proven[i]);
        }
    }
}

bool proof_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

bool proof_refuse(struct error *err, const char *format, ...)
{
    char words[sizeof err->text];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    return error_set(err, ERROR_REFUSED, "%s", words);
}

bool proof_of_case(bool good, struct error *err)
{
    if (!good && err->kind != ERROR_MEMORY)
        err->kind = ERROR_REFUSED;
    return good;
}

void *proof_grow(void *array, size_t count, size_t size)
{
    if (count > 0 && (count & (count - 1)) != 0)
        return array; /* room for a power of two was taken */
    return realloc(array, (count == 0 ? 1 : count * 2) * size);
}

void proof_progress(struct check *check, double share)
{
    check->share = share;
    if (check->setup->progress != NULL)
        check->setup->progress(check->setup->self, share);
}
