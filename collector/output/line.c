#include "output/line.h"

#include <stdlib.h>
#include <string.h>

enum { MEDIA = MEDIUM_WEATHER + 1 };

/* A prepared stretch of a line. */
struct piece {
    char *bytes;
    size_t size;
};

struct line_keys {
    const struct catalog *catalog;
    struct piece *series;       /* device x MEDIA: "water,collector=…,device=…,site=… " */
    struct piece *values;       /* a point: "ph=" */
    struct piece *qualities;    /* a point: "ph_q=" */
    const struct reading **row; /* of the poll at hand, by place in its device */
};

void line_add_escaped(struct text *text, const char *words)
{
    for (; *words != '\0'; words++) {
        unsigned char one = (unsigned char)*words;

        if (one == ',' || one == '=' || one == ' ')
            text_add_char(text, '\\');
        text_add_char(text, one < 0x20 || one == 0x7F || one == '\\' ? '_' : *words);
    }
}

static bool piece_keep(struct piece *piece, const struct text *text)
{
    piece->bytes = text->full ? NULL : strdup(text->bytes);
    piece->size = text->used;
    return piece->bytes != NULL;
}

/* Tags stand sorted by name: so InfluxDB has nothing to sort. */
static bool prepare_series(struct line_keys *keys, size_t device, size_t medium)
{
    const struct catalog *catalog = keys->catalog;
    char bytes[512];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_add(&text, medium_word((enum medium)medium));
    text_add(&text, ",collector=");
    line_add_escaped(&text, catalog->collector);
    text_add(&text, ",device=");
    line_add_escaped(&text, catalog->devices[device].name);
    text_add(&text, ",site=");
    line_add_escaped(&text, catalog->sites[catalog->devices[device].site].name);
    text_add_char(&text, ' ');
    return piece_keep(&keys->series[device * MEDIA + medium], &text);
}

static bool prepare_point(struct line_keys *keys, size_t point)
{
    char bytes[2 * CHANNEL_SIZE + 4];
    struct text text;
    size_t name;

    text_init(&text, bytes, sizeof bytes);
    line_add_escaped(&text, keys->catalog->points[point].channel);
    name = text.used;
    text_add_char(&text, '=');
    if (!piece_keep(&keys->values[point], &text))
        return false;
    text_cut(&text, name);
    text_add(&text, "_q=");
    return piece_keep(&keys->qualities[point], &text);
}

static bool prepare_all(struct line_keys *keys)
{
    size_t widest = 1;

    for (size_t device = 0; device < keys->catalog->device_count; device++) {
        if (keys->catalog->devices[device].point_count > widest)
            widest = keys->catalog->devices[device].point_count;
        for (size_t medium = 0; medium < MEDIA; medium++)
            if (!prepare_series(keys, device, medium))
                return false;
    }
    for (size_t point = 0; point < keys->catalog->point_count; point++)
        if (!prepare_point(keys, point))
            return false;
    keys->row = calloc(widest, sizeof *keys->row);
    return keys->row != NULL;
}

struct line_keys *line_keys_new(const struct catalog *catalog)
{
    struct line_keys *keys = calloc(1, sizeof *keys);

    if (keys == NULL)
        return NULL;
    keys->catalog = catalog;
    keys->series = calloc(catalog->device_count * MEDIA + 1, sizeof *keys->series);
    keys->values = calloc(catalog->point_count + 1, sizeof *keys->values);
    keys->qualities = calloc(catalog->point_count + 1, sizeof *keys->qualities);
    if (keys->series == NULL || keys->values == NULL || keys->qualities == NULL ||
        !prepare_all(keys)) {
        line_keys_free(keys);
        return NULL;
    }
    return keys;
}

static void pieces_free(struct piece *pieces, size_t count)
{
    for (size_t i = 0; pieces != NULL && i < count; i++)
        free(pieces[i].bytes);
    free(pieces);
}

void line_keys_free(struct line_keys *keys)
{
    if (keys == NULL)
        return;
    pieces_free(keys->series, keys->catalog->device_count * MEDIA);
    pieces_free(keys->values, keys->catalog->point_count);
    pieces_free(keys->qualities, keys->catalog->point_count);
    free(keys->row);
    free(keys);
}

/* Puts each reading at its point's place; returns the bit set of the media that are there. */
static unsigned sort_readings(struct line_keys *keys, const struct poll *poll,
                              const struct catalog_device *device)
{
    const struct catalog *catalog = keys->catalog;
    unsigned media = 0;

    memset(keys->row, 0, device->point_count * sizeof *keys->row);
    for (size_t i = 0; i < poll->reading_count; i++) {
        const struct catalog_point *point = catalog_point(catalog, poll->readings[i].point);

        if (point == NULL || point->parameter == NULL || &catalog->devices[point->device] != device)
            continue;
        keys->row[point - catalog->points - device->first_point] = &poll->readings[i];
        media |= 1U << point->parameter->medium;
    }
    return media;
}

static void add_field(const struct line_keys *keys, size_t point, const struct reading *reading,
                      struct text *text)
{
    if (reading_has_value(reading)) {
        text_add_bytes(text, keys->values[point].bytes, keys->values[point].size);
        text_add_number(text, reading->value);
        text_add_char(text, ',');
    }
    text_add_bytes(text, keys->qualities[point].bytes, keys->qualities[point].size);
    text_add_int(text, reading->quality);
    text_add_char(text, 'i');
}

static void add_line(const struct line_keys *keys, const struct catalog_device *device, int medium,
                     int64_t ns, struct text *text)
{
    const struct catalog *catalog = keys->catalog;
    size_t index = (size_t)(device - catalog->devices);
    const struct piece *series = &keys->series[index * MEDIA + (size_t)medium];
    bool first = true;

    text_add_bytes(text, series->bytes, series->size);
    for (size_t i = 0; i < device->point_count; i++) {
        size_t point = device->first_point + i;

        if (keys->row[i] == NULL || catalog->points[point].parameter->medium != medium)
            continue;
        if (!first)
            text_add_char(text, ',');
        add_field(keys, point, keys->row[i], text);
        first = false;
    }
    text_add_char(text, ' ');
    text_add_int(text, ns);
    text_add_char(text, '\n');
}

bool line_add_poll(struct line_keys *keys, const struct poll *poll, struct text *text,
                   size_t *lines)
{
    const struct catalog_device *device = catalog_device(keys->catalog, poll->device);
    size_t used = text->used;
    unsigned media;
    int64_t ns;

    *lines = 0;
    if (device == NULL || !wall_is_known(poll->time) ||
        __builtin_mul_overflow(poll->time.ms, 1000000, &ns))
        return true;
    media = sort_readings(keys, poll, device);
    for (int medium = 0; medium < MEDIA; medium++) {
        if ((media & 1U << medium) == 0)
            continue;
        add_line(keys, device, medium, ns, text);
        ++*lines;
    }
    if (!text->full)
        return true;
    text_cut(text, used);
    *lines = 0;
    return false;
}
