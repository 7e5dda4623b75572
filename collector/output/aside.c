#include "output/aside.h"

#include <stdio.h>
#include <string.h>

#include "base/say.h"

void aside_add(struct aside *aside, const char *output, uint64_t seq, const char *reason,
               int64_t now_ms)
{
    aside->count++;
    aside->last_ms = now_ms;
    snprintf(aside->text, sizeof aside->text,
             SAY("输出 %s：近来有 %llu 条被拒收，已隔离，其余照常；最后一条是第 %llu 条：%s",
                 "output %s: %llu entries were refused lately and set aside, the others are not "
                 "held up; the last one is %llu: %s"),
             output, (unsigned long long)aside->count, (unsigned long long)seq, reason);
}

bool aside_ends(struct aside *aside, int64_t now_ms)
{
    if (aside->count == 0 || now_ms - aside->last_ms <= ASIDE_TOLD_MS)
        return false;
    memset(aside, 0, sizeof *aside);
    return true;
}
