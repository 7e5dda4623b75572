/* town.c - reads the file of a played town; see town.h. */
#include "drivers/simulator/town.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drivers/simulator/registers.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const char *const link_kinds[] = {"tcp", "serial", "rtu_tcp", "dialin", NULL};
static const char *const quality_letters[] = {"N", "T", "C", "M", "F", "S", "D", "B", NULL};

/* clang-format off */
static const struct conf_key file_keys[] = {
    {.name = "seed", .type = CONF_INT, .offset = 0, .min = 0, .max = 4e18,
     .text_zh = "噪声的起点", .text_en = "where the noise starts"},
    {.name = "links", .type = CONF_INNER, .required = true, .text_zh = "链路", .text_en = "links"},
    {.name = "devices", .type = CONF_INNER, .required = true, .text_zh = "设备", .text_en = "devices"},
};

static const struct conf_key link_keys[] = {
    {.name = "name", .type = CONF_NAME, .required = true, .offset = offsetof(struct sim_link, name),
     .text_zh = "链路名", .text_en = "name of the link"},
    {.name = "kind", .type = CONF_CHOICE, .required = true, .offset = offsetof(struct sim_link, kind),
     .choices = link_kinds, .text_zh = "种类", .text_en = "kind"},
    {.name = "host", .type = CONF_TEXT, .offset = offsetof(struct sim_link, host),
     .size = sizeof((struct sim_link *)0)->host,
     .text_zh = "监听或拨入的地址", .text_en = "address listened on, or dialled"},
    {.name = "port", .type = CONF_INT, .offset = offsetof(struct sim_link, port), .min = 1, .max = 65535,
     .text_zh = "TCP 端口", .text_en = "TCP port"},
    {.name = "path", .type = CONF_FILE, .offset = offsetof(struct sim_link, path),
     .size = sizeof((struct sim_link *)0)->path,
     .text_zh = "串口路径", .text_en = "path of the serial port"},
    {.name = "baud", .type = CONF_INT, .offset = offsetof(struct sim_link, baud), .min = 50, .max = 4000000,
     .text_zh = "波特率", .text_en = "baud rate"},
    {.name = "id", .type = CONF_TEXT, .offset = offsetof(struct sim_link, id),
     .size = sizeof((struct sim_link *)0)->id,
     .text_zh = "注册包", .text_en = "registration packet"},
    {.name = "id_hex", .type = CONF_TEXT, .offset = offsetof(struct sim_link, id_hex),
     .size = sizeof((struct sim_link *)0)->id_hex,
     .text_zh = "注册包，十六进制", .text_en = "registration packet in hex"},
    {.name = "heartbeat", .type = CONF_DURATION, .offset = offsetof(struct sim_link, heartbeat_ms),
     .min = 100, .max = 1e9, .text_zh = "心跳间隔", .text_en = "how often it is said again"},
};

struct device_words {
    char link[NAME_SIZE];
    int64_t unit;
    char model[64];
};

static const struct conf_key device_keys[] = {
    {.name = "link", .type = CONF_NAME, .required = true, .offset = offsetof(struct device_words, link),
     .text_zh = "所在链路", .text_en = "the link it is on"},
    {.name = "unit", .type = CONF_INT, .required = true, .offset = offsetof(struct device_words, unit),
     .min = 0, .max = 255, .text_zh = "单元号", .text_en = "unit id"},
    {.name = "model", .type = CONF_TEXT, .required = true, .offset = offsetof(struct device_words, model),
     .size = sizeof((struct device_words *)0)->model, .text_zh = "型号", .text_en = "model"},
    {.name = "values", .type = CONF_INNER, .text_zh = "数值", .text_en = "values"},
    {.name = "states", .type = CONF_INNER, .text_zh = "状态", .text_en = "states"},
};

struct value_words {
    char channel[CHANNEL_SIZE];
    struct simvalue value;
};

static const struct conf_key value_keys[] = {
    {.name = "channel", .type = CONF_TEXT, .required = true, .offset = offsetof(struct value_words, channel),
     .size = CHANNEL_SIZE, .text_zh = "通道", .text_en = "channel"},
    {.name = "base", .type = CONF_NUMBER, .required = true, .offset = offsetof(struct value_words, value.base),
     .text_zh = "日均值", .text_en = "mean of a day"},
    {.name = "daily", .type = CONF_NUMBER, .offset = offsetof(struct value_words, value.daily),
     .text_zh = "日变化幅度", .text_en = "half the daily range"},
    {.name = "noise", .type = CONF_NUMBER, .offset = offsetof(struct value_words, value.noise),
     .text_zh = "噪声", .text_en = "most the noise adds"},
    {.name = "exceed", .type = CONF_INNER, .text_zh = "超标", .text_en = "exceedance"},
};

static const struct conf_key exceed_keys[] = {
    {.name = "to", .type = CONF_NUMBER, .required = true, .offset = offsetof(struct simvalue, to),
     .text_zh = "超标时的数值", .text_en = "the value meanwhile"},
    {.name = "every", .type = CONF_DURATION, .required = true, .offset = offsetof(struct simvalue, exceed.every_ms),
     .min = 1, .max = 1e11, .text_zh = "间隔", .text_en = "from one to the next"},
    {.name = "lasts", .type = CONF_DURATION, .required = true, .offset = offsetof(struct simvalue, exceed.lasts_ms),
     .min = 1, .max = 1e11, .text_zh = "持续", .text_en = "how long it lasts"},
    {.name = "after", .type = CONF_DURATION, .offset = offsetof(struct simvalue, exceed.after_ms),
     .text_zh = "错开", .text_en = "how much later than its fellows"},
};

static const struct conf_key state_keys[] = {
    {.name = "quality", .type = CONF_CHOICE, .required = true, .offset = offsetof(struct sim_state, quality),
     .choices = quality_letters, .text_zh = "标记", .text_en = "letter of the quality"},
    {.name = "every", .type = CONF_DURATION, .required = true, .offset = offsetof(struct sim_state, spell.every_ms),
     .min = 1, .max = 1e11, .text_zh = "间隔", .text_en = "from one to the next"},
    {.name = "lasts", .type = CONF_DURATION, .required = true, .offset = offsetof(struct sim_state, spell.lasts_ms),
     .min = 1, .max = 1e11, .text_zh = "持续", .text_en = "how long it lasts"},
    {.name = "after", .type = CONF_DURATION, .offset = offsetof(struct sim_state, spell.after_ms),
     .text_zh = "错开", .text_en = "how much later than its fellows"},
};
/* clang-format on */

/* What reading a file needs all the way down. */
struct reading_file {
    struct town *town;
    const struct town_data *data;
    int64_t seed;
    char broken[64]; /* the last model whose profile was refused: said once, not once a unit */
    struct conf_faults *faults;
};

static bool no_memory(struct reading_file *file, struct conf_at at)
{
    return conf_complain(file->faults, at, NULL, "%s", SAY("内存不足", "out of memory"));
}

static bool read_links(struct reading_file *file, struct conf_at list)
{
    struct town *town = file->town;
    size_t count = conf_length(list);
    bool good = true;

    town->links = calloc(count + 1, sizeof *town->links);
    if (town->links == NULL)
        return no_memory(file, list);
    for (size_t i = 0; i < count; i++) {
        struct sim_link *link = &town->links[i];
        struct conf_at at = conf_element(list, i);

        town->link_count = i + 1;
        snprintf(link->host, sizeof link->host, "127.0.0.1");
        link->baud = 9600;
        if (!conf_read(at, link_keys, COUNT(link_keys), link, NULL, file->faults)) {
            good = false;
            continue;
        }
        if (link->kind != SIM_SERIAL && link->port == 0)
            good = conf_complain(file->faults, at, "port", "%s",
                                 SAY("这种链路要写端口", "a link of this kind needs its port"));
        if (link->kind == SIM_DIALIN &&
            !registration_id_of_hex(link->id_hex, &link->registration) &&
            !registration_id_of_text(link->id, &link->registration))
            good =
                conf_complain(file->faults, at, "id", "%s",
                              SAY("拨入链路要写 id 或 id_hex", "a dialin link needs id or id_hex"));
        if (link->kind == SIM_SERIAL && link->path[0] == '\0')
            good = conf_complain(file->faults, at, "path", "%s",
                                 SAY("串口链路要写路径", "a serial link needs its path"));
    }
    return good;
}

static const struct profile *loaded_profile(const struct town *town, const char *model)
{
    for (size_t i = 0; i < town->profile_count; i++) {
        if (strcmp(town->profiles[i]->model, model) == 0)
            return town->profiles[i];
    }
    return NULL;
}

/* Each model is read once, however many units are of it. */
static const struct profile *profile_of(struct reading_file *file, struct conf_at at,
                                        const char *model)
{
    struct town *town = file->town;
    const struct profile *known = loaded_profile(town, model);
    struct profile **more;
    char path[640];

    if (known != NULL || strcmp(file->broken, model) == 0)
        return known;
    if (strchr(model, '/') != NULL || model[0] == '.') {
        conf_complain(file->faults, at, "model", "%s",
                      SAY("型号名里不能有路径", "a model's name holds no path"));
        return NULL;
    }
    more = realloc(town->profiles, (town->profile_count + 1) * sizeof(struct profile *));
    if (more == NULL) {
        no_memory(file, at);
        return NULL;
    }
    town->profiles = more;
    snprintf(path, sizeof path, "%s/%s.conf", file->data->profiles, model);
    more[town->profile_count] = profile_load(path, town->parameters, false, file->faults);
    if (more[town->profile_count] == NULL) {
        snprintf(file->broken, sizeof file->broken, "%s", model);
        return NULL;
    }
    return more[town->profile_count++];
}

/* A channel nobody gives a value stands at a quarter of its span. */
static bool start_values(struct sim_unit *unit)
{
    const struct profile *profile = unit->profile;

    unit->values = calloc(profile->channel_count + 1, sizeof *unit->values);
    if (unit->values == NULL)
        return false;
    for (size_t i = 0; i < profile->channel_count; i++) {
        const struct channel *channel = &profile->channels[i];
        double span = channel->valid_max - channel->valid_min;

        unit->values[i].base = channel->valid_min + span / 4.0;
    }
    return true;
}

static bool read_value(struct reading_file *file, struct sim_unit *unit, struct conf_at at)
{
    struct value_words words = {0};
    struct conf_at exceed = conf_member(at, "exceed");
    const struct channel *channel;

    if (!conf_read(at, value_keys, COUNT(value_keys), &words, NULL, file->faults))
        return false;
    channel = profile_channel(unit->profile, words.channel);
    if (channel == NULL)
        return conf_complain(file->faults, at, "channel",
                             SAY("型号 %s 没有通道 %s", "model %s has no channel %s"),
                             unit->profile->model, words.channel);
    if (conf_is_there(exceed) &&
        !conf_read(exceed, exceed_keys, COUNT(exceed_keys), &words.value, NULL, file->faults))
        return false;
    words.value.seed = simvalue_seed((uint64_t)file->seed, file->town->links[unit->link].name,
                                     unit->unit, words.channel);
    unit->values[channel - unit->profile->channels] = words.value;
    return true;
}

static bool read_state(struct reading_file *file, struct sim_unit *unit, struct conf_at at)
{
    struct sim_state state = {0};

    if (!conf_read(at, state_keys, COUNT(state_keys), &state, NULL, file->faults))
        return false;
    for (size_t i = 0; i < unit->profile->state_count; i++) {
        if ((int)unit->profile->states[i].quality == state.quality &&
            unit->state_count < SIM_STATES_MAX) {
            unit->states[unit->state_count++] = state;
            return true;
        }
    }
    return conf_complain(file->faults, at, "quality",
                         SAY("型号 %s 没有这个标记的状态位，或状态超过 %d 个",
                             "model %s has no state of this quality, or there are more than %d"),
                         unit->profile->model, SIM_STATES_MAX);
}

static bool find_link(struct reading_file *file, struct conf_at at, const char *name,
                      uint32_t *index)
{
    for (uint32_t i = 0; file->town->links != NULL && i < file->town->link_count; i++) {
        if (strcmp(file->town->links[i].name, name) == 0) {
            *index = i;
            return true;
        }
    }
    return conf_complain(file->faults, at, "link", SAY("没有链路 %s", "there is no link %s"), name);
}

static bool read_unit(struct reading_file *file, struct sim_unit *unit, struct conf_at at)
{
    struct device_words words = {0};
    struct conf_at values = conf_member(at, "values");
    struct conf_at states = conf_member(at, "states");
    bool good = true;

    if (!conf_read(at, device_keys, COUNT(device_keys), &words, NULL, file->faults) ||
        !find_link(file, at, words.link, &unit->link))
        return false;
    unit->unit = (uint8_t)words.unit;
    if (town_unit(file->town, unit->link, unit->unit) != unit)
        return conf_complain(file->faults, at, "unit",
                             SAY("链路 %s 上已有单元 %d", "link %s already has unit %d"),
                             words.link, (int)unit->unit);
    unit->profile = profile_of(file, at, words.model);
    if (unit->profile == NULL)
        return false;
    unit->registers = registers_new(unit->profile);
    if (unit->registers == NULL || !start_values(unit))
        return no_memory(file, at);
    for (size_t i = 0; conf_is_there(values) && i < conf_length(values); i++)
        good = read_value(file, unit, conf_element(values, i)) && good;
    for (size_t i = 0; conf_is_there(states) && i < conf_length(states); i++)
        good = read_state(file, unit, conf_element(states, i)) && good;
    return good;
}

static bool read_units(struct reading_file *file, struct conf_at list)
{
    struct town *town = file->town;
    size_t count = conf_length(list);
    bool good = true;

    town->units = calloc(count + 1, sizeof *town->units);
    if (town->units == NULL)
        return no_memory(file, list);
    for (size_t i = 0; i < count; i++) {
        town->unit_count = i + 1;
        good = read_unit(file, &town->units[i], conf_element(list, i)) && good;
    }
    return good;
}

static bool read_town(struct reading_file *file, struct conf_at root)
{
    file->town->parameters = parameters_load(file->data->parameters, file->faults);
    return file->town->parameters != NULL &&
           conf_read(root, file_keys, COUNT(file_keys), &file->seed, NULL, file->faults) &&
           read_links(file, conf_member(root, "links")) &&
           read_units(file, conf_member(root, "devices"));
}

struct town *town_load(const char *path, const struct town_data *data, struct conf_faults *faults)
{
    struct town *loaded = NULL; /* what the caller gets: set once everything is checked */
    struct reading_file file = {.data = data, .faults = faults, .seed = 1};
    struct conf *conf = conf_load(path, false, faults);

    if (conf == NULL)
        goto done;
    file.town = calloc(1, sizeof *file.town);
    if (file.town == NULL) {
        no_memory(&file, conf_root(conf));
        goto done;
    }
    if (!read_town(&file, conf_root(conf)))
        goto done;
    loaded = file.town;
    file.town = NULL; /* the caller owns it now */
done:
    town_free(file.town);
    conf_free(conf);
    return loaded;
}

void town_free(struct town *town)
{
    if (town == NULL)
        return;
    for (size_t i = 0; i < town->unit_count; i++) {
        free(town->units[i].values);
        if (town->units[i].registers != NULL)
            modbus_mapping_free(town->units[i].registers);
    }
    for (size_t i = 0; i < town->profile_count; i++)
        profile_free(town->profiles[i]);
    parameters_free(town->parameters);
    free(town->profiles);
    free(town->units);
    free(town->links);
    free(town);
}

struct sim_unit *town_unit(struct town *town, uint32_t link, uint8_t unit)
{
    for (size_t i = 0; i < town->unit_count; i++) {
        if (town->units[i].link == link && town->units[i].unit == unit)
            return &town->units[i];
    }
    return NULL;
}

static bool spell_holds(const struct sim_unit *unit, enum quality quality, struct wall_time now)
{
    for (size_t i = 0; i < unit->state_count; i++) {
        if (unit->states[i].quality == (int)quality && simspell_holds(&unit->states[i].spell, now))
            return true;
    }
    return false;
}

void sim_unit_fill(struct sim_unit *unit, struct wall_time now)
{
    const struct profile *profile = unit->profile;

    for (size_t i = 0; i < profile->channel_count; i++)
        registers_put(unit->registers, profile, &profile->channels[i],
                      simvalue_at(&unit->values[i], now));
    for (size_t i = 0; i < profile->identity_count; i++)
        registers_put_identity(unit->registers, &profile->identity[i], unit->unit);
    /* Several states may be values of one register: the one that holds is written last, and taking
     * one away may bring another, so that is done twice. */
    for (int round = 0; round <= 2; round++) {
        int holding = round == 2;

        for (size_t i = 0; i < profile->state_count; i++) {
            const struct state *state = &profile->states[i];

            if (spell_holds(unit, state->quality, now) == (holding == 1))
                registers_put_state(unit->registers, state, holding == 1);
        }
    }
}
