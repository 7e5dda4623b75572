/* How it is sealed, what all of it does not prove, and how to check it. */
#include <string.h>

#include "base/say.h"
#include "drawing/evidence.h"

static void show_anchors(struct page *page, const json_t *seals)
{
    const struct column columns[] = {
        {SAY("方式",       "Kind"),    22.0, ALIGN_LEFT },
        {SAY("存在何处", "Where"),   40.0, ALIGN_LEFT },
        {SAY("封存段",    "Segment"), 14.0, ALIGN_RIGHT},
        {SAY("时间",       "Time"),    24.0, ALIGN_LEFT },
    };
    struct grid *grid;

    page_heading(page, 3, "%s", SAY("留在网关之外的凭据", "Heads left outside the gateway"));
    if (doc_size(seals, "anchors") == 0) {
        page_say(
            page, TONE_BODY, "%s",
            SAY("没有。因此这些封存段何时已经存在，没有网关以外的证明。",
                "None: so nothing outside the gateway shows since when these segments exist."));
        return;
    }
    grid = grid_begin(page, columns, 4);
    for (size_t i = 0; i < doc_size(seals, "anchors"); i++) {
        const json_t *anchor = doc_at(seals, "anchors", i);

        grid_cell(grid, "%s", doc_text(anchor, "kind"));
        grid_cell(grid, "%s", doc_text(anchor, "name"));
        grid_cell(grid, "%s", shown_count(anchor, "segment"));
        grid_cell(grid, "%s", shown_minute(doc_time(anchor, "time")));
    }
    grid_end(grid);
}

void evidence_seals(struct page *page, const struct evidence *evidence)
{
    const json_t *seals = json_object_get(evidence->document, "seals");
    const json_t *libraries = json_object_get(evidence->document, "libraries");
    struct grid *facts;

    page_heading(page, 1, "%s", SAY("八、封存", "8. Seals"));
    page_say(page, TONE_BODY, "%s",
             SAY("网关每小时把新数据封成一段：每个监测点的每一行都进入摘要，各段首尾相接，用网关的"
                 "钥匙签名。"
                 "改动、删除或插入任何一行，签名就对不上。",
                 "Each hour the gateway closes a segment: every row of every point goes into a "
                 "digest, each segment into the next, and the head is signed. A row changed, "
                 "removed or added no longer fits the signature."));
    facts = facts_begin(page);
    fact(facts, SAY("封存段", "Segments"),
         SAY("%s 至 %s，共 %s 段，其中数据已按期清除 %s 段",
             "%s to %s, %s in all; readings of %s were removed by retention"),
         shown_count(seals, "first"), shown_count(seals, "last"), shown_count(seals, "count"),
         shown_count(seals, "pruned"));
    fact(facts, SAY("末段封存摘要", "Head of the last"), "%s", doc_text(seals, "head"));
    fact(facts, SAY("签名钥匙的指纹", "Fingerprint of the key"), "%s", doc_text(seals, "key"));
    fact(facts, SAY("程序", "Program"), "lookback %s, cairo %s, pango %s, libxlsxwriter %s",
         doc_text_or_dash(evidence->document, "program"), doc_text_or_dash(libraries, "cairo"),
         doc_text_or_dash(libraries, "pango"), doc_text_or_dash(libraries, "xlsxwriter"));
    grid_end(facts);
    show_anchors(page, seals);
}

/* What every bundle leaves unproven, when the document does not say it in its own words. */
static void say_what_is_not_proven(struct page *page)
{
    static const char *const points[][2] = {
        {"传感器说的是不是真的：封存保证数据存入后没有改动，不保证传感器测得准、装得对、没有被遮挡"
         "。",                                                                                                 "That the sensor told the truth: seals show that nothing was changed after it was stored, "
         "not that it measured well, stood in the right place or was left uncovered."                                    },
        {"存入之前的情况：传感器和网关之间用的 Modbus "
         "没有身份验证，线路中间换掉数据，网关看不出来。",                               "What was before it was stored: Modbus between sensor and gateway has no authentication; "
         "the gateway cannot see who sits on the line."},
        {"拿着钥匙的人：谁能读到网关的钥匙文件，谁就能从头重做一条封存链。留在网关之外的凭据使这种"
         "重做露馅。",                                                                                     "Against the holder of the key: whoever reads the gateway's key file can make another "
         "chain. Heads left outside the gateway give that away."                                             },
        {"最后一份外部凭据之后的部分：链尾被截掉一段，只有外部凭据能证明。",
         "The tail after the last head left outside: that something was cut off there can be shown "
         "only by such a head."                                                                                                                  },
        {"传感器数据是指示性数据：与有资质机构的采样监测不一致时，以采样监测为准。",
         "Sensor data are indicative: where accredited sampling says otherwise, it wins."                                                        },
    };

    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
        page_say(page, TONE_POINT, "%s", SAY(points[i][0], points[i][1]));
}

void evidence_bounds(struct page *page, const struct evidence *evidence)
{
    size_t count = doc_size(evidence->document, "what_is_not_proven");

    page_heading(page, 1, "%s", SAY("九、这份材料不能证明什么", "9. What this does not prove"));
    for (size_t i = 0; i < count; i++)
        page_say(
            page, TONE_POINT, "%s",
            doc_text_or_dash(doc_at(evidence->document, "what_is_not_proven", i), SAY("zh", "en")));
    if (count == 0)
        say_what_is_not_proven(page);
    page_heading(page, 1, "%s", SAY("十、怎样核对", "10. How to check"));
    page_say(
        page, TONE_BODY, "%s",
        SAY("不必相信网关，也不必相信送材料的人。压缩包里的 VERIFY.md 用 openssl 和 sha256sum "
            "一步步说明；"
            "装有本程序的机器上只要一条命令：",
            "Trust neither the gateway nor whoever brought this. VERIFY.md in the archive goes "
            "step by step with openssl and sha256sum; where Lookback is installed, one command "
            "does it:"));
    page_say(page, TONE_STRONG, "%s",
             SAY("lookback evidence verify 文件.zip --key 指纹",
                 "lookback evidence verify FILE.zip --key FINGERPRINT"));
    page_say(page, TONE_BODY, "%s",
             SAY("指纹要从别处得来：安装交接单上写着，网关上 lookback status "
                 "也显示。不要用这份材料里印的那一个：伪造材料的人会印上自己的。",
                 "Take the fingerprint from elsewhere: it stands on the commissioning sheet, and "
                 "lookback status shows it at the gateway. Not from these pages: a forger prints "
                 "his own."));
}
