/* The keys and the chain of heads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/proof_inside.h"

/* ---- keys: SubjectPublicKeyInfo (RFC 8410) in base64, in exactly one form ---- */

static const char pem_begin[] = "-----BEGIN PUBLIC KEY-----\n";
static const char pem_end[] = "\n-----END PUBLIC KEY-----\n";
static const uint8_t der_begin[12] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                      0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

enum { DER_SIZE = sizeof der_begin + DIGEST_BYTES, BASE64_SIZE = (DER_SIZE + 2) / 3 * 4 };

static void write_base64(const uint8_t der[DER_SIZE], char out[BASE64_SIZE + 1])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *at = out;

    for (size_t i = 0; i < DER_SIZE; i += 3) {
        size_t left = DER_SIZE - i;
        unsigned three = (unsigned)der[i] << 16 | (left > 1 ? (unsigned)der[i + 1] << 8 : 0) |
                         (left > 2 ? der[i + 2] : 0);

        *at++ = digits[three >> 18];
        *at++ = digits[three >> 12 & 63];
        *at++ = left > 1 ? digits[three >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[three & 63] : '=';
    }
    *at = '\0';
}

static int base64_value(char digit)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = digit == '\0' ? NULL : strchr(digits, digit);

    return at == NULL ? 0 : (int)(at - digits);
}

static bool read_pem(const char *pem, size_t size, uint8_t public_key[DIGEST_BYTES])
{
    const size_t before = sizeof pem_begin - 1;
    uint8_t der[DER_SIZE + 3] = {0};
    char again[sizeof pem_begin + BASE64_SIZE + sizeof pem_end];

    if (size != before + BASE64_SIZE + sizeof pem_end - 1)
        return false;
    for (size_t i = 0; i < BASE64_SIZE / 4; i++) {
        unsigned three = 0;

        for (size_t j = 0; j < 4; j++)
            three = three << 6 | (unsigned)base64_value(pem[before + 4 * i + j]);
        for (size_t j = 0; j < 3; j++)
            der[3 * i + j] = (uint8_t)(three >> (16 - 8 * j));
    }
    memcpy(der, der_begin, sizeof der_begin);
    memcpy(again, pem_begin, before);
    write_base64(der, again + before);
    strcpy(again + before + BASE64_SIZE, pem_end);
    memcpy(public_key, der + sizeof der_begin, DIGEST_BYTES);
    return memcmp(again, pem, size) == 0;
}

static bool take_key(struct check *check, const struct archive_file *file, struct error *err)
{
    struct proof_key *keys = proof_grow(check->keys, check->key_count, sizeof *keys);
    struct proof_key *key;
    char name[ARCHIVE_NAME_MAX];
    uint8_t digest[DIGEST_BYTES];
    size_t size;
    char *pem;

    if (keys == NULL)
        return proof_memory(err);
    check->keys = keys;
    key = &keys[check->key_count];
    *key = (struct proof_key){0};
    pem = proof_whole(check, file, &size, err);
    if (pem == NULL)
        return false;
    if (!read_pem(pem, size, key->public_key)) {
        free(pem);
        return proof_refuse(
            err, SAY("%s 不是 Ed25519 公钥的 PEM", "%s is not the PEM of an Ed25519 key"),
            file->name);
    }
    free(pem);
    digest_of(key->public_key, DIGEST_BYTES, digest);
    snprintf(name, sizeof name, "keys/%s.pem", digest_hex(digest, key->fingerprint));
    if (strcmp(name, file->name) != 0)
        return proof_refuse(
            err, SAY("%s 里是另一把钥匙", "%s holds another key than its name says"), file->name);
    check->known[file - archive_at(check->archive, 0)] = true;
    check->key_count++;
    return true;
}

bool proof_keys(struct check *check, struct error *err)
{
    for (size_t i = 0; i < archive_count(check->archive); i++) {
        const struct archive_file *file = archive_at(check->archive, i);

        if (strncmp(file->name, "keys/", 5) == 0 && !take_key(check, file, err))
            return false;
    }
    return true;
}

/* ---- heads ---- */

static bool room_for_link(struct check *check, struct error *err)
{
    size_t room = check->link_room == 0 ? 64 : check->link_room * 2;
    struct link *links;

    if (check->link_count < check->link_room)
        return true;
    if (check->link_count >= PROOF_SEGMENTS_MOST)
        return proof_refuse(err, SAY("封存段多于 %d 个", "more than %d segments"),
                            PROOF_SEGMENTS_MOST);
    links = realloc(check->links, room * sizeof *links);
    if (links == NULL)
        return proof_memory(err);
    check->links = links;
    check->link_room = room;
    return true;
}

static bool numbers_can_be(const struct seal_head *head)
{
    return head->segment >= 1 && head->first_seq >= 1 && head->first_seq <= head->last_seq &&
           head->leaves >= 2 && wall_is_known(head->sealed) &&
           wall_is_known(head->first_time) == wall_is_known(head->last_time) &&
           head->first_time.ms <= head->last_time.ms;
}

/* "lookback seal N" of another N; anything else is no head at all. */
static bool is_other_version(const char *text)
{
    static const char any[] = "lookback seal ";
    const char *number = text + sizeof any - 1;
    size_t digits;

    if (strncmp(text, any, sizeof any - 1) != 0)
        return false;
    digits = strspn(number, "0123456789");
    return digits > 0 && number[digits] == '\n' && strncmp(number, "1\n", 2) != 0;
}

bool proof_add_link(struct check *check, const char *text, size_t size, const char *signature,
                    const char *where, struct error *err)
{
    struct link *link;
    struct error why = {0};

    if (!room_for_link(check, err))
        return false;
    link = &check->links[check->link_count];
    *link = (struct link){0};
    if (!seal_head_read(&link->head, text, size, &why)) {
        check->other_version = is_other_version(text);
        return proof_refuse(err, SAY("%s：第 %zu 个封存头：%s", "%s: head %zu: %s"), where,
                            check->link_count + 1, why.text);
    }
    if (!numbers_can_be(&link->head) || strlen(signature) != SIGNATURE_BYTES * 2 ||
        !hex_read(signature, link->signature, SIGNATURE_BYTES))
        return proof_refuse(err,
                            SAY("%s：第 %zu 个封存头的数字或签名写法不对",
                                "%s: the numbers or the signature of head %zu cannot be"),
                            where, check->link_count + 1);
    digest_of(text, size, link->digest);
    if (strcmp(link->head.store, json_words(check->proof->manifest, "store")) != 0 ||
        strcmp(link->head.collector, json_words(check->proof->manifest, "collector")) != 0)
        refute(check, CLAIM_UNCHANGED,
               SAY("第 %llu 段的封存头来自另一台网关（%s）",
                   "the head of segment %llu is of another gateway's store (%s)"),
               (unsigned long long)link->head.segment, link->head.collector);
    check->link_count++;
    return true;
}

/* One head of heads.txt: its lines, its signature, an empty line. */
struct head_text {
    char bytes[HEAD_TEXT_MAX];
    struct text text;
    char signature[2 * SIGNATURE_BYTES + 1];
};

static bool take_head_line(struct check *check, struct head_text *head, const char *line,
                           size_t size, struct error *err)
{
    static const char signature[] = "signature ";
    const size_t before = sizeof signature - 1;

    if (size == 0 && head->signature[0] != '\0') {
        if (!proof_add_link(check, head->bytes, head->text.used, head->signature, "heads.txt", err))
            return false;
        text_cut(&head->text, 0);
        head->signature[0] = '\0';
        return true;
    }
    if (size == 0 || head->signature[0] != '\0')
        return proof_refuse(err,
                            SAY("heads.txt：第 %zu 个封存头没有签名，或后面没有空行",
                                "heads.txt: head %zu has no signature, or no empty line "
                                "behind it"),
                            check->link_count + 1);
    if (strncmp(line, signature, before) == 0 && size - before < sizeof head->signature) {
        strcpy(head->signature, line + before);
        if (head->signature[0] == '\0')
            head->signature[0] = '-';
        return true;
    }
    text_add_bytes(&head->text, line, size);
    text_add_char(&head->text, '\n');
    return !head->text.full ||
           proof_refuse(err,
                        SAY("heads.txt：第 %zu 个封存头太长", "heads.txt: head %zu is too long"),
                        check->link_count + 1);
}

bool proof_heads(struct check *check, struct error *err)
{
    const struct archive_file *file = proof_file(check, "heads.txt", err);
    struct archive_lines *lines =
        file == NULL ? NULL : archive_lines_new(check->archive, file, HEAD_TEXT_MAX, err);
    struct head_text head = {.signature = ""};
    struct error why = {0};
    const char *line;
    size_t size;
    bool good = lines != NULL;

    text_init(&head.text, head.bytes, sizeof head.bytes);
    while (good && (line = archive_line(lines, &size, &why)) != NULL)
        good = take_head_line(check, &head, line, size, err);
    archive_lines_free(lines);
    if (!good)
        return false;
    if (why.kind != ERROR_NONE) {
        *err = why;
        return false;
    }
    check->shown_links = check->link_count;
    return (check->link_count > 0 && head.text.used == 0 && head.signature[0] == '\0') ||
           proof_refuse(err, "%s",
                        SAY("heads.txt 是空的，或没有写完", "heads.txt is empty, or cut short"));
}

bool link_touches(const struct check *check, const struct link *link)
{
    return wall_is_known(link->head.first_time) &&
           link->head.first_time.ms < check->about.span.end.ms &&
           link->head.last_time.ms >= check->about.span.start.ms;
}
