/* problems.js - what is or was wrong, and whose it is. */
import { el, empty, morph, poll, say, site_title, town } from "./base.js";
import { problem_item } from "./parts.js";
import { get_all, more_choices } from "./views.js";

const STATES = {
    standing: ["未关闭", "Not closed"],
    closed: ["已关闭", "Closed"],
    all: ["全部", "All"],
};
const KINDS = {
    "": ["全部", "All kinds"],
    relapse: ["回潮", "Relapses"],
    ongoing: ["整改期间", "During rectification"],
    new: ["新问题", "New"],
};
const NATURES = {
    breach: ["超标", "Breaches"],
    doubt: ["数据存疑", "Doubtful data"],
};

/* Buttons of which one is pressed. */
function segments(label, table, chosen, choose) {
    return el("div.segments", { role: "group", "aria-label": label }, Object.entries(table).map(([key, both]) =>
        el("button", { type: "button", "aria-pressed": String(key === chosen), onclick: () => choose(key) }, say(both[0], both[1]))));
}

const select = (label, value, options, choose) =>
    el("label.field", null, el("span", null, label), el("select", { value, onchange: (event) => choose(event.target.value) },
        options.map(([key, words]) => el("option", { value: key }, words))));

const states_asked = { standing: ["open", "recovered"], closed: ["closed"], all: [null] };

export async function show(page, where) {
    const chosen = { state: where.query.get("state") ?? "standing", kind: where.query.get("kind") ?? "",
        nature: where.query.get("nature") ?? "breach", site: where.query.get("site") ?? "", owner: where.query.get("owner") ?? "" };
    const known = (key, table, fallback) => { chosen[key] = table[chosen[key]] ? chosen[key] : fallback; };
    known("state", STATES, "standing");
    known("kind", KINDS, "");
    known("nature", NATURES, "breach");
    const owners = new Map();
    let asking = new AbortController();
    let lists = [];
    let opened = new Map(); // when those that came again began last
    const began = (problem) => opened.get(problem.uid);

    const choose = (key) => (value) => {
        chosen[key] = value;
        const query = new URLSearchParams(Object.entries(chosen).filter(([name, text]) => text
            && text !== { state: "standing", nature: "breach" }[name]));
        history.replaceState(null, "", `#/problems${query.size ? `?${query}` : ""}`);
        begin().catch((err) => page.signal.aborted || console.debug(err));
    };
    const owner_names = () =>
        [...new Set([...owners.values()].map((task) => task.owner?.unit || task.owner?.lead).filter(Boolean))].sort((a, b) =>
            a.localeCompare(b, "zh"));
    const is_of = (problem) => !chosen.owner
        || problem.tasks.some((id) => [owners.get(id)?.owner?.unit, owners.get(id)?.owner?.lead].includes(chosen.owner));

    function draw() {
        const rows = lists.flatMap((list) => list?.problems ?? []).filter(is_of).sort((a, b) =>
            Number(b.state === "open") - Number(a.state === "open") || (began(b) ?? b.first).localeCompare(began(a) ?? a.first));
        const more = lists.some((list) => list?.next);
        const fresh = el("div", { class: page.root.className, "data-view": "problems" },
            el("div.head", null, el("h1", null, say("问题", "Problems")),
                el("span.lead", null, say(`${rows.length}${more ? "+" : ""} 个`, `${rows.length}${more ? "+" : ""} shown`))),
            el("div.stack", { "data-key": "filters" },
                segments(say("状态", "State"), STATES, chosen.state, choose("state")),
                more_choices(say("更多筛选：存疑、类别、点位、单位", "More choices: doubts, kind, site, owner"),
                    chosen.nature !== "breach" || Boolean(chosen.kind || chosen.site || chosen.owner),
                el("div.row", null, segments(say("性质", "Nature"), NATURES, chosen.nature, choose("nature")),
                    chosen.nature === "breach" && segments(say("类别", "Kind"), KINDS, chosen.kind, choose("kind"))),
                el("div.filters", null,
                    select(say("点位", "Site"), chosen.site, [["", say("全部点位", "All sites")],
                        ...[...town.sites.keys()].map((name) => [name, site_title(name)])], choose("site")),
                    select(say("责任单位", "Owner"), chosen.owner,
                        [["", say("全部单位", "All owners")], ...owner_names().map((name) => [name, name])], choose("owner"))))),
            rows.length ? el("ul.list", { "data-key": "rows" }, rows.map((problem) => problem_item(problem, owners, began(problem))))
                : empty(chosen.state === "standing" && chosen.nature === "breach" && !chosen.site && !chosen.kind && !chosen.owner
                    ? say("现在没有未关闭的问题。", "No problem stands open now.")
                        : say("没有符合这些条件的问题。", "No problem fits these choices.")),
            more && el("p.soft", null,
                say("只列出最近 200 个；用上面的条件缩小范围。", "Only the newest 200 are listed; narrow the choices above.")));
        morph(page.root, fresh);
    }

    async function begin() {
        asking.abort();
        const mine = asking = new AbortController();
        page.signal.addEventListener("abort", () => mine.abort(), { once: true });
        const states = states_asked[chosen.state];
        lists = states.map(() => null);
        await Promise.all(states.map((state, i) => {
            const query = new URLSearchParams({ nature: chosen.nature, ...(state ? { state } : {}), ...(chosen.kind
                && chosen.nature === "breach" ? { kind: chosen.kind } : {}), ...(chosen.site ? { site: chosen.site } : {}) });
            return poll(`/problems?${query}`, (list) => {
                lists[i] = list;
                if (lists.every(Boolean))
                    draw();
            }, 2000, mine.signal);
        }));
    }

    page.title(say("问题", "Problems"));
    get_all("/tasks?limit=1000", "tasks", page.signal).then((tasks) => {
        for (const task of tasks)
            owners.set(task.id, task);
        if (lists.length && lists.every(Boolean))
            draw();
    }, () => {});
    page.poll("/now", (now) => {
        opened = new Map(now.sites.flatMap((site) => site.problems.map((problem) => [problem.uid, problem.opened])));
        if (lists.length && lists.every(Boolean))
            draw();
    }).catch(() => {});
    await begin();
}
