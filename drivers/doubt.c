#include "drivers/doubt.h"

/* GUARD: another block of this unit with an answer of the same shape waits one guard longer. */
int64_t doubt_until(const struct exchange_doubt *doubt, const struct request *request,
                    int64_t guard_ns)
{
    if (!doubt->open || request_is_same(&doubt->asked, request))
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
    doubt->asked = *request;
    doubt->from = from;
}

/* An answer that no earlier question can have caused: the unit is done with what was asked before.
 * An answer to the doubtful request itself shows nothing of the kind. */
void doubt_answered(struct exchange_doubt *doubt, const struct request *request, bool repeated,
                    struct mono_time now)
{
    if (repeated)
        doubt->from = now.ns;
    else if (doubt->open && !request_is_same(&doubt->asked, request))
        *doubt = (struct exchange_doubt){.open = false};
}
