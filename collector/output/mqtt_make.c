/* A connection's settings, secrets and memory, checked before anything is sent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"
#include "output/mqtt_parts.h"

static bool make_address(struct mqtt *mqtt, struct error *err)
{
    const struct output_setup *output = mqtt->setup.output;
    struct url *url = &mqtt->url;
    bool tls, six;

    if (!url_parse(output->url, url, err))
        return false;
    tls = strcmp(url->scheme, "mqtts") == 0;
    six = strchr(url->host, ':') != NULL;
    if (!tls && strcmp(url->scheme, "mqtt") != 0)
        return error_set(err, ERROR_SETTINGS,
                         SAY("输出 %s：%s 应是 mqtt:// 或 mqtts://",
                             "output %s: %s should be mqtt:// or mqtts://"),
                         output->name, output->url);
    if (!tls && !output->plaintext && !url_is_loopback(url))
        return error_set(err, ERROR_SETTINGS,
                         SAY("输出 %s：%s 不加密；请用 mqtts，或写明 plaintext = true",
                             "output %s: %s is not encrypted; use mqtts or say plaintext = true"),
                         output->name, output->url);
    if (url->port == 0)
        url->port = tls ? 8883 : 1883;
    snprintf(mqtt->address, sizeof mqtt->address, "%s://%s%s%s:%d", tls ? "ssl" : "tcp",
             six ? "[" : "", url->host, six ? "]" : "", url->port);
    return true;
}

static bool check_files(const struct output_setup *output, struct error *err)
{
    const char *files[] = {output->ca, output->certificate, output->key_file};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (*files[i] != '\0' && access(files[i], R_OK) != 0)
            return error_set(err, ERROR_SETTINGS,
                             SAY("输出 %s：读不到文件 %s", "output %s: cannot read %s"),
                             output->name, files[i]);
    return true;
}

struct mqtt *mqtt_new(const struct mqtt_setup *setup, struct error *err)
{
    const struct output_setup *output = setup->output;
    struct mqtt *mqtt = calloc(1, sizeof *mqtt);

    if (mqtt == NULL || (mqtt->blank = blank_new()) == NULL) {
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        free(mqtt);
        return NULL;
    }
    gate_init(&mqtt->gate);
    mqtt->setup = *setup;
    mqtt->window = output->window > 0 ? (size_t)output->window : 100;
    for (size_t i = 0; i < SESSIONS; i++) {
        mqtt->sessions[i].mqtt = mqtt;
        mqtt->sessions[i].flights = calloc(mqtt->window, sizeof *mqtt->sessions[i].flights);
        if (mqtt->sessions[i].flights == NULL) {
            error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
            mqtt_free(mqtt);
            return NULL;
        }
    }
    if (!make_address(mqtt, err) || !check_files(output, err) ||
        (output->password_file[0] != '\0' &&
         !secret_read(output->password_file, mqtt->password, sizeof mqtt->password, err))) {
        mqtt_free(mqtt);
        return NULL;
    }
    blank_hide(mqtt->blank, output->user, mqtt->password);
    return mqtt;
}

void mqtt_free(struct mqtt *mqtt)
{
    if (mqtt == NULL)
        return;
    mqtt_drop_client(mqtt);
    for (size_t i = 0; i < SESSIONS; i++)
        free(mqtt->sessions[i].flights);
    explicit_bzero(mqtt->password, sizeof mqtt->password);
    blank_free(mqtt->blank);
    gate_end(&mqtt->gate);
    free(mqtt);
}
