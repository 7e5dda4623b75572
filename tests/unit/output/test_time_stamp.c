/* Tests of output/time_stamp.c against OpenSSL's own responder. Names say what must hold; the file
 * reads as its specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/say.h"
#include "output/time_stamp.h"
#include "unit/output/stamp_authority.h"

#define NOW_S   1790000000 /* 2026-09-21T14:13:20Z */
#define NEVER_S (NOW_S + 3650 * 86400LL)

static const uint8_t imprint[DIGEST_BYTES] = {0xde, 0xad, 1, 2, 3};
static const uint8_t nonce[TIME_STAMP_NONCE] = {0, 7, 7, 7};

static struct authority authority;
static uint8_t *response;
static size_t response_size;
static char root_file[64];
static struct time_stamp_said said;
static struct error err;

static void let_it_answer(const EVP_MD *digest)
{
    uint8_t request[TIME_STAMP_REQUEST_MOST];
    size_t size = time_stamp_request(imprint, nonce, request);

    assert_true(size > 0);
    free(response);
    response = authority_answer(&authority, request, size, digest, &response_size);
}

/* An authority that is as it should be, and its response. */
static int set_up(void **state)
{
    say_in(LANGUAGE_EN);
    err = (struct error){0};
    authority_open(&authority, NOW_S, NEVER_S, "critical,timeStamping");
    authority.micros = 123456;
    snprintf(root_file, sizeof root_file, "/tmp/lookback-root-%d.pem", (int)getpid());
    authority_write_root(&authority, root_file);
    let_it_answer(EVP_sha256());
    return 0;
}

static int tear_down(void **state)
{
    unlink(root_file);
    authority_close(&authority);
    free(response);
    response = NULL;
    return 0;
}

static void be_authority(int64_t to_s, const char *purpose)
{
    authority_close(&authority);
    authority_open(&authority, NOW_S, to_s, purpose);
    authority_write_root(&authority, root_file);
}

static bool answers(void)
{
    return time_stamp_answers(response, response_size, imprint, nonce, &err);
}

static bool check(const char *ca_file)
{
    return time_stamp_check(response, response_size, imprint, ca_file, &said, &err);
}

/* What is asked ------------------------------------------------------------------------------- */

static void a_request_asks_for_the_digest_the_nonce_and_the_certificate(void **state)
{
    uint8_t bytes[TIME_STAMP_REQUEST_MOST];
    const unsigned char *at = bytes;
    size_t size = time_stamp_request(imprint, nonce, bytes);
    TS_REQ *request = d2i_TS_REQ(NULL, &at, (long)size);
    const ASN1_OCTET_STRING *message;
    BIGNUM *number;

    assert_non_null(request);
    assert_ptr_equal(at, bytes + size);
    message = TS_MSG_IMPRINT_get_msg(TS_REQ_get_msg_imprint(request));
    assert_int_equal(ASN1_STRING_length(message), sizeof imprint);
    assert_memory_equal(ASN1_STRING_get0_data(message), imprint, sizeof imprint);
    number = ASN1_INTEGER_to_BN(TS_REQ_get_nonce(request), NULL);
    assert_int_equal(BN_num_bytes(number), TIME_STAMP_NONCE - 1); /* it began with a zero */
    assert_true(TS_REQ_get_cert_req(request));
    BN_free(number);
    TS_REQ_free(request);
}

/* What is a stamp, and what is not ------------------------------------------------------------ */

static void the_response_to_our_request_is_a_stamp(void **state)
{
    assert_true(answers());
}

static void a_response_to_another_request_is_refused_by_its_nonce(void **state)
{
    static const uint8_t other[TIME_STAMP_NONCE] = {0, 7, 7, 8};

    assert_false(time_stamp_answers(response, response_size, imprint, other, &err));
    assert_int_equal(err.kind, ERROR_PEER);
    assert_non_null(strstr(err.text, "nonce"));
}

static void a_stamp_of_another_digest_is_refused(void **state)
{
    uint8_t other[DIGEST_BYTES];

    memcpy(other, imprint, sizeof other);
    other[31] ^= 1;
    assert_false(time_stamp_answers(response, response_size, other, nonce, &err));
    assert_non_null(strstr(err.text, "another digest"));
    assert_false(time_stamp_check(response, response_size, other, root_file, &said, &err));
}

static void the_words_of_an_authority_that_refuses_are_told(void **state)
{
    static const uint8_t nonsense[] = {0x30, 0x03, 0x02, 0x01, 0x01};

    free(response);
    response =
        authority_answer(&authority, nonsense, sizeof nonsense, EVP_sha256(), &response_size);
    assert_false(answers());
    assert_non_null(strstr(err.text, "refuses (status 2): Bad request format"));
}

static void a_certificate_that_may_not_sign_stamps_makes_none(void **state)
{
    static const char *const purposes[] = {"critical,serverAuth", "timeStamping",
                                           "critical,timeStamping,serverAuth",
                                           "critical,timeStamping"};

    for (size_t i = 0; i < 4; i++) {
        const char *const extensions[] = {"extendedKeyUsage", purposes[i], NULL};
        X509 *certificate =
            authority_certificate(authority.key, "Other", authority.root, authority.root_key,
                                  NOW_S - 86400, NEVER_S, extensions);
        size_t size;
        uint8_t *again =
            authority_sign_again(&authority, certificate, response, response_size, &size);

        assert_int_equal(time_stamp_answers(again, size, imprint, nonce, &err), i == 3);
        if (i < 3)
            assert_non_null(strstr(err.text, "may not sign time stamps"));
        free(again);
        X509_free(certificate);
    }
}

static void a_signature_over_a_weak_digest_makes_no_stamp(void **state)
{
    let_it_answer(EVP_sha1());
    assert_false(answers());
    assert_non_null(strstr(err.text, "too weak a digest"));
}

static void a_response_cut_anywhere_or_with_a_byte_behind_it_is_none(void **state)
{
    uint8_t *longer = malloc(response_size + 1);

    for (size_t size = 0; size < response_size; size++)
        assert_false(time_stamp_answers(response, size, imprint, nonce, &err));
    memcpy(longer, response, response_size);
    longer[response_size] = 0;
    assert_false(time_stamp_answers(longer, response_size + 1, imprint, nonce, &err));
    assert_non_null(strstr(err.text, "no time stamp response"));
    free(longer);
}

/* Words about the status and certificates beyond the signing one are not signed. */
static void a_changed_byte_makes_no_stamp_or_changes_nothing_it_says(void **state)
{
    struct time_stamp_said before;
    size_t refused = 0;

    assert_true(check(root_file));
    before = said;
    for (size_t i = 0; i < response_size; i++) {
        response[i] ^= 1;
        if (check(root_file)) {
            assert_int_equal(said.time.ms, before.time.ms);
            assert_int_equal(said.accuracy_ms, before.accuracy_ms);
            assert_string_equal(said.serial, before.serial);
        } else {
            refused++;
        }
        response[i] ^= 1;
    }
    assert_true(refused > response_size * 9 / 10);
}

/* What it says -------------------------------------------------------------------------------- */

static void a_stamp_says_its_time_to_the_millisecond_and_who_signed_it(void **state)
{
    unsigned char digest[32];
    char hex[65];

    assert_true(check(root_file));
    assert_int_equal(said.time.ms, NOW_S * 1000LL + 123);
    assert_int_equal(said.accuracy_ms, 1501); /* 1.500001 s, rounded up */
    assert_string_equal(said.serial, "beef");
    assert_string_equal(said.authority, "CN=时间戳 Authority");
    X509_digest(authority.certificate, EVP_sha256(), digest, NULL);
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(said.certificate, hex);
}

/* Whom to trust ------------------------------------------------------------------------------- */

static void an_authority_is_trusted_when_its_chain_ends_in_the_given_certificate(void **state)
{
    assert_true(check(root_file));
    assert_true(said.trusted);
    assert_string_equal(said.why, "");
}

static void an_authority_nobody_knows_is_not_trusted_and_the_reason_is_said(void **state)
{
    static const char *const stores[] = {"", NULL};

    for (size_t i = 0; i < 2; i++) {
        assert_true(check(stores[i]));
        assert_false(said.trusted);
        assert_non_null(strstr(said.why, "unable to get local issuer certificate"));
    }
}

static void the_root_of_another_authority_does_not_vouch_for_this_one(void **state)
{
    struct authority other;

    authority_open(&other, NOW_S, NEVER_S, "critical,timeStamping");
    authority_write_root(&other, root_file);
    authority_close(&other);
    assert_true(check(root_file));
    assert_false(said.trusted);
}

static void a_stamp_stays_trusted_after_its_certificate_has_ended(void **state)
{
    authority_close(&authority);
    authority_open(&authority, 1500000000, 1500000000 + 86400, "critical,timeStamping"); /* 2017 */
    authority_write_root(&authority, root_file);
    let_it_answer(EVP_sha256());
    assert_true(check(root_file));
    assert_true(said.trusted);
}

static void a_stamp_made_after_its_certificate_had_ended_is_not_trusted(void **state)
{
    be_authority(NOW_S - 1, "critical,timeStamping");
    let_it_answer(EVP_sha256());
    assert_true(check(root_file));
    assert_false(said.trusted);
    assert_non_null(strstr(said.why, "certificate has expired"));
}

static void a_file_of_certificates_that_cannot_be_read_is_the_users_mistake(void **state)
{
    assert_false(check("/nowhere/root.pem"));
    assert_int_equal(err.kind, ERROR_SETTINGS);
    assert_non_null(strstr(err.text, "/nowhere/root.pem"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_request_asks_for_the_digest_the_nonce_and_the_certificate),
        TEST(the_response_to_our_request_is_a_stamp),
        TEST(a_response_to_another_request_is_refused_by_its_nonce),
        TEST(a_stamp_of_another_digest_is_refused),
        TEST(the_words_of_an_authority_that_refuses_are_told),
        TEST(a_certificate_that_may_not_sign_stamps_makes_none),
        TEST(a_signature_over_a_weak_digest_makes_no_stamp),
        TEST(a_response_cut_anywhere_or_with_a_byte_behind_it_is_none),
        TEST(a_changed_byte_makes_no_stamp_or_changes_nothing_it_says),
        TEST(a_stamp_says_its_time_to_the_millisecond_and_who_signed_it),
        TEST(an_authority_is_trusted_when_its_chain_ends_in_the_given_certificate),
        TEST(an_authority_nobody_knows_is_not_trusted_and_the_reason_is_said),
        TEST(the_root_of_another_authority_does_not_vouch_for_this_one),
        TEST(a_stamp_stays_trusted_after_its_certificate_has_ended),
        TEST(a_stamp_made_after_its_certificate_had_ended_is_not_trusted),
        TEST(a_file_of_certificates_that_cannot_be_read_is_the_users_mistake),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
