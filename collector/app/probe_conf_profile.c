/* A profile to be completed, from the registers that gave the display's values. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/probe_conf.h"
#include "base/say.h"

/* What the profile is made from. */
struct making {
    const char *model;
    const struct shelf *shelf;
    const struct link_setup *line;
    const struct probe_words *words;
    size_t words_count;
    const struct expected *expected;
    const struct mark *best[EXPECTED_MAX]; /* NULL: nothing gives it */
    size_t count;
};

static const struct parameter *parameter_of(const struct making *making, size_t index)
{
    const char *key = making->expected[index].parameter;
    char name[CHANNEL_SIZE];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(key, "."), key);
    return making->shelf == NULL ? NULL : parameter_find(making->shelf->parameters, name);
}

/* The span another maker promises of this parameter: a beginning, to be set after the manual. */
static const struct channel *similar_channel(const struct making *making,
                                             const struct parameter *parameter, double value)
{
    for (size_t i = 0; parameter != NULL && i < making->shelf->count; i++)
        for (size_t j = 0; j < making->shelf->profiles[i]->channel_count; j++) {
            const struct channel *channel = &making->shelf->profiles[i]->channels[j];

            if (channel->parameter == parameter && channel->valid_min <= value &&
                channel->valid_max >= value &&
                strncmp(making->shelf->profiles[i]->model, "example_", 8) != 0)
                return channel;
        }
    return NULL;
}

static bool goes_below_zero(const struct channel *similar)
{
    return similar != NULL && similar->valid_min < 0.0;
}

static const char *type_of(const struct mark *mark, const struct channel *similar)
{
    if (!mark->sign_open || !goes_below_zero(similar))
        return probe_type_word(mark->type);
    return mark->type == WORDS_UINT16 ? "int16" : "int32";
}

static void write_number(FILE *out, double value)
{
    char words[40];
    struct text text;

    text_init(&text, words, sizeof words);
    text_add_number(&text, value);
    fputs(words, out);
}

static void write_scale(FILE *out, int scale)
{
    if (scale == 0)
        return;
    fprintf(out, " scale = ");
    write_number(out, decimal_to_double((struct decimal){1, scale}));
    fprintf(out, ";");
}

static void write_span(FILE *out, const struct channel *similar)
{
    if (similar == NULL) {
        fprintf(out, " valid = [ ];");
        return;
    }
    fprintf(out, " valid = [");
    write_number(out, similar->valid_min);
    fprintf(out, ", ");
    write_number(out, similar->valid_max);
    fprintf(out, "];");
}

static void write_channel(FILE *out, const struct making *making, size_t index,
                          enum word_order order, bool last)
{
    const struct mark *mark = making->best[index];
    const struct parameter *parameter = parameter_of(making, index);
    const struct channel *similar = similar_channel(making, parameter, mark->value);
    const char *key = making->expected[index].parameter;
    const char *suffix = strchr(key, '.');
    char manual[8];

    fprintf(out, "    # %s\n",
            parameter == NULL ? SAY("待填：parameter（见 parameters.conf）、unit、valid（量程）",
                                    "to fill in: parameter (see parameters.conf), unit, valid (the "
                                    "span)")
                              : SAY("请按说明书核对量程 valid", "compare the span, valid, with "
                                                                "the manual"));
    fprintf(out, "    { parameter = \"%.*s\";", (int)strcspn(key, "."), key);
    if (suffix != NULL)
        fprintf(out, " suffix = \"%s\";", suffix + 1);
    fprintf(out, " unit = \"%s\"; area = \"%s\"; address = %u;\n      type = \"%s\";",
            parameter == NULL ? "" : parameter->unit, area_word(mark->area), mark->address,
            type_of(mark, similar));
    if (mark->order != order)
        fprintf(out, " word_order = \"%s\";", probe_order_word(mark->order));
    write_scale(out, mark->scale);
    write_span(out, similar);
    fprintf(out, " manual = \"%s\"; }%s\n", probe_manual_text(mark->area, mark->address, manual),
            last ? "" : ",");
}

/* The words of the channels of one area, as they were read. */
static void write_words(FILE *out, const struct making *making, enum register_area area)
{
    bool any = false;

    for (size_t i = 0; i < making->count; i++) {
        const struct mark *mark = making->best[i];
        const struct channel channel = {.type = mark != NULL ? mark->type : WORDS_UINT16};
        const struct probe_words *words = NULL;

        for (size_t j = 0; mark != NULL && j < making->words_count; j++)
            if (making->words[j].range.area == mark->area &&
                mark->address >= making->words[j].range.address &&
                mark->address < making->words[j].range.address + making->words[j].range.count)
                words = &making->words[j];
        if (mark == NULL || mark->area != area || words == NULL)
            continue;
        fprintf(out, any ? ",\n                  " : "      %s = ( ", area_word(area));
        fprintf(out, "{ at = %u; words = [", mark->address);
        for (unsigned k = 0; k < channel_word_count(&channel); k++)
            fprintf(out, "%s0x%04X", k > 0 ? ", " : "",
                    words->words[mark->address - words->range.address + k]);
        fprintf(out, "]; }");
        any = true;
    }
    if (any)
        fprintf(out, " );\n");
}

/* PARAMETER.SUFFIX is written PARAMETER_SUFFIX in a proof. */
static void write_proof(FILE *out, const struct making *making)
{
    fprintf(out, "proofs = (\n    { note = \"");
    fputs(SAY("lookback probe 读得；显示屏上是", "read by lookback probe; the display showed"),
          out);
    for (size_t i = 0; i < making->count; i++)
        if (making->best[i] != NULL)
            fprintf(out, " %s", making->expected[i].text);
    fprintf(out, "\";\n");
    write_words(out, making, AREA_HOLDING_REGISTER);
    write_words(out, making, AREA_INPUT_REGISTER);
    fprintf(out, "     ");
    for (size_t i = 0; i < making->count; i++) {
        const char *key = making->expected[i].parameter;

        if (making->best[i] == NULL)
            continue;
        fputc(' ', out);
        for (const char *at = key[0] != '\0' ? key : "parameter"; *at != '\0'; at++)
            fputc(*at == '.' ? '_' : *at, out);
        fprintf(out, " = ");
        write_number(out, making->best[i]->value);
        fputc(';', out);
    }
    fprintf(out, " }\n);\n");
}

static void write_head(FILE *out, const struct making *making, enum word_order order)
{
    fprintf(
        out, "# %s\n",
        SAY("由 lookback probe 生成的模板，照说明书补全；写法见随附的 example_wq300.conf",
            "begun by lookback probe; complete it from the manual, as example_wq300.conf shows"));
    fprintf(out, "model  = \"%s\";\ntitle  = \"%s\";\n", making->model, making->model);
    fprintf(out, "source = \"%s\";\n",
            SAY("现场用 lookback probe 与显示屏比对；说明书、版本和页码请补上",
                "found with lookback probe and the display; add manual, revision and page"));
    fprintf(out, "verified = false;\n");
    if (making->line->kind == LINK_SERIAL)
        fprintf(out, "serial = { baud = %d; parity = \"%s\"; stop_bits = %d; };\n",
                making->line->baud,
                making->line->parity == 'E'   ? "even"
                : making->line->parity == 'O' ? "odd"
                                              : "none",
                making->line->stop_bits);
    fprintf(out, "word_order = \"%s\";\n\nchannels = (\n", probe_order_word(order));
}

/* The order of the first float or 32-bit number; sixteen bits have the plain one. */
static enum word_order common_order(const struct making *making)
{
    for (size_t i = 0; i < making->count; i++)
        if (making->best[i] != NULL && making->best[i]->type != WORDS_UINT16 &&
            making->best[i]->type != WORDS_INT16)
            return making->best[i]->order;
    return ORDER_ABCD;
}

static void write_profile(FILE *out, const struct making *making)
{
    enum word_order order = common_order(making);
    size_t last = 0;

    write_head(out, making, order);
    for (size_t i = 0; i < making->count; i++)
        last = making->best[i] != NULL ? i : last;
    for (size_t i = 0; i < making->count; i++)
        if (making->best[i] != NULL)
            write_channel(out, making, i, order, i == last);
    fprintf(out, ");\n\n");
    write_proof(out, making);
}

void conf_add_profile(struct conf_pieces *pieces, const char *model, const struct shelf *shelf,
                      const struct link_setup *line, const struct probe_words *words,
                      size_t words_count, const struct expected *expected, size_t expected_count,
                      const struct marks *marks)
{
    struct conf_piece *piece = &pieces->list[pieces->count];
    struct making making = {.model = model,
                            .shelf = shelf,
                            .line = line,
                            .words = words,
                            .words_count = words_count,
                            .expected = expected,
                            .count = expected_count};
    bool any = false;
    size_t size;
    FILE *out;

    for (size_t i = marks->count; i > 0; i--)
        making.best[marks->list[i - 1].expected] = &marks->list[i - 1];
    for (size_t i = 0; i < expected_count; i++)
        any = any || making.best[i] != NULL;
    if (!any || pieces->count == CONF_FILES_MAX)
        return;
    snprintf(piece->name, sizeof piece->name, "profiles/%s.conf", model);
    out = open_memstream(&piece->text, &size);
    if (out == NULL)
        return;
    write_profile(out, &making);
    if (fclose(out) == 0 && piece->text != NULL)
        pieces->count++;
}
