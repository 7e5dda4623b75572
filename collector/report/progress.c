#include "report/progress.h"

#include <string.h>
#include <unistd.h>

#include "base/say.h"

enum { WIDTH = 30 };

void progress_begin(struct progress *progress, const char *what)
{
    *progress = (struct progress){.to = stderr, .moves = isatty(STDERR_FILENO), .shown = -1};
    snprintf(progress->what, sizeof progress->what, "%s", what);
}

static void draw_bar(const struct progress *progress, int permille, const char *text)
{
    int full = permille * WIDTH / 1000;

    fprintf(progress->to, "\r%s [", progress->what);
    for (int i = 0; i < WIDTH; i++)
        fputs(i < full ? "█" : "·", progress->to);
    fprintf(progress->to, "] %3d %%  %s\033[K", permille / 10, text);
}

void progress_show(struct progress *progress, double share, const char *text)
{
    int permille = share <= 0.0 ? 0 : share >= 1.0 ? 1000 : (int)(share * 1000.0);
    int step = progress->moves ? 1 : 100;

    if (progress->shown >= 0 && permille / step == progress->shown / step)
        return;
    progress->shown = permille;
    if (progress->moves)
        draw_bar(progress, permille, text);
    else
        fprintf(progress->to, SAY("%s：%d %%%s%s\n", "%s: %d %%%s%s\n"), progress->what,
                permille / 10, text[0] == '\0' ? "" : "  ", text);
    fflush(progress->to);
}

void progress_end(struct progress *progress, bool done)
{
    if (done)
        progress_show(progress, 1.0, "");
    if (progress->shown >= 0 && progress->moves)
        fputc('\n', progress->to);
    fflush(progress->to);
}
