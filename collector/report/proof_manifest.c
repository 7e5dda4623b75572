/* manifest.json: what a bundle says it is. */
#include <stdio.h>
#include <string.h>

#include "report/archive_inside.h"
#include "report/proof_inside.h"

static const char format_known[] = "lookback bundle 1";

static bool is_point(const char *name)
{
    const char *first = strchr(name, '/');
    const char *second = first == NULL ? NULL : strchr(first + 1, '/');

    return second != NULL && strchr(second + 1, '/') == NULL && strlen(name) < POINT_SIZE &&
           archive_name_is_valid(name, strlen(name));
}

static bool take_points(struct check *check, const json_t *points, struct error *err)
{
    size_t count = json_array_size(points);

    if (count > TASK_POINTS_MAX)
        return proof_refuse(err,
                            SAY("manifest.json：%zu 个监测点，一项任务至多 %d 个",
                                "manifest.json: %zu points, a task has at most %d"),
                            count, TASK_POINTS_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(points, i));

        if (name == NULL || !is_point(name) || proof_point(check, name) >= 0)
            return proof_refuse(err, "%s",
                                SAY("manifest.json：监测点的写法不对，或出现两次",
                                    "manifest.json: a point is not SITE/DEVICE/CHANNEL, or stands "
                                    "there twice"));
        strcpy(check->points[i], name);
        check->about.point_count = i + 1;
    }
    return true;
}

static bool take_words(const json_t *manifest, const char *key, char *words, size_t size)
{
    const char *said = json_string_value(json_object_get(manifest, key));

    if (said == NULL || strlen(said) >= size)
        return false;
    strcpy(words, said);
    return true;
}

static bool take_case(struct check *check, const json_t *manifest)
{
    struct case_setup *about = &check->about;
    const char *form = json_words(manifest, "form");

    check->is_public = strcmp(form, "public") == 0;
    about->points = check->points;
    return (check->is_public || strcmp(form, "full") == 0) &&
           take_words(manifest, "task", about->task, sizeof about->task) &&
           take_words(manifest, "category", about->category, sizeof about->category) &&
           json_time(manifest, "from", &about->span.start) &&
           json_time(manifest, "to", &about->span.end) && wall_is_known(about->span.start) &&
           wall_is_known(about->span.end) && about->span.start.ms < about->span.end.ms &&
           json_time(manifest, "struck_off", &about->struck_off) &&
           json_time(manifest, "watch_until", &about->watch_until);
}

/* Every key there is, and no other. */
static bool has_its_keys(const json_t *manifest)
{
    static const struct {
        const char *key;
        json_type type;
    } keys[] = {
        {"category",  JSON_STRING},
        {"collector", JSON_STRING},
        {"files",     JSON_ARRAY },
        {"form",      JSON_STRING},
        {"format",    JSON_STRING},
        {"from",      JSON_STRING},
        {"libraries", JSON_OBJECT},
        {"points",    JSON_ARRAY },
        {"program",   JSON_STRING},
        {"store",     JSON_STRING},
        {"task",      JSON_STRING},
        {"to",        JSON_STRING},
    };
    const size_t others = 3; /* simulated, struck_off, watch_until */

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *value = json_object_get(manifest, keys[i].key);

        if (value == NULL || json_typeof(value) != keys[i].type)
            return false;
    }
    return json_object_size(manifest) == sizeof keys / sizeof keys[0] + others &&
           json_is_boolean(json_object_get(manifest, "simulated"));
}

/* A form with another number is of another version of this program; anything else is none. */
static bool is_other_version(const char *format)
{
    size_t common = sizeof format_known - 2;

    return strncmp(format, format_known, common) == 0 && strcmp(format, format_known) != 0 &&
           format[common] != '\0' &&
           strspn(format + common, "0123456789") == strlen(format + common);
}

bool proof_manifest(struct check *check, struct error *err)
{
    json_t *manifest = proof_json(check, "manifest.json", err);
    const char *format = json_words(manifest, "format");
    struct error why = {0};

    if (manifest == NULL)
        return false;
    check->proof->manifest = manifest;
    if (!archive_digest(check->archive, archive_find(check->archive, "manifest.json"),
                        check->manifest_digest, &why)) {
        if (why.kind != ERROR_REFUSED) {
            *err = why;
            return false;
        }
        refute(check, CLAIM_UNCHANGED, "%s", why.text);
    }
    if (is_other_version(format)) {
        check->other_version = true;
        return proof_refuse(err,
                            SAY("manifest.json：格式是“%.40s”，本程序只认识“%s”，请换新版程序",
                                "manifest.json: its format is \"%.40s\", this program knows \"%s\" "
                                "only, use a newer one"),
                            format, format_known);
    }
    if (strcmp(format, format_known) != 0 || !has_its_keys(manifest) || !take_case(check, manifest))
        return proof_refuse(err, "%s",
                            SAY("manifest.json 的内容不是 VERIFY.md 所写的",
                                "manifest.json does not hold what VERIFY.md says"));
    if (!take_points(check, json_object_get(manifest, "points"), err))
        return false;
    check->bundle = bundle_case_new(&check->about, err);
    return check->bundle != NULL;
}

int proof_point(const struct check *check, const char *name)
{
    for (size_t i = 0; i < check->about.point_count; i++)
        if (strcmp(check->points[i], name) == 0)
            return (int)i;
    return -1;
}
