/* river.js - sections of the rivers, a month at a time: class of each day, is the target met. */
import { chip, day_text, el, empty, now_ms, number_text, point_address, put, say, simulated_tag } from "./base.js";
import { list_of } from "./views.js";

const CLASSES = ["I", "II", "III", "IV", "V", "worse"];
const both = (words) => (words ? say(words.zh, words.en) : "");

/* Roman, as the standard writes it; worse than V is 劣V. */
const class_text = (name) => (class_key(name) === "worse" ? say("劣V", ">V") : name);
const class_key = (name) => (name === null ? "none" : CLASSES.includes(name) ? name : "worse");

const ANSWERS = { met: ["good", "达标", "Target met"], missed: ["breach", "不达标", "Target missed"],
    not_provable: ["doubt", "不能证明", "Not provable"] };

export async function show(page, where) {
    page.title(say("河长", "River"));
    put(page.root, el("h1", null, say("河流断面", "River sections")));
    const about = await page.ask("/river/sections");
    if (about.sections.length === 0 || !about.months) {
        put(page.root, el("h1", null, say("河流断面", "River sections")),
            empty(say("这台采集器没有河流断面，或者还没有水质数据。", "This collector has no river section, or no water data yet.")));
        return;
    }
    const query = where.query;
    const [kind, name] = ["section", "river", "chief"].map((key) => [key, query.get(key)]).find(([, value]) => value)
        ?? ["section", about.sections[0].site];
    const month = /^\d{4}-\d\d$/.test(query.get("month") ?? "") ? query.get("month") : about.months.last;
    const report = el("div.stack");

    put(page.root,
        el("div.head", null, el("div", null, el("h1", null, say("河流断面", "River sections")),
            el("p.lead", null,
                say("逐日水质类别，与目标比较（GB 3838，单因子评价）", "Class of each day against the target (GB 3838, single-factor)"))),
        el("button.button.on-desk", { type: "button", onclick: () => print() }, say("打印", "Print"))),
        pickers(about, kind, name, month), report);
    put(report, el("p.soft", { role: "status" }, say("正在计算这个月……", "Working out this month…")));
    await page.poll(`/river?${new URLSearchParams({ month, [kind]: name })}`, (data) => draw(report, data), 60000);
}

const go = (kind, name, month) => { location.hash = `#/river?${new URLSearchParams({ month, [kind]: name })}`; };

function pickers({ sections, months }, kind, name, month) {
    const rivers = new Map(sections.map((section) => [section.river, section.river_title || section.river]));
    const chiefs = [...new Set(sections.flatMap((section) => section.chiefs.map((chief) => chief.name)))];
    const option = (key, value, words) => el("option", { value: `${key}=${value}` }, words);
    const all = months_between(months.first, months.last);
    const at = all.indexOf(month);
    const step = (by, zh, en) => el("button.button",
        { type: "button", disabled: all[at + by] === undefined, onclick: () => go(kind, name, all[at + by]) }, say(zh, en));

    return el("div.filters.river-filters", null,
        el("div.field", null, el("label", { for: "river-what" }, say("断面、河流或河长", "Section, river or chief")),
            el("select", { id: "river-what", value: `${kind}=${name}`, onchange: (event) => {
                const [key, ...rest] = event.target.value.split("=");
                go(key, rest.join("="), month);
            } },
            el("optgroup", { label: say("断面", "Section") }, sections.map((section) => option("section", section.site, section.title))),
            el("optgroup", { label: say("河流", "River") }, [...rivers].map(([key, title]) => option("river", key, title))),
            chiefs.length ? el("optgroup", { label: say("河长", "Chief") }, chiefs.map((chief) => option("chief", chief, chief))) : null)),
        el("div.field", null, el("label", { for: "river-month" }, say("月份", "Month")),
            el("select", { id: "river-month", value: month, onchange: (event) => go(kind, name, event.target.value) },
                [...all].reverse().map((one) => el("option", { value: one }, month_words(one))))),
        el("div.buttons", null, step(-1, "‹ 上月", "‹ Earlier"), step(1, "下月 ›", "Later ›")));
}

function months_between(first, last) {
    const found = [];
    let [year, month] = first.split("-").map(Number);
    for (let text = first; text <= last && found.length < 1200;) {
        found.push(text);
        month++;
        if (month > 12)
            [year, month] = [year + 1, 1];
        text = `${year}-${String(month).padStart(2, "0")}`;
    }
    return found;
}

const EN_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December"];
function month_words(text) {
    const [year, month] = text.split("-").map(Number);
    return say(`${year}年${month}月`, `${EN_MONTHS[month - 1]} ${year}`);
}

function draw(place, data) {
    put(place,
        data.over === false
            ? el("p.note", null, say("这个月还没有过完，以下为截至目前。", "This month is not over; the following is up to now.")) : null,
        data.sections.length === 0 ? empty(say("没有这样的断面。", "There is no such section.")) : null,
        data.sections.map((section) => one_section(section, data)),
        class_legend());
}

function one_section(section, data) {
    const running = section.answer === "not_provable" && data.over === false;
    const [sign, zh, en] = running ? ["nothing", "本月未结束", "Month not over"]
        : ANSWERS[section.answer] ?? ["nothing", section.answer, section.answer];
    const mains = section.main_items.map((key) => title_of(section, key));

    return el("section.card.stack.river-section", null,
        el("div.head", null, el("h2", null, section.title, " ", simulated_tag(section.simulated)), chip(sign, say(zh, en))),
        el("p.soft.under", null, el("span", null, section.river.title), section.village ? el("span", null, section.village) : null,
            section.chiefs.map((chief) => el("span", null, tier_words(chief.tier), " ", chief.name))),
        el("div.river-answer", null,
            big_class(say("本月", "This month"), section.class, section.worse_than_V),
            big_class(say("目标", "Target"), section.target),
            el("div", null, el("p", null, el("b", null, both(section.why))),
                section.grade ? el("p.soft", null, both(section.grade)) : null,
                mains.length ? el("p", null, say("主要污染指标：", "Main items: "), list_of(mains)) : null)),
        el("div.river-month", null, calendar(section, data.month),
            el("div.stack", null, changes(section), items(section, data.over === false))),
        section.missing.length ? el("details", null, el("summary", null,
            say(`没有监测的 ${section.missing.length} 项（不参与评价）`, `${section.missing.length} items not measured (take no part)`)),
            el("p.soft", null, list_of(section.missing.map((item) => both(item.title))))) : null);
}

function big_class(words, name, worse) {
    const key = worse ? "worse" : class_key(name);
    return el("div.big-class", null, el("span.soft", null, words),
        el(`b.class-cell.class-${key}`, null, name === null ? "—" : worse ? say("劣V", ">V") : class_text(name)));
}

const TIERS = { city: ["市级河长", "city chief"], district: ["区级河长", "district chief"], town: ["镇级河长", "town chief"],
    village: ["村级河长", "village chief"] };
const tier_words = (tier) => (TIERS[tier] ? say(...TIERS[tier]) : tier);
const title_of = (section, key) => both([...section.items, ...section.beside].find((item) => item.parameter === key)?.title) || key;

/* Weeks from Monday, as calendars here begin. */
function calendar(section, month) {
    const [year, number] = month.split("-").map(Number);
    const first = (new Date(Date.UTC(year, number - 1, 1)).getUTCDay() + 6) % 7;
    const names = say("一二三四五六日", "MTWTFSS").split("");
    const full = [["周一", "Monday"], ["周二", "Tuesday"], ["周三", "Wednesday"], ["周四", "Thursday"], ["周五", "Friday"],
        ["周六", "Saturday"], ["周日", "Sunday"]];
    const cells = [...Array(first).fill(null), ...section.calendar];
    const weeks = [];

    while (cells.length % 7 !== 0)
        cells.push(null);
    for (let i = 0; i < cells.length; i += 7)
        weeks.push(cells.slice(i, i + 7));
    return el("table.calendar", null,
        el("caption", null, say(`${month_words(month)}逐日类别`, `Class of each day, ${month_words(month)}`)),
        el("thead", null, el("tr", null, names.map((name, i) => el("th", { scope: "col", abbr: say(...full[i]) }, name)))),
        el("tbody", null, weeks.map((week) => el("tr", null, week.map((day) => day_cell(day, month))))));
}

/* A day to come is no day without data. */
function day_cell(day, month) {
    if (day === null)
        return el("td.no-day", null);
    if (day.class === null && `${month}-${String(day.day).padStart(2, "0")}` >= day_text(now_ms()))
        return el("td.future", null, el("span.day", null, String(day.day)));
    const key = class_key(day.class);
    return el(`td.class-cell.class-${key}`, null, el("span.day", null, String(day.day)),
        el("b", null, day.class === null ? say("无", "–") : class_text(day.class)),
        day.class === null ? el("span.quiet", null, say("数据", "no data")) : null);
}

function changes(section) {
    const words = { clearly_better: say("明显好转", "clearly better"), better: say("有所好转", "somewhat better"),
        none: say("没有明显变化", "no clear change"),
        worse: say("有所变差", "somewhat worse"), clearly_worse: say("明显变差", "clearly worse") };
    const line = (name, change) => (change?.class ? el("li", null, name, `${month_words(change.month)} `, class_text(change.class),
        change.change ? el("b", null, say("，", ", "), words[change.change] ?? change.change) : null,
        change.same_items ? null : el("span.soft", null, say("（项目不全相同）", " (not the same items)")))
        : el("li.soft", null, name, say("没有可比的数据", "nothing to compare with")));

    return el("ul.plain", null, line(say("环比：", "Month before: "), section.change?.last_month),
        line(say("同比：", "Year before: "), section.change?.last_year));
}

function items(section, running) {
    const names = [say("项目", "Item"), say("月均值", "Month mean"), say("目标限值", "Target limit"), say("类别", "Class"),
        say("结论", "Finding"), say("有效天", "Valid days")];
    const cell = (column, side, ...children) => el("td", { class: side, "data-name": names[column] }, children);
    const row = (item) => el("tr", { class: item.exceeds ? "is-beyond" : null },
        el("th", { scope: "row" }, item.point ? el("a", { href: point_address(item.point) }, both(item.title)) : both(item.title)),
        cell(1, "right", `${number_text(item.mean, item.decimals)} ${item.unit}`.trim()),
        cell(2, null, item.limit?.text ?? "—", item.limit && !item.limit.verified ? say("（未核实）", " (unverified)") : null),
        cell(3, null, item.class === null ? "—" : el(`b.class-cell.class-${class_key(item.class)}`, null, class_text(item.class))),
        cell(4, null, item.exceeds
            ? el("b", null, "▲ ", say("超", "over"), item.multiple === null ? null : ` ${number_text(item.multiple, 2)} ${say("倍", "×")}`)
            : item.enough === false ? running && item.mean !== null ? say("目前满足", "kept so far") : say("数据不足", "too few data")
                : say("满足", "kept")),
        cell(5, "right", `${item.valid_days}/${item.days}`));

    return el("table.table.river-items", null, el("caption.quiet", null, say("各项目", "Items")),
        el("thead", null,
            el("tr", null, names.map((name, i) => el("th", { scope: "col", class: i === 1 || i === 5 ? "right" : null }, name)))),
        el("tbody", null, section.items.map(row)));
}

function class_legend() {
    return el("ul.class-legend", { "aria-label": say("图例", "Legend") },
        CLASSES.map((name) => el("li", null, el(`b.class-cell.class-${name}`, null, class_text(name)), " ",
            { I: say("优", "excellent"), II: say("优", "excellent"), III: say("良好", "good"), IV: say("轻度污染", "light"),
                V: say("中度污染", "moderate"), worse: say("重度污染", "heavy") }[name])),
        el("li", null, el("b.class-cell.class-none", null, say("无", "–")), " ", say("无数据", "no data")));
}

