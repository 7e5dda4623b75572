/* Tests of report/archive_read.c and archive_lines.c. Names say what must hold; the archives are
 * built here field by field as VERIFY.md says, without the writer's code. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/say.h"
#include "report/archive.h"

/* One file as it is put down; what differs from VERIFY.md is said in the other members. */
struct part {
    const char *name, *contents;
    unsigned flags, method;
    bool local_differs; /* flags and method stand in the directory alone */
};

struct built {
    uint8_t bytes[400 << 10];
    size_t size;
    size_t directory_at;
};

static void put(struct built *built, unsigned bytes, uint64_t number)
{
    for (; bytes > 0; bytes--, number >>= 8)
        built->bytes[built->size++] = (uint8_t)number;
}

static void put_words(struct built *built, const char *words)
{
    memcpy(built->bytes + built->size, words, strlen(words));
    built->size += strlen(words);
}

/* Bit by bit, as the polynomial says. */
static uint32_t crc_of(const char *words)
{
    uint32_t crc = 0xFFFFFFFF;

    for (; *words != '\0'; words++) {
        crc ^= (uint8_t)*words;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0);
    }
    return ~crc;
}

static void put_common(struct built *built, const struct part *part, bool central)
{
    bool plain = !central && part->local_differs;

    put(built, 2, 20);
    put(built, 2, plain ? 0 : part->flags);
    put(built, 2, plain ? 0 : part->method);
    put(built, 2, 0);
    put(built, 2, 0x0021);
    put(built, 4, crc_of(part->contents));
    put(built, 4, strlen(part->contents));
    put(built, 4, strlen(part->contents));
    put(built, 2, strlen(part->name));
    put(built, 2, 0);
}

static void build(struct built *built, const struct part *parts, size_t count)
{
    size_t places[8];

    built->size = 0;
    for (size_t i = 0; i < count; i++) {
        places[i] = built->size;
        put(built, 4, 0x04034b50);
        put_common(built, &parts[i], false);
        put_words(built, parts[i].name);
        put_words(built, parts[i].contents);
    }
    built->directory_at = built->size;
    for (size_t i = 0; i < count; i++) {
        put(built, 4, 0x02014b50);
        put(built, 2, 0x0314);
        put_common(built, &parts[i], true);
        put(built, 2, 0);
        put(built, 2, 0);
        put(built, 2, 0);
        put(built, 4, 0x81A40000);
        put(built, 4, places[i]);
        put_words(built, parts[i].name);
    }
    put(built, 4, 0x06054b50);
    put(built, 4, 0);
    put(built, 2, count);
    put(built, 2, count);
    put(built, 4, built->size - 12 - built->directory_at);
    put(built, 4, built->directory_at);
    put(built, 2, 0);
}

static const struct part three[] = {
    {.name = "VERIFY.md",       .contents = "how\n"     },
    {.name = "rows/s/d/ph.txt", .contents = "one\ntwo\n"},
    {.name = "sha256sums",      .contents = ""          },
};

/* Opening fails with a sentence that has these words in it. */
static void refused(const struct built *built, const char *words)
{
    struct error err = {0};

    assert_null(archive_open_bytes(built->bytes, built->size, &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
    if (strstr(err.text, words) == NULL)
        fail_msg("said \"%s\", not \"%s\"", err.text, words);
}

static void an_archive_in_our_form_is_read(void **state)
{
    struct built built;
    struct error err = {0};
    struct archive *archive;
    const struct archive_file *rows;
    char bytes[8] = "";
    uint8_t digest[DIGEST_BYTES];
    char hex[DIGEST_HEX];

    build(&built, three, 3);
    archive = archive_open_bytes(built.bytes, built.size, &err);
    assert_non_null(archive);
    assert_int_equal(archive_count(archive), 3);
    assert_string_equal(archive_at(archive, 0)->name, "VERIFY.md");
    rows = archive_find(archive, "rows/s/d/ph.txt");
    assert_non_null(rows);
    assert_int_equal(rows->size, 8);
    assert_true(archive_read(archive, rows, 4, bytes, 3, &err));
    assert_string_equal(bytes, "two");
    assert_true(archive_digest(archive, rows, digest, &err));
    /* printf 'one\ntwo\n' | sha256sum */
    assert_string_equal(digest_hex(digest, hex),
                        "c3f9c8c283a2b1f2f1896f27a01cbe3cddc0c9d93f752e4639035a0f5b36f6e8");
    assert_null(archive_find(archive, "rows"));
    archive_close(archive);
}

static void every_single_byte_that_is_changed_is_found(void **state)
{
    struct built built;

    build(&built, three, 3);
    for (size_t i = 0; i < built.size; i++) {
        uint8_t was = built.bytes[i];

        for (unsigned other = 0; other < 256; other++) {
            struct error err = {0};
            struct archive *archive;
            bool sound;

            if (other == was)
                continue;
            built.bytes[i] = (uint8_t)other;
            archive = archive_open_bytes(built.bytes, built.size, &err);
            sound = archive != NULL;
            for (size_t f = 0; sound && f < archive_count(archive); f++) {
                uint8_t digest[DIGEST_BYTES];

                sound = archive_digest(archive, archive_at(archive, f), digest, &err);
            }
            if (sound)
                fail_msg("byte %zu: %02x for %02x was not found", i, other, was);
            assert_int_equal(err.kind, ERROR_REFUSED);
            assert_non_null(strstr(err.text, "offset"));
            archive_close(archive);
        }
        built.bytes[i] = was;
    }
}

static void an_archive_cut_at_any_byte_is_refused(void **state)
{
    struct built built;
    size_t whole;

    build(&built, three, 3);
    whole = built.size;
    for (built.size = 0; built.size < whole; built.size++) {
        struct error err = {0};

        assert_null(archive_open_bytes(built.bytes, built.size, &err));
        assert_int_equal(err.kind, ERROR_REFUSED);
    }
}

/* Puts bytes in, and leaves every number as it was. */
static void insert(struct built *built, size_t at, const char *words)
{
    size_t length = strlen(words);

    memmove(built->bytes + at + length, built->bytes + at, built->size - at);
    memcpy(built->bytes + at, words, length);
    built->size += length;
}

static void bytes_before_between_and_after_are_refused(void **state)
{
    struct built built;

    build(&built, three, 3);
    insert(&built, 0, "#!/bin/sh\n");
    refused(&built, "before, between or after");
    build(&built, three, 3);
    insert(&built, built.size, "x");
    refused(&built, "behind it");
    build(&built, three, 3);
    insert(&built, built.directory_at, "x");
    refused(&built, "before, between or after");
}

static void bytes_between_files_that_the_directory_steps_over_are_refused(void **state)
{
    struct built built;
    size_t second = 30 + strlen("VERIFY.md") + strlen("how\n");

    /* the places of the files behind it, and of the directory, are moved on as a forger would */
    build(&built, three, 3);
    insert(&built, second, "hidden");
    built.directory_at += 6;
    built.bytes[built.size - 6] = (uint8_t)(built.bytes[built.size - 6] + 6);
    built.bytes[built.directory_at + 46 + 9 + 42] =
        (uint8_t)(built.bytes[built.directory_at + 46 + 9 + 42] + 6);
    refused(&built, "not right after the file before");
    /* before the first, and before the directory */
    build(&built, three, 1);
    insert(&built, 0, "hidden");
    built.bytes[built.size - 6] = (uint8_t)(built.bytes[built.size - 6] + 6);
    built.bytes[built.directory_at + 6 + 42] = 6;
    refused(&built, "not right after the file before");
    build(&built, three, 1);
    insert(&built, built.directory_at, "hidden");
    built.bytes[built.size - 6] = (uint8_t)(built.bytes[built.size - 6] + 6);
    refused(&built, "between the last file and the directory");
}

static void what_is_compressed_or_encrypted_is_refused_before_anything_is_unpacked(void **state)
{
    struct part one = {.name = "VERIFY.md", .contents = "how\n", .method = 8};
    struct built built;

    build(&built, &one, 1);
    refused(&built, "compressed (method 8)");
    one.local_differs = true;
    build(&built, &one, 1);
    refused(&built, "compressed (method 8)");
    one = (struct part){.name = "VERIFY.md", .contents = "how\n", .flags = 1};
    build(&built, &one, 1);
    refused(&built, "flags 0x1");
}

static void extra_fields_comments_and_zip64_are_refused(void **state)
{
    struct built built;

    build(&built, three, 1);
    built.bytes[28] = 4;
    refused(&built, "has an extra field (4 bytes)");
    build(&built, three, 1);
    built.bytes[built.directory_at + 30] = 4;
    refused(&built, "has an extra field (4 bytes)");
    build(&built, three, 1);
    built.bytes[built.directory_at + 32] = 7;
    refused(&built, "has a comment (7 bytes)");
    build(&built, three, 1);
    built.bytes[built.size - 2] = 1;
    insert(&built, built.size, "c");
    refused(&built, "behind it");
    build(&built, three, 1);
    memset(built.bytes + built.size - 14, 0xff, 12);
    refused(&built, "ZIP64");
    build(&built, three, 1);
    memset(built.bytes + built.size - 10, 0xff, 8);
    refused(&built, "ZIP64");
}

static void a_directory_of_more_or_fewer_files_than_it_says_is_refused(void **state)
{
    const struct part one = {
        .name = "a-name-so-long-that-two-files-of-one-letter-would-find-room-in-its-line",
        .contents = "x"};
    struct built built;

    build(&built, three, 3);
    built.bytes[built.size - 12] = built.bytes[built.size - 14] = 2;
    refused(&built, "holds something that is of no file");
    build(&built, &one, 1);
    built.bytes[built.size - 12] = built.bytes[built.size - 14] = 2;
    refused(&built, "shorter than its number of files");
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
    static const char *const wrong[] = {
        "/etc/passwd", "../up", "a/../b", "a//b", "a/",           ".",
        "a/./b",       "a\\b",  "C:x",    "a b",  "\xe6\x9c\x88", "a\tb",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct part one = {.name = wrong[i], .contents = "x"};
        struct built built;

        build(&built, &one, 1);
        refused(&built, "a name has only letters");
    }
}

static void a_name_with_a_nul_or_of_impossible_length_is_refused(void **state)
{
    struct part one = {.name = "ab", .contents = "x"};
    char longest[201];
    struct built built;

    build(&built, &one, 1);
    built.bytes[30] = '\0';
    built.bytes[built.directory_at + 46] = '\0';
    refused(&built, "a name has only letters");
    one.name = "";
    build(&built, &one, 1);
    refused(&built, "");
    memset(longest, 'n', 200);
    longest[200] = '\0';
    one.name = longest;
    build(&built, &one, 1);
    refused(&built, "a name of 200 bytes");
}

static void names_twice_or_out_of_order_are_refused(void **state)
{
    const struct part twice[] = {
        {.name = "a", .contents = "1"},
        {.name = "a", .contents = "2"}
    };
    const struct part unsorted[] = {
        {.name = "b", .contents = "1"},
        {.name = "a", .contents = "2"}
    };
    struct built built;

    build(&built, twice, 2);
    refused(&built, "stands here twice");
    build(&built, unsorted, 2);
    refused(&built, "not in order");
}

static void a_size_beyond_the_archive_is_refused(void **state)
{
    struct built built;

    build(&built, three, 1);
    for (unsigned i = 0; i < 2; i++) {
        built.bytes[18 + 4 * i + 3] = 0x7f;
        built.bytes[built.directory_at + 20 + 4 * i + 3] = 0x7f;
    }
    refused(&built, "goes beyond the archive");
}

static void what_is_no_zip_at_all_is_said(void **state)
{
    struct built built = {.size = 30};

    memset(built.bytes, 'x', sizeof built.bytes);
    refused(&built, "not a ZIP file");
    built.size = 0;
    refused(&built, "not a ZIP file");
}

static void a_file_that_is_not_there_is_no_refusal(void **state)
{
    struct error err = {0};

    assert_null(archive_open("/nonexistent/bundle.zip", &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_null(archive_open("/tmp", &err));
    assert_int_equal(err.kind, ERROR_STORE);
}

/* The archive in a file of its own; the name is the caller's. */
static void write_file(const struct built *built, char *path)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, built->bytes, built->size), built->size);
    close(fd);
}

static void a_file_cut_while_it_is_read_is_an_error(void **state)
{
    char path[] = "/tmp/archive-XXXXXX";
    struct built built;
    struct error err = {0};
    struct archive *archive;
    uint8_t digest[DIGEST_BYTES];

    build(&built, three, 3);
    write_file(&built, path);
    archive = archive_open(path, &err);
    assert_non_null(archive);
    assert_true(archive_digest(archive, archive_at(archive, 1), digest, &err));
    assert_int_equal(truncate(path, 20), 0);
    assert_false(archive_digest(archive, archive_at(archive, 1), digest, &err));
    assert_int_equal(err.kind, ERROR_STORE);
    archive_close(archive);
    unlink(path);
}

/* Lines of one file; how the walk ended is in `err`. */
static size_t count_lines(const char *contents, size_t most, struct error *err)
{
    const struct part one = {.name = "rows", .contents = contents};
    struct built built;
    struct archive *archive;
    struct archive_lines *lines;
    size_t count = 0;
    size_t size;

    *err = (struct error){0};
    build(&built, &one, 1);
    archive = archive_open_bytes(built.bytes, built.size, err);
    assert_non_null(archive);
    lines = archive_lines_new(archive, archive_at(archive, 0), most, err);
    assert_non_null(lines);
    for (const char *line; (line = archive_line(lines, &size, err)) != NULL; count++)
        assert_int_equal(strlen(line), size);
    archive_lines_free(lines);
    archive_close(archive);
    return count;
}

static void lines_come_one_by_one(void **state)
{
    struct error err;

    assert_int_equal(count_lines("", 10, &err), 0);
    assert_int_equal(err.kind, ERROR_NONE);
    assert_int_equal(count_lines("one\n\nthree\n", 5, &err), 3);
    assert_int_equal(err.kind, ERROR_NONE);
}

static void a_line_too_long_or_without_its_end_is_refused(void **state)
{
    struct error err;

    assert_int_equal(count_lines("one\nthree\n", 4, &err), 1);
    assert_non_null(strstr(err.text, "rows, line 2, is too long"));
    assert_int_equal(count_lines("one\ntwo", 10, &err), 1);
    assert_non_null(strstr(err.text, "rows, line 2, has no line feed"));
}

static void lines_longer_than_a_piece_are_read_across_it(void **state)
{
    enum { LINE = 1000, LINES = 300 };
    char *contents = malloc((LINE + 1) * LINES + 1);
    struct error err;

    assert_non_null(contents);
    for (size_t i = 0; i < (LINE + 1) * LINES; i++)
        contents[i] = i % (LINE + 1) == LINE ? '\n' : (char)('a' + i % 26);
    contents[(LINE + 1) * LINES] = '\0';
    assert_int_equal(count_lines(contents, LINE, &err), LINES);
    assert_int_equal(err.kind, ERROR_NONE);
    assert_int_equal(count_lines(contents, LINE - 1, &err), 0);
    assert_non_null(strstr(err.text, "rows, line 1, is too long"));
    free(contents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_archive_in_our_form_is_read),
        cmocka_unit_test(every_single_byte_that_is_changed_is_found),
        cmocka_unit_test(an_archive_cut_at_any_byte_is_refused),
        cmocka_unit_test(bytes_before_between_and_after_are_refused),
        cmocka_unit_test(bytes_between_files_that_the_directory_steps_over_are_refused),
        cmocka_unit_test(what_is_compressed_or_encrypted_is_refused_before_anything_is_unpacked),
        cmocka_unit_test(extra_fields_comments_and_zip64_are_refused),
        cmocka_unit_test(a_directory_of_more_or_fewer_files_than_it_says_is_refused),
        cmocka_unit_test(names_that_lead_elsewhere_are_refused),
        cmocka_unit_test(a_name_with_a_nul_or_of_impossible_length_is_refused),
        cmocka_unit_test(names_twice_or_out_of_order_are_refused),
        cmocka_unit_test(a_size_beyond_the_archive_is_refused),
        cmocka_unit_test(what_is_no_zip_at_all_is_said),
        cmocka_unit_test(a_file_that_is_not_there_is_no_refusal),
        cmocka_unit_test(a_file_cut_while_it_is_read_is_an_error),
        cmocka_unit_test(lines_come_one_by_one),
        cmocka_unit_test(a_line_too_long_or_without_its_end_is_refused),
        cmocka_unit_test(lines_longer_than_a_piece_are_read_across_it),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
