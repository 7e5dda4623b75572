/* main.c - where the program begins: the process's own affairs, then the command line. */
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/command.h"

int main(int count, char **words)
{
    setlocale(LC_ALL, "C"); /* numbers have a point, whatever the machine is set to */
    signal(SIGPIPE, SIG_IGN);
    umask(0027);
    return command_main(count, words);
}
