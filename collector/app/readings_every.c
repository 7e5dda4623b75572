#include "app/readings_every.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/say.h"
#include "base/text.h"
#include "report/table.h"
#include "town/point_setup.h"
#include "town/shown.h"

/* The periods that are kept of the point; of one that has left the settings any that may have been.
 */
static unsigned kept_of(const struct every_asked *asked)
{
    struct point_setup setup;

    if (!point_setup_find(&setup, asked->settings, asked->point))
        return UINT32_MAX;
    return point_setup_kept(&setup, asked->settings, asked->point);
}

static bool refuse(const struct every_asked *asked, const char *words, unsigned kept,
                   struct error *err)
{
    char list[128];
    struct text text;

    text_init(&text, list, sizeof list);
    for (int period = PERIOD_1MIN; period < PERIOD_YEAR; period++)
        if ((kept >> period & 1u) != 0)
            text_format(&text, "%s%s", text.used > 0 ? SAY("、", ", ") : "",
                        period_word((enum period)period));
    return error_set(err, ERROR_WRONG_USE,
                     SAY("--every %s：%s 没有这种时段的统计值，保留的有 %s",
                         "--every %s: %s has no aggregates of this period; those kept are %s"),
                     words, asked->point, text.used > 0 ? list : SAY("（无）", "(none)"));
}

/* Printing ---------------------------------------------------------------------------------- */

struct printing {
    const struct every_asked *asked;
    enum period period;
    bool noise;
    size_t count;
    struct span last; /* the period printed last */
    struct table *table;
};

enum { NUMBER_SIZE = 32 };

/* The shortest decimal; "" when it is absent. */
static const char *number_text(double value, char *out)
{
    struct text text;

    text_init(&text, out, NUMBER_SIZE);
    if (isfinite(value))
        text_add_number(&text, value);
    return out;
}

/* For people: rounded to the parameter's decimals, as a report would be. */
static const char *shown_number(const struct printing *printing, double value, char *out)
{
    const struct parameter *parameter = printing->asked->parameter;
    int decimals = parameter == NULL ? 6 : parameter->decimals;
    double rounded;

    *out = '\0';
    if (!isfinite(value))
        return out;
    rounded = decimal_to_double(decimal_round(decimal_from_double(value), decimals));
    if (parameter == NULL || fabs(rounded) >= 1e15)
        return number_text(rounded, out);
    snprintf(out, NUMBER_SIZE, "%.*f", decimals, rounded);
    return out;
}

static void print_json(const struct printing *printing, const struct aggregate *row,
                       const char *when)
{
    struct aggregate_number numbers[AGGREGATE_NUMBERS];
    size_t count = aggregate_numbers(row, printing->noise, numbers);
    char text[NUMBER_SIZE];

    printf("%s{\"time\":\"%s\",", printing->count > 0 ? "," : "", when);
    if (row->version > 0)
        printf("\"count\":%u,\"expected\":%u,\"valid\":%u", row->count, row->expected, row->valid);
    else
        printf("\"count\":null,\"expected\":null,\"valid\":null");
    for (size_t i = 0; i < count; i++)
        printf(",\"%s\":%s", numbers[i].name,
               isfinite(numbers[i].value) ? number_text(numbers[i].value, text) : "null");
    putchar('}');
}

static void print_csv(const struct printing *printing, const struct aggregate *row,
                      const char *when)
{
    struct aggregate_number numbers[AGGREGATE_NUMBERS];
    size_t count = aggregate_numbers(row, printing->noise, numbers);
    char text[NUMBER_SIZE];

    if (row->version > 0)
        printf("%s,%u,%u,%u", when, row->count, row->expected, row->valid);
    else
        printf("%s,,,", when);
    for (size_t i = 0; i < count; i++)
        printf(",%s", number_text(numbers[i].value, text));
    printf("\r\n");
}

static const char *enough_shown(const struct aggregate *row)
{
    if (row->version == 0)
        return SAY("无数据", "nothing");
    return row->enough ? SAY("有效", "valid") : SAY("数据不足", "not enough");
}

static void print_table(struct printing *printing, const struct aggregate *row, const char *when)
{
    const double numbers[] = {row->min, row->mean, row->max, row->l10, row->l50, row->l90};
    char text[NUMBER_SIZE];
    char local[LOCAL_TEXT];

    table_cell(printing->table, "%s", local_time(when, local));
    for (size_t i = 0; i < (printing->noise ? 6 : 3); i++)
        table_cell(printing->table, "%s", shown_number(printing, numbers[i], text));
    if (row->version > 0)
        table_cell(printing->table, "%u / %u", row->valid, row->expected);
    else
        table_cell(printing->table, "%s", "");
    table_cell(printing->table, "%s", enough_shown(row));
}

static void print_row(struct printing *printing, const struct aggregate *row)
{
    char when[WALL_TEXT];

    wall_text(row->start, when);
    if (printing->asked->form == FORM_JSON)
        print_json(printing, row, when);
    else if (printing->asked->form == FORM_CSV)
        print_csv(printing, row, when);
    else
        print_table(printing, row, when);
    printing->count++;
    printing->last = (struct span){row->start, row->end};
}

/* A period between two others that nothing was written of: the device was not in force. */
static void print_absent(struct printing *printing, struct wall_time before)
{
    const struct night *night = tally_night(printing->asked->settings->tallies);
    struct aggregate absent;
    struct span next;

    for (;;) {
        next = period_next(printing->period, printing->last, night);
        if (next.start.ms >= before.ms || next.start.ms <= printing->last.start.ms)
            return;
        aggregate_clear(&absent);
        absent.start = next.start;
        absent.end = next.end;
        print_row(printing, &absent);
    }
}

static bool print_aggregate(void *self, const struct aggregate *row)
{
    struct printing *printing = self;

    if (printing->count > 0)
        print_absent(printing, row->start);
    print_row(printing, row);
    return true;
}

static void begin(struct printing *printing)
{
    const struct every_asked *asked = printing->asked;
    const char *const plain[] = {SAY("时间", "TIME"),
                                 SAY("最小", "MIN"),
                                 SAY("平均", "MEAN"),
                                 SAY("最大", "MAX"),
                                 SAY("有效/应有", "VALID/EXPECTED"),
                                 SAY("有效性", "VALIDITY")};
    const char *const noise[] = {SAY("时间", "TIME"),
                                 SAY("最小", "MIN"),
                                 SAY("等效声级", "LEQ"),
                                 SAY("最大", "MAX"),
                                 "L10",
                                 "L50",
                                 "L90",
                                 SAY("有效/应有", "VALID/EXPECTED"),
                                 SAY("有效性", "VALIDITY")};

    if (asked->form == FORM_JSON)
        printf("{\"point\":\"%s\",\"unit\":\"%s\",\"readings\":[", asked->point,
               asked->parameter == NULL ? "" : asked->parameter->unit);
    else if (asked->form == FORM_CSV)
        printf("\xef\xbb\xbftime,count,expected,valid,min,mean,max%s\r\n",
               printing->noise ? ",leq,l10,l50,l90" : "");
    else if (printing->noise)
        printing->table = table_new(sizeof noise / sizeof noise[0], noise);
    else
        printing->table = table_new(sizeof plain / sizeof plain[0], plain);
}

static void end(struct printing *printing)
{
    if (printing->asked->form == FORM_JSON)
        puts("]}");
    if (printing->table != NULL && printing->count > 0)
        table_print(printing->table, stdout);
    else if (printing->table != NULL)
        puts(SAY("这段时间没有统计值：时段结束后才有。",
                 "no aggregates in this time: there is one when its period has ended."));
    table_free(printing->table);
}

bool every_print(const struct every_asked *asked, const char *words, struct reader *reader,
                 struct error *err)
{
    struct printing printing = {.asked = asked};
    unsigned kept = kept_of(asked);
    bool read;

    if (!period_asked(words, &printing.period) || (kept >> printing.period & 1u) == 0)
        return refuse(asked, words, kept, err);
    if (asked->form == FORM_TABLE) {
        say_simulated(asked->settings, asked->point);
        say_zone(asked->settings);
    }
    printing.noise = asked->parameter != NULL && asked->parameter->medium == MEDIUM_NOISE;
    begin(&printing);
    read = reader_aggregates(reader, asked->number, printing.period, asked->span, print_aggregate,
                             &printing, err);
    end(&printing);
    return read;
}
