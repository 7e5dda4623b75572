/* task.js - one task of the ledger: what was found, what is to be done by whom until when, what
 * watches it, what happened since.
 */
import { channel_title, chip, clauses, clock_words, day_text, el, icon, moment, morph, now_ms, point_address, say, site_title, term,
    town } from "./base.js";
import { maintenance, may_act, needs, strike_off, write_note } from "./acts.js";
import { back_link, deadline_words, joined, problem_item, task_address, task_is_open, timeline, verdict_chip, WATCHED } from "./parts.js";
import { category_words, get_all, prose, task_state_words } from "./views.js";

const HOUR = 3600000;
const row = (words, ...value) => [el("dt", null, words), el("dd", null, ...value)];
const SOURCES = { inspection: ["督察反馈", "inspection"], handed_over: ["上级交办", "handed over"], petition: ["信访", "petition"],
    self_check: ["自查", "self-check"], grid_patrol: ["网格巡查", "grid patrol"] };

function facts(task) {
    const owner = task.owner ?? {};
    return el("dl.facts", null,
        row(say("措施", "Measure"), task.measure ? clauses(task.measure) : el("span.soft", null, say("没有写", "none written"))),
        row(say("牵头", "Lead"), owner.lead || "—"),
        row(say("责任单位", "Unit"), owner.unit || "—"),
        row(say("责任人", "Person"), owner.person || "—"),
        row(say("时限", "Deadline"), deadline_words(task, true), task.extended && say("（已延期）", " (extended)")),
        row(say("类别", "Trade"), category_words(task.category)),
        row(say("村居", "Village"), task.village || task.grid
            ? joined([task.village, task.grid && el("span.nowrap", null, say(`网格 ${task.grid}`, `grid ${task.grid}`))], " · ") : "—"),
        task.site && row(say("点位", "Site"), town.sites.has(task.site)
            ? el("a", { href: `#/now?site=${encodeURIComponent(task.site)}` }, site_title(task.site)) : task.site),
        row(say("来源", "Source"), joined([term(SOURCES, task.source), task.batch], say("，", ", "))),
        task.struck_off && row(say("销号", "Struck off"), moment(task.struck_off)),
        task.watch_until && row(say("巩固期到", "Watched until"), moment(task.watch_until),
            Date.parse(task.watch_until) < now_ms() && say("（已满）", " (over)")));
}

function watch_part(task) {
    const none = task.watched === "nobody";
    return el("section.card.stack", { "aria-labelledby": "watch" }, el("h2", { id: "watch" }, say("谁在盯着", "What watches it")),
        none ? el("div.row", null, chip("nothing", say("无人监测", "Watched by nothing"))) : el("p", null, term(WATCHED, task.watched)),
        none && el("p.soft", null, say("没有设备看着它：没有消息不等于没有回潮，要靠人去看。",
            "No device looks at it: no news does not mean no relapse; someone has to go and see.")),
        task.points.length > 0 && el("ul", null, task.points.map((point) => el("li", null,
            task.watched === "here" ? el("a", { href: point_address(point) },
                `${site_title(point.split("/")[0])} · ${channel_title(point)}`) : el("span", null, point)))),
        task.struck_off && task.watched === "here" && el("div.buttons", null, task.points.map((point) =>
            el("a.button", { href: point_address(point, { compare: "over", task: task.id }) }, icon("now"),
                task.points.length > 1 ? say(`${channel_title(point)}：销号前后`, `${channel_title(point)}: before and after`)
                    : say("销号前后对比", "Before and after the strike-off")))),
        task.verdict && [el("div.row", null, el("span.soft", null, say("结论", "Verdict")), verdict_chip(task.verdict)),
            el("p", null, prose(task.verdict.reason)),
            task.struck_off && el("p", null, el("a", { href: "#/watch" }, say("全部理由，见回头看", "All reasons, on the watch list"))),
            task.verdict.provable_from
                && el("p.soft", null, say("从 ", "Provable from "), moment(task.verdict.provable_from), say(" 起可以证明", ""))]);
}

/* From the strike-off, or a month back, to the end of today. */
function evidence_address(task) {
    const from = task.struck_off ? Date.parse(task.struck_off) : now_ms() - 30 * 24 * HOUR;
    return `#/evidence?${new URLSearchParams({ task: task.id, from: day_text(from), to: day_text(now_ms() + 24 * HOUR) })}`;
}

const local_input = (ms) => `${day_text(ms)}T${clock_words(ms)}`;

function owned_elsewhere(task) {
    if (!task_is_open(task) || (town.about.ledger && !town.about.ledger_owner))
        return null;
    return el("p.small.soft", null, town.about.ledger_owner ? say(`台账在整改系统里（输出 ${town.about.ledger_owner}），销号请到那里。`,
        `The ledger is kept in the rectification system (output ${town.about.ledger_owner}): strike off there.`)
        : say("台账不在这台采集器，销号请到管理台账的那台。", "This collector does not keep the ledger: strike off where it is kept."));
}

function buttons(task, done) {
    const devices = [...new Set(task.points.map((point) => point.split("/").slice(0, 2).join("/")))].filter((device) =>
        town.sites.has(device.split("/")[0]));
    const here = town.about.ledger && !town.about.ledger_owner;
    return el("div.stack", null, el("div.buttons", null,
        may_act("steward")
            && el("button.button", { type: "button", onclick: () => write_note(task.id, task.title, done) }, say("写备注", "Write a note")),
        task.points.length > 0 && el("a.button", { href: evidence_address(task) }, icon("evidence"), say("移交佐证", "Hand over evidence")),
        may_act("steward") && devices.length > 0 && task.watched === "here"
            && el("button.button", { type: "button", onclick: () => maintenance(devices.map((device) => [device, device]),
                local_input(now_ms()), local_input(now_ms() + 2 * HOUR), done) }, say("设维护窗口", "Maintenance window")),
        may_act("office") && here && task_is_open(task)
            && el("button.button.strong", { type: "button", onclick: () => strike_off(task, done) }, say("销号", "Strike off"))),
    owned_elsewhere(task), needs("steward", "写备注或销号", "write a note or strike it off"));
}

const titles = new Map(); // of tasks, once asked for

function similar_part({ sites, tasks }) {
    if (!sites.length && !tasks.length)
        return null;
    return el("section.card.stack", { "aria-labelledby": "similar" }, el("h2", { id: "similar" }, say("举一反三", "Look at these, too")),
        el("p.soft", null, say("同类的点位和任务，可能有一样的问题。", "Sites and tasks of the same kind may have the same problem.")),
        sites.length > 0 && el("p", null, say("点位：", "Sites: "),
            joined(sites.map((name) => el("a", { href: `#/now?site=${encodeURIComponent(name)}` }, site_title(name))), say("、", ", "))),
        tasks.length > 0 && el("ul.similar", null,
            tasks.map((id) => el("li", null, el("a", { href: task_address(id) }, id), " ", clauses(titles.get(id) ?? "")))));
}

export async function show(page, where) {
    const path = `/tasks/${encodeURIComponent(where.path[1] ?? "")}`;
    const draw = ({ task, problems, deeds, similar }) => {
        page.title(say(`任务 ${task.id}`, `Task ${task.id}`));
        const happened = [task.struck_off && !deeds.some(({ kind }) => kind === "task.strike_off")
            && { time: task.struck_off, what: say("销号", "Struck off"), state: "good" }, ...deeds].filter(Boolean);
        const fresh = el("div", { class: page.root.className, "data-view": "task" },
            el("div.stack", { "data-key": "top" }, back_link("#/tasks", say("全部任务", "All tasks")),
                el("div.row", null,
                    el("span.tag", null, say(`${task.kind === "petition" ? "信访" : "任务"} ${task.id}`,
                        `${task.kind === "petition" ? "Petition" : "Task"} ${task.id}`)),
                    el("span.tag", null, task_state_words(task.state)), task.supervised && el("span.tag", null, say("督办", "supervised")),
                    verdict_chip(task.verdict)),
                el("h1", null, clauses(task.title)), buttons(task, again)),
            el("div.two", { "data-key": "two" }, el("section.card.stack", { "aria-labelledby": "facts" },
                el("h2", { id: "facts" }, say("要做什么", "What is to be done")), facts(task)), watch_part(task)),
            problems.length > 0
                && el("section.stack", { "data-key": "problems", "aria-labelledby": "problems" }, el("h2", { id: "problems" },
                    say("监测到的问题", "Problems seen")), el("ul.list", null, problems.map((problem) => problem_item(problem)))),
            el("section.card.stack", { "data-key": "deeds", "aria-labelledby": "deeds" },
                el("h2", { id: "deeds" }, say("经过", "What was done")),
                happened.length ? timeline(happened) : el("p.soft", null, say("还没有记录。", "Nothing is recorded yet."))),
            similar_part(similar ?? { sites: [], tasks: [] }));
        morph(page.root, fresh);
    };
    const again = () => page.ask(path).then(draw, (err) => page.signal.aborted || console.debug(err));
    get_all("/tasks?limit=1000", "tasks", page.signal).then((tasks) => {
        tasks.forEach((task) => titles.set(task.id, task.title));
        again();
    }, () => {});
    await page.poll(path, draw, 3000);
}
