#include "app/station_outputs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUTS_AT_ONCE = 16, TIME_STAMP_MS = 10 * 1000 };

bool outputs_list(struct station_outputs *outputs, const struct settings *settings)
{
    outputs->senders = calloc(settings->output_count + 1, sizeof *outputs->senders);
    outputs->awaited = calloc(settings->output_count + 1, sizeof *outputs->awaited);
    if (outputs->senders == NULL || outputs->awaited == NULL)
        return false;
    for (size_t i = 0; i < settings->output_count; i++)
        if (settings->outputs[i].enabled && settings->outputs[i].awaited)
            outputs->awaited[outputs->awaited_count++] = settings->outputs[i].name;
    return true;
}

bool outputs_start(struct station_outputs *outputs, const struct settings *settings,
                   const struct catalog *catalog, struct recorder *recorder,
                   struct notices *notices, const struct clock *clock, struct error *err)
{
    const struct time_stamper_setup stamping = {
        .url = settings->time_stamp_url,
        .timeout_ms = TIME_STAMP_MS,
        .notices = notices,
        .clock = clock,
    };

    for (size_t i = 0; i < settings->output_count; i++) {
        struct sender_setup setup = {
            .output = &settings->outputs[i],
            .store_dir = settings->store_dir,
            .catalog = catalog,
            .recorder = recorder,
            .notices = notices,
            .clock = clock,
        };

        if (!settings->outputs[i].enabled)
            continue;
        outputs->senders[outputs->sender_count] = sender_start(&setup, err);
        if (outputs->senders[outputs->sender_count] == NULL)
            return false;
        outputs->sender_count++;
    }
    if (settings->time_stamp_url[0] == '\0')
        return true;
    outputs->stamper = time_stamper_start(&stamping, settings->store_dir, recorder, err);
    return outputs->stamper != NULL;
}

static void *stop_sender(void *sender)
{
    sender_stop(sender);
    return NULL;
}

void outputs_stop(struct station_outputs *outputs, struct recorder *recorder)
{
    pthread_t threads[OUTPUTS_AT_ONCE];
    bool begun[OUTPUTS_AT_ONCE];

    recorder_wake_all(recorder);
    time_stamper_stop(outputs->stamper);
    outputs->stamper = NULL;
    for (size_t done = 0; done < outputs->sender_count; done += OUTPUTS_AT_ONCE) {
        size_t count = outputs->sender_count - done;

        count = count < OUTPUTS_AT_ONCE ? count : OUTPUTS_AT_ONCE;
        for (size_t i = 0; i < count; i++)
            begun[i] =
                pthread_create(&threads[i], NULL, stop_sender, outputs->senders[done + i]) == 0;
        for (size_t i = 0; i < count; i++) {
            if (begun[i])
                pthread_join(threads[i], NULL);
            else
                sender_stop(outputs->senders[done + i]);
        }
    }
    outputs->sender_count = 0;
}

void outputs_rewind(const struct station_outputs *outputs, const char *output, uint64_t seq)
{
    for (size_t i = 0; i < outputs->sender_count; i++) {
        struct sender_status status;

        sender_status(outputs->senders[i], &status);
        if (strcmp(status.name, output) == 0)
            sender_rewind(outputs->senders[i], seq);
    }
}

void outputs_free(struct station_outputs *outputs)
{
    free(outputs->senders);
    free(outputs->awaited);
}
