/* One line of the leaf of events, and whether an entry shown in full is the one of that line. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "report/proof_inside.h"

static bool must_be_quoted(const char *subject)
{
    for (; *subject != '\0'; subject++)
        if (*subject == ',' || *subject == '"' || (unsigned char)*subject < 0x20)
            return true;
    return false;
}

/* SUBJECT as SEAL.md writes it. */
static bool write_subject(const char *subject, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    if (must_be_quoted(subject))
        text_add_json(&text, subject);
    else
        text_add(&text, subject);
    return !text.full;
}

static bool read_subject(const char *words, size_t size, char *subject, size_t room)
{
    char again[6 * sizeof((struct entry_line *)0)->subject];
    const char *plain;
    json_t *json;
    bool good;

    if (size == 0 || words[0] != '"') {
        if (size >= room)
            return false;
        memcpy(subject, words, size);
        subject[size] = '\0';
        return !must_be_quoted(subject);
    }
    json = json_loadb(words, size, JSON_DECODE_ANY, NULL);
    plain = json_string_value(json);
    good = plain != NULL && strlen(plain) < room && must_be_quoted(plain) &&
           write_subject(plain, again, sizeof again) && strlen(again) == size &&
           memcmp(again, words, size) == 0;
    if (good)
        strcpy(subject, plain);
    json_decref(json);
    return good;
}

/* Decimal without leading zeros, up to the comma; moves on. */
static bool read_seq(const char **at, uint64_t *seq)
{
    size_t digits = strspn(*at, "0123456789");

    if (digits == 0 || digits > 18 || **at == '0' || (*at)[digits] != ',')
        return false;
    *seq = strtoull(*at, NULL, 10);
    *at += digits + 1;
    return true;
}

static bool read_time(const char **at, struct wall_time *time)
{
    char words[WALL_TEXT];
    size_t length = strcspn(*at, ",");

    *time = WALL_NONE;
    if (length >= sizeof words || (*at)[length] != ',')
        return false;
    memcpy(words, *at, length);
    words[length] = '\0';
    *at += length + 1;
    return length == 0 || time_read(words, time);
}

static bool read_kind(const char **at, char *kind, size_t room)
{
    size_t length = strspn(*at, "abcdefghijklmnopqrstuvwxyz0123456789_.");

    if (length == 0 || length >= room || **at < 'a' || (*at)[length] != ',')
        return false;
    memcpy(kind, *at, length);
    kind[length] = '\0';
    *at += length + 1;
    return true;
}

bool entry_line_read(struct entry_line *entry, const char *line, size_t size)
{
    const char *at = line;
    const char *digest = line + size - (DIGEST_HEX - 1);
    char hex[DIGEST_HEX];

    if (size <= DIGEST_HEX || digest[-1] != ',')
        return false;
    memcpy(hex, digest, sizeof hex - 1);
    hex[sizeof hex - 1] = '\0';
    return hex_read(hex, entry->digest, DIGEST_BYTES) && read_seq(&at, &entry->seq) &&
           read_time(&at, &entry->time) && read_kind(&at, entry->kind, sizeof entry->kind) &&
           at < digest &&
           read_subject(at, (size_t)(digest - 1 - at), entry->subject, sizeof entry->subject) &&
           (strcmp(entry->kind, "problem") != 0 || !wall_is_known(entry->time));
}

/* What an entry is about, from its body: SEAL.md, "Leaves". */
static const char *subject_of(const struct shown_entry *entry)
{
    static const char *const of_event[] = {"device", "id", "uid", "task"};
    const char *words = NULL;

    if (entry->is_problem)
        return json_words(entry->body, "point");
    for (size_t i = 0; i < sizeof of_event / sizeof of_event[0] && words == NULL; i++)
        words = json_string_value(json_object_get(entry->body, of_event[i]));
    return words == NULL ? "" : words;
}

bool entry_line_fits(const struct entry_line *line, const struct shown_entry *entry,
                     const char *text, size_t size)
{
    uint8_t digest[DIGEST_BYTES];

    digest_of(text, size, digest);
    return memcmp(digest, line->digest, DIGEST_BYTES) == 0 && line->seq == entry->seq &&
           strcmp(line->kind, entry->kind) == 0 && strcmp(line->subject, subject_of(entry)) == 0 &&
           (entry->is_problem || line->time.ms == entry->time.ms);
}

/* ---- what the check itself needs to know ---- */

static bool note_step(struct check *check, const struct shown_entry *entry, int64_t by_ms,
                      struct error *err)
{
    struct clock_step *steps = proof_grow(check->steps, check->step_count, sizeof *steps);

    if (steps == NULL)
        return proof_memory(err);
    check->steps = steps;
    steps += check->step_count++;
    *steps = (struct clock_step){.seq = entry->seq,
                                 .time = entry->time,
                                 .by_ms = by_ms,
                                 .back = by_ms < 0,
                                 .starts = by_ms == 0};
    if (check->step_count > 1) {
        steps->back += steps[-1].back;
        steps->starts += steps[-1].starts;
    }
    return true;
}

static const uint8_t *find_key(const struct check *check, const char *fingerprint)
{
    for (size_t i = 0; i < check->key_count; i++)
        if (strcmp(check->keys[i].fingerprint, fingerprint) == 0)
            return check->keys[i].public_key;
    for (size_t i = 0; i < check->made_count; i++)
        if (check->made[i].is_shown && strcmp(check->made[i].key, fingerprint) == 0)
            return check->made[i].public_key;
    return NULL;
}

/* Whether the old key says that this one follows it. */
static bool is_handed_over(struct check *check, const json_t *made, const uint8_t *old_key)
{
    const char *hex = json_words(made, "signature");
    uint8_t signature[SIGNATURE_BYTES];
    char text[HEAD_TEXT_MAX];
    size_t size = seal_handover_text(json_words(check->proof->manifest, "store"),
                                     json_words(made, "key"), json_words(made, "replaces"), text);

    return strlen(hex) == 2 * SIGNATURE_BYTES && hex_read(hex, signature, SIGNATURE_BYTES) &&
           seal_is_signed(old_key, text, size, signature);
}

static void say_not_signed(struct check *check, const char *key, const char *old, uint64_t seq)
{
    char where[48];

    if (seq == 0)
        snprintf(where, sizeof where, "keys.json");
    else
        snprintf(where, sizeof where, SAY("序号 %llu", "entry %llu"), (unsigned long long)seq);
    refute(check, CLAIM_SIGNED_BY,
           SAY("钥匙 %.16s…（%s）自称接替 %.16s…，但旧钥匙没有为它签名",
               "the key %.16s… (%s) says it follows %.16s…, which did not sign that"),
           key, where, old);
}

bool proof_note_key(struct check *check, const json_t *body, uint64_t seq,
                    const uint8_t *public_key, struct error *err)
{
    const char *key = json_words(body, "key");
    const char *old = json_words(body, "replaces");
    struct made_key *made = proof_grow(check->made, check->made_count, sizeof *made);
    const uint8_t *old_key;

    if (made == NULL)
        return proof_memory(err);
    check->made = made;
    made += check->made_count;
    *made = (struct made_key){.is_shown = public_key != NULL};
    if (strlen(key) >= sizeof made->key || strlen(old) >= sizeof made->replaces)
        return true; /* no key this program knows */
    strcpy(made->key, key);
    strcpy(made->replaces, old);
    if (public_key != NULL)
        memcpy(made->public_key, public_key, DIGEST_BYTES);
    old_key = find_key(check, old);
    check->made_count++;
    if (old_key == NULL)
        return true;
    made->handed_over = is_handed_over(check, body, old_key);
    if (!made->handed_over && !json_is_null(json_object_get(body, "signature")))
        say_not_signed(check, key, old, seq);
    return true;
}

/* The same ones in the same order. */
static bool has_points(const struct check *check, const json_t *points)
{
    if (json_array_size(points) != check->about.point_count)
        return false;
    for (size_t i = 0; i < check->about.point_count; i++) {
        const char *name = json_string_value(json_array_get(points, i));

        if (name == NULL || strcmp(name, check->points[i]) != 0)
            return false;
    }
    return true;
}

static void note_task(struct check *check, const struct shown_entry *entry)
{
    const json_t *tasks = json_object_get(entry->body, "tasks");

    for (size_t i = 0; i < json_array_size(tasks); i++) {
        const json_t *task = json_array_get(tasks, i);
        struct sealed_task found = {
            .found = true,
            .seq = entry->seq,
            .points_differ = !has_points(check, json_object_get(task, "points")),
            .category_differs = strcmp(json_words(task, "category"), check->about.category) != 0};

        if (strcmp(json_words(task, "id"), check->about.task) == 0 &&
            json_time(task, "struck_off", &found.struck_off) &&
            json_time(task, "watch_until", &found.watch_until))
            check->task = found;
    }
}

bool proof_use_entry(struct check *check, const struct shown_entry *entry, struct error *err)
{
    json_int_t by_ms = json_integer_value(json_object_get(entry->body, "by_ms"));

    check->entries_seen++;
    if (strncmp(entry->kind, "task", 4) == 0)
        note_task(check, entry);
    if (strcmp(entry->kind, "clock.step") == 0 && by_ms != 0)
        return note_step(check, entry, (int64_t)by_ms, err);
    if (strcmp(entry->kind, "started") == 0)
        return note_step(check, entry, 0, err);
    return strcmp(entry->kind, "key.made") != 0 ||
           proof_note_key(check, entry->body, entry->seq, NULL, err);
}
