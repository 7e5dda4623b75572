/* Which point is asked about. */
#include <stdio.h>

#include "base/say.h"
#include "page/series_inside.h"

static bool no_such_point(struct call *call, const char *name)
{
    call_refuse(call, ERROR_NOT_FOUND,
                SAY("没有监测点 %s；/api/v1/points 列出全部监测点",
                    "there is no point %s; /api/v1/points lists them"),
                name);
    return false;
}

bool series_point_find(struct series_point *point, struct call *call)
{
    const struct catalog *catalog = call->host->catalog;
    const struct settings *settings = call->host->settings;

    *point = (struct series_point){.kept = UINT32_MAX};
    if (snprintf(point->name, sizeof point->name, "%s/%s/%s", call->vars[0], call->vars[1],
                 call->vars[2]) >= (int)sizeof point->name)
        return no_such_point(call, point->name);
    snprintf(point->device_name, sizeof point->device_name, "%.32s/%.32s", call->vars[0],
             call->vars[1]);
    point->point = catalog_find_point(catalog, point->name);
    if (point->point == NULL)
        return no_such_point(call, point->name);
    point->device = &catalog->devices[point->point->device];
    point->parameter = point->point->parameter;
    point->is_set_up = point_setup_find(&point->setup, settings, point->name);
    if (point->is_set_up)
        point->kept = point_setup_kept(&point->setup, settings, point->name);
    if (point->parameter != NULL)
        point->mean = tally_mean(settings->tallies, point->parameter);
    return true;
}

const char *series_unit(const struct series_point *point)
{
    return point->parameter == NULL ? "" : point->parameter->unit;
}
