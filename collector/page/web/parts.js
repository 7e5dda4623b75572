/* parts.js - rows of problems and tasks, deeds, and what else more than one view shows. */
import { ago, bound_label, chip, clauses, date_words, day_text, doubt_words, el, HELD, icon, is_mixed, mark, measure, moment,
    moment_words, now_ms, parameter_of, problem_state, problem_what, say, simulated_tag, STATES, term } from "./base.js";
import { category_words, task_state_words } from "./views.js";

const PROBLEM_STATES = {
    open: ["进行中", "Open"],
    recovered: ["已恢复，待关闭", "Recovered, not closed"],
    closed: ["已关闭", "Closed"],
};

export const task_address = (id) => `#/task/${encodeURIComponent(id)}`;
const problem_address = (problem) => `#/problem/${problem.uid}`;

/* Joined by a mark, the absent ones left out. */
export const joined = (parts, between = say("，", ", ")) =>
    parts.filter((part) => part !== null && part !== undefined && part !== false
        && part !== "").flatMap((part, i) => (i ? [between, part] : [part]));

export function back_link(address, words) {
    return el("a.back", { href: address }, icon("back"), words);
}

export const parameter_unit = (problem) => problem.parameter?.unit ?? parameter_of(problem.point)?.unit ?? "";

/* "氨氮 回潮"; a doubt is not a breach and never called one. */
export function problem_title(problem) {
    const what = problem_what(problem);
    if (problem.nature === "doubt")
        return say(`${what}：${doubt_words(problem.rule)}`, `${what}: ${doubt_words(problem.rule)}`);
    const kinds = { relapse: say(`${what}回潮`, `Relapse: ${what}`), ongoing: say(`${what}整改期间超标`, `During rectification: ${what}`),
        new: say(`${what}新超标`, `New breach: ${what}`) };
    return kinds[problem.kind] ?? what;
}

/* Colour and shape say what it is now; the word says kind and state. */
export function problem_chip(problem) {
    const state = problem_state(problem);
    if (problem.state === "closed")
        return chip("nothing", term(PROBLEM_STATES, "closed"));
    if (problem.state === "recovered")
        return chip(problem.nature === "doubt" ? "doubt" : "recovered", term(PROBLEM_STATES, "recovered"));
    return chip(state, problem.nature === "doubt" ? say("存疑，待核查", "In doubt")
        : say(`${term(STATES, state)}，进行中`, `${term(STATES, state)}, going on`));
}

export function limit_words(limit) {
    if (!limit)
        return null;
    return joined([`${limit.standard}${limit.edition ? `-${limit.edition}` : ""}`, limit.clause,
        limit.class && say(`${limit.class} 类`, `class ${limit.class}`), limit.period && HELD[limit.period] && term(HELD, limit.period)],
        say("，", ", ")).join("");
}

export const owner_words = (owner) => joined([owner?.unit || owner?.lead, owner?.person], say("，", ", ")).join("");

/* "2025年10月29日 19:21 至 2026年3月28日 19:21": once a year is named, so is the other. */
function from_to(from, to) {
    const year = (at) => day_text(at).slice(0, 4);
    const words = (at) => (year(from) !== year(to) && year(at) === year(now_ms())
        ? el("time.nowrap", { datetime: new Date(at).toISOString() }, say(`${year(at)}年`, ""), moment_words(at), say("", ` (${year(at)})`))
            : moment(at));
    return [words(from), say(" 至 ", " to "), words(to)];
}

/* "责任：东联村村委会，综合执法队员（任务 93、信-2）" */
function whose(problem, owners) {
    const ids = problem.tasks.map((id) => el("span.nowrap", null, id));
    if (!ids.length)
        return el("span", null, say("没有对应的整改任务", "no task is about it"));
    const names = [...new Set(problem.tasks.map((id) => owner_words(owners?.get(id)?.owner)).filter(Boolean))];
    const tasks = el("span.nowrap", null, say("任务 ", "task "), joined(ids.slice(0, 4), say("、", ", ")), ids.length > 4 && "…");
    return el("span", null,
        names.length ? [say("责任：", "owner: "), names.join(say("；", "; ")), say("（", " ("), tasks, say("）", ")")] : tasks);
}

/* One problem in a list. `owners`: tasks by id, where they are known; `opened`: when it began last. */
export function problem_item(problem, owners, opened = problem.episodes > 1 ? null : problem.first) {
    const state = problem_state(problem);
    const parameter = parameter_of(problem.point);
    const doubt = problem.nature === "doubt";
    return el("li.item", { class: state, "data-key": problem.uid },
        el("div", null, el("div.row", null, problem_chip(problem), simulated_tag(is_mixed() && problem.simulated)),
            el("h2", null, el("a", { href: problem_address(problem) }, problem_title(problem))),
            el("p", null, problem.site.title || problem.site.name,
                problem.site.village && el("span.soft", null, ` · ${problem.site.village}`))),
        el("div.aside", null,
            !doubt && [el("span", null, el("span.small.soft", null, say("最差 ", "worst ")),
                measure(problem.worst.value, parameter_unit(problem), parameter?.decimals, problem.bound)),
            bound_label(problem.bound, parameter_unit(problem), problem.limit?.period)]),
        el("p.meta", null,
            el("span", null,
                problem.state === "open" && opened ? [say("始于", "since "), moment(opened), say("（", " ("), ago(opened), say("）", ")")]
                : problem.state === "open" ? [say("首次 ", "first "), moment(problem.first)]
                    : from_to(problem.first, problem.ended ?? problem.last)),
            problem.episodes > 1 && el("span", null, problem.state === "open"
                ? say(`第 ${problem.episodes} 次${opened ? `，首次 ${date_words(problem.first)}` : ""}`,
                    `time no. ${problem.episodes}${opened ? `, first on ${date_words(problem.first)}` : ""}`)
                : say(`共 ${problem.episodes} 次`, `${problem.episodes} times`)),
            whose(problem, owners),
            !doubt && problem.state !== "closed"
                && el("span", null, problem.acknowledged ? say(`${person_words(problem.acknowledged.by) || "有人"} 已确认`,
                    `acknowledged by ${person_words(problem.acknowledged.by) || "someone"}`) : el("strong", null,
                    say("无人确认", "not acknowledged")))));
}

/* Tasks ------------------------------------------------------------------------------------------ */

export const WATCHED = {
    here: ["本机监测", "watched here"],
    elsewhere: ["别的采集器监测", "watched elsewhere"],
    nobody: ["无人监测", "watched by nothing"],
};

export const VERDICTS = {
    held: ["已守住", "Held"],
    relapsed: ["已回潮", "Relapsed"],
    not_proven: ["不能证明", "Not proven"],
};
const VERDICT_STATES = { held: "good", relapsed: "relapse", not_proven: "doubt" };

export const verdict_chip = (verdict) =>
    (verdict ? chip(VERDICT_STATES[verdict.answer] ?? "nothing", term(VERDICTS, verdict.answer)) : null);

const OPEN_STATES = new Set(["found", "assigned", "rectifying", "applied", "checking", "publicised", "returned"]);
export const task_is_open = (task) => OPEN_STATES.has(task.state);

/* The state of a task as a mark. */
function task_mark(task) {
    if (task.verdict?.answer === "relapsed" || task.relapses.length)
        return "relapse";
    if (task.overdue)
        return "breach";
    return task_is_open(task) ? "nothing" : task.verdict?.answer === "not_proven" ? "doubt" : task.verdict?.answer === "held" ? "good"
        : "nothing";
}

/* `bare`: where "deadline" stands beside it already. */
export function deadline_words(task, bare = false) {
    if (!task.deadline)
        return el("span.soft", null, say("没有时限", "no deadline"));
    const date = date_words(Date.parse(`${task.deadline}T04:00:00Z`));
    const due = bare ? date : say(`时限 ${date}`, `due ${date}`);
    if (!task_is_open(task))
        return el("span", null, bare ? date : say(`时限 ${date}`, `deadline ${date}`));
    if (task.overdue)
        return el("span.late", null, say(`${due}，逾期 ${Math.abs(task.days)} 天`, `${due}, ${Math.abs(task.days)} d overdue`));
    if (task.days !== null && task.days !== undefined)
        return el("span", { class: task.soon || task.days <= 15 ? "soon" : null },
            task.days === 0 ? say(`${due}，今天到期`, `${due}, today`) : say(`${due}，剩 ${task.days} 天`, `${due}, ${task.days} d left`));
    return el("span", null, due);
}

export function task_item(task) {
    return el("li.item", { class: task_mark(task), "data-key": `task-${task.id}` },
        el("div", null, el("div.row", null, el("span.tag", null, task.id), el("span.tag", null, task_state_words(task.state)),
            verdict_chip(task.verdict), task.supervised && el("span.tag", null, say("督办", "supervised"))),
            el("h2", null, el("a", { href: task_address(task.id) }, clauses(task.title)))),
        el("div.aside", null, deadline_words(task)),
        el("p.meta", null, el("span", null, category_words(task.category)), task.village && el("span", null, task.village),
            el("span", null, owner_words(task.owner)),
            el("span", { class: task.watched === "nobody" ? "soft" : null }, term(WATCHED, task.watched)),
            task.relapses.length > 0 && el("strong", null, say(`回潮 ${task.relapses.length} 次`, `${task.relapses.length} relapses`))));
}

/* Deeds -------------------------------------------------------------------------------------------- */

const DEEDS = {
    "problem.acknowledge": ["确认了问题", "acknowledged the problem"],
    "problem.close": ["关闭了问题", "closed the problem"],
    "task.note": ["写了备注", "wrote a note"],
    "task.strike_off": ["销号", "struck the task off"],
    "tasks.import": ["导入台账", "imported the ledger"],
    "device.maintenance": ["设了维护窗口", "set a maintenance window"],
    "evidence.order": ["要了佐证包", "asked for evidence"],
    "evidence.issue": ["佐证包已封存", "evidence was sealed"],
};

/* As people are called: "page:li", who signed in on the page, is li. */
export const person_words = (name) => String(name ?? "").replace(/^page:/, "");

const doer = (deed) => {
    const [who, by] = [person_words(deed.who), person_words(deed.by)];
    return by && by !== who ? say(`${by}（以 ${who} 登录）`, `${by} (signed in as ${who})`) : by || who || "—";
};

/* Rows {time, state?, what, note} and deeds, newest last. */
export function timeline(rows) {
    const sorted = [...rows].sort((a, b) => String(a.time ?? "").localeCompare(String(b.time ?? "")) || (a.seq ?? 0) - (b.seq ?? 0));
    return el("ol.deeds", null, sorted.map((row) =>
        el("li.deed", { class: row.state ? `event ${row.state}` : null, "data-key": row.seq ? `deed-${row.seq}` : null },
            el("p", null, el("span.what", null, row.what ?? say(`${doer(row)}${/[)）]$/.test(doer(row)) ? "" : " "}${term(DEEDS, row.kind)}`,
                `${doer(row)} ${term(DEEDS, row.kind)}`)), " ", el("span.soft.small", null, moment(row.time, true))),
            row.note && el("blockquote", null, row.note))));
}

export { chip, mark };
