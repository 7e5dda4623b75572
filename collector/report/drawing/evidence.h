/* evidence.h - the parts of the evidence report (bundle_document.h says what it is drawn from).
 * Inside drawing/ only.
 */
#ifndef DRAWING_EVIDENCE_H
#define DRAWING_EVIDENCE_H

#include "drawing/document.h"
#include "drawing/page.h"

struct evidence {
    const json_t *document;
    const json_t *verdict;
    const json_t *terms; /* of the verdict */
    const json_t *task;
    bool simulated;
    struct wall_time from, to, struck_off;
};

/* "held" …: its sign and its words. */
enum sign answer_sign(const char *answer);
const char *answer_words(const char *answer);

/* The sealed sheet of a point; NULL: none. */
const json_t *sheet_of(const struct evidence *evidence, const char *point);
/* Decimals its values are shown with; -1: as they come. */
int decimals_of(const struct evidence *evidence, const json_t *point);
/* "氨氮 · 清河工业区下游断面": a point as a person calls it. */
void point_title(const struct evidence *evidence, const json_t *point, char *out, size_t size);
/* A point's or task's site as sealed; NULL: none. */
const json_t *site_of(const struct evidence *evidence, const char *name);

/* What bounds a stage; NAN: not on that side. */
void bound_of(const json_t *stage, double *low, double *high);
/* A stage of a lane in words: "≤ 1.5 mg/L", "≥ 3", "6–9". */
void bound_words(const json_t *stage, const char *unit, char *out, size_t size);
/* "GB 3838-2002 表1 IV 类", "（未核实）" behind it where it is; "" for a bound of the rule's own.
 */
void limit_words(const json_t *stage, char *out, size_t size);
/* What the day's number of a criterion is: "日均值", "夜间等效声级". */
const char *number_words(const struct evidence *evidence, const json_t *point,
                         const json_t *criterion);

/* "日", "夜间": a period as a person calls it. */
const char *period_words(const char *period);

/* In the order of the report. */
void evidence_first_page(struct page *page, const struct evidence *evidence);
void evidence_identity(struct page *page, const struct evidence *evidence);
void evidence_points(struct page *page, const struct evidence *evidence);
void evidence_doubts(struct page *page, const struct evidence *evidence);
void evidence_exceedances(struct page *page, const struct evidence *evidence);
void evidence_problems(struct page *page, const struct evidence *evidence);
void evidence_limits(struct page *page, const struct evidence *evidence);
void evidence_events(struct page *page, const struct evidence *evidence);
void evidence_seals(struct page *page, const struct evidence *evidence);
void evidence_bounds(struct page *page, const struct evidence *evidence); /* of what it proves */

/* One criterion: its chart, and what was measured against what is asked for. */
void evidence_criterion(struct page *page, const struct evidence *evidence, const json_t *point,
                        const json_t *criterion);
/* Whether a point has enough data. */
void evidence_completeness(struct page *page, const struct evidence *evidence, const json_t *point);
/* One chart of one criterion (NULL: of the days alone), `height` points high. */
void evidence_chart(struct page *page, const struct evidence *evidence, const json_t *point,
                    const json_t *criterion, double height);

#endif
