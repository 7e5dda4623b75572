/* lookback-report KIND OUT: draws one report from standard input.
 *
 * A program of its own, so that the collector does not grow by what draws. Equal input gives equal
 * bytes: no clock, no name of the machine, nothing of the environment but the fonts.
 */
#include <string.h>

#include "base/say.h"
#include <cairo.h>
#include <pango/pango.h>

#include "drawing/report.h"
#include "drawing/sheet.h"

static const struct {
    const char *kind;
    bool (*draw)(FILE *from, const char *path, struct error *err);
} kinds[] = {
    {"evidence",    report_evidence   },
    {"readings",    report_readings   },
    {"river",       report_river      },
    {"watch",       report_watch      },
    {"watch-sheet", report_watch_sheet},
};

/* What the looks of a report depend on besides this program. */
static int print_versions(void)
{
    printf("{\"cairo\":\"%s\",\"pango\":\"%s\",\"xlsxwriter\":\"%s\"}\n", cairo_version_string(),
           pango_version_string(), sheet_library_version());
    return fflush(stdout) == 0 ? 0 : 1;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAKS_ARE_LOOKED_FOR
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define LEAKS_ARE_LOOKED_FOR
#endif
#ifdef LEAKS_ARE_LOOKED_FOR
/* fontconfig and cairo keep what they know of fonts until the process ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libcairo\nleak:libpango\nleak:libglib\n";
}
#endif

static int use(void)
{
    fputs(SAY("用法：lookback-report evidence|readings|river|watch|watch-sheet 输出文件 < "
              "材料；lookback-report versions\n",
              "use: lookback-report evidence|readings|river|watch|watch-sheet OUT < DOCUMENT; "
              "lookback-report versions\n"),
          stderr);
    return 1;
}

int main(int count, char **words)
{
    struct error err = {0};

    if (count == 2 && strcmp(words[1], "versions") == 0)
        return print_versions();
    if (count != 3)
        return use();
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(words[1], kinds[i].kind) != 0)
            continue;
        if (kinds[i].draw(stdin, words[2], &err))
            return 0;
        fprintf(stderr, "lookback-report: %s\n", err.text);
        return 1;
    }
    return use();
}
