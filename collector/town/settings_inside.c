#include "town/settings_inside.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

void *settings_rows(struct conf_at root, const char *key, size_t size, struct conf_at *list,
                    struct conf_faults *faults)
{
    const struct conf_key keys[] = {
        {key, CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "列表 ( {…}, … )", "a list ( {…}, … )"},
    };

    conf_read(root, keys, 1, NULL, NULL, faults);
    *list = conf_member(root, key);
    if (conf_is_group(*list)) {
        conf_complain(
            faults, *list, key,
            SAY("这里要写列表：%s = ( { … }, { … } );", "a list is wanted: %s = ( { … }, { … } );"),
            key);
        list->setting = NULL;
    }
    return calloc(conf_length(*list) + 1, size);
}

/* A key of the group that is probably "kind" mistyped, or NULL. */
static const char *mistyped_kind(struct conf_at at)
{
    static const char *const words[] = {"kind", NULL};
    const char *name;

    for (size_t i = 0; (name = conf_key_name(at, i)) != NULL; i++)
        if (strcmp(name, "link") != 0 && conf_nearest(name, words) != NULL)
            return name;
    return NULL;
}

static bool complain_kindless(struct conf_at at, const char *allowed, struct conf_faults *faults)
{
    const char *mistyped = mistyped_kind(at);

    if (mistyped == NULL)
        return conf_complain(faults, at, "kind",
                             SAY("缺少此键；要写下列之一：%s", "is missing; give one of %s"),
                             allowed);
    return conf_complain(faults, conf_member(at, mistyped), mistyped,
                         SAY("没有这个键，是否想写 kind？必需的 kind 缺少；要写下列之一：%s",
                             "there is no such key here, did you mean kind? The key kind is "
                             "required and missing; give one of %s"),
                         allowed);
}

/* 'one', 'two', … of a NULL-terminated array. */
static void list_words(const char *const *words, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    for (size_t i = 0; words[i] != NULL; i++)
        text_format(&text, "%s\"%s\"", i == 0 ? "" : ", ", words[i]);
}

int settings_kind(struct conf_at at, const char *const *kinds, struct conf_faults *faults)
{
    struct conf_at kind = conf_member(at, "kind");
    const char *word = conf_text(kind);
    const char *nearest;
    char allowed[200];

    for (int i = 0; word != NULL && kinds[i] != NULL; i++)
        if (strcmp(word, kinds[i]) == 0)
            return i;
    list_words(kinds, allowed, sizeof allowed);
    if (!conf_is_group(at))
        conf_complain(
            faults, at, NULL,
            SAY("这里要写一组 { 键 = 值; … }", "a group { key = value; … } is wanted here"));
    else if (!conf_is_there(kind))
        complain_kindless(at, allowed, faults);
    else if (word == NULL || (nearest = conf_nearest(word, kinds)) == NULL)
        conf_complain(faults, kind, "kind",
                      SAY("没有这一种；要写下列之一：%s", "there is no such kind; give one of %s"),
                      allowed);
    else
        conf_complain(faults, kind, "kind",
                      SAY("没有 \"%s\" 这一种，是否想写 \"%s\"？可写：%s",
                          "there is no kind \"%s\", did you mean \"%s\"? Allowed: %s"),
                      word, nearest, allowed);
    return -1;
}

bool settings_texts(struct conf_at at, const char *key, struct conf_faults *faults,
                    void (*each)(void *self, const char *words, struct conf_at element), void *self)
{
    bool good = true;

    if (!conf_is_list(at) || conf_length(at) == 0)
        return conf_complain(
            faults, at, key,
            SAY("要写文字的列表，至少一项，例如 ( \"…\", \"…\" )",
                "a list of texts with at least one is wanted, as ( \"…\", \"…\" )"));
    for (size_t i = 0; i < conf_length(at); i++) {
        struct conf_at element = conf_element(at, i);

        if (conf_text(element) != NULL)
            each(self, conf_text(element), element);
        else
            good = conf_complain(faults, element, key,
                                 SAY("列表里只能写双引号中的文字",
                                     "only texts in double quotes stand in this list"));
    }
    return good;
}

bool settings_pair(struct conf_at at, double *first, double *second)
{
    return conf_is_list(at) && conf_length(at) == 2 && conf_number(conf_element(at, 0), first) &&
           conf_number(conf_element(at, 1), second);
}

struct named {
    const char *name;
    uint32_t row;
    struct conf_at at;
};

struct name_index {
    size_t count, room;
    struct named all[];
};

struct name_index *name_index_new(size_t room)
{
    struct name_index *names = calloc(1, sizeof *names + (room + 1) * sizeof names->all[0]);

    if (names != NULL)
        names->room = room;
    return names;
}

void name_index_free(struct name_index *names)
{
    free(names);
}

void name_index_add(struct name_index *names, const char *name, uint32_t row, struct conf_at at)
{
    if (names != NULL && *name != '\0' && names->count < names->room)
        names->all[names->count++] = (struct named){name, row, at};
}

static int named_compare(const void *one, const void *other)
{
    const struct named *a = one;
    const struct named *b = other;
    int names = strcmp(a->name, b->name);

    return names != 0 ? names : (a->row > b->row) - (a->row < b->row);
}

void name_index_close(struct name_index *names, const char *key, struct conf_faults *faults)
{
    if (names == NULL)
        return;
    qsort(names->all, names->count, sizeof names->all[0], named_compare);
    for (size_t i = 1; i < names->count; i++) {
        const struct named *before = &names->all[i - 1];
        const struct named *named = &names->all[i];

        if (faults != NULL && strcmp(before->name, named->name) == 0)
            conf_complain(faults, named->at, key,
                          SAY("%s 写了两次，另一处在第 %u 行；名称不能重复",
                              "%s stands here twice, the other in line %u; a name is given once"),
                          named->name, conf_line(before->at));
    }
}

int64_t name_index_find(const struct name_index *names, const char *name)
{
    size_t low = 0;
    size_t high = names == NULL ? 0 : names->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(names->all[middle].name, name);

        if (order == 0)
            return names->all[middle].row;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

const char *name_index_nearest(const struct name_index *names, const char *wrong)
{
    size_t count = names == NULL ? 0 : names->count;
    const char **words = calloc(count + 1, sizeof words[0]);
    const char *nearest = NULL;

    if (words == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        words[i] = names->all[i].name;
    nearest = conf_nearest(wrong, words);
    free(words);
    return nearest;
}

/* RFC 1918, loopback, link-local, and the shared range mobile carriers give their own nets. */
static bool is_public_v4(uint32_t address)
{
    static const struct {
        uint32_t net;
        unsigned bits;
    } inside[] = {
        {0x0a000000, 8 },
        {0xac100000, 12},
        {0xc0a80000, 16},
        {0x7f000000, 8 },
        {0xa9fe0000, 16},
        {0x64400000, 10},
    };

    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++)
        if (address >> (32 - inside[i].bits) == inside[i].net >> (32 - inside[i].bits))
            return false;
    return true;
}

bool host_is_no_address(const char *host)
{
    struct in_addr v4;

    return *host != '\0' && strspn(host, "0123456789.") == strlen(host) &&
           inet_pton(AF_INET, host, &v4) != 1;
}

bool host_is_public(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, host, &v4) == 1)
        return is_public_v4(ntohl(v4.s_addr));
    if (inet_pton(AF_INET6, host, &v6) != 1)
        return false;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        const uint8_t *last = &v6.s6_addr[12];

        return is_public_v4((uint32_t)last[0] << 24 | (uint32_t)last[1] << 16 |
                            (uint32_t)last[2] << 8 | last[3]);
    }
    return !IN6_IS_ADDR_LOOPBACK(&v6) && !IN6_IS_ADDR_LINKLOCAL(&v6) &&
           (v6.s6_addr[0] & 0xfe) != 0xfc;
}
