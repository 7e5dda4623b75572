/* now.js - the town at a glance: what is wrong first, in one sentence, then village by village,
 * then site by site.
 */
import { ago, bound_label, cause_words, channel_title, chip, clauses, doubt_words, el, empty, heard, icon, is_mixed, is_over, kind_words,
    lately, mark, measure, moment, morph, parameter_of, point_address, problem_state, problem_what, quality_words, say, simulated_tag,
    since, site_title, STATES, svg, tell, term, town } from "./base.js";

/* The sentence ---------------------------------------------------------------------------------- */

const COUNTED = {
    relapse: [(n) => `${n} 处回潮`, (n) => `${n} relapsed`],
    breach: [(n) => `${n} 处超标`, (n) => `${n} over the limit`],
    silent: [(n) => `${n} 处无数据`, (n) => `${n} without data`],
    doubt: [(n) => `${n} 处数据存疑`, (n) => `${n} with doubtful data`],
    recovered: [(n) => `${n} 处已恢复待关闭`, (n) => `${n} recovered, not closed`],
};

/* Where no rule holds anything against a limit now, nothing wrong was found because nobody looked: that
 * is not called good. */
export function only_judged_good({ counts, sites, ...now }) {
    const is_judged = (site) => site.state !== "good" || site.points.some((row) => row.bound);
    const unjudged = sites.filter((site) => !is_judged(site)).map((site) => ({ ...site, state: "nothing", unjudged: true }));
    const is_last = (site) => site.state === "nothing";
    return { ...now, counts: { ...counts, good: counts.good - unjudged.length, unjudged: unjudged.length },
        sites: [...sites.filter((site) => is_judged(site) && !is_last(site)), ...unjudged, ...sites.filter(is_last)] };
}

const state_words = (site) => (site.unjudged ? say("未判定", "Not judged") : term(STATES, site.state));

export function headline(counts) {
    const wrong = Object.entries(COUNTED).filter(([state]) => counts[state] > 0)
        .map(([state, words]) => say(...words.map((word) => word(counts[state]))));
    const all = !counts.nothing && !counts.unjudged;
    const rest = [];
    if (counts.good > 0)
        rest.push(wrong.length ? say(`${all ? "其余 " : ""}${counts.good} 处正常`, `${counts.good} normal`)
            : say(`${all ? "全部 " : ""}${counts.good} 处正常`,
                counts.good === 1 ? "1 site, normal" : `${all ? "All " : ""}${counts.good} sites normal`));
    if (counts.unjudged > 0)
        rest.push(say(`${counts.unjudged} 处没有规则判定`, `${counts.unjudged} judged by no rule`));
    if (counts.nothing > 0)
        rest.push(say(`${counts.nothing} 处没有设备`, `${counts.nothing} without a device`));
    if (!counts.sites)
        return say("还没有点位", "There are no sites yet");
    return [wrong.join(say("，", ", ")), rest.join(say("，", ", "))].filter(Boolean).join(say("；", "; "));
}

const worst_of = (sites) => sites[0]?.state ?? "nothing";

function top_part(now) {
    const told = headline(now.counts);
    return el("div.headline", { "data-key": "headline" }, mark(worst_of(now.sites), 30),
        el("h1", null, clauses(told)),
        el("div.under", null,
            el("span", null, say("核对于 ", "checked at "), heard()),
            now.notices > 0 && el("a", { href: "#/station" }, say(`${now.notices} 件设备或系统的事要人处理`,
                `${now.notices} ${now.notices === 1 ? "notice" : "notices"} of the station need someone`))));
}

/* Villages -------------------------------------------------------------------------------------- */

const village_of = (name) => town.sites.get(name)?.village || say("未分村居", "No village");

function go_to(event, name) {
    const card = document.getElementById(`site-${name}`);
    if (!card)
        return;
    event.preventDefault();
    event.stopPropagation();
    light(card);
}

function light(card) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    card.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
    const heading = card.querySelector("h3");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    lit = card.dataset.key;
    card.classList.add("lit");
    setTimeout(() => {
        lit = null;
        card.classList.remove("lit");
    }, 1600);
}

let lit = null;

/* What is wrong there and since when, in a few words: the newest of what makes its state. */
function site_trouble(site) {
    const standing = site.problems.filter((problem) => problem.state === "open" && problem_state(problem) === site.state)
        .sort((a, b) => b.opened.localeCompare(a.opened));
    const down = site.devices.filter((device) => DEVICE_STATES[device.state]);
    if (standing.length)
        return [problem_what(standing[0]), standing.length > 1 && say(`等 ${standing.length} 项`, ` and ${standing.length - 1} more`),
            say("，", ", "), ago(standing[0].opened)];
    if (site.state === "silent" && down.length)
        return [down[0].title || down[0].name, " ", term(DEVICE_STATES, down[0].state), down[0].since && [say("，", ", "), ago(down[0].since)]];
    return null;
}

function site_link(site) {
    const trouble = site_trouble(site);
    return el("li", null,
        el("a", { class: site.state, href: `#/now?site=${encodeURIComponent(site.name)}`, onclick: (event) => go_to(event, site.name) },
        mark(site.state, 18), el("span", null, site_title(site.name), trouble && el("span.trouble-short", null, trouble)),
            el("span.word", null, state_words(site))));
}

function villages_part(now) {
    const villages = Map.groupBy ? Map.groupBy(now.sites, (site) => village_of(site.name)) : group(now.sites);
    if (villages.size < 2)
        return null;
    return el("section.stack", { "data-key": "villages", "aria-labelledby": "villages" },
        el("h2", { id: "villages" }, say("各村居", "Villages")),
        el("div.villages", null, [...villages].map(([name, sites]) =>
            el("div.village", { class: sites[0].state, "data-key": `village-${name}` },
                el("h3", null, el("span", null, name), el("span.count", null, say(`${sites.length} 处`, String(sites.length)))),
                el("ul", null, sites.map(site_link))))),
        map_part(now));
}

function group(sites) {
    const groups = new Map();
    for (const site of sites)
        groups.set(village_of(site.name), [...(groups.get(village_of(site.name)) ?? []), site]);
    return groups;
}

/* A sketch by longitude and latitude; no tiles, no roads: where things lie to each other. */
function map_part(now) {
    const placed = now.sites.map((site) => ({ site, at: town.sites.get(site.name)?.location })).filter(({ at }) => at);
    if (placed.length < 3)
        return null;
    const wide = 900, high = 300, edge = 46;
    const lons = placed.map(({ at }) => at[0]), lats = placed.map(({ at }) => at[1]);
    const [west, east, south, north] = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)];
    const squeeze = Math.cos(((south + north) / 2) * Math.PI / 180);
    const scale = Math.min((wide - 2 * edge) / Math.max(1e-9, (east - west) * squeeze), (high - 2 * edge) / Math.max(1e-9, north - south));
    const x = (lon) => wide / 2 + (lon - (west + east) / 2) * squeeze * scale;
    const y = (lat) => high / 2 - (lat - (south + north) / 2) * scale;
    return el("details", { "data-key": "map" }, el("summary", null, say("位置示意图", "Sketch map")),
        svg("svg", { class: "map", viewBox: `0 0 ${wide} ${high}`, role: "img",
            "aria-label": say("点位相对位置示意，上北下南", "where the sites lie; north is up") },
            [...placed].reverse().map(({ site, at }) => {
                const sign = mark(site.state, 24);
                sign.setAttribute("x", x(at[0]) - 12);
                sign.setAttribute("y", y(at[1]) - 12);
                return [sign, (placed.length <= 12 || site.state !== "good")
                    && svg("text", { x: x(at[0]), y: y(at[1]) + 28, "text-anchor": "middle" }, site_title(site.name))];
            })));
}

/* One site ---------------------------------------------------------------------------------------- */

const owners = new Map(); // of the tasks that problems belong to: id -> task, null while asked

function whose(problem) {
    const parts = problem.tasks.map((id) => {
        const owner = owners.get(id)?.owner;
        return [el("a.nowrap", { href: `#/task/${encodeURIComponent(id)}` }, say(`任务 ${id}`, `task ${id}`)),
            owner && ` ${owner.unit || owner.lead || ""}${owner.person ? say(`（${owner.person}）`, ` (${owner.person})`) : ""}`];
    });
    return parts.length ? el("p.whose", null, say("责任：", "Owner: "), parts.flatMap((part, i) => (i ? [say("；", "; "), part] : [part])))
        : el("p.whose.soft", null, say("没有对应的整改任务", "No task is about this"));
}

const PROBLEM_TITLES = {
    relapse: ["回潮", "Relapse"],
    ongoing: ["整改期间超标", "Breach during rectification"],
    new: ["新超标", "New breach"],
};

const held_of = (problem) => problem.on ?? problem.limit?.period ?? null;

/* An open problem whose value is inside its bound again is not over yet: it has to stay there. */
function inside_again(problem, site) {
    const row = site.points.find((one) => one.point === problem.point);
    return problem.state === "open" && problem.nature === "breach" && row && !row.stale && row.value !== null
        && !is_over(row.value, problem.bound);
}

/* And one that is over is not open again at once: the breach has to last. */
function outside_again(problem, site) {
    const row = site.points.find((one) => one.point === problem.point);
    return problem.state === "recovered" && problem.nature === "breach" && row && is_over_by_itself(row, site) && !row.stale;
}

/* Open ones first, of these the one that began last. */
const urgent_first = (a, b) => Number(b.state === "open") - Number(a.state === "open") || b.opened.localeCompare(a.opened);

function trouble_part(problem, site) {
    const parameter = parameter_of(problem.point);
    const state = problem_state(problem);
    const doubt = problem.nature === "doubt";
    const kind = doubt ? say("数据存疑", "Doubtful data") : term(PROBLEM_TITLES, problem.kind);
    return el("div.trouble", { class: state, "data-key": problem.uid },
        el("div.head", null, el("a.main", { href: `#/problem/${problem.uid}` }, mark(state, 16),
            say(`${problem_what(problem)}${kind}`, `${kind}: ${problem_what(problem)}`)),
            simulated_tag(is_mixed() && problem.simulated)),
        doubt ? problem.rule && el("p", null, doubt_words(problem.rule))
            : el("p", null, say("最差 ", "Worst "), measure(problem.worst.value, parameter?.unit, parameter?.decimals, problem.bound), "　",
                bound_label(problem.bound, parameter?.unit, held_of(problem))),
        el("p.soft", null, problem.state === "recovered" ? [say("已恢复，", "recovered "), ago(problem.ended),
            say("；始于", "; began\u00a0"), moment(problem.opened)] : since(problem.opened),
            problem.episodes > 1 && el("span.nowrap", null, say(`，第 ${problem.episodes} 次`, `, time no. ${problem.episodes}`)),
            problem.acknowledged ? say("，已有人确认", "; acknowledged") : !doubt && say("，还没有人确认", "; nobody has acknowledged it")),
        inside_again(problem, site) && el("p.soft", null, say("现在的值在界限内；稳住一段时间才算恢复。",
            "The value is inside its bound now; it counts as recovered once it has stayed there.")),
        outside_again(problem, site) && el("p.soft", null, say("现在的值又超出界限；持续一段时间才算再次超标。",
            "The value is outside its bound again; it counts as a breach once that has lasted.")),
        whose(problem));
}

const TRUSTED = new Set(["N", "T"]);

function value_note(row) {
    if (row.time === null || row.quality === null)
        return say("还没有读到过", "never read yet");
    const why = [];
    if (!TRUSTED.has(row.quality) || row.quality === "T")
        why.push(quality_words(row.quality));
    if (row.cause)
        why.push(cause_words(row.cause));
    if (row.doubt)
        why.push(say(`存疑：${doubt_words(row.doubt)}`, `in doubt: ${doubt_words(row.doubt)}`));
    return why.join(say("，", ", "));
}

/* Said once for its device, not of each of its values. */
const is_down = (row, site) => row.value === null
    && site.devices.some((device) => device.name === row.device && DEVICE_STATES[device.state]);

const open_breach = (row, site) =>
    site.problems.find((one) => one.point === row.point && one.state === "open" && one.nature === "breach");

/* No breach yet: it has to last. */
const is_over_by_itself = (row, site) => !open_breach(row, site) && row.bound_on === "reading" && TRUSTED.has(row.quality)
    && is_over(row.value, row.bound);

function value_row(row, site) {
    const parameter = parameter_of(row.point);
    const problem = open_breach(row, site);
    const state = problem && is_over(row.value, problem.bound) && problem_state(problem);
    const over = is_over_by_itself(row, site);
    const note = is_down(row, site) ? "" : value_note(row);
    const absent = row.value === null;
    const against = problem?.bound ?? row.bound; // of the problem that stands open, else the finest there is
    const bound = against && bound_label(against, parameter?.unit, problem ? held_of(problem) : row.bound_on);
    const age = row.time !== null && !(absent && is_down(row, site))
        && el("span.age", null, row.stale ? [icon("stale", 14), say("过时：", "old: "), ago(row.time)] : lately(row.time));
    const second = bound || note || row.stale; // else the age stands beside the name
    return el("a.value",
        { href: point_address(row.point), class: [state && `over ${state}`, over && "over breach", row.stale && "stale", absent && "absent",
            !TRUSTED.has(row.quality) && "weak"].filter(Boolean).join(" "), "data-key": row.point },
        el("span.name", null, channel_title(row.point), !second && [" ", age]),
        el("span.right", null, state && !row.stale && !absent && [el("span.sign", null, mark(state, 13), term(STATES, state)), " "],
            over && !row.stale && [el("span.sign", null, say("超出", "over")), " "],
            absent ? el("span.measure", null, el("span.number", null, "—"))
                : measure(row.value, parameter?.unit, parameter?.decimals, against),
            row.stale && !absent && el("span.unseen", null, say("（过时的值）", " (an old value)"))),
        second && el("span.second", null,
            el("span", null, [bound, note].filter(Boolean).flatMap((part, i) => (i ? [" · ", part] : [part]))), age));
}

const DEVICE_STATES = {
    silent: ["没有应答", "does not answer"],
    refusing: ["拒绝回答", "refuses to answer"],
    changed: ["不是原来那台", "is not the same instrument"],
    unasked: ["还没有问到", "has not been asked yet"],
};

const device_row = (device, site) =>
    el("p.warn.silent", { "data-key": `device-${device.name}` }, el("strong", null, device.title || device.name), " ",
        term(DEVICE_STATES, device.state),
        device.cause && say(`（${cause_words(device.cause)}）`, ` (${cause_words(device.cause)})`),
        device.since && [say("，", ", "), since(device.since)], say("。", ". "),
        el("a.nowrap", { href: `#/station?device=${encodeURIComponent(`${site.name}/${device.name}`)}` },
            say("看设备", "See the device")));

function task_line({ open, watching, relapsed, overdue }, name) {
    const parts = [open && say(`${open} 项在整改`, `${open} open`),
        overdue && el("span.late", null, say(`${overdue} 项逾期`, `${overdue} overdue`)),
        watching && say(`${watching} 项销号后在盯`, `${watching} watched after strike-off`),
            relapsed && say(`${relapsed} 项回潮过`, `${relapsed} relapsed`)].filter(Boolean);
    return parts.length ? el("p.small", null, el("a", { href: `#/tasks?site=${encodeURIComponent(name)}` }, say("整改任务", "Tasks")),
        say("：", ": "), parts.flatMap((part, i) => (i ? [say("，", ", "), part] : [part]))) : null;
}

const SHOWN_VALUES = 6;

function values_part(site) {
    const wrong = (row) => (site.problems.some((one) => one.point === row.point && one.state === "open") ? 0
        : row.stale || row.value === null || row.doubt ? 1 : row.bound ? 2 : 3);
    const rows = [...site.points].sort((a, b) => wrong(a) - wrong(b));
    const rest = rows.length > SHOWN_VALUES + 1 ? rows.splice(SHOWN_VALUES) : [];
    return [rows.length > 0 && el("div.values", { "data-key": "values" }, rows.map((row) => value_row(row, site))),
        rest.length > 0 && el("details", { "data-key": "rest" }, el("summary", null, say(`另外 ${rest.length} 项`, `${rest.length} more`)),
            el("div.values", null, rest.map((row) => value_row(row, site))))];
}

function site_card(site) {
    const about = town.sites.get(site.name);
    const where = [about?.village, kind_words(about)].filter(Boolean);
    const down = site.devices.filter((device) => device.state !== "answering");
    return el("article.card.site",
        { id: `site-${site.name}`, "data-key": `site-${site.name}`, class: `${site.state}${lit === `site-${site.name}` ? " lit" : ""}` },
        el("header", null,
            el("div.head", null, chip(site.state, state_words(site)), simulated_tag(is_mixed() && about?.simulated)),
            el("h3", null, site_title(site.name)),
            el("p.small.soft", null, where.join(" · "), site.state !== "nothing" && site.since && [" · ", since(site.since)])),
        site.problems.filter((problem) => problem.state !== "closed").sort(urgent_first).map((problem) => trouble_part(problem, site)),
        down.map((device) => device_row(device, site)),
        site.state === "nothing" && el("p.soft", null, site.unjudged
            ? say("现在没有规则判定这里的读数：只是记下来，不判断超没超标。规则写在采集器的 rules.conf 里。",
                "No rule judges what is read here now: it is only kept, and nothing says whether it breaks a limit. Rules stand in the collector's rules.conf.")
            : say("这里没有接入设备：没有数据，不代表没有问题。", "No device is connected here: no data does not mean no problem.")),
        values_part(site),
        task_line(site.tasks, site.name));
}

/* The view ------------------------------------------------------------------------------------------ */

async function learn_owners(page, now, again) {
    const wanted = new Set(now.sites.flatMap((site) => site.problems.flatMap((problem) => problem.tasks)));
    const asked = [...wanted].filter((id) => !owners.has(id)).slice(0, 20);
    for (const id of asked)
        owners.set(id, null);
    const found = await Promise.allSettled(asked.map(async (id) =>
        owners.set(id, (await page.ask(`/tasks/${encodeURIComponent(id)}`)).task)));
    if (found.some(({ status }) => status === "fulfilled") && !page.signal.aborted)
        again();
    for (const id of asked)
        if (owners.get(id) === null)
            owners.delete(id);
}

function draw(now) {
    return el("div", null, top_part(now), villages_part(now),
        now.sites.length === 0 ? empty(say("sites.conf 里还没有点位。", "sites.conf has no sites yet."))
            : el("section.stack", { "data-key": "sites", "aria-labelledby": "sites" },
                el("h2", { id: "sites" }, say("各点位，最要紧的在前", "Sites, worst first")),
                el("div.cards.packed", null, now.sites.map(site_card))));
}

/* Side by side, a card stands under the one that ends first. */
function pack(root) {
    const cards = [...(root.querySelector(".packed")?.children ?? [])];
    const tall = cards.map((card) => card.offsetHeight);
    cards.forEach((card, i) => card.style.setProperty("grid-row-end", tall[i] ? `span ${Math.ceil((tall[i] + 16) / 4)}` : "auto"));
}

export async function show(page, where) {
    let latest = null;
    let told = null;
    page.title(say("现状", "Now"));
    const again = () => {
        const fresh = draw(latest);
        fresh.className = page.root.className;
        fresh.dataset.view = "now";
        morph(page.root, fresh);
        pack(page.root);
    };
    const wide = new ResizeObserver(() => pack(page.root));
    wide.observe(page.root);
    page.signal.addEventListener("abort", () => wide.disconnect());
    page.root.addEventListener("toggle", () => pack(page.root), true);
    const see = (heard_now, changed) => {
        const now = latest = only_judged_good(heard_now);
        again();
        const words = headline(now.counts);
        const wrong = now.counts.relapse + now.counts.breach;
        page.title((wrong ? `(${wrong}) ` : "") + say("现状", "Now"));
        if (changed && words !== told)
            tell(words);
        told = words;
        learn_owners(page, now, again);
    };
    await page.poll("/now", see, 2000);
    const wanted = where.query.get("site");
    const card = wanted && page.root.querySelector(`#site-${CSS.escape(wanted)}`);
    if (card)
        setTimeout(() => light(card), 60);
}
