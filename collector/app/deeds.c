#include "app/deeds.h"

#include "base/say.h"
#include "report/table.h"
#include "town/shown.h"

static void print_all(const struct deeds *deeds)
{
    const char *const headings[] = {SAY("经过", "WHAT WAS DONE"), SAY("谁", "WHO"),
                                    SAY("做了什么", "WHAT"), SAY("备注", "NOTE")};
    struct table *table = table_new(4, headings);
    char when[WALL_TEXT], local[LOCAL_TEXT], what[160];

    for (size_t i = 0; i < deeds->count; i++) {
        const struct deed *deed = &deeds->list[i];

        table_cell(table, "%s",
                   wall_is_known(deed->time) ? local_time(wall_text(deed->time, when), local) : "");
        table_cell(table, "%s", deed->who);
        table_cell(table, "%s", deed_shown(deed, what, sizeof what));
        table_cell(table, "%s", deed->note);
    }
    table_print(table, stdout);
    table_free(table);
}

bool deeds_print(struct reader *reader, const struct deeds_about *about, struct error *err)
{
    struct deeds deeds;
    bool gathered = deeds_gather(&deeds, reader, about, err);

    if (gathered && deeds.count > 0)
        print_all(&deeds);
    deeds_end(&deeds);
    return gathered;
}
