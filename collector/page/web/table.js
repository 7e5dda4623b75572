/* table.js - the values of a chart as a table, and the same as CSV: what is shown, and in their places
 * the stretches of which there is none, with the reason.
 */
import { el, say } from "./base.js";
import { beyondBy, standing } from "./figures.js";
import { row_words, standing_words, time_words, value_text } from "./point_parts.js";
import { besides, listed, COUNT, EXPECTED, HIGH, LOW, MEAN, T, VALID } from "./series.js";

const PAGE = 50;

/* Newest first, so many a page. */
export function table(view, page, turn) {
    const { series, span, clock } = view;
    const to = Math.min(span.to, view.now());
    const all = listed(series, span.from, to);
    const pages = Math.max(1, Math.ceil(all.length / PAGE));
    const at = Math.min(page, pages - 1);
    const bucket = series.step_ms !== null;
    const head = [say("时间", "Time"), bucket ? say("均值", "Mean") : say("读数", "Value"),
        ...(bucket ? [say("最低", "Lowest"), say("最高", "Highest"), say("有效/应有", "Valid/expected")] : []), say("说明", "Notes")];

    return el("div", null,
        el("div.scroll", { tabindex: "0", role: "region", "aria-label": say("数据表", "Table of values") },
            el("table.readings", null,
                el("caption", null, `${clock.range(span.from, to)}${say("，", ", ")}${row_words(series)}`
                    + `${say("，单位 ", ", unit ")}${series.unit || say("无", "none")}`),
                el("thead", null, el("tr", null, head.map((name) => el("th", { scope: "col" }, name)))),
                el("tbody", null, all.slice(at * PAGE, (at + 1) * PAGE).map((one) =>
                    (one.kind === "row" ? table_row(one.row, view, bucket) : stretch_row(one, view, bucket)))))),
        pages > 1 ? el("p.pager", null,
            el("button", { type: "button", disabled: at === 0, onclick: () => turn(at - 1) }, say("较新", "newer")),
            el("span", null, say(`第 ${at + 1} / ${pages} 页`, `page ${at + 1} of ${pages}`)),
            el("button", { type: "button", disabled: at === pages - 1, onclick: () => turn(at + 1) }, say("较早", "older"))) : null);
}

/* Why there is no value, or why what was read does not count. */
function stretch_words({ kind, t, to }, { series, now }) {
    const words = standing_words(null, besides(series, t, to - t), series, now());

    return kind === "gap" && !words.includes(say("无数据", "no data"))
        ? say(`无数据：${words}`, `no data: ${words}`) : kind === "band" ? words + say("，不计入", ", not counted") : words;
}

function stretch_row(one, view, bucket) {
    return el("tr.is-gap", null, el("th", { scope: "row" }, view.clock.range(one.t, one.to)),
        el("td", { colspan: bucket ? "4" : "1" }, "—"), el("td", null, stretch_words(one, view)));
}

/* Beyond a limit by what the limit is for; or, where it is for single readings, by any in the row. */
function beyond_note(row, series) {
    const by = series.lines.filter((line) => line.from <= row[T] && row[T] < line.to)
        .map((line) => ({ kind: standing(series, line), ...beyondBy(line, row) }));

    if (row[MEAN] !== null && by.some(({ kind, mean }) => kind === "exact" && mean))
        return say("▲ 超出限值", "▲ beyond a limit");
    return by.some(({ kind, any }) => kind === "readings" && any) ? say("▲ 有超出限值的读数", "▲ with readings beyond a limit") : "";
}

const note_of = (row, { series, now }) =>
    [beyond_note(row, series), standing_words(row, besides(series, row[T]), series, now())].filter(Boolean).join(" · ");

function table_row(row, view, bucket) {
    const { series, clock, point } = view;
    const value = (v) => el("td.number", null, v === null ? "—" : value_text(v, point, series));
    const extreme = (v) => value(series.averaging === "direction" ? null : v);

    return el("tr", { class: beyond_note(row, series) ? "is-beyond" : null },
        el("th", { scope: "row" }, time_words(series, clock, row[T])), value(row[MEAN]),
        bucket ? [extreme(row[LOW]), extreme(row[HIGH]),
            el("td.number", null, row[EXPECTED] ? `${row[VALID]}/${row[EXPECTED]}` : String(row[VALID]))] : null,
        el("td", null, note_of(row, view)));
}

/* ---- CSV ---------------------------------------------------------------------------------------- */

/* A cell; what a spreadsheet would take for a formula is made text. */
export function cell(value) {
    const text = value === null || value === undefined ? "" : String(value);
    const guarded = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;

    return /[",\r\n']/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/* The table, oldest first, with whole numbers of digits; simulated data say so in the first line. */
export function csv(view) {
    const { series, span, clock } = view;
    const bucket = series.step_ms !== null;
    const unit = series.unit ? ` (${series.unit})` : "";
    const moment = (t) => `${clock.day(t)} ${clock.second(t)}.${String(((t % 1000) + 1000) % 1000).padStart(3, "0")}`;
    const extreme = (v) => (series.averaging === "direction" ? null : v);
    const head = [say("开始", "from") + ` (${view.zone})`, say("结束（不含）", "to (not included)"),
        ...(bucket ? [say("均值", "mean"), say("最低", "lowest"), say("最高", "highest")].map((name) => name + unit)
            : [say("读数", "value") + unit]),
        ...(bucket ? [say("读到", "read"), say("有效", "valid"), say("应有", "expected")] : []), say("说明", "notes")];
    const blank = Array(bucket ? 6 : 1).fill(null);
    const line = (one) => (one.kind !== "row" ? [moment(one.t), moment(one.to), ...blank, stretch_words(one, view)]
        : bucket ? [moment(one.t), moment(one.t + series.step_ms), one.row[MEAN], extreme(one.row[LOW]), extreme(one.row[HIGH]),
            one.row[COUNT], one.row[VALID], one.row[EXPECTED], note_of(one.row, view)]
            : [moment(one.t), null, one.row[MEAN], note_of(one.row, view)]);
    const rows = [head, ...listed(series, span.from, Math.min(span.to, view.now())).reverse().map(line)];

    return `\ufeff${series.simulated ? "模拟数据 / SIMULATED\r\n" : ""}${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}
