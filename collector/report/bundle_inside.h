/* bundle_inside.h - what the parts of bundle.h share. */
#ifndef REPORT_BUNDLE_INSIDE_H
#define REPORT_BUNDLE_INSIDE_H

#include "report/bundle.h"
#include "report/bytes.h"
#include "report/child.h"
#include "store/seals.h"

/* A segment of the bundle. */
struct part {
    uint64_t segment, first_seq, leaves;
    struct wall_time first, last;
    struct wall_time next; /* the earliest time among those after it that have rows here */
    uint8_t root[DIGEST_BYTES];
    bool removed;  /* its readings, by retention */
    bool has_rows; /* it touches the span */
};

struct known_key {
    char fingerprint[DIGEST_HEX];
    uint8_t public_key[DIGEST_BYTES];
    bool used;
};

/* A configuration that leaf 1 names, and where it was met first. */
struct named {
    uint64_t seq;
    uint8_t digest[DIGEST_BYTES];
    const struct part *part;
};

struct bundle {
    struct bundle_setup setup;
    struct archive_writer *archive;
    struct bundle_case *about;
    struct part *parts;
    size_t part_count, part_room;
    struct known_key *keys;
    size_t key_count, key_room;
    struct named *named;
    size_t named_count, named_room;
    char collector[NAME_SIZE], store[33];
    char head[DIGEST_HEX], key[DIGEST_HEX]; /* of the last segment */
    uint8_t previous[DIGEST_BYTES];         /* the digest of the head before */
    bool simulated;
    json_t *made;    /* [{"key","public","replaces","signature"}] of every key of the store */
    json_t *counts;  /* [{"point","rows","readings","usable"}] */
    json_t *events;  /* for the report */
    json_t *differs; /* for people */
    json_t *anchors; /* [{"kind","name","segment","time"}] */
    json_t *verdict;
    uint64_t readings;
    char manifest[DIGEST_HEX];
    int workbook; /* readings.xlsx, drawn while readings.csv is made */
};

/* The steps of bundle_make(), in this order. */
bool bundle_choose(struct bundle *bundle, struct error *err);       /* bundle_heads.c */
bool bundle_put_heads(struct bundle *bundle, struct error *err);    /* bundle_heads.c */
bool bundle_put_events(struct bundle *bundle, struct error *err);   /* bundle_events.c */
bool bundle_put_settings(struct bundle *bundle, struct error *err); /* bundle_settings.c */
bool bundle_put_rows(struct bundle *bundle, struct error *err);     /* bundle_rows.c */
bool bundle_name_rows(struct bundle *bundle, struct error *err);    /* bundle_differs.c */
bool bundle_put_anchors(struct bundle *bundle, struct error *err);  /* bundle_anchors.c */
bool bundle_put_report(struct bundle *bundle, struct error *err);   /* bundle_document.c */
bool bundle_put_manifest(struct bundle *bundle, struct error *err); /* bundle_manifest.c */

/* Puts a JSON file in the form of VERIFY.md. `json` is borrowed. */
bool bundle_put_json(struct bundle *bundle, const char *name, const json_t *json,
                     struct error *err);
json_t *bundle_time(struct wall_time time); /* null: none */
/* As much of a part's head as the case wants to know. */
struct seal_head bundle_head_of(const struct part *part);
/* Whether the leaf of a note, as its text hashes now, leads to the root of its part. */
bool bundle_leads(const struct part *part, struct leaf_note *note,
                  const uint8_t digest[DIGEST_BYTES]);
/* "path DIGEST …" and a line feed. */
bool bundle_add_path(struct bytes *bytes, uint8_t (*path)[DIGEST_BYTES], size_t length,
                     struct error *err);
/* What leaf ("head", "events", "configuration" or a point) is not as it was sealed: goes into the
 * verdict, and is said at the end, with the row. */
bool bundle_note_differs(struct bundle *bundle, const struct part *part, const char *leaf,
                         struct error *err);

void bundle_show(const struct bundle *bundle, double share, const char *zh, const char *en);

#endif
