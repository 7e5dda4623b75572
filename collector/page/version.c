#include "page/version.h"

uint64_t version_mix(uint64_t version, uint64_t word)
{
    version = (version ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return version ^ version >> 32;
}

uint64_t version_news(uint64_t version, const struct recorder *recorder, const enum news *kinds,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        version = version_mix(version, recorder_news(recorder, kinds[i]));
    return version;
}
