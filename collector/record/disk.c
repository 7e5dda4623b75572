#include "record/disk.h"

#include <stdio.h>

#include "base/log.h"
#include "base/say.h"

static const int64_t proof_ms = 60 * 1000; /* of commits that succeed */

enum { SIZE_TEXT = 24 };

/* Rounded down, so that a sentence does not change with each page. */
static const char *size_text(int64_t bytes, char *out)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    int64_t amount = bytes / 1024;
    size_t unit = 0;

    for (; amount >= 10 * 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        amount /= 1024;
    if (bytes < 0)
        snprintf(out, SIZE_TEXT, "?");
    else
        snprintf(out, SIZE_TEXT, "%lld %s", (long long)amount, units[unit]);
    return out;
}

static int64_t ms_since(const struct disk *disk, struct mono_time then)
{
    return (clock_mono(disk->clock).ns - then.ns) / 1000000;
}

void disk_init(struct disk *disk, const struct clock *clock, struct notices *notices,
               const char *dir, int64_t reserve_bytes)
{
    *disk = (struct disk){
        .clock = clock, .notices = notices, .dir = dir, .reserve_bytes = reserve_bytes};
}

/* Commits ----------------------------------------------------------------------------------- */

static void begin_trouble(struct disk *disk, const struct error *err)
{
    disk->trouble = true;
    disk->since = clock_wall(disk->clock);
    disk->began = clock_mono(disk->clock);
    log_error(SAY("无法写入（%s）；数据暂存内存，每秒重试",
                  "cannot write (%s); polls wait in memory, trying again each second"),
              err->text);
}

void disk_failed(struct disk *disk, const struct error *err, int64_t free_bytes)
{
    char since[WALL_TEXT], left[SIZE_TEXT];

    disk->failing = true;
    if (!disk->trouble)
        begin_trouble(disk, err);
    notice_raise(
        disk->notices, "disk", SAY("存储", "store"),
        SAY("自 %s 起写入失败（%s），磁盘剩余 %s；新数据暂存在有限的内存里，每秒重试；"
            "请检查磁盘空间、权限和磁盘状况；连续成功 1 分钟后告警解除",
            "since %s writing fails (%s) with %s left on the disk; new polls wait in bounded "
            "memory and it is tried again each second; check free space, permissions and the "
            "disk's health; this ends after a minute of success"),
        wall_text(disk->since, since), err->text, size_text(free_bytes, left));
}

void disk_succeeded(struct disk *disk)
{
    if (disk->failing)
        disk->good_since = clock_mono(disk->clock);
    disk->failing = false;
}

/* Room -------------------------------------------------------------------------------------- */

static void tell_low(const struct disk *disk)
{
    char since[WALL_TEXT], left[SIZE_TEXT], wanted[SIZE_TEXT];

    notice_raise(
        disk->notices, "disk", SAY("存储", "store"),
        SAY("磁盘仅剩 %s；自 %s 起低于应留的 %s（store.reserve）；请在 %s 所在磁盘腾出空间，"
            "写满后新数据只能暂存在有限的内存里",
            "only %s left; since %s that is less than the %s to be kept free (store.reserve); make "
            "room on the disk of %s: once it is full, new polls wait in bounded memory"),
        size_text(disk->left_bytes, left), wall_text(disk->low_since, since),
        size_text(disk->reserve_bytes, wanted), disk->dir);
}

static void begin_low(struct disk *disk)
{
    char left[SIZE_TEXT];

    disk->low = true;
    disk->low_since = clock_wall(disk->clock);
    log_warning(SAY("存储 %s：磁盘仅剩 %s；写满后新数据只能暂存内存",
                    "store %s: only %s left on its disk; once it is full, polls wait in memory"),
                disk->dir, size_text(disk->left_bytes, left));
}

static void end_low(struct disk *disk)
{
    char left[SIZE_TEXT];

    disk->low = false;
    log_notice(SAY("存储 %s：磁盘剩余 %s，空间足够", "store %s: %s left on its disk, enough again"),
               disk->dir, size_text(disk->left_bytes, left));
    if (!disk->trouble)
        notice_end(disk->notices, "disk");
}

/* An eighth more than the bound ends it: what is written at the bound must not end it each minute.
 */
void disk_measured(struct disk *disk, int64_t free_bytes)
{
    disk->left_bytes = free_bytes;
    if (!disk->low && free_bytes < disk->reserve_bytes)
        begin_low(disk);
    else if (disk->low && free_bytes >= disk->reserve_bytes + disk->reserve_bytes / 8)
        end_low(disk);
    if (disk->low && !disk->trouble)
        tell_low(disk);
}

/* ------------------------------------------------------------------------------------------- */

static void end_trouble(struct disk *disk)
{
    char good[WALL_TEXT];
    int64_t minutes = (disk->good_since.ns - disk->began.ns) / 60000000000;
    struct wall_time good_since = {clock_wall(disk->clock).ms - ms_since(disk, disk->good_since)};

    disk->trouble = false;
    log_notice(SAY("存储 %s：自 %s 起恢复写入，此前时断时续 %lld 分钟；暂存在内存中的数据已存入",
                   "store %s: writing again since %s, after %lld min of failing; the polls that "
                   "waited in memory are stored"),
               disk->dir, wall_text(good_since, good), (long long)minutes);
    if (disk->low)
        tell_low(disk);
    else
        notice_end(disk->notices, "disk");
}

int64_t disk_idle_ms(const struct disk *disk)
{
    int64_t ms = proof_ms - ms_since(disk, disk->good_since);

    if (!disk->trouble || disk->failing)
        return INT64_MAX;
    return ms < 0 ? 0 : ms;
}

void disk_look(struct disk *disk)
{
    if (disk_idle_ms(disk) == 0)
        end_trouble(disk);
}
