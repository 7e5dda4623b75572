/* watch.js - 回头看: every task that was struck off, worst verdict first. */
import { channel_title, chip, clauses, day_text, el, empty, moment, now_ms, point_address, put, say, simulated_tag, site_title,
    town } from "./base.js";
import { reasons_of } from "./reasons.js";
import { category_words, prose } from "./views.js";

const DAY = 86400000;

/* How a verdict looks, worst first: [key, mark, zh, en, what it means]. */
const VERDICTS = [
    ["relapsed", "relapse", "已回潮", "Relapsed", "销号以后又超标，需要重新整改",
        "exceeded again after the strike-off: to be rectified again"],
    ["not_proven", "doubt", "不能证明", "Not proven", "没有认定回潮，但现有数据也证明不了守住；缺什么见各项理由",
        "no relapse was found, but the data do not prove that it held; the reasons say what is missing"],
    ["held", "good", "已守住", "Held", "数据足够，各项要求全部满足", "the data suffice, and every requirement is met"],
    ["elsewhere", "recovered", "别处在盯", "Watched elsewhere", "监测点在另一台采集器上", "its points belong to another collector"],
    ["nobody", "nothing", "无人监测", "Nobody watches", "没有监测点盯着：只能靠人去看", "no point watches it: somebody has to go and look"],
];

const answer_of = (task) => task.verdict?.answer ?? (task.watched === "here" ? "not_proven" : task.watched);

export async function show(page, where) {
    const chosen = { answer: where.query.get("answer") };

    page.title(say("回头看", "Watch list"));
    put(page.root, el("h1", null, say("回头看", "Watch list")), el("p.lead", null, say("正在算每项的结论……", "Working out the verdicts…")));
    await page.poll("/watch", (data) => draw(page, chosen, data), 10000);
}

function draw(page, chosen, data) {
    const groups = VERDICTS.map((verdict) => ({ verdict, tasks: data.tasks.filter((task) => answer_of(task) === verdict[0]) }));
    const shown = groups.filter(({ verdict, tasks }) => tasks.length > 0 && (!chosen.answer || chosen.answer === verdict[0]));
    const choose = (answer) => {
        chosen.answer = answer;
        draw(page, chosen, data);
        page.root.querySelector(".segments [aria-pressed=true]")?.focus();
    };

    put(page.root,
        el("div.head", null,
            el("div", null,
                el("h1", null, say("回头看", "Watch list")),
                el("p.lead", null, say("已经销号的任务，是不是真守住了。", "Whether what was struck off has really held."))),
            el("p.soft", null, say("结论算于 ", "Verdicts as of "), moment(data.made, true))),
        el("div.segments", { role: "group", "aria-label": say("按结论筛选", "Filter by verdict") },
            el("button", { type: "button", "aria-pressed": String(!chosen.answer), onclick: () => choose(null) },
                say("全部", "All"), " ", el("span.count", null, String(data.tasks.length))),
            groups.filter(({ tasks }) => tasks.length).map(({ verdict: [key, , zh, en], tasks }) =>
                el("button", { type: "button", "aria-pressed": String(chosen.answer === key), onclick: () => choose(key) },
                    say(zh, en), " ", el("span.count", null, String(tasks.length))))),
        shown.length === 0 ? empty(say("还没有销号的任务。", "No task has been struck off yet.")) : null,
        shown.map(({ verdict, tasks }) => group(verdict, tasks, shown.length === 1)));
}

/* What nobody here watches is no finding: it stands folded below the rest. */
function group([key, sign, zh, en, zh_why, en_why], tasks, alone) {
    const folded = key === "nobody" || key === "elsewhere";
    const head = el("h2", null, say(zh, en), " ", el("span.count", null, String(tasks.length)));
    const list = el("ul.list.plain", null, tasks.map((task) => (folded ? short_item(task, sign) : item(task, sign, say(zh, en)))));
    const why = el("p.soft", null, say(zh_why, en_why));

    return folded ? el("details.folded", { open: alone }, el("summary", null, head), why, list)
        : el("section.stack", null, el("div", null, head, why), list);
}

function item(task, sign, words) {
    const site = town.sites.get(task.site);

    return el("li.card.watch", { class: sign },
        el("div.head", null, chip(sign, words), simulated_tag(site?.simulated)),
        el("h3", null, el("a", { href: `#/task/${encodeURIComponent(task.id)}` }, clauses(task.title))),
        el("p.soft.under", null, el("span", null, say("任务 ", "Task "), task.id), el("span", null, site_title(task.site)),
            task.village ? el("span", null, task.village) : null, el("span", null, category_words(task.category)),
                el("span", null, owner_words(task))),
        reasons_part(task), provable_words(task),
        period_bar(task),
        el("p.buttons.watch-links", null,
            task.points.map((point) => el("a.button", { href: chart_address(task, point) },
                say(`${channel_title(point)}：销号前后`, `${channel_title(point)}: before and after`))),
            el("a.button", { href: evidence_address(task) }, say("出佐证材料", "Evidence")),
            task.relapses.slice(-1).map((uid) => el("a.button", { href: `#/problem/${uid}` }, say("看回潮问题", "The relapse")))));
}

function short_item(task, sign) {
    return el("li.item.watch-short", { class: sign },
        el("h3", null, el("a", { href: `#/task/${encodeURIComponent(task.id)}` }, task.title)),
        el("p.soft.meta", null, el("span", null, say("任务 ", "Task "), task.id), task.village ? el("span", null, task.village) : null,
            el("span", null, owner_words(task)),
                task.watch_until ? el("span", null, say("巩固期到 ", "watch period until "), day_text(task.watch_until)) : null));
}

const owner_words = (task) => [task.owner?.lead, task.owner?.unit, task.owner?.person].filter(Boolean).join(" · ");

/* The first reasons weigh most; the others are one touch away. */
const REASONS_SHOWN = 2;

function reasons_part(task) {
    const reasons = reasons_of(task.verdict, task.reasons, say, task.points);
    const list = (some) => el("ul.reasons", null, some.map((text) => el("li", null, prose(text))));

    return reasons.length === 0 ? null : [list(reasons.slice(0, REASONS_SHOWN)),
        reasons.length > REASONS_SHOWN ? el("details.more", null,
            el("summary", null, say(`还有 ${reasons.length - REASONS_SHOWN} 条理由`, `${reasons.length - REASONS_SHOWN} more reasons`)),
            list(reasons.slice(REASONS_SHOWN))) : null];
}

/* When it could be proven: counted from the strike-off, or anew from after what spoilt it. */
function provable_words(task) {
    const from = task.verdict?.provable_from;
    const start = task.provable_start;
    if (!from)
        return null;
    const past = Date.parse(from) <= now_ms();

    if (past && start)
        return el("p", null, el("b", null, say("换一段可以证明：", "Another span can be proven: ")),
            say(`从 ${day_text(start)} 另算，${day_text(from)} 起已经可以证明`,
                `counted anew from ${day_text(start)}, since ${day_text(from)}`), say("。", ". "),
            el("a", { href: evidence_address(task, start) }, say("就出这一段的佐证", "Evidence of that span")));
    return el("p", null, el("b", null, say("何时可证明：", "Provable: ")),
        start ? say(`从 ${day_text(start)} 另算，`, `counted anew from ${day_text(start)}, `) : null,
        say(`最早 ${day_text(from)}，其间数据须完整、达标`,
            `at the earliest on ${day_text(from)}, if data stay complete and within limits`));
}

/* Days watched and left, as a bar whose words say the same. */
function period_bar(task) {
    if (!task.struck_off || !task.watch_until)
        return null;
    const from = Date.parse(task.struck_off), to = Date.parse(task.watch_until);
    const all = Math.max(1, Math.round((to - from) / DAY));
    const watched = task.days_watched ?? Math.max(0, Math.min(all, Math.floor((now_ms() - from) / DAY)));
    const left = Math.max(0, task.days_left ?? Math.ceil((to - now_ms()) / DAY));

    return el("div.period", null,
        el("div.period-bar", { "aria-hidden": "true" }, el("span", { style: { "inline-size": `${Math.min(100, watched / all * 100)}%` } })),
        el("p.soft", null,
            say(`${day_text(task.struck_off)} 销号，已盯 ${watched} / ${all} 天`,
                `struck off ${day_text(task.struck_off)}; watched ${watched} of ${all} days`),
            left > 0 ? say(`，还剩 ${left} 天，到 ${day_text(task.watch_until)}`, `, ${left} left, until ${day_text(task.watch_until)}`)
                : say(`，巩固期已于 ${day_text(task.watch_until)} 结束`, `; the watch period ended on ${day_text(task.watch_until)}`)));
}

/* A month on both sides of the strike-off, and the comparison open. */
function chart_address(task, point) {
    return point_address(point, { compare: "over", task: task.id });
}

function evidence_address(task, start) {
    const to = start ? now_ms() : Math.min(now_ms(), Date.parse(task.watch_until ?? "") || now_ms());
    return `#/evidence?${new URLSearchParams({ task: task.id, from: day_text(start ?? task.struck_off), to: day_text(to + DAY) })}`;
}
