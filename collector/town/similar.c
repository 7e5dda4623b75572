#include "town/similar.h"

#include <string.h>

#include "town/ledger_desk.h"
#include "town/shown.h"

const struct category *similar_category(const struct settings *settings, const json_t *task)
{
    return terms_category(settings->terms, text_of(task, "category"));
}

bool similar_site(const struct category *category, const json_t *task,
                  const struct site_setup *site)
{
    if (strcmp(site->base.name, text_of(task, "site")) == 0)
        return false;
    for (size_t i = 0; i < category->site_kind_count; i++)
        if (strcmp(category->site_kinds[i], settings_site_kind(site)) == 0)
            return true;
    return false;
}

bool similar_task(const json_t *task, const json_t *other)
{
    struct task row;

    return strcmp(text_of(other, "category"), text_of(task, "category")) == 0 &&
           strcmp(text_of(other, "id"), text_of(task, "id")) != 0 && ledger_task_of(other, &row) &&
           task_is_open(&row);
}
