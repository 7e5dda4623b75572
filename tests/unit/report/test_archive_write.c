/* Tests of report/archive_write.c. Names say what must hold. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/say.h"
#include "report/archive.h"

static char folder[64];
static char path[128];

static int make_folder(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/archive-XXXXXX");
    say_in(LANGUAGE_EN);
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/b.zip", folder);
    return 0;
}

static int remove_folder(void **state)
{
    unlink(path);
    return rmdir(folder);
}

/* How many files stand in the folder: what is left behind would be seen here. */
static int files_there(void)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    int count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        count += entry->d_name[0] == '.' && (entry->d_name[1] == '\0' || entry->d_name[1] == '.')
                     ? 0
                     : 1;
    closedir(dir);
    return count;
}

static struct archive_writer *begin(void)
{
    struct error err = {0};
    struct archive_writer *writer = archive_writer_new(path, &err);

    if (writer == NULL)
        fail_msg("%s", err.text);
    return writer;
}

static void put(struct archive_writer *writer, const char *name, const char *words)
{
    struct error err = {0};

    if (!archive_put(writer, name, words, strlen(words), &err))
        fail_msg("%s", err.text);
}

static void write_and_free(struct archive_writer *writer)
{
    struct error err = {0};

    if (!archive_write(writer, &err))
        fail_msg("%s", err.text);
    archive_writer_free(writer);
}

static size_t read_target(unsigned char *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    size_t got;

    assert_non_null(file);
    got = fread(bytes, 1, size, file);
    fclose(file);
    return got;
}

/* Written down by hand from VERIFY.md and APPNOTE.TXT 6.3. */
static const unsigned char tiny[] =
    "PK\003\004\024\0\0\0\0\0\0\0\041\0\172\172\157\355\003\0\0\0\003\0\0\0\005\0\0\0a.txthi\n"
    "PK\003\004\024\0\0\0\0\0\0\0\041\0\0\0\0\0\0\0\0\0\0\0\0\0\003\0\0\0b/c"
    "PK\001\002\024\003\024\0\0\0\0\0\0\0\041\0\172\172\157\355\003\0\0\0\003\0\0\0\005\0\0\0\0\0"
    "\0\0\0\0\0\0\244\201\0\0\0\0a.txt"
    "PK\001\002\024\003\024\0\0\0\0\0\0\0\041\0\0\0\0\0\0\0\0\0\0\0\0\0\003\0\0\0\0\0"
    "\0\0\0\0\0\0\244\201\046\0\0\0b/c"
    "PK\005\006\0\0\0\0\002\0\002\0\144\0\0\0\107\0\0\0\0\0";

static void every_byte_is_the_one_that_was_said(void **state)
{
    struct archive_writer *writer = begin();
    unsigned char got[1000];

    put(writer, "b/c", "");
    put(writer, "a.txt", "hi\n");
    write_and_free(writer);
    assert_int_equal(read_target(got, sizeof got), sizeof tiny - 1);
    assert_memory_equal(got, tiny, sizeof tiny - 1);
}

static void files_come_in_order_of_their_names_as_bytes(void **state)
{
    const struct archive_file *files;
    struct archive_writer *writer = begin();

    put(writer, "b", "1");
    put(writer, "a/b", "22");
    put(writer, "a-b", "333");
    put(writer, "Z", "4444");
    assert_int_equal(archive_files(writer, &files), 4);
    assert_string_equal(files[0].name, "Z");
    assert_string_equal(files[1].name, "a-b");
    assert_string_equal(files[2].name, "a/b");
    assert_string_equal(files[3].name, "b");
    assert_int_equal(files[0].size, 4);
    archive_writer_free(writer);
}

static void other_programs_take_it(void **state)
{
    struct archive_writer *writer = begin();
    struct error err = {0};
    char command[400];
    char line[1000];

    put(writer, "verdict.json", "{}\n");
    assert_true(archive_begin(writer, "rows/a/b/ph.txt", &err));
    memset(line, 'x', sizeof line);
    for (int i = 0; i < 1000; i++)
        assert_true(archive_add(writer, line, sizeof line, &err));
    assert_true(archive_end(writer, &err));
    write_and_free(writer);
    snprintf(command, sizeof command, "unzip -tqq %s", path);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command,
             "/usr/bin/python3 -c 'import zipfile; z = zipfile.ZipFile(\"%s\"); "
             "assert z.testzip() is None; assert z.read(\"rows/a/b/ph.txt\") == b\"x\" * 1000000; "
             "assert z.namelist() == [\"rows/a/b/ph.txt\", \"verdict.json\"]'",
             path);
    assert_int_equal(system(command), 0);
}

static void a_digest_is_that_of_the_contents_however_they_came(void **state)
{
    const struct archive_file *files;
    struct archive_writer *writer = begin();
    struct error err = {0};
    uint8_t wanted[DIGEST_BYTES];
    static char words[700000];
    FILE *other = tmpfile();

    memset(words, 'q', sizeof words);
    digest_of(words, sizeof words, wanted);
    assert_true(archive_put(writer, "whole", words, sizeof words, &err));
    assert_true(archive_begin(writer, "pieces", &err));
    for (size_t i = 0; i < sizeof words; i += 70)
        assert_true(archive_add(writer, words + i, 70, &err));
    assert_true(archive_end(writer, &err));
    fwrite(words, 1, sizeof words, other);
    fflush(other);
    assert_true(archive_put_file(writer, "file", fileno(other), &err));
    fclose(other);
    assert_int_equal(archive_files(writer, &files), 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(files[i].size, sizeof words);
        assert_int_equal(files[i].crc, files[0].crc);
        assert_memory_equal(files[i].digest, wanted, DIGEST_BYTES);
    }
    archive_writer_free(writer);
}

static void more_than_four_gigabytes_are_refused_before_they_are_written(void **state)
{
    const size_t much = (size_t)4 << 30;
    void *bytes = mmap(NULL, much, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct archive_writer *writer = begin();
    struct error err = {0};
    FILE *sparse = tmpfile();

    assert_ptr_not_equal(bytes, MAP_FAILED);
    assert_true(archive_begin(writer, "much", &err));
    assert_false(archive_add(writer, bytes, much, &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_non_null(strstr(err.text, "larger than 4 GiB"));
    assert_true(archive_end(writer, &err));
    err = (struct error){0};
    assert_int_equal(ftruncate(fileno(sparse), (off_t)much), 0);
    assert_false(archive_put_file(writer, "file", fileno(sparse), &err));
    assert_non_null(strstr(err.text, "larger than 4 GiB"));
    fclose(sparse);
    archive_writer_free(writer);
    munmap(bytes, much);
}

static void more_than_65535_files_are_refused(void **state)
{
    struct archive_writer *writer = begin();
    struct error err = {0};
    char name[32];

    for (int i = 0; i < 65535; i++) {
        snprintf(name, sizeof name, "f%d", i);
        put(writer, name, "");
    }
    assert_false(archive_begin(writer, "one-more", &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_non_null(strstr(err.text, "65535"));
    write_and_free(writer);
    assert_int_equal(files_there(), 1);
}

static void until_it_is_whole_the_old_file_stands(void **state)
{
    FILE *old = fopen(path, "w");
    struct archive_writer *writer;
    unsigned char got[100];

    fputs("old", old);
    fclose(old);
    writer = begin();
    put(writer, "a.txt", "hi\n");
    assert_int_equal(read_target(got, sizeof got), 3);
    assert_int_equal(files_there(), 1);
    archive_writer_free(writer);
    assert_int_equal(read_target(got, sizeof got), 3);
    assert_int_equal(files_there(), 1);
}

/* The archive is larger than its spool, so a limit between them fails the second alone. */
static void a_disk_that_fills_leaves_the_old_file_and_nothing_else(void **state)
{
    struct rlimit before, limit;
    struct archive_writer *writer;
    struct error err = {0};
    unsigned char got[100];
    char words[1000] = "";
    FILE *old = fopen(path, "w");
    bool written;

    fputs("old", old);
    fclose(old);
    writer = begin();
    assert_true(archive_put(writer, "a.txt", words, sizeof words, &err));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){1050, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    written = archive_write(writer, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(written);
    assert_int_equal(err.kind, ERROR_STORE);
    assert_non_null(strstr(err.text, "b.zip"));
    assert_int_equal(read_target(got, sizeof got), 3);
    assert_int_equal(files_there(), 1);
    archive_writer_free(writer);
}

static void what_is_no_ordinary_file_is_never_replaced(void **state)
{
    struct error err = {0};

    assert_null(archive_writer_new("/dev/null", &err));
    assert_non_null(strstr(err.text, "/dev/null"));
    err = (struct error){0};
    assert_null(archive_writer_new(folder, &err));
    assert_non_null(strstr(err.text, "folder"));
    err = (struct error){0};
    assert_null(archive_writer_new("/nowhere/at/all.zip", &err));
    assert_int_equal(err.kind, ERROR_STORE);
    assert_non_null(strstr(err.text, "/nowhere/at/all.zip"));
}

int main(void)
{
#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(every_byte_is_the_one_that_was_said),
        IN_A_FOLDER(files_come_in_order_of_their_names_as_bytes),
        IN_A_FOLDER(other_programs_take_it),
        IN_A_FOLDER(a_digest_is_that_of_the_contents_however_they_came),
        IN_A_FOLDER(more_than_four_gigabytes_are_refused_before_they_are_written),
        IN_A_FOLDER(more_than_65535_files_are_refused),
        IN_A_FOLDER(until_it_is_whole_the_old_file_stands),
        IN_A_FOLDER(a_disk_that_fills_leaves_the_old_file_and_nothing_else),
        IN_A_FOLDER(what_is_no_ordinary_file_is_never_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
