#include "record/orders.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/conf.h"

/* The list is kept at its newest end. */
static struct order *next_place(struct orders *orders)
{
    if (orders->count == ORDERS_MOST) {
        memmove(&orders->list[0], &orders->list[1], (ORDERS_MOST - 1) * sizeof orders->list[0]);
        orders->count--;
    }
    return &orders->list[orders->count++];
}

static bool copy_text(const json_t *args, const char *key, char *out, size_t size)
{
    const char *words = json_string_value(json_object_get(args, key));

    snprintf(out, size, "%s", words == NULL ? "" : words);
    return words != NULL && strlen(words) < size;
}

static bool copy_moment(const json_t *args, const char *key, struct wall_time *time)
{
    const char *words = json_string_value(json_object_get(args, key));

    return words != NULL && moment_parse(words, time);
}

/* An event that is not as the act writes it is no order. */
static bool see_order(void *self, uint64_t seq, struct wall_time time, const char *who,
                      const char *arguments)
{
    struct orders *orders = self;
    struct order order = {.id = seq, .asked = time};
    json_t *args = json_loads(arguments, 0, NULL);

    snprintf(order.who, sizeof order.who, "%s", who);
    copy_text(args, "by", order.by, sizeof order.by);
    order.public_form = json_is_true(json_object_get(args, "public"));
    if (copy_text(args, "task", order.task, sizeof order.task) &&
        copy_moment(args, "from", &order.from) && copy_moment(args, "to", &order.to))
        *next_place(orders) = order;
    json_decref(args);
    return true;
}

bool orders_read(struct orders *orders, struct reader *reader, struct error *err)
{
    uint64_t last = reader_last_seq(reader);

    if (last < orders->reached)
        *orders = (struct orders){0};
    if (last == orders->reached)
        return true;
    if (!reader_events_after(reader, orders->reached, ORDER_EVENT, see_order, orders, err))
        return false;
    /* An order that came in between was seen too, and is not to be seen twice. */
    if (orders->count > 0 && orders->list[orders->count - 1].id > last)
        last = orders->list[orders->count - 1].id;
    orders->reached = last;
    return true;
}

const struct order *orders_find(const struct orders *orders, uint64_t id)
{
    for (size_t i = 0; i < orders->count; i++)
        if (orders->list[i].id == id)
            return &orders->list[i];
    return NULL;
}

size_t orders_waiting(const struct orders *orders, const char *store_dir)
{
    size_t waiting = 0;

    for (size_t i = 0; i < orders->count; i++) {
        json_t *state = order_state(store_dir, orders->list[i].id);

        waiting += !order_is_over(state);
        json_decref(state);
    }
    return waiting;
}
