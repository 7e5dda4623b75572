#include "base/say.h"

static enum language spoken = LANGUAGE_ZH;
static _Thread_local int spoken_here = -1; /* -1: as everywhere */

void say_in(enum language language)
{
    spoken = language;
}

void say_in_here(enum language language)
{
    spoken_here = (int)language;
}

int say_as(int language)
{
    int before = spoken_here;

    spoken_here = language;
    return before;
}

enum language say_language(void)
{
    return spoken_here < 0 ? spoken : (enum language)spoken_here;
}
