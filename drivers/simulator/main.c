/* main.c - lookback-simulator: plays the devices of a file until it is told to stop. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/say.h"
#include "base/version.h"
#include "drivers/simulator/serve.h"
#include "drivers/simulator/town.h"

static volatile int stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static void print_help(void)
{
    printf("%s",
           SAY("用法：lookback-simulator [选项] 文件\n"
               "按文件扮演 Modbus 设备（TCP 端口和伪终端串口），链路都能应答后输出一行 ready，\n"
               "收到 SIGTERM 或父进程结束时退出。所有数值均为模拟数据。\n"
               "  --profiles 目录    设备模板所在目录\n"
               "  --parameters 文件  监测因子表\n"
               "  --lang zh|en       语言\n"
               "  -h, --help         本说明\n",
               "Use: lookback-simulator [OPTIONS] FILE\n"
               "Plays the Modbus devices of FILE (TCP ports and pseudo-terminal lines), prints\n"
               "one line, ready, when all links answer, and ends on SIGTERM or with the process\n"
               "that started it. All values are SIMULATED.\n"
               "  --profiles DIR     folder of device profiles\n"
               "  --parameters FILE  table of parameters\n"
               "  --lang zh|en       language\n"
               "  -h, --help         this text\n"));
}

/* Fills what is empty, if both stand in `folder`. */
static bool take_data(struct town_data *data, const char *folder)
{
    struct town_data found;

    snprintf(found.profiles, sizeof found.profiles, "%s/drivers/profiles", folder);
    snprintf(found.parameters, sizeof found.parameters, "%s/config/parameters.conf", folder);
    if (access(found.profiles, X_OK) != 0 || access(found.parameters, R_OK) != 0)
        return false;
    if (data->profiles[0] == '\0')
        memcpy(data->profiles, found.profiles, sizeof data->profiles);
    if (data->parameters[0] == '\0')
        memcpy(data->parameters, found.parameters, sizeof data->parameters);
    return true;
}

/* Shipped data stands where LOOKBACK_DATA says, in share/lookback above an installed program, or in
 * the source tree above one just built. False when none of the places has both. */
static bool find_data(struct town_data *data)
{
    const char *told = getenv("LOOKBACK_DATA");
    char above[256];
    char folder[300];
    ssize_t length = readlink("/proc/self/exe", above, sizeof above - 1);
    char *slash;

    if (data->profiles[0] != '\0' && data->parameters[0] != '\0')
        return true;
    if (told != NULL && *told != '\0')
        return take_data(data, told);
    above[length > 0 ? length : 0] = '\0';
    while ((slash = strrchr(above, '/')) != NULL) {
        *slash = '\0';
        snprintf(folder, sizeof folder, "%s/share/lookback", above);
        if (take_data(data, folder) || take_data(data, above))
            return true;
    }
    return false;
}

/* Returns the exit code when the program has nothing more to do, else -1. */
static int read_arguments(int argc, char **argv, struct town_data *data, const char **file)
{
    static const struct option options[] = {
        {"profiles",   required_argument, NULL, 'p'},
        {"parameters", required_argument, NULL, 't'},
        {"lang",       required_argument, NULL, 'l'},
        {"help",       no_argument,       NULL, 'h'},
        {NULL,         0,                 NULL, 0  },
    };
    bool help = false;
    int option;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'p')
            snprintf(data->profiles, sizeof data->profiles, "%s", optarg);
        else if (option == 't')
            snprintf(data->parameters, sizeof data->parameters, "%s", optarg);
        else if (option == 'l' && strcmp(optarg, "en") == 0)
            say_in(LANGUAGE_EN);
        else if (option == 'l' && strcmp(optarg, "zh") == 0)
            say_in(LANGUAGE_ZH);
        else if (option == 'h')
            help = true;
        else
            return error_exit_code(ERROR_WRONG_USE);
    }
    if (help) {
        print_help();
        return 0;
    }
    if (optind + 1 != argc) {
        fprintf(stderr, "%s\n", SAY("要给出一个文件；-h 看用法", "one FILE is needed; see -h"));
        return error_exit_code(ERROR_WRONG_USE);
    }
    *file = argv[optind];
    return -1;
}

/* We end with whoever started us; SIGTERM and SIGINT wait until the server listens for them. */
static void arrange_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t both;

    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGINT);
    sigprocmask(SIG_BLOCK, &both, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static int play(struct town *town)
{
    struct error err = {0};
    struct serve *serve = serve_new(town, &err);
    bool good = serve != NULL;

    if (good) {
        printf("ready\n");
        fflush(stdout);
        good = serve_run(serve, &stop, &err);
    }
    if (!good)
        fprintf(stderr, "%s\n", err.text);
    serve_free(serve);
    return error_exit_code(err.kind);
}

int main(int argc, char **argv)
{
    struct town_data data = {0};
    struct conf_faults *faults = conf_faults_new();
    struct town *town = NULL;
    const char *file = NULL;
    int code = read_arguments(argc, argv, &data, &file);

    if (code >= 0)
        goto done;
    if (!find_data(&data)) {
        fprintf(stderr, "%s\n",
                SAY("找不到设备模板和监测因子表；请用 --profiles 和 --parameters 指明",
                    "no profiles and parameter table found; name them with --profiles and "
                    "--parameters"));
        code = error_exit_code(ERROR_WRONG_USE);
        goto done;
    }
    arrange_signals();
    town = town_load(file, &data, faults);
    code = town != NULL ? play(town) : error_exit_code(ERROR_SETTINGS);
    for (size_t i = 0; i < conf_faults_count(faults); i++)
        fprintf(stderr, "%s\n", conf_fault(faults, i)->text);
done:
    town_free(town);
    conf_faults_free(faults);
    return code;
}
