#include "long_run.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 3 * RUN_LINKS + 40, READY_MAX = 16384 };

/* Two blocks of one shape, one of twice that, and one of another area. */
static const struct {
    uint8_t function;
    uint16_t address;
} layout[RUN_CELLS] = {
    {3, 0  },
    {3, 64 },
    {3, 128},
    {3, 136},
    {4, 0  }
};

uint8_t run_cell_function(size_t cell)
{
    return layout[cell].function;
}

uint16_t run_cell_address(size_t cell)
{
    return layout[cell].address;
}

static void give_up(const char *what)
{
    perror(what);
    exit(3);
}

static void make_profile(struct run *run)
{
    for (size_t i = 0; i < RUN_CHANNELS; i++) {
        size_t cell = i / CELL_WORDS;
        struct channel *channel = &run->channels[i];

        *channel = (struct channel){
            .area = layout[cell].function == 3 ? AREA_HOLDING_REGISTER : AREA_INPUT_REGISTER,
            .address = (uint16_t)(layout[cell].address + i % CELL_WORDS),
            .type = WORDS_UINT16,
            .scale = {1, 0},
            .valid_max = 65535,
        };
        snprintf(channel->name, sizeof channel->name, "w%zu", i);
        run->wanted[i] = channel;
        run->points[i] = (uint32_t)i + 1;
    }
    snprintf(run->profile.model, sizeof run->profile.model, "liar");
    run->profile.channels = run->channels;
    run->profile.channel_count = RUN_CHANNELS;
    run->profile.max_registers = 125;
}

/* --- the liars ---------------------------------------------------------------------------------
 */

struct arguments {
    char text[ARGUMENTS_MAX][300];
    char *list[ARGUMENTS_MAX + 1];
    size_t count;
};

static void __attribute__((format(printf, 2, 3)))
add(struct arguments *arguments, const char *format, ...)
{
    va_list rest;

    if (arguments->count == ARGUMENTS_MAX)
        abort();
    va_start(rest, format);
    vsnprintf(arguments->text[arguments->count], sizeof arguments->text[0], format, rest);
    va_end(rest);
    arguments->list[arguments->count] = arguments->text[arguments->count];
    arguments->list[++arguments->count] = NULL;
}

static void add_links(struct arguments *arguments, struct run_liar *liar, const struct run *run,
                      size_t index)
{
    const struct {
        enum liar_wire wire;
        long count;
    } kinds[] = {
        {LIAR_TCP,     run->options.tcp    },
        {LIAR_RTU,     run->options.pty    },
        {LIAR_RTU_TCP, run->options.rtu_tcp}
    };

    for (size_t kind = 0; kind < 3; kind++)
        for (long i = 0; i < kinds[kind].count; i++) {
            if (kinds[kind].wire == LIAR_RTU)
                add(arguments, "--pty=%s/tty%zu-%ld", run->dir, index, i);
            else
                add(arguments, kinds[kind].wire == LIAR_TCP ? "--tcp=%d" : "--rtu-tcp=%d", 0);
            liar->wires[liar->link_count++] = kinds[kind].wire;
        }
}

static void make_arguments(struct arguments *arguments, struct run_liar *liar,
                           const struct run *run, size_t index)
{
    const struct run_options *options = &run->options;

    add(arguments, "liar");
    add_links(arguments, liar, run, index);
    add(arguments, "--units=1-%ld", options->units);
    add(arguments, "--timeout=%ld", options->timeout_ms);
    add(arguments, "--guard=%ld", options->guard_ms);
    add(arguments, "--seed=%llu", (unsigned long long)(options->seed + index));
    add(arguments, "--faults=%s", options->faults);
    add(arguments, "--rate=%f", options->rate);
    if (index == LIAR_CALM)
        add(arguments, "--calm=%ld", options->calm);
    add(arguments, "--log=%s", liar->log);
    add(arguments, "--pulse=5");
    add(arguments, "--control");
}

/* The liar stands beside this program, or where it was built. */
static void become_liar(struct arguments *arguments, int in, int out)
{
    char path[400] = "";
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 8);
    char *slash;

    if (size > 0)
        path[size] = '\0';
    slash = strrchr(path, '/');
    if (slash != NULL)
        strcpy(slash + 1, "liar");
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
        _exit(3);
    execv(path, arguments->list);
    perror(path);
    _exit(3);
}

static void read_ready(int from, char *ready)
{
    size_t used = 0;

    while (used < READY_MAX - 1 && memchr(ready, '\n', used) == NULL) {
        ssize_t count = read(from, ready + used, READY_MAX - 1 - used);

        if (count <= 0)
            break;
        used += (size_t)count;
    }
    ready[used] = '\0';
    if (strncmp(ready, "ready ", 6) != 0)
        give_up("the liar is not ready");
}

static void start_liar(struct run *run, size_t index, char *ready)
{
    static struct arguments arguments;
    struct run_liar *liar = &run->liars[index];
    int mouth[2], ear[2];

    arguments.count = 0;
    snprintf(liar->log, sizeof liar->log, "%s/liar-%zu.log", run->dir, index);
    make_arguments(&arguments, liar, run, index);
    if (pipe(mouth) != 0 || pipe(ear) != 0)
        give_up("pipe");
    liar->pid = fork();
    if (liar->pid < 0)
        give_up("fork");
    if (liar->pid == 0) {
        for (size_t i = 0; i < index; i++)
            close(run->liars[i].mouth);
        close(mouth[1]);
        close(ear[0]);
        become_liar(&arguments, mouth[0], ear[1]);
    }
    close(mouth[0]);
    close(ear[1]);
    liar->mouth = mouth[1];
    read_ready(ear[0], ready);
    close(ear[0]);
}

void run_end_liars(struct run *run)
{
    for (size_t i = 0; i < RUN_LIARS; i++) {
        close(run->liars[i].mouth);
        waitpid(run->liars[i].pid, NULL, 0);
    }
}

/* --- the collector's side ----------------------------------------------------------------------
 */

static void add_device(struct run *run, size_t liar, unsigned link, uint8_t unit)
{
    struct device_setup *device = &run->devices[run->device_count];

    run->facts[run->device_count] = (struct run_device){
        .liar = liar, .link = link, .unit = unit, .wire = run->liars[liar].wires[link]};
    device->id = (uint32_t)++run->device_count;
    device->link = (uint32_t)run->link_count;
    device->unit = unit;
    device->every_ms = liar == LIAR_CALM ? run->options.every_ms : 0;
    device->profile = &run->profile;
    device->profile_id = 1;
    device->channels = run->wanted;
    device->points = run->points;
    device->channel_count = RUN_CHANNELS;
    snprintf(device->label, sizeof device->label, "%s %u/%u", liar == LIAR_CALM ? "calm" : "storm",
             link, unit);
}

static void add_link(struct run *run, size_t liar, unsigned index, const char *where)
{
    static const enum link_kind kinds[] = {
        [LIAR_TCP] = LINK_TCP, [LIAR_RTU] = LINK_SERIAL, [LIAR_RTU_TCP] = LINK_RTU_TCP};
    struct link_setup *link = &run->links[run->link_count];

    *link = (struct link_setup){.kind = kinds[run->liars[liar].wires[index]],
                                .baud = 115200,
                                .parity = 'N',
                                .stop_bits = 1,
                                .timeout_ms = run->options.timeout_ms,
                                .guard_ms = run->options.guard_ms};
    snprintf(link->name, sizeof link->name, "%s-%u", liar == LIAR_CALM ? "calm" : "storm", index);
    if (link->kind == LINK_SERIAL)
        snprintf(link->path, sizeof link->path, "%s", where);
    else
        snprintf(link->host, sizeof link->host, "127.0.0.1");
    link->port = link->kind == LINK_SERIAL ? 0 : atoi(where);
    for (long unit = 1; unit <= run->options.units; unit++)
        add_device(run, liar, index, (uint8_t)unit);
    run->link_count++;
}

void run_build(struct run *run)
{
    const struct run_options *options = &run->options;
    size_t links = RUN_LIARS * (size_t)(options->tcp + options->pty + options->rtu_tcp);
    static char ready[READY_MAX];

    run->links = calloc(links, sizeof *run->links);
    run->devices = calloc(links * (size_t)options->units, sizeof *run->devices);
    run->facts = calloc(links * (size_t)options->units, sizeof *run->facts);
    if (run->links == NULL || run->devices == NULL || run->facts == NULL)
        give_up("memory");
    make_profile(run);
    for (size_t liar = 0; liar < RUN_LIARS; liar++) {
        char *rest = NULL;
        unsigned index = 0;

        start_liar(run, liar, ready);
        for (char *word = strtok_r(ready + 6, " \n", &rest); word != NULL;
             word = strtok_r(NULL, " \n", &rest))
            add_link(run, liar, index++, word);
    }
}
