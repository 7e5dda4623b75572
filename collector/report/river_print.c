/* The river chief's report for a terminal: each section with its answer, items and calendar. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/say.h"
#include "report/river.h"
#include "report/table.h"

/* Words of the report for people: "III 类", "劣 V 类". Static. */
static const char *class_title(const char *class_)
{
    /* clang-format off */
    static const char *const titles[][3] = {
        {"I", "I 类", "class I"}, {"II", "II 类", "class II"}, {"III", "III 类", "class III"},
        {"IV", "IV 类", "class IV"}, {"V", "V 类", "class V"},
        {"worse_than_V", "劣 V 类", "worse than V"},
    };
    /* clang-format on */

    for (size_t i = 0; class_ != NULL && i < sizeof titles / sizeof titles[0]; i++)
        if (strcmp(class_, titles[i][0]) == 0)
            return SAY(titles[i][1], titles[i][2]);
    return "–";
}

static const char *tier_title(const char *tier)
{
    static const char *const titles[][3] = {
        {"city",     "市级河长", "city chief"    },
        {"district", "区级河长", "district chief"},
        {"town",     "镇级河长", "town chief"    },
        {"village",  "村级河长", "village chief" },
    };

    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (strcmp(tier, titles[i][0]) == 0)
            return SAY(titles[i][1], titles[i][2]);
    return tier;
}

static const char *text(const json_t *object, const char *key)
{
    const char *words = json_string_value(json_object_get(object, key));

    return words == NULL ? "" : words;
}

static const char *said(const json_t *object, const char *key)
{
    return text(json_object_get(object, key), SAY("zh", "en"));
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static void number_cell(struct table *table, double value, int decimals)
{
    if (isfinite(value))
        table_cell(table, "%.*f", decimals, value);
    else
        table_cell(table, "%s", "");
}

static const char *answer_title(const char *answer)
{
    if (strcmp(answer, "met") == 0)
        return SAY("达到目标", "target met");
    return strcmp(answer, "missed") == 0 ? SAY("未达到目标", "target missed")
                                         : SAY("不能证明", "not provable");
}

/* --- items ----------------------------------------------------------------------------------- */

static void add_item(struct table *table, const json_t *item)
{
    const json_t *limit = json_object_get(item, "limit");
    int decimals = (int)json_integer_value(json_object_get(item, "decimals"));
    const char *unit = text(item, "unit");

    table_cell(table, "%s%s", said(item, "title"),
               json_is_true(json_object_get(item, "takes_part")) ? ""
                                                                 : SAY("（不参评）", " (apart)"));
    number_cell(table, number(item, "mean"), decimals);
    table_cell(table, "%s", unit);
    table_cell(table, "%s", class_title(text(item, "class")));
    table_cell(table, "%s%s", text(limit, "text"),
               json_is_true(json_object_get(limit, "verified")) ? ""
                                                                : SAY(" 未核实", " unverified"));
    number_cell(table, number(item, "multiple"), 2);
    number_cell(table, number(item, "index"), 2);
    table_cell(table, "%d/%d", (int)json_integer_value(json_object_get(item, "valid_days")),
               (int)json_integer_value(json_object_get(item, "days")));
    table_cell(table, "%s",
               json_is_true(json_object_get(item, "enough")) ? SAY("够", "yes")
                                                             : SAY("不够", "no"));
}

static void print_items(const json_t *section, FILE *to)
{
    const char *const headings[] = {
        SAY("指标", "ITEM"),  SAY("月均值", "MEAN"),    SAY("单位", "UNIT"),
        SAY("类别", "CLASS"), SAY("目标限值", "LIMIT"), SAY("超标倍数", "MULTIPLE"),
        SAY("指数", "INDEX"), SAY("有效日", "DAYS"),    SAY("数据", "ENOUGH")};
    const json_t *items = json_object_get(section, "items");
    struct table *table;

    if (json_array_size(items) == 0)
        return;
    table = table_new(9, headings);
    for (size_t i = 0; i < json_array_size(items); i++)
        add_item(table, json_array_get(items, i));
    table_print(table, to);
    table_free(table);
}

static void print_names(const json_t *list, const char *heading, FILE *to)
{
    if (json_array_size(list) == 0)
        return;
    fprintf(to, "%s", heading);
    for (size_t i = 0; i < json_array_size(list); i++)
        fprintf(to, "%s%s", i == 0 ? "" : SAY("、", ", "), said(json_array_get(list, i), "title"));
    fputc('\n', to);
}

static void print_beside(const json_t *section, FILE *to)
{
    const json_t *list = json_object_get(section, "beside");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        double mean = number(one, "mean");

        fprintf(to, "%s%s ", i == 0 ? SAY("另测：", "also measured: ") : SAY("，", ", "),
                said(one, "title"));
        if (isfinite(mean))
            fprintf(to, "%.*f %s", (int)json_integer_value(json_object_get(one, "decimals")), mean,
                    text(one, "unit"));
        else
            fputs("–", to);
    }
    if (json_array_size(list) > 0)
        fputc('\n', to);
}

/* --- calendar -------------------------------------------------------------------------------- */

static const char *short_class(const char *class_)
{
    if (*class_ == '\0')
        return SAY("缺", "-");
    return strcmp(class_, "worse_than_V") == 0 ? SAY("劣", ">V") : class_;
}

/* Ten days a line. */
static void print_calendar(const json_t *section, FILE *to)
{
    const json_t *days = json_object_get(section, "calendar");

    fputs(SAY("逐日类别（缺：当日没有有效指标）\n", "class by day (-: no valid item that day)\n"),
          to);
    for (size_t i = 0; i < json_array_size(days); i++) {
        const char *word = short_class(text(json_array_get(days, i), "class"));

        fprintf(to, "  %2zu %s%*s", i + 1, word, (int)(4 - display_width(word)), "");
        if (i % 10 == 9 || i + 1 == json_array_size(days))
            fputc('\n', to);
    }
}

/* --- a section ------------------------------------------------------------------------------- */

static const char *change_title(const char *change)
{
    /* clang-format off */
    static const char *const titles[][3] = {
        {"none", "无明显变化", "no clear change"}, {"better", "有所好转", "somewhat better"},
        {"clearly_better", "明显好转", "clearly better"}, {"worse", "有所变差", "somewhat worse"},
        {"clearly_worse", "明显变差", "clearly worse"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (strcmp(change, titles[i][0]) == 0)
            return SAY(titles[i][1], titles[i][2]);
    return SAY("不能比较", "cannot be compared");
}

static void print_change(const json_t *change, const char *with, FILE *to)
{
    bool other_items =
        *text(change, "change") != '\0' && !json_is_true(json_object_get(change, "same_items"));

    fprintf(to, SAY("与%s（%s，%s）相比：%s%s\n", "against %s (%s, %s): %s%s\n"), with,
            text(change, "month"), class_title(text(change, "class")),
            change_title(text(change, "change")),
            other_items
                ? SAY("（参评指标不同，仅供参考）", " (by other items: for orientation only)")
                : "");
}

static void print_main(const json_t *section, FILE *to)
{
    const json_t *names = json_object_get(section, "main_items");
    const json_t *items = json_object_get(section, "items");

    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));

        fputs(i == 0 ? SAY("主要污染指标：", "main items: ") : SAY("、", ", "), to);
        for (size_t j = 0; j < json_array_size(items); j++) {
            const json_t *item = json_array_get(items, j);
            double multiple = number(item, "multiple");

            if (strcmp(text(item, "parameter"), name) != 0)
                continue;
            fprintf(to, "%s", said(item, "title"));
            if (isfinite(multiple))
                fprintf(to, SAY("（超目标 %.2f 倍）", " (%.2f times beyond the target)"), multiple);
        }
    }
    if (json_array_size(names) > 0)
        fputc('\n', to);
}

static void print_head(const json_t *section, FILE *to)
{
    const json_t *chiefs = json_object_get(section, "chiefs");
    const json_t *river = json_object_get(section, "river");
    const char *title = text(river, "title");

    fprintf(to, "\n%s（%s）", text(section, "title"), text(section, "site"));
    fprintf(to, SAY(" %s，目标 %s", " %s, target %s"), *title == '\0' ? text(river, "name") : title,
            class_title(text(section, "target")));
    for (size_t i = 0; i < json_array_size(chiefs); i++)
        fprintf(to, SAY("，%s %s", ", %s %s"), tier_title(text(json_array_get(chiefs, i), "tier")),
                text(json_array_get(chiefs, i), "name"));
    fputc('\n', to);
}

static void print_section(const json_t *section, FILE *to)
{
    const json_t *change = json_object_get(section, "change");
    const char *grade = said(section, "grade");

    print_head(section, to);
    fprintf(to, SAY("%s：%s%s%s。%s\n", "%s: %s%s%s. %s\n"), answer_title(text(section, "answer")),
            class_title(text(section, "class")), *grade == '\0' ? "" : SAY("，", ", "), grade,
            said(section, "why"));
    print_main(section, to);
    print_change(json_object_get(change, "last_month"), SAY("上月", "last month"), to);
    print_change(json_object_get(change, "last_year"), SAY("去年同月", "the same month last year"),
                 to);
    fprintf(to, SAY("黑臭初筛：%s\n", "black-and-odorous screening: %s\n"),
            said(json_object_get(section, "black_odour"), "why"));
    if (isfinite(number(section, "completeness")))
        fprintf(to,
                SAY("数据完整率 %.1f %%；劣 V 类 %lld 天\n",
                    "complete to %.1f %%; worse than V on %lld days\n"),
                number(section, "completeness"),
                (long long)json_integer_value(json_object_get(section, "days_worse_than_V")));
    print_items(section, to);
    print_beside(section, to);
    print_names(json_object_get(section, "missing"), SAY("没有监测的指标：", "not measured: "), to);
    print_calendar(section, to);
}

void river_print(const json_t *report, FILE *to)
{
    const json_t *sections = json_object_get(report, "sections");

    fprintf(to,
            SAY("%s，按 %s 单因子法（最差一项定类），溶解氧指数用 "
                "%s；月均值是有效日均值的算术平均，比较前修约到限值的位数\n",
                "%s, by %s, single-factor method (the worst item decides), index of dissolved "
                "oxygen by form %s; the month is the arithmetic mean of its valid days, rounded to "
                "the digits of the limit before comparison\n"),
            text(report, "month"), text(report, "standard"),
            strcmp(text(report, "oxygen_form"), "A") == 0
                ? SAY("A 式（HJ 2.3-2018）", "A (HJ 2.3-2018)")
                : SAY("B 式（HJ/T 2.3-93）", "B (HJ/T 2.3-93)"));
    for (size_t i = 0; i < json_array_size(sections); i++)
        print_section(json_array_get(sections, i), to);
}
