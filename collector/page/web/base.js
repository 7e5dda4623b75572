/* base.js - what every view stands on: nodes, words, moments, values, and asking the collector.
 *
 * No view and no address is known here.
 */

/* Words ------------------------------------------------------------------------------------- */

let language = "zh";

export const is_english = () => language === "en";

/* Each sentence stands here in both languages, side by side. */
export const say = (zh, en) => (language === "en" ? en : zh);

/* One of a table {key: [zh, en]}; a key it does not have is shown as it is. */
export const term = (table, key) => {
    const both = table[key];
    return both ? say(both[0], both[1]) : key ?? "";
};

export function speak(wanted) {
    language = wanted === "en" ? "en" : "zh";
    document.documentElement.lang = language === "en" ? "en" : "zh-CN";
}

export const STATES = {
    relapse: ["回潮", "Relapse"],
    breach: ["超标", "Breach"],
    silent: ["无数据", "No data"],
    doubt: ["存疑", "In doubt"],
    recovered: ["已恢复", "Recovered"],
    good: ["正常", "Normal"],
    nothing: ["未监测", "Not watched"],
};

export const ROLES = {
    public: ["未登录", "Not signed in"],
    reader: ["只读", "Reader"],
    steward: ["环保管家", "Steward"],
    office: ["环境办", "Office"],
};

/* What screening thinks of a value; a doubt's rule is "screen-" and the same word. */
const DOUBTS = {
    silence: ["长时间没有有效数据", "no valid value for long"],
    span: ["超出通常范围", "outside the usual span"],
    spike: ["单个数值突跳", "a single value stands out"],
    rate: ["变化过快", "changes unusually fast"],
    flat: ["长时间不变", "unchanged for long"],
    clip: ["集中在一个上限", "crowds at a ceiling"],
    contradiction: ["互相矛盾", "contradicts another"],
    hidden: ["升高后多次缺测", "gaps when values rise"],
    night: ["夜间数据偏少", "less data at night"],
};

export const doubt_words = (word) => term(DOUBTS, String(word ?? "").replace(/^screen-/, ""));

export const cause_words = (cause) => town_term("causes", cause) ?? cause ?? "";

/* Nodes ------------------------------------------------------------------------------------- */

const SVG = "http://www.w3.org/2000/svg";

function add(node, child) {
    if (child === null || child === undefined || child === false || child === true)
        return;
    if (Array.isArray(child))
        child.forEach((one) => add(node, one));
    else
        node.append(child instanceof Node ? child : String(child));
}

function dress(node, attributes) {
    for (const [name, value] of Object.entries(attributes ?? {})) {
        if (value === null || value === undefined || value === false)
            continue;
        if (name.startsWith("on")) {
            node[name.toLowerCase()] = value;
            (node.hears ??= []).push(name.toLowerCase());
        } else if (name === "style") {
            for (const [key, text] of Object.entries(value))
                node.style.setProperty(key, text);
        } else if (name === "value" && "value" in node) {
            node.value = value;
        } else {
            node.setAttribute(name, value === true ? "" : value);
        }
    }
}

/* el("a.button.small", {href: "#/now", onclick: f, "aria-label": "…"}, children…): children are
 * nodes, text, arrays of them, or nothing (null, false). Text is only ever text. */
export function el(tag, attributes, ...children) {
    const [name, ...classes] = tag.split(".");
    const node = document.createElement(name);

    if (classes.length)
        node.className = classes.join(" ");
    if (attributes && "class" in attributes) {
        const given = attributes.class;
        if (given)
            node.className = `${node.className} ${given}`.trim();
        attributes = { ...attributes, class: null };
    }
    if (name !== "select")
        dress(node, attributes);
    add(node, children);
    if (name === "select") // its value is one of its children
        dress(node, attributes);
    return node;
}

/* A title that is broken where one may pause, "镇中路快餐店：" or "超标，", and inside these only where
 * one alone is wider than the column. */
export const clauses = (text) => String(text).split(/(?<=[，。；：、！？])|(?<= · )/u).map((part) =>
    (part.endsWith(" · ") ? [el("span.clause", null, part.slice(0, -3)), " · "] : el("span.clause", null, part)));

export function svg(tag, attributes, ...children) {
    const node = document.createElementNS(SVG, tag);
    dress(node, attributes);
    add(node, children);
    return node;
}

export function put(node, ...children) {
    node.replaceChildren();
    add(node, children);
    return node;
}

/* Makes `old` look like `fresh` and keeps what is the same: the focus, an open <details>, what a
 * reader is in the middle of. Children that carry a data-key are found again by it. */
export function morph(old, fresh) {
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
        old.replaceWith(fresh);
        return fresh;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
        if (old.data !== fresh.data)
            old.data = fresh.data;
        return old;
    }
    for (const { name } of [...old.attributes])
        if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS"))
            old.removeAttribute(name);
    for (const { name, value } of fresh.attributes)
        if (old.getAttribute(name) !== value && !(name === "open" && old.nodeName === "DETAILS"))
            old.setAttribute(name, value);
    for (const name of old.hears ?? [])
        old[name] = null;
    for (const name of (old.hears = fresh.hears) ?? [])
        old[name] = fresh[name];
    morph_children(old, fresh);
    return old;
}

function morph_children(old, fresh) {
    const keyed = new Map();
    for (const child of old.children)
        if (child.dataset?.key)
            keyed.set(child.dataset.key, child);
    let at = old.firstChild;
    for (const child of [...fresh.childNodes]) {
        const known = keyed.get(child.dataset?.key);
        if (known) {
            if (known !== at)
                old.insertBefore(known, at);
            else
                at = at.nextSibling;
            morph(known, child);
            keyed.delete(child.dataset.key);
        } else if (at && !at.dataset?.key && !child.dataset?.key) {
            const next = at.nextSibling;
            morph(at, child);
            at = next;
        } else {
            old.insertBefore(child, at);
        }
    }
    while (at) {
        const next = at.nextSibling;
        at.remove();
        at = next;
    }
    for (const child of keyed.values())
        child.remove();
}

/* Told to those who do not see: changes, results; never every reading. */
export function tell(text) {
    const said = document.getElementById("said");
    if (said.textContent !== text)
        said.textContent = text;
}

/* Marks of states: shape and colour and, beside them, always the word. ------------------------- */

const SHAPES = {
    relapse: ["M8 .6 15.4 8 8 15.4.6 8Z", "M5.6 9.3a2.7 2.7 0 1 0 .5-3M5.7 4.3v2.2h2.2"],
    breach: ["M8 1.2 15.4 14.6H.6Z", "M8 6v4M8 12.1v.3"],
    silent: ["M1.4 1.4h13.2v13.2H1.4Z", "M4.6 4.6l6.8 6.8M11.4 4.6l-6.8 6.8"],
    doubt: ["M8 .8a7.2 7.2 0 1 1 0 14.4A7.2 7.2 0 0 1 8 .8", "M6.1 6.1a1.9 1.9 0 1 1 2.8 1.7c-.6.4-.9.7-.9 1.5M8 11.7v.3"],
    recovered: ["M8 .8a7.2 7.2 0 1 1 0 14.4A7.2 7.2 0 0 1 8 .8", "M4.8 8.3l2.2 2.2 4.3-4.6"],
    good: ["M8 .8a7.2 7.2 0 1 1 0 14.4A7.2 7.2 0 0 1 8 .8", "M4.8 8.3l2.2 2.2 4.3-4.6"],
    nothing: ["M8 .8a7.2 7.2 0 1 1 0 14.4A7.2 7.2 0 0 1 8 .8", "M5 8h6"],
};

/* The shape alone; hidden from readers, so the word stands beside it. */
export function mark(state, size = 16) {
    const [outline, sign] = SHAPES[state] ?? SHAPES.nothing;
    return svg("svg",
        { class: `mark ${state}`, viewBox: "0 0 16 16", width: size, height: size, "aria-hidden": "true", focusable: "false" },
        svg("path", { class: "outline", d: outline }),
        svg("path", { class: "sign", d: sign }));
}

/* Shape and word. */
export const chip = (state, words = term(STATES, state)) =>
    el("span.chip", { class: state }, mark(state, 14), el("span", null, words));

/* The state of a problem as a mark: what it is now. */
export function problem_state(problem) {
    if (problem.state === "closed")
        return "nothing";
    if (problem.nature === "doubt")
        return "doubt";
    if (problem.state === "recovered")
        return "recovered";
    return problem.kind === "relapse" ? "relapse" : "breach";
}

/* Whether some sites are real and some simulated: then each says which it is. */
export const is_mixed = () => town.about?.simulated && town.about.sites.some((site) => !site.simulated);

export const simulated_tag = (is) =>
    is ? el("span.simulated", null, say("模拟数据", "SIMULATED")) : null;

const ICONS = {
    stale: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13M8 4.5V8M2.2 13.8 13.8 2.2",
    back: "m10 3-5 5 5 5",
    person: "M8 2.2a2.9 2.9 0 1 1 0 5.8 2.9 2.9 0 0 1 0-5.8M2.5 14c.5-3 2.7-4.4 5.5-4.4s5 1.4 5.5 4.4",
    now: "M2 8h2.6l2-5 2.9 10 2-5H14",
    problems: "M8 2 14.5 13.5h-13ZM8 6.4v3.2M8 11.4v.2",
    tasks: "M2.5 4 3.6 5.1 5.6 3M2.5 10l1.1 1.1 2-2.1M8 4.4h5.5M8 10.4h5.5",
    watch: "M3.6 5.2A5.6 5.6 0 1 1 2.5 9M3.4 2v3.4h3.4M8 5.4V8.2l2 1.4",
    river: "M1.5 5c2.2-2 4.3 2 6.5 0s4.3 2 6.5 0M1.5 10.5c2.2-2 4.3 2 6.5 0s4.3 2 6.5 0",
    evidence: "M3.5 1.8h6l3 3v9.4h-9ZM9.3 2v3h3M5.6 8h4.8M5.6 10.8h3",
    station: "M2.5 2.5h11v4h-11ZM2.5 9.5h11v4h-11ZM5 4.5h.1M5 11.5h.1M8 4.5h3M8 11.5h3",
    more: "M3 8h.1M8 8h.1M13 8h.1",
    link: "M9.5 2.5h4v4M13.2 2.8 7 9M11.5 9.5v4h-9v-9h4",
};

export const icon = (name, size = 16) =>
    svg("svg", { class: "icon", viewBox: "0 0 16 16", width: size, height: size, "aria-hidden": "true", focusable: "false" },
        svg("path", { d: ICONS[name] ?? ICONS.more }));

/* What is there when there is nothing, and why. */
export const empty = (...children) => el("p.empty", null, ...children);

/* The town ----------------------------------------------------------------------------------- */

/* GET /me and GET /town, as they were last; sites and parameters by their keys. */
export const town = { me: null, about: null, sites: new Map(), parameters: new Map() };

export function town_take(about) {
    town.about = about;
    town.sites = new Map(about.sites.map((site) => [site.name, site]));
    town.parameters = new Map(about.parameters.map((parameter) => [parameter.key, parameter]));
}

/* One of the tables of words that come with the town. */
export function town_term(table, key) {
    const row = town.about?.[table]?.find?.((one) => one.key === key || one.letter === key);
    return row ? say(row.zh, row.en) || null : null;
}

export const quality_words = (letter) => town_term("qualities", letter) ?? letter;
export const site_title = (name) => town.sites.get(name)?.title || name;
export const kind_words = (site) => say(site?.kind_zh, site?.kind_en) ?? site?.kind ?? "";

export function parameter_of(point) {
    const channel = String(point).split("/")[2] ?? "";
    return town.parameters.get(channel.split(".")[0]) ?? null;
}

/* "氨氮", and the suffix where a device has several. */
export function channel_title(point) {
    const channel = String(point).split("/")[2] ?? String(point);
    const known = parameter_of(point);
    const suffix = channel.split(".").slice(1).join(".");
    return (known ? say(known.zh, known.en) : channel) + (known && suffix ? ` (${suffix})` : "");
}

export const point_address = (point, query) =>
    `#/point/${String(point).split("/").map(encodeURIComponent).join("/")}${query ? `?${new URLSearchParams(query)}` : ""}`;

/* Values ------------------------------------------------------------------------------------- */

/* Shown with the parameter's decimals; with more where fewer would put a value on the wrong side
 * of its bound, or on the bound itself: 1.504 is not "1.50" beside "≤ 1.5". */
export function number_text(value, decimals, bound) {
    if (value === null || value === undefined)
        return "—";
    const edges = bound ? [bound.above, bound.below, ...(bound.between ?? [])].filter((edge) => typeof edge === "number") : [];
    for (let digits = decimals ?? 2; digits <= 9; digits++) {
        const text = value.toFixed(digits);
        if (edges.every((edge) => Math.sign(Number(text) - edge) === Math.sign(value - edge)))
            return text.replace(/^-(0(\.0*)?)$/, "$1").replace("-", "−");
    }
    return String(value).replace("-", "−");
}

/* A number that stays with its unit. */
export function measure(value, unit, decimals, bound) {
    return el("span.measure", null, el("span.number", null, number_text(value, decimals, bound)),
        unit ? [" ", el("span.unit", null, unit)] : null);
}

/* What is allowed, "应 ≤ 1.5 mg/L": a bound names what is a breach. */
export function bound_words(bound, unit) {
    const tail = unit ? ` ${unit}` : "";
    if (typeof bound?.above === "number")
        return `≤ ${plain(bound.above)}${tail}`;
    if (typeof bound?.below === "number")
        return `≥ ${plain(bound.below)}${tail}`;
    if (bound?.between)
        return `${plain(bound.between[0])} – ${plain(bound.between[1])}${tail}`;
    return "";
}

const plain = (number) => String(number).replace("-", "−");

/* What is held against a bound: a mean of a day is not a reading. */
export const HELD = {
    "1min": ["分钟值", "1 min"], "5min": ["5 分钟值", "5 min"], "10min": ["10 分钟值", "10 min"], "15min": ["15 分钟值", "15 min"],
    "1h": ["小时值", "hourly"], "4h": ["4 小时值", "4 h"], "8h": ["8 小时滑动值", "moving 8 h"], day: ["日值", "daily"],
        month: ["月值", "monthly"],
    daytime: ["昼间值", "daytime"], night: ["夜间值", "night"], year: ["年值", "yearly"],
};

/* What a problem is about: "氨氮"; held against a mean, "PM2.5 日值", and of noise "A 声级夜间值". */
export function problem_what(problem) {
    const what = channel_title(problem.point);
    const of = HELD[problem.limit?.period];
    return of ? say(`${what.replace(/^瞬时 ?/, "")}${/[\w)]$/.test(what) ? " " : ""}${of[0]}`, `${what}, ${of[1]}`) : what;
}

export function bound_label(bound, unit, held) {
    const words = bound_words(bound, unit);
    const of = HELD[held];
    return words ? el("span.bound", null, of ? say(`${of[0]}应 `, `${of[1]} value should be `) : say("应 ", "should be "),
        el("span.nowrap", null, words)) : null;
}

/* Whether a value is on the wrong side. */
export const is_over = (value, bound) =>
    typeof value === "number" && Boolean(bound) && (value > (bound.above ?? Infinity) || value < (bound.below ?? -Infinity)
        || (Array.isArray(bound.between) && (value < bound.between[0] || value > bound.between[1])));

/* Moments ------------------------------------------------------------------------------------- */

let skew_ms = 0; // the collector's clock less ours

/* Now, by the collector's clock: a tablet's own may be wrong by hours. */
export const now_ms = () => Date.now() + skew_ms;

export const zone = () => town.about?.timezone || "Asia/Shanghai";

const clocks = new Map(); // by zone

function parts_of(ms) {
    let clock = clocks.get(zone());
    if (!clock) {
        clock = new Intl.DateTimeFormat("en-GB", { timeZone: zone(), hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
            hour: "2-digit", minute: "2-digit", second: "2-digit", weekday: "short" });
        clocks.set(zone(), clock);
    }
    return Object.fromEntries(clock.formatToParts(new Date(ms)).map(({ type, value }) => [type, value]));
}

parts_of(now_ms()); // a browser's first clock takes it 20 ms, which nobody waits for here

const to_ms = (moment) => (typeof moment === "number" ? moment : Date.parse(moment));
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/* "2026-11-23", in the collector's zone: what a date field and ?from= take. */
export function day_text(moment) {
    const p = parts_of(to_ms(moment));
    return `${p.year}-${p.month}-${p.day}`;
}

/* "11月23日" or "23 Nov"; the year where it is another one. */
export function date_words(moment) {
    const p = parts_of(to_ms(moment));
    const other = p.year !== parts_of(now_ms()).year;
    return say(`${other ? `${p.year}年` : ""}${Number(p.month)}月${Number(p.day)}日`,
        `${Number(p.day)} ${MONTHS[p.month - 1]}${other ? ` ${p.year}` : ""}`);
}

export const clock_words = (moment, seconds = false) => {
    const p = parts_of(to_ms(moment));
    return `${p.hour}:${p.minute}${seconds ? `:${p.second}` : ""}`;
};

/* "今天 12:04", "11月9日 08:30". */
export function moment_words(moment, seconds = false) {
    if (moment === null || moment === undefined)
        return "—";
    const day = day_text(moment);
    const name = day === day_text(now_ms()) ? say("今天", "today")
        : day === day_text(now_ms() - 86400000) ? say("昨天", "yesterday") : date_words(moment);
    return `${name} ${clock_words(moment, seconds)}`;
}

/* All of it, with the zone: for titles, evidence and print. */
export function exact_words(moment) {
    const p = parts_of(to_ms(moment));
    return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second} (${zone()})`;
}

export function span_words(ms) {
    const steps = [[86400000 * 2, 86400000, "天", "d"], [3600000 * 2, 3600000, "小时", "h"], [60000 * 2, 60000, "分钟", "min"],
        [0, 1000, "秒", "s"]];
    const at = Math.max(0, ms);
    const [, unit, zh, en] = steps.find(([from]) => at >= from);
    return say(`${Math.floor(at / unit)} ${zh}`, `${Math.floor(at / unit)} ${en}`);
}

function ago_words(moment) {
    const age = now_ms() - to_ms(moment);
    return age < -5000 ? moment_words(moment) : age < 1500 ? say("刚刚", "just now")
        : say(`${span_words(age)}前`, `${span_words(age)} ago`);
}

/* A <time> that counts on by itself; touched or hovered it says the exact moment. */
export function ago(moment) {
    if (moment === null || moment === undefined)
        return el("span", null, "—");
    return el("time.ago", { datetime: new Date(to_ms(moment)).toISOString(), title: exact_words(moment) }, ago_words(moment));
}

/* The same, calmer: what is younger than a minute is only that. */
export const lately = (moment) =>
    now_ms() - to_ms(moment) < 60000 ? el("time", { datetime: moment, title: exact_words(moment) }, say("1 分钟内", "within a minute"))
        : ago(moment);

/* "自 今天 12:04（3 分钟前）" */
export const since = (at) =>
    at === null || at === undefined ? null
        : el("span.since", null, say("自", "since\u00a0"), moment(at), " ",
            el("span.nowrap", null, say("（", "("), ago(at), say("）", ")")));

/* A <time> that says the moment, exact in its title. */
export const moment = (at, seconds) =>
    at === null || at === undefined ? el("span", null, "—")
        : el("time.nowrap", { datetime: new Date(to_ms(at)).toISOString(), title: exact_words(at) }, moment_words(at, seconds));

/* When the collector answered last: what is shown was checked then. */
const heard_words = () => (line.last_ms === null ? "—" : clock_words(line.last_ms, true));
export const heard = () => el("time.heard", null, heard_words());

setInterval(() => {
    if (document.hidden)
        return;
    for (const time of document.querySelectorAll("time.ago:not(.exact)")) {
        const words = ago_words(time.dateTime);
        if (time.textContent !== words)
            time.firstChild.data = words;
    }
    for (const time of document.querySelectorAll("time.heard"))
        put(time, heard_words());
}, 1000);

document.addEventListener("click", (event) => {
    const time = event.target.closest?.("time.ago");
    if (!time || time.closest("a, button, summary"))
        return;
    time.classList.toggle("exact");
    time.firstChild.data = time.classList.contains("exact") ? exact_words(time.dateTime) : ago_words(time.dateTime);
});

/* Asking -------------------------------------------------------------------------------------- */

const API = "/api/v1";
let token = null;
/* heard(ms) after each answer, lost(ms since) when nobody answers, unsigned() on 401. */
export const line = { heard: () => {}, lost: () => {}, unsigned: () => {}, last_ms: null };

export const token_is = () => token !== null;
export function token_set(text, keep) {
    token = text || null;
    for (const box of [localStorage, sessionStorage])
        box.removeItem("lookback.token");
    if (token)
        (keep ? localStorage : sessionStorage).setItem("lookback.token", token);
}
export function token_load() {
    token = sessionStorage.getItem("lookback.token") ?? localStorage.getItem("lookback.token");
}

/* The collector said no, in a sentence. */
export class Refusal extends Error {
    constructor(status, details, retry_s) {
        super(details?.detail || details?.title || say(`采集器回答 ${status}`, `the collector answered ${status}`));
        this.status = status;
        this.kind = details?.kind ?? null;
        this.where = details?.where ?? null;
        this.details = details ?? {};
        this.retry_s = retry_s;
    }
}
/* Nobody answered. */
export class Unreachable extends Error {}

export const headers = () => ({
    "Accept-Language": language,
    ...(token ? { Authorization: `Bearer ${token}` } : {}),
});

function learn_clock({ response, sent_ms, heard_ms }) {
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (Number.isNaN(date))
        return;
    const found = date + 500 - (sent_ms + heard_ms) / 2;
    if (Math.abs(found - skew_ms) > 2000) // the header has whole seconds
        skew_ms = Math.abs(found) > 2000 ? found : 0;
}

/* Nobody has answered for so long: given up. A file then comes as slowly as the line is. */
const PATIENCE_MS = 15000;

/* What a refusal says need not be JSON: what is no request at all the server refuses in its own words. */
async function body_of(response, raw) {
    if (response.status === 304 || (raw && response.ok))
        return null;
    return response.ok ? response.json() : response.json().catch(() => null);
}

const read = async (heard, raw) => ({ ...heard, data: await body_of(heard.response, raw) });

async function send(path, { method, body, etag, raw, signal }) {
    const sent_ms = Date.now();
    const response = await fetch(API + path, {
        method, signal,
        headers: { ...headers(), ...(etag ? { "If-None-Match": etag } : {}), ...(body ? { "Content-Type": "application/json" } : {}) },
        // not "omit": a browser keeps such questions from the lines it has open, and shakes hands anew
        body: body ? JSON.stringify(body) : undefined, cache: "no-store", credentials: "same-origin",
    });
    return read({ response, sent_ms, heard_ms: Date.now() }, raw);
}

/* What start.js has asked already, once, and for nobody else than it asked for; read as soon as it comes. */
const early = new Map([...globalThis.asked_early?.answers ?? []].map(([path, heard]) => [path, heard.then(read)]));
for (const answer of early.values())
    answer.catch(() => {}); // told by whoever takes it

function take_early(path, method, etag) {
    const answer = method === "GET" && !etag && globalThis.asked_early?.token === token ? early.get(path) : undefined;
    if (answer)
        early.delete(path);
    return answer;
}

/* An answer that broke off on its way is none. */
async function ask_once(path, { method = "GET", body, etag, signal, raw } = {}) {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
    const either = signal && AbortSignal.any ? AbortSignal.any([signal, patience.signal]) : signal ?? patience.signal;
    let response, data;
    try {
        const heard = await (take_early(path, method, etag) ?? send(path, { method, body, etag, raw, signal: either }));
        ({ response, data } = heard);
        learn_clock(heard);
    } catch (err) {
        if (signal?.aborted)
            throw err;
        line.lost();
        throw new Unreachable(say("联系不上采集器", "the collector cannot be reached"));
    } finally {
        clearTimeout(timer);
    }
    line.heard();
    if (response.status === 304)
        return { status: 304, data: null, etag, response };
    if (method === "GET" && response.status === 202) // still being made
        throw new Refusal(503, null, Number(response.headers.get("Retry-After")) || 1);
    if (response.ok)
        return { status: response.status, data, etag: response.headers.get("ETag"), response };
    if (response.status === 401)
        line.unsigned();
    throw new Refusal(response.status, data, Number(response.headers.get("Retry-After")) || null);
}

/* One question: {status, data, etag, response}. Throws Refusal, Unreachable, or AbortError. Who is
 * told that the collector is busy, and has done nothing yet, asks again quietly for a while. */
const BUSY_TRIES = 10;

export async function ask(path, how = {}) {
    for (let left = BUSY_TRIES; ; left--) {
        try {
            return await ask_once(path, how);
        } catch (err) {
            if (!(err instanceof Refusal && err.status === 503 && err.kind && err.retry_s) || left === 0)
                throw err;
            await wait(1000 * err.retry_s, how.signal);
        }
    }
}

export const get = async (path, signal) => (await ask(path, { signal })).data;

export function wait(ms, signal) {
    return new Promise((done, fail) => {
        const timer = setTimeout(done, ms);
        signal?.addEventListener("abort", () => { clearTimeout(timer); fail(signal.reason); }, { once: true });
    });
}

/* As long, but no longer than until the window is seen again. */
function wait_seen(ms, signal) {
    const seen = new AbortController();
    const look = () => document.hidden || seen.abort();
    document.addEventListener("visibilitychange", look);
    const over = () => document.removeEventListener("visibilitychange", look);
    signal.addEventListener("abort", () => seen.abort(), { once: true, signal: seen.signal });
    return wait(ms, seen.signal).then(() => seen.abort(), () => {}).finally(over);
}

/* Asks again and again while the window is seen. `see` hears each new answer; an answer that is
 * still being made (202 with Retry-After) is waited for; silence is asked after ever more slowly,
 * at most every 15 s. The promise is of the first answer. */
export function poll(path, see, every_ms, signal) {
    let etag = null;
    let pause = every_ms;
    return new Promise((first, failed) => {
        (async () => {
            while (!signal.aborted) {
                try {
                    if (!document.hidden || etag === null) {
                        const answer = await ask(path, { etag, signal });
                        pause = every_ms;
                        if (answer.status !== 304 && !signal.aborted) {
                            see(answer.data, etag !== null);
                            etag = answer.etag;
                            first(answer.data);
                        }
                    }
                } catch (err) {
                    if (signal.aborted)
                        return;
                    if (err instanceof Refusal && err.status === 503)
                        pause = 1000 * (err.retry_s ?? 2);
                    else if (err instanceof Unreachable)
                        pause = Math.min(15000, Math.max(1000, pause) * 1.5);
                    else {
                        failed(err);
                        return;
                    }
                }
                await wait_seen(pause, signal);
            }
        })();
    });
}

/* A sheet of styles of a view's own, from beside the modules; done when it is there. */
export function style(name) {
    const href = new URL(name, import.meta.url).href;
    if ([...document.styleSheets].some((sheet) => sheet.href === href))
        return Promise.resolve();
    return new Promise((done) => document.head.append(el("link", { rel: "stylesheet", href, onload: done, onerror: done })));
}
