/* poller_bench.h - a poller on a loop, with a Modbus TCP peer beside it on the same loop.
 *
 * The peer answers every read with registers that hold their own address, unless the test says
 * otherwise. Nothing here sleeps: run_until() turns the loop until something has happened.
 */
#ifndef TESTS_POLLER_BENCH_H
#define TESTS_POLLER_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/poller.h"

enum { BENCH_LINKS = 1200, BENCH_DEVICES = 1200, BENCH_CHANNELS = 8, BENCH_POLLS = 4096 };

struct seen_poll {
    uint32_t device;
    uint8_t quality, cause;
    double value, last_value;
    struct wall_time time;
    size_t raw_size, reading_count;
    uint8_t last_cause;
    int64_t at_ns;
};

struct bench;

struct caller {
    uv_tcp_t handle;
    struct bench *bench;
    uint8_t bytes[600];
    size_t used;
    struct caller *behind;
};

struct bench {
    uv_loop_t loop;
    uv_tcp_t listener;
    int port;
    bool listens;
    struct caller *callers;
    size_t connections, requests;
    ssize_t ended_with; /* how the last connection ended: UV_EOF, UV_ECONNRESET */
    /* what the peer does with a whole request of 12 bytes; NULL: answers it well */
    void (*answer)(struct caller *caller, const uint8_t *request);
    struct profile profile;
    struct channel channels[BENCH_CHANNELS];
    const struct channel *wanted[BENCH_CHANNELS];
    uint32_t points[BENCH_CHANNELS];
    size_t channel_count;
    struct link_setup links[BENCH_LINKS];
    size_t link_count;
    struct device_setup devices[BENCH_DEVICES];
    size_t device_count;
    struct poller *poller;
    int64_t ahead_ns;  /* of the machine's clocks: the test may let time pass at once */
    int64_t coarse_ms; /* the wall clock moves in such steps; 0: as the machine's */
    bool trusted, no_room, stopped;
    struct seen_poll polls[BENCH_POLLS];
    size_t poll_count;
    size_t skipped_for_room;
};

static struct bench bench;

/* --- the peer ----------------------------------------------------------------------------------
 */

static void caller_freed(uv_handle_t *handle)
{
    struct caller *caller = handle->data;

    for (struct caller **at = &bench.callers; *at != NULL; at = &(*at)->behind)
        if (*at == caller) {
            *at = caller->behind;
            break;
        }
    free(caller);
}

static inline void caller_close(struct caller *caller)
{
    if (!uv_is_closing((uv_handle_t *)&caller->handle))
        uv_close((uv_handle_t *)&caller->handle, caller_freed);
}

static inline void caller_say(struct caller *caller, const void *bytes, size_t count)
{
    uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)count);

    (void)uv_try_write((uv_stream_t *)&caller->handle, &buffer, 1);
}

/* Writes the right answer to `request`; register n holds n + `plus`. */
static inline size_t right_answer(const uint8_t *request, unsigned plus, uint8_t *out)
{
    unsigned address = (unsigned)request[8] << 8 | request[9];
    unsigned count = (unsigned)request[10] << 8 | request[11];

    memcpy(out, request, 8);
    out[4] = (uint8_t)((3 + 2 * count) >> 8);
    out[5] = (uint8_t)(3 + 2 * count);
    out[8] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++) {
        out[9 + 2 * i] = (uint8_t)((address + plus + i) >> 8);
        out[10 + 2 * i] = (uint8_t)(address + plus + i);
    }
    return 9 + 2 * count;
}

static inline void answer_well(struct caller *caller, const uint8_t *request)
{
    uint8_t answer[300];

    caller_say(caller, answer, right_answer(request, 0, answer));
}

static inline void answer_exception(struct caller *caller, const uint8_t *request, uint8_t code)
{
    uint8_t answer[9];

    memcpy(answer, request, 8);
    answer[4] = 0;
    answer[5] = 3;
    answer[7] |= 0x80;
    answer[8] = code;
    caller_say(caller, answer, sizeof answer);
}

static inline void answer_nothing(struct caller *caller, const uint8_t *request)
{
}

static inline void caller_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct caller *caller = handle->data;

    *buffer = uv_buf_init((char *)caller->bytes + caller->used,
                          (unsigned)(sizeof caller->bytes - caller->used));
}

static inline void caller_spoke(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct caller *caller = stream->data;

    if (count < 0) {
        bench.ended_with = count;
        caller_close(caller);
        return;
    }
    caller->used += (size_t)count;
    while (caller->used >= 12 && !uv_is_closing((uv_handle_t *)stream)) {
        uint8_t request[12];

        memcpy(request, caller->bytes, 12);
        caller->used -= 12;
        memmove(caller->bytes, caller->bytes + 12, caller->used);
        bench.requests++;
        (bench.answer != NULL ? bench.answer : answer_well)(caller, request);
    }
}

static inline void somebody_calls(uv_stream_t *listener, int status)
{
    struct caller *caller = calloc(1, sizeof *caller);

    assert_int_equal(status, 0);
    uv_tcp_init(&bench.loop, &caller->handle);
    caller->handle.data = caller;
    caller->bench = &bench;
    caller->behind = bench.callers;
    bench.callers = caller;
    assert_int_equal(uv_accept(listener, (uv_stream_t *)&caller->handle), 0);
    uv_read_start((uv_stream_t *)&caller->handle, caller_room, caller_spoke);
    bench.connections++;
}

/* Port 0: any. */
static inline void peer_listen(int port)
{
    struct sockaddr_in to;
    struct sockaddr_storage got;
    int size = sizeof got;

    uv_ip4_addr("127.0.0.1", port, &to);
    uv_tcp_init(&bench.loop, &bench.listener);
    assert_int_equal(uv_tcp_bind(&bench.listener, (struct sockaddr *)&to, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&bench.listener, 1024, somebody_calls), 0);
    uv_tcp_getsockname(&bench.listener, (struct sockaddr *)&got, &size);
    bench.port = ntohs(((struct sockaddr_in *)(void *)&got)->sin_port);
    bench.listens = true;
}

static inline void peer_hang_up(void)
{
    for (struct caller *caller = bench.callers; caller != NULL; caller = caller->behind)
        caller_close(caller);
}

static inline void peer_leave(void)
{
    if (bench.listens)
        uv_close((uv_handle_t *)&bench.listener, NULL);
    bench.listens = false;
    peer_hang_up();
}

/* --- the poller's owner ------------------------------------------------------------------------
 */

static inline bool is_trusted(void *self)
{
    return bench.trusted;
}

static inline bool there_is_room(void *self, struct wall_time due)
{
    bench.skipped_for_room += bench.no_room;
    return !bench.no_room;
}

static inline void poll_done(void *self, const struct poll *poll)
{
    struct seen_poll *seen = &bench.polls[bench.poll_count++ % BENCH_POLLS];

    *seen = (struct seen_poll){.device = poll->device,
                               .quality = poll->readings[0].quality,
                               .cause = poll->readings[0].cause,
                               .value = poll->readings[0].value,
                               .last_value = poll->readings[poll->reading_count - 1].value,
                               .time = poll->time,
                               .raw_size = poll->raw_size,
                               .reading_count = poll->reading_count,
                               .last_cause = poll->readings[poll->reading_count - 1].cause,
                               .at_ns = poll->mono.ns};
}

static inline int bench_set_up(void **state)
{
    memset(&bench, 0, sizeof bench);
    uv_loop_init(&bench.loop);
    snprintf(bench.profile.model, sizeof bench.profile.model, "bench");
    bench.profile.max_registers = 125;
    bench.profile.max_gap = 0;
    bench.trusted = true;
    return 0;
}

/* A uint16 in a holding register. */
static inline void add_channel(uint16_t address)
{
    struct channel *channel = &bench.channels[bench.channel_count];

    *channel = (struct channel){
        .area = AREA_HOLDING_REGISTER,
        .address = address,
        .type = WORDS_UINT16,
        .scale = {1, 0},
        .valid_min = 0,
        .valid_max = 65535
    };
    snprintf(channel->name, sizeof channel->name, "c%u", address);
    bench.wanted[bench.channel_count] = channel;
    bench.points[bench.channel_count] = 1000 + address;
    bench.channel_count++;
    bench.profile.channels = bench.channels;
    bench.profile.channel_count = bench.channel_count;
}

static inline struct link_setup *add_tcp(const char *host, int port)
{
    struct link_setup *link = &bench.links[bench.link_count];

    *link =
        (struct link_setup){.kind = LINK_TCP, .port = port, .timeout_ms = 3000, .guard_ms = 300};
    snprintf(link->name, sizeof link->name, "l%zu", bench.link_count++);
    snprintf(link->host, sizeof link->host, "%s", host);
    return link;
}

static inline struct device_setup *add_device(uint8_t unit, int64_t every_ms)
{
    struct device_setup *device = &bench.devices[bench.device_count];

    *device = (struct device_setup){.id = 100 + (uint32_t)bench.device_count,
                                    .link = (uint32_t)bench.link_count - 1,
                                    .unit = unit,
                                    .every_ms = every_ms,
                                    .profile = &bench.profile,
                                    .profile_id = 7,
                                    .channels = bench.wanted,
                                    .points = bench.points,
                                    .channel_count = bench.channel_count};
    snprintf(device->label, sizeof device->label, "device %zu", bench.device_count++);
    return device;
}

static inline struct wall_time wall_ahead(const struct clock *clock)
{
    int64_t ms = clock_wall(clock_system()).ms + bench.ahead_ns / 1000000;

    return (struct wall_time){bench.coarse_ms > 0 ? ms - ms % bench.coarse_ms : ms};
}

static inline struct mono_time mono_ahead(const struct clock *clock)
{
    return (struct mono_time){clock_mono(clock_system()).ns + bench.ahead_ns};
}

static inline struct poller_setup bench_setup(void)
{
    static const struct clock ahead = {wall_ahead, mono_ahead};

    return (struct poller_setup){
        .links = bench.links,
        .link_count = bench.link_count,
        .devices = bench.devices,
        .device_count = bench.device_count,
        .boot = 3,
        .clock = &ahead,
        .clock_is_trusted = is_trusted,
        .has_room = there_is_room,
        .done = poll_done,
    };
}

static inline void start_polling(void)
{
    struct poller_setup setup = bench_setup();
    struct error err = {0};

    bench.poller = poller_new(&bench.loop, &setup, &err);
    if (bench.poller == NULL)
        fail_msg("%s", err.text);
    poller_start(bench.poller);
}

/* Turns the loop until `happened`; half a minute without it is a failure. */
static inline void run_until_(bool (*happened)(void), const char *what)
{
    const uint64_t limit = uv_hrtime() + 30000000000u;

    while (!happened()) {
        uv_run(&bench.loop, UV_RUN_ONCE);
        if (uv_hrtime() > limit)
            fail_msg("%s did not happen", what);
    }
}
#define run_until(happened) run_until_(happened, #happened)

static inline void poller_stopped(void *self)
{
    bench.stopped = true;
}

static inline bool has_stopped(void)
{
    return bench.stopped;
}

static inline int bench_tear_down(void **state)
{
    if (bench.poller != NULL) {
        poller_stop(bench.poller, poller_stopped, NULL);
        run_until(has_stopped);
        poller_free(bench.poller);
    }
    peer_leave();
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&bench.loop), 0);
    return 0;
}

static inline const struct seen_poll *last_poll(void)
{
    assert_true(bench.poll_count > 0);
    return &bench.polls[(bench.poll_count - 1) % BENCH_POLLS];
}

static inline struct device_status status_of(size_t device)
{
    struct device_status status;

    poller_device_status(bench.poller, device, &status);
    return status;
}

static inline struct link_status link_of(size_t link)
{
    struct link_status status;

    poller_link_status(bench.poller, link, &status);
    return status;
}

#endif
