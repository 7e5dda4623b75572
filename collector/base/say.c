#include "base/say.h"

static enum language spoken = LANGUAGE_ZH;

void say_in(enum language language)
{
    spoken = language;
}

enum language say_language(void)
{
    return spoken;
}
