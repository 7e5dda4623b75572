#include "record/sealer.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/say.h"

static const int64_t retry_ms = 60 * 1000;

void sealer_init(struct sealer *sealer, const struct recorder_setup *setup)
{
    *sealer = (struct sealer){.store = setup->store,
                              .clock = setup->clock,
                              .notices = setup->notices,
                              .collector = setup->catalog->collector,
                              .on = setup->seals,
                              .retry = clock_mono(setup->clock)};
}

void sealer_end(struct sealer *sealer)
{
    seal_key_free(sealer->key);
    seal_key_free(sealer->next);
    sealer->key = sealer->next = NULL;
}

/* The notice -------------------------------------------------------------------------------- */

static void tell_waiting(struct sealer *sealer, const struct error *err)
{
    if (!sealer->noticed)
        log_error(SAY("不能封存：%s；每分钟重试", "nothing can be sealed: %s; trying again each "
                                                  "minute"),
                  err->text);
    notice_raise(sealer->notices, "seal", SAY("封存", "seals"),
                 SAY("%s。数据照常采集和保存，封存在等待，每分钟重试",
                     "%s. Readings are taken and stored as ever; sealing waits and is tried again "
                     "each minute"),
                 err->text);
    sealer->noticed = true;
    snprintf(sealer->why, sizeof sealer->why, "%s", err->text);
}

/* A key that nobody has signed for needs a person until that person makes the next one. */
static void tell_unexplained(struct sealer *sealer)
{
    if (!sealer->noticed)
        log_warning(SAY("签名钥匙换成了 %s，原来的钥匙没有为它签名（文件丢失或被换）；请核查原因，"
                        "把新指纹登记在案",
                        "the signing key is now %s and the one before has not signed for it (its "
                        "file was lost or replaced); find out why and note the new fingerprint"),
                    seal_key_fingerprint(sealer->key));
    notice_raise(
        sealer->notices, "seal", SAY("封存", "seals"),
        SAY("签名钥匙换成了 %s，原来的钥匙没有为它签名（文件丢失或被换）；请核查原因，"
            "把新指纹登记在案，再执行 lookback seal --new-key，此提示随之结束",
            "the signing key is now %s and the one before has not signed for it (its file was lost "
            "or replaced); find out why, note the new fingerprint, then run lookback seal "
            "--new-key, which ends this notice"),
        seal_key_fingerprint(sealer->key));
    sealer->noticed = true;
}

static void end_notice(struct sealer *sealer)
{
    if (sealer->noticed)
        notice_end(sealer->notices, "seal");
    sealer->noticed = false;
}

/* The key ----------------------------------------------------------------------------------- */

/* Whether what an act prepared is the key by its event, but not yet by its file. */
static bool next_is_meant(const struct sealer *sealer, const char *newest)
{
    struct seal_key *made = seal_key_open_new(store_dir(sealer->store));
    bool meant = made != NULL && strcmp(seal_key_fingerprint(made), newest) == 0;

    seal_key_free(made);
    return meant;
}

static bool open_key(struct sealer *sealer, const char *newest, struct error *err)
{
    const char *dir = store_dir(sealer->store);
    bool absent = false;

    if (next_is_meant(sealer, newest))
        sealer->key = seal_key_install(dir, err);
    else
        sealer->key = seal_key_open(dir, &absent, err);
    if (sealer->key == NULL && absent)
        sealer->key = seal_key_make(dir, false, err);
    return sealer->key != NULL;
}

void sealer_look(struct sealer *sealer)
{
    char newest[DIGEST_HEX];
    struct error err = {0};
    bool explained;

    if (!sealer->on || sealer->key != NULL || clock_mono(sealer->clock).ns < sealer->retry.ns)
        return;
    sealer->retry.ns = clock_mono(sealer->clock).ns + ns_from_ms(retry_ms);
    if (!store_newest_key(sealer->store, newest, &explained, &err) ||
        !open_key(sealer, newest, &err)) {
        tell_waiting(sealer, &err);
        return;
    }
    sealer->announced = strcmp(seal_key_fingerprint(sealer->key), newest) == 0;
    if (explained)
        end_notice(sealer);
    else
        tell_unexplained(sealer);
}

bool sealer_can(struct sealer *sealer, struct error *err)
{
    sealer->retry.ns = 0;
    sealer_look(sealer);
    return !sealer->on || sealer->key != NULL ||
           error_set(err, ERROR_REFUSED, SAY("不能封存：%s", "nothing can be sealed: %s"),
                     sealer->why);
}

bool sealer_owes(const struct sealer *sealer)
{
    return sealer->key != NULL && !sealer->announced;
}

bool sealer_may_sign(const struct sealer *sealer)
{
    return sealer->key != NULL && sealer->announced;
}

/* Its event --------------------------------------------------------------------------------- */

static void add_hex(struct text *text, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        text_format(text, "%02x", bytes[i]);
}

/* `old` (may be NULL) is the key `replaces` names, and signs for the one after it. */
static bool add_made(struct sealer *sealer, const struct seal_key *key, const char *replaces,
                     const struct seal_key *old, struct wall_time time, struct error *err)
{
    uint8_t signature[SIGNATURE_BYTES];
    char arguments[640], handover[HEAD_TEXT_MAX];
    struct event event = {.kind = "key.made",
                          .time = time,
                          .mono = clock_mono(sealer->clock),
                          .who = "",
                          .arguments = arguments};
    size_t size =
        seal_handover_text(store_id(sealer->store), seal_key_fingerprint(key), replaces, handover);
    struct text text;

    if (old != NULL && !seal_key_sign(old, handover, size, signature, err))
        return false;
    text_init(&text, arguments, sizeof arguments);
    text_format(&text, "{\"key\":\"%s\",\"public\":\"", seal_key_fingerprint(key));
    add_hex(&text, seal_key_public(key), DIGEST_BYTES);
    if (replaces[0] == '\0')
        text_add(&text, "\",\"replaces\":null,\"signature\":");
    else
        text_format(&text, "\",\"replaces\":\"%s\",\"signature\":", replaces);
    text_add(&text, old == NULL ? "null" : "\"");
    if (old != NULL)
        add_hex(&text, signature, SIGNATURE_BYTES);
    text_add(&text, old == NULL ? "}" : "\"}");
    return store_add_event(sealer->store, &event, err);
}

bool sealer_announce(struct sealer *sealer, struct wall_time time, struct error *err)
{
    char newest[DIGEST_HEX];
    struct seal_key *old = NULL;
    bool explained, done;

    if (!store_newest_key(sealer->store, newest, &explained, err))
        return false;
    if (newest[0] != '\0')
        old = seal_key_open_old(store_dir(sealer->store), newest, NULL);
    done = add_made(sealer, sealer->key, newest, old, time, err);
    seal_key_free(old);
    return done;
}

void sealer_announced(struct sealer *sealer)
{
    char newest[DIGEST_HEX];
    bool explained;

    sealer->announced = true;
    if (store_newest_key(sealer->store, newest, &explained, NULL) && !explained)
        tell_unexplained(sealer);
}

/* Another key ------------------------------------------------------------------------------- */

bool sealer_prepare(struct sealer *sealer, struct error *err)
{
    if (!sealer_may_sign(sealer))
        return error_set(err, ERROR_REFUSED, "%s",
                         SAY("现在的签名钥匙用不了，不能由它交接给新钥匙；请先看 lookback status "
                             "中的提示",
                             "the present signing key cannot be used, so it cannot hand over to "
                             "another; see the notice in lookback status first"));
    if (store_closed_up_to(sealer->store) > store_newest_seal(sealer->store)->last_seq)
        return error_set(err, ERROR_REFUSED, "%s",
                         SAY("还有已结束的时段等待原来的钥匙封存；请过一分钟再试",
                             "closed segments still wait to be sealed by the present key; try "
                             "again in a minute"));
    seal_key_free(sealer->next);
    sealer->next = seal_key_prepare(store_dir(sealer->store), err);
    return sealer->next != NULL;
}

bool sealer_add_next(struct sealer *sealer, struct wall_time time, struct error *err)
{
    return add_made(sealer, sealer->next, seal_key_fingerprint(sealer->key), sealer->key, time,
                    err);
}

/* Once the event stands, the new key is the key; where its file cannot be put in its place now,
 * that is tried again when the key is. */
void sealer_settle(struct sealer *sealer, bool committed)
{
    bool changed = sealer->next != NULL && committed;

    seal_key_free(sealer->next);
    sealer->next = NULL;
    if (!changed)
        return;
    seal_key_free(sealer->key);
    sealer->key = NULL;
    sealer->retry = clock_mono(sealer->clock);
    sealer_look(sealer);
}
