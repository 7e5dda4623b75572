#include "drivers/profile.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drivers/profile_parts.h"

const char *const profile_areas[] = {"coil", "discrete", "input", "holding", NULL};
const char *const profile_orders[] = {"ABCD", "BADC", "CDAB", "DCBA", NULL};
static const char *const parities[] = {"none", "even", "odd", NULL};

/* What stands at the top of a file, in the widths the table reader fills. */
struct head {
    char model[NAME_SIZE];
    char title[TITLE_SIZE];
    char source[256];
    char note[512];
    bool verified;
    bool needs_write;
    int order;
    int64_t settle_ms, warm_up_ms, max_registers, max_gap;
    int64_t wake_wait_ms, first_tries, first_pause_ms;
};

struct serial {
    int64_t baud, stop_bits;
    int parity;
};

struct wake {
    struct address_row where;
    char manual[24];
};

#define AT(member)   offsetof(struct head, member)
#define ROOM(member) sizeof(((struct head *)NULL)->member)

/* clang-format off */
static const struct conf_key head_keys[] = {
    {"model", CONF_NAME, true, AT(model), 0, 0, 0, NULL, NULL,
     "型号，与文件名相同", "the model, as the file is named"},
    {"title", CONF_TEXT, true, AT(title), ROOM(title), 0, 0, NULL, NULL,
     "给人看的名称", "its name for people"},
    {"source", CONF_TEXT, true, AT(source), ROOM(source), 0, 0, NULL, NULL,
     "依据：说明书、版本、页码", "where the map is from: manual, revision, pages"},
    {"verified", CONF_BOOL, false, AT(verified), 0, 0, 0, "false", NULL,
     "寄存器表已在厂家说明书或实机上核对", "the map was read in the maker's manual or proven on a device"},
    {"note", CONF_TEXT, false, AT(note), ROOM(note), 0, 0, "", NULL,
     "怪癖，一句话", "its quirks, in a sentence"},
    {"serial", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "出厂串口参数", "the serial line as delivered"},
    {"settle_ms", CONF_INT, false, AT(settle_ms), 0, 0, 60000, "0", NULL,
     "两次请求之间要的安静时间（毫秒）", "quiet time between two requests, in milliseconds"},
    {"warm_up", CONF_DURATION, false, AT(warm_up_ms), 0, 0, 86400000, "0s", NULL,
     "上电后多久读数才可信", "how long after power-on its readings are not to be trusted"},
    {"word_order", CONF_CHOICE, false, AT(order), 0, 0, 0, NULL, profile_orders,
     "字节顺序", "how the bytes of a value are laid out"},
    {"max_registers", CONF_INT, false, AT(max_registers), 0, 1, 125, "125", NULL,
     "一次最多读几个寄存器", "registers of one request"},
    {"max_gap", CONF_INT, false, AT(max_gap), 0, 0, 2000, "0", NULL,
     "两个通道之间最多可以跳读几个未列出的寄存器", "unlisted registers that may be read through"},
    {"needs_write", CONF_BOOL, false, AT(needs_write), 0, 0, 0, "false", NULL,
     "要先写入才测量（本程序从不写入）", "wants a write before it measures (we never write)"},
    {"wake", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "读 0 个寄存器来启动测量", "a read of no registers that starts a measurement"},
    {"wake_wait", CONF_DURATION, false, AT(wake_wait_ms), 0, 0, 10000, "0s", NULL,
     "唤醒后隔多久才读数据", "from the wake step to the first request for data"},
    {"first_tries", CONF_INT, false, AT(first_tries), 0, 0, 5, "0", NULL,
     "第一个请求没有回答时再问几次（会睡的仪器）",
     "how often a first request without answer is asked again (for sleepers)"},
    {"first_pause", CONF_DURATION, false, AT(first_pause_ms), 0, 0, 10000, "0s", NULL,
     "再问之前等多久", "the pause before it is asked again"},
    {"identity", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "说明它是哪一台的寄存器", "the registers that say which instrument it is"},
    {"channels", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "通道", "what it measures"},
    {"states", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "状态位", "its status bits"},
    {"proofs", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "实证：收到的字与它们的含义", "what it sent, and what that meant"},
};

static const struct conf_key serial_keys[] = {
    {"baud", CONF_INT, false, offsetof(struct serial, baud), 0, 300, 921600, "9600", NULL,
     "波特率", "baud rate"},
    {"parity", CONF_CHOICE, false, offsetof(struct serial, parity), 0, 0, 0, "none", parities,
     "校验", "parity"},
    {"stop_bits", CONF_INT, false, offsetof(struct serial, stop_bits), 0, 1, 2, "1", NULL,
     "停止位", "stop bits"},
};

static const struct conf_key wake_keys[] = {
    ADDRESS_KEYS(struct wake),
};
/* clang-format on */

#define COUNT(keys) (sizeof(keys) / sizeof(keys)[0])

enum { ORDER_ROW = 8 }; /* of `word_order` in head_keys */

/* A key that holds a group: absent is fine, anything else is complained about. */
static bool group_is_there(struct profile_draft *draft, struct conf_at root, const char *key,
                           struct conf_at *group)
{
    *group = conf_member(root, key);
    if (!conf_is_there(*group))
        return false;
    return conf_is_group(*group) ||
           conf_complain(draft->faults, *group, key,
                         SAY("应为一组设置：{ … }", "must be a group: { … }"));
}

static void read_serial(struct profile_draft *draft, struct conf_at root)
{
    struct serial serial = {.baud = 9600, .stop_bits = 1};
    struct profile *profile = draft->profile;
    struct conf_at group;

    if (group_is_there(draft, root, "serial", &group))
        conf_read(group, serial_keys, COUNT(serial_keys), &serial, NULL, draft->faults);
    profile->baud = (int)serial.baud;
    profile->stop_bits = (int)serial.stop_bits;
    snprintf(profile->parity, sizeof profile->parity, "%s", parities[serial.parity]);
}

static void read_wake(struct profile_draft *draft, struct conf_at root)
{
    struct wake wake = {.where.area = AREA_HOLDING_REGISTER};
    struct profile *profile = draft->profile;
    struct conf_at group;
    struct place place;
    uint64_t seen = 0;

    if (!group_is_there(draft, root, "wake", &group))
        return;
    if (!conf_read(group, wake_keys, COUNT(wake_keys), &wake, &seen, draft->faults) ||
        !profile_read_place(draft, group, &wake.where, seen, &place))
        return;
    if (area_is_bits(place.area))
        conf_complain(draft->faults, group, "area",
                      SAY("唤醒只能读寄存器：input 或 holding",
                          "a wake step reads registers: input or holding"));
    profile->has_wake = true;
    profile->wake_area = place.area;
    profile->wake_address = place.address;
}

/* A pause that belongs to nothing would never be made: somebody has left out the other key. */
static void check_pauses(struct profile_draft *draft, struct conf_at root)
{
    const struct profile *profile = draft->profile;

    if (profile->wake_wait_ms > 0 && !profile->has_wake)
        conf_complain(draft->faults, profile_place(root, "wake_wait"), "wake_wait",
                      SAY("没有 wake，就没有唤醒后的等待",
                          "there is no wake step to wait after; write wake = { address = …; }"));
    if (profile->first_pause_ms > 0 && profile->first_tries == 0)
        conf_complain(draft->faults, profile_place(root, "first_pause"), "first_pause",
                      SAY("没有 first_tries，就不会再问；请写 first_tries = 1",
                          "without first_tries nothing is asked again; write first_tries = 1"));
}

static void read_head(struct profile_draft *draft, struct conf_at root)
{
    struct head head = {.max_registers = 125};
    struct profile *profile = draft->profile;
    uint64_t seen = 0;

    conf_read(root, head_keys, COUNT(head_keys), &head, &seen, draft->faults);
    snprintf(profile->model, sizeof profile->model, "%s", head.model);
    snprintf(profile->title, sizeof profile->title, "%s", head.title);
    snprintf(profile->source, sizeof profile->source, "%s", head.source);
    snprintf(profile->note, sizeof profile->note, "%s", head.note);
    profile->verified = head.verified;
    profile->needs_write = head.needs_write;
    profile->settle_ms = head.settle_ms;
    profile->warm_up_ms = head.warm_up_ms;
    profile->max_registers = (int)head.max_registers;
    profile->max_gap = (int)head.max_gap;
    profile->wake_wait_ms = head.wake_wait_ms;
    profile->first_tries = (int)head.first_tries;
    profile->first_pause_ms = head.first_pause_ms;
    draft->order_is_given = (seen >> ORDER_ROW & 1U) != 0;
    draft->order = (enum word_order)head.order;
    read_serial(draft, root);
    read_wake(draft, root);
    check_pauses(draft, root);
}

/* SHA-256 of the bytes of a file; false, with errno, when it cannot be read. */
static bool digest_file(const char *path, uint8_t digest[32])
{
    FILE *file = fopen(path, "rbe");
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool done = false;
    uint8_t bytes[4096];
    size_t count;

    if (file == NULL || hash == NULL || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
        goto done;
    while ((count = fread(bytes, 1, sizeof bytes, file)) > 0)
        if (EVP_DigestUpdate(hash, bytes, count) != 1)
            goto done;
    done = !ferror(file) && EVP_DigestFinal_ex(hash, digest, NULL) == 1;
done:
    EVP_MD_CTX_free(hash);
    if (file != NULL)
        fclose(file);
    return done;
}

static void read_profile(struct profile_draft *draft, const struct conf *file, bool prove)
{
    size_t faults_before = conf_faults_count(draft->faults);
    struct conf_at root = conf_root(file);

    if (!digest_file(conf_path(file), draft->profile->digest))
        conf_complain(draft->faults, root, NULL, SAY("无法读取：%s", "cannot be read: %s"),
                      strerror(errno));
    read_head(draft, root);
    profile_read_channels(draft, conf_member(root, "channels"));
    profile_read_states(draft, conf_member(root, "states"));
    profile_read_identity(draft, conf_member(root, "identity"));
    if (prove && conf_faults_count(draft->faults) == faults_before)
        profile_prove(draft->profile, root, draft->faults);
}

struct profile *profile_load(const char *path, const struct parameters *parameters, bool prove,
                             struct conf_faults *faults)
{
    struct profile *loaded = NULL; /* what the caller gets: set once everything is checked */
    struct profile *profile = NULL;
    size_t faults_before = conf_faults_count(faults);
    struct conf *file = conf_load(path, false, faults);
    struct profile_draft draft;

    if (file == NULL)
        goto done;
    profile = calloc(1, sizeof *profile);
    if (profile != NULL)
        profile->channels = calloc(POLL_READINGS_MAX, sizeof profile->channels[0]);
    if (profile == NULL || profile->channels == NULL) {
        conf_complain(faults, conf_root(file), NULL, SAY("内存不足", "out of memory"));
        goto done;
    }
    snprintf(profile->path, sizeof profile->path, "%s", path);
    draft = (struct profile_draft){.profile = profile, .parameters = parameters, .faults = faults};
    read_profile(&draft, file, prove);
    if (conf_faults_count(faults) != faults_before)
        goto done;

    loaded = profile;
    profile = NULL; /* the caller owns it now */
done:
    profile_free(profile);
    conf_free(file);
    return loaded;
}

void profile_free(struct profile *profile)
{
    if (profile == NULL)
        return;
    free(profile->channels);
    free(profile);
}

const struct channel *profile_channel(const struct profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->channel_count; i++)
        if (strcmp(profile->channels[i].name, name) == 0)
            return &profile->channels[i];
    return NULL;
}
