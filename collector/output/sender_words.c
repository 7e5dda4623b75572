/* The contract's words for what an output is and how it goes. */
#include "output/sender.h"

const char *sender_state_word(enum sender_state state)
{
    static const char *const words[] = {"ok", "waiting", "held", "disabled"};

    return words[state];
}

const char *output_kind_word(enum output_kind kind)
{
    static const char *const words[] = {"line", "mqtt", "rectification", "mail", "hook"};

    return words[kind];
}
