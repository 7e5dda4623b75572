/* What a device decodes by where devices.conf changes its profile. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "town/settings.h"

static const char *const orders[] = {
    [ORDER_ABCD] = "ABCD", [ORDER_BADC] = "BADC", [ORDER_CDAB] = "CDAB", [ORDER_DCBA] = "DCBA"};

static bool is_overridden(const struct channel *own, const struct channel *of_profile)
{
    return own->order != of_profile->order || own->valid_min != of_profile->valid_min ||
           own->valid_max != of_profile->valid_max;
}

/* The channel the device uses for this one of its profile, or NULL when it was not chosen. */
static const struct channel *own_channel(const struct device_conf *device, const char *name)
{
    for (size_t i = 0; i < device->channel_count; i++)
        if (strcmp(device->channels[i]->name, name) == 0)
            return device->channels[i];
    return NULL;
}

char *settings_device_overrides(const struct device_conf *device)
{
    enum { LINE_MAX_BYTES = CHANNEL_SIZE + 80 };
    const struct profile *profile = device->profile;
    size_t size = profile->channel_count * LINE_MAX_BYTES + 1;
    char *words = malloc(size);
    struct text text;

    if (words == NULL)
        return NULL;
    text_init(&text, words, size);
    for (size_t i = 0; i < profile->channel_count; i++) {
        const struct channel *own = own_channel(device, profile->channels[i].name);

        if (own == NULL || !is_overridden(own, &profile->channels[i]))
            continue;
        text_format(&text, "%s %s ", own->name, orders[own->order]);
        text_add_number(&text, own->valid_min);
        text_add_char(&text, ' ');
        text_add_number(&text, own->valid_max);
        text_add_char(&text, '\n');
    }
    return words;
}

bool settings_device_digest(const struct device_conf *device, uint8_t out[32])
{
    char *words = settings_device_overrides(device);
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool made = false;

    if (words == NULL || hash == NULL)
        goto done;
    memcpy(out, device->profile->digest, 32);
    made = *words == '\0' || (EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 &&
                              EVP_DigestUpdate(hash, device->profile->digest, 32) == 1 &&
                              EVP_DigestUpdate(hash, words, strlen(words)) == 1 &&
                              EVP_DigestFinal_ex(hash, out, NULL) == 1);
done:
    EVP_MD_CTX_free(hash);
    free(words);
    return made;
}
