#include "ledger/point_sheet.h"

/* Takes out what people are told and nothing is judged by. */
static void strip(json_t *from)
{
    static const char *const told[] = {"device_title",  "every_ms",  "note",    "parameter_en",
                                       "parameter_zh",  "since",     "source",  "title",
                                       "serial_number", "gather_ms", "verified"};
    json_t *value;
    const char *key;
    size_t index;

    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        json_object_del(from, told[i]);
    if (json_is_object(from)) {
        json_object_foreach(from, key, value) strip(value);
    } else {
        json_array_foreach(from, index, value) strip(value);
    }
}

bool point_sheet_is_same(const struct point_sheet *one, const struct point_sheet *other)
{
    json_t *a = point_sheet_json(one);
    json_t *b = point_sheet_json(other);
    bool same;

    strip(a);
    strip(b);
    same = json_equal(a, b);
    json_decref(a);
    json_decref(b);
    return same;
}
