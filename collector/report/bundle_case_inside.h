/* bundle_case_inside.h - what the parts of bundle_case.h share. */
#ifndef REPORT_BUNDLE_CASE_INSIDE_H
#define REPORT_BUNDLE_CASE_INSIDE_H

#include "report/bundle_case.h"
#include "report/bytes.h"

enum { DOUBT_TEXT = 320 };

/* A line of leaf 1. */
struct case_configuration {
    uint64_t seq;
    uint8_t digest[DIGEST_BYTES];
    struct wall_time since; /* TIME of its event; WALL_NONE: not known, or before the first entry */
    bool counts;
};

struct case_every {
    char device[2 * NAME_SIZE];
    struct wall_time from;
    int64_t every_ms;
};

struct case_window {
    char device[2 * NAME_SIZE];
    struct span span;
};

struct case_doubt {
    uint64_t seq;
    char kind[24];
    struct wall_time time;
    long long step_ms; /* of clock_step */
    char point[POINT_SIZE];
    char zh[DOUBT_TEXT], en[DOUBT_TEXT];
};

struct case_problem {
    uint64_t seq; /* of its newest version */
    char uid[64];
    json_t *body;
};

/* How many segments of a leaf, or heads, are not as sealed, and the first of them. */
struct case_differs {
    uint64_t segments, first;
    struct wall_time time;
};

struct case_point {
    struct point_sheet sheet;
    json_t *json;
    bool known;
    uint8_t digest[DIGEST_BYTES]; /* of `json` as it is sealed */
    int64_t asked_ms; /* its interval before the first entry; 0: not in a configuration then */
    struct wall_time asked_from;
    struct case_differs differs;
    uint64_t removed;
};

struct bundle_case {
    struct case_setup setup;
    struct case_point *points;
    struct case_configuration *configurations;
    size_t configuration_count, configuration_room;
    struct case_every *everies;
    size_t every_count, every_room;
    struct case_window *windows;
    size_t window_count, window_room;
    struct case_doubt *doubts;
    size_t doubt_count, doubt_room;
    struct case_problem *problems;
    size_t problem_count, problem_room;
    uint64_t first_seq; /* of the first segment; 0: none yet */
    struct wall_time segment_time;
    struct case_differs heads, events, configuration;
    /* settled */
    size_t last; /* the last configuration that counts */
    char *text;  /* its text */
    char timezone[64];
    struct verdict_terms *terms;
    struct tally_plans *tallies;
    struct parameters *parameters;
    struct evaluation *evaluation;
    size_t point; /* begun */
};

/* Adds a doubt whose sentences take the same arguments. */
bool case_doubt(struct bundle_case *bundle, const struct case_doubt *doubt, struct error *err);
/* "SITE/DEVICE" of "SITE/DEVICE/CHANNEL"; `out` holds at least 2 x NAME_SIZE bytes. */
char *case_device_of(const char *point, char out[2 * NAME_SIZE]);

#endif
