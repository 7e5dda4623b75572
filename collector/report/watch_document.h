/* watch_document.h - what lookback-report draws the watch list from.
 *
 * `lookback-report watch OUT.pdf` and `watch-sheet OUT.xlsx` read one JSON object; times are UTC,
 * null where there is none:
 *
 *   "lang","timezone","made","collector","program","simulated"
 *   "today"   "2026-11-23", in that zone
 *   "tasks"   every struck-off task, those that need somebody first:
 *     "id","title","category" (in words),"village","owner" (unit, else lead, else person),
 *     "struck_off","watch_until","days_watched","days_left" (0: the watch period is over),
 *     "watched"      "here" | "elsewhere" | "nobody"
 *     "answer"       "held" | "relapsed" | "not_proven"; null where it is not watched here
 *     "reasons"      [{"zh","en"}]: why, what is missing
 *     "provable_from", "provable_start" (counted anew from there on; absent: from the strike-off),
 *     "problems" (not closed), "relapses", "last_relapse"
 */
#ifndef REPORT_WATCH_DOCUMENT_H
#define REPORT_WATCH_DOCUMENT_H

#endif
