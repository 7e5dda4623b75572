/* How a section is judged, with the clauses its formulas come from. */
#include <string.h>

#include "base/say.h"
#include "drawing/river_days.h"

void river_method(struct page *page, const json_t *report)
{
    bool form_a = strcmp(doc_text(report, "oxygen_form"), "A") == 0;

    page_heading(page, 2, "%s", SAY("怎样评价", "How it is judged"));
    page_say(page, TONE_SMALL, "%s",
             SAY("断面类别：GB 3838-2002 第 5.1 "
                 "条单因子法，参评指标中最差的一类；水温、总氮、粪大肠菌群不参与定类。正好等于限值"
                 "归入好的一类。"
                 "月均值是有效日均值的算术平均（pH 也用算术平均），多少数据算有效见 "
                 "aggregates.conf；比较前按 GB/T 8170 修约一次到限值的位数。",
                 "Class: single-factor method of GB 3838-2002, clause 5.1, the worst of the items; "
                 "water temperature, total "
                 "nitrogen and faecal coliform take no part. A value at a limit belongs to the "
                 "better class. The month is the "
                 "arithmetic mean of its valid days (pH too); what is valid stands in "
                 "aggregates.conf; values are rounded once "
                 "(GB/T 8170) to the digits of the limit before comparison."));
    page_say(page, TONE_SMALL, SAY("%s%s", "%s %s"),
             SAY("超标倍数 (C − S) / S，S "
                 "为目标类别限值；水温、pH、溶解氧没有超标倍数，用标准指数。标准指数：一般指标 C / "
                 "S；pH ≤ 7 时 (7 − pH) / (7 − 6)，"
                 "大于 7 时 (pH − 7) / (9 − 7)；饱和溶解氧 DO_f = 468 / (31.6 + T)。",
                 "Multiple (C - S) / S, S the limit of the target class; water temperature, pH and "
                 "dissolved oxygen have none and "
                 "show the index. Index: C / S; pH up to 7 (7 - pH) / (7 - 6), above (pH - 7) / (9 "
                 "- 7); saturated oxygen "
                 "DO_f = 468 / (31.6 + T)."),
             form_a ? SAY("溶解氧指数用 A 式（HJ 2.3-2018）：DO ≤ DO_f 时 DO_s / DO；大于时 |DO_f "
                          "− DO| / (DO_f − DO_s)。",
                          "Index of dissolved oxygen by form A (HJ 2.3-2018): DO_s / DO up to "
                          "DO_f, above |DO_f - DO| / (DO_f - DO_s).")
                    : SAY("溶解氧指数用 B 式（HJ/T 2.3-93）：DO ≥ DO_s 时 |DO_f − DO| / (DO_f − "
                          "DO_s)；小于时 10 − 9 DO / DO_s。",
                          "Index of dissolved oxygen by form B (HJ/T 2.3-93): |DO_f - DO| / (DO_f "
                          "- DO_s) from DO_s on, below 10 - 9 DO / DO_s."));
    page_say(page, TONE_SMALL, "%s",
             SAY("变化按等级（I–II 优，III 良好，IV 轻度污染，V 中度污染，劣 V "
                 "重度污染）：同级为无明显变化，差一级为有所变化，差两级以上为明显变化。"
                 "传感器数据是指示性的，以有资质机构的采样监测为准。",
                 "Change goes by grades (I-II excellent, III good, IV slightly, V moderately, "
                 "worse than V heavily polluted): one "
                 "grade is some change, two or more a clear one. Sensor data are indicative; where "
                 "accredited sampling says "
                 "otherwise, it wins."));
}
