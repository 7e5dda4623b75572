/* problem.js - one problem: every fact, what it looked like, what was done. */
import { ago, bound_label, bound_words, channel_title, clauses, clock_words, day_text, doubt_words, el, icon, is_mixed, measure,
    moment, morph, now_ms, number_text, parameter_of, point_address, problem_state, problem_what, say, simulated_tag, span_words } from "./base.js";
import { acknowledge, close_problem, maintenance, may_act, needs, write_note } from "./acts.js";
import { back_link, joined, limit_words, owner_words, parameter_unit, person_words, problem_chip, problem_title, task_address, task_item,
    timeline } from "./parts.js";
import { more_choices } from "./views.js";

const HOUR = 3600000;
const row = (words, ...value) => [el("dt", null, words), el("dd", null, ...value)];

/* In one breath, for someone who reads only this. */
function sentence(problem) {
    const site = problem.site.title || problem.site.name;
    const what = problem_what(problem);
    const unit = parameter_unit(problem);
    if (problem.nature === "doubt")
        return say(`${site}的${what}数据存疑：${doubt_words(problem.rule)}。这不是超标，是数据本身需要核查。`,
            `The data of ${what} at ${site} are in doubt: ${doubt_words(problem.rule)}. This is no breach: the data themselves need checking.`);
    const allowed = bound_words(problem.bound, unit);
    const kind = { relapse: say(`任务 ${problem.relapse_of.join("、")} 销号以后又超标，是回潮。`,
        `Task ${problem.relapse_of.join(", ")} had been struck off: a relapse.`),
        ongoing: say("所属任务还在整改。", "Its task is still being rectified."),
        new: say("没有对应的已销号任务，是新问题。", "No struck-off task is behind it: a new problem.") }[problem.kind] ?? "";
    return say(`${site}的${what}应 ${allowed}，最差到 ${number_text(problem.worst.value, parameter_of(problem.point)?.decimals, problem.bound)} ${unit}。${kind}`,
        `${what[0].toUpperCase()}${what.slice(1)} at ${site} should be ${allowed}; the worst was ${number_text(problem.worst.value, parameter_of(problem.point)?.decimals, problem.bound)} ${unit}. ${kind}`);
}

const acknowledged_words = ({ acknowledged: { by, time } }) => [person_words(by) || say("有人", "someone"), say("，", ", "), moment(time)];

/* When it began last: an old problem may have come again just now. */
const opening = ({ problem, episodes }) => episodes.reduce((late, one) => (one.first > late ? one.first : late), problem.first);

function facts(problem, rule, opened) {
    const unit = parameter_unit(problem);
    const decimals = parameter_of(problem.point)?.decimals;
    const end = problem.ended ?? (problem.state === "open" ? null : problem.last);
    return el("dl.facts", null,
        row(say("点位", "Site"),
            joined([problem.site.title || problem.site.name, problem.site.village,
                problem.site.grid && el("span.nowrap", null, say(`网格 ${problem.site.grid}`, `grid ${problem.site.grid}`))], " · ")),
        row(say("开始", "Began"), moment(opened, true), say("（", " ("), ago(opened), say("）", ")")),
        row(say("结束", "Ended"), end ? [moment(end, true), say("（历时 ", " (after "), span_words(Date.parse(end) - Date.parse(opened)),
            say("）", ")")] : say("还没有结束", "not yet")),
        problem.state === "open" && row(say("最近一次", "Last seen"), ago(problem.last)),
        problem.nature !== "doubt" && [
            row(say("最差值", "Worst"), measure(problem.worst.value, unit, decimals, problem.bound), say("，", ", "),
                moment(problem.worst.time, true)),
            typeof problem.worst.multiple === "number" && row(say("超标倍数", "Exceedance"),
                say(`${problem.worst.multiple.toFixed(2)} 倍`, `${problem.worst.multiple.toFixed(2)} of the limit above it`)),
            row(say("界限", "Bound"), bound_label(problem.bound, unit, problem.limit?.period)),
            row(say("依据", "By"), limit_words(problem.limit)
                ?? say(`规则“${rule ?? problem.rule}”（不是标准限值）`, `rule “${rule ?? problem.rule}” (no limit of a standard)`),
                problem.limit && problem.limit.verified === false
                    && el("strong.late", null, say("（限值未经核实）", " (the limit is not verified)"))),
            row(say("次数", "Episodes"), problem.episodes > 1 ? say(`第 ${problem.episodes} 次；首次 `,
                `no. ${problem.episodes}; the first `) : say("第一次", "the first"), problem.episodes > 1 && moment(problem.first)),
            row(say("确认", "Acknowledged"), problem.acknowledged ? acknowledged_words(problem) : problem.state === "closed"
                ? say("没有人确认过", "never") : el("strong", null, say("还没有人确认", "nobody yet"))),
        ],
        row(say("监测点", "Point"), el("a", { href: point_address(problem.point) }, channel_title(problem.point)), " ",
            el("span.clause.small.soft", null, problem.point)),
        row(say("编号", "Number"), el("span.small", { title: problem.uid }, problem.uid.slice(0, 12))),
        problem.seal && row(say("封存", "Sealed"), say(`第 ${problem.seal.segment} 段`, `segment ${problem.seal.segment}`)));
}

function chart_address(problem, opened) {
    const query = { from: new Date(Date.parse(opened) - HOUR).toISOString() };
    const end = Date.parse(problem.ended ?? problem.last) + HOUR;
    if (problem.state !== "open" && end < now_ms())
        query.to = new Date(end).toISOString();
    return point_address(problem.point, query);
}

/* Whole days, the first hour before it opened among them. */
function evidence_address(problem, id) {
    const end = problem.state === "open" ? now_ms() : Date.parse(problem.ended ?? problem.last);
    return `#/evidence?${new URLSearchParams({ task: id, from: day_text(Date.parse(problem.first) - HOUR), to: day_text(end + 24 * HOUR) })}`;
}

/* What a field of date and time takes. */
const local_input = (ms) => `${day_text(ms)}T${clock_words(ms)}`;

/* What was done since, and windows of maintenance that touch it. */
const is_about = (problem) => (deed) => deed.kind !== "device.maintenance" || !deed.to
    || Date.parse(deed.to) > Date.parse(problem.first) - 24 * HOUR;

function deeds_part(whole) {
    const { problem, deeds } = whole;
    const state = problem_state({ ...problem, state: "open" });
    const opened = opening(whole);
    return el("section.card.stack", { "aria-labelledby": "deeds" }, el("h2", { id: "deeds" }, say("经过", "What happened")),
        timeline([
            { time: problem.first, state, what: problem.nature === "doubt" ? say("开始存疑", "Doubt began") : problem.episodes > 1
                ? say("第一次超标", "First breach") : say("开始超标", "Breach began") },
            opened !== problem.first
                && { time: opened, state, what: say(`第 ${problem.episodes} 次开始`, `Time no. ${problem.episodes} began`) },
            problem.worst?.time && problem.worst.value !== null && problem.nature !== "doubt" && { time: problem.worst.time, state,
                what: say(`最差：${number_text(problem.worst.value, parameter_of(problem.point)?.decimals, problem.bound)} ${parameter_unit(problem)}`,
                    `Worst: ${number_text(problem.worst.value, parameter_of(problem.point)?.decimals, problem.bound)} ${parameter_unit(problem)}`) },
            problem.ended && { time: problem.ended, state: "recovered", what: say("恢复", "Recovered") },
            ...deeds.filter(is_about(problem)),
        ].filter(Boolean)));
}

function buttons(whole, done) {
    const { problem } = whole;
    const title = `${problem.site.title || problem.site.name}：${problem_title(problem)}`;
    const standing = problem.state !== "closed";
    const device = problem.point.split("/").slice(0, 2).join("/");
    return el("div.stack", null,
        el("div.buttons", null,
            standing && !problem.acknowledged && may_act("steward") && el("button.button.strong",
                { type: "button", onclick: () => acknowledge(problem, title, done) }, say("确认", "Acknowledge")),
            el("a.button", { href: chart_address(problem, opening(whole)) }, icon("now"),
                say("看曲线（从前一小时起）", "Chart, from an hour before")),
            problem.tasks.map((id) => el("a.button", { href: evidence_address(problem, id) }, icon("evidence"), problem.tasks.length > 1
                ? say(`移交佐证（任务 ${id}）`, `Hand over evidence (task ${id})`) : say("移交佐证", "Hand over evidence")))),
        may_act("steward") && more_choices(say("备注、维护窗口、关闭", "Note, maintenance window, closing"), false, el("div.buttons", null,
            problem.tasks.map((id) => el("button.button", { type: "button", onclick: () => write_note(id, title, done) },
                problem.tasks.length > 1 ? say(`任务 ${id} 备注`, `Note on task ${id}`) : say("写备注", "Write a note"))),
            el("button.button", { type: "button", onclick: () => maintenance([[device, device]], local_input(now_ms()),
                local_input(now_ms() + 2 * HOUR), done) }, say("设维护窗口", "Maintenance window")),
            standing && may_act("office") && el("button.button", { type: "button", onclick: () => close_problem(problem, title, done) },
                say("关闭问题", "Close problem")))),
        standing && needs("steward", "确认问题、写备注", "acknowledge it or write a note"),
        problem.tasks.length === 0 && el("p.small.soft", null,
            say("没有整改任务与这个监测点有关，所以不能按任务出佐证。要交材料，可打印本页，并在曲线页下载数据（CSV）。",
                "No task is about this point, so there is no task to hand evidence over for. Print this page, and download the data (CSV) from the chart.")));
}

function episodes_part({ problem, episodes }) {
    if (episodes.length < 2)
        return null;
    const unit = parameter_unit(problem);
    const decimals = parameter_of(problem.point)?.decimals;
    const shown = [...episodes].sort((a, b) => b.number - a.number).slice(0, 100);
    return el("details.card", { "data-key": "episodes" },
        el("summary", null, say(`每一次（${episodes.length}）`, `Each time (${episodes.length})`)),
        el("div.scroll", { tabindex: "0", role: "region", "aria-label": say("每一次", "Each time") }, el("table.table", null,
            el("thead", null,
                el("tr", null, [say("次", "No."), say("从", "From"), say("到", "To"),
                    say("最差", "Worst")].map((words) => el("th", { scope: "col" }, words)))),
            el("tbody", null, shown.map((episode) =>
                el("tr", null, el("th", { scope: "row" }, String(episode.number)), el("td", null, moment(episode.first)),
                    el("td", null, episode.ended || episode.last ? moment(episode.ended ?? episode.last) : "—"),
                    el("td", null, episode.worst ? measure(episode.worst.value, unit, decimals, problem.bound) : "—")))))));
}

export async function show(page, where) {
    const uid = where.path[1] ?? "";
    let rule; // as people named it; null while asked and where it is no more
    let shown = null;
    const name_rule = (problem) => {
        rule = null;
        page.ask(`/points/${problem.point.split("/").map(encodeURIComponent).join("/")}`).then(({ point }) => {
            rule = point.rules.find(({ name }) => name === problem.rule)?.title || null;
            draw(shown);
        }, () => {});
    };
    const draw = (whole) => {
        const { problem, tasks } = shown = whole;
        if (rule === undefined && problem.nature !== "doubt" && !problem.limit)
            name_rule(problem);
        const title = problem_title(problem);
        page.title(`${title}：${problem.site.title || problem.site.name}`);
        const fresh = el("div", { class: page.root.className, "data-view": "problem" },
            el("div.stack", { "data-key": "top" }, back_link("#/problems", say("全部问题", "All problems")),
                el("div.row", null, problem_chip(problem), simulated_tag(is_mixed() && problem.simulated),
                    problem.acknowledged
                        && el("span.soft", { "data-key": "acknowledged" }, say("已确认：", "Acknowledged: "), acknowledged_words(problem))),
                el("h1", null, clauses(`${problem.site.title || problem.site.name}${say("：", " · ")}${title}`)), el("p.lead", null, sentence(problem)),
                tasks.length > 0 && el("p", null, say("责任：", "Owner: "),
                    joined(tasks.map((task) => [el("a.nowrap", { href: task_address(task.id) }, say(`任务 ${task.id}`, `task ${task.id}`)),
                        ` ${owner_words(task.owner)}`]),
                        say("；", "; "))),
                buttons(whole, again)),
            el("div.two", { "data-key": "two" }, el("section.card.stack", { "aria-labelledby": "facts" },
                el("h2", { id: "facts" }, say("详情", "Facts")), facts(problem, rule, opening(whole))), deeds_part(whole)),
            episodes_part(whole),
            tasks.length > 0 && el("section.stack", { "data-key": "tasks", "aria-labelledby": "tasks" },
                el("h2", { id: "tasks" }, say("对应的整改任务", "Its tasks")), el("ul.list", null, tasks.map(task_item))));
        morph(page.root, fresh);
    };
    const again = () => page.ask(`/problems/${encodeURIComponent(uid)}`).then(draw, (err) => page.signal.aborted || console.debug(err));
    await page.poll(`/problems/${encodeURIComponent(uid)}`, draw, 2000);
}
