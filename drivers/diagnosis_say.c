/* Which finding stands, and its sentence. */
#include <stdio.h>

#include "base/say.h"
#include "base/text.h"
#include "drivers/diagnosis_parts.h"

enum {
    ALWAYS_SHARE = 4,  /* one answer in four is "this unit's answers are damaged" */
    OTHERS_RIGHT = 8,  /* so many answers of others show that the line itself is well… */
    OTHERS_SHARE = 50, /* …when at most one of fifty was damaged */
    NEVER_RIGHT = 4,   /* damaged answers, and not one right before them */
    RATE = 100,        /* one answer in a hundred is worth a walk to the cable */
};

static struct finding found(enum finding_kind kind, const struct sign *sign, uint8_t unit)
{
    return (struct finding){
        .kind = kind,
        .unit = unit,
        .count = sign->count,
        .of = sign_of(sign),
        .since = {(int64_t)sign->first_s * 1000000000},
    };
}

/* Nobody has ever been understood. With a wrong parity alone the length is right. */
static struct finding settings_finding(const struct diagnosis *diagnosis)
{
    const struct sign *damaged = &diagnosis->damaged;
    struct finding finding = found(FINDING_SETTINGS, damaged, 0);

    if (diagnosis->ever_right || damaged->count + diagnosis->garbled.count < NEVER_RIGHT)
        return (struct finding){.kind = FINDING_NONE};
    finding.framed = diagnosis->garbled.count < damaged->count;
    finding.count += diagnosis->garbled.count;
    return finding;
}

/* Of the line, in the order in which one explains the others. */
static struct finding line_finding(const struct diagnosis *diagnosis)
{
    const struct {
        enum finding_kind finding;
        enum sign_kind kind;
        const struct sign *sign;
    } signs[] = {
        {FINDING_ECHO,          SIGN_ECHO,       &diagnosis->echo      },
        {FINDING_RTU_ON_TCP,    SIGN_RTU_ON_TCP, &diagnosis->rtu_on_tcp},
        {FINDING_TCP_ON_RTU,    SIGN_TCP_ON_RTU, &diagnosis->tcp_on_rtu},
        {FINDING_NOT_MODBUS,    SIGN_NOT_MODBUS, &diagnosis->not_modbus},
        {FINDING_SETTINGS,      SIGN_GARBLED,    &diagnosis->garbled   },
        {FINDING_SECOND_MASTER, SIGN_MASTER,     &diagnosis->master    },
    };

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (sign_stands(signs[i].sign, signs[i].kind))
            return found(signs[i].finding, signs[i].sign, 0);
    return settings_finding(diagnosis);
}

static bool alone_is_damaged(const struct suspect *suspect)
{
    return sign_stands(&suspect->damaged, SIGN_DAMAGED) &&
           suspect->damaged.count * ALWAYS_SHARE >= sign_of(&suspect->damaged) &&
           suspect->others_right >= OTHERS_RIGHT &&
           suspect->others_damaged * OTHERS_SHARE <= suspect->others_right;
}

static struct finding unit_finding(const struct suspect *suspect)
{
    struct finding finding = {.kind = FINDING_NONE};

    if (sign_stands(&suspect->doubled, SIGN_DOUBLED))
        return found(FINDING_TWO_UNITS, &suspect->doubled, suspect->unit);
    if (sign_stands(&suspect->other_unit, SIGN_OTHER_UNIT)) {
        finding = found(FINDING_OTHER_UNIT, &suspect->other_unit, suspect->unit);
        finding.other = suspect->other;
    } else if (alone_is_damaged(suspect) && suspect->damaged.count >= suspect->garbled.count) {
        finding = found(FINDING_COLLIDING, &suspect->damaged, suspect->unit);
    } else if (sign_stands(&suspect->garbled, SIGN_GARBLED)) {
        finding = found(FINDING_SETTINGS, &suspect->garbled, suspect->unit);
    }
    return finding;
}

struct finding diagnosis_finding(const struct diagnosis *diagnosis)
{
    struct finding finding = line_finding(diagnosis);

    for (size_t i = 0; i < DIAGNOSIS_UNITS && finding.kind == FINDING_NONE; i++)
        if (diagnosis->suspects[i].unit != 0)
            finding = unit_finding(&diagnosis->suspects[i]);
    if (finding.kind != FINDING_NONE)
        return finding;
    if (sign_stands(&diagnosis->extra, SIGN_EXTRA))
        return found(FINDING_EXTRA_BYTES, &diagnosis->extra, 0);
    if (sign_stands(&diagnosis->damaged, SIGN_DAMAGED) &&
        diagnosis->damaged.count * RATE >= sign_of(&diagnosis->damaged))
        return found(FINDING_DAMAGED, &diagnosis->damaged, 0);
    return finding;
}

bool diagnosis_is_doubled(const struct diagnosis *diagnosis, uint8_t unit)
{
    for (size_t i = 0; i < DIAGNOSIS_UNITS; i++)
        if (unit != 0 && diagnosis->suspects[i].unit == unit)
            return sign_stands(&diagnosis->suspects[i].doubled, SIGN_DOUBLED);
    return false;
}

static void say_settings(struct text *text, const struct finding *finding, const char *settings)
{
    const char *where = SAY("串口服务器或模块的", "the serial server's or module's");

    if (*settings != '\0') {
        text_format(text, SAY("，现用 %s", ", in use: %s"), settings);
        where = "";
    }
    if (finding->unit != 0)
        text_add(
            text,
            SAY("；线上别的设备正常，是这台设备的波特率、校验位不同，还是两台设备用同一个站号？",
                "; others on the line are well: is this device set to another baud rate "
                "or parity, or do two have this unit id?"));
    else
        text_format(text,
                    SAY("：%s波特率、校验位、停止位设置对吗？请对照设备说明书",
                        ": are %s baud rate, parity and stop bits those of the devices? "
                        "Compare the manual"),
                    *where == '\0' ? SAY("", "the") : where);
    if (finding->framed)
        text_add(text,
                 SAY("（长度是对的：多半是校验位，或者两台设备用同一个站号）",
                     " (the length is right: probably parity, or two devices with one unit id)"));
}

/* What is wrong, behind "链路 X：". */
static void say_what(struct text *text, const struct finding *finding, const char *settings)
{
    unsigned unit = finding->unit;
    unsigned count = finding->count;

    switch (finding->kind) {
    case FINDING_NONE:
        break;
    case FINDING_ECHO:
        text_format(text,
                    SAY("收到自己发出的字节 %u 次，转换器有回显；请在这条链路中写 echo = true",
                        "our own bytes came back %u times, the adapter echoes; write echo = true "
                        "in the link"),
                    count);
        break;
    case FINDING_RTU_ON_TCP:
        text_format(text,
                    SAY("对方回的是 RTU 帧（%u 次），不是 Modbus TCP；请在这条链路中写 kind = "
                        "\"rtu_tcp\"",
                        "the peer answers with RTU frames (%u times), not Modbus TCP; write "
                        "kind = \"rtu_tcp\" in the link"),
                    count);
        break;
    case FINDING_TCP_ON_RTU:
        text_format(text,
                    SAY("对方回的是 Modbus TCP 帧（%u 次），不是 RTU；请在这条链路中写 kind = "
                        "\"tcp\"",
                        "the peer answers with Modbus TCP frames (%u times), not RTU; write "
                        "kind = \"tcp\" in the link"),
                    count);
        break;
    case FINDING_NOT_MODBUS:
        text_format(text,
                    SAY("对方回的不是 Modbus（%u 次）；地址和端口是这台设备的 Modbus 口吗？",
                        "the peer answers %u times, and not in Modbus; are address and port those "
                        "of the device's Modbus?"),
                    count);
        break;
    case FINDING_SETTINGS:
        if (unit == 0)
            text_format(
                text,
                SAY("有数据回来，但 %u 次都读不懂", "bytes arrive, none make sense (%u answers)"),
                count);
        else
            text_format(text,
                        SAY("站号 %u 有数据回来，但 %u 次都读不懂",
                            "bytes of unit %u arrive, none make sense (%u answers)"),
                        unit, count);
        say_settings(text, finding, settings);
        break;
    case FINDING_SECOND_MASTER:
        text_format(
            text,
            SAY("听到 %u 次不是本采集器发出的提问：线上还有另一台主机；请找到它并停掉，两台主机"
                "会互相打断",
                "%u times frames were heard that nobody here asked for: there is a second "
                "master on the line; find and stop it, two masters interrupt each other"),
            count);
        break;
    case FINDING_TWO_UNITS:
        text_format(text,
                    SAY("问站号 %u 一次，来了两个回答（%u 次）：线上大概有两台设备用同一个站号；"
                        "读数不采用，请改掉或拔下一台",
                        "unit %u gave two answers to one request (%u times): probably two devices "
                        "have this unit id; its values are withheld, give one another id or "
                        "unplug it"),
                    unit, count);
        break;
    case FINDING_COLLIDING:
        text_format(text,
                    SAY("只有站号 %u 的回答损坏（%u 个里坏 %u 个，CRC 不对），别的都正常：有两台"
                        "设备用这个站号，或者这一台的接线、校验位不对",
                        "only unit %u's answers are damaged (of %u, %u with a wrong CRC), all "
                        "others are well: two devices have this unit id, or its wiring or parity "
                        "is wrong"),
                    unit, finding->of, count);
        break;
    case FINDING_OTHER_UNIT:
        text_format(text,
                    SAY("问的是站号 %u，回答的却自称站号 %u（%u 次）；请核对设备的站号和 "
                        "devices.conf 中的 unit",
                        "unit %u is asked and answers as unit %u (%u times); compare the device's "
                        "unit id with unit in devices.conf"),
                    unit, finding->other, count);
        break;
    case FINDING_EXTRA_BYTES:
        text_format(
            text,
            SAY("正确的回答前后常有多余字节（%u 个里有 %u 个）：总线两端的终端电阻和偏置电阻"
                "接好了吗？",
                "right frames have extra bytes before or behind them (of %u, %u): are the "
                "terminators at both ends and the bias resistors in place?"),
            finding->of, count);
        break;
    case FINDING_DAMAGED:
        text_format(text,
                    SAY("%u 个回答里有 %u 个损坏（CRC 不对）：请检查接线、屏蔽层接地和终端电阻",
                        "of %u answers %u are damaged (wrong CRC): check wiring, shield and "
                        "terminators"),
                    finding->of, count);
        break;
    }
}

void finding_say(const struct finding *finding, const char *link, const char *settings,
                 const char *since, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    if (finding->kind == FINDING_NONE)
        return;
    text_format(&text, SAY("链路 %s：", "link %s: "), link);
    say_what(&text, finding, settings);
    if (*since != '\0')
        text_format(&text, SAY("（自 %s 起）", " (since %s)"), since);
}

const char *finding_word(enum finding_kind kind)
{
    static const char *const words[] = {
        [FINDING_NONE] = "",
        [FINDING_ECHO] = "echo",
        [FINDING_RTU_ON_TCP] = "rtu_on_tcp",
        [FINDING_TCP_ON_RTU] = "tcp_on_rtu",
        [FINDING_NOT_MODBUS] = "not_modbus",
        [FINDING_SETTINGS] = "settings",
        [FINDING_SECOND_MASTER] = "second_master",
        [FINDING_TWO_UNITS] = "two_units",
        [FINDING_COLLIDING] = "colliding",
        [FINDING_OTHER_UNIT] = "other_unit",
        [FINDING_EXTRA_BYTES] = "extra_bytes",
        [FINDING_DAMAGED] = "damaged",
    };

    return words[kind];
}
