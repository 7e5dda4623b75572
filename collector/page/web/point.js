/* point.js - one point over time: its chart, what stands beside it in words, and what it was like
 * before and after a strike-off.
 */
import { bound_label, bound_words, channel_title, chip, el, get, is_english, measure, moment, now_ms,
    point_address, put, quality_words, say, simulated_tag, site_title, style, tell, zone } from "./base.js";
import { Chart, loadDygraphs } from "./chart.js";
import { compare } from "./compare.js";
import { feed } from "./feed.js";
import { breaks } from "./figures.js";
import { averaging_of, legend, line_words, marks_list, period_words, put_readout, summary } from "./point_parts.js";
import { rowsWithin } from "./series.js";
import { DAY, HOUR, lengthWords, townClock } from "./spans.js";
import { csv, table } from "./table.js";

const SPANS = [["1h", HOUR, "1 时", "1 h"], ["1d", DAY, "1 天", "1 d"], ["7d", 7 * DAY, "7 天", "7 d"],
    ["30d", 30 * DAY, "30 天", "30 d"], ["1y", 365 * DAY, "1 年", "1 y"]];

export async function show(page, where) {
    const name = where.path.slice(1, 4).join("/");
    const [{ point }, Dygraph] = await Promise.all([
        get(`/points/${where.path.slice(1, 4).map(encodeURIComponent).join("/")}`, page.signal),
        loadDygraphs(), style("chart.css")]);
    const clock = townClock(zone(), is_english() ? "en" : "zh");
    const view = {
        page, name, point, Dygraph, clock, zone: zone(), now: now_ms,
        touch: matchMedia("(hover: none)").matches, series: null, table_page: 0, shown: 0,
        opened_with: where.query, ...opening(where.query, point, clock),
    };

    page.title(`${channel_title(name)} · ${site_title(point.site)}`);
    build(view);
    page.signal.addEventListener("abort", () => view.chart.end(), { once: true });
    view.feed = feed(name, {
        signal: page.signal,
        see: (series) => seen(view, series),
        fail: (err) => put(view.notice, el("p.refusal", { role: "alert" }, err.message)),
        busy: (is) => view.frame.toggleAttribute("data-busy", is),
    });
    wish(view);
    follow(view);
    page.poll(`/latest?site=${encodeURIComponent(point.site)}`, (data) => latest(view, data), 2000).catch(() => {});
}

/* The window of the address: from and to, or a length that ends now. */
function opening(query, point, clock) {
    const moment = (text) => (/^\d{4}-\d\d-\d\d$/.test(text) ? clock.fromField(`${text}T00:00`) : Date.parse(text));
    const from = moment(query.get("from") ?? "");
    const to = moment(query.get("to") ?? "");
    const length = SPANS.find(([key]) => key === query.get("span"))?.[1] ?? DAY;
    const now = now_ms();

    if (!Number.isNaN(from)) {
        const end = Number.isNaN(to) ? Math.min(now, from + length) : to;
        if (end > from)
            return { span: { from, to: end }, live: end >= now - 1000 };
    }
    const last = point.last === null ? now : Date.parse(point.last);
    const live = now - last < length; // a point that ended long ago opens on its last hours
    const end = live ? now : last + length * 0.05;
    return { span: { from: end - length, to: end }, live };
}

/* ---- the page ------------------------------------------------------------------------------------ */

function build(view) {
    const { point, page, name } = view;
    const beside = point.beside.filter((other) => other !== name);
    const struck = point.tasks.filter((task) => task.struck_off !== null);

    view.now_value = el("div.point-now");
    view.readout = el("div.readout", { id: "readout" });
    view.frame = el("div.chart-place");
    view.notice = el("div");
    view.absence = el("div");
    view.legend = el("div");
    view.figures = el("section", { "aria-label": say("这段时间的数字", "Figures of this span") });
    view.marks = el("section.marks-place");
    view.table = el("div");
    view.heading = el("p.span-words", { "aria-live": "off" });
    view.controls = controls(view);
    view.compare = el("section.compare-place");
    const asked = view.opened_with.has("compare"); // then it stands first
    const compared = struck.length
        ? el("section.compare-section", null, el("h2", null, say("销号前后对比", "Before and after the strike-off")), view.compare) : null;
    put(page.root,
        el("header.point-head", null,
            el("div", null,
                el("p.crumb", null, el("a", { href: "#/now" }, say("现状", "Now")), " › ", site_title(point.site)),
                el("h1", null, channel_title(name), " ", simulated_tag(point.simulated)),
                el("p.quiet-ink", null, site_title(point.site), " · ", el("code.nowrap", null, name))),
            view.now_value,
        beside.length ? el("nav.beside", { "aria-label": say("同一台仪器的其它因子", "Other points of this device") },
            el("span.quiet-ink", null, say("同一台仪器：", "Same device: ")),
            beside.map((other) => el("a", { href: point_address(other) }, channel_title(other)))) : null),
        asked && compared,
        el("section.chart-block", { "aria-label": say("曲线", "Chart") }, view.controls, view.heading, view.readout,
            view.frame, view.notice, view.absence, view.legend),
        el("div", null, view.figures, view.marks),
        !asked && compared,
        el("section.shown", null,
            el("details.table-place", { ontoggle: (event) => { view.table_open = event.target.open; put_table(view); } },
                el("summary", null, say("数据表：图上这段时间的全部数值", "Table: every value of the span shown")), view.table),
            el("p", null, el("button", { type: "button", onclick: () => download(view) }, say("下载 CSV", "Download CSV")), " ",
                el("span.quiet-ink", null, say("图上这段时间，UTF-8，可用表格软件打开", "the span shown, UTF-8, opens in a spreadsheet")))),
        limits(view));
    view.chart = new Chart(view.frame, {
        Dygraph: view.Dygraph, clock: view.clock, now: now_ms,
        role: say("曲线图", "chart"), compass: say("北东南西北", "NESWN").split(""),
        label: say(`${site_title(point.site)} ${channel_title(name)} 曲线。左右键平移，加减键缩放，Shift 加左右键逐点读数。`,
            `${channel_title(name)} at ${site_title(point.site)}. Arrow keys move, plus and minus zoom, Shift with arrows reads value by value.`),
        lineLabel: (line, brief) => line_words(line, view.series.unit, view.series.averaging, brief),
        moved: (from, to) => moved(view, from, to),
        read: (t) => read(view, t),
        edge: (which) => edge(view, which),
    });
    view.chart.span = view.span;
    put_readout(view.readout, view, null);
    put_heading(view);
    if (struck.length)
        compare(view, view.compare, struck, view.opened_with);
}

function controls(view) {
    const length = () => view.span.to - view.span.from;
    const chosen = (ms) => Math.abs(length() - ms) < ms * 0.02;
    const button = (words, does, label) => el("button", { type: "button", onclick: does, "aria-label": label, title: label }, words);

    view.span_buttons = SPANS.map(([, ms, zh, en]) => {
        const made = el("button", { type: "button", onclick: () => to_length(view, ms) }, say(zh, en));
        return { made, press: () => made.setAttribute("aria-pressed", String(chosen(ms))) };
    });
    view.live_button = el("button.live", { type: "button", onclick: () => edge(view, "last") }, say("跟随最新", "Follow"));
    const field = (label) => el("input", { type: "datetime-local", "aria-label": label });
    const from = field(say("从", "From"));
    const to = field(say("到", "To"));
    return el("div.controls", { role: "group", "aria-label": say("时间范围", "Span of time") },
        el("div.group", null, view.span_buttons.map(({ made }) => made)),
        el("div.group", null,
            button("◀", () => view.chart.pan(-0.5), say("往前", "earlier")),
            button("▶", () => view.chart.pan(0.5), say("往后", "later")),
            button("−", () => view.chart.zoom(2), say("缩小，看更长时间", "zoom out")),
            button("+", () => view.chart.zoom(0.5), say("放大，看更短时间", "zoom in"))),
        el("div.group", null, view.live_button),
        el("details.own-span", { ontoggle: () => {
            from.value = view.clock.toField(view.span.from);
            to.value = view.clock.toField(view.span.to);
        } },
        el("summary", null, say("自选时段", "Own span")),
        el("form.own", { onsubmit: (event) => {
            event.preventDefault();
            const a = view.clock.fromField(from.value), b = view.clock.fromField(to.value);
            if (a !== null && b !== null && b > a)
                view.chart.go(a, b);
            else
                tell(say("“从”应早于“到”", "“from” has to be before “to”"));
        } }, el("label", null, say("从 ", "From "), from), el("label", null, say("到 ", "To "), to),
        el("button", { type: "submit" }, say("显示", "Show")))));
}

/* "4s", as rules.conf says it, in words. */
function lasting(text) {
    const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|min|h|d)$/.exec(text) ?? [];
    const words = { ms: "毫秒", s: "秒", min: "分钟", h: "小时", d: "天" };
    return unit ? say(` ${number} ${words[unit]}`, `${number} ${unit}`) : text;
}

/* "昼间 ≤ 55 dB 1 小时 Leq", and how a value is rounded before it is compared. */
function rule_bound(rule, point) {
    const hours = { day: say("昼间", "daytime"), night: say("夜间", "night") }[rule.when];
    const parts = [hours, bound_words(rule.bound, point.unit), period_words(rule.on, rule.statistic, averaging_of(point.point))];

    return parts.filter(Boolean).join(" ") + (rule.decimals === null ? "" : rule.decimals === 0
        ? say("（先修约到整数）", " (rounded to whole numbers first)")
        : say(`（先修约到 ${rule.decimals} 位小数）`, ` (rounded to ${rule.decimals} decimals first)`));
}

function rule_item([first, ...others], point) {
    const bounds = [first, ...others].filter((lane) => lane.bound !== null).map((lane) => rule_bound(lane, point));

    return el("li", null, el("b", null, first.title || first.name), say("：", ": "),
        bounds.length ? [say("应 ", "should be "), [...new Set(bounds)].join(say("、", ", "))]
            : say("现在没有限值在用", "no limit in force now"),
        first.for && first.for !== "0s" ? say(`，持续${lasting(first.for)}才算`, `, for ${lasting(first.for)}`) : null,
        first.nature === "doubt" ? say("，只作存疑", ", a doubt only") : null);
}

function limit_item(limit, point) {
    return el("li", null,
        line_words({ limit, bound: limit.bound, when: limit.when, statistic: limit.statistic }, point.unit, averaging_of(point.point)),
        limit.clause ? el("span.quiet-ink", null, `　${/^[a-z]/.test(limit.standard) ? "" : limit.title ?? ""} ${limit.clause}`) : null,
        limit.verified ? null
            : el("span.quiet-ink", null, say("（未经原文核实，先作参考）", " (not checked against the original text yet)")));
}

function limits({ point }) {
    const rules = new Map();
    for (const rule of point.rules)
        rules.set(rule.name, [...rules.get(rule.name) ?? [], rule]);
    if (point.limits.length === 0 && rules.size === 0)
        return null;
    return el("section", null, el("h2", null, say("规则和限值", "Rules and limits")),
        rules.size ? el("ul.limits", null, [...rules.values()].map((lanes) => rule_item(lanes, point)))
            : el("p.soft", null, say("没有规则看着这个监测点：超出限值也不会登记为问题。",
                "No rule watches this point: going beyond a limit opens no problem.")),
        point.limits.length ? el("details", null,
            el("summary", null, say(`标准里有关的限值 ${point.limits.length} 条`, `${point.limits.length} limits of standards`)),
            el("ul.limits", null, point.limits.map((limit) => limit_item(limit, point)))) : null);
}

/* ---- what happens -------------------------------------------------------------------------------- */

function seen(view, series) {
    put(view.notice);
    view.series = series;
    if (view.live)
        slide(view);
    view.chart.show(series, view.span);
    words(view);
}

/* Where the window holds nothing: since when there is something, and a way there. */
function absence({ series, span, point, chart, clock }) {
    const way = (words, t) => el("button.button",
        { type: "button", onclick: () => chart.go(t - (span.to - span.from) / 2, t + (span.to - span.from) / 2) }, words);
    const [first, last] = [point.first, point.last].map((at) => (at === null ? null : Date.parse(at)));

    if (rowsWithin(series, span.from, span.to).length > 0)
        return null;
    if (first === null)
        return el("p.note", null, say("这个监测点还没有存下任何读数。", "No reading of this point has been stored yet."));
    return el("div.note.row", null, say("这段时间没有可画的数据。", "Nothing to draw in this span. "),
        first >= span.to ? way(say(`到最早的读数（${clock.day(first)}）`, `To the first reading (${clock.day(first)})`), first)
            : last < span.from ? way(say(`到最后的读数（${clock.day(last)}）`, `To the last reading (${clock.day(last)})`), last) : null);
}

/* Everything said about the window; at most some times a second while it moves. */
function words(view) {
    clearTimeout(view.words_due);
    view.words_due = setTimeout(() => {
        if (!view.series || view.page.signal.aborted)
            return;
        put(view.legend, legend(view.series, view));
        put(view.figures, summary(view));
        put(view.absence, absence(view));
        if (!view.marks.contains(document.activeElement))
            put(view.marks, marks_list(view, (i) => to_mark(view, i), (i) => view.chart.choose(i)));
        put_table(view);
    }, 80);
}

function moved(view, from, to) {
    const now = now_ms();

    view.live = to >= now - (to - from) * 0.01;
    if (to > now) // nobody has measured the future
        view.span = { from: from - (to - now), to: now };
    else
        view.span = { from, to };
    view.table_page = 0;
    view.chart.look(view.span.from, view.span.to);
    wish(view);
    put_heading(view);
    words(view);
    address(view);
}

function wish(view) {
    clearTimeout(view.wish_due);
    view.wish_due = setTimeout(() => view.feed.want(view.span.from, view.span.to, view.chart.width, view.live),
        view.series ? 120 : 0);
}

/* The right edge stays now. */
function slide(view) {
    const length = view.span.to - view.span.from;
    const to = now_ms();

    view.span = { from: to - length, to };
}

function follow(view) {
    const every = 2000;
    const timer = setInterval(() => {
        const pixel = (view.span.to - view.span.from) / view.chart.width;
        if (!view.live || document.hidden || !view.series || now_ms() - view.span.to < Math.max(every, pixel) - 100)
            return;
        slide(view);
        view.chart.look(view.span.from, view.span.to);
        put_heading(view);
        wish(view);
    }, every);
    view.page.signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

function to_length(view, ms) {
    const { from, to } = view.span;
    const end = view.live ? now_ms() : Math.min(now_ms(), (from + to) / 2 + ms / 2);
    view.chart.go(end - ms, end);
}

function edge(view, which) {
    const length = view.span.to - view.span.from;
    const first = view.point.first === null ? now_ms() - length : Date.parse(view.point.first);
    const from = which === "first" ? first : now_ms() - length;
    view.chart.go(from, from + length);
}

/* The mark in the middle, with some of what was before and after. */
function to_mark(view, index) {
    const mark = view.series.marks[index];
    const ends = mark.lasts ? mark.until ?? now_ms() : mark.time;
    const length = Math.max(view.span.to - view.span.from, (ends - mark.time) * 1.4);
    const middle = (mark.time + ends) / 2;
    view.chart.go(middle - length / 2, middle + length / 2);
    view.chart.choose(index);
}

function read(view, t) {
    put_readout(view.readout, view, t);
    if (document.activeElement === view.frame && view.frame.matches(":focus-visible") && t !== null)
        tell([...view.readout.children].map((part) => part.textContent).join(say("，", ", ")));
}

function put_heading(view) {
    const { from, to } = view.span;
    put(view.heading, el("b", null, view.clock.range(from, to)), " ",
        el("span.quiet-ink", null, `（${lengthWords(to - from, !is_english())}${view.live ? say("，跟随最新", ", following") : ""}）`));
    view.span_buttons.forEach(({ press }) => press());
    view.live_button.setAttribute("aria-pressed", String(view.live));
}

/* The address says what is shown, so that it can be sent to somebody. */
function address(view) {
    const span = SPANS.find(([, ms]) => Math.abs(view.span.to - view.span.from - ms) < ms * 0.02);
    const query = view.live && span ? { span: span[0] }
        : { from: new Date(view.span.from).toISOString(), to: new Date(view.span.to).toISOString() };
    history.replaceState(history.state, "", point_address(view.name, query));
}

function latest(view, { latest: rows }) {
    const row = rows.find((one) => one.point === view.name);
    if (!row)
        return;
    const rule = view.point.rules.find((one) => one.on === "reading" && JSON.stringify(one.bound) === JSON.stringify(row.bound));
    // a single reading is beyond nothing that is meant for an hour or a day
    const over = row.bound_on === "reading" && row.quality === "N" && breaks(row.bound, row.value, rule?.decimals ?? null);
    put(view.now_value,
        el("span.point-value", { class: row.stale ? "is-stale" : null },
            measure(row.value, view.point.unit, view.point.decimals, row.bound)),
        el("span.quiet-ink", null, row.time ? moment(row.time, true) : say("还没有读数", "nothing read yet"), " · ",
            !row.quality ? "—" : row.quality === "N" ? say("数据有效", "valid") : quality_words(row.quality),
            row.stale ? say(" · 已过时", " · out of date") : null),
        over ? chip("breach",
            say(`超出：应 ${bound_words(row.bound, view.point.unit)}`, `should be ${bound_words(row.bound, view.point.unit)}`))
            : row.bound ? bound_label(row.bound, view.point.unit, row.bound_on) : null);
}

function put_table(view) {
    if (!view.table_open || !view.series)
        return;
    put(view.table, table(view, view.table_page, (page) => {
        view.table_page = page;
        put_table(view);
    }));
}

/* Made of the very rows the chart is drawn from. */
function download(view) {
    const { from, to } = view.span;
    if (!view.series)
        return;
    const name = `${view.name.replaceAll("/", "_")}_${view.clock.day(from)}_${view.clock.day(to - 1)}.csv`;
    const link = el("a", { download: name, href: URL.createObjectURL(new Blob([csv(view)], { type: "text/csv;charset=utf-8" })) });

    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    tell(say("CSV 已下载", "CSV downloaded"));
}
