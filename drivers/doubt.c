#include "drivers/doubt.h"

/* GUARD: a block of this unit with an answer of the same shape waits one guard longer; so does the
 * doubtful one itself, whose late answer would be taken for a new one. */
int64_t doubt_until(const struct exchange_doubt *doubt, const struct request *request,
                    int64_t guard_ns)
{
    if (!doubt->open || (doubt->watched && request_is_same(&doubt->asked, request)))
        return 0;
    if (!doubt->several && !request_looks_like(&doubt->asked, request))
        return 0;
    return doubt->from + guard_ns;
}

void doubt_open(struct exchange_doubt *doubt, const struct request *request, int64_t from)
{
    if (doubt->open && !request_is_same(&doubt->asked, request))
        doubt->several = true;
    doubt->open = true;
    doubt->watched = false;
    doubt->asked = *request;
    doubt->from = from;
}

enum { TWICE_FOR = 200 };

static void close_doubt(struct exchange_doubt *doubt)
{
    doubt->open = doubt->several = doubt->watched = false;
}

/* Only time ends it: a gateway may well have an answer to another question overtake the late one.
 */
void doubt_answered(struct exchange_doubt *doubt, bool repeated, int64_t over, int64_t guard_ns,
                    struct mono_time now)
{
    if (repeated)
        doubt->from = over > now.ns ? over : now.ns;
    else if (doubt->open && !doubt->watched && now.ns >= doubt->from + guard_ns)
        close_doubt(doubt);
}

void doubt_second_heard(struct exchange_doubt *doubt)
{
    doubt->once = false;
    doubt->twice = TWICE_FOR;
}

/* GUARD: a unit that may answer twice is given one guard before a block that looks the same. */
void doubt_watch(struct exchange_doubt *doubt, const struct request *request, int64_t sent,
                 int64_t guard_ns, struct mono_time now)
{
    if (doubt->watched && sent >= doubt->from + guard_ns)
        doubt->once = doubt->twice == 0;
    if (doubt->watched)
        close_doubt(doubt);
    if (doubt->twice > 0)
        doubt->twice--;
    if (doubt->once || doubt->open)
        return;
    doubt_open(doubt, request, now.ns);
    doubt->watched = true;
}
