/* lookback-report KIND OUT: draws one report from standard input.
 *
 * A program of its own, so that the collector does not grow by what draws. Equal input gives equal
 * bytes: no clock, no name of the machine, nothing of the environment but the fonts.
 */
#include <string.h>

#include "base/say.h"
#include "drawing/report.h"

static const struct {
    const char *kind;
    bool (*draw)(FILE *from, const char *path, struct error *err);
} kinds[] = {
    {"readings", report_readings},
};

static int use(void)
{
    fputs(SAY("用法：lookback-report evidence|readings|river|watch|watch-sheet 输出文件 < 材料\n",
              "use: lookback-report evidence|readings|river|watch|watch-sheet OUT < DOCUMENT\n"),
          stderr);
    return 1;
}

int main(int count, char **words)
{
    struct error err = {0};

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
