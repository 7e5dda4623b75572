#include "ledger/terms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "ledger/sheet.h"

#define FIELD(type, field) offsetof(type, field), sizeof(((type *)0)->field)
#define ROWS(table)        (sizeof(table) / sizeof((table)[0]))

static const char *const kinds[] = {"finding", "petition", NULL};

/* A row of a list, as the file gives it. */
struct row {
    char key[NAME_SIZE];
    char zh[TERM_SIZE], en[TERM_SIZE];
    int64_t watch_ms;
    int kind;
};

#define DAY_MS 86400000.0

/* clang-format off */
static const struct conf_key root_keys[] = {
    {"watch", CONF_DURATION, false, FIELD(struct terms, watch_ms), DAY_MS, 3660 * DAY_MS, "90d", NULL,
     "巩固期：销号后再盯多久", "watch period: how long after a strike-off"},
    {"due_soon", CONF_DURATION, false, FIELD(struct terms, due_soon_ms), 0, 366 * DAY_MS, "15d", NULL,
     "离时限多久算“即将到期”", "how long before a deadline a task is due soon"},
    {"file_size", CONF_SIZE, false, FIELD(struct terms, sheet_bytes), 1, 64.0 * 1024 * 1024, "64MiB", NULL,
     "导入文件的大小上限", "the largest file that is imported"},
    {"rows", CONF_INT, false, FIELD(struct terms, sheet_rows), 1, 100000, "100000", NULL,
     "导入文件的行数上限", "the most rows of a file that is imported"},
    {"cell_size", CONF_SIZE, false, FIELD(struct terms, cell_bytes), 64, 65536, "4KiB", NULL,
     "一个单元格的上限", "the largest cell"},
    {"faults_shown", CONF_INT, false, FIELD(struct terms, faults_shown), 1, 1000, "50", NULL,
     "导入时最多列出多少处错误", "how many faults of a file are shown"},
    {"nobody", CONF_TEXT, false, FIELD(struct terms, nobody), 0, 0, "匿名", NULL,
     "信访人一栏里不是姓名的写法，空格隔开", "what stands for a petitioner without being a name"},
    {"categories", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "问题类别", "the categories"},
    {"sources", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "问题来源", "the sources"},
    {"states", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "整改状态的写法", "how states are written"},
};

#define TERM_KEYS                                                                                  \
    {"key", CONF_NAME, true, FIELD(struct row, key), 0, 0, NULL, NULL, "键", "its key"},           \
    {"zh", CONF_TEXT, true, FIELD(struct row, zh), 0, 0, NULL, NULL, "中文名称", "its Chinese name"}, \
    {"en", CONF_TEXT, true, FIELD(struct row, en), 0, 0, NULL, NULL, "英文名称", "its English name"}, \
    {"words", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "其他写法", "other ways to write it"}

static const struct conf_key category_keys[] = {
    TERM_KEYS,
    {"watch", CONF_DURATION, false, FIELD(struct row, watch_ms), DAY_MS, 3660 * DAY_MS, NULL, NULL,
     "巩固期", "its watch period"},
    {"sites", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "同类点位的种类（sites.conf 的 kind）",
     "the kinds of sites of this trade, as in sites.conf"},
};

static const struct conf_key source_keys[] = {
    TERM_KEYS,
    {"kind", CONF_CHOICE, false, FIELD(struct row, kind), 0, 0, "finding", kinds,
     "排查问题还是信访件", "whether its tasks are findings or petitions"},
};

static const struct conf_key state_keys[] = {
    {"key", CONF_NAME, true, FIELD(struct row, key), 0, 0, NULL, NULL, "状态", "the state"},
    {"words", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "写法", "ways to write it"},
};
/* clang-format on */

/* Reading ----------------------------------------------------------------------------------- */

struct loading_terms {
    struct terms *terms;
    struct conf_faults *faults;
};

static void term_add(struct term *term, const char *words)
{
    char folded[TERM_SIZE];

    sheet_fold(words, folded, sizeof folded);
    if (folded[0] != '\0')
        memcpy(term->words[term->word_count++], folded, sizeof folded);
}

/* The row's key, names and words, all folded into `words`. */
static bool read_term(struct term *term, const struct row *row, struct conf_at at,
                      struct conf_faults *faults)
{
    struct conf_at words = conf_member(at, "words");
    bool good = true;

    memcpy(term->key, row->key, sizeof term->key);
    memcpy(term->zh, row->zh, sizeof term->zh);
    memcpy(term->en, row->en, sizeof term->en);
    term->words = calloc(conf_length(words) + 3, sizeof *term->words);
    if (term->words == NULL)
        return false;
    term_add(term, term->key);
    term_add(term, term->zh);
    term_add(term, term->en);
    for (size_t i = 0; i < conf_length(words); i++) {
        const char *word = conf_text(conf_element(words, i));

        if (word == NULL || *word == '\0' || strlen(word) >= TERM_SIZE)
            good = conf_complain(faults, conf_element(words, i), "words",
                                 SAY("应为 1 到 %d 字节的文字", "text of 1 to %d bytes"),
                                 TERM_SIZE - 1);
        else
            term_add(term, word);
    }
    return good;
}

static bool read_sites(struct category *category, struct conf_at at, struct conf_faults *faults)
{
    struct conf_at sites = conf_member(at, "sites");

    for (size_t i = 0; i < conf_length(sites); i++) {
        const char *word = conf_text(conf_element(sites, i));

        if (word == NULL || !name_is_valid(word) || i >= SITE_KINDS_MAX)
            return conf_complain(faults, at, "sites",
                                 SAY("应为至多 %d 个 sites.conf 的 kind",
                                     "a list of at most %d kinds of sites.conf"),
                                 SITE_KINDS_MAX);
        snprintf(category->site_kinds[category->site_kind_count++], NAME_SIZE, "%s", word);
    }
    return true;
}

static bool read_category(struct loading_terms *loading, struct conf_at at)
{
    struct category *category = &loading->terms->categories[loading->terms->category_count];
    struct row row = {.watch_ms = loading->terms->watch_ms};

    if (!conf_read(at, category_keys, ROWS(category_keys), &row, NULL, loading->faults))
        return false;
    if (terms_category(loading->terms, row.key) != NULL)
        return conf_complain(loading->faults, at, "key",
                             SAY("类别 %s 写了两次", "the category %s stands here twice"), row.key);
    category->watch_ms = row.watch_ms;
    loading->terms->category_count++;
    return read_term(&category->term, &row, at, loading->faults) &&
           read_sites(category, at, loading->faults);
}

static bool read_source(struct loading_terms *loading, struct conf_at at)
{
    struct task_source *source = &loading->terms->sources[loading->terms->source_count];
    struct row row = {0};

    if (!conf_read(at, source_keys, ROWS(source_keys), &row, NULL, loading->faults))
        return false;
    source->petition = row.kind == 1;
    loading->terms->source_count++;
    return read_term(&source->term, &row, at, loading->faults);
}

static bool read_state(struct loading_terms *loading, struct conf_at at)
{
    struct row row = {0};
    enum task_state state;

    if (!conf_read(at, state_keys, ROWS(state_keys), &row, NULL, loading->faults))
        return false;
    if (!task_state_find(row.key, &state))
        return conf_complain(loading->faults, at, "key", SAY("没有状态 %s", "there is no state %s"),
                             row.key);
    if (loading->terms->states[state].words != NULL)
        return conf_complain(loading->faults, at, "key",
                             SAY("状态 %s 写了两次", "the state %s stands here twice"), row.key);
    return read_term(&loading->terms->states[state], &row, at, loading->faults);
}

/* The same word for two things would be taken for the first of them. */
static void refuse_shared(const struct term *one, const struct term *other, struct conf_at root,
                          const char *list, struct conf_faults *faults)
{
    for (size_t i = 0; i < one->word_count; i++)
        for (size_t j = 0; j < other->word_count; j++)
            if (strcmp(one->words[i], other->words[j]) == 0)
                conf_complain(faults, conf_member(root, list), list,
                              SAY("“%s”既是 %s 又是 %s", "\"%s\" stands for %s and for %s"),
                              one->words[i], one->key, other->key);
}

static void refuse_doubles(const struct terms *terms, struct conf_at root,
                           struct conf_faults *faults)
{
    for (size_t i = 0; i < terms->category_count; i++)
        for (size_t j = i + 1; j < terms->category_count; j++)
            refuse_shared(&terms->categories[i].term, &terms->categories[j].term, root,
                          "categories", faults);
    for (size_t i = 0; i < terms->source_count; i++)
        for (size_t j = i + 1; j < terms->source_count; j++)
            refuse_shared(&terms->sources[i].term, &terms->sources[j].term, root, "sources",
                          faults);
    for (size_t i = 0; i < TASK_STATE_COUNT; i++)
        for (size_t j = i + 1; j < TASK_STATE_COUNT; j++)
            refuse_shared(&terms->states[i], &terms->states[j], root, "states", faults);
}

static void read_lists(struct loading_terms *loading, struct conf_at root)
{
    struct conf_at categories = conf_member(root, "categories");
    struct conf_at sources = conf_member(root, "sources");
    struct conf_at states = conf_member(root, "states");

    for (size_t i = 0; i < conf_length(categories); i++)
        read_category(loading, conf_element(categories, i));
    for (size_t i = 0; i < conf_length(sources); i++)
        read_source(loading, conf_element(sources, i));
    for (size_t i = 0; i < conf_length(states); i++)
        read_state(loading, conf_element(states, i));
    refuse_doubles(loading->terms, root, loading->faults);
}

struct terms *terms_load(const char *path, struct conf_faults *faults)
{
    struct terms *loaded = NULL;
    struct terms *terms = calloc(1, sizeof *terms);
    struct conf *conf = conf_load(path, false, faults);
    struct conf_at top;

    if (conf == NULL || terms == NULL)
        goto done;
    top = conf_root(conf);
    conf_read(top, root_keys, ROWS(root_keys), terms, NULL, faults);
    terms->categories =
        calloc(conf_length(conf_member(top, "categories")) + 1, sizeof *terms->categories);
    terms->sources = calloc(conf_length(conf_member(top, "sources")) + 1, sizeof *terms->sources);
    if (terms->categories == NULL || terms->sources == NULL)
        goto done;
    read_lists(&(struct loading_terms){terms, faults}, top);

    loaded = terms;
    terms = NULL;
done:
    terms_free(terms);
    conf_free(conf);
    return loaded;
}

void terms_free(struct terms *terms)
{
    if (terms == NULL)
        return;
    for (size_t i = 0; terms->categories != NULL && i < terms->category_count; i++)
        free(terms->categories[i].term.words);
    for (size_t i = 0; terms->sources != NULL && i < terms->source_count; i++)
        free(terms->sources[i].term.words);
    for (size_t i = 0; i < TASK_STATE_COUNT; i++)
        free(terms->states[i].words);
    free(terms->categories);
    free(terms->sources);
    free(terms);
}

/* Finding ----------------------------------------------------------------------------------- */

const char *term_title(const struct term *term)
{
    return SAY(term->zh, term->en);
}

static bool term_is(const struct term *term, const char *folded)
{
    for (size_t i = 0; i < term->word_count; i++)
        if (strcmp(term->words[i], folded) == 0)
            return true;
    return false;
}

/* How many characters of `wrong` stand in `word`, of 100 of both: Chinese words of two to six
 * characters are near when they share some, whatever their distance in bytes. */
static unsigned shared_share(const char *wrong, const char *word)
{
    unsigned shared = 0;
    unsigned both = 0;

    for (const char *at = wrong; *at != '\0'; at += utf8_length(at) == 0 ? 1 : utf8_length(at)) {
        char one[5] = {0};

        memcpy(one, at, utf8_length(at) == 0 ? 1 : utf8_length(at));
        both++;
        if (strstr(word, one) != NULL)
            shared += 2;
    }
    for (const char *at = word; *at != '\0'; at += utf8_length(at) == 0 ? 1 : utf8_length(at))
        both++;
    return both == 0 ? 0 : shared * 100 / both;
}

/* The nearest word so far. */
struct nearest {
    const char *wrong; /* folded */
    const char *word;
    unsigned score;
};

static void look_near(struct nearest *nearest, const struct term *term)
{
    for (size_t i = 0; i < term->word_count; i++) {
        unsigned score = shared_share(nearest->wrong, term->words[i]);
        unsigned distance = word_distance(nearest->wrong, term->words[i]);

        if (distance <= 2 && strlen(nearest->wrong) > 3)
            score = 100 - distance;
        if (score >= 40 && score > nearest->score) {
            nearest->score = score;
            nearest->word = term->zh[0] != '\0' ? term_title(term) : term->words[i];
        }
    }
}

const struct category *terms_category(const struct terms *terms, const char *key)
{
    for (size_t i = 0; i < terms->category_count; i++)
        if (strcmp(terms->categories[i].term.key, key) == 0)
            return &terms->categories[i];
    return NULL;
}

const struct category *terms_find_category(const struct terms *terms, const char *words,
                                           const char **nearest)
{
    char folded[TERM_SIZE];
    struct nearest near = {.wrong = sheet_fold(words, folded, sizeof folded)};

    for (size_t i = 0; i < terms->category_count; i++)
        if (term_is(&terms->categories[i].term, folded))
            return &terms->categories[i];
    for (size_t i = 0; i < terms->category_count; i++)
        look_near(&near, &terms->categories[i].term);
    if (nearest != NULL)
        *nearest = near.word;
    return NULL;
}

const struct task_source *terms_find_source(const struct terms *terms, const char *words)
{
    char folded[TERM_SIZE];

    sheet_fold(words, folded, sizeof folded);
    for (size_t i = 0; i < terms->source_count; i++)
        if (term_is(&terms->sources[i].term, folded))
            return &terms->sources[i];
    return NULL;
}

bool terms_find_state(const struct terms *terms, const char *words, enum task_state *state,
                      const char **nearest)
{
    char folded[TERM_SIZE];
    struct nearest near = {.wrong = sheet_fold(words, folded, sizeof folded)};

    for (int i = 0; i < TASK_STATE_COUNT; i++)
        if (term_is(&terms->states[i], folded) ||
            strcmp(task_state_word((enum task_state)i), words) == 0) {
            *state = (enum task_state)i;
            return true;
        }
    for (size_t i = 0; i < TASK_STATE_COUNT; i++)
        look_near(&near, &terms->states[i]);
    if (nearest != NULL)
        *nearest = near.word;
    return false;
}

char *terms_list_categories(const struct terms *terms, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    for (size_t i = 0; i < terms->category_count; i++)
        text_format(&text, "%s%s", i > 0 ? SAY("、", ", ") : "",
                    term_title(&terms->categories[i].term));
    return out;
}
