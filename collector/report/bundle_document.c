/* report.pdf: the document of bundle_document.h, drawn by lookback-report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"
#include "base/version.h"
#include "report/bundle_inside.h"
#include "report/nameless.h"

static const struct {
    bool public_only;
    const char *zh, *en;
} not_proven[] = {
    {false,
     "传感器是否如实测量，这份材料不能证明：那要看校准和核查记录、现场封签和现场检查。除非仪器经型"
     "式批准并检定"
     "，传感器数据仅供参考；与有资质的采样监测不一致时，以采样监测为准。",
     "That a sensor told the truth is not proven here: that rests on calibration and check "
     "records, "
     "physical seals and inspections on site. Unless the instrument is type-approved and verified, "
     "sensor data are indicative; accredited sampling wins when they conflict."                                                                                        },
    {false, "传感器与采集器之间的通信（Modbus）没有认证，有人在线路上调换信号，这份材料看不出来。",
     "The line between sensor and collector (Modbus) has no authentication: a signal exchanged on "
     "the line cannot be seen here."                                                                                                                                   },
    {false,
     "封存之前的改动，以及持有签名钥匙的人所作的改动，只凭这份材料排除不了；要与留在网关以外的封存"
     "头或时间戳"
     "对照。最新的封存段有没有被截掉，也只有这样才看得出。",                                                     "What was changed before it was sealed, or by somebody who holds the key, cannot be ruled out "
     "by this bundle alone: it must be compared with heads or time stamps that were left outside "
     "the gateway. Only so can be seen whether the newest segments were cut off."},
    {false, "没有数据的时段什么也不证明：既不证明达标，也不证明超标。",
     "Where there are no data nothing is proven, neither that limits were kept nor that they were "
     "broken."                                                                                                                                                         },
    {true,
     "这是公开版：略去了与信访人有关的内容、台账、站点的地址和位置、采集器的配置文件；销号之前还略"
     "去单位名称和问"
     "题记录。凡略去的，其摘要仍在封存之内，持有完整版的人可以核对。",
     "This is the public form: what concerns petitioners, the ledger, addresses and places of "
     "sites "
     "and the collector's settings are withheld; until the strike-off also the name of the company "
     "and the problems. The digests of what is withheld are sealed; whoever has the full form can "
     "check it."                                                                                                                                                       },
};

static json_t *what_is_not_proven(const struct bundle *bundle)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof not_proven / sizeof not_proven[0]; i++)
        if (!not_proven[i].public_only || bundle->setup.public_form)
            json_array_append_new(
                list, json_pack("{s:s, s:s}", "zh", not_proven[i].zh, "en", not_proven[i].en));
    return list;
}

/* A public form names a company only once its case is decided, and a petition never says what it
 * was about. */
static json_t *task_of(const struct bundle *bundle)
{
    const struct bundle_setup *setup = &bundle->setup;
    json_t *task = json_deep_copy(setup->task);
    const char *kind = json_string_value(json_object_get(task, "kind"));

    json_object_del(task, "verdict");
    if (!setup->public_form)
        return task;
    json_object_del(json_object_get(task, "owner"), "person");
    if ((kind != NULL && strcmp(kind, "petition") == 0) ||
        !wall_is_known(setup->about.struck_off)) {
        json_object_set_new(task, "title", json_null());
        json_object_set_new(task, "measure", json_null());
    }
    return task;
}

static json_t *public_site(const struct bundle *bundle, json_t *site)
{
    static const char *const shown[] = {"name", "kind", "title"};
    size_t count = wall_is_known(bundle->setup.about.struck_off) ? 3 : 2;
    json_t *less = json_object();

    for (size_t i = 0; i < count; i++)
        json_object_set(less, shown[i], json_object_get(site, shown[i]));
    json_decref(site);
    return less;
}

static json_t *read_site(const struct bundle *bundle, const char *name)
{
    char item[NAME_SIZE + 16];
    uint8_t digest[DIGEST_BYTES];
    struct error err = {0};
    size_t size = 0;
    char *bytes;
    json_t *site;

    snprintf(item, sizeof item, "sites/%s.json", name);
    if (!bundle_item(bundle_case_last(bundle->about), item, digest))
        return NULL;
    bytes = reader_snapshot(bundle->setup.reader, digest, &size, &err);
    site = bytes == NULL ? NULL : json_loadb(bytes, size, 0, NULL);
    free(bytes);
    return site == NULL || !bundle->setup.public_form ? site : public_site(bundle, site);
}

static json_t *sites_of(const struct bundle *bundle)
{
    json_t *sites = json_array();

    for (size_t i = 0; i < bundle->setup.about.point_count; i++) {
        const char *point = bundle->setup.about.points[i];
        char name[NAME_SIZE];
        bool seen = false;
        json_t *site;

        snprintf(name, sizeof name, "%.*s", (int)strcspn(point, "/"), point);
        for (size_t n = 0; n < json_array_size(sites) && !seen; n++)
            seen = strcmp(json_string_value(json_object_get(json_array_get(sites, n), "name")),
                          name) == 0;
        site = seen ? NULL : read_site(bundle, name);
        if (site != NULL && json_is_string(json_object_get(site, "name")))
            json_array_append(sites, site);
        json_decref(site);
    }
    return sites;
}

static json_t *sheets_of(const struct bundle *bundle)
{
    json_t *sheets = json_array();

    for (size_t i = 0; i < bundle->setup.about.point_count; i++) {
        const json_t *sheet = bundle_case_sheet_json(bundle->about, i);

        if (sheet != NULL)
            json_array_append_new(sheets, json_deep_copy(sheet));
    }
    return sheets;
}

static json_t *points_of(const struct bundle *bundle)
{
    json_t *points = json_array();

    for (size_t i = 0; i < bundle->setup.about.point_count; i++)
        json_array_append_new(points, json_string(bundle->setup.about.points[i]));
    return points;
}

static json_t *seals_of(const struct bundle *bundle)
{
    const struct part *first = &bundle->parts[0];
    const struct part *last = &bundle->parts[bundle->part_count - 1];
    size_t removed = 0;

    for (size_t i = 0; i < bundle->part_count; i++)
        removed += bundle->parts[i].removed;
    return json_pack("{s:I, s:I, s:I, s:I, s:s, s:s, s:O}", "first", (json_int_t)first->segment,
                     "last", (json_int_t)last->segment, "count", (json_int_t)bundle->part_count,
                     "pruned", (json_int_t)removed, "key", bundle->key, "head", bundle->head,
                     "anchors", bundle->anchors);
}

static json_t *document_of(const struct bundle *bundle)
{
    const struct bundle_setup *setup = &bundle->setup;
    const struct span *span = &setup->about.span;
    json_t *document = json_object();
    json_t *category =
        setup->category_zh == NULL
            ? json_null()
            : json_pack("{s:s, s:s}", "zh", setup->category_zh, "en", setup->category_en);

    json_object_set_new(document, "lang", json_string(say_language() == LANGUAGE_ZH ? "zh" : "en"));
    json_object_set_new(document, "form", json_string(setup->public_form ? "public" : "full"));
    json_object_set_new(document, "collector", json_string(bundle->collector));
    json_object_set_new(document, "program", json_string(version_text()));
    json_object_set_new(document, "libraries", json_deep_copy(setup->versions));
    json_object_set_new(document, "timezone", json_string(bundle_case_timezone(bundle->about)));
    json_object_set_new(document, "made", bundle_time(span->end));
    json_object_set_new(document, "from", bundle_time(span->start));
    json_object_set_new(document, "to", bundle_time(span->end));
    json_object_set_new(document, "simulated", json_boolean(bundle->simulated));
    json_object_set_new(document, "task", task_of(bundle));
    json_object_set_new(document, "category", category);
    json_object_set(document, "verdict", bundle->verdict);
    json_object_set_new(document, "sheets", sheets_of(bundle));
    json_object_set_new(document, "points", points_of(bundle));
    json_object_set(document, "counts", bundle->counts);
    json_object_set_new(document, "sites", sites_of(bundle));
    json_object_set(document, "events", bundle->events);
    json_object_set_new(document, "problems", bundle_case_problems(bundle->about));
    json_object_set_new(document, "seals", seals_of(bundle));
    json_object_set(document, "differs", bundle->differs);
    json_object_set_new(document, "what_is_not_proven", what_is_not_proven(bundle));
    return document;
}

static bool draw(struct bundle *bundle, const char *text, int out, struct error *err)
{
    struct child child;
    bool drawn =
        child_begin(&child, bundle->setup.program, "evidence", bundle->setup.out, out, err) &&
        child_give(&child, text, strlen(text), err) && child_end(&child, err);

    child_kill(&child);
    return drawn;
}

bool bundle_put_report(struct bundle *bundle, struct error *err)
{
    json_t *document = document_of(bundle);
    char *text = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS);
    int out = nameless_file(bundle->setup.out, err);
    bool put = false;

    bundle_show(bundle, 0.85, "report.pdf", "report.pdf");
    if (text == NULL)
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    else if (out >= 0)
        put = draw(bundle, text, out, err) &&
              archive_put_file(bundle->archive, "report.pdf", out, err);
    if (out >= 0)
        close(out);
    free(text);
    json_decref(document);
    return put;
}
