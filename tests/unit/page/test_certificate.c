/* Tests of page/certificate.c. Names say what must hold; the file reads as its specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/say.h"
#include "page/certificate.h"

static const int64_t day_ms = (int64_t)24 * 3600 * 1000;
/* 2026-11-22 08:00 UTC */
static const struct wall_time now = {1795334400000};

static struct wall_time in_days(int64_t days)
{
    return (struct wall_time){now.ms + days * day_ms};
}

static void write_certificate(BIO *to, struct wall_time ends)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();

    ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)(ends.ms / 1000) - 86400);
    ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)(ends.ms / 1000));
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509(to, certificate), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void the_end_is_that_of_the_pages_own_which_stands_first(void **state)
{
    BIO *text = BIO_new(BIO_s_mem());
    char *words;

    write_certificate(text, in_days(20));
    write_certificate(text, in_days(3000));
    BIO_write(text, "", 1);
    BIO_get_mem_data(text, &words);
    assert_true(certificate_ends(words).ms == in_days(20).ms);
    BIO_free(text);
}

static void an_end_after_2049_is_read_as_well(void **state)
{
    BIO *text = BIO_new(BIO_s_mem());
    char *words;

    write_certificate(text, in_days(365 * 40));
    BIO_write(text, "", 1);
    BIO_get_mem_data(text, &words);
    assert_true(certificate_ends(words).ms == in_days(365 * 40).ms);
    BIO_free(text);
}

static void what_is_no_certificate_has_no_end(void **state)
{
    assert_false(wall_is_known(certificate_ends("")));
    assert_false(wall_is_known(
        certificate_ends("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")));
}

static void a_notice_says_file_and_day_from_thirty_days_before_the_end(void **state)
{
    static const struct {
        int days;
        const char *says; /* NULL: nothing */
    } cases[] = {
        {31,  NULL                 },
        {30,  "(in 30 days)"       },
        {0,   "ended on 2026-11-22"},
        {1,   "ends on 2026-11-23" },
        {-9,  "ended on 2026-11-13"},
        {400, NULL                 },
    };
    struct held_clock clock;
    struct notices *notices;
    struct notice notice;

    held_clock_init(&clock, now);
    notices = notices_new(&clock.clock);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        certificate_tell(notices, "/etc/page.pem", in_days(cases[i].days), now);
        assert_int_equal(notices_open(notices, &notice, 1), cases[i].says != NULL);
        if (cases[i].says == NULL)
            continue;
        assert_string_equal(notice.id, "certificate");
        assert_non_null(strstr(notice.text, cases[i].says));
        assert_non_null(strstr(notice.text, "/etc/page.pem"));
    }
    notices_free(notices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_that_of_the_pages_own_which_stands_first),
        cmocka_unit_test(an_end_after_2049_is_read_as_well),
        cmocka_unit_test(what_is_no_certificate_has_no_end),
        cmocka_unit_test(a_notice_says_file_and_day_from_thirty_days_before_the_end),
    };

    setenv("TZ", "UTC", 1);
    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
