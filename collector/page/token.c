#include "page/token.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

#include "base/say.h"

static const char prefix[] = "lb_";
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum { PREFIX_LENGTH = sizeof prefix - 1, RANDOM_BYTES = 32 };

bool token_make(char token[TOKEN_SIZE], struct error *err)
{
    uint8_t bytes[RANDOM_BYTES + 1] = {0}; /* the last group of six bits is filled with zeroes */

    if (getrandom(bytes, RANDOM_BYTES, 0) != RANDOM_BYTES)
        return error_set(err, ERROR_STORE,
                         SAY("内核没有给出随机数：%s", "the kernel gave no random bytes: %s"),
                         strerror(errno));
    memcpy(token, prefix, PREFIX_LENGTH);
    for (size_t i = 0; i < TOKEN_LENGTH - PREFIX_LENGTH; i++) {
        size_t bit = 6 * i;
        unsigned two = (unsigned)bytes[bit / 8] << 8 | bytes[bit / 8 + 1];

        token[PREFIX_LENGTH + i] = letters[two >> (10 - bit % 8) & 63];
    }
    token[TOKEN_LENGTH] = '\0';
    OPENSSL_cleanse(bytes, sizeof bytes);
    return true;
}

/* How many characters of a token stand here, its prefix included; 0: not even that. */
static size_t length_here(const char *words)
{
    return strncmp(words, prefix, PREFIX_LENGTH) == 0 ? strspn(words, letters) : 0;
}

bool token_is_one(const char *words)
{
    return length_here(words) == TOKEN_LENGTH && words[TOKEN_LENGTH] == '\0';
}

bool token_is_in(const char *words)
{
    for (const char *at = strstr(words, prefix); at != NULL; at = strstr(at + 1, prefix))
        if (length_here(at) >= TOKEN_LENGTH)
            return true;
    return false;
}

bool token_digest(const char *token, uint8_t digest[TOKEN_DIGEST])
{
    return EVP_Digest(token, strlen(token), digest, NULL, EVP_sha256(), NULL) == 1;
}
