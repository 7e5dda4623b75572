/* The place of a task and the points that watch it: names, titles and patterns as tables have them,
 * against the settings. */
#include "ledger/intake_inside.h"

#include <stdio.h>
#include <string.h>

#include "base/say.h"

enum { TOKEN_SIZE = 256 };

static const struct catalog_site *find_site(const struct catalog *catalog, const char *words)
{
    for (size_t i = 0; i < catalog->site_count; i++)
        if (strcmp(catalog->sites[i].name, words) == 0 ||
            strcmp(catalog->sites[i].title, words) == 0)
            return &catalog->sites[i];
    return NULL;
}

/* A site of another gateway: known there, not here. */
static void note_elsewhere(struct reading_row *row, const char *site)
{
    json_t *counts = row->file->elsewhere;
    json_int_t count = json_integer_value(json_object_get(counts, site));

    json_object_set_new(counts, site, json_integer(count + 1));
}

/* A place that is no site is said before what was found there. */
static void put_place_first(struct reading_row *row, const char *place)
{
    const char *title = json_string_value(json_object_get(row->task, "title"));
    char whole[TASK_TEXT_SIZE * 2];

    if (title == NULL || strstr(title, place) != NULL)
        return;
    snprintf(whole, sizeof whole, "%s：%s", place, title);
    if (strlen(whole) < TASK_TEXT_SIZE)
        json_object_set_new(row->task, "title", json_string(whole));
    else
        row_refuse(row, COLUMN_TITLE, "%s",
                   SAY("点位和问题描述加起来太长；请删减",
                       "site and text together are too long; cut them"));
}

/* Village and grid cell of a site stand in the settings. */
static void fill_from_site(struct reading_row *row, const struct catalog_site *site)
{
    if (site->village[0] != '\0' && row_has(row, COLUMN_VILLAGE) &&
        json_is_null(json_object_get(row->task, "village")))
        json_object_set_new(row->task, "village", json_string(site->village));
    if (site->grid[0] != '\0' && row_has(row, COLUMN_GRID) &&
        json_is_null(json_object_get(row->task, "grid")))
        json_object_set_new(row->task, "grid", json_string(site->grid));
}

static void put_site(struct reading_row *row, const char *name)
{
    json_object_set_new(row->task, "site", name[0] == '\0' ? json_null() : json_string(name));
}

static void take_site(struct reading_row *row)
{
    const char *words = row_cell(row, COLUMN_SITE);
    char narrow[TASK_TEXT_SIZE * 4];
    const struct catalog_site *site;

    if (!row_has(row, COLUMN_SITE))
        return;
    site = find_site(row->file->setup->catalog, words);
    sheet_narrow(words, narrow, sizeof narrow);
    if (site == NULL)
        site = find_site(row->file->setup->catalog, narrow);
    put_site(row, "");
    if (site != NULL) {
        put_site(row, site->name);
        fill_from_site(row, site);
    } else if (name_is_valid(narrow)) {
        put_site(row, narrow);
        note_elsewhere(row, narrow);
    } else if (words[0] != '\0' && strcmp(narrow, "-") != 0 && strcmp(narrow, "/") != 0) {
        put_place_first(row, words);
    }
}

/* Points ------------------------------------------------------------------------------------ */

static bool has_point(const json_t *points, const char *name)
{
    for (size_t i = 0; i < json_array_size(points); i++)
        if (strcmp(json_string_value(json_array_get(points, i)), name) == 0)
            return true;
    return false;
}

/* How many points fit the pattern; each is added once. */
static size_t add_matching(struct reading_row *row, const char *pattern, json_t *points)
{
    const struct catalog *catalog = row->file->setup->catalog;
    size_t count = 0;

    for (size_t i = 0; i < catalog->point_count; i++) {
        char name[POINT_SIZE];

        if (!catalog->devices[catalog->points[i].device].active ||
            !point_matches(pattern, catalog_point_name(catalog, &catalog->points[i], name)))
            continue;
        count++;
        if (!has_point(points, name))
            json_array_append_new(points, json_string(name));
    }
    return count;
}

/* The point of that site nearest to what was written, or "". */
static char *nearest_point(const struct catalog *catalog, const char *site, const char *wrong,
                           char *out)
{
    unsigned best = 64;

    out[0] = '\0';
    for (size_t i = 0; i < catalog->point_count; i++) {
        const struct catalog_device *device = &catalog->devices[catalog->points[i].device];
        char name[POINT_SIZE];
        unsigned distance;

        if (!device->active || strcmp(catalog->sites[device->site].name, site) != 0)
            continue;
        catalog_point_name(catalog, &catalog->points[i], name);
        distance = strlen(name) < 64 && strlen(wrong) < 64 ? word_distance(wrong, name) : 63;
        if (distance < best) {
            best = distance;
            snprintf(out, POINT_SIZE, "%s", name);
        }
    }
    return out;
}

static void refuse_point(struct reading_row *row, const char *words, const char *site)
{
    char nearest[POINT_SIZE];

    nearest_point(row->file->setup->catalog, site, words, nearest);
    if (nearest[0] != '\0')
        row_refuse(row, COLUMN_POINTS,
                   SAY("点位 %s 没有监测点“%.100s”，是否想写 %s？lookback readings 列出全部监测点",
                       "site %s has no point \"%.100s\", did you mean %s? lookback readings lists "
                       "them all"),
                   site, words, nearest);
    else
        row_refuse(row, COLUMN_POINTS,
                   SAY("点位 %s 没有配置监测设备，“%.100s”不存在；不监测就留空",
                       "site %s has no device, \"%.100s\" does not exist; leave the cell empty "
                       "where nothing watches"),
                   site, words);
}

/* "SITE", "SITE/DEVICE" or "SITE/DEVICE/CHANNEL" as a pattern of three parts. */
static bool make_pattern(const char *words, const char *site, char *pattern)
{
    const char *rest = strchr(words, '/');
    size_t parts = 1;

    for (const char *at = words; *at != '\0'; at++)
        parts += *at == '/';
    if (parts > 3 || (rest != NULL && rest[1] == '\0'))
        return false;
    return snprintf(pattern, POINT_SIZE, "%s%s%s", site, rest == NULL ? "" : rest,
                    parts == 1   ? "/*/*"
                    : parts == 2 ? "/*"
                                 : "") < POINT_SIZE;
}

/* A site of another gateway: a whole name is kept, a pattern cannot be resolved here. */
static void take_elsewhere(struct reading_row *row, const char *pattern, const char *site,
                           json_t *points)
{
    if (strchr(pattern, '*') == NULL && !has_point(points, pattern))
        json_array_append_new(points, json_string(pattern));
    if (json_string_value(json_object_get(row->task, "site")) == NULL)
        put_site(row, site);
    if (strcmp(row_cell(row, COLUMN_SITE), site) != 0)
        note_elsewhere(row, site);
}

static void take_point(struct reading_row *row, const char *words, json_t *points)
{
    const struct catalog *catalog = row->file->setup->catalog;
    const struct catalog_site *site;
    char pattern[POINT_SIZE];
    char name[TOKEN_SIZE];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(words, "/"), words);
    site = find_site(catalog, name);
    if (!make_pattern(words, site != NULL ? site->name : name, pattern))
        row_refuse(row, COLUMN_POINTS,
                   SAY("“%.100s”不是监测点；写成 点位/设备/通道，或只写点位",
                       "\"%.100s\" is no point; write SITE/DEVICE/CHANNEL, or the site alone"),
                   words);
    else if (site == NULL && name_is_valid(name))
        take_elsewhere(row, pattern, name, points);
    else if (site == NULL && strcmp(name, "*") != 0)
        row_refuse(row, COLUMN_POINTS,
                   SAY("没有点位“%.100s”；写 sites.conf 里的名字或标题",
                       "there is no site \"%.100s\"; write a name or title of sites.conf"),
                   name);
    else if (add_matching(row, pattern, points) == 0)
        refuse_point(row, words, site == NULL ? "*" : site->name);
}

/* The tokens between separators of any kind and width. */
static void take_tokens(struct reading_row *row, char *words, json_t *points)
{
    char *save = NULL;

    for (char *at = words; *at != '\0'; at++)
        if (strncmp(at, "、", 3) == 0 || strncmp(at, "，", 3) == 0 || strncmp(at, "；", 3) == 0)
            memcpy(at, ",  ", 3);
    for (char *token = strtok_r(words, ",;| \t\n", &save); token != NULL;
         token = strtok_r(NULL, ",;| \t\n", &save))
        if (strcmp(token, "-") != 0 && strcmp(token, "无") != 0 && strlen(token) < TOKEN_SIZE)
            take_point(row, token, points);
        else if (strlen(token) >= TOKEN_SIZE)
            row_refuse(row, COLUMN_POINTS, "%s",
                       SAY("监测点的名字太长", "the name of a point is too long"));
}

/* All points at one site: then that is the place. */
static void site_from_points(struct reading_row *row, const json_t *points)
{
    const char *first = json_string_value(json_array_get(points, 0));
    const struct catalog_site *site;
    char name[NAME_SIZE];

    if (first == NULL || json_string_value(json_object_get(row->task, "site")) != NULL)
        return;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(first, "/"), first);
    for (size_t i = 0; i < json_array_size(points); i++) {
        const char *point = json_string_value(json_array_get(points, i));

        if (strncmp(point, name, strlen(name)) != 0 || point[strlen(name)] != '/')
            return;
    }
    put_site(row, name);
    site = find_site(row->file->setup->catalog, name);
    if (site != NULL)
        fill_from_site(row, site);
}

static void take_points(struct reading_row *row)
{
    char words[TASK_TEXT_SIZE * 4];
    json_t *points;

    if (!row_has(row, COLUMN_POINTS))
        return;
    points = json_array();
    take_tokens(row, sheet_narrow(row_cell(row, COLUMN_POINTS), words, sizeof words), points);
    if (json_array_size(points) > TASK_POINTS_MAX)
        row_refuse(row, COLUMN_POINTS,
                   SAY("共 %zu 个监测点，最多 %d 个；请写得具体些",
                       "%zu points, at most %d; be more specific"),
                   json_array_size(points), (int)TASK_POINTS_MAX);
    site_from_points(row, points);
    json_object_set_new(row->task, "points", points);
}

void row_read_places(struct reading_row *row)
{
    take_site(row);
    take_points(row);
}
