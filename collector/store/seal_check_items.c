/* What stands beside the rows: names, causes, configurations with their items, profiles. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/quality.h"
#include "store/seal_check_inside.h"
#include "store/store.h"

enum { BEFORE_NAME = DIGEST_HEX - 1 + 2 /* of a line of a configuration */ };

__attribute__((format(printf, 3, 4))) static void tell_item(struct checking *checking, uint64_t seq,
                                                            const char *format, ...)
{
    struct seal_check *found = check_fault(checking, SEAL_ITEM_DIFFERS, 0);
    va_list args;

    found->seq = seq;
    va_start(args, format);
    vsnprintf(found->leaf, sizeof found->leaf, format, args);
    va_end(args);
    utf8_mend(found->leaf);
    check_tell(checking);
}

/* --- names ----------------------------------------------------------------------------------- */

static void check_causes(struct checking *checking)
{
    sqlite3_stmt *row = check_ask(checking, CHECK_CAUSES);
    int expected = 0;

    for (; check_next(checking, row) && expected < CAUSE_COUNT; expected++)
        if (sqlite3_column_int64(row, 0) != expected ||
            strcmp(column_text(row, 1), cause_word((enum cause)expected)) != 0) {
            tell_item(checking, 0, "cause %s", cause_word((enum cause)expected));
            break;
        }
    sqlite3_reset(row);
}

void check_names(struct checking *checking)
{
    sqlite3_stmt *row = check_ask(checking, CHECK_NAMES);

    while (check_next(checking, row))
        tell_item(checking, 0, "point %s", column_text(row, 0));
    if (!checking->failed)
        check_causes(checking);
    if (checking->failed)
        return;
    row = check_ask(checking, CHECK_TWICE);
    while (check_next(checking, row)) {
        check_fault(checking, SEAL_ENTRY_MISSING, 0)->seq = (uint64_t)sqlite3_column_int64(row, 0);
        check_tell(checking);
    }
}

/* --- configurations -------------------------------------------------------------------------- */

static bool column_is_digest_of(sqlite3_stmt *row, int digest, int content)
{
    uint8_t now[DIGEST_BYTES];
    const void *bytes = sqlite3_column_blob(row, content);
    size_t size = (size_t)sqlite3_column_bytes(row, content);

    digest_of(size == 0 ? "" : bytes, size, now);
    return sqlite3_column_bytes(row, digest) == DIGEST_BYTES &&
           memcmp(sqlite3_column_blob(row, digest), now, DIGEST_BYTES) == 0;
}

static bool snapshot_is_there(struct checking *checking, const uint8_t digest[DIGEST_BYTES])
{
    sqlite3_stmt *ask = check_ask(checking, CHECK_SNAPSHOT);
    bool there;

    sqlite3_bind_blob(ask, 1, digest, DIGEST_BYTES, SQLITE_STATIC);
    there = check_next(checking, ask);
    sqlite3_reset(ask);
    return there;
}

/* Every line is "DIGEST  NAME", and what it names is there. What is there is looked at once, and
 * not for each text that names it. */
static void check_text(struct checking *checking, uint64_t seq, const char *line)
{
    while (*line != '\0' && !checking->failed) {
        size_t length = strcspn(line, "\n");
        uint8_t digest[DIGEST_BYTES];
        char hex[DIGEST_HEX] = "";

        if (length > BEFORE_NAME)
            snprintf(hex, sizeof hex, "%s", line);
        if (length <= BEFORE_NAME || line[length] != '\n' || !hex_read(hex, digest, DIGEST_BYTES)) {
            tell_item(checking, seq, "configuration %" PRIu64, seq);
            return;
        }
        if (!snapshot_is_there(checking, digest) && !checking->failed)
            tell_item(checking, seq, "%.*s", (int)(length - BEFORE_NAME), line + BEFORE_NAME);
        line += length + 1;
    }
}

/* One at a time: what they name may be a lot to look up. */
static bool check_configuration(struct checking *checking, uint64_t *seq)
{
    sqlite3_stmt *row = check_ask(checking, CHECK_CONFIGURATIONS);
    char *text = NULL;

    sqlite3_bind_int64(row, 1, (int64_t)*seq);
    if (!check_next(checking, row))
        return false;
    *seq = (uint64_t)sqlite3_column_int64(row, 0);
    if (!column_is_digest_of(row, 1, 2))
        tell_item(checking, *seq, "configuration %" PRIu64, *seq);
    else if ((text = strdup(column_text(row, 2))) == NULL)
        check_no_memory(checking);
    sqlite3_reset(row);
    if (text != NULL)
        check_text(checking, *seq, text);
    free(text);
    return !checking->failed;
}

/* By the first configuration that names it, or by its digest where none does. */
static void tell_snapshot(struct checking *checking, const char *hex)
{
    sqlite3_stmt *row = check_ask(checking, CHECK_NAMED_IN);
    const char *line;

    bind_text(row, 1, hex);
    if (check_next(checking, row) && (line = strstr(column_text(row, 1), hex)) != NULL &&
        strlen(line) > BEFORE_NAME)
        tell_item(checking, (uint64_t)sqlite3_column_int64(row, 0), "%.*s",
                  (int)strcspn(line + BEFORE_NAME, "\n"), line + BEFORE_NAME);
    else
        tell_item(checking, 0, "snapshot %s", hex);
    sqlite3_reset(row);
}

static void check_snapshots(struct checking *checking)
{
    sqlite3_stmt *row = check_ask(checking, CHECK_SNAPSHOTS);

    while (check_next(checking, row)) {
        char hex[DIGEST_HEX] = "?";

        if (column_is_digest_of(row, 0, 1))
            continue;
        if (sqlite3_column_bytes(row, 0) == DIGEST_BYTES)
            digest_hex(sqlite3_column_blob(row, 0), hex);
        tell_snapshot(checking, hex);
    }
}

/* --- profiles -------------------------------------------------------------------------------- */

/* The digest is that of the file; or of that and what the device puts over it. */
static bool profile_is_right(sqlite3_stmt *row)
{
    const char *text = column_text(row, 2);
    const char *over = NULL;
    uint8_t digest[DIGEST_BYTES];
    struct hashing *hashing;
    char model[80];

    snprintf(model, sizeof model, "\"%s\"", column_text(row, 0));
    if (strlen(text) != (size_t)sqlite3_column_bytes(row, 2) || strstr(text, model) == NULL)
        return false;
    if (column_is_digest_of(row, 1, 2))
        return true;
    for (const char *at = text; (at = strstr(at, STORE_PROFILE_OVER)) != NULL; at++)
        over = at;
    hashing = over == NULL ? NULL : hashing_new();
    if (hashing == NULL || sqlite3_column_bytes(row, 1) != DIGEST_BYTES)
        return false;
    digest_of(text, (size_t)(over - text), digest);
    hashing_add(hashing, digest, DIGEST_BYTES);
    over += strlen(STORE_PROFILE_OVER);
    hashing_add(hashing, over, strlen(over));
    hashing_end(hashing, digest);
    hashing_free(hashing);
    return memcmp(sqlite3_column_blob(row, 1), digest, DIGEST_BYTES) == 0;
}

static void check_profiles(struct checking *checking)
{
    sqlite3_stmt *row = check_ask(checking, CHECK_PROFILES);

    while (check_next(checking, row))
        if (!profile_is_right(row))
            tell_item(checking, 0, "profile %s", column_text(row, 0));
}

void check_items(struct checking *checking)
{
    uint64_t seq = 0;

    while (!checking->failed && check_configuration(checking, &seq))
        ;
    if (!checking->failed)
        check_snapshots(checking);
    if (!checking->failed)
        check_profiles(checking);
}
