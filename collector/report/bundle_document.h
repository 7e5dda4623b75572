/* bundle_document.h - what lookback-report is given for a bundle.
 *
 * `lookback-report versions` prints one line of JSON, {"cairo":"1.16.0","pango":"…",
 * "xlsxwriter":"…"}: the libraries that what it draws depends on. It stands in manifest.json.
 *
 * `lookback-report readings OUT.xlsx` reads readings.csv (VERIFY.md) as it is made: byte order
 * mark, the line of headings, then readings, one point after the other; a sheet a point, split
 * where a sheet is full.
 *
 * `lookback-report evidence OUT.pdf` reads one JSON object. Nothing in it comes from the wall clock
 * or from this machine; times are UTC with milliseconds, null where there is none; the zone people
 * read them in is in the environment (TZ):
 *
 *   "lang"       "zh" | "en"
 *   "form"       "full" | "public"
 *   "collector"  its name
 *   "program"    version of lookback
 *   "libraries"  {"cairo":"1.16.0",…}
 *   "timezone"   "Asia/Shanghai"
 *   "made"       the span's end; also the PDF's creation date
 *   "from","to"  the span
 *   "simulated"  bool: 模拟数据 / SIMULATED in the head of every page
 *   "task"       the contract's task, "verdict" left out; in a public form "title" and "measure"
 * are null for a petition and until it is struck off, "owner":{"lead","unit"} has no person
 *   "category"   {"zh","en"}: its category in words; null where it has none
 *   "verdict"    verdict.json, whole
 *   "sheets"     points/….json (SEAL.md), one a point, in the order of manifest.json; a point that
 *                never was in a configuration has none
 *   "points"     ["SITE/DEVICE/CHANNEL",…] in that order
 *   "counts"     [{"point","rows","readings","usable"}]: rows sealed in the segments that are
 * shown, of them inside the span, of these normal ones (N) "sites"
 * [{"name","kind","title","village","grid","address","credit_code",…}], the sites of the points as
 * sealed (sites/….json); in a public form only name and kind, and title once the task is struck off
 *   "events"     [{"seq","time","kind","who","arguments":{…}}] of the span, in order: what a reader
 *                must know: clock.*, gap, started, stopped, configuration, key.made,
 *                device.maintenance and device.every of the points' devices; `who` null where
 *                nobody did it
 *   "problems"   the contract's problems at the points, newest versions, oldest problem first
 *   "seals"      {"first","last","count","pruned","key","head","anchors":[{"kind","name","segment",
 *                "time"}]}: numbers of segments; head and key of the last
 *   "differs"    [{"point","segment","time","zh","en"}]: where the store is not what was sealed
 *   "what_is_not_proven"  [{"zh","en"}], paragraphs
 *
 * Exit 0 when OUT stands whole; else one sentence on standard error.
 */
#ifndef REPORT_BUNDLE_DOCUMENT_H
#define REPORT_BUNDLE_DOCUMENT_H

#endif
