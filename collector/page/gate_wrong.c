/* How many wrong tokens come, and from where: a token of 256 bits is not guessed, but trying costs
 * us, and somebody should know of it. A bucket for each address and one for all; bounded memory.
 *
 * One line when they become too many and one when it is over, however long it lasts.
 */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/say.h"
#include "page/gate_inside.h"

static const int64_t minute_ns = (int64_t)60 * 1000 * 1000 * 1000;

static int64_t ms_between(struct mono_time from, struct mono_time to)
{
    return (to.ns - from.ns) / 1000000;
}

void wrong_init(struct wrong_tokens *wrong, const struct clock *clock)
{
    *wrong = (struct wrong_tokens){.clock = clock};
    wrong->in_all = (struct bucket){clock_mono(clock), minute_ns};
}

/* A minute fills it, and it holds no more. */
static void fill(struct bucket *bucket, struct mono_time now)
{
    int64_t left_ns = bucket->left_ns + (now.ns - bucket->filled.ns);

    bucket->left_ns = left_ns < minute_ns ? left_ns : minute_ns;
    bucket->filled = now;
}

/* Takes out one of `most` that a whole one holds; 0, or in how many seconds there is one. */
static int take(struct bucket *bucket, int most)
{
    int64_t lacking_ns = minute_ns / most - bucket->left_ns;

    if (lacking_ns > 0)
        return (int)((lacking_ns + 999999999) / 1000000000);
    bucket->left_ns -= minute_ns / most;
    return 0;
}

/* Whoever has an IPv6 address has its whole net (RFC 6177): the net counts. */
static void key_of(const struct sockaddr *from, uint8_t key[16])
{
    memset(key, 0, 16);
    if (from != NULL && from->sa_family == AF_INET) {
        key[10] = key[11] = 0xff;
        memcpy(key + 12, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    } else if (from != NULL && from->sa_family == AF_INET6) {
        const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;

        memcpy(key, v6->s6_addr, IN6_IS_ADDR_V4MAPPED(v6) ? 16 : 8);
    }
}

/* Its place, or the one of who was heard of least lately. */
static struct wrong_address *place_of(struct wrong_tokens *wrong, const uint8_t key[16],
                                      struct mono_time now)
{
    struct wrong_address *free_one = &wrong->addresses[0];

    for (size_t i = 0; i < WRONG_ADDRESSES; i++) {
        struct wrong_address *address = &wrong->addresses[i];

        if (address->used && memcmp(address->key, key, 16) == 0)
            return address;
        if (free_one->used &&
            (!address->used || address->bucket.filled.ns < free_one->bucket.filled.ns))
            free_one = address;
    }
    *free_one = (struct wrong_address){
        .used = true, .bucket = {now, minute_ns}
    };
    memcpy(free_one->key, key, 16);
    return free_one;
}

static void say_begun(struct wrong_tokens *wrong, const uint8_t key[16], struct mono_time now)
{
    char words[INET6_ADDRSTRLEN] = "?";
    bool v4 = key[10] == 0xff && key[11] == 0xff;
    int asked_in = say_as(-1);

    wrong->siege = true;
    wrong->refused = 0;
    wrong->began = now;
    inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? key + 12 : key, words, sizeof words);
    log_warning(SAY("网页：错误的令牌过多，最近一个来自 %s；此后以 429 拒绝，正确的令牌照常可用；"
                    "停止后另行记录",
                    "page: too many wrong tokens, the last from %s; more are answered 429, good "
                    "ones pass as ever, and a line follows when it is over"),
                words);
    say_as(asked_in);
}

void wrong_sweep(struct wrong_tokens *wrong)
{
    int asked_in;

    if (!wrong->siege || ms_between(wrong->last, clock_mono(wrong->clock)) < WRONG_QUIET_MS)
        return;
    wrong->siege = false;
    asked_in = say_as(-1);
    log_notice(SAY("网页：一分钟内不再有错误令牌；历时 %" PRId64 " 秒，共拒绝 %" PRIu64 " 次",
                   "page: no wrong token for a minute; it lasted %" PRId64 " s, %" PRIu64
                   " were refused"),
               ms_between(wrong->began, wrong->last) / 1000, wrong->refused);
    say_as(asked_in);
}

bool wrong_count(struct wrong_tokens *wrong, const struct sockaddr *from, int *retry_s)
{
    struct mono_time now = clock_mono(wrong->clock);
    struct wrong_address *address;
    uint8_t key[16];

    wrong_sweep(wrong);
    key_of(from, key);
    address = place_of(wrong, key, now);
    fill(&address->bucket, now);
    fill(&wrong->in_all, now);
    wrong->last = now;
    *retry_s = take(&address->bucket, WRONG_A_MINUTE);
    if (*retry_s == 0)
        *retry_s = take(&wrong->in_all, WRONG_IN_ALL);
    if (*retry_s == 0)
        return true;
    if (!wrong->siege)
        say_begun(wrong, key, now);
    wrong->refused++;
    return false;
}
