#include "app/command_line.h"
#include "town/shown.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"
#include "base/text.h"
#include "base/version.h"

/* clang-format off */
static const struct command commands[] = {
    {"run", {"run", NULL}, {NULL}, 0, 0, command_run,
     "运行采集器", "run the collector"},
    {"work", {"work", NULL}, {NULL}, 0, 0, command_work,
     "在采集器旁边运行，做需要别的程序才能做的事：把页面上要的佐证材料做成文件（STORE/bundles），"
     "保留 30 天；每个存储只能有一个",
     "runs beside the collector and does what needs other programs: makes the bundles that were asked for on "
     "the page (STORE/bundles) and keeps them for 30 days; one for each store"},
    {"check", {"check", NULL}, {NULL}, 0, 0, command_check,
     "检查目录里的全部配置，一次列出所有错误", "check all settings in the folder, every fault in one run"},
    {"plan", {"plan", NULL}, {NULL}, 0, 0, command_plan,
     "每条链路怎样轮流问：发哪些请求、占多少时间、排不排得下；绕开了哪些寄存器",
     "how each link is polled: requests, bytes, the time they take and whether they fit; which registers "
     "are left out"},
    {"sensors", {"sensors [MODEL]", NULL}, {NULL}, 0, 1, command_sensors,
     "列出支持的传感器型号，或一种型号的全部通道", "list the sensor models, or all channels of one"},
    {"limits", {"limits [--point SITE/DEVICE/CHANNEL] [--at T]", NULL}, {"--point=", "--at=", NULL},
     0, 0, command_limits,
     "各监测点在某一时刻适用哪些标准限值，为什么，哪些规则在用",
     "which limits of which standards apply at the points at a moment, why, and which rules use them"},
    {"status", {"status", NULL}, {NULL}, 0, 0, command_status,
     "链路、设备、输出和告警的当前状态", "links, devices, outputs and notices as they are now"},
    {"readings", {"readings --point SITE/DEVICE/CHANNEL [--from T] [--to T] [--every D|--raw] [--csv]",
     NULL}, {"--point=", "--from=", "--to=", "--every=", "--raw", "--csv", NULL}, 0, 0,
     command_readings, "一个监测点的读数；--every 1h 等给出小时、日等时段的统计值；--raw 附上仪器原本的字，盯着整改任务的点还有收发原文；不写 --point 则列出全部监测点",
     "the readings of one point, with --every 1h and others its aggregates; --raw adds the "
     "instrument's own words, and frames where the point watches a task; without --point, which "
     "points there are"},
    {"problems",
     {"problems [--state open|recovered|closed] [--kind new|relapse|ongoing] [--doubts]", NULL},
     {"--state=", "--kind=", "--doubts", NULL}, 0, 0, command_problems,
     "问题清单", "the problems"},
    {"problem", {"problem UID", "problem acknowledge UID", "problem close UID --note TEXT", NULL},
     {"--note=", NULL}, 1, 2, command_problem,
     "查看、确认或关闭一个问题；UID 可只写前 6 位以上", "show, acknowledge or close one problem; 6 "
     "or more first digits of its UID will do"},
    {"resend", {"resend --output NAME --from T [--to T]", NULL},
     {"--output=", "--from=", "--to=", NULL}, 0, 0, command_resend,
     "从某一时刻起重新发送", "send again from a moment on"},
    {"seal", {"seal [--new-key]", NULL}, {"--new-key", NULL}, 0, 0, command_seal,
     "立即结束并封存当前时段；--new-key 换一把签名钥匙，由原来的钥匙签名交接",
     "close and seal the current segment now; --new-key changes the signing key, the present one signs "
     "for the next"},
    {"seals", {"seals verify [--key FINGERPRINT] [--anchor FILE]...", NULL},
     {"--key=", "--anchor=", NULL}, 1, 1, command_seals,
     "核对整个存储与它的封存是否一致，指出第一处不同；--anchor 与留在外面的封存头比较（MQTT 主题 seal 的内容、带 seal 的问题，或每行“段号 封存头”）",
     "check the whole store against its seals and name what differs; --anchor compares with a head kept "
     "outside (what the MQTT topic seal holds, a problem with its seal, or lines \"SEGMENT HEAD\")"},
    {"device", {"device maintenance SITE/DEVICE --from T --to T --note TEXT", NULL},
     {"--from=", "--to=", "--note=", NULL}, 2, 2, command_device,
     "登记设备维护窗口：其间的读数照存，但不判定、不计入均值",
     "enter a maintenance window: readings in it are stored, but neither judged nor averaged"},
    {"tasks", {"tasks [--state S] [--due]", "tasks import FILE [--dry-run]", NULL},
     {"--state=", "--due", "--dry-run", NULL}, 0, 2, command_tasks,
     "整改台账；--due 只列逾期和即将到期的；import 导入 CSV 表格，--dry-run 只预览",
     "the rectification ledger; --due lists what is overdue or due soon; import takes in a CSV table, "
     "--dry-run only shows what it would do"},
    {"task", {"task ID", "task strike-off ID --note TEXT [--even-so]", "task note ID TEXT", NULL},
     {"--note=", "--even-so", NULL}, 1, 3, command_task,
     "查看一项任务；销号，巩固期由此开始；加备注", "show one task; strike it off, which begins its watch "
     "period; add a note"},
    {"watch", {"watch [--out FILE.pdf|FILE.xlsx]", NULL}, {"--out=", NULL}, 0, 0, command_watch,
     "全部已销号任务：盯了多少天、守住了没有、还缺什么、何时可证明、是否回潮；--out 写成一页 PDF 或表格",
     "every struck-off task: days watched, has it held, what is missing, when it can be proven, relapses; "
     "--out writes the page or the sheet"},
    {"river",
     {"river (--section SITE | --river NAME | --chief NAME) --month YYYY-MM [--out FILE.pdf]", NULL},
     {"--section=", "--river=", "--chief=", "--month=", "--out=", NULL}, 0, 0, command_river,
     "河长报告：断面一个月的水质类别、是否达标、主要污染指标、逐日类别", "the river chief's report: class of a "
     "section in a month, target met or not, main items, class by day"},
    {"evidence",
     {"evidence export --task ID --from T --to T --out FILE.zip [--public]",
      "evidence verify FILE.zip [--key FINGERPRINT] [--require CLAIM] [--anchor FILE] [--ca FILE]", NULL},
     {"--task=", "--from=", "--to=", "--out=", "--public", "--key=", "--require=", "--anchor=", "--ca=",
      NULL}, 1, 2,
     command_evidence,
     "导出一项任务的佐证材料：结论、理由、数据和封存，一个文件；核对这样的文件",
     "export the evidence of a task, verdict, reasons, data and seals, in one file; check such a file"},
    {"user", {"user add NAME --role reader|steward|office", "user remove NAME", NULL}, {"--role=", NULL},
     2, 2, command_user,
     "网页用户：add 发给一个令牌，只显示一次（同名再发即换，旧的立即失效）；remove 移除；采集器不用重启。reader 只看，"
     "steward 还能确认、备注、登记维护、要佐证材料，office 还能关闭问题、销号",
     "who may sign in to the page: add makes a token, shown once (for a name that is there it replaces the "
     "old one, which ends at once); remove takes it away; the collector need not be restarted. A reader "
     "looks; a steward also acknowledges, notes, enters maintenance and asks for evidence; the office also "
     "closes problems and strikes off"},
    {"users", {"users", NULL}, {NULL}, 0, 0, command_users,
     "列出网页用户和各自的角色", "list who may sign in to the page, and as what"},
    {"replay", {"replay [--from T] [--to T]", NULL}, {"--from=", "--to=", NULL}, 0, 0, command_replay,
     "按现行规则复算全部已存数据，与当时的结论逐一核对",
     "conclude again from all that is stored, and compare with what was concluded then"},
    {"decode", {"decode [--from T] [--to T]", NULL}, {"--from=", "--to=", NULL}, 0, 0, command_decode,
     "用存下的仪器原始字把全部读数重新算一遍，与存储的逐位核对",
     "decode every reading again from the raw words of its poll, and compare bit for bit"},
    {"probe",
     {"probe LINK [--unit N] [--scan [--units 1-32] [--all]] [--read AREA:ADDRESS:COUNT] [--expect V]",
      "probe LINK … [--baud B,B] [--parity P,P] [--timeout D] [--write] [--via-collector]", NULL},
     {"--unit=", "--units=", "--scan", "--read=", "--expect=", "--baud=", "--parity=", "--timeout=",
      "--all", "--write", "--via-collector", NULL}, 1, 1, command_probe,
     "调试新接的仪器，只读不写：--scan 找出线上有谁、可能是什么型号；--read 读一段寄存器；--expect 找出哪个寄存器给出"
     "显示屏上的值（7.32，或 ph=7.32,water_temperature=20.4）；--write 把得到的配置写进 -c 目录，已有的文件不动。"
     "--timeout 1s 用于慢的仪器；--all 找到以后仍试其余线路设置；--via-collector 由正在用这条线路的采集器代问，LINK 写它的链路名。"
     "LINK 写链路名，或 /dev/ttyUSB0、192.168.1.20、rtu+tcp://192.168.1.20:9999",
     "commissioning, reads only: --scan finds who is on a line and which model it may be, --read reads a "
     "range of registers, --expect finds which of them gives the value on the display (7.32, or "
     "ph=7.32,water_temperature=20.4); --write puts the settings found into -c DIR and leaves files that are "
     "there. --timeout 1s is for slow units; --all tries the other line settings too; --via-collector lets the "
     "collector that uses the line ask, by its link's name. LINK is a link's name, or "
     "/dev/ttyUSB0, 192.168.1.20, rtu+tcp://192.168.1.20:9999"},
    {"simulate", {"simulate FILE", NULL}, {NULL}, 1, 1, command_simulate,
     "运行传感器模拟器", "play the devices of FILE"},
    {"demo", {"demo [--dir D] [--port P] [--seconds N] [--history DURATION] [--mqtt URL] [--influx URL] [--plain]", NULL},
     {"--dir=", "--port=", "--seconds=", "--history=", "--mqtt=", "--influx=", "--plain", NULL}, 0, 0,
     command_demo,
     "用模拟传感器演示整个过程，Ctrl-C 结束；--dir 数据放在哪里（默认 lookback-demo）；--port 网页的端口（默认 8980）；--seconds 多少秒后"
     "自己结束；--history 400d 先用虚构的历史填满一个新的文件夹；--mqtt、--influx 同时发到那里；--plain 逐段打印，不重画屏幕",
     "the whole thing on simulated sensors, until Ctrl-C; --dir where its data go (lookback-demo); --port of its page "
     "(8980); --seconds ends it by itself; --history 400d fills a new folder with a made-up past first; --mqtt, --influx "
     "send there too; --plain prints instead of drawing the screen anew"},
};

/* Words of the contract whose work belongs to a later version. */
static const char *const later[] = {
    "reload", "backup", "restore", NULL,
};
/* clang-format on */

static void print_error_json(const struct error *err)
{
    json_t *object = error_object(err);

    json_dumpf(object, stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(object);
}

int command_fail(const struct typed *typed, const struct error *err)
{
    if (typed->json)
        print_error_json(err);
    else
        fprintf(stderr, "lookback: %s\n", err->text);
    return error_exit_code(err->kind);
}

struct settings *command_settings(const struct typed *typed)
{
    struct conf_faults *faults = conf_faults_new();
    struct settings *settings = settings_load(typed->dir, typed->language_given, faults);

    for (size_t i = 0; settings == NULL && i < conf_faults_count(faults); i++)
        command_fail(typed, conf_fault(faults, i));
    conf_faults_free(faults);
    if (settings != NULL && !typed->language_given)
        say_in((enum language)settings->language);
    return settings;
}

bool command_shows_progress(const struct typed *typed)
{
    return !typed->json || isatty(STDERR_FILENO);
}

bool command_moment(const struct typed *typed, const char *name, struct wall_time *time)
{
    const char *words = typed_option(typed, name);
    struct error err = {0};

    if (words == NULL || moment_parse(words, time))
        return true;
    error_set(
        &err, ERROR_WRONG_USE,
        SAY("%s：“%s”不是时间；写成 2026-11-22、2026-11-22 08:00、2026-11-22 08:00:30 或 RFC 3339",
            "%s: \"%s\" is not a moment; write 2026-11-22, 2026-11-22 08:00, 2026-11-22 08:00:30 "
            "or RFC 3339"),
        name, words);
    command_fail(typed, &err);
    return false;
}

bool command_span(const struct typed *typed, struct wall_time *from, struct wall_time *to)
{
    struct error err = {0};

    if (!command_moment(typed, "--from", from) || !command_moment(typed, "--to", to))
        return false;
    if (typed_option(typed, "--from") == NULL || typed_option(typed, "--to") == NULL ||
        from->ms <= to->ms)
        return true;
    error_set(
        &err, ERROR_WRONG_USE, "%s",
        SAY("--to 早于 --from：请把两个时刻对调", "--to is before --from: change them round"));
    command_fail(typed, &err);
    return false;
}

bool command_choice(const struct typed *typed, const char *name, const char *const *allowed)
{
    const char *word = typed_option(typed, name);
    const char *near = word == NULL ? NULL : conf_nearest(word, allowed);
    char list[200];
    struct text text;

    text_init(&text, list, sizeof list);
    for (size_t i = 0; word != NULL && allowed[i] != NULL; i++) {
        if (strcmp(word, allowed[i]) == 0)
            return true;
        text_format(&text, "%s%s", i > 0 ? SAY("、", ", ") : "", allowed[i]);
    }
    if (word == NULL)
        return true;
    if (near == NULL)
        line_wrong(typed, NULL, SAY("%s：没有“%s”；可以写：%s", "%s: no \"%s\" here; one of: %s"),
                   name, word, list);
    else
        line_wrong(typed, NULL,
                   SAY("%s：没有“%s”，是否想写 %s？可以写：%s",
                       "%s: no \"%s\" here, did you mean %s? One of: %s"),
                   name, word, near, list);
    return false;
}

static void print_forms(const struct command *command)
{
    for (size_t i = 0; command->forms[i] != NULL; i++)
        printf("  %s\n", command->forms[i]);
    printf("      %s\n", SAY(command->zh, command->en));
}

static int print_help(void)
{
    printf(SAY("lookback %s：整改之后，继续盯着（回头看）\n\n用法：lookback 命令 [-c 配置目录] "
               "[--lang zh|en] [--json]\n\n",
               "lookback %s: keeps watching after a problem is called solved\n\nUse: lookback "
               "COMMAND [-c DIR] [--lang zh|en] [--json]\n\n"),
           version_text());
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        print_forms(&commands[i]);
    printf(
        "%s",
        SAY("  help [命令]，version\n\nT 时刻：2026-11-22、2026-11-22 08:00、2026-11-22 08:00:30 "
            "（采集器时区）或 RFC 3339；只写日期是当天 0 点，--to 那一刻不含在内\n"
            "-c 默认 /etc/lookback\n退出码：0 "
            "完成；1 完成，但答案为否；2 用法或配置有误；3 做不到\n",
            "  help [COMMAND], version\n\nT, a moment: 2026-11-22, 2026-11-22 08:00, 2026-11-22 "
            "08:00:30 (in the collector's zone) or RFC 3339; a date alone is its midnight, and "
            "what happened at --to is left out\n-c is /etc/lookback unless given\n"
            "Exit: 0 done; 1 done, and the answer is no; 2 wrong use or settings; 3 could not "
            "be done\n"));
    return EXIT_DONE;
}

static int print_help_of(const struct command *command)
{
    for (size_t i = 0; command->forms[i] != NULL; i++)
        printf("%slookback %s [-c DIR] [--lang zh|en] [--json]\n",
               i == 0 ? SAY("用法：", "use: ") : "  ", command->forms[i]);
    printf("\n%s\n", SAY(command->zh, command->en));
    return EXIT_DONE;
}

static int print_version(void)
{
    printf("lookback %s\n", version_text());
    return EXIT_DONE;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int unknown_command(const struct typed *typed, const char *word)
{
    const char *names[sizeof commands / sizeof commands[0] + 1] = {NULL};
    const char *near;

    for (size_t i = 0; later[i] != NULL; i++)
        if (strcmp(later[i], word) == 0)
            return line_wrong(typed, NULL,
                              SAY("这个版本还没有命令 %s", "this version does not have %s yet"),
                              word);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        names[i] = commands[i].name;
    near = conf_nearest(word, names);
    if (near == NULL)
        return line_wrong(typed, NULL,
                          SAY("没有命令 %s；lookback help 列出全部命令",
                              "there is no command %s; lookback help lists them"),
                          word);
    return line_wrong(
        typed, NULL,
        SAY("没有命令 %s；您是否想用 %s？", "there is no command %s; did you mean %s?"), word,
        near);
}

static bool asks_version(int count, char **words)
{
    for (int i = 1; i < count; i++)
        if (strcmp(words[i], "--version") == 0)
            return true;
    return false;
}

/* help, help CMD, CMD --help, -h alone, or nothing at all. */
static int help_asked(const struct typed *typed, const char *word)
{
    const char *about =
        word != NULL && strcmp(word, "help") == 0 && typed->word_count > 0 ? typed->words[0] : word;

    if (about == NULL || strcmp(about, "help") == 0)
        return print_help();
    return find_command(about) == NULL ? unknown_command(typed, about)
                                       : print_help_of(find_command(about));
}

int command_main(int count, char **words)
{
    struct typed typed = {.program = words[0], .dir = "/etc/lookback"};
    const char *word = line_command(count, words);
    const struct command *command = find_command(word);
    int wrong;

    command_line_begin(&typed, count, words);
    if (word == NULL ? asks_version(count, words) : strcmp(word, "version") == 0)
        return print_version();
    if (word != NULL && command == NULL && strcmp(word, "help") != 0)
        return unknown_command(&typed, word);
    wrong = line_read(&typed, command, count, words);
    if (typed.help || (wrong == 0 && (word == NULL || command == NULL)))
        return help_asked(&typed, word);
    if (wrong != 0)
        return wrong;
    typed.command = command->name;
    if (typed.word_count < command->least || typed.word_count > command->most)
        return line_wrong(&typed, command, "%s",
                          typed.word_count < command->least
                              ? SAY("缺少参数", "something is missing")
                              : SAY("参数太多", "too many words"));
    return command->run(&typed);
}
