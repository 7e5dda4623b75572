/* Tests of collector/flow/frames.c: what was said on a line, byte for byte, and never more than
 * there is room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "flow/frames.h"

static uint8_t room[POLL_FRAMES_MAX + 64];

static struct frames begun(bool kept)
{
    struct frames frames = {.bytes = room};

    memset(room, 0xEE, sizeof room);
    frames_begin(&frames, kept);
    return frames;
}

static void assert_entry(const struct frames *frames, size_t *at, uint8_t what, const void *bytes,
                         size_t size)
{
    struct frame_entry entry;

    assert_true(frames_next(frames->bytes, frames->used, at, &entry));
    assert_int_equal(entry.what, what);
    assert_int_equal(entry.size, size);
    assert_memory_equal(entry.bytes, bytes, size);
}

static void sent_and_heard_bytes_stand_in_their_order(void **state)
{
    struct frames frames = begun(true);
    size_t at = 0;

    frames_heard(&frames, (const uint8_t *)"late", 4); /* before anything was asked */
    frames_sent(&frames, (const uint8_t *)"ask", 3);
    frames_heard(&frames, (const uint8_t *)"an", 2);
    frames_heard(&frames, (const uint8_t *)"swer", 4);
    frames_sent(&frames, (const uint8_t *)"ask", 3);
    frames_sent(&frames, (const uint8_t *)"again", 5);
    frames_heard(&frames, (const uint8_t *)"yes", 3);
    assert_int_equal(frames_end(&frames), 4 + 3 + 6 + 3 + 5 + 3 + 6 * FRAMES_HEAD);
    assert_entry(&frames, &at, FRAME_HEARD, "late", 4);
    assert_entry(&frames, &at, FRAME_SENT, "ask", 3);
    assert_entry(&frames, &at, FRAME_HEARD, "answer", 6); /* what comes in pieces is one entry */
    assert_entry(&frames, &at, FRAME_SENT, "ask", 3);
    assert_entry(&frames, &at, FRAME_SENT, "again", 5);
    assert_entry(&frames, &at, FRAME_HEARD, "yes", 3);
    assert_int_equal(at, frames.used);
}

static void what_is_not_kept_leaves_nothing(void **state)
{
    struct frames frames = begun(false);

    frames_sent(&frames, (const uint8_t *)"ask", 3);
    frames_heard(&frames, (const uint8_t *)"answer", 6);
    assert_int_equal(frames_end(&frames), 0);
    assert_int_equal(room[0], 0xEE);
}

static void a_new_poll_forgets_the_one_before(void **state)
{
    struct frames frames = begun(true);
    size_t at = 0;

    frames_sent(&frames, (const uint8_t *)"first", 5);
    frames_heard(&frames, (const uint8_t *)"first", 5);
    frames_begin(&frames, true);
    frames_heard(&frames, (const uint8_t *)"noise", 5); /* joins nothing of the former poll */
    frames_end(&frames);
    assert_entry(&frames, &at, FRAME_HEARD, "noise", 5);
    assert_int_equal(at, frames.used);
}

/* How many bytes the entries hold, with those a cut names. */
static size_t accounted(const struct frames *frames, bool *cut)
{
    struct frame_entry entry;
    size_t at = 0, bytes = 0;

    *cut = false;
    while (frames_next(frames->bytes, frames->used, &at, &entry)) {
        assert_false(*cut); /* nothing stands after it */
        *cut = entry.what == FRAMES_CUT;
        bytes += *cut ? (size_t)entry.bytes[0] << 24 | (size_t)entry.bytes[1] << 16 |
                            (size_t)entry.bytes[2] << 8 | entry.bytes[3]
                      : entry.size;
    }
    assert_int_equal(at, frames->used);
    return bytes;
}

static void a_flood_is_cut_and_says_how_much_is_missing(void **state)
{
    uint8_t flood[1000];

    memset(flood, 0x55, sizeof flood);
    for (size_t piece = 1; piece <= sizeof flood; piece += 37) {
        struct frames frames = begun(true);
        size_t said = 0;
        bool cut;

        for (size_t i = 0; said < 40000; i++, said += piece)
            if (i % 5 == 0)
                frames_sent(&frames, flood, piece);
            else
                frames_heard(&frames, flood, piece);
        assert_true(frames_end(&frames) <= POLL_FRAMES_MAX);
        assert_int_equal(accounted(&frames, &cut), said);
        assert_true(cut);
        assert_int_equal(room[POLL_FRAMES_MAX], 0xEE);
    }
}

static void what_just_fits_is_not_cut(void **state)
{
    static uint8_t bytes[POLL_FRAMES_MAX];
    struct frames frames = begun(true);
    bool cut;

    frames_heard(&frames, bytes, POLL_FRAMES_MAX - FRAMES_HEAD - FRAMES_CUT_SIZE);
    frames_end(&frames);
    assert_int_equal(accounted(&frames, &cut), POLL_FRAMES_MAX - FRAMES_HEAD - FRAMES_CUT_SIZE);
    assert_false(cut);
    frames_heard(&frames, bytes, 1);
    assert_int_equal(frames_end(&frames), POLL_FRAMES_MAX);
    assert_int_equal(accounted(&frames, &cut), POLL_FRAMES_MAX - FRAMES_HEAD - FRAMES_CUT_SIZE + 1);
    assert_true(cut);
}

static void an_entry_that_is_not_whole_is_none(void **state)
{
    static const uint8_t whole[] = {'H', 0, 3, 1, 2, 3};
    struct frame_entry entry;

    for (size_t size = 0; size < sizeof whole; size++) {
        size_t at = 0;

        assert_false(frames_next(whole, size, &at, &entry));
        assert_int_equal(at, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sent_and_heard_bytes_stand_in_their_order),
        cmocka_unit_test(what_is_not_kept_leaves_nothing),
        cmocka_unit_test(a_new_poll_forgets_the_one_before),
        cmocka_unit_test(a_flood_is_cut_and_says_how_much_is_missing),
        cmocka_unit_test(what_just_fits_is_not_cut),
        cmocka_unit_test(an_entry_that_is_not_whole_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
