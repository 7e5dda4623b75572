/* Any bytes as a file of settings: refused with a place, or read without a bent number. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/number.h"
#include "base/say.h"

static const char *const kinds[] = {"serial", "tcp", NULL};

struct row {
    char name[NAME_SIZE];
    char title[32];
    int64_t unit, every, size;
    double above;
    bool echo;
    int kind;
    char url[64];
    struct wall_time since;
};

#define FIELD(field) offsetof(struct row, field), sizeof((struct row *)0)->field

/* clang-format off */
static const struct conf_key keys[] = {
    {"name", CONF_NAME, true, FIELD(name), 0, 0, NULL, NULL, "名称", "name"},
    {"title", CONF_TEXT, false, FIELD(title), 0, 0, "", NULL, "标题", "title"},
    {"unit", CONF_INT, false, FIELD(unit), 0, 255, "1", NULL, "站号", "unit"},
    {"every", CONF_DURATION, false, FIELD(every), 100, 86400000, "60s", NULL, "周期", "period"},
    {"size", CONF_SIZE, false, FIELD(size), 1, 1 << 30, "1MiB", NULL, "大小", "size"},
    {"above", CONF_NUMBER, false, FIELD(above), 0, 0, "0", NULL, "上限", "bound"},
    {"echo", CONF_BOOL, false, FIELD(echo), 0, 0, "false", NULL, "回送", "echo"},
    {"kind", CONF_CHOICE, false, FIELD(kind), 0, 0, "tcp", kinds, "种类", "kind"},
    {"url", CONF_URL, false, FIELD(url), 0, 0, NULL, NULL, "地址", "address"},
    {"since", CONF_MOMENT, false, FIELD(since), 0, 0, NULL, NULL, "起", "since"},
    {"rows", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "列表", "rows"},
};
/* clang-format on */

enum { KEYS = sizeof keys / sizeof keys[0] };

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_row(const struct row *row)
{
    must(row->name[0] == '\0' || name_is_valid(row->name));
    must(row->unit >= 0 && row->unit <= 255);
    must(row->every >= 100 && row->every <= 86400000);
    must(row->size >= 1 && row->size <= 1 << 30);
    must(isfinite(row->above));
    must(row->kind == 0 || row->kind == 1);
    must(memchr(row->title, '\0', sizeof row->title) != NULL);
}

/* Every setting is asked for everything; groups in a list are read by the table. */
static void walk(struct conf_at at, struct conf_faults *faults)
{
    struct row row = {.since = WALL_NONE};
    int64_t whole;
    double number = 0.0;

    must(conf_line(at) >= 1);
    if (conf_number(at, &number))
        must(isfinite(number));
    conf_int(at, &whole);
    conf_text(at);
    if (conf_is_group(at)) {
        conf_read(at, keys, KEYS, &row, NULL, faults);
        check_row(&row);
        for (size_t i = 0; conf_key_name(at, i) != NULL; i++)
            must(conf_is_there(conf_member(at, conf_key_name(at, i))));
    }
    for (size_t i = 0; i < conf_length(at); i++)
        walk(conf_element(at, i), faults);
}

/* "this cannot be understood" is libconfig refusing what our scanner let pass: a gap in the
 * grammar. */
static void check_faults(struct conf_faults *faults, const char *path)
{
    for (size_t i = 0; i < conf_faults_count(faults) && i < 1000; i++) {
        const char *text = conf_fault(faults, i)->text;

        must(strncmp(text, path, strlen(path)) == 0 && text[strlen(path)] == ':');
        text += strlen(path) + 1;
        text += strspn(text, "0123456789");
        must(strncmp(text, ": this cannot be understood", 27) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static char path[32];
    static int fd = -1;
    struct conf_faults *faults = conf_faults_new();
    struct conf *conf;

    if (fd < 0) {
        fd = memfd_create("conf", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        say_in(LANGUAGE_EN);
    }
    must(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size);
    conf = conf_load(path, true, faults);
    must(conf != NULL || conf_faults_count(faults) > 0);
    if (conf != NULL)
        walk(conf_root(conf), faults);
    conf_free(conf);
    check_faults(faults, path);
    conf_faults_free(faults);
    return 0;
}
