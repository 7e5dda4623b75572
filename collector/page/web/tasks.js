/* tasks.js - the ledger: every finding and petition, whose it is, when it is due, what watches it. */
import { el, empty, morph, poll, say, site_title, town, wait } from "./base.js";
import { task_item, WATCHED } from "./parts.js";
import { category_words, more_choices, task_state_words } from "./views.js";

const DUE = { "": ["全部", "All"], overdue: ["已逾期", "Overdue"], soon: ["即将到期", "Due soon"] };
const KEYS = ["village", "category", "owner", "state", "due", "q", "site"]; // as the collector is asked
const SHOWN = 60; // at first; a phone need not lay out all of them

const select = (key, label, value, options, choose) =>
    el("label.field", { "data-key": key }, el("span", null, label), el("select", { value, onchange: (event) => choose(event.target.value) },
        options.map(([name, words]) => el("option", { value: name }, words))));

/* Petitions have letters in their number; the others are in the order of their number. */
const order = (a, b) => a.kind.localeCompare(b.kind) || a.id.localeCompare(b.id, "zh", { numeric: true });

const open_first = (a, b) => Number(b.relapses.length > 0 && b.verdict?.answer === "relapsed") - Number(a.relapses.length > 0
    && a.verdict?.answer === "relapsed") || Number(b.overdue) - Number(a.overdue) || order(a, b);

export async function show(page, where) {
    const chosen = Object.fromEntries([...KEYS, "watched"].map((key) => [key, where.query.get(key) ?? ""]));
    let asking = new AbortController();
    let list = null;
    let all = null; // how the whole ledger stands, whatever is chosen
    let most = SHOWN;

    const address = () => new URLSearchParams(Object.entries(chosen).filter(([, text]) => text));
    const choose = (key) => (value) => {
        chosen[key] = value;
        most = SHOWN;
        history.replaceState(null, "", `#/tasks${address().size ? `?${address()}` : ""}`);
        if (key === "watched")
            draw();
        else
            begin().catch((err) => page.signal.aborted || console.debug(err));
    };
    let typing = null;
    const search = (event) => {
        typing?.abort();
        typing = new AbortController();
        const text = event.target.value.trim();
        wait(300, typing.signal).then(() => choose("q")(text), () => {});
    };

    function summary() {
        if (!all)
            return null;
        const states = town.about.task_states.filter(({ key }) => all.by_state[key] > 0);
        return el("div.segments", { role: "group", "aria-label": say("状态", "State"), "data-key": "states" },
            states.map(({ key }) => el("button", { type: "button", "aria-pressed": String(chosen.state === key),
                onclick: () => choose("state")(chosen.state === key ? "" : key) }, task_state_words(key), el("span.count", null,
                String(all.by_state[key])))));
    }

    function filters() {
        const villages = list.villages.map((name) => [name, name]);
        const owners = list.owners.map((name) => [name, name]);
        const counts = { "": all?.all, overdue: all?.overdue, soon: all?.soon };
        return el("div.stack", { "data-key": "filters" },
            el("div.segments", { role: "group", "aria-label": say("时限", "Deadline") }, Object.entries(DUE).map(([key, both]) =>
                el("button", { type: "button", "aria-pressed": String(key === chosen.due), onclick: () => choose("due")(key) }, say(both[0],
                    both[1]), counts[key] !== undefined && counts[key] !== null && el("span.count", null, String(counts[key]))))),
            el("label.field.search", { "data-key": "q" }, el("span", null, say("找", "Search")),
                el("input", { type: "search", value: chosen.q, placeholder: say("编号、标题、措施……", "number, title, measure…"),
                    maxlength: "100", oninput: search })),
            more_choices(say("更多筛选：状态、村居、行业、单位、监测", "More choices: state, village, trade, owner, watched by"),
                ["state", "village", "category", "owner", "watched"].some((key) => chosen[key]),
            summary(),
            el("div.filters", null,
                select("village", say("村居", "Village"), chosen.village, [["", say("全部", "All")], ...villages], choose("village")),
                select("category", say("行业", "Trade"), chosen.category,
                    [["", say("全部", "All")], ...town.about.categories.map(({ key }) => [key, category_words(key)])], choose("category")),
                select("owner", say("责任单位", "Owner"), chosen.owner, [["", say("全部", "All")], ...owners], choose("owner")),
                select("watched", say("谁在监测", "Watched by"), chosen.watched, [["", say("全部", "All")],
                    ...Object.entries(WATCHED).map(([key, both]) => [key, say(both[0], both[1])])], choose("watched")))));
    }

    function draw() {
        const rows = list.tasks.filter((task) => !chosen.watched
            || task.watched === chosen.watched).sort((a, b) => Number(b.id === chosen.q) - Number(a.id === chosen.q) || open_first(a, b));
        const findings = rows.filter((task) => task.kind !== "petition").length;
        const chosen_any = address().size > 0;
        const fresh = el("div", { class: page.root.className, "data-view": "tasks" },
            el("div.head", { "data-key": "head" }, el("h1", null, say("整改任务", "Tasks")),
                el("span.lead", { role: "status" }, say(`${rows.length} 项（问题 ${findings}，信访 ${rows.length - findings}）`,
                    `${rows.length} (${findings} findings, ${rows.length - findings} petitions)`))),
            filters(),
            chosen.site && el("p.note", null, say(`只列出“${site_title(chosen.site)}”的任务。 `,
                `Only tasks of “${site_title(chosen.site)}”. `), el("a", { href: "#/tasks" }, say("看全部", "See all"))),
            rows.length ? el("ul.list", { "data-key": "rows" }, rows.slice(0, most).map(task_item))
                : empty(chosen_any ? say("没有符合这些条件的任务。", "No task fits these choices.")
                    : say("台账还是空的：用 lookback tasks import 导入。", "The ledger is empty: fill it with lookback tasks import.")),
            rows.length > most
                && el("p", { "data-key": "more" }, el("button.button", { type: "button", onclick: () => { most = rows.length; draw(); } },
                    say(`再列出 ${rows.length - most} 项`, `Show ${rows.length - most} more`))),
            list.next && el("p.soft", null, say("太多了，只列出前 1000 项。", "Too many: only the first 1,000 are listed.")));
        morph(page.root, fresh);
    }

    async function begin() {
        asking.abort();
        const mine = asking = new AbortController();
        page.signal.addEventListener("abort", () => mine.abort(), { once: true });
        const query = new URLSearchParams(KEYS.map((key) => [key, chosen[key]]).filter(([, text]) => text));
        const narrow = query.size > 0;
        query.set("limit", "1000");
        await poll(`/tasks?${query}`, (found) => {
            list = found;
            if (!narrow)
                all = found.counts;
            draw();
        }, 5000, mine.signal);
        if (narrow && !all)
            page.ask("/tasks?limit=1").then((found) => { all = found.counts; draw(); }, () => {});
    }

    page.title(say("整改任务", "Tasks"));
    await begin();
}
