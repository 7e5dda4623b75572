/* Tests of page/exposition.c. Names say what must hold; the file reads as its specification. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "page/exposition.h"

static void assert_text(struct exposition *out, const char *wanted)
{
    size_t size;
    char *text = exposition_end(out, &size);

    assert_string_equal(text, wanted);
    assert_int_equal(size, strlen(wanted));
    free(text);
}

static void a_family_says_what_it_is_and_holds_its_samples(void **state)
{
    struct exposition out = {0};

    exposition_family(&out, "lookback_link_up", FAMILY_GAUGE, "Whether it stands.");
    exposition_count(&out, LABELS({"link", "pier"}, {"kind", "tcp"}), 1);
    exposition_sample(&out, NULL, 0.25);
    assert_text(&out, "# HELP lookback_link_up Whether it stands.\n"
                      "# TYPE lookback_link_up gauge\n"
                      "lookback_link_up{link=\"pier\",kind=\"tcp\"} 1\n"
                      "lookback_link_up 0.25\n");
}

static void a_value_that_ends_its_own_line_is_escaped(void **state)
{
    struct exposition out = {0};

    exposition_family(&out, "a", FAMILY_GAUGE, "b");
    exposition_count(&out, LABELS({"x", "1\"} 2\n\\"}), 7);
    assert_text(&out, "# HELP a b\n# TYPE a gauge\na{x=\"1\\\"} 2\\n\\\\\"} 7\n");
}

static void what_is_absent_has_no_sample(void **state)
{
    struct exposition out = {0};

    exposition_family(&out, "a", FAMILY_GAUGE, "b");
    exposition_sample(&out, NULL, (double)NAN);
    exposition_sample(&out, NULL, (double)INFINITY);
    exposition_time(&out, NULL, WALL_NONE);
    exposition_time(&out, NULL, (struct wall_time){1790000000123});
    assert_text(&out, "# HELP a b\n# TYPE a gauge\na 1790000000.123\n");
}

static void a_histogram_is_cumulated_and_in_seconds(void **state)
{
    struct exposition out = {0};

    exposition_family(&out, "a_seconds", FAMILY_HISTOGRAM, "b");
    exposition_histogram(&out, (double[]){5, 250}, (uint64_t[]){2, 3, 4}, 2, 12500);
    assert_text(&out, "# HELP a_seconds b\n# TYPE a_seconds histogram\n"
                      "a_seconds_bucket{le=\"0.005\"} 2\n"
                      "a_seconds_bucket{le=\"0.25\"} 5\n"
                      "a_seconds_bucket{le=\"+Inf\"} 9\n"
                      "a_seconds_sum 12.5\n"
                      "a_seconds_count 9\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_family_says_what_it_is_and_holds_its_samples),
        cmocka_unit_test(a_value_that_ends_its_own_line_is_escaped),
        cmocka_unit_test(what_is_absent_has_no_sample),
        cmocka_unit_test(a_histogram_is_cumulated_and_in_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
