/* lookback seals verify: the whole store against its own seals, its key, and heads kept outside. */
#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/seals_shown.h"
#include "base/say.h"
#include "report/progress.h"
#include "town/shown.h"

enum { SHOWN_MAX = 20, SENTENCE = 1200 };

struct verifying {
    const struct typed *typed;
    struct settings *settings;
    struct reader *reader;
    struct seal_check check;
    struct progress progress;
    bool shows;
    json_t *faults;                /* as JSON, or as sentences */
    struct outside_found *outside; /* every head of --anchor */
    size_t outside_count;
    bool no_memory;
    char key[DIGEST_HEX]; /* --key; "": not given */
    bool key_fits;
};

/* --- what is given --------------------------------------------------------------------------- */

static void take_outside(void *self, const char *path, const struct outside_head *head)
{
    struct verifying *verifying = self;
    struct outside_found *grown =
        realloc(verifying->outside, (verifying->outside_count + 1) * sizeof *grown);

    if (grown == NULL) {
        verifying->no_memory = true;
        return;
    }
    verifying->outside = grown;
    grown[verifying->outside_count++] = (struct outside_found){.path = path, .head = *head};
}

static bool read_anchors(struct verifying *verifying, struct error *err)
{
    const struct typed *typed = verifying->typed;

    for (size_t i = 0; i < typed->option_count; i++)
        if (strcmp(typed->options[i].name, "--anchor=") == 0 &&
            !anchor_file_read(typed->options[i].value, take_outside, verifying, err))
            return false;
    return !verifying->no_memory ||
           error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

/* As it stands on a commissioning sheet: in groups, in capitals. */
static bool read_key(struct verifying *verifying, struct error *err)
{
    const char *words = typed_option(verifying->typed, "--key");
    uint8_t digest[DIGEST_BYTES];
    size_t used = 0;

    for (; words != NULL && *words != '\0' && used < DIGEST_HEX - 1; words++)
        if (!isspace((unsigned char)*words) && *words != '-' && *words != ':')
            verifying->key[used++] = (char)tolower((unsigned char)*words);
    verifying->key[used] = '\0';
    while (words != NULL && isspace((unsigned char)*words))
        words++;
    return words == NULL ||
           (*words == '\0' && used == DIGEST_HEX - 1 &&
            hex_read(verifying->key, digest, DIGEST_BYTES)) ||
           error_set(err, ERROR_WRONG_USE, "%s",
                     SAY("--key 要写钥匙指纹：64 个十六进制数字，可以四个一组",
                         "--key wants the key's fingerprint: 64 hexadecimal digits, in groups of "
                         "four if you like"));
}

/* --- checking -------------------------------------------------------------------------------- */

static void show_share(void *self, double share)
{
    struct verifying *verifying = self;

    if (verifying->shows)
        progress_show(&verifying->progress, share, "");
}

static void take_fault(void *self, const struct seal_check *found)
{
    struct verifying *verifying = self;
    char sentence[SENTENCE];

    if (json_array_size(verifying->faults) >= SHOWN_MAX)
        return;
    if (verifying->typed->json) {
        json_array_append_new(verifying->faults, seal_fault_json(found));
        return;
    }
    seal_fault_say(found, sentence, sizeof sentence);
    json_array_append_new(verifying->faults, json_string(sentence));
}

static bool take_head(void *self, const struct sealed *sealed)
{
    struct outside_found *found = self;

    memcpy(found->here, sealed->digest, DIGEST_BYTES);
    found->answer =
        memcmp(found->here, found->head.head, DIGEST_BYTES) == 0 ? OUTSIDE_SAME : OUTSIDE_OTHER;
    return false;
}

static bool compare_anchors(struct verifying *verifying, struct error *err)
{
    for (size_t i = 0; i < verifying->outside_count; i++) {
        struct outside_found *found = &verifying->outside[i];
        uint64_t segment = found->head.segment;

        found->answer = segment > verifying->check.newest ? OUTSIDE_AHEAD : OUTSIDE_UNSEALED;
        if (!reader_sealed(verifying->reader, segment, segment, take_head, found, err))
            return false;
    }
    return true;
}

static bool verify(struct verifying *verifying, struct error *err)
{
    bool done;

    verifying->shows = command_shows_progress(verifying->typed);
    progress_begin(&verifying->progress, SAY("核对封存", "verify"));
    done = reader_check_seals(verifying->reader, &verifying->check, take_fault, show_share,
                              verifying, err);
    if (verifying->shows)
        progress_end(&verifying->progress, done);
    verifying->key_fits = verifying->key[0] == '\0';
    for (size_t i = 0; i < verifying->check.key_count; i++)
        if (strcmp(verifying->check.keys[i], verifying->key) == 0)
            verifying->key_fits = true;
    return done && compare_anchors(verifying, err);
}

static bool is_sound(const struct verifying *verifying)
{
    for (size_t i = 0; i < verifying->outside_count; i++)
        if (verifying->outside[i].answer != OUTSIDE_SAME)
            return false;
    return verifying->check.faults == 0 && verifying->key_fits;
}

/* --- saying ---------------------------------------------------------------------------------- */

static json_t *json_time(struct wall_time time)
{
    char words[WALL_TEXT];

    return wall_is_known(time) ? json_string(wall_text(time, words)) : json_null();
}

static json_t *newest_json(const struct seal_check *check)
{
    char hex[DIGEST_HEX];

    if (check->newest == 0)
        return json_null();
    return json_pack("{s:I, s:s, s:o}", "segment", (json_int_t)check->newest, "head",
                     digest_hex(check->head, hex), "time", json_time(check->sealed));
}

static void print_json(const struct verifying *verifying)
{
    const struct seal_check *check = &verifying->check;
    json_t *keys = json_array();
    json_t *anchors = json_array();
    json_t *seals;

    for (size_t i = 0; i < check->key_count; i++)
        json_array_append_new(keys, json_string(check->keys[i]));
    for (size_t i = 0; i < verifying->outside_count; i++)
        json_array_append_new(anchors, outside_json(&verifying->outside[i]));
    seals = json_pack(
        "{s:{s:b, s:I, s:I, s:I, s:o, s:o, s:o, s:{s:I, s:o}, s:o, s:I, s:O}}", "seals", "sound",
        is_sound(verifying), "segments", (json_int_t)check->segments, "pruned",
        (json_int_t)check->pruned, "rows", (json_int_t)check->rows, "newest", newest_json(check),
        "keys", keys, "key_known",
        verifying->key[0] == '\0' ? json_null() : json_boolean(verifying->key_fits), "unsealed",
        "entries", (json_int_t)check->unsealed, "since", json_time(check->unsealed_since),
        "anchors", anchors, "fault_count", (json_int_t)check->faults, "faults", verifying->faults);
    json_dumpf(seals, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(seals);
}

static void print_newest(const struct seal_check *check)
{
    char words[WALL_TEXT], when[LOCAL_TEXT], hex[DIGEST_HEX], key[KEY_TEXT];

    if (check->newest == 0) {
        puts(SAY("还没有封存任何数据", "nothing is sealed yet"));
        return;
    }
    printf(SAY("最新封存段 %" PRIu64 "，封存于 %s\n封存头   %s\n签名钥匙 %s\n",
               "newest segment %" PRIu64 ", sealed %s\nhead %s\nkey  %s\n"),
           check->newest, local_time(wall_text(check->sealed, words), when),
           digest_hex(check->head, hex), key_shown(check->key, key));
}

static void print_unsealed(const struct seal_check *check)
{
    char words[WALL_TEXT], when[LOCAL_TEXT];

    if (check->unsealed == 0)
        return;
    printf(SAY("尚未封存：%" PRIu64 " 条记录", "not sealed yet: %" PRIu64 " entries"),
           check->unsealed);
    if (wall_is_known(check->unsealed_since))
        printf(SAY("，自 %s 起", ", since %s"),
               local_time(wall_text(check->unsealed_since, words), when));
    putchar('\n');
}

static void print_faults(const struct verifying *verifying)
{
    const struct seal_check *check = &verifying->check;
    size_t index;
    json_t *fault;
    char sentence[SENTENCE];

    json_array_foreach(verifying->faults, index, fault) printf("✗ %s\n", json_string_value(fault));
    if (check->faults > json_array_size(verifying->faults))
        printf(SAY("……另有 %" PRIu64 " 处\n", "… and %" PRIu64 " more\n"),
               check->faults - json_array_size(verifying->faults));
    for (size_t i = 0; i < verifying->outside_count; i++) {
        const struct outside_found *found = &verifying->outside[i];

        outside_say(found, check->newest, sentence, sizeof sentence);
        printf("%s %s\n", found->answer == OUTSIDE_SAME ? "✓" : "✗", sentence);
    }
    if (!verifying->key_fits)
        printf(SAY("✗ 给出的钥匙没有签过这个存储：%s\n", "✗ the key that was given signed nothing "
                                                         "here: %s\n"),
               verifying->key);
    else if (verifying->key[0] != '\0')
        puts(SAY("✓ 给出的钥匙是这个存储的", "✓ the key that was given is of this store"));
}

static void print_words(const struct verifying *verifying)
{
    const struct seal_check *check = &verifying->check;

    say_simulated(verifying->settings, NULL);
    say_zone(verifying->settings);
    printf(SAY("已核对 %" PRIu64 " 个封存段、%" PRIu64 " 行\n",
               "%" PRIu64 " segments and %" PRIu64 " rows were looked at\n"),
           check->segments, check->rows);
    if (check->pruned > 0)
        printf(SAY("其中 %" PRIu64 " 段的读数已按保留期限清理，只核对了事件和签名\n",
                   "of %" PRIu64 " of them retention has removed the readings; events and "
                   "signatures were checked\n"),
               check->pruned);
    print_newest(check);
    print_unsealed(check);
    print_faults(verifying);
    if (!is_sound(verifying))
        puts(SAY("结论：需核查！存储与它的封存不一致。",
                 "NEEDS CHECKING: the store does not agree with its seals."));
    else if (check->newest > 0)
        puts(SAY("结论：已封存的内容与封存时一致。",
                 "what is sealed is as it was when it was sealed."));
    if (verifying->outside_count == 0 && check->newest > 0)
        puts(SAY(
            "末尾是否被截去，只有与留在外面的封存头比较才能知道（--anchor）。",
            "whether the newest was cut off shows only beside a head kept outside (--anchor)."));
    puts(SAY("均值、问题等结论由 lookback replay 核对。",
             "means, problems and other conclusions are checked by lookback replay."));
}

/* --- the command ----------------------------------------------------------------------------- */

static int run(struct verifying *verifying)
{
    struct error err = {0};

    if (!read_key(verifying, &err) || !read_anchors(verifying, &err))
        return command_fail(verifying->typed, &err);
    verifying->reader = reader_open(verifying->settings->store_dir, &err);
    if (verifying->reader == NULL || !verify(verifying, &err))
        return command_fail(verifying->typed, &err);
    if (verifying->typed->json)
        print_json(verifying);
    else
        print_words(verifying);
    return is_sound(verifying) ? EXIT_DONE : EXIT_NO;
}

int command_seals(const struct typed *typed)
{
    struct verifying verifying = {.typed = typed};
    int code;

    if (strcmp(typed->words[0], "verify") != 0)
        return command_unknown(typed, "verify");
    verifying.settings = command_settings(typed);
    if (verifying.settings == NULL)
        return EXIT_WRONG;
    verifying.faults = json_array();
    code = run(&verifying);
    reader_close(verifying.reader);
    json_decref(verifying.faults);
    free(verifying.outside);
    settings_free(verifying.settings);
    return code;
}
