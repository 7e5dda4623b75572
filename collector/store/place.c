/* Whether the database is still where it was opened.
 *
 * A file that was removed or replaced can be written to as before, and what is committed into it is
 * gone when the program ends. Before each commit its name is looked at: it must lead to the file
 * that was opened. The connection stays open meanwhile, so that the same file goes on when it is
 * put back; no other file is ever opened in its place.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/say.h"
#include "store/inside.h"

void place_note(struct store *store, const struct stat *file)
{
    store->device = file->st_dev;
    store->inode = file->st_ino;
}

bool place_is_kept(const struct store *store, struct error *err)
{
    struct stat file;

    if (stat(store->c.path, &file) != 0)
        return error_set(
            err, ERROR_STORE,
            SAY("存储 %s：数据库在运行中被移走或删除（%s）；请把原文件放回，或停止采集器、"
                "恢复备份后再启动",
                "store %s: the database was removed while running (%s); put the same file back, "
                "or stop the collector, restore a backup and start it again"),
            store->c.path, strerror(errno));
    if (file.st_dev == store->device && file.st_ino == store->inode)
        return true;
    return error_set(
        err, ERROR_STORE,
        SAY("存储 %s：数据库在运行中被换成另一个文件，未向其写入；请把原文件放回，"
            "或重启采集器以改用新文件",
            "store %s: the database was replaced by another file while running and that one is "
            "not written; put the first one back, or restart the collector to use the new one"),
        store->c.path);
}
