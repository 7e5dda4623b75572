/* Any bytes as the response of a time stamp authority: refused with a sentence fit to show, or a
 * stamp whose every field is filled and fit to show. The corpus stamps the SHA-256 of "lookback".
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "output/time_stamp.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool is_fit(const char *words, size_t size)
{
    if (memchr(words, '\0', size) == NULL)
        return false;
    for (; *words != '\0'; words += utf8_length(words))
        if ((unsigned char)*words < ' ' || *words == 0x7f || utf8_length(words) == 0)
            return false;
    return true;
}

static bool is_hex(const char *words)
{
    return *words != '\0' && words[strspn(words, "-0123456789abcdef")] == '\0';
}

static void check_said(const struct time_stamp_said *said)
{
    must(wall_is_known(said->time) && said->accuracy_ms >= -1);
    must(is_fit(said->serial, sizeof said->serial) && is_hex(said->serial));
    must(is_fit(said->authority, sizeof said->authority));
    must(strlen(said->certificate) == DIGEST_HEX - 1 && is_hex(said->certificate));
    must(!said->trusted); /* nobody is, here */
    must(is_fit(said->why, sizeof said->why) && said->why[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const uint8_t nonce[TIME_STAMP_NONCE];
    static uint8_t imprint[DIGEST_BYTES];
    struct time_stamp_said said;
    struct error err = {0};

    say_in(LANGUAGE_EN);
    must(hex_read("43b6266ccf863f7b450c68a69438378809ff1ec160724a2ff972a257eee67cc9", imprint,
                  sizeof imprint));
    if (time_stamp_check(bytes, size, imprint, "", &said, &err))
        check_said(&said);
    else
        must(err.text[0] != '\0' && is_fit(err.text, sizeof err.text));
    must(!time_stamp_answers(bytes, size, imprint, nonce, &err));
    return 0;
}
