#include "liar_options.h"

#include <stdlib.h>
#include <string.h>

void liar_give_up(const char *what, const char *word)
{
    fprintf(stderr, "liar: %s: %s\n", what, word);
    exit(2);
}

void liar_help(void)
{
    puts(
        "liar - a scripted Modbus device that lies\n"
        "\n"
        "links, each as often as wanted, numbered from 0 in the order they are written:\n"
        "  --tcp PORT       Modbus TCP on 127.0.0.1 (0: any port)\n"
        "  --rtu-tcp PORT   RTU frames over TCP\n"
        "  --pty PATH       RTU on a pseudo terminal, PATH is a link to it\n"
        "devices:\n"
        "  --units 1-32     units that are there (default: all)\n"
        "  --dead 7,9-11    of these, units that never answer\n"
        "  --set A=W,W,…    registers from address A on hold these words instead of a cell\n"
        "  --then-set A=W,… the same, after the fault reboot\n"
        "time:\n"
        "  --baud B         bytes take their time on the line; --bits N a character (default 11)\n"
        "  --turnaround MS  from the end of a request to its answer (may have a fraction)\n"
        "  --timeout MS, --guard MS  what the collector waits: what `late` means (default 1000)\n"
        "faults:\n"
        "  --fault NAME[=VALUE][@WHEN]  WHEN: N | N-M | every K | p=0.05 | unit=U | address=A-B,\n"
        "                   several with commas between; N counts the link's requests from 0.\n"
        "                   Without WHEN always. The first that fits an exchange counts.\n"
        "  --faults all|NAME,…  drawn from these, in the share --rate of the exchanges (0.05)\n"
        "  --calm K         of --faults: one in each K exchanges, K/2 honest ones at least "
        "between\n"
        "  --seed S         of everything drawn (default 1)\n"
        "and:\n"
        "  --log FILE       one line an exchange: link number unit function address count\n"
        "                   heard_us fault value; 'still FROM_us BY_us' when the machine did not\n"
        "                   let it run; with --pulse MS it looks that often\n"
        "  --control        commands on standard input, each answered by 'done' or 'refused':\n"
        "                   fault SPEC | faults NAMES RATE | clear | cut [LINK] | mend [LINK] |\n"
        "                   dead UNITS | counts. At its end the liar ends.\n"
        "\n"
        "Prints 'ready PORT|PATH …' when it listens. A cell of eight registers, at addresses that\n"
        "are multiples of eight: unit*256+link, address, number (two words), heard ms of\n"
        "CLOCK_BOOTTIME (two words), function*256+map, check.\n"
        "\n"
        "The catalogue; T: Modbus TCP, R: a line, S: RTU over TCP, *: part of `all`.");
    faults_print(stdout);
    exit(0);
}

void liar_read_units(const char *text, bool *units)
{
    const char *at = text;

    memset(units, 0, 256 * sizeof *units);
    while (*at != '\0') {
        char *end;
        long from = strtol(at, &end, 10);
        long to = *end == '-' ? strtol(end + 1, &end, 10) : from;

        if (end == at || from < 0 || to > 255 || (*end != ',' && *end != '\0'))
            liar_give_up("units", text);
        for (long unit = from; unit <= to; unit++)
            units[unit] = true;
        at = end + (*end == ',');
    }
}

struct liar_registers *liar_read_registers(struct liar_registers *set, const char *text)
{
    char *at;
    long address = strtol(text, &at, 0);

    if (set == NULL) {
        set = malloc(sizeof *set);
        if (set == NULL)
            liar_give_up("set", "no memory");
        memset(set, 0xFF, sizeof *set);
    }
    if (*at != '=')
        liar_give_up("set", text);
    while (*at != '\0') {
        set->words[address++ & 65535] = (int32_t)(strtol(at + 1, &at, 0) & 65535);
        if (*at != ',' && *at != '\0')
            liar_give_up("set", text);
    }
    return set;
}
