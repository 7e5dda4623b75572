#include "town/river_gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/say.h"

struct gathering {
    const struct river_month *month;
    struct river_measured *item;
};

static bool take_day(void *self, const struct aggregate *aggregate)
{
    struct gathering *gathering = self;
    int day = river_day(gathering->month, aggregate->start);

    if (day >= 0)
        gathering->item->days[day] = *aggregate;
    return true;
}

static bool take_month(void *self, const struct aggregate *aggregate)
{
    struct gathering *gathering = self;

    gathering->item->month = *aggregate;
    gathering->item->has_month = true;
    return true;
}

static bool gather_item(struct reader *reader, const struct river_month *month,
                        struct river_measured *item, struct error *err)
{
    struct gathering gathering = {month, item};
    uint32_t point = reader_point(reader, item->point);

    aggregate_clear(&item->month);
    for (int i = 0; i < RIVER_DAYS; i++)
        aggregate_clear(&item->days[i]);
    return point == 0 ||
           (reader_aggregates(reader, point, PERIOD_DAY, month->span, take_day, &gathering, err) &&
            reader_aggregates(reader, point, PERIOD_MONTH, month->span, take_month, &gathering,
                              err));
}

/* Where two devices measure the same, the one with more valid days counts. */
static void keep_item(struct river_month *month, const struct river_measured *item)
{
    for (size_t i = 0; i < month->count; i++) {
        struct river_measured *other = &month->items[i];
        int more = 0;

        if (other->parameter != item->parameter)
            continue;
        for (int day = 0; day < month->days; day++)
            more += item->days[day].enough - other->days[day].enough;
        if (more > 0)
            *other = *item;
        return;
    }
    month->items[month->count++] = *item;
}

bool river_gather(const struct catalog *town, struct reader *reader, const char *site,
                  struct river_month *month, struct error *err)
{
    struct river_measured *item = malloc(sizeof *item);

    month->count = 0;
    month->items = calloc(town->point_count + 1, sizeof *month->items);
    for (size_t i = 0; month->items != NULL && item != NULL && i < town->point_count; i++) {
        const struct catalog_point *point = &town->points[i];
        const struct catalog_device *device = &town->devices[point->device];

        if (point->parameter == NULL || point->parameter->medium != MEDIUM_WATER ||
            strcmp(point->channel, point->parameter->key) != 0 ||
            strcmp(town->sites[device->site].name, site) != 0)
            continue;
        *item = (struct river_measured){.parameter = point->parameter};
        catalog_point_name(town, point, item->point);
        if (!gather_item(reader, month, item, err)) {
            free(item);
            return false;
        }
        keep_item(month, item);
    }
    if (item == NULL || month->items == NULL)
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    free(item);
    return month->items != NULL && item != NULL;
}
