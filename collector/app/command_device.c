/* lookback device maintenance: when a device is being cleaned, calibrated or repaired. */
#include <string.h>

#include "app/command.h"
#include "app/command_line.h"
#include "base/say.h"

int command_device(const struct typed *typed)
{
    static const char *const needed[] = {"--from", "--to", "--note"};
    struct wall_time unused = WALL_NONE;
    json_t *args;

    if (strcmp(typed->words[0], "maintenance") != 0)
        return command_unknown(typed, "maintenance");
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (typed_option(typed, needed[i]) == NULL)
            return command_missing(typed, needed[i]);
    if (!command_moment(typed, "--from", &unused) || !command_moment(typed, "--to", &unused))
        return EXIT_WRONG;
    args = json_pack("{s:s, s:s, s:s, s:s}", "device", typed->words[1], "from",
                     typed_option(typed, "--from"), "to", typed_option(typed, "--to"), "note",
                     typed_option(typed, "--note"));
    if (args == NULL)
        return line_wrong(typed, NULL, "%s",
                          SAY("参数必须是 UTF-8 文字", "the arguments must be UTF-8 text"));
    return command_act(typed, "device.maintenance", args);
}
