/* The demo: simulated sensors on real Modbus links, a whole station on the embedded store, and a
 * live picture. Also `simulate`, the simulator alone. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "app/command.h"
#include "app/demo_files.h"
#include "app/demo_history.h"
#include "app/demo_ledger.h"
#include "app/demo_page.h"
#include "app/simulator.h"
#include "app/station.h"
#include "base/log.h"
#include "base/say.h"
#include "report/picture.h"
#include "store/reader.h"
#include "town/shown.h"

struct demo {
    struct station *station;
    struct picture *picture;
    struct reader *reader;
    uv_signal_t term, interrupt;
    uv_timer_t draw, end;
    bool stopping;
};

static void demo_stopped(void *self)
{
    struct demo *demo = self;

    uv_close((uv_handle_t *)&demo->term, NULL);
    uv_close((uv_handle_t *)&demo->interrupt, NULL);
    uv_close((uv_handle_t *)&demo->draw, NULL);
    uv_close((uv_handle_t *)&demo->end, NULL);
}

static void demo_stop(struct demo *demo)
{
    if (demo->stopping)
        return;
    demo->stopping = true;
    uv_timer_stop(&demo->draw);
    station_view(demo->station);
    picture_draw(demo->picture, stdout);
    station_stop(demo->station, demo_stopped, demo);
}

static void demo_signal(uv_signal_t *signal, int number)
{
    (void)number;
    demo_stop(signal->data);
}

static void demo_time_is_up(uv_timer_t *timer)
{
    demo_stop(timer->data);
}

static void demo_draw(uv_timer_t *timer)
{
    struct demo *demo = timer->data;

    station_view(demo->station);
    picture_draw(demo->picture, stdout);
}

static void demo_begin(struct demo *demo, uv_loop_t *loop, bool plain, int64_t seconds)
{
    uint64_t every_ms = plain ? 5000 : 500;

    uv_signal_init(loop, &demo->term);
    uv_signal_init(loop, &demo->interrupt);
    uv_timer_init(loop, &demo->draw);
    uv_timer_init(loop, &demo->end);
    demo->term.data = demo->interrupt.data = demo;
    demo->draw.data = demo->end.data = demo;
    uv_signal_start(&demo->term, demo_signal, SIGTERM);
    uv_signal_start(&demo->interrupt, demo_signal, SIGINT);
    uv_timer_start(&demo->draw, demo_draw, every_ms, every_ms);
    if (seconds > 0)
        uv_timer_start(&demo->end, demo_time_is_up, (uint64_t)seconds * 1000, 0);
}

static void hint(int port, const char *zh, const char *en)
{
    if (demo_port_answers(port))
        puts(SAY(zh, en));
}

/* Says what stands ready on this machine and how to use it. */
static void say_hints(const struct demo_files *files)
{
    if (files->mqtt == NULL)
        hint(
            1883, "本机 1883 端口有 MQTT 服务：加上 --mqtt mqtt://127.0.0.1:1883 可同时发布",
            "a broker answers on port 1883: add --mqtt mqtt://127.0.0.1:1883 to publish there too");
    if (files->influx == NULL)
        hint(
            8086,
            "本机 8086 端口有 InfluxDB：加上 --influx 'http://127.0.0.1:8086/write?db=lookback' "
            "可同时写入",
            "InfluxDB answers on port 8086: add --influx 'http://127.0.0.1:8086/write?db=lookback' "
            "to write there too");
    if (files->influx == NULL)
        hint(8428,
             "本机 8428 端口有 VictoriaMetrics：加上 --influx http://127.0.0.1:8428/write "
             "可同时写入",
             "VictoriaMetrics answers on port 8428: add --influx http://127.0.0.1:8428/write to "
             "write there too");
}

/* The last line can be copied to a shell and run. */
static void say_what_next(const struct typed *typed, const struct demo_files *files)
{
    char program[600];
    char config[600];

    shell_word(typed->program, program, sizeof program);
    shell_word(files->config, config, sizeof config);
    printf(
        SAY("\n演示结束，数据留在 %s。整改台账是虚构的示例，看看哪些任务回潮了：\n%s watch -c %s\n",
            "\ndemo ended; its data stays in %s. The ledger is a made-up sample; see which tasks "
            "have relapsed:\n%s watch -c %s\n"),
        files->dir, program, config);
    printf(SAY("再看看发现了什么问题：\n%s problems -c %s\n",
               "and which problems it found:\n%s problems -c %s\n"),
           program, config);
}

static int demo_run(const struct typed *typed, const struct demo_files *files,
                    struct settings *settings, int64_t seconds, bool plain, const char *page)
{
    struct demo demo = {0};
    struct error err = {0};
    uv_loop_t loop;

    uv_loop_init(&loop);
    demo.station = station_start(&loop, settings, &err);
    if (demo.station == NULL) {
        uv_run(&loop, UV_RUN_DEFAULT); /* what is still closing */
        uv_loop_close(&loop);
        return command_fail(typed, &err);
    }
    demo.reader = reader_open(station_store_dir(demo.station), &err);
    demo.picture = picture_new(station_view(demo.station), demo.reader, plain);
    picture_note(demo.picture, plain ? NULL : page);
    demo_begin(&demo, &loop, plain, seconds);
    if (!plain)
        fputs("\033[2J", stdout);
    uv_run(&loop, UV_RUN_DEFAULT);
    picture_free(demo.picture);
    reader_close(demo.reader);
    station_free(demo.station);
    uv_loop_close(&loop);
    say_what_next(typed, files);
    return EXIT_DONE;
}

static bool demo_number(const struct typed *typed, const char *option, long most, long *number)
{
    const char *words = typed_option(typed, option);
    struct error err = {0};
    char *end;

    if (words == NULL)
        return true;
    *number = strtol(words, &end, 10);
    if (*words != '\0' && *end == '\0' && *number >= 0 && *number <= most)
        return true;
    error_set(&err, ERROR_WRONG_USE,
              SAY("%s %s：应为 0 到 %ld 的整数", "%s %s: a whole number from 0 to %ld"), option,
              words, most);
    command_fail(typed, &err);
    return false;
}

/* Both are started before any thread is, and end after the last one. */
static int demo_with_children(const struct typed *typed, const struct demo_files *files,
                              struct settings *settings, long seconds, bool plain, int log,
                              const char *page)
{
    struct error err = {0};
    pid_t work = -1;
    pid_t simulator = simulator_start(files->simulator, log, &err);
    int code;

    if (simulator > 0)
        work = demo_work_start(files, log, &err);
    if (work > 0) {
        log_set_file(log);
        code = demo_run(typed, files, settings, seconds, plain, page);
        log_set_file(-1);
    } else {
        code = command_fail(typed, &err);
    }
    demo_work_stop(work);
    simulator_stop(simulator);
    return code;
}

/* The page's address, with the token that signs in, said; false with a sentence. */
static bool demo_page(const struct demo_files *files, const struct settings *settings, bool fresh,
                      char *said, size_t size, struct error *err)
{
    char token[TOKEN_SIZE], address[128];

    if (!demo_page_token(files, settings, fresh, token, err))
        return false;
    snprintf(said, size, SAY("网页：%s", "page: %s"),
             demo_page_address(files, token, address, sizeof address));
    puts(said);
    if (demo_port_answers(files->page_port))
        printf(
            SAY("注意：端口 %d "
                "现在被别的程序占着（另一次演示，或一台采集器），上面的地址打开的是它的网页；"
                "请先结束它，或换一个端口：--port %d\n",
                "note: port %d is in use by another program (another demo, or a collector), and it "
                "is its page that opens there; end it first, or take another port: --port %d\n"),
            files->page_port, files->page_port == 8981 ? 8982 : 8981);
    fflush(stdout);
    return true;
}

static int demo_with_files(const struct typed *typed, struct demo_files *files, long seconds,
                           int64_t history_ms)
{
    struct typed own = *typed;
    struct settings *settings;
    struct error err = {0};
    bool plain = !isatty(STDOUT_FILENO) || typed_option(typed, "--plain") != NULL;
    char store[400], page[200];
    bool continued;
    int code;
    int log;

    if (!demo_files_write(files, &err))
        return command_fail(typed, &err);
    snprintf(store, sizeof store, "%s/store/lookback.db", files->dir);
    continued = access(store, F_OK) == 0;
    log = open(files->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    own.dir = files->config;
    settings = command_settings(&own);
    if (settings == NULL)
        return EXIT_WRONG;
    printf(
        SAY("演示：模拟传感器 → Modbus → 本机存储 → 判定。文件夹 %s，日志 %s\n",
            "demo: simulated sensors -> Modbus -> embedded store -> judged. Folder %s, log %s\n"),
        files->dir, files->log);
    if (history_ms > 0 && (code = demo_history(&own, continued, history_ms)) != EXIT_DONE) {
        settings_free(settings);
        return code;
    }
    if (!continued && !demo_ledger_load(settings, history_ms > 0, &err)) {
        settings_free(settings);
        return command_fail(typed, &err);
    }
    if (continued)
        puts(SAY("接着上次演示的数据继续；要从头开始，请先删除这个文件夹",
                 "the data of an earlier demo is continued; remove the folder to start anew"));
    say_hints(files);
    if (demo_page(files, settings, !continued, page, sizeof page, &err))
        code = demo_with_children(typed, files, settings, seconds, plain, log, page);
    else
        code = command_fail(typed, &err);
    settings_free(settings);
    if (log >= 0)
        close(log);
    return code;
}

/* At least an hour, so that there is something; ten years are more than anybody waits for. */
static bool demo_history_ms(const struct typed *typed, int64_t *ms)
{
    const char *words = typed_option(typed, "--history");
    struct error err = {0};

    if (words == NULL || (duration_parse(words, ms) && *ms >= 3600000 && *ms <= 3660 * 86400000LL))
        return true;
    error_set(&err, ERROR_WRONG_USE,
              SAY("--history %s：应为一段时间，从 1h 到 3660d，例如 400d",
                  "--history %s: a duration from 1h to 3660d, as 400d"),
              words);
    command_fail(typed, &err);
    return false;
}

int command_demo(const struct typed *typed)
{
    struct demo_files files = {.mqtt = typed_option(typed, "--mqtt"),
                               .influx = typed_option(typed, "--influx")};
    const char *dir = typed_option(typed, "--dir");
    char *whole = NULL;
    int64_t history_ms = 0;
    long seconds = 0;
    long port = 8980;

    if (!demo_history_ms(typed, &history_ms) ||
        !demo_number(typed, "--seconds", 1000000, &seconds) ||
        !demo_number(typed, "--port", 65535, &port))
        return EXIT_WRONG;
    files.page_port = (int)port;
    if (dir == NULL)
        dir = "lookback-demo";
    if (dir[0] == '/')
        snprintf(files.dir, sizeof files.dir, "%s", dir);
    else if ((whole = getcwd(NULL, 0)) != NULL)
        snprintf(files.dir, sizeof files.dir, "%s/%s", whole, dir);
    free(whole);
    return demo_with_files(typed, &files, seconds, history_ms);
}

int command_simulate(const struct typed *typed)
{
    struct error err = {0};
    char path[300];

    simulator_path(path, sizeof path);
    execlp(path, path, typed->words[0], (char *)NULL);
    error_set(&err, ERROR_NOT_FOUND, "%s",
              SAY("找不到 lookback-simulator：安装不完整",
                  "lookback-simulator is missing: the installation is incomplete"));
    return command_fail(typed, &err);
}
