#include "model/quality.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"

static const struct {
    char letter;
    const char *word, *zh, *en;
} qualities[] = {
    [QUALITY_NORMAL] = {'N', "normal",      "正常",       "normal"          },
    [QUALITY_OVER_RANGE] = {'T', "over_range",  "超上限",    "over range"      },
    [QUALITY_CALIBRATING] = {'C', "calibrating", "校准",       "calibrating"     },
    [QUALITY_MAINTENANCE] = {'M', "maintenance", "维护",       "maintenance"     },
    [QUALITY_STOPPED] = {'F', "stopped",     "停运",       "stopped"         },
    [QUALITY_MANUAL] = {'S', "manual",      "手工",       "by hand"         },
    [QUALITY_FAULT] = {'D', "fault",       "仪器故障", "instrument fault"},
    [QUALITY_NO_ANSWER] = {'B', "no_answer",   "通信故障", "no answer"       },
};

_Static_assert(sizeof qualities / sizeof qualities[0] == QUALITY_COUNT,
               "every letter has its words");

char quality_letter(enum quality quality)
{
    assert((unsigned)quality < QUALITY_COUNT);
    return qualities[quality].letter;
}

bool quality_from_letter(char letter, enum quality *quality)
{
    for (int i = 0; i < QUALITY_COUNT; i++)
        if (qualities[i].letter == letter)
            return *quality = (enum quality)i, true;
    return false;
}

const char *quality_word(enum quality quality)
{
    assert((unsigned)quality < QUALITY_COUNT);
    return qualities[quality].word;
}

const char *quality_title(enum quality quality)
{
    assert((unsigned)quality < QUALITY_COUNT);
    return SAY(qualities[quality].zh, qualities[quality].en);
}

void quality_sentences(enum quality quality, const char **zh, const char **en)
{
    assert((unsigned)quality < QUALITY_COUNT);
    *zh = qualities[quality].zh;
    *en = qualities[quality].en;
}

bool quality_is_judged(enum quality quality)
{
    return quality == QUALITY_NORMAL || quality == QUALITY_OVER_RANGE;
}

/* The exceptions as the Modbus application protocol V1.1b3, chapter 7, names them. */
static const struct {
    const char *word, *zh, *en;
} causes[] = {
    [CAUSE_NONE] = {"",                 "",                                                ""                                          },
    [CAUSE_TIMEOUT] = {"timeout",          "没有回答",                                    "did not answer"                            },
    [CAUSE_REFUSED] = {"refused",          "连接被拒绝或端口打不开",
                    "connection refused or port not opened"                                                                            },
    [CAUSE_UNRESOLVED] = {"unresolved",       "主机名没有地址",                           "the host name has no address"              },
    [CAUSE_CRC] = {"crc",              "回答的校验码不对",                        "the answer's checksum is wrong"            },
    [CAUSE_BAD_FRAME] = {"bad_frame",        "回答的格式不对",                           "the answer is malformed"                   },
    [CAUSE_WRONG_UNIT] = {"wrong_unit",       "回答来自别的站号",                        "the answer came from another unit"         },
    [CAUSE_EXCEPTION_1] = {"exception_1",      "仪器不支持此功能码（异常 1）",
                    "does not know this function (exception 1)"                                                                        },
    [8] = {"exception_2",      "仪器没有这个寄存器地址（异常 2）",
                    "has no such register address (exception 2)"                                                                       },
    [9] = {"exception_3",      "仪器不接受这样的请求（异常 3）",
                    "does not accept this request (exception 3)"                                                                       },
    [10] = {"exception_4",      "仪器自身故障（异常 4）",                "reports a failure of its own (exception 4)"},
    [11] = {"exception_5",      "仪器已收到但尚未完成（异常 5）",    "has not finished yet (exception 5)"        },
    [12] = {"exception_6",      "仪器正忙（异常 6）",                      "is busy (exception 6)"                     },
    [13] = {"exception_7",      "仪器拒绝执行（异常 7）",                "declines to do it (exception 7)"           },
    [14] = {"exception_8",      "仪器内存校验出错（异常 8）",          "has a memory parity error (exception 8)"   },
    [15] = {"exception_9",      "仪器给出标准中没有的异常 9",
                    "gave exception 9, which the standard lacks"                                                                       },
    [16] = {"exception_10",     "网关没有通路（异常 10）",               "the gateway has no path (exception 10)"    },
    [CAUSE_EXCEPTION_11] = {"exception_11",     "网关后的仪器没有回答（异常 11）",
                    "did not answer behind its gateway (exception 11)"                                                                 },
    [CAUSE_BUSY] = {"busy",             "仪器正忙",                                    "is busy"                                   },
    [CAUSE_ABSENT_MARK] = {"absent_mark",      "仪器送来“无测量值”标记",
                    "sent its mark for no measurement"                                                                                 },
    [CAUSE_NOT_A_NUMBER] = {"not_a_number",     "仪器送来的不是数字",
                    "sent something that is not a number"                                                                              },
    [CAUSE_ABOVE_SPAN] = {"above_span",       "高于仪器量程",                              "above the instrument's span"               },
    [CAUSE_BELOW_SPAN] = {"below_span",       "低于仪器量程",                              "below the instrument's span"               },
    [CAUSE_STATUS_BIT] = {"status_bit",       "仪器状态位如此表示",
                    "the instrument's status bit says so"                                                                              },
    [CAUSE_WARMING_UP] = {"warming_up",       "仪器正在预热",                              "is warming up"                             },
    [CAUSE_IDENTITY_CHANGED] = {"identity_changed", "仪器身份变了",
                    "is no longer the same instrument"                                                                                 },
    [CAUSE_AFTER_TIMEOUT] = {"after_timeout",    "超时后重问所得",
                    "came when asked again after a timeout"                                                                            },
    [CAUSE_BY_HAND] = {"by_hand",          "人工设定",                                    "set by hand"                               },
    [CAUSE_DISCONNECTED] = {"disconnected",     "等待回答时线路断开",
                    "the line broke while it was awaited"                                                                              },
    [CAUSE_UNIT_UNKNOWN] = {"unit_unknown",     "仪器所用的单位不认识",
                    "measures in a unit that is not known"                                                                             },
    [CAUSE_NOT_EXACT] = {"not_exact",        "整数太大，无法精确保存",
                    "a whole number too large to be kept exactly"                                                                      },
    [CAUSE_NOT_CONNECTED] = {"not_connected",    "设备还没有连上来",                        "has not dialled in"                        },
};

_Static_assert(sizeof causes / sizeof causes[0] == CAUSE_COUNT, "every cause has its words");

const char *cause_word(enum cause cause)
{
    assert((unsigned)cause < CAUSE_COUNT);
    return causes[cause].word;
}

bool cause_from_word(const char *word, enum cause *cause)
{
    for (int i = 0; i < CAUSE_COUNT; i++)
        if (strcmp(causes[i].word, word) == 0)
            return *cause = (enum cause)i, true;
    return false;
}

void cause_sentences(enum cause cause, const char **zh, const char **en)
{
    assert((unsigned)cause < CAUSE_COUNT);
    *zh = causes[cause].zh;
    *en = causes[cause].en;
}

const char *cause_title(enum cause cause)
{
    assert((unsigned)cause < CAUSE_COUNT);
    return SAY(causes[cause].zh, causes[cause].en);
}

/* clang-format off */
static const struct {
    const char *zh, *en;
} advice[] = {
    [CAUSE_NONE] = {"", ""},
    [CAUSE_TIMEOUT] = {"请检查供电、接线和站号", "check its power, wiring and unit id"},
    [CAUSE_REFUSED] = {"请检查电源、网络、地址和端口", "check power, network, address and port"},
    [CAUSE_UNRESOLVED] = {"请核对主机名和域名服务器，或直接写数字地址",
        "check the host name and the name server, or write the address in digits"},
    [CAUSE_CRC] = {"请检查接线、屏蔽、终端电阻、波特率和校验位",
        "check wiring, shield, termination, baud rate and parity"},
    [CAUSE_BAD_FRAME] = {"请核对链路种类、线路参数，以及说明书中的通信协议",
        "compare the kind of link, the line settings and the manual's protocol"},
    [CAUSE_WRONG_UNIT] = {"请核对站号和网关的站号映射，并查看是否有两台仪器同号",
        "check the unit id, the gateway's table of units, and whether two instruments share one"},
    [CAUSE_EXCEPTION_1] = {"请核对型号模板：寄存器区可能写错",
        "compare the profile with the manual: the area is perhaps another one"},
    [CAUSE_EXCEPTION_1 + 1] = {"请对照说明书核对型号模板里的寄存器地址",
        "compare the profile's register addresses with the manual"},
    [CAUSE_EXCEPTION_1 + 2] = {"请对照说明书核对一次可读的寄存器个数",
        "compare with the manual how many registers one read may have"},
    [CAUSE_EXCEPTION_1 + 3] = {"请查看仪器自己的故障提示", "look at the instrument's own fault display"},
    [CAUSE_EXCEPTION_1 + 4] = {"请把采集周期放长", "ask it less often"},
    [CAUSE_EXCEPTION_1 + 5] = {"请把采集周期放长，并查看是否有别的程序也在读它",
        "ask it less often, and see whether another program reads it too"},
    [CAUSE_EXCEPTION_1 + 6] = {"请查看说明书中的异常码", "look its exception up in the manual"},
    [CAUSE_EXCEPTION_1 + 7] = {"仪器的存储器可能损坏，请联系厂家",
        "its memory is perhaps damaged: ask the maker"},
    [CAUSE_EXCEPTION_1 + 8] = {"请查看说明书中的异常码", "look its exception up in the manual"},
    [CAUSE_EXCEPTION_1 + 9] = {"请检查网关的串口设置和站号映射",
        "check the gateway's serial settings and its table of units"},
    [CAUSE_EXCEPTION_11] = {"请检查网关后面这台仪器的供电、接线和站号",
        "check power, wiring and unit id of the instrument behind the gateway"},
    [CAUSE_BUSY] = {"请把采集周期放长，并查看是否有别的程序也在读它",
        "ask it less often, and see whether another program reads it too"},
    [CAUSE_ABSENT_MARK] = {"请检查探头和接头", "check the probe and its plug"},
    [CAUSE_NOT_A_NUMBER] = {"请检查探头，并核对型号模板里的类型和字序",
        "check the probe, and the type and word order in the profile"},
    [CAUSE_ABOVE_SPAN] = {"请检查探头，并核对型号模板里的量程", "check the probe, and the span in the profile"},
    [CAUSE_BELOW_SPAN] = {"请检查探头，并核对型号模板里的量程", "check the probe, and the span in the profile"},
    [CAUSE_STATUS_BIT] = {"请查看仪器的状态显示", "look at the instrument's status display"},
    [CAUSE_WARMING_UP] = {"请等预热结束", "wait for the end of the warm-up"},
    [CAUSE_IDENTITY_CHANGED] = {"请核对是否换过仪器或升级过程序",
        "see whether the instrument was replaced or updated"},
    [CAUSE_AFTER_TIMEOUT] = {"如果经常出现，请放长 timeout", "if this is frequent, make its timeout longer"},
    [CAUSE_BY_HAND] = {"", ""},
    [CAUSE_DISCONNECTED] = {"请检查网线和电源，并查看是否有别的程序占用了它的连接",
        "check cable and power, and whether another program takes its connections"},
    [CAUSE_UNIT_UNKNOWN] = {"请在仪器上把单位改回型号模板所写的", "set the unit on the instrument to the profile's"},
    [CAUSE_NOT_EXACT] = {"请核对型号模板里的类型和字序", "check the type and word order in the profile"},
    [CAUSE_NOT_CONNECTED] = {"请检查它的供电、信号，以及所填的服务器地址和端口",
        "check its power and signal, and the server address and port set in it"},
};
/* clang-format on */

const char *cause_advice(enum cause cause)
{
    if ((unsigned)cause >= sizeof advice / sizeof advice[0] || advice[cause].zh == NULL)
        return "";
    return SAY(advice[cause].zh, advice[cause].en);
}

const char *exception_title(unsigned code, char *out)
{
    if (code >= 1 && code <= 11 && code != 9)
        snprintf(out, EXCEPTION_TEXT, "%s",
                 cause_title((enum cause)(CAUSE_EXCEPTION_1 + (int)code - 1)));
    else
        snprintf(out, EXCEPTION_TEXT,
                 SAY("仪器给出标准中没有的异常 %u", "gave exception %u, which the standard lacks"),
                 code);
    return out;
}

enum cause cause_of_exception(unsigned code)
{
    if (code == 5 || code == 6)
        return CAUSE_BUSY;
    if (code < 1 || code > 11 || code == 9)
        return CAUSE_BAD_FRAME;
    return (enum cause)(CAUSE_EXCEPTION_1 + (int)code - 1);
}
