#include "app/demo_files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/say.h"
#include "town/settings.h"

static bool make_folder(const char *path, struct error *err)
{
    if (mkdir(path, 0750) == 0 || errno == EEXIST)
        return true;
    return error_set(err, ERROR_STORE, SAY("无法建立文件夹 %s：%s", "cannot make folder %s: %s"),
                     path, strerror(errno));
}

static int loopback_socket(int port, bool listen_there)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result;

    if (fd < 0)
        return -1;
    result = listen_there ? bind(fd, (struct sockaddr *)&address, sizeof address)
                          : connect(fd, (struct sockaddr *)&address, sizeof address);
    if (result == 0)
        return fd;
    close(fd);
    return -1;
}

bool demo_port_answers(int port)
{
    int fd = loopback_socket(port, false);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* A port nobody uses now. */
static int free_port(void)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    int fd = loopback_socket(0, true);
    int port = 0;

    if (fd >= 0 && getsockname(fd, (struct sockaddr *)&address, &size) == 0)
        port = ntohs(address.sin_port);
    if (fd >= 0)
        close(fd);
    return port;
}

static void write_mqtt(const struct demo_files *files, FILE *to)
{
    fprintf(to, "    { name = \"demo-mqtt\"; kind = \"mqtt\"; url = \"%s\"; plaintext = true; }",
            files->mqtt);
}

static void write_influx(const struct demo_files *files, FILE *to)
{
    fprintf(to, "    { name = \"demo-store\"; kind = \"line\"; url = \"%s\"; plaintext = true; }",
            files->influx);
}

static void write_outputs(const struct demo_files *files, FILE *to)
{
    if (files->mqtt != NULL)
        write_mqtt(files, to);
    if (files->mqtt != NULL && files->influx != NULL)
        fputs(",\n", to);
    if (files->influx != NULL)
        write_influx(files, to);
}

/* One @WORD@ of a template; false: not one of ours. */
static bool write_word(const struct demo_files *files, const char *word, size_t length, FILE *to)
{
    if (length == 3 && strncmp(word, "DIR", length) == 0)
        fputs(files->dir, to);
    else if (length == 8 && strncmp(word, "TCP_PORT", length) == 0)
        fprintf(to, "%d", files->tcp_port);
    else if (length == 9 && strncmp(word, "PAGE_PORT", length) == 0)
        fprintf(to, "%d", files->page_port);
    else if (length == 7 && strncmp(word, "OUTPUTS", length) == 0)
        write_outputs(files, to);
    else
        return false;
    return true;
}

static void fill_line(const struct demo_files *files, const char *line, FILE *to)
{
    while (*line != '\0') {
        const char *end = *line == '@' ? strchr(line + 1, '@') : NULL;

        if (end != NULL && write_word(files, line + 1, (size_t)(end - line - 1), to))
            line = end + 1;
        else
            fputc(*line++, to);
    }
}

static bool fill_template(const struct demo_files *files, const char *name, const char *target,
                          struct error *err)
{
    char source[600];
    char relative[100];
    char line[1024];
    FILE *from;
    FILE *to;
    bool written;

    snprintf(relative, sizeof relative, "deploy/demo/%s", name);
    if (!settings_data_path(relative, source, sizeof source))
        return error_set(err, ERROR_NOT_FOUND,
                         SAY("找不到演示文件 %s：安装不完整", "%s is missing: the installation is "
                                                              "incomplete"),
                         relative);
    from = fopen(source, "r");
    to = fopen(target, "w");
    while (from != NULL && to != NULL && fgets(line, sizeof line, from) != NULL)
        fill_line(files, line, to);
    written = from != NULL && to != NULL && !ferror(to);
    if (from != NULL)
        fclose(from);
    if (to != NULL)
        written = fclose(to) == 0 && written;
    if (!written)
        error_set(err, ERROR_STORE, SAY("无法写入 %s：%s", "cannot write %s: %s"), target,
                  strerror(errno));
    return written;
}

bool demo_files_write(struct demo_files *files, struct error *err)
{
    static const char *const names[] = {"collector.conf", "sites.conf", "devices.conf",
                                        "rules.conf"};
    char path[400];

    snprintf(files->config, sizeof files->config, "%s/config", files->dir);
    snprintf(files->simulator, sizeof files->simulator, "%s/simulator.conf", files->dir);
    snprintf(files->log, sizeof files->log, "%s/lookback.log", files->dir);
    files->tcp_port = free_port();
    snprintf(path, sizeof path, "%s/lines", files->dir);
    if (!make_folder(files->dir, err) || !make_folder(files->config, err) ||
        !make_folder(path, err))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", files->config, names[i]);
        if (!fill_template(files, names[i], path, err))
            return false;
    }
    return fill_template(files, "simulator.conf", files->simulator, err);
}
