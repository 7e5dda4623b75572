/* stamp_authority.h - a time stamp authority in memory: OpenSSL's own responder, with a root and a
 * signing certificate made for the test. What it says can be bent. */
#ifndef TESTS_STAMP_AUTHORITY_H
#define TESTS_STAMP_AUTHORITY_H

#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AUTHORITY_RESPONSE_MOST = 16 * 1024 };

struct authority {
    EVP_PKEY *root_key, *key;
    X509 *root, *certificate;
    int64_t now_s; /* its clock */
    int micros;
    long serial;
};

static inline X509 *authority_certificate(EVP_PKEY *key, const char *name, X509 *issuer,
                                          EVP_PKEY *signer, int64_t from_s, int64_t to_s,
                                          const char *const *extensions)
{
    X509 *made = X509_new();
    X509_NAME *subject = X509_NAME_new();
    static long serial = 1;
    X509V3_CTX context;

    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), serial++);
    ASN1_TIME_set(X509_getm_notBefore(made), (time_t)from_s);
    ASN1_TIME_set(X509_getm_notAfter(made), (time_t)to_s);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
                               0);
    X509_set_subject_name(made, subject);
    X509_set_issuer_name(made, issuer == NULL ? subject : X509_get_subject_name(issuer));
    X509_set_pubkey(made, key);
    X509V3_set_ctx(&context, issuer == NULL ? made : issuer, made, NULL, NULL, 0);
    for (; *extensions != NULL; extensions += 2) {
        X509_EXTENSION *one = X509V3_EXT_conf(NULL, &context, extensions[0], extensions[1]);

        if (one == NULL || X509_add_ext(made, one, -1) != 1)
            abort();
        X509_EXTENSION_free(one);
    }
    if (X509_sign(made, signer, EVP_sha256()) == 0)
        abort();
    X509_NAME_free(subject);
    return made;
}

/* Its certificates hold from a year before `now_s` until `to_s`; `purpose` is what the signing one
 * may do, "critical,timeStamping" if it is right. */
static inline void authority_open(struct authority *authority, int64_t now_s, int64_t to_s,
                                  const char *purpose)
{
    static const char *const of_root[] = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                                          "critical,keyCertSign", NULL};
    const char *const of_signer[] = {"extendedKeyUsage", purpose, NULL};
    int64_t from_s = now_s - 365 * 86400;

    *authority = (struct authority){.now_s = now_s, .serial = 0xBEEF};
    authority->root_key = EVP_EC_gen("P-256");
    authority->key = EVP_EC_gen("P-256");
    authority->root = authority_certificate(authority->root_key, "Test Root", NULL,
                                            authority->root_key, from_s, to_s, of_root);
    authority->certificate =
        authority_certificate(authority->key, "时间戳 Authority", authority->root,
                              authority->root_key, from_s, to_s, of_signer);
}

static inline void authority_close(struct authority *authority)
{
    EVP_PKEY_free(authority->root_key);
    EVP_PKEY_free(authority->key);
    X509_free(authority->root);
    X509_free(authority->certificate);
}

static inline void authority_write_root(const struct authority *authority, const char *path)
{
    FILE *file = fopen(path, "w");

    if (file == NULL || PEM_write_X509(file, authority->root) != 1 || fclose(file) != 0)
        abort();
}

static inline ASN1_INTEGER *authority_serial(TS_RESP_CTX *context, void *self)
{
    ASN1_INTEGER *serial = ASN1_INTEGER_new();

    (void)context;
    ASN1_INTEGER_set(serial, ((struct authority *)self)->serial++);
    return serial;
}

static inline int authority_time(TS_RESP_CTX *context, void *self, long *seconds, long *micros)
{
    (void)context;
    *seconds = (long)((struct authority *)self)->now_s;
    *micros = ((struct authority *)self)->micros;
    return 1;
}

/* Answers a request (DER) with a signature over `digest`; gives DER, ended with free(). It accepts
 * SHA-256 imprints only, and rejects others in words. */
static inline uint8_t *authority_answer(struct authority *authority, const void *request,
                                        size_t size, const EVP_MD *digest, size_t *answer_size)
{
    TS_RESP_CTX *context = TS_RESP_CTX_new();
    ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4.1", 1);
    BIO *asked = BIO_new_mem_buf(request, (int)size);
    uint8_t *answer = malloc(AUTHORITY_RESPONSE_MOST);
    unsigned char *at = answer;
    TS_RESP *response;

    if (TS_RESP_CTX_set_signer_cert(context, authority->certificate) != 1 ||
        TS_RESP_CTX_set_signer_key(context, authority->key) != 1 ||
        TS_RESP_CTX_set_signer_digest(context, digest) != 1 ||
        TS_RESP_CTX_set_ess_cert_id_digest(context, EVP_sha256()) != 1 ||
        TS_RESP_CTX_set_def_policy(context, policy) != 1 ||
        TS_RESP_CTX_add_md(context, EVP_sha256()) != 1 ||
        TS_RESP_CTX_set_accuracy(context, 1, 500, 1) != 1 ||
        TS_RESP_CTX_set_clock_precision_digits(context, 6) != 1)
        abort();
    TS_RESP_CTX_set_serial_cb(context, authority_serial, authority);
    TS_RESP_CTX_set_time_cb(context, authority_time, authority);
    response = TS_RESP_create_response(context, asked);
    *answer_size = (size_t)i2d_TS_RESP(response, &at);
    TS_RESP_free(response);
    BIO_free(asked);
    ASN1_OBJECT_free(policy);
    TS_RESP_CTX_free(context);
    return answer;
}

/* The same stamp, properly signed by another certificate of this key: the responder itself refuses
 * to sign with one that may not. Gives DER, ended with free(). */
static inline uint8_t *authority_sign_again(const struct authority *authority, X509 *certificate,
                                            const uint8_t *response, size_t size,
                                            size_t *answer_size)
{
    const unsigned char *from = response;
    TS_RESP *read = d2i_TS_RESP(NULL, &from, (long)size);
    TS_TST_INFO *said = TS_TST_INFO_dup(TS_RESP_get_tst_info(read));
    unsigned char *words = NULL, *token = NULL, *at;
    int words_size = i2d_TS_TST_INFO(said, &words);
    BIO *content = BIO_new_mem_buf(words, words_size);
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY);
    uint8_t *answer = malloc(AUTHORITY_RESPONSE_MOST);
    int token_size;

    if (CMS_set1_eContentType(cms, OBJ_nid2obj(NID_id_smime_ct_TSTInfo)) != 1 ||
        CMS_add1_signer(cms, certificate, authority->key, EVP_sha256(),
                        CMS_CADES | CMS_BINARY | CMS_NOSMIMECAP) == NULL ||
        CMS_final(cms, content, NULL, CMS_BINARY) != 1)
        abort();
    token_size = i2d_CMS_ContentInfo(cms, &token);
    from = token;
    TS_RESP_set_tst_info(read, d2i_PKCS7(NULL, &from, token_size), said);
    at = answer;
    *answer_size = (size_t)i2d_TS_RESP(read, &at);
    OPENSSL_free(words);
    OPENSSL_free(token);
    CMS_ContentInfo_free(cms);
    BIO_free(content);
    TS_RESP_free(read);
    return answer;
}

#endif
