/* What `lookback probe` says of a run as a whole: nobody answered, what a search found, what to do
 * next. */
#include <stdio.h>

#include "app/command_line.h"
#include "app/probe_run.h"
#include "base/say.h"

void probe_say_silence(const struct probing *probing, FILE *to)
{
    const struct link_setup *link = &probing->target.link;
    char place[300], framing[32], finding[500];

    probe_target_text(link, place, sizeof place);
    if (probing->direct.line != NULL &&
        probe_line_finding(probing->direct.line, finding, sizeof finding))
        fprintf(to, "%s\n", finding);
    else if (probing->heard.crc || probing->heard.noise || probing->heard.master)
        fprintf(
            to,
            SAY("%s：有数据来，但都读不懂：多半是线路设置（波特率、校验）不对；用 --scan 逐种试\n",
                "%s: bytes arrive, none make sense: line settings (baud, parity)? --scan tries "
                "them\n"),
            place);
    if (probing->options.scan)
        fprintf(
            to,
            SAY("%s：没有找到任何仪器。依次检查：仪器通电了吗；A、B 线是否接反；转换器收发灯闪吗；"
                "慢的仪器加 --timeout 1s\n",
                "%s: no unit was found. Check in this order: is it powered; are A and B "
                "swapped; do the adapter's lamps flash; for a slow one add --timeout 1s\n"),
            place);
    else if (link->kind == LINK_SERIAL)
        fprintf(to,
                SAY("%s（%s）没有应答。依次检查：仪器通电了吗；A、B "
                    "线是否接反；站号和波特率对吗（--scan "
                    "逐个找）\n",
                    "%s (%s): no answer. Check in this order: is it powered; are A and B swapped; "
                    "are unit id and baud rate right (--scan looks for them)\n"),
                place, probe_framing_text(&probing->scan.found[0].line, framing, sizeof framing));
    else
        fprintf(to,
                SAY("%s 接通了，但没有应答。检查站号（--scan "
                    "逐个找），以及网关后面的接线和电源；有的网关"
                    "只允许很少的连接，请先断开别的程序\n",
                    "%s is connected, but there is no answer. Check the unit id (--scan looks for "
                    "it), wiring and power behind a gateway; many allow few connections, so close "
                    "other programs first\n"),
                place);
}

/* What a command for the same line needs as well. */
static const char *via_words(const struct probing *probing)
{
    return probing->options.via ? " --via-collector" : "";
}

void probe_say_scan(const struct probing *probing)
{
    const struct probe_scan *scan = &probing->scan;

    if (scan->count == 0 || !scan->found[0].answered)
        return;
    if (!probe_is_search(probing)) {
        printf("%s\n", SAY("只问了几个常用站号；全部查找请加 --scan",
                           "only a few usual unit ids were asked; --scan asks all of them"));
        return;
    }
    printf(SAY("找到 %zu 台%s\n", "%zu units found%s\n"), scan->count,
           scan->stopped ? SAY("（中断前）", " (before it was interrupted)") : "");
    if (scan->ignores_units)
        printf("%s\n", SAY("无论问哪个站号它都应答：只有一台，站号写 1 即可",
                           "it answers whichever unit is asked: it is one device, write unit 1"));
    if (scan->lines_left > 0)
        printf("%s\n",
               SAY("只查了有应答的这一种线路设置；线上也许还有设置不同的仪器（--all 全部查找）",
                   "only the line setting that answered was searched; units set otherwise "
                   "may be there too (--all looks for them)"));
    if (!scan->ignores_units && probing->options.unit < 0)
        printf(SAY("有的仪器只对自己有的寄存器作答，这样查不到；知道站号的，单独查：%s probe %s "
                   "--unit 17 --scan%s -c %s\n",
                   "some instruments answer only for registers they have, and stay unfound; where "
                   "you know the unit id: %s probe %s --unit 17 --scan%s -c %s\n"),
               probing->typed->program, probing->options.link, via_words(probing),
               probing->typed->dir);
}

void probe_say_next(const struct probing *probing)
{
    const struct conf_device *unknown = NULL;
    bool writes = typed_option(probing->typed, "--write") != NULL;

    for (size_t i = 0; unknown == NULL && i < probing->device_count; i++)
        if (!probing->devices[i].is_known)
            unknown = &probing->devices[i];
    if (probing->typed->json)
        return;
    if (writes && probing->pieces.count > 0 &&
        (unknown == NULL || probing->options.expected_count > 0))
        printf(
            SAY("\n下一步：%s check -c %s（逐条核对配置），没有错误就 %s run -c %s（开始采集）\n",
                "\nnext: %s check -c %s (is all of it right?), then %s run -c %s (polls)\n"),
            probing->typed->program, probing->typed->dir, probing->typed->program,
            probing->typed->dir);
    if (unknown == NULL || probing->options.expected_count > 0)
        return;
    printf(
        SAY("\n下一步：型号没有认定的，若铭牌上就是 devices.conf 注释里的“也许是”，把 model "
            "改成它；\n"
            "否则照显示屏上的数找寄存器，一台一次，并写出模板：\n"
            "  %s probe %s --unit %d --expect ph=7.32,water_temperature=20.4 --write%s -c "
            "%s\n"
            "  寄存器不在 0 到 %d 的，照说明书加 --read holding:100:20\n",
            "\nnext: where no model is settled: if the type plate says what \"perhaps\" in "
            "devices.conf says, make it the model;\n"
            "else find the registers by what the display shows, one unit at a time, and have the "
            "profile written:\n"
            "  %s probe %s --unit %d --expect ph=7.32,water_temperature=20.4 --write%s -c "
            "%s\n"
            "  registers beyond 0 to %d: add --read holding:100:20, as the manual has them\n"),
        probing->typed->program, probing->options.link, (int)unknown->unit, via_words(probing),
        probing->typed->dir, UNASKED_RANGE - 1);
}
