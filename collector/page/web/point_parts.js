/* point_parts.js - what stands around a chart in words: the value under the finger, the legend,
 * the figures, the marks and the table.
 */
import { bound_words, cause_words, el, number_text, parameter_of, put, quality_words, say } from "./base.js";
import { besides, beyond, breaks, figures, gatherLines, nearestRow, rowsWithin, standing, COUNT, EXPECTED, HIGH, LOW, MEAN, T } from "./series.js";
import { lengthWords } from "./spans.js";
import { is_english } from "./base.js";

const DOUBTS = {
    silence: ["长时间没有有效数据", "no valid value for long"],
    span: ["超出通常范围", "outside the usual span"],
    spike: ["单个数值突跳", "a single value stands out"],
    rate: ["变化过快", "changes unusually fast"],
    flat: ["长时间不变", "unchanged for long"],
    clip: ["集中在一个上限之下", "values crowd at a ceiling"],
    contradiction: ["互相矛盾", "values contradict each other"],
    hidden: ["升高后缺测或打维护标记", "gaps begin when values rise"],
    night: ["夜间数据明显少", "far less data by night"],
};
const PERIODS = {
    reading: ["每个读数", "every reading"], day: ["日均值", "day mean"], daytime: ["昼间", "daytime"],
    night: ["夜间", "night"], month: ["月均值", "month mean"], year: ["年均值", "year mean"],
};
const HOURS = { day: ["昼间", "daytime"], night: ["夜间", "night"] };

export const doubt_words = (word) => {
    const both = DOUBTS[word];
    return both ? say(both[0], both[1]) : word;
};
const length_words = (ms) => lengthWords(ms, !is_english());
export function period_words(period) {
    const both = PERIODS[period];
    const [, number, unit] = /^(\d+)(min|h)$/.exec(period ?? "") ?? [];
    if (unit)
        return say(`${number} ${unit === "h" ? "小时" : "分钟"}均值`, `${number} ${unit} mean`);
    return both ? say(both[0], both[1]) : period ?? "";
}

/* "≤ 1 mg/L 日均值 · GB 3838 IV 类 · 未核实": the bound, for which period, whose, and is it verified.
 * `brief` leaves out what a narrow chart has no room for. */
export function line_words(line, unit, brief = false) {
    const limit = line.limit;
    const period = limit?.period ?? line.period;
    const hours = period === "daytime" || period === "night" ? null : HOURS[line.when];
    const name = limit ? limit.standard + (limit.class && !brief ? say(` ${limit.class} 类`, ` class ${limit.class}`) : "")
        : line.title || line.rule || say("自定限值", "own bound");
    const parts = [[bound_words(line.bound, brief ? "" : unit), hours && say(...hours), period_words(period)].filter(Boolean).join(" "), name];

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
    const beside = besides(series, found ? found[T] : t);
    const parts = [el("b.readout-time", null, time_words(series, clock, found ? found[T] : t))];
    if (found && found[MEAN] !== null)
        parts.push(el("span.readout-value", null, value_text(found[MEAN], point, series), " ",
            el("span.unit", null, series.unit)));
    if (found && series.step_ms !== null && found[MEAN] !== null)
        parts.push(el("span", null, `${value_text(found[LOW], point, series)} – ${value_text(found[HIGH], point, series)}`),
            el("span", null, count_words(found)));
    parts.push(el("span", null, standing_words(found, beside)));
    if (view.ghost) {
        const old = nearest(view.ghost.series, t - view.ghost.shift, view.span);
        if (old && old[MEAN] !== null)
            parts.push(el("span.readout-ghost", null,
                `${say("销号前", "before")} ${value_text(old[MEAN], point, series)} ${series.unit}`));
    }
    put(place, parts);
}

function nearest(series, t, span) {
    const at = nearestRow(series, t);
    if (at < 0)
        return null;
    const row = series.rows[at];
    const reach = series.step_ms ?? Math.max(60000, (span.to - span.from) / 40);
    return Math.abs(row[T] + (series.step_ms ?? 0) / 2 - t) <= reach ? row : null;
}

function time_words(series, clock, t) {
    if (series.step_ms === null)
        return `${clock.day(t)} ${clock.second(t)}`;
    if (series.step_ms >= 86400000)
        return clock.day(t);
    return `${clock.day(t)} ${clock.minute(t)}–${clock.minute(t + series.step_ms)}`;
}

/* Never on the wrong side of a bound by rounding. */
function value_text(value, point, series) {
    const lines = series.lines.map((line) => line.bound).filter(Boolean);
    const tight = lines.find((bound) => number_text(value, point.decimals, bound)
        !== number_text(value, point.decimals));
    return number_text(value, point.decimals, tight);
}

const count_words = (row) => (row[EXPECTED] ? say(`${row[COUNT]} / ${row[EXPECTED]} 个`, `${row[COUNT]} of ${row[EXPECTED]}`)
    : say(`${row[COUNT]} 个`, `${row[COUNT]} values`));

function standing_words(row, beside) {
    const words = [];
    if (beside.band)
        words.push(`${beside.band.quality} ${quality_words(beside.band.quality)}`
            + (beside.band.cause && beside.band.cause !== "none" ? `（${cause_words(beside.band.cause)}）` : ""));
    else if (!row || row[MEAN] === null)
        words.push(say("无有效数据", "no valid data"));
    else
        words.push(say("数据有效", "valid"));
    if (beside.doubts.length > 0)
        words.push(say("存疑：", "in doubt: ") + [...new Set(beside.doubts)].map(doubt_words).join(say("、", ", ")));
    return words.join(" · ");
}

/* ---- legend ------------------------------------------------------------------------------------- */

export function legend(series, { ghost } = {}) {
    const bucket = series.step_ms !== null;
    const quality = [...new Set(series.bands.map((band) => band.quality))];
    const item = (kind, words, letter) => el("li", null, el(`span.key.key-${kind}`, { "aria-hidden": "true" }, letter), words);

    return el("ul.legend", { "aria-label": say("图例", "legend") },
        item("line", bucket ? say(`每 ${length_words(series.step_ms)}均值`, `mean per ${length_words(series.step_ms)}`)
            : say("每个读数", "every reading")),
        bucket ? item("band", say("最低–最高", "lowest to highest")) : null,
        ghost ? item("ghost", say("销号前同样长", "as long before the strike-off")) : null,
        gatherLines(series.lines).length ? item("limit", say("限值", "limit")) : null,
        series.nights.length ? item("night", say("夜间 22–6 时", "night, 22 to 6 h")) : null,
        series.gaps.length ? item("gap", say("无数据", "no data")) : null,
        quality.map((letter) => item("quality", `${quality_words(letter)}${say("，不计入", ", not counted")}`, letter)),
        series.doubts.length ? item("doubt", say("存疑，需核查", "in doubt, needs checking"), "?") : null);
}

/* ---- figures ------------------------------------------------------------------------------------ */

export function summary(view) {
    const { series, span, clock, point } = view;
    const { from } = span;
    const to = Math.min(span.to, view.now());
    const is_noise = parameter_of(view.name)?.medium === "noise";
    const f = figures(series, from, to, is_noise);
    const at = (extreme) => (extreme === null ? "" : clock.moment(extreme.time, to - from));
    const value = (v) => (v === null ? "—" : `${value_text(v, point, series)} ${series.unit}`);
    const tile = (name, words, note) => el("div.figure", null, el("dt", null, name), el("dd", null, words,
        note ? el("small", null, note) : null));

    return el("div", null,
        el("dl.figures", null,
            tile(say("最低", "Lowest"), value(f.least?.value ?? null), at(f.least)),
            tile(is_noise ? say("等效声级 Leq", "Leq") : say("均值", "Mean"), value(f.mean)),
            tile(say("最高", "Highest"), value(f.most?.value ?? null), at(f.most)),
            tile(say("有效数据", "Valid data"), f.expected ? `${share(f.count, f.expected)}` : String(f.count),
                f.expected ? say(`应有 ${f.expected.toLocaleString("zh-CN")}，实有 ${f.count.toLocaleString("zh-CN")}`,
                    `${f.count.toLocaleString("en")} of ${f.expected.toLocaleString("en")} expected`)
                    : say("个读数", "readings"))),
        el("ul.beyond", null, gatherLines(series.lines).map((line) => beyond_item(view, line, from, to))));
}

/* 100 % is all, 0 % is none. */
const share = (part, whole) => {
    const percent = Math.min(100, part / whole * 100);
    const shown = Math.min(part < whole ? 99.9 : 100, Math.max(part > 0 ? 0.1 : 0, Math.round(percent * 10) / 10));
    return `${shown} %`;
};

/* Never says more than the rows can: whether a limit is broken is judged by its own period. */
export function beyond_words({ series }, line, from, to) {
    const { of, means, touched } = beyond(series, line, from, to);
    const kind = standing(series, line);
    const row = series.step_ms === null ? say("个读数", "readings") : say(`个${length_words(series.step_ms)}均值`, `means of ${length_words(series.step_ms)}`);

    if (of === 0)
        return null;
    if (kind === "across")
        return [null, say(`图上每格 ${length_words(series.step_ms)}，跨昼夜，不与它比较；放大到 7 天以内再看`, `a mean of ${length_words(series.step_ms)} holds day and night: not compared; zoom in to 7 days or less`)];
    if (kind === "readings")
        return touched > 0 ? [true, say(`${of} 个时段里 ${touched} 个有超出的读数（${share(touched, of)}）`, `readings beyond it in ${touched} of ${of} stretches (${share(touched, of)})`)]
            : [false, say(`${of} 个时段里没有超出的读数`, `no reading beyond it in ${of} stretches`)];
    const words = means > 0 ? say(`${of} ${row}里 ${means} 个超出（${share(means, of)}）`, `${means} of ${of} ${row} beyond it (${share(means, of)})`)
        : say(`${of} ${row}都没有超出`, `none of ${of} ${row} beyond it`);
    return kind === "exact" ? [means > 0, words]
        : [null, words + say(`；只供参照，是否超标按${period_words(line.period)}判定`, `; a hint only: it is judged by the ${period_words(line.period)}`)];
}

function beyond_item(view, line, from, to) {
    const found = beyond_words(view, line, from, to);
    if (found === null)
        return null;
    const [is, words] = found;
    return el("li", { class: is ? "is-beyond" : null },
        el("span.sign", { "aria-hidden": "true" }, is === null ? "·" : is ? "▲" : "✓"), " ",
        el("b", null, line_words(line, view.series.unit)), say("：", ": "), words);
}

/* ---- marks -------------------------------------------------------------------------------------- */

const MARKS = {
    struck_off: ["销号", "struck off"], watch_end: ["巩固期结束", "watch period ends"], problem: ["问题", "problem"], doubt: ["存疑", "doubt"], maintenance: ["维护", "maintenance"],
    identity: ["换过仪器", "instrument changed"], settings: ["改过配置", "settings changed"],
};

/* What happened in the window, by the numbers on the chart. */
export function marks_list(view, go, choose) {
    const { series, clock, span } = view;
    const shown = series.marks.map((mark, i) => ({ mark, i }))
        .filter(({ mark }) => mark.time < span.to && (mark.lasts ? mark.until ?? Infinity : mark.time) > span.from);

    return shown.length === 0 ? null : el("ol.marks", { "aria-label": say("图上的标记", "Marks on the chart") }, shown.map(({ mark, i }) =>
        el("li", null,
            el("button.mark-go", { type: "button", onclick: () => go(i), onfocus: () => choose(i), onblur: () => choose(null),
                onmouseenter: () => choose(i), onmouseleave: () => choose(null) },
            el("span.key.key-mark", { "aria-hidden": "true" }, String(i + 1)),
            el("span", null, el("b", null, say(...(MARKS[mark.kind] ?? [mark.kind, mark.kind]))), " ", mark_text(mark), el("br"),
                el("span.quiet-ink", null, mark_time(mark, clock)))),
            mark.kind === "problem" || mark.kind === "doubt" ? el("a.mark-link", { href: `#/problem/${mark.id}` }, say("看问题", "problem"))
                : mark.kind === "struck_off" ? el("a.mark-link", { href: `#/task/${encodeURIComponent(mark.id)}` }, say("看任务", "task")) : null)));
}

function mark_text({ texts }) {
    return texts.length > 2 ? say(`${texts[0]}等 ${texts.length} 项`, `${texts[0]} and ${texts.length - 1} more`) : texts.join(say("；", "; "));
}

function mark_time(mark, clock) {
    const at = (t) => `${clock.day(t)} ${clock.minute(t)}`;
    if (!mark.lasts)
        return at(mark.time);
    if (mark.until === null)
        return say(`${at(mark.time)} 起，至今`, `since ${at(mark.time)}`);
    return `${at(mark.time)} – ${at(mark.until)}`;
}

/* ---- table -------------------------------------------------------------------------------------- */

const PAGE = 50;

/* What is shown, newest first: rows, and in their place the stretches without any. */
export function table(view, page, turn) {
    const { series, span, clock, point } = view;
    const to = Math.min(span.to, view.now());
    const rows = rowsWithin(series, span.from, to).map((row) => ({ t: row[T], row }));
    const gaps = series.gaps.filter((gap) => gap.from < to && gap.to > span.from).map((gap) => ({ t: gap.from, gap }));
    const all = rows.concat(gaps).sort((a, b) => b.t - a.t);
    const pages = Math.max(1, Math.ceil(all.length / PAGE));
    const at = Math.min(page, pages - 1);
    const bucket = series.step_ms !== null;
    const head = [say("时间", "Time"), bucket ? say("均值", "Mean") : say("读数", "Value"),
        ...(bucket ? [say("最低", "Lowest"), say("最高", "Highest"), say("有效/应有", "Valid/expected")] : []), say("说明", "Notes")];

    return el("div", null,
        el("div.scroll", { tabindex: "0", role: "region", "aria-label": say("数据表", "Table of values") },
            el("table.readings", null,
                el("caption", null, `${clock.range(span.from, to)}${say("，单位 ", ", unit ")}${series.unit || say("无", "none")}`),
                el("thead", null, el("tr", null, head.map((name) => el("th", { scope: "col" }, name)))),
                el("tbody", null, all.slice(at * PAGE, (at + 1) * PAGE).map((one) => table_row(one, view, bucket, point, to))))),
        pages > 1 ? el("p.pager", null,
            el("button", { type: "button", disabled: at === 0, onclick: () => turn(at - 1) }, say("较新", "newer")),
            el("span", null, say(`第 ${at + 1} / ${pages} 页`, `page ${at + 1} of ${pages}`)),
            el("button", { type: "button", disabled: at === pages - 1, onclick: () => turn(at + 1) }, say("较早", "older"))) : null);
}

function table_row({ row, gap }, { series, clock, span }, bucket, point, to) {
    if (gap)
        return el("tr.is-gap", null, el("th", { scope: "row" }, clock.range(Math.max(gap.from, span.from), Math.min(gap.to, to))),
            el("td", { colspan: bucket ? "4" : "1" }, "—"), el("td", null, say("无数据", "no data")));
    const beside = besides(series, row[T]);
    const broken = series.lines.some((line) => standing(series, line) === "exact" && (line.from ?? 0) <= row[T]
        && row[T] < (line.to ?? Infinity) && breaks(line.bound, row[MEAN]));
    const value = (v) => el("td.number", null, v === null ? "—" : value_text(v, point, series));
    const words = [broken ? say("▲ 超出限值", "▲ beyond a limit") : "", standing_words(row, beside)].filter(Boolean).join(" · ");

    return el("tr", { class: broken ? "is-beyond" : null },
        el("th", { scope: "row" }, time_words(series, clock, row[T])), value(row[MEAN]),
        bucket ? [value(row[LOW]), value(row[HIGH]), el("td.number", null, row[EXPECTED] ? `${row[COUNT]}/${row[EXPECTED]}` : String(row[COUNT]))] : null,
        el("td", null, words));
}
