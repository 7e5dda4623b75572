/* sender.h - one thread an output: reads the store after its own cursor and delivers.
 *
 * The store is the queue; there is no other. A cursor moves only over an unbroken prefix the other
 * side has confirmed. While the other side is away the sender waits (backing off with jitter, never
 * asking more than once a second) and nothing else is slowed.
 */
#ifndef OUTPUT_SENDER_H
#define OUTPUT_SENDER_H

#include "base/clock.h"
#include "base/error.h"
#include "model/catalog.h"
#include "record/notice.h"
#include "record/recorder.h"

enum output_kind { OUTPUT_LINE, OUTPUT_MQTT, OUTPUT_RECTIFICATION, OUTPUT_MAIL, OUTPUT_HOOK };

struct output_setup {
    char name[NAME_SIZE];
    enum output_kind kind;
    bool enabled;
    bool awaited;
    char url[512];
    char user[128];
    char password_file[256]; /* secret: a file 0600 or "credential:NAME" */
    char token_file[256];
    char ca[256], certificate[256], key_file[256];
    bool plaintext;
    int64_t timeout_ms;
    int batch;       /* line: lines a request */
    bool gzip;       /* line */
    char root[64];   /* mqtt: topic root */
    char client[96]; /* mqtt: "" for lookback-COLLECTOR-NAME */
    int window;      /* mqtt: messages in flight */
    int64_t keepalive_ms;
    int64_t pull_ms;     /* rectification: how often its tasks are asked for */
    char fields[256];    /* rectification: file of field names, "" for the contract's */
    char hmac_file[256]; /* rectification: secret that requests are signed with, "" for none */
};

struct sender_setup {
    const struct output_setup *output;
    const char *store_dir;
    const struct catalog *catalog;
    struct recorder *recorder;
    struct notices *notices;
    const struct clock *clock;
};

struct sender;

/* Reads secrets, makes the connection's objects, starts the thread. NULL with a sentence when the
 * settings cannot work (a secret's mode, a missing file); a peer that is away is no error. */
struct sender *sender_start(const struct sender_setup *setup, struct error *err);
/* Finishes or gives up what is in flight within 5 s; what is not confirmed stays in the store. */
void sender_stop(struct sender *sender);
/* Starts again after `seq` (resend). */
void sender_rewind(struct sender *sender, uint64_t seq);

enum sender_state { SENDER_OK, SENDER_WAITING, SENDER_HELD, SENDER_DISABLED };

struct sender_status {
    const char *name;
    enum output_kind kind;
    enum sender_state state;
    struct wall_time since;
    uint64_t cursor;
    uint64_t backlog; /* entries not confirmed yet */
    struct wall_time oldest;
    uint64_t sent; /* readings confirmed since start */
    uint64_t quarantined;
    char text[256]; /* one sentence, "" when all is well */
};
void sender_status(struct sender *sender, struct sender_status *status);

const char *sender_state_word(enum sender_state state);
const char *output_kind_word(enum output_kind kind);

/* Reads a secret ("FILE" with mode 0600 or stricter and our or root's owner, or "credential:NAME"
 * below $CREDENTIALS_DIRECTORY) into `out`, one line, without its end. */
bool secret_read(const char *from, char *out, size_t size, struct error *err);
/* The same of several lines: the key of a certificate. */
bool secret_read_text(const char *from, char *out, size_t size, struct error *err);

#endif
