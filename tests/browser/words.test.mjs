/* words.test.mjs - the parts of the page that know no document, and could say something false: numbers
 * beside their bounds, means, gaps, limits, moments, tables.
 *
 * LOOKBACK_WEB is a copy of collector/page/web that node takes for modules (tests/system/test_page_words.py).
 */
import assert from "node:assert/strict";
import test from "node:test";
import { pathToFileURL } from "node:url";

/* What base.js wants of a browser while it is loaded. */
globalThis.document = { addEventListener() {}, documentElement: {} };
globalThis.setInterval = () => 0;

const part = (name) => import(pathToFileURL(`${process.env.LOOKBACK_WEB}/${name}.js`).href);
const base = await part("base");
base.town_take({
    timezone: "Asia/Shanghai", sites: [], parameters: [],
    qualities: [["B", "通信故障"], ["M", "维护"], ["T", "超上限"]].map(([letter, zh]) => ({ letter, zh })),
    causes: [{ key: "timeout", zh: "没有回答" }, { key: "above_span", zh: "高于量程" }],
});
const spans = await part("spans");
const { readSeries, drawnRows, thin, listed, besides, marksWithin, nearestRow, rowsWithin, gatherLines, MEAN } = await part("series");
const { figures, expectedIn, rounded, breaks, share, standing, beyond } = await part("figures");
const { standing_words, period_words, line_words, row_words, beyond_words } = await part("point_parts");
const { plain_reason } = await part("reasons");
const { cell, csv } = await part("table");
const { apart } = await part("paint");
const { headline, only_judged_good } = await part("now");

const MINUTE = 60000, HOUR = 60 * MINUTE;
const START = Date.parse("2026-03-01T00:00:00Z"); // 08:00 in Shanghai
const at = (ms) => new Date(START + ms).toISOString();
const clock = spans.townClock("Asia/Shanghai", "zh");

/* A series as the server answers, of ten hours; `own` changes it. */
const series = (own) => readSeries({
    unit: "mg/L", from: at(0), to: at(10 * HOUR), step_ms: null, averaging: "arithmetic", rows: [], valid: [], doubts: [], bands: [],
    gaps: [], lines: [], marks: [], nights: [], every: [{ from: at(0), every_ms: MINUTE }], simulated: false, ...own,
});
const reading = (ms, value) => [START + ms, 1, null, value, value, value];
const bucket = (ms, count, low, mean, high, expected = 60) => [START + ms, count, expected, low, mean, high];
const torn = (one) => drawnRows(one).filter(([, bars]) => bars === null).length;
const close = (value, wanted) => assert.ok(Math.abs(value - wanted) < 1e-9, `${value} is not ${wanted}`);

/* Numbers ------------------------------------------------------------------------------------------ */

test("a value stands on its own side of a bound, however it is rounded", () => {
    const bound = { above: 1.5 };
    assert.equal(base.number_text(1.49996, 2, bound), "1.49996");
    assert.equal(base.number_text(1.504, 2, bound), "1.504");
    assert.equal(base.number_text(1.5, 2, bound), "1.50");
    assert.equal(base.number_text(1.42, 1, bound), "1.4");
    assert.equal(base.number_text(5.9996, 2, { between: [6, 9] }), "5.9996");
    assert.equal(base.number_text(2.9999, 1, { below: 3 }), "2.9999");
});

test("what is absent is no number, and nothing is a negative nothing", () => {
    assert.equal(base.number_text(null, 2), "—");
    assert.equal(base.number_text(-0.001, 2), "0.00");
    assert.equal(base.number_text(-1.5, 1), "−1.5");
    assert.equal(base.number_text(1e9, 0), "1000000000");
});

test("a bound says what is allowed", () => {
    assert.equal(base.bound_words({ above: 1.5 }, "mg/L"), "≤ 1.5 mg/L");
    assert.equal(base.bound_words({ below: 3 }, "mg/L"), "≥ 3 mg/L");
    assert.equal(base.bound_words({ between: [6, 9] }, ""), "6 – 9");
});

test("a value is rounded once and half to even before a limit judges it", () => {
    assert.deepEqual([[60.5, 0], [61.5, 0], [0.125, 2], [2.675, 2], [-0.55, 1], [60.51, 0], [1.49996, 4], [9.96, 1]]
        .map(([value, decimals]) => rounded(value, decimals)), [60, 62, 0.12, 2.68, -0.6, 61, 1.5, 10]);
    assert.equal(rounded(1.52, null), 1.52);
    assert.ok(!breaks({ above: 1.5 }, 1.54, 1) && breaks({ above: 1.5 }, 1.54, null) && breaks({ above: 1.5 }, 1.56, 1));
});

test("what stands on its bound is not beyond it, and what is absent neither", () => {
    assert.ok(!breaks({ above: 1.5 }, 1.5) && !breaks({ below: 3 }, 3) && !breaks({ between: [6, 9] }, 6));
    assert.ok(breaks({ below: 3 }, 2.9) && breaks({ between: [6, 9] }, 9.1) && breaks({ between: [6, 9] }, 5.9));
    assert.ok(!breaks({ below: 1.5 }, null) && !breaks(null, 2));
});

test("100 % is all and 0 % is none", () => {
    assert.deepEqual([share(9999, 10000), share(1, 100000), share(0, 7), share(7, 7), share(8, 7)],
        ["99.9 %", "0.1 %", "0 %", "100 %", "100 %"]);
});

/* Lines and gaps ------------------------------------------------------------------------------------- */

test("a line is torn where nothing was read and where what was read does not count", () => {
    const rows = [reading(0, 1), reading(MINUTE, 1), reading(9 * MINUTE, 1), reading(10 * MINUTE, 1)];
    const hole = { from: at(MINUTE), to: at(9 * MINUTE) };
    assert.equal(torn(series({ rows })), 0);
    assert.equal(torn(series({ rows, gaps: [hole] })), 1);
    assert.equal(torn(series({ rows, bands: [{ ...hole, quality: "C", cause: null }] })), 1);
    assert.equal(torn(series({ rows, bands: [{ ...hole, quality: "T", cause: "above_span" }] })), 0);
    assert.equal(torn(series({ rows, gaps: [{ from: at(20 * MINUTE), to: at(30 * MINUTE) }] })), 0);
});

test("a long stretch under a short one tears behind it, too", () => {
    const rows = [reading(0, 1), reading(5 * MINUTE, 1), reading(9 * MINUTE, 1)];
    const bands = [{ from: at(MINUTE), to: at(8 * MINUTE), quality: null, cause: null },
        { from: at(2 * MINUTE), to: at(3 * MINUTE), quality: "D", cause: null }];
    assert.equal(torn(series({ rows, bands })), 2);
});

test("between buckets stands no line where one is missing or has nothing valid", () => {
    const rows = [bucket(0, 60, 1, 2, 3), bucket(HOUR, 60, 1, 2, 3), bucket(3 * HOUR, 60, 1, 2, 3), bucket(4 * HOUR, 60, null, null, null)];
    assert.equal(torn(series({ step_ms: HOUR, rows })), 2);
    assert.equal(drawnRows(series({ step_ms: HOUR, rows }))[0][0], START + HOUR / 2);
    assert.equal(drawnRows(series({ rows: [reading(0, 1)] }))[0][0], START);
});

test("directions are joined by no line and have no mean, lowest or highest", () => {
    const wind = series({ averaging: "direction", rows: [reading(0, 359), reading(MINUTE, 1), reading(2 * MINUTE, 2)] });
    assert.equal(torn(wind), 2);
    assert.equal(thin(drawnRows(wind), HOUR, "direction").length, 5);
    const { mean, least, most, valid } = figures(wind, START, START + HOUR, START + HOUR);
    assert.deepEqual([mean, least, most, valid], [null, null, null, 3]);
});

test("thinning keeps every peak and every gap, and gathers levels by their energy", () => {
    const drawn = [[0, [40, 40, 40]], [1, [80, 80, 80]], [2, null], [3, [50, 50, 50]]];
    const [[, [low, mean, high]], gap, [, last]] = thin(drawn, 100, "energy");
    assert.deepEqual([low, high, gap[1], last], [40, 80, null, [50, 50.000000000000001, 50]]);
    close(mean, 10 * Math.log10((1e4 + 1e8) / 2));
    close(thin(drawn, 100, "arithmetic")[0][1][1], 60);
});

test("the nearest bucket is the one a moment lies in, and one that reaches into a span is of it", () => {
    const rows = [bucket(0, 60, 1, 1, 1), bucket(HOUR, 60, 2, 2, 2)];
    const one = series({ step_ms: HOUR, rows });
    assert.equal(nearestRow(one, START + 59 * MINUTE), 0);
    assert.equal(nearestRow(one, START + 61 * MINUTE), 1);
    assert.equal(nearestRow(series(), START), -1);
    assert.equal(rowsWithin(one, START + HOUR, START + 2 * HOUR).length, 1);
    assert.equal(rowsWithin(one, START + 30 * MINUTE, START + HOUR).length, 1);
});

/* Figures ------------------------------------------------------------------------------------------- */

test("a level over a span is the mean of its energies", () => {
    const noise = series({ averaging: "energy", step_ms: HOUR, rows: [bucket(0, 60, 40, 40, 40), bucket(HOUR, 60, 80, 80, 80)], valid: [60, 60] });
    close(figures(noise, START, START + 2 * HOUR, START + 10 * HOUR).mean, 10 * Math.log10((1e4 + 1e8) / 2));
});

test("what was expected in a gap is missing from the share of valid data", () => {
    const rows = [bucket(0, 60, 1, 1, 1), bucket(HOUR, 60, 3, 3, 3)];
    const half = series({ step_ms: HOUR, rows, valid: [60, 30], gaps: [{ from: at(2 * HOUR), to: at(4 * HOUR) }] });
    const { valid, expected, mean } = figures(half, START, START + 4 * HOUR, START + 10 * HOUR);
    assert.deepEqual([valid, expected], [90, 240]);
    close(mean, (1 + 3 * 0.5) / 1.5);
});

test("nothing is expected of the future, nor of before a device was first asked", () => {
    const every = [{ from: START, every_ms: MINUTE }, { from: START + HOUR, every_ms: 1000 }];
    assert.equal(expectedIn(every, START - HOUR, START + HOUR), 60);
    assert.equal(expectedIn(every, START + HOUR, START + HOUR + MINUTE), 60);
    assert.equal(figures(series(), START, START + 2 * HOUR, START + HOUR).expected, 60);
    assert.equal(figures(series(), START - 2 * HOUR, START - HOUR, START).expected, null);
});

test("readings over their instrument's range are shown and make no figure", () => {
    const over = series({ rows: [reading(0, 1), reading(MINUTE, 99)], valid: [1, 0] });
    const { mean, most, valid } = figures(over, START, START + HOUR, START + HOUR);
    assert.deepEqual([mean, most.value, valid], [1, 1, 1]);
});

test("a span without a value has no figure at all", () => {
    const { valid, mean, least, most } = figures(series({ step_ms: HOUR, rows: [bucket(0, 60, null, null, null)], valid: [0] }), START, START + HOUR, START + HOUR);
    assert.deepEqual([valid, mean, least, most], [0, null, null, null]);
});

/* Limits -------------------------------------------------------------------------------------------- */

const line = (own) => ({ from: at(0), to: at(10 * HOUR), bound: { above: 60 }, decimals: 0, rule: "r", title: "规则", nature: "breach",
    limit: null, period: "1h", statistic: "mean", when: "always", ...own });

test("a count of rows beyond a limit says how much it says", () => {
    const hourly = series({ step_ms: HOUR }), daily = series({ step_ms: 24 * HOUR });
    assert.equal(standing(hourly, line()), "exact");
    assert.equal(standing(daily, line()), "hint");
    assert.equal(standing(hourly, line({ period: "reading" })), "readings");
    assert.equal(standing(series(), line({ period: "reading" })), "exact");
    assert.equal(standing(hourly, line({ statistic: "max" })), "readings");
    assert.equal(standing(daily, line({ period: "day", statistic: "max_8h" })), "never");
    assert.equal(standing(daily, line({ when: "night" })), "across");
    assert.equal(standing(series({ averaging: "direction" }), line({ period: "reading" })), "never");
});

test("a mean that is rounded to the limit is not counted as beyond it", () => {
    const rows = [bucket(0, 60, 50, 60.4, 70), bucket(HOUR, 60, 50, 60.6, 70), bucket(2 * HOUR, 60, null, null, null)];
    const one = series({ step_ms: HOUR, rows, lines: [line()] });
    assert.deepEqual(beyond(one, gatherLines(one.lines)[0], START, START + 10 * HOUR), { of: 2, means: 1, touched: 2 });
    assert.deepEqual(beyond_words({ series: one }, gatherLines(one.lines)[0], START, START + 10 * HOUR), [true, "2 个 1 小时均值里 1 个超出（50 %）"]);
});

test("the line of the night stands at night only, and two statistics of one period are two lines", () => {
    const nights = [{ from: at(2 * HOUR), to: at(4 * HOUR) }];
    const one = series({ nights, lines: [line({ when: "night" }), line({ when: "night", statistic: "max" }), line({ when: "day" })] });
    const night = (statistic) => one.lines.filter((cut) => cut.when === "night" && cut.statistic === statistic);
    assert.deepEqual(night("mean").map(({ from, to }) => [from - START, to - START]), [[2 * HOUR, 4 * HOUR]]);
    assert.deepEqual(one.lines.filter((cut) => cut.when === "day").map(({ from, to }) => [from - START, to - START]),
        [[0, 2 * HOUR], [4 * HOUR, 10 * HOUR]]);
    assert.equal(gatherLines(one.lines).length, 3);
});

test("a limit's words say which statistic of which period it is for", () => {
    assert.equal(period_words("1h", "mean", "energy"), "1 小时 Leq");
    assert.equal(period_words("day", "max_8h", "arithmetic"), "日最大 8 小时均值");
    assert.equal(period_words("night", "max", "energy"), "夜间最大值");
    assert.equal(period_words("day", "mean", "arithmetic"), "日均值");
    assert.equal(period_words("reading"), "每个读数");
    const limit = { standard: "GB 3096", class: "1", period: "night", verified: false };
    assert.equal(line_words(line({ bound: { above: 45 }, when: "night", limit }), "dB", "energy"), "≤ 45 dB 夜间 Leq · GB 3096 1 类 · 未核实");
    assert.equal(row_words(series({ step_ms: 10 * MINUTE, averaging: "energy" })), "每 10 分钟等效声级 Leq");
    assert.equal(row_words(series({ step_ms: HOUR })), "每小时均值");
});

/* What is said of a row --------------------------------------------------------------------------------- */

test("a row in which nothing is valid says why, and never that it is valid", () => {
    const words = (one, row, now = START + 10 * HOUR) => standing_words(row, besides(one, row ? row[0] : START), one, now);
    const bands = [{ from: at(0), to: at(HOUR), quality: "M", cause: "maintenance" }];
    const none = series({ step_ms: HOUR, rows: [bucket(0, 60, null, null, null)], valid: [0], bands });
    assert.equal(words(none, none.rows[0]), "M 维护，不计入");
    const unknown = series({ step_ms: HOUR, rows: [bucket(0, 60, null, null, null)], valid: [0] });
    assert.equal(words(unknown, unknown.rows[0]), "有读数，但没有一个有效");
    const part = series({ step_ms: HOUR, rows: [bucket(0, 60, 1, 2, 3)], valid: [20], bands });
    assert.equal(words(part, part.rows[0], START + MINUTE), "数据有效 · 其中不计入：M 维护 · 还没过完");
    const over = series({ rows: [reading(0, 99)], valid: [0], bands: [{ ...bands[0], quality: "T", cause: "above_span" }] });
    assert.equal(words(over, over.rows[0]), "T 超上限（高于量程），不计入均值");
    const mixed = series({ bands: [{ ...bands[0], quality: null, cause: null }] });
    assert.equal(words(mixed, null), "多种标记");
    const wind = series({ averaging: "direction", step_ms: HOUR, rows: [bucket(0, 60, 1, null, 359)], valid: [60] });
    assert.match(words(wind, wind.rows[0]), /风向不求平均/);
});

test("before a device was first asked nothing was missing", () => {
    const one = series();
    assert.equal(standing_words(null, besides(one, START - HOUR, MINUTE), one, START), "那时还没有开始采集");
    assert.equal(standing_words(null, besides(one, START + HOUR, MINUTE), one, START + 2 * HOUR), "无数据");
});

test("only a problem that still runs has no end; one that ended after the span says when", () => {
    const problem = (until) => ({ kind: "problem", id: "1", text: "x", time: at(0), until });
    const { marks } = series({ marks: [problem(at(10 * HOUR)), problem(at(20 * HOUR)), problem(at(HOUR))] });
    assert.deepEqual(marks.map(({ until }) => until), [null, START + 20 * HOUR, START + HOUR]);
    assert.equal(marksWithin(series({ marks: [problem(at(HOUR))] }), START + 2 * HOUR, START + 3 * HOUR).length, 0);
});

test("numbers of marks do not cover one another while there is room", () => {
    assert.deepEqual(apart([100, 101, 102, -5, 500].sort((a, b) => a - b), 10, 200), [10, 100, 121, 142, 200]);
    assert.deepEqual(apart([195, 196], 10, 200), [179, 200]);
});

test("a reason names points by their titles, and by their addresses where a title would not do", () => {
    const point = "school-gate/meter/la";
    assert.equal(plain_reason(`瞬时 A 声级（${point}，school-night，夜间）：超标`, [point]), "瞬时 A 声级（夜间）：超标");
    assert.equal(plain_reason(`氨氮（${point}）：超标`, [point]), "氨氮：超标");
    assert.equal(plain_reason(`sound level A (${point}, school-night, by night): exceeds`, [point]), "sound level A (by night): exceeds");
    assert.equal(plain_reason(`sound level A (${point}): exceeds`, [point, "a/b/ph"]), "sound level A: exceeds");
    assert.equal(plain_reason(`瞬时 A 声级（${point}）：超标`, [point, "yard/meter/la"]), `瞬时 A 声级（${point}）：超标`);
    assert.equal(plain_reason("从 2026-06-06 算起要满 180 天（约半年）", [point]), "从 2026-06-06 算起要满 180 天（约半年）");
});

/* Tables -------------------------------------------------------------------------------------------- */

const view = (one, from = START, to = START + 10 * HOUR) =>
    ({ series: one, span: { from, to }, clock, zone: "Asia/Shanghai", now: () => START + 10 * HOUR, point: { decimals: 2 } });

test("a table has the rows of the span, its gaps, and what was read without counting", () => {
    const one = series({ rows: [reading(0, 1), reading(HOUR, 1), reading(9 * HOUR, 1)],
        gaps: [{ from: at(2 * HOUR), to: at(4 * HOUR) }],
        bands: [{ from: at(2 * HOUR), to: at(4 * HOUR), quality: "B", cause: "timeout" }, { from: at(5 * HOUR), to: at(6 * HOUR), quality: "M", cause: "maintenance" }] });
    assert.deepEqual(listed(one, START + MINUTE, START + 8 * HOUR).map(({ kind, t }) => [kind, (t - START) / HOUR]), [["band", 5], ["gap", 2], ["row", 1]]);
});

test("a CSV has each row shown with all its digits, gaps with their reason, and says what is simulated", () => {
    const bands = [{ from: at(2 * HOUR), to: at(3 * HOUR), quality: "B", cause: "timeout" }];
    const one = series({ step_ms: HOUR, simulated: true, rows: [bucket(HOUR, 60, 1, 1.123456, 2), bucket(3 * HOUR, 60, null, null, null)],
        valid: [59, 0], gaps: [{ from: at(2 * HOUR), to: at(3 * HOUR) }], bands });
    assert.deepEqual(csv(view(one)).split("\r\n"), ["\ufeff模拟数据 / SIMULATED",
        "开始 (Asia/Shanghai),结束（不含）,均值 (mg/L),最低 (mg/L),最高 (mg/L),读到,有效,应有,说明",
        "2026-03-01 09:00:00.000,2026-03-01 10:00:00.000,1.123456,1,2,60,59,60,数据有效",
        "2026-03-01 10:00:00.000,2026-03-01 11:00:00.000,,,,,,,无数据：B 通信故障（没有回答）",
        "2026-03-01 11:00:00.000,2026-03-01 12:00:00.000,,,,60,0,60,有读数，但没有一个有效", ""]);
    assert.doesNotMatch(csv(view(series({ rows: [reading(0, 1)] }))), /SIMULATED/);
});

test("no cell is taken for a formula or for two cells", () => {
    assert.deepEqual([cell("=1+1"), cell("@x"), cell('a"b'), cell("a,b"), cell(-1.5), cell(null), cell("好")],
        ['"\'=1+1"', '"\'@x"', '"a""b"', '"a,b"', "-1.5", "", "好"]);
});

/* Moments -------------------------------------------------------------------------------------------- */

test("the town's days begin at its own midnight", () => {
    const midnight = Date.parse("2026-03-01T16:00:00Z");
    assert.equal(clock.day(midnight - 1), "2026-03-01");
    assert.equal(clock.day(midnight), "2026-03-02");
    assert.equal(clock.fromField("2026-03-02T00:00"), midnight);
    assert.equal(clock.toField(midnight), "2026-03-02T00:00");
    assert.equal(base.day_text(midnight), "2026-03-02");
    assert.equal(base.exact_words(midnight - 1000), "2026-03-01 23:59:59 (Asia/Shanghai)");
    assert.equal(clock.range(midnight - HOUR, midnight), "2026-03-01 23:00:00 – 24:00:00");
    assert.equal(clock.range(midnight - 24 * HOUR, midnight), "2026-03-01 00:00 – 24:00");
    assert.deepEqual(clock.ticks(midnight - HOUR, midnight + HOUR, 300).map(({ label }) => label), ["23:00", "23:30", "3月2日", "00:30", "01:00"]);
});

test("a zone with summer time has its short and its long day", () => {
    const berlin = spans.townClock("Europe/Berlin", "en");
    assert.equal(berlin.fromField("2026-03-30T00:00") - berlin.fromField("2026-03-29T00:00"), 23 * HOUR);
    assert.equal(berlin.fromField("2026-10-26T00:00") - berlin.fromField("2026-10-25T00:00"), 25 * HOUR);
});

test("a length of time is never rounded up to more than it is", () => {
    assert.equal(base.span_words(119999), "119 秒");
    assert.equal(base.span_words(2 * HOUR - 1), "119 分钟");
    assert.equal(base.span_words(2 * 24 * HOUR - 1), "47 小时");
    assert.equal(base.span_words(-5), "0 秒");
    assert.equal(spans.lengthWords(90 * MINUTE, true), "1.5 小时");
});

/* Now ---------------------------------------------------------------------------------------------- */

/* What /now says of sites: [name, state, whether a rule holds one of its points against a bound]. */
const now_of = (...sites) => ({
    counts: Object.fromEntries(["relapse", "breach", "silent", "doubt", "recovered", "good", "nothing"]
        .map((state) => [state, sites.filter((site) => site[1] === state).length]).concat([["sites", sites.length]])),
    sites: sites.map(([name, state, bound]) => ({ name, state, points: [{ bound: null }, { bound: bound ? { below: 3 } : null }] })),
});
const said = (...sites) => headline(only_judged_good(now_of(...sites)).counts);

test("a site that no rule judges is not called good", () => {
    base.speak("zh");
    assert.equal(said(["a", "good", true], ["b", "good", true]), "全部 2 处正常");
    assert.equal(said(["a", "good", false]), "1 处没有规则判定");
    assert.equal(said(["a", "good", false], ["b", "good", true]), "1 处正常，1 处没有规则判定");
    assert.equal(said(["a", "breach", true], ["b", "good", true]), "1 处超标；其余 1 处正常");
    assert.equal(said(["a", "silent", false], ["b", "good", false]), "1 处无数据；1 处没有规则判定");
});

test("sites that no rule judges stand below the good ones and above those without a device", () => {
    const now = only_judged_good(now_of(["a", "breach", true], ["b", "good", false], ["c", "good", true], ["d", "nothing", false]));
    assert.deepEqual(now.sites.map((site) => [site.name, site.state, Boolean(site.unjudged)]),
        [["a", "breach", false], ["c", "good", false], ["b", "nothing", true], ["d", "nothing", false]]);
    assert.equal(now.counts.good, 1);
});
