#include "app/probe_conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/say.h"

static FILE *begin_piece(struct conf_pieces *pieces, const char *name, size_t *size)
{
    struct conf_piece *piece = &pieces->list[pieces->count];

    if (pieces->count == CONF_FILES_MAX)
        return NULL;
    snprintf(piece->name, sizeof piece->name, "%s", name);
    return open_memstream(&piece->text, size);
}

static void end_piece(struct conf_pieces *pieces, FILE *out)
{
    if (fclose(out) == 0 && pieces->list[pieces->count].text != NULL)
        pieces->count++;
}

/* The port's own name where it can stand as one: "ttyusb0"; else what kind of line it is. */
static void name_link(const struct link_setup *line, char name[NAME_SIZE])
{
    const char *from = strrchr(line->path, '/');
    size_t used = 0;

    snprintf(name, NAME_SIZE, "%s", line->kind == LINK_SERIAL ? "bus" : "gateway");
    if (line->kind != LINK_SERIAL || from == NULL || strlen(from) > 16)
        return;
    for (from++; *from != '\0'; from++)
        if (isalnum((unsigned char)*from))
            name[used++] = (char)tolower((unsigned char)*from);
    name[used] = '\0';
    if (!name_is_valid(name))
        snprintf(name, NAME_SIZE, "bus");
}

static const char *parity_word(char parity)
{
    return parity == 'E' ? "even" : parity == 'O' ? "odd" : "none";
}

static void write_link(FILE *out, const struct link_setup *line, const char *name)
{
    fprintf(out, "links = (\n    { name = \"%s\"; ", name);
    if (line->kind == LINK_SERIAL)
        fprintf(out,
                "kind = \"serial\"; port = \"%s\"; baud = %d; parity = \"%s\"; stop_bits = %d; }",
                line->path, line->baud, parity_word(line->parity), line->stop_bits);
    else
        fprintf(out, "kind = \"%s\"; host = \"%s\"; port = %d; }",
                line->kind == LINK_TCP ? "tcp" : "rtu_tcp", line->host, line->port);
    fprintf(out, "\n);\n");
}

static bool is_other_setting(const struct link_setup *one, const struct link_setup *other)
{
    return one->kind == LINK_SERIAL && (one->baud != other->baud || one->parity != other->parity);
}

static void write_device(FILE *out, const struct conf_device *device, const char *site,
                         const char *link, bool last)
{
    if (!device->is_known && device->perhaps[0] == NULL)
        fprintf(out, "    # %s\n",
                SAY("型号不在清单里：照说明书写 profiles/ 里的模板，或用 --read --expect 生成",
                    "no known model: write its profile from the manual, or have it made by --read "
                    "--expect"));
    else if (!device->is_known)
        fprintf(out,
                SAY("    # 也许是 %s：核对铭牌，是就把 model 改成它；否则用 --expect 生成模板\n",
                    "    # perhaps %s: compare the type plate and write that model, else have a "
                    "profile made by --expect\n"),
                device->perhaps[0]);
    fprintf(out,
            "    { site = \"%s\"; name = \"unit%u\"; model = \"%s\"; link = \"%s\"; unit = %u; "
            "every = \"60s\"; }%s\n",
            site, device->unit, device->model, link, device->unit, last ? "" : ",");
}

static const char *site_of(const struct probe_target *target)
{
    return target->settings != NULL && target->settings->site_count > 0
               ? target->settings->sites[0].base.name
               : "my-site";
}

static bool is_configured(const struct probe_target *target, uint8_t unit)
{
    const struct settings *settings = target->settings;

    for (size_t i = 0; target->link.name[0] != '\0' && i < settings->device_count; i++)
        if (settings->devices[i].link_index == target->index && settings->devices[i].unit == unit)
            return true;
    return false;
}

static void write_devices(FILE *out, const struct probe_target *target,
                          const struct conf_device *devices, size_t count)
{
    bool named = target->link.name[0] != '\0';
    char link[NAME_SIZE];

    name_link(&devices[0].line, link);
    if (named)
        snprintf(link, sizeof link, "%s", target->link.name);
    else
        write_link(out, &devices[0].line, link);
    if (named && is_other_setting(&devices[0].line, &target->link))
        fprintf(out,
                SAY("# 链路 %s 应改为 baud = %d; parity = \"%s\";\n",
                    "# the link %s wants baud = %d; parity = \"%s\";\n"),
                link, devices[0].line.baud, parity_word(devices[0].line.parity));
    fprintf(out, "devices = (\n");
    for (size_t i = 0; i < count; i++)
        write_device(out, &devices[i], site_of(target), link, i + 1 == count);
    fprintf(out, ");\n");
}

static void add_text(struct conf_pieces *pieces, const char *name, const char *text)
{
    size_t size;
    FILE *out = begin_piece(pieces, name, &size);

    if (out == NULL)
        return;
    fputs(text, out);
    end_piece(pieces, out);
}

static bool is_there(const char *dir, const char *name)
{
    char path[700];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return access(path, F_OK) == 0;
}

/* The service may write its own place alone, which is the one where nothing is said. */
static bool is_of_service(const char *dir)
{
    return strncmp(dir, "/etc/", 5) == 0;
}

/* The other two files, to begin with. */
static void add_beginnings(struct conf_pieces *pieces, const char *dir)
{
    if (!is_there(dir, "collector.conf"))
        add_text(pieces, "collector.conf",
                 is_of_service(dir) ? "collector = { name = \"my-gateway\"; };\n"
                                    : "collector = { name = \"my-gateway\"; };\n"
                                      "store = { dir = \"store\"; };\n");
    if (!is_there(dir, "sites.conf"))
        add_text(pieces, "sites.conf",
                 "sites = ( { name = \"my-site\"; title = \"我的点位 my site\"; kind = \"other\"; "
                 "} );\n");
}

/* Whether devices.conf has the device already, be the settings good or not yet: by its model. */
static bool is_written(const char *dir, const struct conf_device *device)
{
    char path[700], wanted[80];
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    FILE *file;

    snprintf(path, sizeof path, "%s/devices.conf", dir);
    snprintf(wanted, sizeof wanted, "\"%s\"", device->model);
    file = device->is_known ? fopen(path, "r") : NULL;
    while (file != NULL && !found && getline(&line, &size, file) > 0)
        found = strstr(line, wanted) != NULL && strncmp(device->model, "my_probe_", 9) == 0;
    free(line);
    if (file != NULL)
        fclose(file);
    return found;
}

void conf_add_devices(struct conf_pieces *pieces, const struct probe_target *target,
                      const char *dir, const struct conf_device *devices, size_t count)
{
    struct conf_device *missing = calloc(count + 1, sizeof *missing);
    size_t missing_count = 0, size;
    FILE *out;

    for (size_t i = 0; missing != NULL && i < count; i++)
        if (!is_configured(target, devices[i].unit) && !is_written(dir, &devices[i]))
            missing[missing_count++] = devices[i];
    if (missing_count == 0) {
        free(missing);
        return;
    }
    add_beginnings(pieces, dir);
    out = begin_piece(pieces, "devices.conf", &size);
    if (out != NULL) {
        write_devices(out, target, missing, missing_count);
        end_piece(pieces, out);
    }
    free(missing);
}

void conf_pieces_print(const struct conf_pieces *pieces, const char *dir)
{
    if (pieces->count > 0)
        printf("\n%s\n", SAY("可直接放进配置目录的内容（加 --write 由本程序写入）：",
                             "for the folder of settings, as it stands (--write puts it there):"));
    for (size_t i = 0; i < pieces->count; i++)
        printf("\n# ---- %s/%s ----\n%s", dir, pieces->list[i].name, pieces->list[i].text);
}

static bool write_file(const char *path, const char *text, bool *exists, struct error *err)
{
    FILE *out = fopen(path, "wx");

    *exists = out == NULL && errno == EEXIST;
    if (*exists)
        return true;
    if (out == NULL)
        return error_set(err, ERROR_STORE, SAY("写不了 %s：%s", "%s cannot be written: %s"), path,
                         strerror(errno));
    fputs(text, out);
    if (fclose(out) != 0)
        return error_set(err, ERROR_STORE, SAY("写不了 %s：%s", "%s cannot be written: %s"), path,
                         strerror(errno));
    return true;
}

bool conf_pieces_write(const struct conf_pieces *pieces, const char *dir, size_t *existing,
                       struct error *err)
{
    char path[800];

    *existing = 0;
    mkdir(dir, 0755); /* what cannot be made is said with the first file */
    snprintf(path, sizeof path, "%s/profiles", dir);
    mkdir(path, 0755);
    for (size_t i = 0; i < pieces->count; i++) {
        bool exists = false;

        snprintf(path, sizeof path, "%s/%s", dir, pieces->list[i].name);
        if (!write_file(path, pieces->list[i].text, &exists, err))
            return false;
        *existing += exists;
        if (exists)
            printf(SAY("\n%s "
                       "已存在，没有改动；请把下面括号里的各项加到它的同名括号里（前一项之后加逗号"
                       "）：\n%s",
                       "\n%s is there already and was left; add what stands in the brackets below "
                       "to its own "
                       "brackets of the same name (a comma after the item before):\n%s"),
                   path, pieces->list[i].text);
        else
            printf(SAY("已写入 %s\n", "written: %s\n"), path);
    }
    return true;
}

void conf_pieces_end(struct conf_pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++)
        free(pieces->list[i].text);
    pieces->count = 0;
}
