/* acts.js - what a person does: said before it is done, under whose name, and waited for until the
 * recorder has answered.
 */
import { ask, el, now_ms, put, Refusal, ROLES, say, term, town, Unreachable, wait } from "./base.js";
import { may, toast } from "./views.js";

const WAIT_MS = 30000;

/* Asks for the act and waits for its end: its seq. Throws Refusal with the recorder's sentence. */
export async function act(name, args) {
    let { act: asked } = (await ask("/acts", { method: "POST", body: { act: name, args } })).data;
    for (const until = now_ms() + WAIT_MS; asked.state === "waiting";) {
        if (now_ms() > until)
            throw new Unreachable(say("采集器还没有答复。请刷新本页，看“经过”里有没有这一条，再决定是否重做。",
                "The collector has not answered yet. Reload this page and look whether it was recorded before doing it again."));
        await wait(250);
        asked = (await ask(`/acts/${encodeURIComponent(asked.id)}`)).data.act;
    }
    if (asked.state === "refused")
        throw new Refusal(409, asked.error ?? {});
    return asked.seq;
}

/* The command line's word for insisting is no use on a page. */
const plain_words = (text) => text.replace(/[；;，,]?\s*(?:确要销号请加|(?:or )?insist with)\s*--even-so/u, "");
const may_insist = (err) => err instanceof Refusal && (err.details.even_so === true || /--even-so/.test(err.message));

function field_of({ name, label, kind = "text", hint, required, value, rows, options }) {
    const common = { id: `act-${name}`, name, required, "aria-describedby": hint ? `act-${name}-hint` : null };
    const input = kind === "textarea" ? el("textarea", { ...common, rows: rows ?? 3, maxlength: "1000", value })
        : kind === "select" ? el("select", { ...common, value }, options.map(([key, words]) => el("option", { value: key }, words)))
            : el("input", { ...common, type: kind, value });
    return el("div.field", null,
        el("label", { for: `act-${name}` }, label, !required && el("span.soft", null, say("（可不填）", " (optional)"))), input,
        hint && el("span.small.soft", { id: `act-${name}-hint` }, hint));
}

/* Opens the dialog. `says` are paragraphs of what will be recorded; `fields` as field_of() takes
 * them; args(values) makes the arguments; `recorded` is what it says then; done(seq) is called when it stands in the store. */
export function confirm_act({ title, says, fields = [], button, name, args, insist, done, recorded }) {
    const me = town.me;
    const failure = el("div", { role: "alert" });
    const even_so = el("input", { type: "checkbox", id: "act-even-so" });
    const send = el("button.button.strong", { type: "submit" }, button);
    const dialog = el("dialog", { "aria-labelledby": "act-title" });
    const submit = async (event) => {
        event.preventDefault();
        const values = Object.fromEntries(new FormData(event.target));
        send.disabled = true;
        put(failure, el("p.note", null, say("正在记录……", "Being recorded…")));
        try {
            const seq = await act(name, { ...args(values), ...(even_so.checked ? { even_so: true } : {}) });
            dialog.close();
            toast(recorded ?? say("已记录", "Recorded"));
            done?.(seq);
        } catch (err) {
            put(failure, el("p.warn.breach", null, plain_words(err.message)),
                insist && may_insist(err) && el("label.check", { for: "act-even-so" }, even_so, el("span", null, insist)));
        } finally {
            send.disabled = false;
        }
    };
    put(dialog, el("form", { onsubmit: submit },
        el("h2", { id: "act-title" }, title),
        says.filter(Boolean).map((text) => el("p", null, text)),
        fields.map(field_of),
        el("p.small.soft", null, say(`将以 ${me?.name ?? "?"}（${term(ROLES, me?.role)}）的名义记录，带时间，之后不能改也不能删。`,
            `This is recorded under the name of ${me?.name ?? "?"} (${term(ROLES, me?.role)}) with its time, and can be neither changed nor deleted.`)),
        failure,
        el("div.buttons", null, send, el("button.button", { type: "button", onclick: () => dialog.close() }, say("取消", "Cancel")))));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
}

/* Said where a button would be, to those who may not. */
export function needs(role, zh, en) {
    return may(role) && town.me?.name ? null
        : el("p.small.soft", null, say(`要${zh}，请以${term(ROLES, role)}的身份登录（右上角）。`,
            `To ${en}, sign in as ${role === "office" ? "the office" : "a steward"} (top right).`));
}
export const may_act = (role) => may(role) && Boolean(town.me?.name);

/* The acts ---------------------------------------------------------------------------------------- */

export const acknowledge = (problem, title, done) => confirm_act({
    title: say("确认这个问题", "Acknowledge this problem"), name: "problem.acknowledge", button: say("确认", "Acknowledge"),
    says: [title, say("确认表示有人看到并接手了；问题本身不会因此消失。",
        "It says that someone has seen it and takes it on; the problem itself stays.")],
    args: () => ({ uid: problem.uid }), done,
});

export const close_problem = (problem, title, done) => confirm_act({
    title: say("关闭这个问题", "Close this problem"), name: "problem.close", button: say("关闭问题", "Close"),
    says: [title,
        say("关闭以后，同一监测点再超标就是一个新的问题。", "Once it is closed, the next breach of this point is a problem of its own."),
        problem.state === "open" && say("它现在还没有恢复：恢复以后才能关闭。", "It has not recovered yet, and can be closed only then.")],
    fields: [{ name: "note", label: say("为什么可以关闭", "Why it may be closed"), kind: "textarea", required: true }],
    args: ({ note }) => ({ uid: problem.uid, note }), done,
});

export const write_note = (id, title, done) => confirm_act({
    title: say(`给任务 ${id} 写备注`, `A note on task ${id}`), name: "task.note", button: say("写下", "Write"),
    says: [title],
        fields: [{ name: "note", label: say("备注", "Note"), kind: "textarea", required: true,
            hint: say("看到了什么、做了什么。不要写信访人姓名。", "What was seen or done. No names of petitioners.") }],
    args: ({ note }) => ({ id, note }), done,
});

export const strike_off = (task, done) => confirm_act({
    title: say(`任务 ${task.id} 销号`, `Strike off task ${task.id}`), name: "task.strike_off", button: say("销号", "Strike off"),
    says: [task.title, task.watched === "nobody"
        ? say("销号就此记下。这个任务没有监测点：以后是否回潮，本系统看不到。",
            "The strike-off is recorded. No point watches this task: whether it relapses cannot be seen here.")
        : say("从此刻起进入巩固期：它的监测点再超标，就记为回潮。",
            "From this moment its watch period runs: when its points breach again, it is a relapse.")],
    fields: [{ name: "note", label: say("依据（验收情况）", "On what grounds (how it was checked)"), kind: "textarea", required: true }],
    insist: say("仍要销号。“当时仍在超标”会一并记录。", "Strike it off even so. That it was still being breached is recorded with it."),
    args: ({ note }) => ({ id: task.id, note }), done,
});

export function maintenance(devices, from, to, done) {
    confirm_act({
        title: say("设维护窗口", "Set a maintenance window"), name: "device.maintenance", button: say("设定", "Set"),
        says: [say("这段时间的读数照样保存，但标为“维护”，不参加评判；佐证里会列出这段时间。",
            "Readings of that time are kept but marked maintenance and not judged; evidence lists the window.")],
        fields: [
            { name: "device", label: say("设备", "Device"), kind: "select", required: true, options: devices },
            { name: "from", label: say("从（采集器所在时区）", "From (the collector's zone)"), kind: "datetime-local", required: true,
                value: from },
            { name: "to", label: say("到", "To"), kind: "datetime-local", required: true, value: to },
            { name: "note", label: say("做什么", "What is done"), kind: "textarea", required: true },
        ],
        args: ({ device, from: begin, to: end, note }) => ({ device, from: begin.replace("T", " "), to: end.replace("T", " "), note }),
            done,
    });
}
