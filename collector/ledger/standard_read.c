/* The reader of a standard's file: head, editions, tables. */
#include "ledger/standard_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

enum { LIMITS_MAX = 2000 };

/* clang-format off */
static const char *const by_words[] = {"nothing", "water_class", "air_class", "noise_zone", NULL};

struct head { char name[STANDARD_SIZE]; char title_zh[TITLE_SIZE]; char title_en[TITLE_SIZE]; };

static const struct conf_key head_keys[] = {
    {"standard", CONF_TEXT, true, FIELD(struct head, name), 0, 0, NULL, NULL,
     "标准号，不带年份，如 \"GB 3838\"", "the standard's number without its year, as \"GB 3838\""},
    {"title_zh", CONF_TEXT, true, FIELD(struct head, title_zh), 0, 0, NULL, NULL,
     "中文名称", "its Chinese name"},
    {"title_en", CONF_TEXT, true, FIELD(struct head, title_en), 0, 0, NULL, NULL,
     "英文名称", "its English name"},
    {"aliases", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "别名", "other names for it"},
    {"editions", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "版本 ( {…}, … )", "editions ( {…}, … )"},
    {"tables", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "各表 ( {…}, … )", "its tables ( {…}, … )"},
};

static const struct conf_key edition_keys[] = {
    {"edition", CONF_TEXT, true, FIELD(struct edition, name), 0, 0, NULL, NULL,
     "年份或阶段", "its year or stage"},
    {"from", CONF_MOMENT, true, FIELD(struct edition, from), 0, 0, NULL, NULL,
     "自何日起实施", "in force from this day on"},
    {"to", CONF_MOMENT, false, FIELD(struct edition, to), 0, 0, NULL, NULL,
     "到何日为止（不含）", "up to this day, which is not included"},
};

static const struct conf_key table_keys[] = {
    {"clause", CONF_TEXT, true, FIELD(struct table, clause), 0, 0, NULL, NULL,
     "表号或条款", "its table or clause"},
    {"editions", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL,
     "属于哪些版本 [\"…\"]", "the editions it is of [\"…\"]"},
    {"by", CONF_CHOICE, false, FIELD(struct table, by), 0, 0, "nothing", by_words,
     "按什么分类", "what the classes are of"},
    {"classes", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "类别 [\"…\"]", "classes [\"…\"]"},
    {"kind", CONF_CHOICE, false, FIELD(struct table, kind), 0, 0, NULL, place_kinds,
     "只对这一种点位", "only for this kind of site"},
    {"body", CONF_CHOICE, false, FIELD(struct table, body), 0, 0, NULL, water_bodies,
     "只对这种水体", "only for this body of water"},
    {"place", CONF_CHOICE, false, FIELD(struct table, place), 0, 0, NULL, noise_places,
     "只对这种噪声测点", "only for this place of noise"},
    {"verified", CONF_BOOL, true, FIELD(struct table, verified), 0, 0, NULL, NULL,
     "是否已对照标准原文或两处以上资料核实", "checked against the text or two sources"},
    {"source", CONF_TEXT, true, FIELD(struct table, source), 0, 0, NULL, NULL,
     "数值从何而来", "where the numbers come from"},
    {"note", CONF_TEXT, false, FIELD(struct table, note), 0, 0, "", NULL, "说明", "a note"},
    {"rows", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "各行 ( {…}, … )", "its rows ( {…}, … )"},
};
/* clang-format on */

const char *const *standard_classes(enum by by)
{
    static const char *const *const words[] = {NULL, water_classes, air_classes, noise_zones};

    return words[by];
}

/* --- tables ---------------------------------------------------------------------------------- */

static int word_index(const char *word, const char *const *words)
{
    for (int i = 0; word != NULL && words[i] != NULL; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    return -1;
}

static bool complain_word(struct conf_at at, const char *key, const char *const *words,
                          struct conf_faults *faults)
{
    const char *word = conf_text(at) == NULL ? "?" : conf_text(at);
    const char *near = conf_nearest(word, words);
    char all[200];
    struct text text;

    text_init(&text, all, sizeof all);
    for (size_t i = 0; words[i] != NULL; i++)
        text_format(&text, "%s\"%s\"", i == 0 ? "" : ", ", words[i]);
    if (near == NULL)
        return conf_complain(
            faults, at, key,
            SAY("没有 \"%s\"；要写下列之一：%s", "there is no \"%s\" here; one of %s"), word, all);
    return conf_complain(faults, at, key,
                         SAY("没有 \"%s\"，是否想写 \"%s\"？可写：%s",
                             "there is no \"%s\" here, did you mean \"%s\"? One of %s"),
                         word, near, all);
}

static bool read_classes(struct table *table, struct conf_at at, struct conf_faults *faults)
{
    struct conf_at list = conf_member(at, "classes");
    const char *const *words = standard_classes(table->by);
    bool good = true;

    table->class_count = 1;
    if (table->by == BY_NOTHING)
        return !conf_is_there(list) ||
               conf_complain(faults, list, "classes",
                             SAY("写了类别，就要用 by 说明按什么分类：water_class、air_class 或 "
                                 "noise_zone",
                                 "where there are classes, by says of what: water_class, air_class "
                                 "or noise_zone"));
    if (!conf_is_list(list) || conf_length(list) == 0 || conf_length(list) > CLASSES_MAX)
        return conf_complain(
            faults, conf_is_there(list) ? list : at, "classes",
            SAY("要写类别，例如 [ \"%s\", … ]", "classes are wanted, as [ \"%s\", … ]"), words[0]);
    table->class_count = conf_length(list);
    for (size_t i = 0; i < table->class_count; i++) {
        table->classes[i] = word_index(conf_text(conf_element(list, i)), words);
        if (table->classes[i] < 0)
            good = complain_word(conf_element(list, i), "classes", words, faults);
        for (size_t j = 0; j < i; j++)
            if (table->classes[i] >= 0 && table->classes[j] == table->classes[i])
                good = conf_complain(faults, conf_element(list, i), "classes",
                                     SAY("类别 %s 写了两次", "the class %s stands here twice"),
                                     words[table->classes[i]]);
    }
    return good;
}

static bool read_table_editions(const struct reading_file *file, struct table *table,
                                struct conf_at at)
{
    struct conf_at list = conf_member(at, "editions");
    const char *words[EDITIONS_MAX + 1] = {NULL};
    bool good = true;

    for (size_t i = 0; i < file->edition_count; i++)
        words[i] = file->editions[i].name;
    if (!conf_is_list(list) || conf_length(list) == 0 || conf_length(list) > EDITIONS_MAX)
        return conf_complain(file->faults, conf_is_there(list) ? list : at, "editions",
                             SAY("要写版本，例如 [ \"%s\" ]", "editions are wanted, as [ \"%s\" ]"),
                             words[0] == NULL ? "2002" : words[0]);
    for (size_t i = 0; i < conf_length(list); i++) {
        int index = word_index(conf_text(conf_element(list, i)), words);

        if (index < 0)
            good = complain_word(conf_element(list, i), "editions", words, file->faults);
        else
            table->editions[table->edition_count++] = (size_t)index;
    }
    return good;
}

/* Each is compared with every other one. The largest standard in config/ has some 300. */
static bool is_full(const struct reading_file *file)
{
    return file->standards->count - file->first >= LIMITS_MAX;
}

static bool read_table(struct reading_file *file, struct conf_at at)
{
    struct table table = {.kind = -1, .body = -1, .place = -1};
    struct conf_at rows = conf_member(at, "rows");
    bool good = conf_read(at, table_keys, ROWS(table_keys), &table, NULL, file->faults);

    if (!conf_is_group(at))
        return false;
    good = read_classes(&table, at, file->faults) && good;
    good = read_table_editions(file, &table, at) && good;
    table.sound = good;
    for (size_t i = 0; i < conf_length(rows); i++) {
        if (is_full(file))
            return conf_complain(
                file->faults, conf_element(rows, i), "rows",
                SAY("一个标准文件最多 %d 条限值（每行按因子、类别和版本各算一条）；请分成几个标准",
                    "the file of a standard holds at most %d limits (a row is one for each "
                    "parameter, class and edition); make several standards of it"),
                (int)LIMITS_MAX);
        good = standard_read_row(file, &table, conf_element(rows, i)) && good;
    }
    return good;
}

/* --- the file -------------------------------------------------------------------------------- */

static bool read_edition(struct reading_file *file, struct conf_at at)
{
    struct edition edition = {.from = WALL_NONE, .to = WALL_NONE};

    if (!conf_read(at, edition_keys, ROWS(edition_keys), &edition, NULL, file->faults))
        return false;
    for (size_t i = 0; i < file->edition_count; i++)
        if (strcmp(file->editions[i].name, edition.name) == 0)
            return conf_complain(file->faults, at, "edition",
                                 SAY("版本 %s 写了两次", "the edition %s stands here twice"),
                                 edition.name);
    if (wall_is_known(edition.to) && edition.to.ms <= edition.from.ms)
        return conf_complain(file->faults, conf_member(at, "to"), "to",
                             SAY("要晚于 from", "must be later than from"));
    if (file->edition_count == EDITIONS_MAX)
        return conf_complain(file->faults, at, "edition",
                             SAY("最多 %d 个版本", "at most %d editions"), EDITIONS_MAX);
    file->editions[file->edition_count++] = edition;
    return true;
}

static bool read_aliases(struct book *book, struct conf_at list, struct conf_faults *faults)
{
    if (!conf_is_there(list))
        return true;
    for (size_t i = 0; conf_is_list(list) && i < conf_length(list); i++) {
        const char *word = conf_text(conf_element(list, i));

        if (word == NULL || strlen(word) >= STANDARD_SIZE || book->alias_count == ALIASES_MAX)
            return conf_complain(faults, conf_element(list, i), "aliases",
                                 SAY("最多 %d 个别名，每个最多 %d 字节",
                                     "at most %d other names of at most %d bytes"),
                                 ALIASES_MAX, STANDARD_SIZE - 1);
        snprintf(book->aliases[book->alias_count++], STANDARD_SIZE, "%s", word);
    }
    return true;
}

/* Makes room for the file's standard: one of an earlier folder gives way, one of the same does not.
 */
static bool open_book(struct reading_file *file, struct conf_at root)
{
    struct book *same = standards_book(file->standards, file->name);
    char key[KEY_SIZE];
    struct book *book;

    standard_key(file->name, key);
    if (*key == '\0')
        return conf_complain(
            file->faults, conf_member(root, "standard"), "standard",
            SAY("标准号里要有字母或数字", "a name with letters or digits is wanted"));
    if (same != NULL && same->folder == file->standards->folders)
        return conf_complain(
            file->faults, conf_member(root, "standard"), "standard",
            SAY("标准 %s 在 %s 里已经有了", "the standard %s is there already, in %s"), file->name,
            same->path);
    if (same != NULL)
        standards_drop(file->standards, same);
    book = standards_add_book(file->standards);
    if (book == NULL)
        return standard_no_memory(file);
    snprintf(book->name, sizeof book->name, "%s", file->name);
    snprintf(book->path, sizeof book->path, "%s", file->path);
    book->folder = file->standards->folders;
    file->first = file->standards->count;
    return read_aliases(book, conf_member(root, "aliases"), file->faults);
}

static bool read_whole(struct reading_file *file, struct conf_at root)
{
    struct conf_at editions = conf_member(root, "editions");
    struct conf_at tables = conf_member(root, "tables");
    struct head head = {0};
    bool good = conf_read(root, head_keys, ROWS(head_keys), &head, NULL, file->faults);

    if (!good)
        return false;
    memcpy(file->name, head.name, sizeof file->name);
    memcpy(file->title, head.title_zh, sizeof file->title);
    memcpy(file->title_en, head.title_en, sizeof file->title_en);
    if (!open_book(file, root))
        return false;
    for (size_t i = 0; i < conf_length(editions); i++)
        good = read_edition(file, conf_element(editions, i)) && good;
    if (!good)
        return false;
    for (size_t i = 0; i < conf_length(tables) && (good || !is_full(file)); i++)
        good = read_table(file, conf_element(tables, i)) && good;
    if (!good && is_full(file))
        return false;
    return standards_check_times(file->standards, file->first, file->at, file->faults) && good;
}

void standard_read(struct standards *standards, const char *path,
                   const struct parameters *parameters, struct conf_faults *faults)
{
    struct reading_file file = {
        .standards = standards, .parameters = parameters, .faults = faults, .path = path};
    struct conf *conf = conf_load(path, false, faults);

    if (conf != NULL)
        read_whole(&file, conf_root(conf));
    free(file.at);
    conf_free(conf);
}
