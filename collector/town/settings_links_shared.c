/* What no two links may have in common. */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "town/settings_inside.h"

/* What a link alone may hold: its port by the name it really has, host and port, or a name at an
 * address. "": nothing, because it is faulty. */
struct holding {
    const char *text;
    uint32_t row;
};

static char *holding_of(const struct link_setup *link)
{
    char real[PATH_MAX];
    char words[PATH_MAX + REGISTRATION_HEX] = "";
    char hex[REGISTRATION_HEX];

    if (link->kind == LINK_SERIAL && link->path[0] != '\0')
        snprintf(words, sizeof words, "%s", realpath(link->path, real) != NULL ? real : link->path);
    else if ((link->kind == LINK_TCP || link->kind == LINK_RTU_TCP) && link->host[0] != '\0')
        snprintf(words, sizeof words, "%s port %d", link->host, link->port);
    else if (link->kind == LINK_DIALIN && link->id.size > 0)
        snprintf(words, sizeof words, "%s %s", link->listen,
                 registration_hex(link->id.bytes, link->id.size, hex));
    for (char *at = words; link->kind != LINK_SERIAL && *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    return strdup(words);
}

static int by_text_and_row(const void *one, const void *other)
{
    const struct holding *first = one;
    const struct holding *second = other;
    int order = strcmp(first->text, second->text);

    return order != 0 ? order : (first->row > second->row) - (first->row < second->row);
}

static void complain_shared(const struct settings *settings, struct conf_at list, uint32_t row,
                            uint32_t holder, struct conf_faults *faults)
{
    struct conf_at at = conf_element(list, row);
    const char *name = settings->links[holder].name;
    unsigned line = conf_line(conf_element(list, holder));

    if (settings->links[row].kind == LINK_SERIAL)
        conf_complain(faults, conf_member(at, "port"), "port",
                      SAY("链路 %s（第 %u 行）已用这个串口；一个串口只能有一条链路",
                          "the link %s (line %u) has this port already; a port has one link"),
                      name, line);
    else if (settings->links[row].kind == LINK_DIALIN)
        conf_complain(faults, at, "id",
                      SAY("链路 %s（第 %u 行）在同一地址用了同样的注册包；两台设备要有不同的注册包",
                          "the link %s (line %u) has this id at the same address; two units need "
                          "two ids"),
                      name, line);
    else
        conf_complain(faults, conf_member(at, "host"), "host",
                      SAY("链路 %s（第 %u 行）已连这个地址和端口；一个网关只能有一条链路，其下各台"
                          "仪器都写这条链路",
                          "the link %s (line %u) has this host and port already; a gateway has "
                          "one link, and all its devices name that"),
                      name, line);
}

/* Two links on one line would answer each other's questions, and many a gateway serves one
 * connection only. Different names of one port are found where the port exists. */
static void check_shared(const struct settings *settings, struct conf_at list,
                         struct conf_faults *faults)
{
    struct holding *holdings = calloc(settings->link_count + 1, sizeof *holdings);
    size_t count = 0;

    for (size_t i = 0; holdings != NULL && i < settings->link_count; i++) {
        holdings[count] = (struct holding){holding_of(&settings->links[i]), (uint32_t)i};
        count += holdings[count].text != NULL;
    }
    if (holdings != NULL)
        qsort(holdings, count, sizeof *holdings, by_text_and_row);
    for (size_t i = 1; i < count; i++)
        if (holdings[i].text[0] != '\0' && strcmp(holdings[i].text, holdings[i - 1].text) == 0)
            complain_shared(settings, list, holdings[i].row, holdings[i - 1].row, faults);
    for (size_t i = 0; i < count; i++)
        free((char *)(uintptr_t)holdings[i].text);
    free(holdings);
}

/* Whether any id at all could be shorter than this one and fit it: few have a terminator inside. */
static bool may_be_taken(const struct registration_id *id)
{
    for (size_t length = 1; length < id->size; length++)
        if (registration_fits(id->bytes, id->size, length, true))
            return true;
    return false;
}

static bool is_taken_for(const struct link_setup *one, const struct link_setup *other)
{
    return one != other && other->kind == LINK_DIALIN && other->id.size > 0 &&
           strcmp(one->listen, other->listen) == 0 && registration_is_taken(&one->id, &other->id);
}

/* A unit that says "A1 B" would also be one that says "A1" and something else. */
static void check_ids(const struct settings *settings, struct conf_at list,
                      struct conf_faults *faults)
{
    for (size_t i = 0; i < settings->link_count; i++) {
        const struct link_setup *link = &settings->links[i];
        size_t j = 0;

        if (link->kind != LINK_DIALIN || !may_be_taken(&link->id))
            continue;
        while (j < settings->link_count && !is_taken_for(link, &settings->links[j]))
            j++;
        if (j < settings->link_count)
            conf_complain(
                faults, conf_element(list, i), "id",
                SAY("这个注册包会被当作链路 %s（第 %u 行）的：它以那一个开头，其后是分隔符或重复；"
                    "请在设备上改用别的注册包",
                    "a unit of this id would be taken for that of the link %s (line %u): it "
                    "begins with that, then a terminator or a repetition; set another id in the "
                    "unit"),
                settings->links[j].name, conf_line(conf_element(list, j)));
    }
}

void settings_check_links(const struct settings *settings, struct conf_at list,
                          struct conf_faults *faults)
{
    check_shared(settings, list, faults);
    check_ids(settings, list, faults);
}
