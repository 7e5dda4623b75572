/* evidence.js - 佐证材料: ask for a bundle, see it being made, take it away, and how to check it. */
import { ask, chip, day_text, el, empty, moment, now_ms, put, Refusal, say, simulated_tag, tell, town, wait } from "./base.js";
import { may_act, needs } from "./acts.js";
import { person_words } from "./parts.js";
import { reasons_of } from "./reasons.js";
import { get_all, prose } from "./views.js";

const DAY = 86400000;
const STATES = { waiting: ["nothing", "排队中", "Waiting"], making: ["nothing", "正在制作", "Being made"],
    done: ["good", "已做好", "Ready"], failed: ["breach", "没有做成", "Failed"] };
const VERDICTS = { held: ["good", "已守住", "Held"], relapsed: ["relapse", "已回潮", "Relapsed"],
    not_proven: ["doubt", "不能证明", "Not proven"] };

export async function show(page, where) {
    page.title(say("佐证材料", "Evidence"));
    const order = el("section.card.stack.ask");
    const list = el("section.stack.asked");
    const state = { page, order, list, open: new Set(), working: true, points: new Map() };

    put(page.root, el("div", null, el("h1", null, say("佐证材料", "Evidence")),
        el("p.lead", null, say("一个文件，拿到的人不必信任本机，也能核对结论。",
            "One file; whoever gets it can check the finding without trusting this station."))),
    order, list, how_to_check());
    const tasks = await get_all("/tasks", "tasks", page.signal).catch(() => []);
    tasks.forEach((task) => state.points.set(task.id, task.points));
    put_order(state, tasks, where.query);
    await page.poll("/bundles", (data) => put_list(state, data), 1000);
}

/* ---- asking -------------------------------------------------------------------------------------- */

function put_order(state, tasks, query) {
    const watched = tasks.filter((task) => task.watched === "here");
    const chosen = query.get("task") ?? watched.find((task) => task.struck_off)?.id ?? watched[0]?.id ?? "";
    const known = tasks.find((task) => task.id === chosen);
    const span = usual_span(known);
    const failure = el("div", { role: "alert" });
    const allowed = may_act("steward");
    const field = (id, words, input, hint) =>
        el("div.field", null, el("label", { for: id }, words), input, hint ? el("span.small.soft", null, hint) : null);
    const from = el("input", { type: "date", id: "ev-from", name: "from", required: true, value: day_of(query.get("from")) ?? span.from,
        max: day_text(now_ms()) });
    const to = el("input", { type: "date", id: "ev-to", name: "to", required: true, value: last_day(query.get("to")) ?? span.to });
    const task = tasks.length
        ? el("select", { id: "ev-task", name: "task", required: true, value: chosen, onchange: () => {
            const next = usual_span(tasks.find((one) => one.id === task.value));
            from.value = next.from;
            to.value = next.to;
        } }, el("option", { value: "" }, say("请选任务", "Choose a task")), task_options(tasks))
        : el("input", { id: "ev-task", name: "task", required: true, value: chosen, maxlength: "64" });
    const send = el("button.button.strong", { type: "submit", disabled: !allowed }, say("申请制作", "Ask for it"));

    put(state.order, el("h2", null, say("申请一份", "Ask for one")),
        el("form.stack", { onsubmit: (event) => submit(event, { from, to, failure, send, state }) },
            el("div.filters.order", null,
                field("ev-task", say("整改任务", "Task"), task),
                field("ev-from", say("从（含当天）", "From (included)"), from),
                field("ev-to", say("到（含当天）", "To (included)"), to)),
            forms(),
            el("div.buttons", null, send), failure,
            needs("steward", "申请佐证材料", "ask for evidence")));
}

const day_of = (text) => (/^\d{4}-\d\d-\d\d/.test(text ?? "") ? (text.length === 10 ? text : day_text(text)) : null);

/* The day after: addresses and orders name the first day that is not wanted, people the last that is. */
const day_after = (text, days = 1) => new Date(Date.parse(`${text}T12:00:00Z`) + days * DAY).toISOString().slice(0, 10);
const last_day = (text) => (day_of(text) ? day_after(day_of(text), -1) : null);

/* From the strike-off to the end of the watch period, or until today. */
function usual_span(task) {
    const now = now_ms();
    const from = task?.struck_off ? Date.parse(task.struck_off) : now - 30 * DAY;
    const until = task?.watch_until ? Math.min(now, Date.parse(task.watch_until)) : now;
    return { from: day_text(from), to: day_text(until) };
}

function task_options(tasks) {
    const group = (words, some) => (some.length ? el("optgroup", { label: words }, some.map((task) =>
        el("option", { value: task.id }, `${task.id} ${task.title}`))) : null);
    const here = tasks.filter((task) => task.watched === "here");

    return [group(say("已销号，有监测", "Struck off, watched here"), here.filter((task) => task.struck_off)),
        group(say("其他有监测的", "Others watched here"), here.filter((task) => !task.struck_off)),
        group(say("没有监测", "Not watched"), tasks.filter((task) => task.watched !== "here"))];
}

function forms() {
    const choice = (value, title, words, checked) => el("label.choice", null,
        el("input", { type: "radio", name: "form", value, checked }),
        el("span", null, el("b", null, title), el("br"), el("span.soft", null, words)));

    return el("fieldset.choices", null, el("legend", null, say("给谁看", "For whom")),
        choice("full", say("完整版：给督查、检查人员", "Full: for inspectors"),
            say("含逐条数据、仪器原始字、责任人与经过，可以全部复算。",
                "With every reading, the instruments' raw words, owners and events: everything can be recomputed."), true),
        choice("public", say("公开版：可以公示", "Public: may be published"),
            say("略去与信访人有关的内容、台账、地址和位置、采集器配置；销号之前还略去单位名称和问题记录。数据、限值、结论与签名照旧，照样能核对。",
                "Leaves out what concerns petitioners, the ledger, addresses and places and the station's settings; before the strike-off also the company's name and its problems. Data, limits, finding and signature stay and can be checked all the same."),
                    false));
}

async function submit(event, { from, to, failure, send, state }) {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));

    if (from.value > to.value) {
        put(failure, el("p.warn.breach", null, say("“从”不能晚于“到”。", "“From” cannot be after “to”.")));
        from.focus();
        return;
    }
    send.disabled = true;
    put(failure, el("p.note", null, say("正在登记……", "Being entered…")));
    try {
        await ordered({ task: values.task, from: values.from, to: day_after(values.to), public: values.form === "public" });
        put(failure, el("p.note", null, state.working ? say("已登记，做好后出现在下面。", "Entered; it appears below when it is made.")
            : say("已登记；要等 lookback work 运行起来才会做。", "Entered; it is made once lookback work runs.")));
        tell(say("已登记", "entered"));
        state.list.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    } catch (err) {
        put(failure, el("p.warn.breach", null, err.message));
    } finally {
        send.disabled = !may_act("steward");
    }
}

async function ordered(body) {
    let { act } = (await ask("/bundles", { method: "POST", body })).data;
    for (let i = 0; act.state === "waiting" && i < 120; i++) {
        await wait(250);
        act = (await ask(`/acts/${encodeURIComponent(act.id)}`)).data.act;
    }
    if (act.state === "refused")
        throw new Refusal(409, act.error ?? {});
    if (act.state === "waiting")
        throw new Error(say("采集器还没有答复，请稍后看下面的清单。",
            "The collector has not answered yet; look at the list below in a while."));
}

/* ---- what there is --------------------------------------------------------------------------------- */

function put_list(state, data) {
    for (const details of state.list.querySelectorAll("details[data-id]"))
        state.open[details.open ? "add" : "delete"](details.dataset.id);
    state.working = data.working;
    const waits = data.bundles.some((bundle) => bundle.state === "waiting" || bundle.state === "making");

    put(state.list, el("h2", null, say("已申请的", "Asked for"), " ", el("span.count", null, String(data.bundles.length))),
        data.working ? null : el("div.warn.doubt", { role: "status" },
            el("p", null, el("b", null, say("现在没有程序在制作佐证材料。", "Nothing is making bundles now."))),
            el("p", null, say("请维护人员在采集器上运行 ", "Ask whoever keeps the station to run "), el("code", null, "lookback work"),
                say("（装好的系统：", " (installed: "), el("code", null, "systemctl enable --now lookback-work"),
                    say("）。申请照样可以提交，会一直等着。", "). Orders can be given all the same; they wait."))),
        data.bundles.length === 0 ? empty(say("还没有人申请过。", "Nobody has asked for one yet.")) : null,
        el("ul.list.plain", null, data.bundles.map((bundle) => card(state, bundle))));
    state.waits = waits;
}

function days_words(bundle) {
    const [first, last] = [day_text(bundle.from), day_text(Date.parse(bundle.to) - 1)];
    return first === last ? first : say(`${first} 至 ${last}`, `${first} to ${last}`);
}

function card(state, bundle) {
    const [sign, zh, en] = STATES[bundle.state] ?? ["nothing", bundle.state, bundle.state];
    const percent = Math.round(bundle.share * 100);

    return el("li.card.stack", null,
        el("div.head", null, el("h3", null,
            el("a", { href: `#/task/${encodeURIComponent(bundle.task)}` }, say(`任务 ${bundle.task}`, `Task ${bundle.task}`)), "　",
            el("span.nowrap", null, days_words(bundle))),
        el("span.row", null, simulated_tag(bundle.simulated),
            el("span.tag", null, bundle.form === "public" ? say("公开版", "public") : say("完整版", "full")), chip(sign, say(zh, en)))),
        el("p.soft", null, bundle.by ? say(`${person_words(bundle.by)}，申请于 `, `${person_words(bundle.by)}, asked `)
            : say("申请于 ", "asked "), moment(bundle.asked)),
        bundle.state === "making" || bundle.state === "waiting" ? [
            el("progress.making", { max: "100", value: String(percent), "aria-label": say("进度", "Progress") }),
            el("p", { "aria-live": "polite" }, bundle.state === "making" ? `${percent} %` : bundle.text)] : null,
        bundle.error ? el("p.warn.breach", null, bundle.error.text ?? bundle.error.detail ?? say("没有做成", "failed")) : null,
        bundle.verdict ? verdict(bundle.verdict, state.points.get(bundle.task) ?? []) : null,
        bundle.file ? file_part(state, bundle) : null);
}

function verdict(of, points) {
    const [sign, zh, en] = VERDICTS[of.answer] ?? ["nothing", of.answer, of.answer];
    const reasons = reasons_of(of, null, say, points);

    return el("div", null, el("p.row", null, el("b", null, say("里面的结论：", "Finding inside: ")), chip(sign, say(zh, en))),
        reasons.length ? el("ul.reasons", null, reasons.map((text) => el("li", null, prose(text)))) : null);
}

function file_part(state, bundle) {
    const failure = el("div", { role: "alert" });
    const save = el("button.button.strong", { type: "button", onclick: () => download(state, bundle, save, failure) },
        say("下载", "Download"), " ", size_words(bundle.file.size));
    const line = (name, hex, words) => (hex ? el("div.digest", null, el("dt", null, name),
        el("dd", null, fingerprint(hex), words ? el("span.small.soft", null, words) : null)) : null);

    return [
        el("div.buttons", null, save, el("span.soft.file-name", null, bundle.file.name)), failure,
        el("details", { "data-id": bundle.id, open: state.open.has(bundle.id) },
            el("summary", null, say("指纹：与对方核对是否同一份", "Fingerprints: to compare that it is the same one")),
            el("dl.digests", null,
                line(say("文件 SHA-256", "File SHA-256"), bundle.file.sha256, say("sha256sum 算出来应与此相同", "what sha256sum prints")),
                line(say("清单指纹", "Manifest"), bundle.manifest,
                    say("同样的内容，清单指纹就相同", "the same contents have the same one")),
                line(say("签名钥匙", "Signing key"), bundle.key,
                    say("先从别的渠道问到它，再给 verify --key", "learn it another way, then give it to verify --key")),
                line(say("封存头", "Head"), bundle.head,
                    bundle.segment === null ? null : say(`第 ${bundle.segment} 段`, `segment ${bundle.segment}`)))),
        bundle.expires ? el("p.small.soft", null, say("在这里保留到 ", "Kept here until "), day_text(bundle.expires)) : null];
}

/* In groups of four, eight a line (four on a phone): read aloud over the telephone, compared with a finger. */
function fingerprint(hex) {
    const groups = hex.match(/.{1,4}/g) ?? [];

    return el("code.fingerprint", { "aria-label": groups.join(" ") }, groups.map((group) => el("span", null, `${group} `)));
}

function size_words(bytes) {
    return bytes >= 1 << 20 ? `${(bytes / (1 << 20)).toFixed(1)} MiB` : `${Math.max(1, Math.round(bytes / 1024))} KiB`;
}

async function download(state, bundle, button, failure) {
    button.disabled = true;
    put(failure);
    try {
        const { response } = await ask(`/bundles/${encodeURIComponent(bundle.id)}/file`, { raw: true, signal: state.page.signal });
        const link = el("a", { download: bundle.file.name });
        link.href = URL.createObjectURL(await response.blob());
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60000);
        tell(say("已下载", "downloaded"));
    } catch (err) {
        put(failure, el("p.warn.breach", null, err.message));
    }
    button.disabled = false;
}

function how_to_check() {
    const key = town.about?.key;

    return el("section.card.stack", null, el("h2", null, say("怎样核对", "How to check one")),
        el("ol.steps", null,
            el("li", null, say("在任何一台装有 lookback 的机器上运行：", "On any machine that has lookback: "), el("br"),
                el("code", null, say("lookback evidence verify 文件.zip --key 指纹", "lookback evidence verify FILE.zip --key FINGERPRINT")),
                el("br"), say("指纹抄自网关投用单；不写它，就不能证明是这台网关签的名。",
                    "The fingerprint is that on the gateway's commissioning sheet; without it nothing proves that this gateway signed.")),
            el("li", null, say("没有 lookback 也行：文件里的 VERIFY.md 写明怎样只用 openssl 和 sha256sum 一步步核对。",
                "Without lookback: VERIFY.md inside says step by step how to check with openssl and sha256sum alone.")),
            el("li", null, say("每一条主张得到“已证明、未证明、被推翻”之一，并附理由。",
                "Each claim is proven, not proven or refuted, with the reason."))),
        key ? fingerprint(key) : null);
}
