#include "liar_faults.h"

#include <stdlib.h>
#include <string.h>

#include "liar_truth.h"

enum { ANY = LIAR_TCP | LIAR_RTU | LIAR_RTU_TCP, FRAMED = LIAR_RTU | LIAR_RTU_TCP };
enum { STREAM = LIAR_TCP | LIAR_RTU_TCP, RULES_MAX = 32, MIX_RATE = 1 << 30 };

/* clang-format off */
static const struct fault_entry entries[FAULT_COUNT] = {
    [FAULT_NONE]           = {"none", ANY, false, "an honest answer"},
    [FAULT_SILENCE]        = {"silence", ANY, true, "no answer"},
    [FAULT_LATE]           = {"late", ANY, true, "the answer MS after the request; else after the timeout, within the guard"},
    [FAULT_LATER]          = {"later", ANY, true, "the same, after the guard, within the second asking's timeout"},
    [FAULT_TWICE]          = {"twice", ANY, true, "the answer, and a second copy at once"},
    [FAULT_ORDER]          = {"order", ANY, true, "the answer only behind that of the next request"},
    [FAULT_HALF]           = {"half", ANY, true, "the first half of the answer"},
    [FAULT_DRIBBLE]        = {"dribble", ANY, true, "byte by byte, the last MS after the first; else twice the timeout"},
    [FAULT_BEFORE]         = {"before", ANY, true, "N stray bytes before the answer; else 1 to 8"},
    [FAULT_AFTER]          = {"after", ANY, true, "N stray bytes behind the answer; else 1 to 8"},
    [FAULT_FLOOD]          = {"flood", ANY, true, "N bytes of anything instead of an answer; else 20,000 (600 on a line)"},
    [FAULT_FLIP]           = {"flip", ANY, true, "bit N of the frame is wrong (TCP: drawn from the header alone)"},
    [FAULT_CRC]            = {"crc", FRAMED, true, "a wrong CRC"},
    [FAULT_WRONG_UNIT]     = {"wrong_unit", ANY, true, "the answer under unit id N; else the next one"},
    [FAULT_SWAP]           = {"swap", ANY, true, "the next unit's answer, under its own id"},
    [FAULT_OTHER_FIRST]    = {"other_first", ANY, true, "the next unit's answer, then the right one"},
    [FAULT_WRONG_FUNCTION] = {"wrong_function", ANY, true, "the answer under another function"},
    [FAULT_BYTE_COUNT]     = {"byte_count", ANY, true, "byte count N; else odd, 0, 255 or half of it"},
    [FAULT_EXCEPTION]      = {"exception", ANY, true, "exception N; else any of the 256"},
    [FAULT_REPLAY]         = {"replay", ANY, true, "the link's answer before (RTU: only where it looks different)"},
    [FAULT_ECHO]           = {"echo", FRAMED, true, "the request comes back, then the answer"},
    [FAULT_ECHO_ONLY]      = {"echo_only", FRAMED, true, "the request comes back, and nothing else"},
    [FAULT_MASTER]         = {"master", FRAMED, true, "another master's request to the unit with its answer, then ours"},
    [FAULT_WRONG_TID]      = {"wrong_tid", LIAR_TCP, true, "the transaction id before, with another unit's words"},
    [FAULT_TID_ZERO]       = {"tid_zero", LIAR_TCP, true, "transaction id 0, with another unit's words"},
    [FAULT_PROTOCOL]       = {"protocol", LIAR_TCP, true, "protocol id N, else 0x0100, with another unit's words"},
    [FAULT_LENGTH]         = {"length", LIAR_TCP, true, "header length N, else 0, too short, too long, 65535; as protocol"},
    [FAULT_CUT_RST]        = {"cut_rst", STREAM, true, "N bytes of the answer, then a reset"},
    [FAULT_CUT_FIN]        = {"cut_fin", STREAM, true, "N bytes of the answer, then the end of the stream"},
    [FAULT_RESET]          = {"reset", STREAM, true, "a reset instead of an answer"},
    [FAULT_CLOSE]          = {"close", STREAM, true, "the end of the stream instead of an answer"},
    [FAULT_IDLE_CLOSE]     = {"idle_close", STREAM, true, "the answer, and the end of the stream MS later; else at once"},
    [FAULT_HOLE]           = {"hole", ANY, false, "everything is heard and nothing answered for MS; else four timeouts"},
    [FAULT_REFUSE]         = {"refuse", STREAM, false, "reset, and connections refused for MS; else one second"},
    [FAULT_CUT]            = {"cut", ANY, false, "the line is gone for MS (a pty comes back as another one); else a second"},
    [FAULT_REBOOT]         = {"reboot", ANY, false, "as cut, and the device comes back with another map (--then-set)"},
    [FAULT_SWAP_HIDDEN]    = {"swap_hidden", ANY, false, "the next unit's words under our unit id: no byte tells, only an identity register"},
    [FAULT_STALE]          = {"stale", ANY, false, "the words of ten seconds ago, in a right frame: no byte tells"},
};
/* clang-format on */

struct rule {
    enum fault_kind kind;
    long value;
    long from, to;            /* numbers; to < 0: any */
    long every;               /* 0: each */
    uint32_t chance;          /* of MIX_RATE */
    long unit;                /* -1: any */
    long address, address_to; /* -1: any */
};

struct fault_rules {
    uint64_t seed;
    long calm;
    struct rule rules[RULES_MAX];
    size_t count;
    bool mixed[FAULT_COUNT];
    uint32_t mix_chance;
};

const struct fault_entry *fault_entry(enum fault_kind kind)
{
    return &entries[kind];
}

void faults_print(FILE *out)
{
    for (int kind = 0; kind < FAULT_COUNT; kind++)
        fprintf(out, "  %-15s %s%s%s %c %s\n", entries[kind].name,
                entries[kind].wires & LIAR_TCP ? "T" : "-",
                entries[kind].wires & LIAR_RTU ? "R" : "-",
                entries[kind].wires & LIAR_RTU_TCP ? "S" : "-", entries[kind].single ? '*' : ' ',
                entries[kind].meaning);
}

struct fault_rules *fault_rules_new(uint64_t seed, long calm)
{
    struct fault_rules *rules = calloc(1, sizeof *rules);

    if (rules != NULL) {
        rules->seed = seed;
        rules->calm = calm;
    }
    return rules;
}

void fault_rules_free(struct fault_rules *rules)
{
    free(rules);
}

void fault_rules_clear(struct fault_rules *rules)
{
    rules->count = 0;
    rules->mix_chance = 0;
}

static bool find_kind(const char *name, size_t size, enum fault_kind *kind)
{
    for (int i = 0; i < FAULT_COUNT; i++)
        if (strlen(entries[i].name) == size && memcmp(entries[i].name, name, size) == 0) {
            *kind = (enum fault_kind)i;
            return true;
        }
    return false;
}

static bool read_span(const char *text, long *from, long *to)
{
    char *end;

    *from = *to = strtol(text, &end, 0);
    if (end == text)
        return false;
    if (*end == '-') {
        text = end + 1;
        *to = strtol(text, &end, 0);
    }
    return *end == '\0' && end != text && *from >= 0 && *to >= *from;
}

static bool read_when(struct rule *rule, char *when)
{
    char *rest = NULL;

    for (char *word = strtok_r(when, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        long ignored;

        if (strncmp(word, "every", 5) == 0 && word[5] != '\0')
            rule->every = strtol(word + 6, NULL, 10);
        else if (strncmp(word, "p=", 2) == 0)
            rule->chance = (uint32_t)(strtod(word + 2, NULL) * MIX_RATE);
        else if (strncmp(word, "unit=", 5) == 0 && !read_span(word + 5, &rule->unit, &ignored))
            return false;
        else if (strncmp(word, "address=", 8) == 0 &&
                 !read_span(word + 8, &rule->address, &rule->address_to))
            return false;
        else if (word[0] >= '0' && word[0] <= '9' && !read_span(word, &rule->from, &rule->to))
            return false;
        else if (strchr("euap0123456789", word[0]) == NULL)
            return false;
    }
    return rule->every >= 0 && rule->chance <= MIX_RATE;
}

bool fault_rules_add(struct fault_rules *rules, const char *text)
{
    struct rule rule = {
        .value = FAULT_DRAWN, .to = -1, .chance = MIX_RATE, .unit = -1, .address = -1};
    char copy[200];
    char *when, *value;

    if (strlen(text) >= sizeof copy || rules->count == RULES_MAX)
        return false;
    strcpy(copy, text);
    when = strchr(copy, '@');
    if (when != NULL)
        *when++ = '\0';
    value = strchr(copy, '=');
    if (value != NULL) {
        *value++ = '\0';
        rule.value = strtol(value, NULL, 0);
    }
    if (!find_kind(copy, strlen(copy), &rule.kind) || (when != NULL && !read_when(&rule, when)))
        return false;
    rules->rules[rules->count++] = rule;
    return true;
}

bool fault_rules_mix(struct fault_rules *rules, const char *names, double rate)
{
    enum fault_kind kind;

    if (!(rate >= 0 && rate <= 1))
        return false;
    rules->mix_chance = (uint32_t)(rate * MIX_RATE);
    for (int i = 0; i < FAULT_COUNT; i++)
        rules->mixed[i] = strcmp(names, "all") == 0 && entries[i].single;
    if (strcmp(names, "all") == 0)
        return true;
    while (*names != '\0') {
        size_t size = strcspn(names, ",");

        if (!find_kind(names, size, &kind))
            return false;
        rules->mixed[kind] = true;
        names += size + (names[size] == ',');
    }
    return true;
}

static bool rule_fits(const struct rule *rule, uint32_t number, uint64_t luck, unsigned unit,
                      unsigned address, unsigned count)
{
    if (rule->to >= 0 && ((long)number < rule->from || (long)number > rule->to))
        return false;
    if (rule->every > 0 && number % (unsigned long)rule->every != (unsigned long)rule->every - 1)
        return false;
    if (rule->unit >= 0 && (long)unit != rule->unit)
        return false;
    if (rule->address >= 0 &&
        ((long)address > rule->address_to || (long)(address + count) <= rule->address))
        return false;
    return rule->chance == MIX_RATE || luck % MIX_RATE < rule->chance;
}

/* Whether the mix strikes here. In a calm run each stretch of `calm` exchanges has one place, drawn
 * from its first half. */
static bool mix_strikes(const struct fault_rules *rules, unsigned link, uint32_t number,
                        uint64_t luck)
{
    uint32_t calm = (uint32_t)rules->calm;

    if (rules->mix_chance == 0)
        return false;
    if (calm == 0)
        return luck % MIX_RATE < rules->mix_chance;
    return number % calm ==
           draw(rules->seed, link, number / calm, 7) % (calm / 2 > 0 ? calm / 2 : 1);
}

static enum fault_kind pick_mixed(const struct fault_rules *rules, enum liar_wire wire,
                                  uint64_t luck)
{
    enum fault_kind fitting[FAULT_COUNT];
    size_t count = 0;

    for (int i = 0; i < FAULT_COUNT; i++)
        if (rules->mixed[i] && entries[i].wires & wire)
            fitting[count++] = (enum fault_kind)i;
    return count > 0 ? fitting[luck % count] : FAULT_NONE;
}

struct fault fault_of(const struct fault_rules *rules, enum liar_wire wire, unsigned link,
                      uint32_t number, unsigned unit, unsigned address, unsigned count)
{
    struct fault fault = {.value = FAULT_DRAWN, .luck = draw(rules->seed, link, number, 1)};

    for (size_t i = 0; i < rules->count; i++)
        if (entries[rules->rules[i].kind].wires & wire &&
            rule_fits(&rules->rules[i], number, draw(rules->seed, link, number, 100 + i), unit,
                      address, count)) {
            fault.kind = rules->rules[i].kind;
            fault.value = rules->rules[i].value;
            return fault;
        }
    if (mix_strikes(rules, link, number, draw(rules->seed, link, number, 2)))
        fault.kind = pick_mixed(rules, wire, draw(rules->seed, link, number, 3));
    return fault;
}
