#include "ledger/standard_parts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

/* clang-format off */
const char *const place_kinds[] = {"enterprise", "restaurant", "building_site", "scrap_yard",
    "rubbish_heap", "idle_land", "river_section", "lake", "noise_point", "air_point", "other", NULL};
const char *const water_classes[] = {"I", "II", "III", "IV", "V", NULL};
const char *const water_bodies[] = {"river", "lake", NULL};
const char *const noise_zones[] = {"0", "1", "2", "3", "4a", "4b", NULL};
const char *const noise_places[] = {"ambient", "boundary", "social", NULL};
const char *const air_classes[] = {"1", "2", NULL};
/* clang-format on */

/* --- the shelf ------------------------------------------------------------------------------- */

struct standards *standards_new(void)
{
    return calloc(1, sizeof(struct standards));
}

void standards_free(struct standards *standards)
{
    if (standards == NULL)
        return;
    free(standards->rows);
    free(standards->books);
    free(standards);
}

struct limit *standards_add(struct standards *standards)
{
    if (standards->count == standards->room) {
        size_t room = standards->room == 0 ? 64 : standards->room * 2;
        struct limit *grown = realloc(standards->rows, room * sizeof *grown);

        if (grown == NULL)
            return NULL;
        standards->rows = grown;
        standards->room = room;
    }
    memset(&standards->rows[standards->count], 0, sizeof *standards->rows);
    return &standards->rows[standards->count++];
}

struct book *standards_add_book(struct standards *standards)
{
    if (standards->book_count == standards->book_room) {
        size_t room = standards->book_room == 0 ? 16 : standards->book_room * 2;
        struct book *grown = realloc(standards->books, room * sizeof *grown);

        if (grown == NULL)
            return NULL;
        standards->books = grown;
        standards->book_room = room;
    }
    memset(&standards->books[standards->book_count], 0, sizeof *standards->books);
    return &standards->books[standards->book_count++];
}

void standards_drop(struct standards *standards, struct book *book)
{
    size_t kept = 0;

    for (size_t i = 0; i < standards->count; i++)
        if (strcmp(standards->rows[i].standard, book->name) != 0)
            standards->rows[kept++] = standards->rows[i];
    standards->count = kept;
    *book = standards->books[--standards->book_count];
}

static int is_conf(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return entry->d_name[0] != '.' && length > 5 &&
           strcmp(entry->d_name + length - 5, ".conf") == 0;
}

bool standards_load(struct standards *standards, const char *folder,
                    const struct parameters *parameters, struct conf_faults *faults)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_conf, alphasort);
    size_t before = conf_faults_count(faults); /* a file's own scanner complains too */

    standards->folders++;
    for (int i = 0; i < count; i++) {
        char path[700];

        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        standard_read(standards, path, parameters, faults);
    }
    free(entries);
    return conf_faults_count(faults) == before;
}

size_t standards_count(const struct standards *standards)
{
    return standards->count;
}

const char *standards_next_name(const struct standards *standards, size_t *next)
{
    const char *name;

    if (*next >= standards->count)
        return NULL;
    name = standards->rows[*next].standard;
    while (*next < standards->count && strcmp(standards->rows[*next].standard, name) == 0)
        (*next)++;
    return name;
}

const char *standards_path(const struct standards *standards, size_t index)
{
    return index < standards->book_count ? standards->books[index].path : NULL;
}

const struct limit *standards_at(const struct standards *standards, size_t index)
{
    return &standards->rows[index];
}

/* --- which row ------------------------------------------------------------------------------- */

static bool word_fits(const char *wanted, const char *is)
{
    return *wanted == '\0' || strcmp(wanted, is) == 0;
}

static bool number_fits(int wanted, int is)
{
    return wanted == 0 || wanted == is;
}

static bool place_fits(const struct place *wanted, const struct place *is)
{
    return word_fits(wanted->kind, is->kind) && word_fits(wanted->noise_zone, is->noise_zone) &&
           word_fits(wanted->noise_place, is->noise_place) &&
           word_fits(wanted->water_body, is->water_body) &&
           number_fits(wanted->air_class, is->air_class) &&
           number_fits(wanted->water_class, is->water_class);
}

static bool words_meet(const char *one, const char *other)
{
    return *one == '\0' || *other == '\0' || strcmp(one, other) == 0;
}

static bool numbers_meet(int one, int other)
{
    return one == 0 || other == 0 || one == other;
}

bool limits_meet(const struct limit *one, const struct limit *other)
{
    const struct place *a = &one->where;
    const struct place *b = &other->where;

    return strcmp(one->standard, other->standard) == 0 &&
           strcmp(one->parameter, other->parameter) == 0 && one->on == other->on &&
           one->statistic == other->statistic && one->when == other->when &&
           one->per_day == other->per_day && words_meet(a->kind, b->kind) &&
           words_meet(a->noise_zone, b->noise_zone) && words_meet(a->noise_place, b->noise_place) &&
           words_meet(a->water_body, b->water_body) && numbers_meet(a->air_class, b->air_class) &&
           numbers_meet(a->water_class, b->water_class);
}

/* By period, statistic, when, per_day and then time. */
static int limit_compare(const void *a, const void *b)
{
    const struct limit *one = *(const struct limit *const *)a;
    const struct limit *other = *(const struct limit *const *)b;

    if (one->on != other->on)
        return one->on < other->on ? -1 : 1;
    if (one->statistic != other->statistic)
        return one->statistic < other->statistic ? -1 : 1;
    if (one->when != other->when)
        return one->when < other->when ? -1 : 1;
    if (one->per_day != other->per_day)
        return one->per_day < other->per_day ? -1 : 1;
    return one->from.ms < other->from.ms ? -1 : one->from.ms > other->from.ms;
}

/* Rows of the standard about the parameter; `place` NULL: of any place. */
static size_t find_rows(const struct standards *standards, const char *name,
                        const struct place *place, const char *parameter, const struct limit **out,
                        size_t most)
{
    char pin[KEY_SIZE];
    const struct book *book = standards_find(standards, name, pin);
    size_t count = 0;

    for (size_t i = 0; book != NULL && i < standards->count; i++) {
        const struct limit *row = &standards->rows[i];

        if (strcmp(row->standard, book->name) != 0 || strcmp(row->parameter, parameter) != 0 ||
            !edition_is_pinned(row->edition, pin) ||
            (place != NULL && !place_fits(&row->where, place)))
            continue;
        if (count < most)
            out[count] = row;
        count++;
    }
    return count;
}

size_t standards_about(const struct standards *standards, const char *name, const char *parameter,
                       const struct limit **out, size_t most)
{
    return find_rows(standards, name, NULL, parameter, out, most);
}

size_t standards_pick(const struct standards *standards, const char *name,
                      const struct place *place, const char *parameter, const struct limit **out,
                      size_t most)
{
    size_t count = find_rows(standards, name, place, parameter, out, most);

    if (count > 0)
        qsort(out, count < most ? count : most, sizeof *out, limit_compare);
    return count;
}

bool limit_is_in_force(const struct limit *limit, struct wall_time time)
{
    return time.ms >= limit->from.ms && (!wall_is_known(limit->to) || time.ms < limit->to.ms);
}

/* --- why ------------------------------------------------------------------------------------- */

static const char *noise_place_shown(const char *word)
{
    if (strcmp(word, "boundary") == 0)
        return SAY("厂界", "plant boundary");
    if (strcmp(word, "social") == 0)
        return SAY("社会生活噪声边界", "boundary of social life");
    return SAY("环境噪声", "ambient");
}

void limit_reason(const struct limit *limit, char *out, size_t size)
{
    const struct place *where = &limit->where;
    const char *between = "";
    struct text text;

    text_init(&text, out, size);
    if (where->water_class > 0) {
        text_format(&text, SAY("断面目标 %s 类", "target class %s"),
                    water_classes[where->water_class - 1]);
        between = SAY("，", ", ");
    }
    if (where->water_body[0] != '\0') {
        text_format(&text, "%s%s", between,
                    strcmp(where->water_body, "lake") == 0 ? SAY("湖库", "lake")
                                                           : SAY("河流", "river"));
        between = SAY("，", ", ");
    }
    if (where->air_class > 0) {
        text_add(&text, between);
        text_add(&text, where->air_class == 1 ? SAY("环境空气一类区", "ambient air class 1")
                                              : SAY("环境空气二类区", "ambient air class 2"));
        between = SAY("，", ", ");
    }
    if (where->noise_zone[0] != '\0') {
        text_format(&text, SAY("%s声环境 %s 类区", "%snoise zone %s"), between, where->noise_zone);
        between = SAY("，", ", ");
    }
    if (where->noise_place[0] != '\0') {
        text_format(&text, "%s%s", between, noise_place_shown(where->noise_place));
        between = SAY("，", ", ");
    }
    if (where->kind[0] != '\0') {
        text_format(&text, SAY("%s点位种类 %s", "%ssite kind %s"), between, where->kind);
        between = SAY("，", ", ");
    }
    if (*between == '\0')
        text_add(&text, SAY("不分类别", "applies to any place"));
}
