#include "app/findings.h"

#include "base/text.h"

void findings_lesson(struct recorder *recorder, const struct device_setup *device,
                     const struct lesson *lesson)
{
    char arguments[256];
    struct text text;
    const struct device_finding finding = {.event = "device.lesson",
                                           .arguments = arguments,
                                           .device = device->id,
                                           .profile = device->profile_id,
                                           .lesson = lesson};

    text_init(&text, arguments, sizeof arguments);
    text_add(&text, "{\"device\":");
    text_add_json(&text, device->label);
    text_format(&text, ",\"area\":\"%s\",\"address\":%u,\"count\":%u,\"cause\":\"%s\"}",
                area_word(lesson->area), lesson->address, lesson->count,
                cause_word((enum cause)lesson->cause));
    recorder_remember(recorder, &finding);
}

void findings_identity(struct recorder *recorder, const struct device_setup *device,
                       const struct identity_finding *identity)
{
    char arguments[2 * 6 * IDENTITY_TEXT];
    struct text text;
    struct device_finding finding = {.event = "device.identity",
                                     .arguments = arguments,
                                     .device = device->id,
                                     .profile = device->profile_id};
    bool is_wrong = identity->verdict != IDENTITY_RIGHT;

    if (!is_wrong && !identity->is_news)
        return; /* as it was before */
    if (!is_wrong)
        finding.identity = identity->is;
    text_init(&text, arguments, sizeof arguments);
    text_add(&text, "{\"device\":");
    text_add_json(&text, device->label);
    text_add(&text, ",\"was\":");
    text_add_json(&text, identity->was);
    text_add(&text, ",\"is\":");
    text_add_json(&text, identity->is);
    text_format(&text, ",\"withheld\":%s}", is_wrong ? "true" : "false");
    recorder_remember(recorder, &finding);
}
