/* The text of a head, written and read: only what would be written again byte for byte is read. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/say.h"
#include "store/seal.h"
#include "store/seal_text.h"

static const char first_line[] = "lookback seal 1\n";
static const char any_version[] = "lookback seal ";

static void add_digest(struct text *text, const char *key, const uint8_t digest[DIGEST_BYTES])
{
    char hex[DIGEST_HEX];

    text_format(text, "%s %s\n", key, digest_hex(digest, hex));
}

static void add_time_or_dash(struct text *text, struct wall_time time)
{
    if (wall_is_known(time))
        seal_add_time(text, time);
    else
        text_add_char(text, '-');
}

size_t seal_head_text(const struct seal_head *head, char out[HEAD_TEXT_MAX])
{
    struct text text;

    text_init(&text, out, HEAD_TEXT_MAX);
    text_format(&text, "%scollector %s\nstore %s\nsegment %" PRIu64 "\n", first_line,
                head->collector, head->store, head->segment);
    text_format(&text, "entries %" PRIu64 " %" PRIu64 "\ntimes ", head->first_seq, head->last_seq);
    add_time_or_dash(&text, head->first_time);
    text_add_char(&text, ' ');
    add_time_or_dash(&text, head->last_time);
    text_format(&text, "\nleaves %" PRIu64 "\n", head->leaves);
    add_digest(&text, "root", head->root);
    add_digest(&text, "previous", head->previous);
    text_add(&text, "sealed ");
    add_time_or_dash(&text, head->sealed);
    text_format(&text, "\nkey %s\n", head->key);
    return text.used;
}

/* Reading ----------------------------------------------------------------------------------- */

/* What is still unread; NULL once something was wrong. */
struct unread {
    const char *at, *end;
};

/* The word that follows `before` and ends at `ended_by`, as text. */
static bool take(struct unread *unread, const char *before, char ended_by, char *word, size_t size)
{
    size_t length = strlen(before);
    const char *end;

    if ((size_t)(unread->end - unread->at) < length || memcmp(unread->at, before, length) != 0)
        return false;
    unread->at += length;
    end = memchr(unread->at, ended_by, (size_t)(unread->end - unread->at));
    if (end == NULL || (size_t)(end - unread->at) >= size)
        return false;
    memcpy(word, unread->at, (size_t)(end - unread->at));
    word[end - unread->at] = '\0';
    unread->at = end + 1;
    return true;
}

static bool take_number(struct unread *unread, const char *before, char ended_by, uint64_t *number)
{
    char word[24];
    char *end;

    if (!take(unread, before, ended_by, word, sizeof word) || word[0] < '0' || word[0] > '9')
        return false;
    *number = strtoull(word, &end, 10);
    return *end == '\0';
}

static bool take_time(struct unread *unread, const char *before, char ended_by,
                      struct wall_time *time)
{
    char word[WALL_TEXT];

    if (!take(unread, before, ended_by, word, sizeof word))
        return false;
    *time = WALL_NONE;
    return strcmp(word, "-") == 0 || seal_read_time(word, strlen(word), time);
}

static bool take_digest(struct unread *unread, const char *before, uint8_t digest[DIGEST_BYTES])
{
    char word[DIGEST_HEX];

    return take(unread, before, '\n', word, sizeof word) && hex_read(word, digest, DIGEST_BYTES);
}

static bool take_all(struct unread *unread, struct seal_head *head)
{
    uint8_t unused[DIGEST_BYTES];

    return take(unread, "collector ", '\n', head->collector, sizeof head->collector) &&
           name_is_valid(head->collector) &&
           take(unread, "store ", '\n', head->store, sizeof head->store) &&
           hex_read(head->store, unused, DIGEST_BYTES / 2) &&
           take_number(unread, "segment ", '\n', &head->segment) &&
           take_number(unread, "entries ", ' ', &head->first_seq) &&
           take_number(unread, "", '\n', &head->last_seq) &&
           take_time(unread, "times ", ' ', &head->first_time) &&
           take_time(unread, "", '\n', &head->last_time) &&
           take_number(unread, "leaves ", '\n', &head->leaves) &&
           take_digest(unread, "root ", head->root) &&
           take_digest(unread, "previous ", head->previous) &&
           take_time(unread, "sealed ", '\n', &head->sealed) &&
           take(unread, "key ", '\n', head->key, sizeof head->key) &&
           hex_read(head->key, unused, DIGEST_BYTES) && unread->at == unread->end;
}

static bool is_another_version(const char *text, size_t size)
{
    size_t common = sizeof any_version - 1;

    return size > common && memcmp(text, any_version, common) == 0 &&
           (size < sizeof first_line - 1 || memcmp(text, first_line, sizeof first_line - 1) != 0);
}

bool seal_head_read(struct seal_head *head, const char *text, size_t size, struct error *err)
{
    struct unread unread = {text, text + size};
    char again[HEAD_TEXT_MAX];
    char none[1];

    *head = (struct seal_head){0};
    if (is_another_version(text, size))
        return error_set(err, ERROR_STORE,
                         SAY("封存头是别的版本：本程序只认识 lookback seal 1，请换新版程序",
                             "the seal's head is of another version: this program knows "
                             "lookback seal 1 only, use a newer one"));
    if (take(&unread, "lookback seal 1", '\n', none, sizeof none) && take_all(&unread, head) &&
        seal_head_text(head, again) == size && memcmp(again, text, size) == 0)
        return true;
    return error_set(err, ERROR_STORE,
                     SAY("封存头不合格式（第 %zu 字节附近）：与 SEAL.md 所写的不同",
                         "the seal's head is not as SEAL.md writes it (near byte %zu)"),
                     (size_t)(unread.at - text));
}

size_t seal_handover_text(const char *store, const char *key, const char *replaces,
                          char out[HEAD_TEXT_MAX])
{
    struct text text;

    text_init(&text, out, HEAD_TEXT_MAX);
    text_format(&text, "lookback key 1\nstore %s\nkey %s\nreplaces %s\n", store, key, replaces);
    return text.used;
}
