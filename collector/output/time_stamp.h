/* time_stamp.h - RFC 3161 time stamps over the heads of seals: what is asked, and what an answer is
 * worth. Pure but for the file of certificates; the one file that knows OpenSSL's TS functions.
 *
 * What is stamped is the digest of a head (SEAL.md), so a stamp says: that head, and everything
 * that leads to it, existed before the time in it. A stamp proves nothing by itself: the authority
 * that signed it has to be trusted by whoever checks it.
 */
#ifndef OUTPUT_TIME_STAMP_H
#define OUTPUT_TIME_STAMP_H

#include "base/clock.h"
#include "store/seal.h"

enum {
    TIME_STAMP_NONCE = 16,         /* bytes */
    TIME_STAMP_REQUEST_MOST = 256, /* bytes of a request */
    TIME_STAMP_MOST = 64 * 1024,   /* bytes of a response; a larger one is none */
};

/* Writes the request (DER, TimeStampReq) for the stamp of a SHA-256 digest: with this nonce, and
 * with the authority's certificate to be sent along. Returns its size, 0 when there is no memory.
 */
size_t time_stamp_request(const uint8_t imprint[DIGEST_BYTES],
                          const uint8_t nonce[TIME_STAMP_NONCE],
                          uint8_t out[TIME_STAMP_REQUEST_MOST]);

/* Whether a response (DER, TimeStampResp) is a stamp of this digest, for this request (`nonce`).
 * False with ERROR_PEER and a sentence: refused by the authority, another digest or nonce, a
 * signature that is not that of the certificate in it, a certificate that may not sign stamps,
 * not a response at all. Whether the authority is to be trusted is not asked. */
bool time_stamp_answers(const void *response, size_t size, const uint8_t imprint[DIGEST_BYTES],
                        const uint8_t nonce[TIME_STAMP_NONCE], struct error *err);

/* What a good stamp says. */
struct time_stamp_said {
    struct wall_time time;        /* by the authority's clock, cut to the millisecond */
    int64_t accuracy_ms;          /* the time is right to this (rounded up); -1: it does not say */
    char serial[96];              /* of the stamp, lower-case hex */
    char authority[256];          /* subject of the certificate that signed it (RFC 2253), UTF-8 */
    char certificate[DIGEST_HEX]; /* SHA-256 of that certificate (DER) */
    bool trusted;                 /* its chain ends in a certificate of the trust store */
    char why[256];                /* why it is not trusted: one sentence; "" when it is */
};

/* The same for somebody who was not there when it was asked for (no nonce), with what it says, and
 * whether the authority is trusted: its chain leads to `ca_file` (PEM; NULL: the machine's trust
 * store, "": none), as of the moment in the stamp, so that it holds after the certificate has
 * ended. Revocation is not looked up.
 *
 * False: it is no good stamp of this digest, `said` is not to be used; or (ERROR_SETTINGS)
 * `ca_file` cannot be read. True with `said->trusted` false: good in itself, by an authority nobody
 * here knows. */
bool time_stamp_check(const void *response, size_t size, const uint8_t imprint[DIGEST_BYTES],
                      const char *ca_file, struct time_stamp_said *said, struct error *err);

#endif
