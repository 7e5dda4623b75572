/* Commands about the settings and the sensor models: check, sensors. No port, host or peer is
 * asked. */
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/shelf.h"
#include "base/say.h"
#include "base/text.h"
#include "drivers/plan.h"
#include "drivers/profile.h"
#include "page/tls.h"
#include "report/table.h"
#include "town/load.h"

/* --- check ------------------------------------------------------------------------------------ */

static void check_json(struct conf_faults *faults, bool good)
{
    json_t *list = json_array();
    json_t *object;

    for (size_t i = 0; i < conf_faults_count(faults); i++) {
        const struct error *fault = conf_fault(faults, i);

        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "kind", error_word(fault->kind),
                                              "text", fault->text, "where", fault->where));
    }
    object = json_pack("{s:b, s:o}", "good", good, "faults", list);
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

/* The first limit of the rule that nobody has checked against its text, or NULL. */
static const struct limit *unverified_limit(const struct rule_conf *rule)
{
    for (size_t i = 0; i < rule->found_count; i++)
        for (size_t j = 0; j < rule->found[i].lanes.count; j++) {
            const struct lane *lane = &rule->found[i].lanes.lane[j];

            for (size_t k = 0; k < lane->stage_count; k++)
                if (!lane->stages[k].limit->verified)
                    return lane->stages[k].limit;
        }
    return NULL;
}

static void say_unverified_limits(const struct settings *settings)
{
    for (size_t i = 0; i < settings->rule_count; i++) {
        const struct limit *limit = unverified_limit(&settings->rules[i]);

        if (limit != NULL)
            printf(SAY("提示：规则 %s 所用 %s 的限值尚未核实（%s:%u），请对照标准原文\n",
                       "note: the rule %s uses limits of %s that are not verified (%s:%u); compare "
                       "with the text of the standard\n"),
                   settings->rules[i].rule.name, limit->standard, limit->file, limit->line);
    }
}

/* Whether anybody of the internet may reach it, as far as its own address tells. */
static bool is_open_to_all(const char *listen)
{
    struct sockaddr_storage address;
    const struct sockaddr_in *four = (const void *)&address;
    const struct sockaddr_in6 *six = (const void *)&address;

    if (!dialin_address_read(listen, &address))
        return false;
    if (address.ss_family == AF_INET && four->sin_addr.s_addr == htonl(INADDR_ANY))
        return true;
    if (address.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr))
        return true;
    return !address_is_private((const struct sockaddr *)&address);
}

/* Once for each address, however many links share it. */
static void say_open_doors(const struct settings *settings)
{
    for (size_t i = 0; i < settings->link_count; i++) {
        const struct link_setup *link = &settings->links[i];
        size_t before = 0;

        if (link->kind != LINK_DIALIN || !is_open_to_all(link->listen))
            continue;
        while (before < i && strcmp(settings->links[before].listen, link->listen) != 0)
            before++;
        if (before == i)
            printf(SAY("提示：任何人都可能连到 %s（链路 %s），注册包不是密码；尽量用专用 APN 或 "
                       "VPN，或在防火墙上只放行自己的设备\n",
                       "note: anybody may connect to %s (link %s), and an id is no password; use a "
                       "private APN or a VPN if you can, or let only your units through the "
                       "firewall\n"),
                   link->listen, link->name);
    }
}

/* Two names for one instrument are asked for twice, and mostly a slip of the finger. */
static void say_same_units(const struct settings *settings)
{
    for (size_t i = 0; i < settings->device_count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct device_conf *device = &settings->devices[i],
                                     *first = &settings->devices[j];

            if (device->link_index == first->link_index && device->unit == first->unit)
                printf(
                    SAY("提示：%s/%s 与 %s/%s 在链路 %s 上写了同一个站号 "
                        "%d；若不是同一台仪器，请改成各自的站号\n",
                        "note: %s/%s and %s/%s on link %s both have unit %d; unless they are one "
                        "instrument, give each its own unit id\n"),
                    device->site, device->name, first->site, first->name,
                    settings->links[device->link_index].name, (int)device->unit);
        }
}

/* What is no fault, but should be known before somebody drives to the site. */
static void say_remarks(const struct settings *settings)
{
    for (size_t i = 0; i < settings->device_count; i++) {
        const struct device_conf *device = &settings->devices[i];

        if (device->profile->needs_write)
            printf(SAY("提示：%s/%s（%s）需要先用厂家工具启动测量；本程序从不写设备\n",
                       "note: %s/%s (%s) must be started with its maker's tool first; this "
                       "program never writes to a device\n"),
                   device->site, device->name, device->model);
        if (!device->profile->verified)
            printf(SAY("提示：%s/%s 的寄存器表（%s）尚未经核实，请用已知读数核对\n",
                       "note: %s/%s: the register map of %s is not verified; compare with a "
                       "known reading\n"),
                   device->site, device->name, device->model);
    }
    if (settings->rule_count == 0)
        printf("%s", SAY("提示：没有规则（rules.conf）：读数照存照发，但什么都不会判为超标\n",
                         "note: there are no rules (rules.conf): readings are stored and sent, and "
                         "nothing will be judged\n"));
    say_same_units(settings);
    say_unverified_limits(settings);
    say_open_doors(settings);
}

static size_t switched_on(const struct settings *settings)
{
    size_t count = 0;

    for (size_t i = 0; i < settings->output_count; i++)
        count += settings->outputs[i].enabled;
    return count;
}

/* By assumed answer times: `lookback plan` beside a running collector knows better. */
static void say_overloads(const struct load *load)
{
    for (size_t i = 0; i < load->link_count; i++)
        if (!load->links[i].fits) {
            printf("%s", SAY("提示：", "note: "));
            load_say_overload(&load->links[i]);
        }
}

static bool may_read(const char *path)
{
    return access(path, R_OK) == 0;
}

/* What is there of the page's encryption: `run` refuses what is wrong with it. On the desk where
 * settings are written it may not be there, and need not. */
static bool page_files_fit(const struct page_setup *page, struct error *err)
{
    struct tls_files *files;

    if (page->listen[0] == '\0' || !may_read(page->certificate) || !may_read(page->key_file))
        return true;
    files = tls_load(page, err);
    tls_free(files);
    return files != NULL;
}

static void say_missing_page_files(const struct page_setup *page)
{
    const char *const paths[] = {page->certificate, page->key_file};

    for (size_t i = 0; page->listen[0] != '\0' && i < sizeof paths / sizeof paths[0]; i++)
        if (paths[i][0] == '/' && !may_read(paths[i]))
            printf(SAY("提示：page 的 %s 现在读不到，没有它采集器不会启动\n",
                       "note: %s of page cannot be read now; the collector does not start "
                       "without it\n"),
                   paths[i]);
}

int command_check(const struct typed *typed)
{
    struct conf_faults *faults = conf_faults_new();
    struct settings *settings = settings_load(typed->dir, typed->language_given, faults);
    struct error err = {0};
    bool fits = settings == NULL || page_files_fit(&settings->page, &err);
    struct load *load = settings == NULL || !fits ? NULL : load_of(settings, NULL, NULL, &err);
    int code = settings == NULL ? EXIT_WRONG : EXIT_DONE;

    if (settings != NULL && load == NULL) { /* or more than a poll of a device holds */
        code = command_fail(typed, &err);
    } else if (typed->json) {
        check_json(faults, settings != NULL);
    } else if (settings == NULL) {
        for (size_t i = 0; i < conf_faults_count(faults); i++)
            fprintf(stderr, "%s\n", conf_fault(faults, i)->text);
        fprintf(stderr, SAY("错误共 %zu 处，未做任何改动\n", "faults: %zu; nothing was changed\n"),
                conf_faults_count(faults));
    } else {
        say_remarks(settings);
        say_missing_page_files(&settings->page);
        say_overloads(load);
        printf(SAY("%s：配置正确。%zu 个点位，%zu 条链路，%zu 台设备，%zu 条规则，%zu 个输出\n",
                   "%s: settings are good: %zu sites, %zu links, %zu devices, %zu rules, %zu "
                   "outputs\n"),
               typed->dir, settings->site_count, settings->link_count, settings->device_count,
               settings->rule_count, switched_on(settings));
    }
    load_free(load);
    settings_free(settings);
    conf_faults_free(faults);
    return code;
}

/* --- sensors ---------------------------------------------------------------------------------- */

static void list_channels(const struct profile *profile, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    for (size_t i = 0; i < profile->channel_count; i++)
        text_format(&text, "%s%s", i > 0 ? " " : "", profile->channels[i].name);
}

static void list_profile(struct table *table, const struct profile *profile)
{
    char channels[400];

    list_channels(profile, channels, sizeof channels);
    table_cell(table, "%s", profile->model);
    table_cell(table, "%s", profile->title);
    table_cell(table, "%s",
               profile->verified ? SAY("已核实", "verified") : SAY("未核实", "unverified"));
    table_cell(table, "%s", channels);
}

static json_t *profile_json(const struct profile *profile)
{
    json_t *channels = json_array();

    for (size_t i = 0; i < profile->channel_count; i++) {
        const struct channel *channel = &profile->channels[i];

        json_array_append_new(
            channels, json_pack("{s:s, s:s, s:s, s:i, s:s}", "name", channel->name, "unit",
                                channel->parameter->unit, "area", area_word(channel->area),
                                "address", (int)channel->address, "manual", channel->manual));
    }
    return json_pack("{s:s, s:s, s:s, s:b, s:s, s:b, s:o}", "model", profile->model, "title",
                     profile->title, "source", profile->source, "verified", profile->verified,
                     "note", profile->note, "needs_write", profile->needs_write, "channels",
                     channels);
}

static void print_profile(const struct profile *profile)
{
    const char *const headings[] = {SAY("通道", "CHANNEL"), SAY("名称", "TITLE"),
                                    SAY("单位", "UNIT"),    SAY("区", "AREA"),
                                    SAY("地址", "ADDRESS"), SAY("手册编号", "MANUAL")};
    struct table *table = table_new(6, headings);

    printf("%s: %s\n%s\n%s\n%s\n\n", profile->model, profile->title, profile->source,
           profile->verified ? SAY("已核实", "verified") : SAY("未核实", "unverified"),
           profile->note);
    for (size_t i = 0; i < profile->channel_count; i++) {
        const struct channel *channel = &profile->channels[i];

        table_cell(table, "%s", channel->name);
        table_cell(table, "%s", parameter_title(channel->parameter));
        table_cell(table, "%s", channel->parameter->unit);
        table_cell(table, "%s", area_word(channel->area));
        table_cell(table, "%u", channel->address);
        table_cell(table, "%s", channel->manual);
    }
    table_print(table, stdout);
    table_free(table);
}

static int show_shelf(const struct typed *typed, const struct shelf *shelf, const char *model)
{
    const char *const headings[] = {SAY("型号", "MODEL"), SAY("名称", "TITLE"),
                                    SAY("核实", "VERIFIED"), SAY("通道", "CHANNELS")};
    struct table *table = table_new(4, headings);
    json_t *list = json_array();
    struct error err = {0};
    bool found = false;

    for (size_t i = 0; i < shelf->count; i++) {
        if (model != NULL && strcmp(shelf->profiles[i]->model, model) != 0)
            continue;
        found = true;
        if (typed->json)
            json_array_append_new(list, profile_json(shelf->profiles[i]));
        else if (model != NULL)
            print_profile(shelf->profiles[i]);
        else
            list_profile(table, shelf->profiles[i]);
    }
    if (typed->json) {
        json_t *object = json_pack("{s:O}", "sensors", list);

        json_dumpf(object, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(object);
    } else if (model == NULL) {
        table_print(table, stdout);
    }
    json_decref(list);
    table_free(table);
    if (found || model == NULL)
        return EXIT_DONE;
    error_set(&err, ERROR_NOT_FOUND,
              SAY("没有型号 %s；lookback sensors 列出全部型号", "there is no model %s; lookback "
                                                                "sensors lists them"),
              model);
    return command_fail(typed, &err);
}

int command_sensors(const struct typed *typed)
{
    struct conf_faults *faults = conf_faults_new();
    struct shelf *shelf = shelf_open(typed->dir, faults);
    int code = EXIT_COULD_NOT;

    if (shelf != NULL)
        code = show_shelf(typed, shelf, typed->word_count > 0 ? typed->words[0] : NULL);
    for (size_t i = 0; i < conf_faults_count(faults); i++)
        code = command_fail(typed, conf_fault(faults, i));
    shelf_close(shelf);
    conf_faults_free(faults);
    return code;
}
