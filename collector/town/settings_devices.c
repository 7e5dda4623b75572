#include "town/settings_inside.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drivers/identity.h"

/* clang-format off */
static const char *const word_orders[] = {"ABCD", "BADC", "CDAB", "DCBA", NULL};

struct device_row {
    struct device_conf conf;
    int word_order; /* enum word_order, -1: the profile's */
};

static const struct conf_key device_keys[] = {
    {"site", CONF_NAME, true, FIELD(struct device_row, conf.site), 0, 0, NULL, NULL,
     "所在点位", "the site it stands at"},
    {"name", CONF_NAME, true, FIELD(struct device_row, conf.name), 0, 0, NULL, NULL,
     "设备名，同一点位内唯一", "its name at that site"},
    {"title", CONF_TEXT, false, FIELD(struct device_row, conf.title), 0, 0, "", NULL,
     "名称", "title"},
    {"serial_number", CONF_TEXT, false, FIELD(struct device_row, conf.serial_number), 0, 0, "", NULL,
     "出厂编号", "serial number"},
    {"identity", CONF_TEXT, false, FIELD(struct device_row, conf.identity), 0, 0, "", NULL,
     "它回答的身份，照告警里的写", "what it answers as, as the notice writes it"},
    {"model", CONF_TEXT, true, FIELD(struct device_row, conf.model), 0, 0, NULL, NULL,
     "型号，即仪器模板的文件名", "its model: the name of a profile"},
    {"link", CONF_NAME, true, FIELD(struct device_row, conf.link_name), 0, 0, NULL, NULL,
     "所接链路", "the link it hangs on"},
    {"unit", CONF_INT, true, FIELD(struct device_row, conf.unit), 0, 255, NULL, NULL,
     "站号", "unit id"},
    {"every", CONF_DURATION, false, FIELD(struct device_row, conf.every_ms), 100, 604800000, "60s",
     NULL, "多久采一次", "how often it is asked"},
    {"timeout", CONF_DURATION, false, FIELD(struct device_row, conf.timeout_ms), 10, 60000, NULL,
     NULL, "等多久算没有回答", "how long an answer is awaited"},
    {"since", CONF_MOMENT, false, FIELD(struct device_row, conf.since), 0, 0, NULL, NULL,
     "从何时起计完整率", "from when completeness counts"},
    {"simulated", CONF_BOOL, false, FIELD(struct device_row, conf.simulated), 0, 0, "false", NULL,
     "是否模拟", "whether it is simulated"},
    {"word_order", CONF_CHOICE, false, FIELD(struct device_row, word_order), 0, 0, NULL,
     word_orders, "字节顺序", "word order"},
    {"channels", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "只用这些通道", "these channels only"},
    {"ranges", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "量程 ( { channel; valid = [低, 高]; }, … )", "spans ( { channel; valid = [low, high]; }, … )"},
};

struct range_row { char channel[CHANNEL_SIZE]; };
static const struct conf_key range_keys[] = {
    {"channel", CONF_TEXT, true, FIELD(struct range_row, channel), 0, 0, NULL, NULL,
     "通道", "channel"},
    {"valid", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "[低, 高]", "[low, high]"},
};
/* clang-format on */

/* What the devices are checked against. */
struct surroundings {
    struct loading *loading;
    struct name_index *sites;
    struct name_index *links;
    bool links_known;
};

/* The names of a profile's channels for a suggestion. */
static const char *nearest_channel(const struct profile *profile, const char *wrong)
{
    const char *words[POLL_READINGS_MAX + 1] = {NULL};

    for (size_t i = 0; i < profile->channel_count && i < POLL_READINGS_MAX; i++)
        words[i] = profile->channels[i].name;
    return conf_nearest(wrong, words);
}

static bool complain_channel(const struct device_conf *device, const char *key, const char *wrong,
                             struct conf_at at, struct conf_faults *faults)
{
    const char *nearest = nearest_channel(device->profile, wrong);

    if (nearest != NULL)
        return conf_complain(faults, at, key,
                             SAY("%s 没有通道 \"%s\"，是否想写 \"%s\"？",
                                 "%s has no channel \"%s\", did you mean \"%s\"?"),
                             device->model, wrong, nearest);
    return conf_complain(faults, at, key,
                         SAY("%s 没有通道 \"%s\"；用 lookback sensors %s 查看它的通道",
                             "%s has no channel \"%s\"; \"lookback sensors %s\" lists them"),
                         device->model, wrong, device->model);
}

struct chosen {
    struct device_conf *device;
    struct conf_faults *faults;
};

static void choose_channel(void *self, const char *words, struct conf_at at)
{
    const struct chosen *chosen = self;
    struct device_conf *device = chosen->device;
    const struct channel *channel = profile_channel(device->profile, words);

    if (channel == NULL) {
        complain_channel(device, "channels", words, at, chosen->faults);
        return;
    }
    for (size_t i = 0; i < device->channel_count; i++) {
        if (device->channels[i] != channel)
            continue;
        conf_complain(chosen->faults, at, "channels",
                      SAY("通道 \"%s\" 写了两次", "the channel \"%s\" stands here twice"), words);
        return;
    }
    device->channels[device->channel_count++] = channel;
}

static void read_channels(struct device_conf *device, struct conf_at at, struct conf_faults *faults)
{
    struct chosen chosen = {device, faults};

    device->channels = calloc(device->profile->channel_count + 1, sizeof device->channels[0]);
    if (device->channels == NULL)
        return;
    if (conf_is_there(at)) {
        settings_texts(at, "channels", faults, choose_channel, &chosen);
        return;
    }
    for (size_t i = 0; i < device->profile->channel_count; i++)
        device->channels[device->channel_count++] = &device->profile->channels[i];
}

static void read_range(struct device_conf *device, struct conf_at at, struct conf_faults *faults)
{
    struct range_row row = {{0}};
    double low;
    double high;

    if (!conf_read(at, range_keys, ROWS(range_keys), &row, NULL, faults))
        return;
    if (!settings_pair(conf_member(at, "valid"), &low, &high) || !(low < high)) {
        conf_complain(faults, conf_member(at, "valid"), "valid",
                      SAY("要写 [低, 高]，且低小于高", "[low, high] is wanted, low below high"));
        return;
    }
    for (size_t i = 0; i < device->channel_count; i++) {
        if (strcmp(device->own_channels[i].name, row.channel) != 0)
            continue;
        device->own_channels[i].valid_min = low;
        device->own_channels[i].valid_max = high;
        return;
    }
    complain_channel(device, "ranges", row.channel, conf_member(at, "channel"), faults);
}

/* Puts the device's own word order and spans over those of its profile, on copies. */
static void override_channels(struct device_row *row, struct conf_at at, struct conf_faults *faults)
{
    struct device_conf *device = &row->conf;
    struct conf_at ranges = conf_member(at, "ranges");

    if (row->word_order < 0 && !conf_is_there(ranges))
        return;
    device->own_channels = calloc(device->channel_count + 1, sizeof device->own_channels[0]);
    if (device->own_channels == NULL || device->channels == NULL)
        return;
    for (size_t i = 0; i < device->channel_count; i++) {
        assert(device->channels[i] != NULL);
        device->own_channels[i] = *device->channels[i];
        if (row->word_order >= 0)
            device->own_channels[i].order = (enum word_order)row->word_order;
        device->channels[i] = &device->own_channels[i];
    }
    if (conf_is_group(ranges))
        conf_complain(faults, ranges, "ranges",
                      SAY("要写列表 ( { channel = \"ph\"; valid = [0, 14]; } )",
                          "a list is wanted: ( { channel = \"ph\"; valid = [0, 14]; } )"));
    else
        for (size_t i = 0; i < conf_length(ranges); i++)
            read_range(device, conf_element(ranges, i), faults);
}

static bool complain_name(const struct name_index *names, struct conf_at at, const char *key,
                          const char *wrong, const char *where, struct conf_faults *faults)
{
    const char *nearest = name_index_nearest(names, wrong);

    if (nearest != NULL)
        return conf_complain(
            faults, at, key,
            SAY("%s没有 \"%s\"，是否想写 \"%s\"？", "%s there is no \"%s\", did you mean \"%s\"?"),
            where, wrong, nearest);
    return conf_complain(faults, at, key, SAY("%s没有 \"%s\"", "%s there is no \"%s\""), where,
                         wrong);
}

static void find_site(const struct surroundings *around, struct device_conf *device,
                      struct conf_at at)
{
    int64_t row = name_index_find(around->sites, device->site);

    if (row >= 0)
        device->site_index = (uint32_t)row;
    else if (device->site[0] != '\0' && around->loading->sites_known)
        complain_name(around->sites, conf_member(at, "site"), "site", device->site,
                      SAY("sites.conf 里", "in sites.conf"), around->loading->faults);
}

/* An identity nobody can compare with would be no guard. */
static void check_identity(const struct device_conf *device, struct conf_at at,
                           struct conf_faults *faults)
{
    struct identity_heard said;
    char understood[IDENTITY_TEXT];

    if (device->identity[0] == '\0')
        return;
    identity_parse(device->profile, device->identity, &said);
    identity_text(device->profile, &said, understood);
    if (strcmp(understood, device->identity) != 0)
        conf_complain(
            faults, conf_member(at, "identity"), "identity",
            SAY("照告警里的写，项名和次序同型号模板 %s 的 identity，如 \"firmware=2.1; "
                "serial_number=7\"；其中能懂的是 \"%s\"",
                "must be as the notice writes it, with the items of the identity of %s in "
                "its order, such as \"firmware=2.1; serial_number=7\"; understood is "
                "\"%s\""),
            device->model, understood);
}

/* Unit 0 is a broadcast on a serial line, which nobody answers, whatever carries its bytes. 248 to
 * 255 are reserved there, and yet some instruments are delivered as 255. */
static void find_link(const struct surroundings *around, struct device_conf *device,
                      struct conf_at at)
{
    const struct link_setup *links = around->loading->settings->links;
    int64_t row = name_index_find(around->links, device->link_name);

    if (row < 0) {
        if (device->link_name[0] != '\0' && around->links_known)
            complain_name(around->links, conf_member(at, "link"), "link", device->link_name,
                          SAY("links 里", "among the links"), around->loading->faults);
        return;
    }
    device->link_index = (uint32_t)row;
    if (links[row].kind != LINK_TCP && conf_is_there(conf_member(at, "unit")) && device->unit < 1)
        conf_complain(
            around->loading->faults, conf_member(at, "unit"), "unit",
            SAY("%lld 不能用在串口上：0 是广播，没有仪器会回答；站号从 1 到 255",
                "%lld cannot stand on a serial line: 0 is a broadcast and nobody answers; "
                "unit ids there are 1 to 255"),
            (long long)device->unit);
}

static void read_device(const struct surroundings *around, struct device_conf *device,
                        struct conf_at at)
{
    struct conf_faults *faults = around->loading->faults;
    struct device_row row = {.conf.since = WALL_NONE, .conf.unit = 1, .word_order = -1};

    conf_read(at, device_keys, ROWS(device_keys), &row, NULL, faults);
    row.conf.line = conf_line(at);
    find_site(around, &row.conf, at);
    find_link(around, &row.conf, at);
    if (row.conf.model[0] != '\0')
        row.conf.profile =
            settings_profile(around->loading, row.conf.model, conf_member(at, "model"));
    if (row.conf.profile != NULL) {
        read_channels(&row.conf, conf_member(at, "channels"), faults);
        override_channels(&row, at, faults);
        check_identity(&row.conf, at, faults);
    }
    *device = row.conf;
}

/* SITE/DEVICE is given once. */
static void check_doubles(struct loading *loading, struct conf_at list)
{
    struct settings *settings = loading->settings;
    char(*texts)[2 * NAME_SIZE] = calloc(settings->device_count + 1, sizeof *texts);
    struct name_index *names = name_index_new(settings->device_count);

    for (size_t i = 0; texts != NULL && settings->devices != NULL && i < settings->device_count;
         i++) {
        const struct device_conf *device = &settings->devices[i];

        if (device->site[0] == '\0' || device->name[0] == '\0')
            continue;
        snprintf(texts[i], sizeof texts[i], "%s/%s", device->site, device->name);
        name_index_add(names, texts[i], (uint32_t)i, conf_element(list, i));
    }
    name_index_close(names, "name", loading->faults);
    name_index_free(names);
    free(texts);
}

static void read_device_list(const struct surroundings *around, struct conf_at list)
{
    struct settings *settings = around->loading->settings;

    settings->devices = calloc(conf_length(list) + 1, sizeof *settings->devices);
    for (size_t i = 0; settings->devices != NULL && i < conf_length(list); i++)
        read_device(around, &settings->devices[settings->device_count++], conf_element(list, i));
    check_doubles(around->loading, list);
}

static struct name_index *index_sites(const struct settings *settings)
{
    struct name_index *names = name_index_new(settings->site_count);

    for (size_t i = 0; i < settings->site_count; i++)
        name_index_add(names, settings->sites[i].base.name, (uint32_t)i, (struct conf_at){0});
    return names;
}

void settings_read_devices(struct loading *loading)
{
    /* clang-format off */
    static const struct conf_key keys[] = {
        {"links", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "链路 ( {…}, … )", "links ( {…}, … )"},
        {"devices", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "设备 ( {…}, … )", "devices ( {…}, … )"},
    };
    /* clang-format on */
    struct surroundings around = {.loading = loading};
    struct conf *conf = settings_conf(loading, "devices.conf", false);
    struct conf_at root;

    if (conf == NULL)
        return;
    root = conf_root(conf);
    conf_read(root, keys, ROWS(keys), NULL, NULL, loading->faults);
    around.links = settings_read_links(loading, conf_member(root, "links"));
    around.links_known = conf_is_there(conf_member(root, "links"));
    around.sites = index_sites(loading->settings);
    name_index_close(around.sites, NULL, NULL);
    loading->devices_known = conf_is_there(conf_member(root, "devices"));
    read_device_list(&around, conf_member(root, "devices"));
    name_index_free(around.sites);
    name_index_free(around.links);
    conf_free(conf);
}
