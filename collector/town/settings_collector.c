#include "town/settings_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "output/rectification_fields.h"
#include "output/url.h"

/* clang-format off */
static const char *const languages[] = {"zh", "en", NULL};
static const char *const trusts[] = {"plausible", "ntp", "always", NULL};
static const char *const web[] = {"http", "https", NULL};
static const char *const output_kinds[] = {"line", "mqtt", "rectification", "mail", "hook", NULL};
static const char *const mqtt_schemes[] = {"mqtt", "mqtts", NULL};
static const char *const mqtt_versions[] = {"3.1.1", "5", NULL};

static const struct conf_key root_keys[] = {
    {"collector", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "采集器", "the collector itself"},
    {"store", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "存储", "the store"},
    {"clock", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "时钟", "the clock"},
    {"seal", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "封存", "seals"},
    {"page", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "网页", "the page"},
    {"outputs", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "输出", "outputs"},
};

static const struct conf_key collector_keys[] = {
    {"name", CONF_NAME, true, FIELD(struct settings, name), 0, 0, NULL, NULL,
     "采集器名，全镇唯一", "the collector's name, one of its kind in the town"},
    {"title", CONF_TEXT, false, FIELD(struct settings, title), 0, 0, "", NULL, "名称", "title"},
    {"timezone", CONF_TEXT, false, FIELD(struct settings, timezone), 0, 0, "Asia/Shanghai", NULL,
     "时区", "time zone"},
    {"language", CONF_CHOICE, false, FIELD(struct settings, language), 0, 0, "zh", languages,
     "语言", "language"},
    {"ledger", CONF_BOOL, false, FIELD(struct settings, ledger), 0, 0, "true", NULL,
     "台账是否在此", "whether the ledger is kept here"},
};

static const struct conf_key store_keys[] = {
    {"dir", CONF_FILE, false, FIELD(struct settings, store_dir), 0, 0, "/var/lib/lookback", NULL,
     "数据目录", "folder of the store"},
    {"keep", CONF_DURATION, false, FIELD(struct settings, keep_ms), 1000, 100.0 * YEAR_MS, "400d",
     NULL, "保存多久", "how long readings are kept"},
    {"hold", CONF_DURATION, false, FIELD(struct settings, hold_ms), 0, 100.0 * YEAR_MS, "180d",
     NULL, "观察期后再保存多久", "how long after a watch period"},
    {"max", CONF_SIZE, false, FIELD(struct settings, max_bytes), 1 << 20, 1LL << 50, "8GiB", NULL,
     "最多占用", "largest size"},
    {"reserve", CONF_SIZE, false, FIELD(struct settings, reserve_bytes), 0, 1LL << 50, "256MiB",
     NULL, "磁盘至少留空", "left free on the disk"},
    {"mailbox", CONF_SIZE, false, FIELD(struct settings, mailbox_bytes), 1 << 16, 1LL << 30,
     "16MiB", NULL, "等待写盘的内存", "memory for what waits for the disk"},
};

static const struct conf_key clock_keys[] = {
    {"trust", CONF_CHOICE, false, FIELD(struct settings, trust), 0, 0, "plausible", trusts,
     "何时相信时钟", "when the clock is believed"},
    {"patience", CONF_DURATION, false, FIELD(struct settings, patience_ms), 0, YEAR_MS, "24h",
     NULL, "等多久", "how long it is waited for"},
};

struct seal_row { int64_t every_ms; char time_stamp[256]; };
static const struct conf_key seal_keys[] = {
    {"every", CONF_DURATION, false, FIELD(struct seal_row, every_ms), 1000, 86400000, "1h", NULL,
     "多久封存一次", "how often"},
    {"time_stamp", CONF_URL, false, FIELD(struct seal_row, time_stamp), 0, 0, "", web,
     "时间戳服务", "time stamp service"},
};

static const struct conf_key page_keys[] = {
    {"listen", CONF_TEXT, false, FIELD(struct page_setup, listen), 0, 0, "127.0.0.1:8980", NULL,
     "监听地址", "where the page listens"},
    {"open", CONF_BOOL, false, FIELD(struct page_setup, open), 0, 0, "false", NULL,
     "无需登录即可查看", "readable without a token"},
    {"certificate", CONF_FILE, false, FIELD(struct page_setup, certificate), 0, 0, "", NULL,
     "证书", "certificate"},
    {"key_file", CONF_FILE, false, FIELD(struct page_setup, key_file), 0, 0, "", NULL,
     "私钥文件", "file of its key"},
};

struct output_row {
    struct output_setup setup;
    int64_t batch, window;
    int version;
};

#define OUTPUT_COMMON                                                                              \
    {"name", CONF_NAME, true, FIELD(struct output_row, setup.name), 0, 0, NULL, NULL,              \
     "输出名", "the output's name"},                                                               \
    {"kind", CONF_CHOICE, true, FIELD(struct output_row, setup.kind), 0, 0, NULL, output_kinds,    \
     "种类", "kind"},                                                                              \
    {"enabled", CONF_BOOL, false, FIELD(struct output_row, setup.enabled), 0, 0, "true", NULL,     \
     "是否启用", "whether it is in use"},                                                          \
    {"awaited", CONF_BOOL, false, FIELD(struct output_row, setup.awaited), 0, 0, "true", NULL,     \
     "未送达的数据是否保留", "whether retention waits for it"},                                    \
    {"timeout", CONF_DURATION, false, FIELD(struct output_row, setup.timeout_ms), 100, 600000,     \
     "10s", NULL, "超时", "timeout"}

#define OUTPUT_PEER(schemes)                                                                       \
    {"url", CONF_URL, true, FIELD(struct output_row, setup.url), 0, 0, NULL, schemes,              \
     "对方地址", "the peer's address"},                                                            \
    {"user", CONF_TEXT, false, FIELD(struct output_row, setup.user), 0, 0, "", NULL,               \
     "用户名", "user"},                                                                            \
    {"password_file", CONF_FILE, false, FIELD(struct output_row, setup.password_file), 0, 0, "",   \
     NULL, "密码文件", "file of the password"},                                                    \
    {"token_file", CONF_FILE, false, FIELD(struct output_row, setup.token_file), 0, 0, "", NULL,   \
     "令牌文件", "file of the token"},                                                             \
    {"ca", CONF_FILE, false, FIELD(struct output_row, setup.ca), 0, 0, "", NULL,                   \
     "CA 证书", "certificate authority"},                                                          \
    {"certificate", CONF_FILE, false, FIELD(struct output_row, setup.certificate), 0, 0, "", NULL, \
     "本机证书", "our certificate"},                                                               \
    {"key_file", CONF_FILE, false, FIELD(struct output_row, setup.key_file), 0, 0, "", NULL,       \
     "私钥文件", "file of its key"},                                                               \
    {"plaintext", CONF_BOOL, false, FIELD(struct output_row, setup.plaintext), 0, 0, "false",      \
     NULL, "允许不加密", "may be unencrypted"}

static const struct conf_key line_keys[] = {
    OUTPUT_COMMON,
    OUTPUT_PEER(web),
    {"batch", CONF_INT, false, FIELD(struct output_row, batch), 1, 50000, "5000", NULL,
     "每次最多行数", "lines a request"},
    {"gzip", CONF_BOOL, false, FIELD(struct output_row, setup.gzip), 0, 0, "true", NULL,
     "是否压缩", "compressed"},
};

static const struct conf_key mqtt_keys[] = {
    OUTPUT_COMMON,
    OUTPUT_PEER(mqtt_schemes),
    {"root", CONF_TEXT, false, FIELD(struct output_row, setup.root), 0, 0, "lookback", NULL,
     "主题的根", "root of the topics"},
    {"client", CONF_TEXT, false, FIELD(struct output_row, setup.client), 0, 0, "", NULL,
     "客户端标识", "client identifier"},
    {"version", CONF_CHOICE, false, FIELD(struct output_row, version), 0, 0, "3.1.1",
     mqtt_versions, "MQTT 版本", "version of MQTT"},
    {"window", CONF_INT, false, FIELD(struct output_row, window), 1, 10000, "100", NULL,
     "同时在途的消息数", "messages in flight"},
    {"keepalive", CONF_DURATION, false, FIELD(struct output_row, setup.keepalive_ms), 1000,
     3600000, "60s", NULL, "心跳", "keep alive"},
};

static const struct conf_key rectification_keys[] = {
    OUTPUT_COMMON,
    OUTPUT_PEER(web),
    {"pull", CONF_DURATION, false, FIELD(struct output_row, setup.pull_ms), 1000, 86400000, "5min",
     NULL, "多久取一次整改任务", "how often its tasks are asked for"},
    {"fields", CONF_FILE, false, FIELD(struct output_row, setup.fields), 0, 0, "", NULL,
     "字段名对照文件", "file of field names"},
    {"hmac_file", CONF_FILE, false, FIELD(struct output_row, setup.hmac_file), 0, 0, "", NULL,
     "签名密钥文件", "file of the secret that requests are signed with"},
};
/* clang-format on */

static bool cannot_yet(struct conf_at at, const char *key, const char *what,
                       struct conf_faults *faults)
{
    return conf_complain(faults, at, key,
                         SAY("本版本还不能做 %s，请先删去或注释掉",
                             "this version cannot do %s yet; delete it for now"),
                         what);
}

/* An unencrypted peer elsewhere is a decision, so it is written down. */
static void check_peer(const struct output_setup *output, struct conf_at at,
                       struct conf_faults *faults)
{
    struct url url;
    struct error err;

    if (output->url[0] == '\0')
        return; /* its fault is said already */
    if (!url_parse(output->url, &url, &err)) {
        conf_complain(faults, conf_member(at, "url"), "url", "%s", err.text);
        return;
    }
    if (host_is_no_address(url.host)) {
        conf_complain(faults, conf_member(at, "url"), "url",
                      SAY("%s 不是 IPv4 地址：要写四个 0 到 255 的数，例如 192.168.1.30",
                          "%s is no IPv4 address: four numbers from 0 to 255 are wanted, as "
                          "192.168.1.30"),
                      url.host);
        return;
    }
    settings_check_query(output->url, conf_member(at, "url"), "url", faults);
    if (strcmp(url.scheme, "https") != 0 && strcmp(url.scheme, "mqtts") != 0 &&
        !url_is_loopback(&url) && !output->plaintext)
        conf_complain(faults, conf_member(at, "url"), "url",
                      SAY("到 %s 的数据不加密：改用 %s，或写明 plaintext = true;",
                          "what goes to %s would be unencrypted: use %s, or say plaintext = true;"),
                      url.host, strcmp(url.scheme, "http") == 0 ? "https" : "mqtts");
    if (output->certificate[0] != '\0' && output->key_file[0] == '\0')
        conf_complain(faults, conf_member(at, "certificate"), "certificate",
                      SAY("有证书就要有 key_file", "a certificate needs its key_file"));
    if (output->password_file[0] != '\0' && output->user[0] == '\0')
        conf_complain(faults, conf_member(at, "password_file"), "password_file",
                      SAY("有密码就要有 user", "a password needs its user"));
}

/* A store takes lines at one path of its own; the bare host answers 404 to every line. */
static void check_line(const struct output_setup *output, struct conf_at at,
                       struct conf_faults *faults)
{
    const char *host = strstr(output->url, "://");
    const char *path = host == NULL ? NULL : strpbrk(host + 3, "/?#");

    if (host == NULL || (path != NULL && *path == '/' && strcspn(path + 1, "?#") > 0))
        return;
    conf_complain(faults, conf_member(at, "url"), "url",
                  SAY("\"%.100s\" 只有主机：要写完整的写入地址，路径如 InfluxDB 1.x "
                      "/write?db=名称、2.x /api/v2/write?org=…&bucket=…、VictoriaMetrics /write",
                      "\"%.100s\" is the host alone: give the whole write address, its path as "
                      "InfluxDB 1.x /write?db=NAME, 2.x /api/v2/write?org=…&bucket=…, "
                      "VictoriaMetrics /write"),
                  output->url);
}

/* The base of the API, to which /problems and /tasks are added; and the file of field names, so
 * that a mistake in it is said before the collector runs. */
static void check_rectification(const struct output_setup *output, struct conf_at at,
                                struct conf_faults *faults)
{
    if (strpbrk(output->url, "?#") != NULL)
        conf_complain(faults, conf_member(at, "url"), "url",
                      SAY("要写接口的起始地址，不含 ? 或 #；程序在其后接 /problems 与 /tasks",
                          "the base of the API is wanted, without ? or #; /problems and /tasks are "
                          "added to it"));
    if (output->fields[0] != '\0')
        rectification_fields_free(rectification_fields_load(output->fields, faults));
}

static void check_mqtt(const struct output_row *row, struct conf_at at, struct conf_faults *faults)
{
    const char *root = row->setup.root;
    size_t length = strlen(root);

    if (length == 0 || strpbrk(root, "+#") != NULL || root[0] == '/' || root[0] == '$' ||
        root[length - 1] == '/')
        conf_complain(faults, conf_member(at, "root"), "root",
                      SAY("主题的根不能为空，不能含 + #，不能以 / 开头或结尾，不能以 $ 开头",
                          "the root of topics is not empty, has no + or #, no / at its ends and no "
                          "$ before it"));
    if (row->version != 0)
        cannot_yet(conf_member(at, "version"), "version", "MQTT 5", faults);
}

static void read_output(struct loading *loading, struct conf_at at)
{
    struct settings *settings = loading->settings;
    struct output_setup *output = &settings->outputs[settings->output_count++];
    int kind = settings_kind(at, output_kinds, loading->faults);
    const char *name = conf_text(conf_member(at, "name"));
    struct output_row row = {0};

    if (name != NULL && name_is_valid(name))
        strcpy(row.setup.name, name);
    *output = row.setup;
    if (kind < 0)
        return;
    row.setup.kind = (enum output_kind)kind;
    if (kind == OUTPUT_LINE)
        conf_read(at, line_keys, ROWS(line_keys), &row, NULL, loading->faults);
    else if (kind == OUTPUT_MQTT)
        conf_read(at, mqtt_keys, ROWS(mqtt_keys), &row, NULL, loading->faults);
    else if (kind == OUTPUT_RECTIFICATION)
        conf_read(at, rectification_keys, ROWS(rectification_keys), &row, NULL, loading->faults);
    else
        cannot_yet(conf_member(at, "kind"), "kind", output_kinds[kind], loading->faults);
    row.setup.batch = (int)row.batch;
    row.setup.window = (int)row.window;
    if (kind == OUTPUT_LINE || kind == OUTPUT_MQTT || kind == OUTPUT_RECTIFICATION)
        check_peer(&row.setup, at, loading->faults);
    if (kind == OUTPUT_LINE)
        check_line(&row.setup, at, loading->faults);
    if (kind == OUTPUT_MQTT)
        check_mqtt(&row, at, loading->faults);
    settings_resolve_path(settings, row.setup.password_file, sizeof row.setup.password_file);
    settings_resolve_path(settings, row.setup.token_file, sizeof row.setup.token_file);
    settings_resolve_path(settings, row.setup.ca, sizeof row.setup.ca);
    settings_resolve_path(settings, row.setup.certificate, sizeof row.setup.certificate);
    settings_resolve_path(settings, row.setup.key_file, sizeof row.setup.key_file);
    settings_resolve_path(settings, row.setup.hmac_file, sizeof row.setup.hmac_file);
    settings_resolve_path(settings, row.setup.fields, sizeof row.setup.fields);
    if (kind == OUTPUT_RECTIFICATION)
        check_rectification(&row.setup, at, loading->faults);
    if (strcmp(row.setup.name, "judge") == 0)
        conf_complain(loading->faults, conf_member(at, "name"), "name", "%s",
                      SAY("judge 是判定程序自己的进度名，请换一个",
                          "judge is the judge's own cursor; choose another name"));
    *output = row.setup;
}

static void read_outputs(struct loading *loading, struct conf_at list)
{
    struct settings *settings = loading->settings;
    struct name_index *names = name_index_new(conf_length(list));

    settings->outputs = calloc(conf_length(list) + 1, sizeof *settings->outputs);
    for (size_t i = 0; settings->outputs != NULL && i < conf_length(list); i++) {
        read_output(loading, conf_element(list, i));
        name_index_add(names, settings->outputs[i].name, (uint32_t)i, conf_element(list, i));
    }
    name_index_close(names, "name", loading->faults);
    name_index_free(names);
}

/* Reads a group that may be absent: then every key has its default. */
static void read_group(struct conf_at root, const char *key, const struct conf_key *keys,
                       size_t count, void *into, struct conf_faults *faults)
{
    struct conf_at at = conf_member(root, key);

    if (conf_is_there(at))
        conf_read(at, keys, count, into, NULL, faults);
    else
        conf_defaults(keys, count, into);
}

/* The language first, so that faults are said in it. */
static void apply_language(const struct loading *loading, struct conf_at collector)
{
    const char *word = conf_text(conf_member(collector, "language"));

    if (loading->language_given || word == NULL)
        return;
    if (strcmp(word, "en") == 0)
        say_in(LANGUAGE_EN);
    else if (strcmp(word, "zh") == 0)
        say_in(LANGUAGE_ZH);
}

static void read_groups(struct loading *loading, struct conf_at root)
{
    struct settings *settings = loading->settings;
    struct conf_faults *faults = loading->faults;
    struct seal_row seal = {0};

    apply_language(loading, conf_member(root, "collector"));
    conf_read(root, root_keys, ROWS(root_keys), NULL, NULL, faults);
    read_group(root, "collector", collector_keys, ROWS(collector_keys), settings, faults);
    if (!conf_zone(settings->timezone))
        conf_complain(faults, conf_member(conf_member(root, "collector"), "timezone"), "timezone",
                      SAY("系统里没有时区 \"%s\"；例如 \"Asia/Shanghai\"",
                          "the system has no time zone \"%s\"; one is \"Asia/Shanghai\""),
                      settings->timezone);
    read_group(root, "store", store_keys, ROWS(store_keys), settings, faults);
    settings_resolve_path(settings, settings->store_dir, sizeof settings->store_dir);
    read_group(root, "clock", clock_keys, ROWS(clock_keys), settings, faults);
    read_group(root, "seal", seal_keys, ROWS(seal_keys), &seal, faults);
    settings->seal_every_ms = seal.every_ms;
    settings_check_time_stamp(conf_member(conf_member(root, "seal"), "time_stamp"), seal.time_stamp,
                              faults);
    memcpy(settings->time_stamp_url, seal.time_stamp, sizeof settings->time_stamp_url);
    read_group(root, "page", page_keys, ROWS(page_keys), &settings->page, faults);
    settings_check_page(settings, conf_member(root, "page"), faults);
    read_outputs(loading, conf_member(root, "outputs"));
}

void settings_read_collector(struct loading *loading)
{
    struct conf *conf = settings_conf(loading, "collector.conf", false);

    if (conf == NULL) {
        conf_zone("Asia/Shanghai"); /* what the other files' faults are found by */
        return;
    }
    read_groups(loading, conf_root(conf));
    conf_free(conf);
}
