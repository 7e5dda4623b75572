/* compare.js - the same length of time before and after a strike-off: one over the other or side by
 * side, and in figures.
 */
import { el, put, say, tell } from "./base.js";
import { Chart } from "./chart.js";
import { series_once } from "./feed.js";
import { legend, line_words, put_readout, value_text } from "./point_parts.js";
import { beyond, figures, share, standing } from "./figures.js";
import { drawnRows, gatherLines, levels, HIGH, LOW, MEAN } from "./series.js";
import { DAY, lengthWords } from "./spans.js";

const LENGTHS = [7, 30, 90, 180];

/* Fills `place` with the choice; the charts come when one is chosen, at once where the address says
 * ?compare=over|side&task=ID. */
export function compare(view, place, tasks, query) {
    const way = query.get("compare");
    const state = { task: tasks.find((task) => task.id === query.get("task")) ?? tasks[0],
        way: way === "over" || way === "side" ? way : "off", days: 30, charts: [], asked: null };
    const body = el("div.compare");
    const head = el("div.controls", { role: "group", "aria-label": say("对比方式", "How to compare") });
    const press = (words, is, does) => el("button", { type: "button", "aria-pressed": String(is), onclick: does }, words);
    const set = (change) => {
        Object.assign(state, change);
        draw_head();
        draw(view, state, body);
    };

    function draw_head() {
        place.parentElement?.classList.toggle("is-off", state.way === "off"); // on paper: nothing to show
        const focus = head.contains(document.activeElement) ? [...head.querySelectorAll("button, select")].indexOf(document.activeElement)
            : -1;
        put(head,
            tasks.length > 1 ? el("select", { "aria-label": say("任务", "Task"), value: state.task.id,
                onchange: (event) => set({ task: tasks.find((task) => task.id === event.target.value) }) },
            tasks.map((task) => el("option", { value: task.id }, `${task.id} ${task.title}`))) : null,
            el("div.group", null,
                press(say("不对比", "Off"), state.way === "off", () => set({ way: "off" })),
                press(say("叠在一起", "Overlay"), state.way === "over", () => set({ way: "over" })),
                press(say("前后并排", "Side by side"), state.way === "side", () => set({ way: "side" }))),
            state.way === "off" ? null : el("div.group", null, LENGTHS.map((days) =>
                press(say(`${days} 天`, `${days} d`), state.days === days, () => set({ days })))));
        if (focus >= 0)
            head.querySelectorAll("button, select")[focus]?.focus();
    }

    draw_head();
    put(place, el("p.quiet-ink", null, say("销号那一刻前后各取同样长的时间。", "As long before the moment of the strike-off as after it.")),
        head, body);
    view.page.signal.addEventListener("abort", () => end(state), { once: true });
    if (state.way !== "off")
        draw(view, state, body).then(() => place.parentElement.scrollIntoView({ block: "start" }));
}

function end(state) {
    state.asked?.abort();
    state.charts.forEach((chart) => chart.end());
    state.charts = [];
}

async function draw(view, state, body) {
    end(state);
    put(body);
    if (state.way === "off")
        return;
    const length = state.days * DAY;
    const middle = Date.parse(state.task.struck_off);
    const width = Math.min(4000, state.days * 24 + 8); // hours, as most rules count

    state.asked = new AbortController();
    const signal = AbortSignal.any([view.page.signal, state.asked.signal]);
    put(body, el("p.quiet-ink", null, say("正在取数……", "Asking…")));
    let before, after;
    try {
        [before, after] = await Promise.all([series_once(view.name, middle - length, middle, width, signal),
            series_once(view.name, middle, middle + length, width, signal)]);
    } catch (err) {
        if (!signal.aborted)
            put(body, el("p.refusal", { role: "alert" }, err.message));
        return;
    }
    const pair = { before, after, length, middle };
    const range = common_range(before, after);
    put(body);
    if (state.way === "over")
        state.charts = [overlay(view, pair, range, body)];
    else
        state.charts = side_by_side(view, pair, range, body);
    put_figures(view, pair, body);
    tell(say("已显示销号前后对比", "before and after the strike-off is shown"));
}

/* One chart: `series`, and under the line what `ghost` was. */
function one_chart(view, { series, span, ghost, range, label }, place) {
    const readout = el("div.readout");
    const frame = el("div.chart-place.small");
    const seen = { ...view, series, span, ghost };

    place.append(readout, frame);
    const chart = new Chart(frame, {
        Dygraph: view.Dygraph, clock: view.clock, now: view.now, role: say("曲线图", "chart"), label,
        compass: say("北东南西北", "NESWN").split(""), yRange: series.averaging === "direction" ? null : range,
        lineLabel: (line, brief) => line_words(line, series.unit, series.averaging, brief),
        moved: (from, to) => { seen.span = { from, to }; },
        read: (t) => put_readout(readout, seen, t),
    });
    put_readout(readout, seen, null);
    chart.show(series, span);
    if (ghost)
        chart.ghost(drawnRows({ ...ghost.series, rows: ghost.series.rows.map((row) => [row[0] + ghost.shift, ...row.slice(1)]),
            gaps: ghost.series.gaps.map((gap) => ({ from: gap.from + ghost.shift, to: gap.to + ghost.shift })) }));
    return chart;
}

function overlay(view, { before, after, length, middle }, range, body) {
    const chart = one_chart(view, { series: after, span: { from: middle, to: middle + length }, range,
        ghost: { series: before, shift: length },
        label: say("销号后的曲线，销号前的以点线叠在下面", "after the strike-off; before it as a dotted line beneath") }, body);
    body.append(legend(after, { span: { from: middle, to: middle + length }, clock: view.clock, ghost: true }));
    return chart;
}

function side_by_side(view, { before, after, length, middle }, range, body) {
    const half = (words) => {
        const made = el("div", null, el("h3", null, words));
        pair.append(made);
        return made;
    };
    const pair = el("div.pair");
    body.append(pair);
    return [
        one_chart(view,
            { series: before, span: { from: middle - length, to: middle }, range, label: say("销号前", "before the strike-off") },
            half(say("销号前", "Before"))),
        one_chart(view, { series: after, span: { from: middle, to: middle + length }, range, label: say("销号后", "after the strike-off") },
            half(say("销号后", "After"))),
    ];
}

/* Both halves on one scale, or the eye compares what cannot be compared. */
function common_range(...all) {
    let low = Infinity, high = -Infinity;
    for (const series of all)
        for (const row of series.rows)
            if (row[MEAN] !== null) {
                low = Math.min(low, row[LOW]);
                high = Math.max(high, row[HIGH]);
            }
    for (const level of all.flatMap((series) => series.lines.flatMap((line) => levels(line.bound)))) {
        const room = Math.max((high - low) * 4, Math.abs(high) * 0.8);
        if (level > low - room && level < high + room) {
            low = Math.min(low, level);
            high = Math.max(high, level);
        }
    }
    if (low > high)
        return [0, 1];
    const pad = Math.max((high - low) * 0.08, Math.abs(high) * 0.005, 1e-6);
    return [low >= 0 && low < pad ? 0 : low - pad, high + pad * 2.5];
}

function put_figures(view, { before, after, length, middle }, body) {
    const now = view.now();
    const old = figures(before, middle - length, middle, now);
    const young = figures(after, middle, Math.min(now, middle + length), now);
    const row = (name, a, b) => el("tr", null, el("th", { scope: "row" }, name), el("td.number", null, a), el("td.number", null, b));
    const number = (value) => (value === null || value === undefined ? "—" : value_text(value, view.point, after));
    const valid = (f) => (f.expected ? share(f.valid, f.expected) : String(f.valid));
    const over = (series, from, to, line) => {
        const { of, means, touched } = beyond(series, line, from, to);
        const kind = standing(series, line);
        const part = kind === "readings" ? touched : means;
        return of === 0 || kind === "across" || kind === "never" ? "—"
            : `${share(part, of)}${kind === "hint" ? say("（参照）", " (hint)") : ""}`;
    };
    const same = (line, other) => JSON.stringify([line.bound, line.rule]) === JSON.stringify([other.bound, other.rule]);
    const lines = gatherLines(after.lines);
    const former = gatherLines(before.lines);
    const none = { spans: [] };

    body.append(el("table.readings.compare-figures", null,
        el("caption", null, say(`前后各 ${lengthWords(length, true)}`, `${lengthWords(length, false)} each`),
            middle + length > now
                ? say(`；销号后才过了 ${lengthWords(now - middle, true)}`, `; only ${lengthWords(now - middle, false)} since`) : null),
        el("thead", null, el("tr", null, el("th", { scope: "col" }, view.series?.unit || after.unit || say("项目", "Figure")),
            el("th", { scope: "col" }, say("销号前", "Before")), el("th", { scope: "col" }, say("销号后", "After")))),
        el("tbody", null,
            row(after.averaging === "energy" ? say("等效声级 Leq", "Leq") : say("均值", "Mean"), number(old.mean), number(young.mean)),
            row(say("最低", "Lowest"), number(old.least?.value), number(young.least?.value)),
            row(say("最高", "Highest"), number(old.most?.value), number(young.most?.value)),
            row(say("有效数据", "Valid data"), valid(old), valid(young)),
            lines.map((line) => row(`${say("超出 ", "beyond ")}${line_words(line, after.unit, after.averaging)}`,
                over(before, middle - length, middle, former.find((one) => same(one, line)) ?? none),
                over(after, middle, Math.min(now, middle + length), line))))));
}
