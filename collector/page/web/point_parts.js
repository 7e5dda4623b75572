/* point_parts.js - what stands around a chart in words: the value under the finger, the legend,
 * the figures, the marks and the table.
 */
import { bound_words, cause_words, doubt_words, el, is_english, number_text, parameter_of, put, quality_words,
    say } from "./base.js";
import { beyond, figures, share, standing } from "./figures.js";
import { besides, gatherLines, marksWithin, nearestRow, COUNT, EXPECTED, HIGH, LOW, MEAN, T, VALID } from "./series.js";
import { lengthWords } from "./spans.js";

const PERIODS = {
    reading: ["每个读数", "every reading"], day: ["日", "day"], daytime: ["昼间", "daytime"],
    night: ["夜间", "night"], month: ["月", "month"], year: ["年", "year"],
};
const HOURS = { day: ["昼间", "daytime"], night: ["夜间", "night"] };

const length_words = (ms) => lengthWords(ms, !is_english());

/* How values of this point are averaged, where no series has said so yet. */
export const averaging_of = (point) => (parameter_of(point)?.medium === "noise" ? "energy" : "arithmetic");

/* "日均值", "1 小时 Leq", "夜间最大值": which value is held against a limit. */
export function period_words(period, statistic, averaging) {
    const [, number, unit] = /^(\d+)(min|h)$/.exec(period ?? "") ?? [];
    const name = unit ? say(`${number} ${unit === "h" ? "小时" : "分钟"}`, `${number} ${unit}`)
        : PERIODS[period] ? say(...PERIODS[period]) : period ?? "";

    if (period === "reading" || name === "")
        return name;
    if (statistic === "max_8h")
        return say(`${name}最大 8 小时均值`, `${name} highest 8 h mean`);
    if (statistic === "max")
        return say(`${name}最大值`, `${name} maximum`);
    return averaging === "energy" ? `${name} Leq` : say(`${name}均值`, `${name} mean`);
}

/* "每小时均值": what one row of the chart is. */
export function row_words({ step_ms, averaging }) {
    const length = length_words(step_ms ?? 0).replace(/^1 (?=小时|分钟|天)/, "");

    if (step_ms === null)
        return say("每个读数", "every reading");
    return averaging === "energy" ? say(`每${pad(length)}等效声级 Leq`, `Leq of each ${length}`)
        : averaging === "direction" ? say(`每${pad(length)}平均风向`, `mean direction of each ${length}`)
            : say(`每${pad(length)}均值`, `mean of each ${length}`);
}
const pad = (text) => (/^\d/.test(text) ? ` ${text}` : text);

/* "GB 3838"; a guideline that has no number goes by its title. */
const standard_name = (limit, line) => (/^[a-z]/.test(limit.standard) ? limit.title || line.title : "") || limit.standard;

/* "≤ 1 mg/L 日均值 · GB 3838 IV 类 · 未核实": the bound, for which period, whose, and is it verified.
 * `brief` leaves out what a narrow chart has no room for. */
export function line_words(line, unit, averaging, brief = false) {
    const limit = line.limit;
    const period = limit?.period ?? line.period;
    const hours = period === "daytime" || period === "night" ? null : HOURS[line.when];
    const name = limit ? standard_name(limit, line) + (limit.class && !brief ? say(` ${limit.class} 类`, ` class ${limit.class}`) : "")
        : line.title || line.rule || say("自定限值", "own bound");
    const what = [bound_words(line.bound, brief ? "" : unit), hours && say(...hours), period_words(period, line.statistic, averaging)];
    const parts = [what.filter(Boolean).join(" "), name];

    if (line.nature === "doubt")
        parts.push(say("仅存疑", "doubt only"));
    if (limit && !limit.verified)
        parts.push(say("未核实", "unverified"));
    return parts.join(" · ");
}

/* ---- the value under the finger --------------------------------------------------------------- */

/* `before` is { series, shift } when what was before the strike-off lies beneath. */
export function put_readout(place, view, t) {
    const { series, clock, point } = view;
    if (!series || t === null) {
        put(place, el("span.quiet-ink", null, view.touch
            ? say("手指按住图线读数；两指缩放", "hold a finger on the chart to read; two to zoom")
            : say("指向图线读数；拖动平移，Ctrl+滚轮缩放，方向键与 + − 亦可",
                "point at the chart to read; drag to move, Ctrl+wheel or + − to zoom")));
        return;
    }
    const found = nearest(series, t, view.span);
    const beside = besides(series, found ? found[T] : t, found ? undefined : 1);
    const parts = [el("b.readout-time", null, found ? time_words(series, clock, found[T])
        : beside.gap ? clock.range(beside.gap.from, Math.min(beside.gap.to, view.now())) : clock.moment(t, view.span.to - view.span.from))];
    if (found && found[MEAN] !== null)
        parts.push(el("span.readout-value", null, value_text(found[MEAN], point, series), " ",
            el("span.unit", null, series.unit)));
    if (found && series.step_ms !== null && found[MEAN] !== null && series.averaging !== "direction")
        parts.push(el("span", null, `${value_text(found[LOW], point, series)} – ${value_text(found[HIGH], point, series)}`));
    if (found && series.step_ms !== null)
        parts.push(el("span", null, count_words(found)));
    parts.push(el("span", null, standing_words(found, beside, series, view.now())));
    if (view.ghost) {
        const old = nearest(view.ghost.series, t - view.ghost.shift, view.span);
        if (old && old[MEAN] !== null)
            parts.push(el("span.readout-ghost", null,
                `${say("销号前", "before")} ${value_text(old[MEAN], point, series)} ${series.unit}`));
    }
    put(place, parts);
}

/* The row under the finger; a gap is no row, however near the next one is. */
function nearest(series, t, span) {
    const at = nearestRow(series, t);
    if (at < 0 || series.gaps.some((gap) => gap.from < t && t < gap.to))
        return null;
    const row = series.rows[at];
    const reach = series.step_ms === null ? Math.max(60000, (span.to - span.from) / 40) : series.step_ms / 2;
    return Math.abs(row[T] + (series.step_ms ?? 0) / 2 - t) <= reach ? row : null;
}

export function time_words(series, clock, t) {
    if (series.step_ms === null)
        return `${clock.day(t)} ${clock.second(t)}`;
    if (series.step_ms > 86400000)
        return `${clock.day(t)} – ${clock.day(t + series.step_ms - 1)}`;
    if (series.step_ms === 86400000)
        return clock.day(t);
    const fine = series.step_ms < 60000 ? clock.second : clock.minute;
    return `${clock.day(t)} ${fine(t)}–${fine(t + series.step_ms)}`;
}

/* Never on the wrong side of a bound by rounding. */
export function value_text(value, point, series) {
    const lines = series.lines.map((line) => line.bound).filter(Boolean);
    const tight = lines.find((bound) => number_text(value, point.decimals, bound)
        !== number_text(value, point.decimals));
    return number_text(value, point.decimals, tight);
}

const count_words = (row) => (row[EXPECTED] ? say(`有效 ${row[VALID]} / 应有 ${row[EXPECTED]}`, `${row[VALID]} valid of ${row[EXPECTED]}`)
    : say(`有效 ${row[VALID]} 个`, `${row[VALID]} valid`));

/* "M 维护（人工设定）" */
function band_words({ quality, cause }) {
    if (quality === null)
        return say("多种标记", "various letters");
    return `${quality} ${quality_words(quality)}`
        + (cause && cause !== "none" && cause !== "maintenance" ? say(`（${cause_words(cause)}）`, ` (${cause_words(cause)})`) : "");
}

const list_bands = (bands) => [...new Set(bands.map(band_words))].join(say("、", ", "));

/* What there is to say of a row, or of a moment without one: does it count, and why not. */
export function standing_words(row, beside, series, now) {
    const words = [];
    const part = row !== null && row[VALID] > 0;

    if (!part && beside.bands.length > 0) // what is over the range is at least as high: judged, but in no mean
        words.push(list_bands(beside.bands) + (row === null ? "" : row[MEAN] === null ? say("，不计入", ", not counted")
            : say("，不计入均值", ", in no mean")));
    else if (row === null || row[VALID] === 0)
        words.push(beside.before ? say("那时还没有开始采集", "not collected yet at that time")
            : row !== null && row[COUNT] > 0 ? say("有读数，但没有一个有效", "readings, none of them valid") : say("无数据", "no data"));
    else
        words.push(row[MEAN] === null ? say("风向不求平均，放大可看每个读数", "directions have no mean; zoom in to see each reading")
            : say("数据有效", "valid"));
    if (part && beside.bands.length > 0)
        words.push(say("其中不计入：", "not counted in it: ") + list_bands(beside.bands));
    if (row !== null && series.step_ms !== null && row[T] + series.step_ms > now)
        words.push(say("还没过完", "not over yet"));
    if (beside.doubts.length > 0)
        words.push(say("存疑：", "in doubt: ") + beside.doubts.map(doubt_words).join(say("、", ", ")));
    return words.join(" · ");
}

/* ---- legend ------------------------------------------------------------------------------------- */

/* Of what is seen in the window, and of nothing else. */
export function legend(series, { span, clock, ghost }) {
    const within = (one) => one.from < span.to && one.to > span.from;
    const bucket = series.step_ms !== null;
    const quality = [...new Set(series.bands.filter(within).map((band) => band.quality))];
    const nights = series.nights.filter(within);
    const item = (kind, words, letter) => el("li", null, el(`span.key.key-${kind}`, { "aria-hidden": "true" }, letter), words);

    return el("ul.legend", { "aria-label": say("图例", "legend") },
        item(series.averaging === "direction" ? "point" : "line", row_words(series)),
        bucket && series.averaging !== "direction" ? item("band", say("最低–最高", "lowest to highest")) : null,
        ghost ? item("ghost", say("销号前同样长", "as long before the strike-off")) : null,
        series.lines.some(within) ? item("limit", say("限值", "limit")) : null,
        nights.length ? item("night", say(`夜间 ${clock.minute(nights[0].from)}–${clock.minute(nights[0].to)}`,
            `night, ${clock.minute(nights[0].from)} to ${clock.minute(nights[0].to)}`)) : null,
        series.gaps.some(within) ? item("gap", say("无数据", "no data")) : null,
        quality.map((letter) => item("quality",
            `${letter === null ? say("多种标记", "various letters") : quality_words(letter)}${say("，不计入", ", not counted")}`,
            letter ?? "…")),
        series.doubts.some(([t]) => t >= span.from && t < span.to) ? item("doubt", say("存疑，需核查", "in doubt, needs checking"), "?")
            : null);
}

/* ---- figures ------------------------------------------------------------------------------------ */

export function summary(view) {
    const { series, span, clock, point } = view;
    const { from } = span;
    const to = Math.min(span.to, view.now());
    const f = figures(series, from, to, view.now());
    const at = (extreme) => (extreme === null ? "" : clock.moment(extreme.time, to - from));
    const value = (v) => (v === null ? "—" : `${value_text(v, point, series)} ${series.unit}`);
    const tile = (name, words, note) => el("div.figure", null, el("dt", null, name), el("dd", null, words,
        note ? el("small", null, note) : null));
    const levels = [tile(say("最低", "Lowest"), value(f.least?.value ?? null), at(f.least)),
        tile(series.averaging === "energy" ? say("等效声级 Leq", "Leq") : say("均值", "Mean"), value(f.mean)),
        tile(say("最高", "Highest"), value(f.most?.value ?? null), at(f.most))];
    const number = (n) => n.toLocaleString(is_english() ? "en" : "zh-CN");

    return el("div", null,
        el("dl.figures", null,
            series.averaging === "direction"
                ? tile(say("均值、最低、最高", "Mean, lowest, highest"), "—", say("风向是一圈，没有高低，也不按数值平均",
                    "directions go round: none is highest, and they are not averaged as numbers"))
                : levels,
            tile(say("有效数据", "Valid data"), f.expected ? share(f.valid, f.expected) : number(f.valid),
                f.expected
                    ? say(`应有 ${number(f.expected)}，有效 ${number(f.valid)}`, `${number(f.valid)} of ${number(f.expected)} expected`)
                    : say("个读数", "readings"))),
        el("ul.beyond", null, gatherLines(series.lines).map((line) => beyond_item(view, line, from, to))));
}

/* Never says more than the rows can: whether a limit is broken is judged by its own period. */
export function beyond_words({ series }, line, from, to) {
    const { of, means, touched } = beyond(series, line, from, to);
    const kind = standing(series, line);
    const length = length_words(series.step_ms ?? 0);
    const judged = period_words(line.period, line.statistic, series.averaging);
    const row = series.step_ms === null ? say("个读数", "readings")
        : series.averaging === "energy" ? say(`个 ${length} Leq `, `Leq of ${length}`) : say(`个 ${length}均值`, `means of ${length}`);

    if (of === 0)
        return null;
    if (kind === "never")
        return [null,
            say(`按${judged}判定，图上没有这样的值，不作比较`, `judged by the ${judged}, which the chart does not have: not compared`)];
    if (kind === "across")
        return [null, say(`图上每格 ${length}，跨昼夜，不与它比较；放大到 7 天以内再看`,
            `a mean of ${length} holds day and night: not compared; zoom in to 7 days or less`)];
    if (kind === "readings")
        return touched > 0 ? [true, say(`${of} 个时段里 ${touched} 个有超出的读数（${share(touched, of)}）`,
            `readings beyond it in ${touched} of ${of} stretches (${share(touched, of)})`)]
            : [false, say(`${of} 个时段里没有超出的读数`, `no reading beyond it in ${of} stretches`)];
    const words = means > 0
        ? say(`${of} ${row}里 ${means} 个超出（${share(means, of)}）`, `${means} of ${of} ${row} beyond it (${share(means, of)})`)
        : say(`${of} ${row}都没有超出`, `none of ${of} ${row} beyond it`);
    return kind === "exact" ? [means > 0, words]
        : [null, words + say(`；只供参照，是否超标按${judged}判定`, `; a hint only: it is judged by the ${judged}`)];
}

function beyond_item(view, line, from, to) {
    const found = beyond_words(view, line, from, to);
    if (found === null)
        return null;
    const [is, words] = found;
    return el("li", { class: is ? "is-beyond" : null },
        el("span.sign", { "aria-hidden": "true" }, is === null ? "·" : is ? "▲" : "✓"), " ",
        el("b", null, line_words(line, view.series.unit, view.series.averaging)), say("：", ": "), words);
}

/* ---- marks -------------------------------------------------------------------------------------- */

const MARKS = {
    struck_off: ["销号", "struck off"], watch_end: ["巩固期结束", "watch period ends"], problem: ["问题", "problem"],
        doubt: ["存疑", "doubt"], maintenance: ["维护", "maintenance"],
    identity: ["换过仪器", "instrument changed"], settings: ["改过配置", "settings changed"],
};

/* What happened in the window, by the numbers on the chart. */
export function marks_list(view, go, choose) {
    const { series, clock, span } = view;
    const shown = marksWithin(series, span.from, span.to);

    return shown.length === 0 ? null
        : el("ol.marks", { "aria-label": say("图上的标记", "Marks on the chart") }, shown.map(({ mark, i }, number) =>
        el("li", null,
            el("button.mark-go", { type: "button", onclick: () => go(i), onfocus: () => choose(i), onblur: () => choose(null),
                onmouseenter: () => choose(i), onmouseleave: () => choose(null) },
            el("span.key.key-mark", { "aria-hidden": "true" }, String(number + 1)),
            el("span", null, el("b", null, say(...(MARKS[mark.kind] ?? [mark.kind, mark.kind]))), " ", mark_text(mark), el("br"),
                el("span.quiet-ink", null, mark_time(mark, clock)))),
            mark.kind === "problem" || mark.kind === "doubt" ? el("a.mark-link", { href: `#/problem/${mark.id}` }, say("看问题", "problem"))
                : mark.kind === "struck_off" ? el("a.mark-link", { href: `#/task/${encodeURIComponent(mark.id)}` }, say("看任务", "task"))
                    : null)));
}

function mark_text({ texts }) {
    return texts.length > 2 ? say(`${texts[0]}等 ${texts.length} 项`, `${texts[0]} and ${texts.length - 1} more`)
        : texts.join(say("；", "; "));
}

function mark_time(mark, clock) {
    const at = (t) => `${clock.day(t)} ${clock.minute(t)}`;
    if (!mark.lasts)
        return at(mark.time);
    if (mark.until === null)
        return say(`${at(mark.time)} 起，至今`, `since ${at(mark.time)}`);
    return `${at(mark.time)} – ${at(mark.until)}`;
}
