/* Any bytes as an evidence bundle, and any change to a good one: the check answers every claim with
 * a sentence, and what was changed is never called unchanged.
 *
 * The first byte of the input says how deep a change goes: 0 the input is the archive; 1 the files
 * of a good bundle are changed and packed again; 2 the same, and whoever holds the gateway's key
 * has listed and issued them anew. A change is {file, offset (3 bytes), bytes taken out, bytes put
 * in, these}.
 */
#include "tests/unit/report/small_bundle.h"

#include "base/say.h"
#include "report/proof.h"

enum { CHANGES_MAX = 8 };

static struct small_bundle *good_bundle(void)
{
    static struct small_bundle small = {.is_tiny = true};

    if (small.file_count == 0)
        small_make(&small, 2);
    return &small;
}

/* ---- what must hold of every answer ---- */

static void check_reason(const char *reason)
{
    if (*reason == '\0')
        abort();
    for (size_t length; *reason != '\0'; reason += length) {
        length = utf8_length(reason);
        if (length == 0 || (unsigned char)*reason < 0x20 || *reason == 0x7f)
            abort();
    }
}

static void check_answers(const struct proof *proof)
{
    for (int i = 0; i < CLAIM_COUNT; i++)
        check_reason(proof->claims[i].reason);
    if (proof->claims[CLAIM_SIGNED_BY].answer == ANSWER_PROVEN)
        abort(); /* no key was given */
    if (proof->claims[CLAIM_EXISTED_BEFORE].answer == ANSWER_PROVEN)
        abort(); /* no authority is trusted, and no head was kept outside */
}

static bool all_proven(const struct proof *proof)
{
    return proof->claims[CLAIM_UNCHANGED].answer == ANSWER_PROVEN &&
           proof->claims[CLAIM_COMPLETE].answer == ANSWER_PROVEN &&
           proof->claims[CLAIM_VERDICT_RECOMPUTED].answer == ANSWER_PROVEN;
}

/* False: there was no memory, which says nothing. */
static bool prove(const uint8_t *bytes, size_t size, struct proof *proof)
{
    const struct proof_setup setup = {.ca_file = ""};
    struct error err = {0};
    struct archive *archive = archive_open_bytes(bytes, size, &err);
    bool done = true;

    if (archive == NULL && (err.kind != ERROR_REFUSED || err.text[0] == '\0'))
        abort();
    if (archive == NULL)
        proof_of_refused(proof, &err);
    else
        done = proof_check(proof, archive, &setup, &err);
    if (!done && err.kind != ERROR_MEMORY)
        abort();
    archive_close(archive);
    return done;
}

/* ---- changes ---- */

struct input {
    const uint8_t *at, *end;
};

static size_t take(struct input *input, unsigned bytes)
{
    size_t number = 0;

    for (; bytes > 0 && input->at < input->end; bytes--)
        number = number << 8 | *input->at++;
    return number;
}

/* Returns whether the file is another than it was. */
static bool change(struct small_bundle *small, struct input *input, size_t *index)
{
    struct small_file *file;
    struct grown grown = {NULL, 0, 0};
    size_t at, out, in;
    bool differs;

    *index = take(input, 1) % small->file_count;
    file = &small->files[*index];
    at = take(input, 3) % (file->size + 1);
    out = take(input, 1);
    in = take(input, 1);
    if (out > file->size - at)
        out = file->size - at;
    if (in > (size_t)(input->end - input->at))
        in = (size_t)(input->end - input->at);
    grow_add(&grown, file->bytes, at);
    grow_add(&grown, input->at, in);
    grow_add(&grown, file->bytes + at + out, file->size - at - out);
    input->at += in;
    differs = grown.used != file->size || memcmp(grown.bytes, file->bytes, grown.used) != 0;
    free(file->bytes);
    file->bytes = grown.bytes;
    file->size = grown.used;
    return differs;
}

/* Of these every byte is vouched for by something that is sealed, whoever holds the key. */
static bool is_sealed(const char *name)
{
    return strncmp(name, "rows/", 5) == 0 || strncmp(name, "configuration/", 14) == 0 ||
           strncmp(name, "keys/", 5) == 0 || strcmp(name, "events.txt") == 0 ||
           strcmp(name, "heads.txt") == 0 || strcmp(name, "readings.csv") == 0 ||
           strcmp(name, "verdict.json") == 0;
}

/* The files as they were. */
static void keep(const struct small_bundle *small, struct small_file *kept)
{
    for (size_t i = 0; i < small->file_count; i++) {
        kept[i] = small->files[i];
        kept[i].bytes = memcpy(malloc(kept[i].size + 1), small->files[i].bytes, kept[i].size + 1);
    }
}

static void put_back(struct small_bundle *small, const struct small_file *kept, size_t count)
{
    for (size_t i = 0; i < small->file_count; i++)
        free(small->files[i].bytes);
    memcpy(small->files, kept, count * sizeof kept[0]);
    small->file_count = count;
}

static void change_and_prove(struct input *input, bool issues)
{
    struct small_bundle *small = good_bundle();
    struct small_file kept[SMALL_FILES_MAX];
    size_t count = small->file_count;
    bool listed_differs = false, sealed_differs = false;
    struct wall_time now = small->now;
    struct proof proof = {0};
    size_t size;
    uint8_t *bytes;

    keep(small, kept);
    for (int i = 0; i < CHANGES_MAX && input->at < input->end; i++) {
        size_t index;

        if (!change(small, input, &index))
            continue;
        listed_differs |= strcmp(kept[index].name, "issue.json") != 0;
        sealed_differs |= is_sealed(kept[index].name);
    }
    /* two changes may undo each other */
    for (size_t i = 0; (listed_differs || sealed_differs) && i < count; i++)
        if (small->files[i].size != kept[i].size ||
            memcmp(small->files[i].bytes, kept[i].bytes, kept[i].size) != 0)
            break;
        else if (i + 1 == count)
            listed_differs = sealed_differs = false;
    if (issues && small_find(small, "verdict.json")->size > 0 &&
        memmem(small_find(small, "verdict.json")->bytes, small_find(small, "verdict.json")->size,
               "\"answer\":\"", 10) != NULL) {
        json_t *verdict = json_loadb(small_find(small, "verdict.json")->bytes,
                                     small_find(small, "verdict.json")->size, 0, NULL);

        if (json_string_value(json_object_get(verdict, "answer")) != NULL)
            small_reissue(small);
        json_decref(verdict);
    }
    bytes = small_pack(small, &size);
    if (prove(bytes, size, &proof)) {
        check_answers(&proof);
        if (listed_differs && !issues && proof.claims[CLAIM_UNCHANGED].answer == ANSWER_PROVEN)
            abort();
        if (sealed_differs && all_proven(&proof))
            abort();
    }
    proof_end(&proof);
    free(bytes);
    put_back(small, kept, count);
    small->now = now;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = {bytes + 1, bytes + size};
    struct proof proof = {0};

    say_in(LANGUAGE_EN);
    if (size == 0)
        return 0;
    if (bytes[0] % 3 != 0) {
        change_and_prove(&input, bytes[0] % 3 == 2);
        return 0;
    }
    if (prove(bytes + 1, size - 1, &proof))
        check_answers(&proof);
    proof_end(&proof);
    return 0;
}
