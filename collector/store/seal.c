/* Digests and signatures: the one place that talks to the cryptographic library, the keys apart. */
#include "store/seal.h"

#include <assert.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

struct hashing {
    EVP_MD_CTX *context;
};

/* Looked up once: by name it costs more than hashing a line. */
static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void find_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

struct hashing *hashing_new(void)
{
    struct hashing *hashing = calloc(1, sizeof *hashing);

    pthread_once(&sha256_once, find_sha256);
    if (hashing == NULL || sha256 == NULL)
        goto failed;
    hashing->context = EVP_MD_CTX_new();
    if (hashing->context == NULL || EVP_DigestInit_ex(hashing->context, sha256, NULL) != 1)
        goto failed;
    return hashing;
failed:
    hashing_free(hashing);
    return NULL;
}

void hashing_free(struct hashing *hashing)
{
    if (hashing == NULL)
        return;
    EVP_MD_CTX_free(hashing->context);
    free(hashing);
}

/* A digest in memory can only fail by a mistake of ours. */
static void must(int done)
{
    assert(done == 1);
    (void)done;
}

void hashing_begin(struct hashing *hashing)
{
    must(EVP_DigestInit_ex(hashing->context, NULL, NULL));
}

void hashing_begin_leaf(struct hashing *hashing)
{
    hashing_begin(hashing);
    hashing_add(hashing, "\0", 1);
}

void hashing_add(struct hashing *hashing, const void *bytes, size_t size)
{
    must(EVP_DigestUpdate(hashing->context, bytes, size));
}

void hashing_end(struct hashing *hashing, uint8_t out[DIGEST_BYTES])
{
    must(EVP_DigestFinal_ex(hashing->context, out, NULL));
}

void digest_of(const void *bytes, size_t size, uint8_t out[DIGEST_BYTES])
{
    pthread_once(&sha256_once, find_sha256);
    must(EVP_Digest(bytes, size, out, NULL, sha256, NULL));
}

/* Hexadecimal digits ------------------------------------------------------------------------ */

char *digest_hex(const uint8_t digest[DIGEST_BYTES], char out[DIGEST_HEX])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[DIGEST_HEX - 1] = '\0';
    return out;
}

static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool hex_read(const char *hex, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        int high = digit_value(hex[2 * i]);
        int low = high < 0 ? -1 : digit_value(hex[2 * i + 1]);

        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return hex[2 * size] == '\0';
}

/* Signatures -------------------------------------------------------------------------------- */

bool seal_is_signed(const uint8_t public_key[DIGEST_BYTES], const void *text, size_t size,
                    const uint8_t signature[SIGNATURE_BYTES])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, DIGEST_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = key != NULL && context != NULL &&
                EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(context, signature, SIGNATURE_BYTES, text, size) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}
