#include "app/probe_target.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"
#include "base/text.h"

enum { TCP_PORT = 502, DEFAULT_BAUD = 9600, DEFAULT_TIMEOUT_MS = 1000 };

char *probe_target_text(const struct link_setup *link, char *out, size_t size)
{
    if (link->kind == LINK_SERIAL)
        snprintf(out, size, "%s", link->path);
    else
        snprintf(out, size, strchr(link->host, ':') != NULL ? "[%s]:%d" : "%s:%d", link->host,
                 link->port);
    return out;
}

static bool wrong_link(const char *word, struct error *err)
{
    return error_set(
        err, ERROR_WRONG_USE,
        SAY("“%s”不是串口、地址，也不是 devices.conf 里的链路；写成 /dev/ttyUSB0、192.168.1.20、"
            "192.168.1.20:502 或 rtu+tcp://192.168.1.20:9999",
            "\"%s\" is neither a port nor an address, nor a link of devices.conf; write "
            "/dev/ttyUSB0, 192.168.1.20, 192.168.1.20:502 or rtu+tcp://192.168.1.20:9999"),
        word);
}

static bool read_port(const char *words, int *port)
{
    char *end;
    long number = strtol(words, &end, 10);

    if (*words < '0' || *words > '9' || *end != '\0' || number < 1 || number > 65535)
        return false;
    *port = (int)number;
    return true;
}

/* HOST, HOST:PORT, [IPV6] or [IPV6]:PORT. */
static bool read_host(const char *words, struct link_setup *link)
{
    bool bracket = words[0] == '[';
    const char *from = words + bracket;
    size_t length = strcspn(from, bracket ? "]" : ":");
    const char *rest = from + length + (bracket && from[length] == ']');

    if (!bracket && strchr(from + length + (from[length] == ':'), ':') != NULL) {
        length = strlen(from); /* an IPv6 address without brackets has no port */
        rest = from + length;
    }
    if (length == 0 || length >= sizeof link->host || (bracket && from[length] != ']'))
        return false;
    snprintf(link->host, sizeof link->host, "%.*s", (int)length, from);
    return *rest == '\0' ? link->port > 0 : *rest == ':' && read_port(rest + 1, &link->port);
}

static bool read_word(const char *word, struct link_setup *link)
{
    *link = (struct link_setup){.baud = DEFAULT_BAUD,
                                .parity = 'N',
                                .stop_bits = 1,
                                .timeout_ms = DEFAULT_TIMEOUT_MS,
                                .guard_ms = DEFAULT_TIMEOUT_MS};
    if (word[0] == '/' || word[0] == '.') {
        link->kind = LINK_SERIAL;
        snprintf(link->path, sizeof link->path, "%s", word);
        return strlen(word) < sizeof link->path;
    }
    if (strncmp(word, "rtu+tcp://", 10) == 0) {
        link->kind = LINK_RTU_TCP;
        return read_host(word + 10, link);
    }
    link->kind = LINK_TCP;
    link->port = TCP_PORT;
    if (strncmp(word, "tcp://", 6) == 0)
        return read_host(word + 6, link);
    return strpbrk(word, ".:") != NULL && read_host(word, link);
}

/* Settings are a help here, not a need: what is wrong in them is only said when a name of theirs is
 * asked for. */
static struct settings *load_quietly(const struct typed *typed)
{
    struct conf_faults *faults = conf_faults_new();
    struct settings *settings = settings_load(typed->dir, typed->language_given, faults);

    conf_faults_free(faults);
    if (settings != NULL && !typed->language_given)
        say_in((enum language)settings->language);
    return settings;
}

static bool same_place(const struct link_setup *one, const struct link_setup *other)
{
    char first[PATH_MAX], second[PATH_MAX];

    if (one->kind != other->kind)
        return false;
    if (one->kind != LINK_SERIAL)
        return one->port == other->port && strcmp(one->host, other->host) == 0;
    return strcmp(one->path, other->path) == 0 ||
           (realpath(one->path, first) != NULL && realpath(other->path, second) != NULL &&
            strcmp(first, second) == 0);
}

static bool take_link(struct probe_target *target, size_t index)
{
    target->index = index;
    target->link = target->settings->links[index];
    return true;
}

static bool find_place(struct probe_target *target)
{
    const struct settings *settings = target->settings;

    for (size_t i = 0; settings != NULL && i < settings->link_count; i++)
        if (same_place(&settings->links[i], &target->link))
            return take_link(target, i);
    return true;
}

static bool has_settings(const char *dir)
{
    char path[600];

    snprintf(path, sizeof path, "%s/devices.conf", dir);
    return access(path, F_OK) == 0;
}

/* The settings must be good when one of their names is asked for. */
static bool find_name(struct probe_target *target, const struct typed *typed, const char *word,
                      struct error *err)
{
    const struct settings *settings = target->settings;

    if (settings == NULL && has_settings(typed->dir))
        return error_set(
            err, ERROR_SETTINGS,
            SAY("%s 里的配置有误，找不到链路 %s；请先运行 lookback check -c %s，或直接写"
                "串口或地址",
                "the settings in %s are wrong, so link %s is not known; run lookback "
                "check -c %s first, or write the port or address itself"),
            typed->dir, word, typed->dir);
    for (size_t i = 0; settings != NULL && i < settings->link_count; i++)
        if (strcmp(settings->links[i].name, word) == 0)
            return take_link(target, i);
    return wrong_link(word, err);
}

bool probe_target_find(struct probe_target *target, const struct typed *typed, const char *word,
                       struct error *err)
{
    bool place = read_word(word, &target->link);

    target->settings = has_settings(typed->dir) ? load_quietly(typed) : NULL;
    if (place)
        return find_place(target);
    if (name_is_valid(word))
        return find_name(target, typed, word, err);
    return wrong_link(word, err);
}

void probe_target_end(struct probe_target *target)
{
    settings_free(target->settings);
    target->settings = NULL;
}
