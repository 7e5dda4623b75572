#include "town/settings_inside.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drivers/frame.h"
#include "drivers/link.h"

/* clang-format off */
static const char *const link_kinds[] = {"serial", "tcp", "rtu_tcp", "dialin", NULL};
static const char *const parities[] = {"none", "even", "odd", NULL};

struct link_row {
    struct link_setup setup;
    int64_t port, baud, stop_bits, gap_ms;
    int parity;
    char guard[24];
    char id[REGISTRATION_ID_MAX + 1], id_hex[3 * REGISTRATION_ID_MAX + 1];
};

#define LINK_COMMON                                                                                \
    {"name", CONF_NAME, true, FIELD(struct link_row, setup.name), 0, 0, NULL, NULL,                \
     "链路名", "the link's name"},                                                                 \
    {"kind", CONF_CHOICE, true, FIELD(struct link_row, setup.kind), 0, 0, NULL, link_kinds,        \
     "种类", "kind"},                                                                              \
    {"timeout", CONF_DURATION, false, FIELD(struct link_row, setup.timeout_ms), 10, 60000, "1s",   \
     NULL, "等多久算没有回答", "how long an answer is awaited"},                                   \
    {"guard", CONF_TEXT, false, FIELD(struct link_row, guard), 0, 0, "timeout", NULL,              \
     "超时后静默多久", "quiet time after a timeout"},                                              \
    {"gap", CONF_DURATION, false, FIELD(struct link_row, gap_ms), 0, 1000, NULL, NULL,             \
     "两次请求之间静默多久", "silence between two requests"},                                      \
    {"after_connect", CONF_DURATION, false, FIELD(struct link_row, setup.after_connect_ms), 0,     \
     60000, "0ms", NULL, "接通后先等多久", "wait after connecting"}

static const struct conf_key serial_keys[] = {
    LINK_COMMON,
    {"port", CONF_FILE, true, FIELD(struct link_row, setup.path), 0, 0, NULL, NULL,
     "串口，如 /dev/serial/by-id/…", "serial port, as /dev/serial/by-id/…"},
    {"baud", CONF_INT, false, FIELD(struct link_row, baud), 0, 0, "9600", NULL,
     "波特率", "baud rate"},
    {"parity", CONF_CHOICE, false, FIELD(struct link_row, parity), 0, 0, "none", parities,
     "校验", "parity"},
    {"stop_bits", CONF_INT, false, FIELD(struct link_row, stop_bits), 1, 2, "1", NULL,
     "停止位", "stop bits"},
    {"echo", CONF_BOOL, false, FIELD(struct link_row, setup.echo), 0, 0, "false", NULL,
     "转换器会回送所发字节", "the adapter echoes what is sent"},
    {"rs485", CONF_BOOL, false, FIELD(struct link_row, setup.rs485), 0, 0, "false", NULL,
     "方向由内核驱动切换", "direction by the kernel driver"},
};

#define LINK_HOST                                                                                  \
    {"host", CONF_TEXT, true, FIELD(struct link_row, setup.host), 0, 0, NULL, NULL,                \
     "主机名或地址", "host name or address"},                                                      \
    {"allow_public", CONF_BOOL, false, FIELD(struct link_row, setup.allow_public), 0, 0, "false",  \
     NULL, "允许公网地址", "a public address is allowed"}

static const struct conf_key tcp_keys[] = {
    LINK_COMMON,
    LINK_HOST,
    {"port", CONF_INT, false, FIELD(struct link_row, port), 1, 65535, "502", NULL,
     "端口", "port"},
};

static const struct conf_key dialin_keys[] = {
    LINK_COMMON,
    {"listen", CONF_TEXT, true, FIELD(struct link_row, setup.listen), 0, 0, NULL, NULL,
     "等设备连上来的地址和端口，如 \"0.0.0.0:9100\"",
     "where its unit dials in, as \"0.0.0.0:9100\""},
    {"id", CONF_TEXT, false, FIELD(struct link_row, id), 0, 0, "", NULL,
     "设备的注册包", "what its unit calls itself"},
    {"id_hex", CONF_TEXT, false, FIELD(struct link_row, id_hex), 0, 0, "", NULL,
     "设备的注册包，十六进制", "what its unit calls itself, in hex"},
};

/* There is no usual port of a serial server. */
static const struct conf_key rtu_tcp_keys[] = {
    LINK_COMMON,
    LINK_HOST,
    {"port", CONF_INT, true, FIELD(struct link_row, port), 1, 65535, NULL, NULL,
     "串口服务器的端口", "port of the serial server"},
};
/* clang-format on */

static void check_baud(int64_t baud, struct conf_at at, struct conf_faults *faults)
{
    if (baud > INT_MAX || !baud_is_known((int)baud))
        conf_complain(
            faults, conf_member(at, "baud"), "baud",
            SAY("%lld 不是串口能用的波特率；常用 4800、9600、19200、38400、115200",
                "%lld is no rate of a serial port; usual are 4800, 9600, 19200, 38400, 115200"),
            (long long)baud);
}

static void check_host(const struct link_setup *link, struct conf_at at, struct conf_faults *faults)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:%";

    if (link->host[0] == '\0' ? conf_is_there(conf_member(at, "host"))
                              : strspn(link->host, allowed) != strlen(link->host))
        conf_complain(faults, conf_member(at, "host"), "host",
                      SAY("不是主机名或 IP 地址；端口写在 port",
                          "not a host name or address; the port stands in port"));
    if (host_is_no_address(link->host))
        conf_complain(faults, conf_member(at, "host"), "host",
                      SAY("%s 不是 IPv4 地址：要写四个 0 到 255 的数，例如 192.168.1.30",
                          "%s is no IPv4 address: four numbers from 0 to 255 are wanted, as "
                          "192.168.1.30"),
                      link->host);
    if (host_is_public(link->host) && !link->allow_public)
        conf_complain(faults, conf_member(at, "host"), "host",
                      SAY("%s 是公网地址：仪器不应暴露在公网；确需如此请写 allow_public = true;",
                          "%s is an address of the public internet, where no instrument should "
                          "stand; if it must, say allow_public = true;"),
                      link->host);
}

static void read_guard(struct link_row *row, struct conf_at at, struct conf_faults *faults)
{
    row->setup.guard_ms = row->setup.timeout_ms;
    if (strcmp(row->guard, "timeout") == 0)
        return;
    if (!duration_parse(row->guard, &row->setup.guard_ms) || row->setup.guard_ms < 1 ||
        row->setup.guard_ms > 60000)
        conf_complain(faults, conf_member(at, "guard"), "guard",
                      SAY("要写 \"timeout\"（与超时相同）或 \"1ms\" 到 \"60s\" 的时长",
                          "\"timeout\" (the same again) or a duration from \"1ms\" to \"60s\" is "
                          "wanted"));
}

static void read_dialin(struct link_row *row, struct conf_at at, struct conf_faults *faults)
{
    bool text = row->id[0] != '\0';
    bool hex = row->id_hex[0] != '\0';
    struct sockaddr_storage address;

    if (!dialin_address_read(row->setup.listen, &address))
        conf_complain(faults, conf_member(at, "listen"), "listen",
                      SAY("要写 \"地址:端口\"，地址用数字，例如 \"0.0.0.0:9100\"（本机全部地址）或 "
                          "\"10.8.0.1:9100\"",
                          "\"ADDRESS:PORT\" is wanted, the address in digits, as "
                          "\"0.0.0.0:9100\" (all of this machine) or \"10.8.0.1:9100\""));
    if (text == hex)
        conf_complain(faults, at, "id",
                      SAY("要写 id 或 id_hex 其中一个：设备连上来后发的注册包",
                          "one of id and id_hex is wanted: the registration packet the unit sends "
                          "when it has dialled in"));
    else if (hex && !registration_id_of_hex(row->id_hex, &row->setup.id))
        conf_complain(faults, conf_member(at, "id_hex"), "id_hex",
                      SAY("要写成对的十六进制数字，最多 %d 字节，例如 \"7e 01 02\"",
                          "pairs of hex digits are wanted, %d bytes at most, as \"7e 01 02\""),
                      (int)REGISTRATION_ID_MAX);
    else if (text && !registration_id_of_text(row->id, &row->setup.id))
        conf_complain(faults, conf_member(at, "id"), "id",
                      SAY("太长，最多 %d 字节", "is too long, %d bytes at most"),
                      (int)REGISTRATION_ID_MAX);
    else if (frame_is_heard_rtu(row->setup.id.bytes, row->setup.id.size))
        conf_complain(faults, conf_member(at, hex ? "id_hex" : "id"), hex ? "id_hex" : "id",
                      SAY("含有一个完整的 Modbus 帧：设备再发它作心跳时会被当作仪器的回答；"
                          "请在设备上改用别的注册包",
                          "is a Modbus frame, or has one in it: said again as a heartbeat it would "
                          "be taken for an answer of an instrument; set another one in the unit"));
}

static void read_link(struct link_setup *link, struct conf_at at, struct conf_faults *faults)
{
    int kind = settings_kind(at, link_kinds, faults);
    const char *name = conf_text(conf_member(at, "name"));
    struct link_row row = {.guard = "timeout"};

    if (name != NULL && name_is_valid(name))
        strcpy(link->name, name); /* devices are not blamed for what is wrong with their link */
    if (kind < 0)
        return;
    if (kind == LINK_SERIAL) {
        if (conf_read(at, serial_keys, ROWS(serial_keys), &row, NULL, faults))
            check_baud(row.baud, at, faults);
    } else if (kind == LINK_DIALIN) {
        if (conf_read(at, dialin_keys, ROWS(dialin_keys), &row, NULL, faults))
            read_dialin(&row, at, faults);
    } else {
        if (kind == LINK_TCP)
            conf_read(at, tcp_keys, ROWS(tcp_keys), &row, NULL, faults);
        else
            conf_read(at, rtu_tcp_keys, ROWS(rtu_tcp_keys), &row, NULL, faults);
        check_host(&row.setup, at, faults);
    }
    read_guard(&row, at, faults);
    row.setup.kind = (enum link_kind)kind;
    row.setup.port = (int)row.port;
    row.setup.baud = (int)row.baud;
    row.setup.stop_bits = (int)row.stop_bits;
    row.setup.parity = "NEO"[row.parity];
    row.setup.gap_us = row.gap_ms * 1000;
    *link = row.setup;
}

struct name_index *settings_read_links(struct loading *loading, struct conf_at list)
{
    struct settings *settings = loading->settings;
    struct name_index *names = name_index_new(conf_length(list));

    settings->links = calloc(conf_length(list) + 1, sizeof *settings->links);
    for (size_t i = 0; settings->links != NULL && i < conf_length(list); i++) {
        struct link_setup *link = &settings->links[settings->link_count++];

        read_link(link, conf_element(list, i), loading->faults);
        name_index_add(names, link->name, (uint32_t)i, conf_element(list, i));
    }
    name_index_close(names, "name", loading->faults);
    if (settings->links != NULL)
        settings_check_links(settings, list, loading->faults);
    return names;
}
