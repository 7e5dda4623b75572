#include "store/seal_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "store/seal_text.h"

enum { NS_OF_MS = 1000000 };

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

void line_free(struct line *line)
{
    free(line->text.bytes);
    *line = (struct line){0};
}

bool line_begin(struct line *line, size_t size, struct error *err)
{
    if (size >= line->room) {
        size_t room = size < 1024 ? 1024 : size * 2;
        char *larger = realloc(line->text.bytes, room);

        if (larger == NULL)
            return no_memory(err);
        line->text.bytes = larger;
        line->room = room;
    }
    text_init(&line->text, line->text.bytes, line->room);
    return true;
}

/* Polls and readings ------------------------------------------------------------------------ */

static void add_hex(struct text *text, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char *at = text->bytes + text->used;

    for (size_t i = 0; i < size; i++) {
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    text->used += 2 * size;
}

/* The digest in a column; 32 zeros when there is none. */
static const uint8_t *digest_at(sqlite3_stmt *row, int at)
{
    static const uint8_t none[DIGEST_BYTES];

    return sqlite3_column_bytes(row, at) == DIGEST_BYTES ? sqlite3_column_blob(row, at) : none;
}

/* A damaged store may hold any number. */
static uint8_t small_at(sqlite3_stmt *row, int at)
{
    int64_t number = sqlite3_column_int64(row, at);

    return number < 0 || number > UINT8_MAX ? UINT8_MAX : (uint8_t)number;
}

static int64_t ns_at(sqlite3_stmt *row, int at)
{
    int64_t ms = sqlite3_column_int64(row, at);

    return ms < 0 || ms > INT64_MAX / NS_OF_MS ? -NS_OF_MS : ns_from_ms(ms);
}

bool line_of_poll(struct line *line, sqlite3_stmt *row, struct error *err)
{
    const uint8_t *raw = sqlite3_column_blob(row, 6);
    size_t size = (size_t)sqlite3_column_bytes(row, 6);
    struct poll poll = {.seq = (uint64_t)sqlite3_column_int64(row, 0),
                        .time = column_time(row, 2),
                        .mono = {ns_at(row, 3)},
                        .boot = (uint32_t)sqlite3_column_int64(row, 4)};

    if (!line_begin(line, SEAL_LINE_MAX + 2 * size, err))
        return false;
    seal_add_poll(&line->text, &poll, digest_at(row, 5));
    add_hex(&line->text, raw, size);
    text_add_char(&line->text, '\n');
    return true;
}

/* The bytes may be 32 KiB: their hash stands for them. */
bool line_of_frames(struct line *line, sqlite3_stmt *row, struct error *err)
{
    uint8_t digest[DIGEST_BYTES];
    char hex[DIGEST_HEX];
    const void *bytes = sqlite3_column_blob(row, 2);

    if (!line_begin(line, SEAL_LINE_MAX, err))
        return false;
    digest_of(bytes, (size_t)sqlite3_column_bytes(row, 2), digest);
    text_add_int(&line->text, sqlite3_column_int64(row, 0));
    text_add_char(&line->text, ',');
    text_add(&line->text, digest_hex(digest, hex));
    text_add_char(&line->text, '\n');
    return true;
}

/* `kept` has -1 for a time that was never known: a key has no NULL. */
bool line_of_reading(struct line *line, sqlite3_stmt *row, struct error *err)
{
    struct wall_time time = {sqlite3_column_int64(row, 1)};
    struct reading reading = {
        .value = column_value(row, 3), .quality = small_at(row, 4), .cause = small_at(row, 5)};

    if (!line_begin(line, SEAL_LINE_MAX, err))
        return false;
    seal_add_reading(&line->text, (uint64_t)sqlite3_column_int64(row, 2),
                     time.ms == -1 ? WALL_NONE : time, &reading);
    return true;
}

bool line_of_configuration(struct line *line, sqlite3_stmt *row, struct error *err)
{
    char hex[DIGEST_HEX];

    if (!line_begin(line, SEAL_LINE_MAX, err))
        return false;
    text_add_int(&line->text, sqlite3_column_int64(row, 0));
    text_add_char(&line->text, ',');
    text_add(&line->text, digest_hex(digest_at(row, 1), hex));
    text_add_char(&line->text, '\n');
    return true;
}

/* Entries ----------------------------------------------------------------------------------- */

sqlite3_stmt *rows_ask(const struct rows_of *rows, enum seal_ask ask)
{
    sqlite3_stmt *statement = rows->asks[ask];

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (ask != SEAL_NAMES) {
        sqlite3_bind_int64(statement, 1, (int64_t)rows->first_seq);
        sqlite3_bind_int64(statement, 2, (int64_t)rows->last_seq);
    }
    return statement;
}

/* Text that a zero byte ends before its end is none of ours: it shall not be taken for the part
 * before it. */
static const char *whole_text(sqlite3_stmt *row, int at)
{
    const char *words = column_text(row, at);

    return strlen(words) == (size_t)sqlite3_column_bytes(row, at) ? words : "?";
}

static struct seal_entry event_of_row(sqlite3_stmt *row)
{
    return (struct seal_entry){.seq = (uint64_t)sqlite3_column_int64(row, 0),
                               .kind = whole_text(row, 1),
                               .time = column_time(row, 2),
                               .boot = (uint32_t)sqlite3_column_int64(row, 3),
                               .mono_ms = sqlite3_column_int64(row, 4),
                               .who = whole_text(row, 5),
                               .body = whole_text(row, 6),
                               .uid = "",
                               .nature = ""};
}

static struct seal_entry version_of_row(sqlite3_stmt *row)
{
    return (struct seal_entry){.seq = (uint64_t)sqlite3_column_int64(row, 0),
                               .kind = "problem",
                               .time = WALL_NONE,
                               .uid = whole_text(row, 1),
                               .version = (uint32_t)sqlite3_column_int64(row, 2),
                               .nature = whole_text(row, 3),
                               .body = whole_text(row, 4),
                               .who = ""};
}

struct telling {
    bool (*each)(void *self, const struct seal_entry *entry, const char *subject, const char *text);
    void *self;
    bool more;
};

static bool tell_entry(struct telling *telling, const struct seal_entry *entry, struct error *err)
{
    char *subject = seal_entry_subject(entry);
    char *text = seal_entry_text(entry);
    bool done = subject != NULL && text != NULL;

    if (done)
        telling->more = telling->each(telling->self, entry, subject, text);
    else
        no_memory(err);
    free(subject);
    free(text);
    return done;
}

bool rows_each_entry(const struct rows_of *rows,
                     bool (*each)(void *self, const struct seal_entry *entry, const char *subject,
                                  const char *text),
                     void *self, struct error *err)
{
    struct telling telling = {each, self, true};
    sqlite3_stmt *tables[2] = {rows_ask(rows, SEAL_EVENTS), rows_ask(rows, SEAL_VERSIONS)};
    bool stands[2], failed = false;
    bool good = true;

    for (int i = 0; i < 2 && !failed; i++)
        stands[i] = statement_next(rows->c, tables[i], &failed, err);
    while (good && !failed && telling.more && (stands[0] || stands[1])) {
        int i = !stands[0] || (stands[1] && sqlite3_column_int64(tables[1], 0) <
                                                sqlite3_column_int64(tables[0], 0));
        struct seal_entry entry = i == 0 ? event_of_row(tables[0]) : version_of_row(tables[1]);

        good = tell_entry(&telling, &entry, err);
        stands[i] = good && statement_next(rows->c, tables[i], &failed, err);
    }
    sqlite3_reset(tables[0]);
    sqlite3_reset(tables[1]);
    return good && !failed;
}

bool line_of_entry(struct line *line, const struct seal_entry *entry, const char *subject,
                   const char *text, struct error *err)
{
    uint8_t digest[DIGEST_BYTES];
    char hex[DIGEST_HEX];

    if (!line_begin(line, SEAL_LINE_MAX + strlen(entry->kind) + strlen(subject), err))
        return false;
    digest_of(text, strlen(text), digest);
    text_add_int(&line->text, (int64_t)entry->seq);
    text_add_char(&line->text, ',');
    seal_add_time(&line->text, entry->time);
    text_add_char(&line->text, ',');
    text_add(&line->text, entry->kind);
    text_add_char(&line->text, ',');
    text_add(&line->text, subject);
    text_add_char(&line->text, ',');
    text_add(&line->text, digest_hex(digest, hex));
    text_add_char(&line->text, '\n');
    return true;
}
