#include "app/seals_shown.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "town/shown.h"

static json_t *json_time(struct wall_time time)
{
    char words[WALL_TEXT];

    return wall_is_known(time) ? json_string(wall_text(time, words)) : json_null();
}

static json_t *text_or_null(const char *words)
{
    return *words == '\0' ? json_null() : json_string(words);
}

/* "封存段 12（2026-11-22 08:00:00 至 2026-11-22 09:00:00）" */
static void add_segment(struct text *text, const struct seal_check *found)
{
    char words[WALL_TEXT], from[LOCAL_TEXT], to[LOCAL_TEXT];

    if (found->segment == 0)
        return;
    text_format(text, SAY("封存段 %" PRIu64, "segment %" PRIu64), found->segment);
    if (wall_is_known(found->first_time) && wall_is_known(found->last_time)) {
        local_time(wall_text(found->first_time, words), from);
        local_time(wall_text(found->last_time, words), to);
        text_format(text, SAY("（%s 至 %s）", " (%s to %s)"), from, to);
    }
    text_add(text, SAY("：", ": "));
}

static void add_leaf(struct text *text, const char *leaf)
{
    if (strncmp(leaf, "point ", 6) == 0)
        text_format(text, SAY("监测点 %s 的读数", "readings of %s"), leaf + 6);
    else if (strncmp(leaf, "device ", 7) == 0)
        text_format(text, SAY("设备 %s 的采集记录", "polls of %s"), leaf + 7);
    else if (strncmp(leaf, "frames ", 7) == 0)
        text_format(text, SAY("设备 %s 的收发原文", "frames of %s"), leaf + 7);
    else if (strcmp(leaf, "events") == 0)
        text_add(text, SAY("事件和问题", "events and problems"));
    else if (strcmp(leaf, "configuration") == 0)
        text_add(text, SAY("当时的配置", "the settings in force"));
    else if (strncmp(leaf, "segment ", 8) == 0)
        text_format(text,
                    SAY("不存在或已清理的封存段 %s", "segment %s, which is not there or gone"),
                    leaf + 8);
    else
        text_format(text, SAY("封存时记下的内容（%s）", "what was noted when it was sealed (%s)"),
                    leaf);
}

static void add_row(struct text *text, const struct seal_check *found)
{
    const char *row = found->row;

    add_leaf(text, found->leaf);
    switch (found->change) {
    case SEAL_CHANGED:
        text_format(text,
                    SAY("，序号 %" PRIu64 " 的一行与封存时不同，现为：%s",
                        ": the row of number %" PRIu64 " is not as it was sealed; now: %s"),
                    found->seq, row);
        break;
    case SEAL_SWAPPED:
        text_format(text,
                    SAY("，序号 %" PRIu64 " 的一行与另一行互换了内容，现为：%s",
                        ": the row of number %" PRIu64
                        " has exchanged contents with another; now: %s"),
                    found->seq, row);
        break;
    case SEAL_ADDED:
        text_format(text,
                    SAY("，序号 %" PRIu64 " 的一行在封存时并不存在：%s",
                        ": the row of number %" PRIu64 " was not there when it was sealed: "
                        "%s"),
                    found->seq, row);
        break;
    case SEAL_REMOVED:
        if (found->seq == 0)
            text_add(text, SAY("，末尾缺少封存时有的行",
                               ": rows that were sealed at its end are missing"));
        else
            text_format(text,
                        SAY("，序号 %" PRIu64 " 之前缺少封存时有的行；其后为：%s",
                            ": rows that were sealed before number %" PRIu64
                            " are missing; what follows: %s"),
                        found->seq, row);
        break;
    }
}

static void add_item(struct text *text, const struct seal_check *found)
{
    const char *leaf = found->leaf;

    if (strncmp(leaf, "profile ", 8) == 0)
        text_format(text,
                    SAY("仪器模板 %s 与解码时所用的不同", "the profile %s is not what polls were "
                                                          "decoded by"),
                    leaf + 8);
    else if (strncmp(leaf, "cause ", 6) == 0)
        text_format(text, SAY("原因词 %s 被改动", "the word of the cause %s was changed"),
                    leaf + 6);
    else if (strncmp(leaf, "point ", 6) == 0)
        text_format(text,
                    SAY("监测点 %s 的名称与它的设备不符", "the name of the point %s is not "
                                                          "that of its device"),
                    leaf + 6);
    else
        text_format(text,
                    SAY("封存的配置 %s 被改动或缺失", "%s, as it was sealed, was changed or is "
                                                      "missing"),
                    leaf);
}

static void add_missing(struct text *text, const struct seal_check *found)
{
    if (found->leaf[0] != '\0')
        text_format(text,
                    SAY("监测点 %s 有一个读数，没有与之相符的采集记录（序号 %" PRIu64 "）",
                        "%s has a reading without a poll that fits it (number %" PRIu64 ")"),
                    found->leaf + strlen("point "), found->seq);
    else
        text_format(text,
                    SAY("序号 %" PRIu64 " 的记录缺失或重复",
                        "the entry of number %" PRIu64 " is missing, or there twice"),
                    found->seq);
}

void seal_fault_say(const struct seal_check *found, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    add_segment(&text, found);
    switch (found->fault) {
    case SEAL_SOUND:
        break;
    case SEAL_ROW_DIFFERS:
        add_row(&text, found);
        break;
    case SEAL_LEAF_DIFFERS:
        add_leaf(&text, found->leaf);
        text_add(&text, SAY("与封存时不同", ": not as it was sealed"));
        break;
    case SEAL_HEAD_DIFFERS:
        text_add(&text, SAY("封存头与存储的内容不符（编号、时间、根、采集器或存储标识）",
                            "its head does not agree with what is stored (numbers, times, root, "
                            "collector or store)"));
        break;
    case SEAL_CHAIN_BROKEN:
        text_add(&text, SAY("不与前一段相接：中间的段缺失，或被替换",
                            "it does not follow the one before: a segment is missing or was "
                            "replaced"));
        break;
    case SEAL_UNSIGNED:
        text_add(&text, SAY("签名不对，或签名的钥匙未登记、已被更换",
                            "its signature is wrong, or of a key that is not known or was "
                            "replaced"));
        break;
    case SEAL_KEY_UNEXPLAINED:
        text_format(&text,
                    SAY("换了签名钥匙，却没有原钥匙的签字（新钥匙 %s，登记在序号 %" PRIu64
                        "）：此后的封存只能由这把新钥匙证明",
                        "the key changed without a signature of the old one (new key %s, number "
                        "%" PRIu64 "): what follows is proven by that new key alone"),
                    found->row, found->seq);
        break;
    case SEAL_ITEM_DIFFERS:
        add_item(&text, found);
        break;
    case SEAL_ENTRY_MISSING:
        add_missing(&text, found);
        break;
    case SEAL_CUT:
        text_add(&text, SAY("它的封存头曾送到外面，这里却没有这一段：存储被截断",
                            "its head was left outside, and it is not here: the store was cut"));
        break;
    }
}

json_t *seal_fault_json(const struct seal_check *found)
{
    bool row = found->fault == SEAL_ROW_DIFFERS;

    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "fault",
                     seal_fault_word(found->fault), "change",
                     row ? json_string(seal_change_word(found->change)) : json_null(), "segment",
                     found->segment == 0 ? json_null() : json_integer((json_int_t)found->segment),
                     "from", json_time(found->first_time), "to", json_time(found->last_time),
                     "leaf", text_or_null(found->leaf), "seq",
                     found->seq == 0 ? json_null() : json_integer((json_int_t)found->seq), "row",
                     text_or_null(found->row));
}

void outside_say(const struct outside_found *found, uint64_t newest, char *out, size_t size)
{
    char hex[DIGEST_HEX], here[DIGEST_HEX];
    struct text text;

    text_init(&text, out, size);
    text_format(&text, SAY("%s：", "%s: "), found->path);
    switch (found->answer) {
    case OUTSIDE_SAME:
        text_format(&text,
                    SAY("封存段 %" PRIu64 " 的封存头与这里一致",
                        "the head of segment %" PRIu64 " is the one here"),
                    found->head.segment);
        break;
    case OUTSIDE_AHEAD:
        text_format(&text,
                    SAY("存储被截断或重写：外面留有封存段 %" PRIu64 "，这里最新的是 %" PRIu64,
                        "the store was cut or rewritten: the anchor names segment %" PRIu64
                        ", the newest here is %" PRIu64),
                    found->head.segment, newest);
        break;
    case OUTSIDE_OTHER:
        text_format(&text,
                    SAY("存储被重写：封存段 %" PRIu64 " 在外面留的封存头是 %s，这里是 %s",
                        "the store was rewritten: of segment %" PRIu64
                        " the anchor has the head %s, here it is %s"),
                    found->head.segment, digest_hex(found->head.head, hex),
                    digest_hex(found->here, here));
        break;
    case OUTSIDE_UNSEALED:
        text_format(&text,
                    SAY("存储被改动：外面留有封存段 %" PRIu64 " 的封存头，这里没有这一段",
                        "the store was changed: the anchor has a head of segment %" PRIu64
                        ", which is not sealed here"),
                    found->head.segment);
        break;
    }
}

json_t *outside_json(const struct outside_found *found)
{
    char hex[DIGEST_HEX];

    return json_pack("{s:s, s:I, s:s, s:b}", "file", found->path, "segment",
                     (json_int_t)found->head.segment, "head", digest_hex(found->head.head, hex),
                     "found", found->answer == OUTSIDE_SAME);
}
