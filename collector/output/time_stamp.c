/* RFC 3161 by OpenSSL.
 *
 * TS_RESP_verify_response() looks at the signature and at the chain of its certificate in one go.
 * Here they are two questions: a stamp is good in itself when the check passes with everything the
 * chain lacks passed over, and trusted when it passes as it is.
 */
#include "output/time_stamp.h"

#include <openssl/err.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/say.h"
#include "output/shown.h"

enum {
    SECONDS_MOST = 366 * 86400, /* an accuracy worse than a year is none */
    WORDS_MOST = 200,
};

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
}

/* The request ------------------------------------------------------------------------------- */

static bool set_imprint(TS_REQ *request, const uint8_t imprint[DIGEST_BYTES])
{
    TS_MSG_IMPRINT *said = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    uint8_t bytes[DIGEST_BYTES];
    bool good;

    memcpy(bytes, imprint, sizeof bytes);
    good = said != NULL && algorithm != NULL &&
           X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
           TS_MSG_IMPRINT_set_algo(said, algorithm) == 1 &&
           TS_MSG_IMPRINT_set_msg(said, bytes, sizeof bytes) == 1 &&
           TS_REQ_set_msg_imprint(request, said) == 1;
    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(said);
    return good;
}

static bool set_nonce(TS_REQ *request, const uint8_t nonce[TIME_STAMP_NONCE])
{
    BIGNUM *number = BN_bin2bn(nonce, TIME_STAMP_NONCE, NULL);
    ASN1_INTEGER *integer = number == NULL ? NULL : BN_to_ASN1_INTEGER(number, NULL);
    bool good = integer != NULL && TS_REQ_set_nonce(request, integer) == 1;

    ASN1_INTEGER_free(integer);
    BN_free(number);
    return good;
}

/* Without a nonce: what a response is held against when nobody knows the request any more. */
static TS_REQ *make_request(const uint8_t imprint[DIGEST_BYTES], const uint8_t *nonce)
{
    TS_REQ *request = TS_REQ_new();

    if (request != NULL && TS_REQ_set_version(request, 1) == 1 && set_imprint(request, imprint) &&
        TS_REQ_set_cert_req(request, 1) == 1 && (nonce == NULL || set_nonce(request, nonce)))
        return request;
    TS_REQ_free(request);
    return NULL;
}

size_t time_stamp_request(const uint8_t imprint[DIGEST_BYTES],
                          const uint8_t nonce[TIME_STAMP_NONCE],
                          uint8_t out[TIME_STAMP_REQUEST_MOST])
{
    TS_REQ *request = make_request(imprint, nonce);
    unsigned char *at = out;
    int size = request == NULL ? 0 : i2d_TS_REQ(request, NULL);

    size = size <= 0 || size > TIME_STAMP_REQUEST_MOST ? 0 : i2d_TS_REQ(request, &at);
    TS_REQ_free(request);
    ERR_clear_error();
    return size > 0 ? (size_t)size : 0;
}

/* What is wrong ----------------------------------------------------------------------------- */

static bool refuse(struct error *err, const char *why)
{
    return error_set(err, ERROR_PEER, "%s", why);
}

static bool is_no_response(struct error *err)
{
    return refuse(err, SAY("收到的不是时间戳应答（RFC 3161）",
                           "what came is no time stamp response (RFC 3161)"));
}

/* The last thing OpenSSL complained about. */
static bool refuse_as_checked(struct error *err)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);

    switch (ERR_GET_LIB(code) == ERR_LIB_TS ? ERR_GET_REASON(code) : 0) {
    case TS_R_NONCE_MISMATCH:
    case TS_R_NONCE_NOT_RETURNED:
        return refuse(err, SAY("应答的随机数不是这次请求的：是旧的应答，或是给别人的",
                               "its nonce is not that of this request: it is an old response, or "
                               "somebody else's"));
    case TS_R_MESSAGE_IMPRINT_MISMATCH:
        return refuse(err, SAY("时间戳盖的不是这个摘要", "it stamps another digest"));
    case TS_R_UNSUPPORTED_VERSION:
        return refuse(err, SAY("时间戳的版本不是 1", "its version is not 1"));
    case TS_R_CERTIFICATE_VERIFY_ERROR:
        return refuse(err, SAY("签名的证书不得用于时间戳",
                               "the certificate that signed it may not sign time stamps"));
    default:
        return error_set(err, ERROR_PEER,
                         SAY("时间戳的签名有误（%s）", "its signature is wrong (%s)"),
                         reason != NULL ? reason : "-");
    }
}

/* What the authority says about its refusal: its own words, made fit to show. */
static bool refuse_as_said(TS_RESP *response, long status, struct error *err)
{
    const STACK_OF(ASN1_UTF8STRING) *words =
        TS_STATUS_INFO_get0_text(TS_RESP_get_status_info(response));
    char shown[WORDS_MOST];
    struct text text;

    text_init(&text, shown, sizeof shown);
    for (int i = 0; i < sk_ASN1_UTF8STRING_num(words) && !text.full; i++) {
        const ASN1_UTF8STRING *line = sk_ASN1_UTF8STRING_value(words, i);

        if (i > 0)
            text_add_char(&text, ' ');
        text_add_shown(&text, (const char *)ASN1_STRING_get0_data(line),
                       (size_t)ASN1_STRING_length(line));
    }
    utf8_mend(shown);
    return error_set(
        err, ERROR_PEER,
        SAY("时间戳机构拒绝（状态 %ld）：%s", "the authority refuses (status %ld): %s"), status,
        shown[0] != '\0' ? shown : "-");
}

/* The response ------------------------------------------------------------------------------ */

/* Nothing may follow it: what is kept is checked by other programs, too. */
static TS_RESP *read_response(const void *bytes, size_t size, struct error *err)
{
    const unsigned char *at = bytes;
    TS_RESP *response = NULL;

    if (size > 0 && size <= TIME_STAMP_MOST)
        response = d2i_TS_RESP(NULL, &at, (long)size);
    if (response != NULL && at == (const unsigned char *)bytes + size)
        return response;
    TS_RESP_free(response);
    is_no_response(err);
    return NULL;
}

/* "granted", or "granted with modifications", which may concern nothing we asked for. */
static bool is_granted(TS_RESP *response, struct error *err)
{
    const TS_STATUS_INFO *info = TS_RESP_get_status_info(response);
    long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(info));

    if (status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS)
        return refuse_as_said(response, status, err);
    return TS_RESP_get_tst_info(response) != NULL || is_no_response(err);
}

/* What the chain lacks is passed over; what the certificate itself may not do is not. */
static int pass_over(int good, X509_STORE_CTX *context)
{
    return good || X509_STORE_CTX_get_error(context) != X509_V_ERR_INVALID_PURPOSE ||
           X509_STORE_CTX_get_error_depth(context) != 0;
}

/* `store` is taken. */
static bool passes(TS_RESP *response, const uint8_t imprint[DIGEST_BYTES], const uint8_t *nonce,
                   X509_STORE *store)
{
    TS_REQ *request = make_request(imprint, nonce);
    TS_VERIFY_CTX *context = request == NULL ? NULL : TS_REQ_to_TS_VERIFY_CTX(request, NULL);
    bool good = false;

    ERR_clear_error();
    if (context == NULL) {
        X509_STORE_free(store);
    } else {
        TS_VERIFY_CTX_set_store(context, store);
        TS_VERIFY_CTX_add_flags(context, TS_VFY_SIGNATURE);
        good = TS_RESP_verify_response(context, response) == 1;
    }
    TS_VERIFY_CTX_free(context);
    TS_REQ_free(request);
    return good;
}

/* Digests nobody can make a second text for. */
static bool digest_is_strong(TS_RESP *response, struct error *err)
{
    STACK_OF(PKCS7_SIGNER_INFO) *signers = PKCS7_get_signer_info(TS_RESP_get_token(response));
    X509_ALGOR *digest = NULL;

    PKCS7_SIGNER_INFO_get0_algs(sk_PKCS7_SIGNER_INFO_value(signers, 0), NULL, &digest, NULL);
    switch (digest == NULL ? NID_undef : OBJ_obj2nid(digest->algorithm)) {
    case NID_sha256:
    case NID_sha384:
    case NID_sha512:
    case NID_sha3_256:
    case NID_sha3_384:
    case NID_sha3_512:
        return true;
    default:
        return refuse(err, SAY("签名用的摘要算法太弱，至少要 SHA-256",
                               "it is signed by too weak a digest; SHA-256 is the least"));
    }
}

static bool is_good(TS_RESP *response, const uint8_t imprint[DIGEST_BYTES], const uint8_t *nonce,
                    struct error *err)
{
    X509_STORE *store;

    if (!is_granted(response, err))
        return false;
    store = X509_STORE_new();
    if (store == NULL)
        return no_memory(err);
    X509_STORE_set_verify_cb(store, pass_over);
    if (!passes(response, imprint, nonce, store))
        return refuse_as_checked(err);
    return digest_is_strong(response, err);
}

bool time_stamp_answers(const void *response, size_t size, const uint8_t imprint[DIGEST_BYTES],
                        const uint8_t nonce[TIME_STAMP_NONCE], struct error *err)
{
    TS_RESP *read = read_response(response, size, err);
    bool good = read != NULL && is_good(read, imprint, nonce, err);

    TS_RESP_free(read);
    ERR_clear_error();
    return good;
}

/* What it says ------------------------------------------------------------------------------ */

/* "20261122080000.123Z": OpenSSL reads the seconds, the digits behind them are ours. */
static bool say_time(TS_TST_INFO *info, struct time_stamp_said *said)
{
    const ASN1_GENERALIZEDTIME *at = TS_TST_INFO_get_time(info);
    const char *words = (const char *)ASN1_STRING_get0_data(at);
    int length = ASN1_STRING_length(at);
    int64_t ms = 0;
    struct tm tm;
    int i = 0;

    if (ASN1_TIME_to_tm(at, &tm) != 1)
        return false;
    while (i < length && words[i] != '.')
        i++;
    for (int64_t unit = 100; unit > 0 && ++i < length && words[i] >= '0' && words[i] <= '9';
         unit /= 10)
        ms += (words[i] - '0') * unit;
    said->time = (struct wall_time){(int64_t)timegm(&tm) * 1000 + ms};
    return true;
}

/* An absent part is nothing; false: it is no number that an accuracy can have. */
static bool add_part(const ASN1_INTEGER *part, int64_t most, int64_t *value)
{
    *value = 0;
    return part == NULL ||
           (ASN1_INTEGER_get_int64(value, part) == 1 && *value >= 0 && *value <= most);
}

static bool say_accuracy(TS_TST_INFO *info, struct time_stamp_said *said)
{
    TS_ACCURACY *accuracy = TS_TST_INFO_get_accuracy(info);
    int64_t seconds, millis, micros;

    said->accuracy_ms = -1;
    if (accuracy == NULL)
        return true;
    if (!add_part(TS_ACCURACY_get_seconds(accuracy), SECONDS_MOST, &seconds) ||
        !add_part(TS_ACCURACY_get_millis(accuracy), 999, &millis) ||
        !add_part(TS_ACCURACY_get_micros(accuracy), 999, &micros))
        return false;
    said->accuracy_ms = seconds * 1000 + millis + (micros > 0);
    return true;
}

static bool say_serial(TS_TST_INFO *info, struct time_stamp_said *said)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(TS_TST_INFO_get_serial(info), NULL);
    char *words = number == NULL ? NULL : BN_bn2hex(number);
    bool fits = words != NULL && strlen(words) < sizeof said->serial;

    for (size_t i = 0; fits && i <= strlen(words); i++)
        said->serial[i] = (char)(words[i] >= 'A' && words[i] <= 'F' ? words[i] + 32 : words[i]);
    OPENSSL_free(words);
    BN_free(number);
    return fits;
}

static bool say_name(X509 *certificate, struct time_stamp_said *said)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *words = NULL;
    long size = -1;

    if (memory != NULL && X509_NAME_print_ex(memory, X509_get_subject_name(certificate), 0,
                                             XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
        size = BIO_get_mem_data(memory, &words);
    if (size >= 0)
        snprintf(said->authority, sizeof said->authority, "%.*s", (int)size,
                 words != NULL ? words : "");
    utf8_mend(said->authority);
    BIO_free(memory);
    return size >= 0;
}

static bool say_authority(TS_RESP *response, struct time_stamp_said *said)
{
    STACK_OF(X509) *signers = PKCS7_get0_signers(TS_RESP_get_token(response), NULL, 0);
    X509 *certificate = sk_X509_value(signers, 0);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    bool good = certificate != NULL && say_name(certificate, said) &&
                X509_digest(certificate, EVP_sha256(), digest, &size) == 1;

    for (unsigned i = 0; good && i < size; i++)
        snprintf(said->certificate + 2 * i, 3, "%02x", digest[i]);
    sk_X509_free(signers);
    return good;
}

static bool say_all(TS_RESP *response, struct time_stamp_said *said)
{
    TS_TST_INFO *info = TS_RESP_get_tst_info(response);

    return say_time(info, said) && say_accuracy(info, said) && say_serial(info, said) &&
           say_authority(response, said);
}

/* Whom to trust ----------------------------------------------------------------------------- */

static bool load_trust(X509_STORE *store, const char *ca_file, struct error *err)
{
    if (ca_file == NULL)
        return X509_STORE_set_default_paths(store) == 1 || no_memory(err);
    if (*ca_file == '\0' || X509_STORE_load_file(store, ca_file) == 1)
        return true;
    return error_set(err, ERROR_SETTINGS,
                     SAY("读不到证书文件 %s（PEM）", "cannot read certificates from %s (PEM)"),
                     ca_file);
}

static void say_why(struct time_stamp_said *said)
{
    const char *detail = NULL;
    int flags = 0;
    unsigned long code = ERR_peek_last_error_data(&detail, &flags);
    const char *reason = ERR_reason_error_string(code);

    if (detail == NULL || *detail == '\0')
        detail = reason != NULL ? reason : "-";
    snprintf(said->why, sizeof said->why,
             SAY("签发机构不在信任的证书之列（%s）",
                 "no certificate that is trusted vouches for the authority (%s)"),
             detail);
    utf8_mend(said->why);
}

static bool consider_trust(TS_RESP *response, const uint8_t imprint[DIGEST_BYTES],
                           const char *ca_file, struct time_stamp_said *said, struct error *err)
{
    X509_STORE *store = X509_STORE_new();

    if (store == NULL)
        return no_memory(err);
    if (!load_trust(store, ca_file, err)) {
        X509_STORE_free(store);
        return false;
    }
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)(said->time.ms / 1000));
    said->trusted = passes(response, imprint, NULL, store);
    if (!said->trusted)
        say_why(said);
    return true;
}

bool time_stamp_check(const void *response, size_t size, const uint8_t imprint[DIGEST_BYTES],
                      const char *ca_file, struct time_stamp_said *said, struct error *err)
{
    TS_RESP *read = read_response(response, size, err);
    bool good = read != NULL && is_good(read, imprint, NULL, err);

    memset(said, 0, sizeof *said);
    if (good && !say_all(read, said))
        good = is_no_response(err);
    good = good && consider_trust(read, imprint, ca_file, said, err);
    TS_RESP_free(read);
    ERR_clear_error();
    return good;
}
