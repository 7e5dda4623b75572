/* station.js - what whoever stands before the cabinet needs: what is wrong, since when, what happens
 * next, and what to write into the configuration.
 */
import { ago, cause_words, chip, day_text, el, empty, exact_words, get, mark, moment, morph, now_ms, put, say, site_title,
    span_words, town } from "./base.js";
import { confirm_act, may_act, needs } from "./acts.js";
import { plan_table } from "./station_plan.js";
import { list_of, prose, toast } from "./views.js";

const LINK_STATES = { up: ["good", "通", "Up"], down: ["breach", "断", "Down"], unused: ["nothing", "没有用到", "Unused"] };
const DEVICE_STATES = { answering: ["good", "在回答", "Answering"], silent: ["silent", "没有回答", "Silent"],
    refusing: ["breach", "拒绝回答", "Refusing"], changed: ["doubt", "换了仪器", "Changed"] };
const OUTPUT_STATES = { ok: ["good", "正常", "Fine"], waiting: ["doubt", "对方不通，在等", "Waiting for the peer"],
    held: ["breach", "停住，需要处理", "Held, needs a person"], disabled: ["nothing", "已停用", "Disabled"] };
const KINDS = { serial: ["串口 RS-485", "serial RS-485"], tcp: ["Modbus TCP", "Modbus TCP"], rtu_tcp: ["透明串口服务器", "RTU over TCP"],
    dialin: ["拨入（4G）", "dial-in (4G)"], line: ["行协议", "line protocol"], mqtt: ["MQTT", "MQTT"],
        rectification: ["整改系统", "rectification system"],
    mail: ["邮件", "mail"], hook: ["通知脚本", "hook"] };
const words_of = (table, key) => (table[key] ? say(table[key][0], table[key][1]) : key);

export async function show(page, where) {
    page.title(say("设备", "Station"));
    put(page.root, el("h1", null, say("设备与本机", "Station")), el("p.lead", null, say("正在询问采集器……", "Asking the collector…")));
    const { devices } = await get("/devices?limit=1000", page.signal).catch(() => ({ devices: [] }));
    const state = { plan: null, body: null, titles: new Map(devices.map((device) => [`${device.site}/${device.name}`, device.title])) };
    get("/plan", page.signal).then((plan) => { state.plan = plan; }, () => {});
    await page.poll("/status", (status) => {
        const fresh = el("div.stack.station", null, parts(page, state, status));
        state.body = state.body ? morph(state.body, fresh) : fresh;
        if (!state.body.isConnected)
            put(page.root, state.body);
    }, 2000);
    const device = page.root.querySelector(`[data-key="d-${CSS.escape(where.query.get("device") ?? "")}"]`);
    if (device) // after the view has been put at its top
        setTimeout(() => device.scrollIntoView({ block: "start" }), 60);
}

function parts(page, state, status) {
    return [
        el("div.head", null, el("div", null, el("h1", null, say("设备与本机", "Station")),
            el("p.soft.under", null, el("span", null, town.about?.title || status.collector), el("code", null, status.collector),
                el("span", null, say("版本 ", "version "), status.version),
                    status.boot === null ? null : el("span", null, say(`第 ${status.boot} 次启动`, `start no. ${status.boot}`)))),
        el("button.button.on-desk", { type: "button", onclick: () => print() }, say("打印", "Print"))),
        notices(status.notices),
        section(say("链路", "Links"), status.links.length, el("ul.cards.plain", null, status.links.map(link_card))),
        section(say("设备", "Devices"), status.devices.length, needs("steward", "登记维护窗口", "enter a maintenance window"),
            el("ul.cards.plain", null, status.devices.map((device) => device_card(device, state)))),
        status.strangers?.length ? strangers(status.strangers) : null,
        section(say("输出", "Outputs"), status.outputs.length,
            status.outputs.length ? el("ul.cards.plain", null, status.outputs.map(output_card))
            : empty(say("没有设置输出：数据只存在本机。", "No output is set up: data stay on this station."))),
        section(say("本机", "This station"), null, machine(status)),
        state.plan ? section(say("采集计划", "Read plan"), null, plan_table(state.plan)) : null];
}

const section = (title, count, ...children) => el("section.stack", { "data-key": title },
    el("h2", null, title, count === null ? null : [" ", el("span.count", null, String(count))]), children);

/* ---- notices ------------------------------------------------------------------------------------- */

function notices(list) {
    if (list.length === 0)
        return el("p.note.row", null, el("span.good", null, mark("good")), say("没有需要人处理的事。", "Nothing needs a person."));
    return el("section.stack", { "data-key": "notices" },
        el("h2", null, say("需要处理", "Needs a person"), " ", el("span.count", null, String(list.length))),
        el("ul.list.plain", null, list.map((notice) => el("li.item.breach", { "data-key": `n-${notice.id}` },
            el("p.notice-text", null, mark("breach"), el("span", null, prose(notice.text))),
            el("p.meta", null, el("span", null, notice.subject), el("span", null, say("始于 ", "since "), ago(notice.since)))))));
}

/* ---- links and devices ---------------------------------------------------------------------------- */

const fact = (name, ...value) => [el("dt", null, name), el("dd", null, value)];
const next_words = (at) => (at === null || at === undefined ? null : Date.parse(at) <= now_ms() + 1000 ? say("马上", "at once")
    : say(`${span_words(Date.parse(at) - now_ms())}后`, `in ${span_words(Date.parse(at) - now_ms())}`));

function link_card(link) {
    const [sign, zh, en] = LINK_STATES[link.state] ?? ["nothing", link.state, link.state];

    return el("li.card.stack", { class: sign, "data-key": `l-${link.name}` },
        el("div.head", null, el("h3", null, link.name, " ", el("span.soft.kind", null, words_of(KINDS, link.kind))),
            chip(sign, say(zh, en))),
        el("dl.facts", null,
            link.since ? fact(say("始于", "Since"), ago(link.since)) : null,
            link.cause ? fact(say("原因", "Cause"), cause_words(link.cause)) : null,
            link.state === "down" ? fact(say("下次再试", "Next attempt"), next_words(link.next_attempt) ?? "—") : null,
            fact(say("占用", "Load"), el("span.nowrap", null, `${(link.load * 100).toFixed(link.load < 0.1 ? 1 : 0)} %`),
                link.load > 0.9 ? el("b", null, say("　太满", " too full")) : null)));
}

/* What to look at first, by why it does not answer. */
const LOOK_FIRST = {
    timeout: ["电源、A/B 接线、站号、波特率；同一条线上别的设备有没有回答", "power, A/B wiring, unit number, baud rate; whether others on the line answer"],
    refused: ["它的链路：看上面的链路和“需要处理”", "its link: see the links and notices above"],
    disconnected: ["它的链路：看上面的链路和“需要处理”", "its link: see the links and notices above"],
    not_connected: ["4G 模块的电源、SIM 卡、信号，和它要拨的地址", "the modem's power, SIM, signal and the address it dials"],
    unresolved: ["主机名写得对不对，本机的域名解析", "the host's name, and how this machine looks names up"],
    crc: ["屏蔽与接地、终端电阻、波特率和校验位；有没有两台用同一站号", "shield and ground, terminating resistor, baud rate and parity; two devices with one number"],
    bad_frame: ["波特率和校验位，线路干扰，型号选得对不对", "baud rate and parity, noise on the line, whether the model is right"],
    wrong_unit: ["站号：有别的设备在用这个站号", "unit numbers: another device answers for this one"],
    identity_changed: ["铭牌和序列号：换过仪器就更新 devices.conf", "nameplate and serial number: if it was exchanged, update devices.conf"],
};
const look_first = (cause) => (LOOK_FIRST[cause] ? say(...LOOK_FIRST[cause])
    : /^exception_/.test(cause) ? say("型号选得对不对，仪器有没有这些寄存器", "whether the model is right and has these registers") : null);

function device_card(device, state) {
    const [sign, zh, en] = DEVICE_STATES[device.state] ?? ["nothing", say("不知道", "unknown"), "unknown"];
    const name = `${device.site}/${device.name}`;
    const title = state.titles.get(name) || device.name;
    const errors = Object.entries(device.errors).sort((a, b) => b[1] - a[1]);

    return el("li.card.stack", { class: sign, "data-key": `d-${name}` },
        el("div.head", null, el("h3", null, title, " ", el("span.soft.kind", null, site_title(device.site))), chip(sign, say(zh, en))),
        el("dl.facts", null,
            device.since ? fact(say("始于", "Since"), ago(device.since)) : null,
            device.state !== "answering" && device.cause ? fact(say("原因", "Cause"), cause_words(device.cause)) : null,
            device.state !== "answering" && look_first(device.cause) ? fact(say("先查", "Look at"), look_first(device.cause)) : null,
            fact(say("上次有值", "Last value"), device.last_good ? ago(device.last_good) : say("这次启动后还没有", "none since the start")),
            device.state !== "answering" ? fact(say("下次再问", "Next attempt"), next_words(device.next_attempt) ?? "—") : null,
            fact(say("接在", "At"), `${device.link} · ${say("站号", "unit")} ${device.unit}`),
            fact(say("型号", "Model"), el("code", null, device.model)),
            fact(say("名称", "Name"), el("code", null, name)),
            fact(say("回答用时", "Answer time"), answer_words(device)),
            fact(say("问过", "Polls"), poll_words(device)),
            fact(say("没问成", "Failed"), errors.length
                ? list_of(errors.map(([cause, count]) => say(`${cause_words(cause)}：${count} 次`, `${cause_words(cause)}: ${count}×`)))
                : say("没有", "none"))),
        may_act("steward") ? el("button.button", { type: "button", onclick: () => maintain(title, name) },
            say("登记维护窗口", "Maintenance window")) : null);
}

const answer_words = ({ answer_ms: { p50, p99 } }) =>
    (p50 === null ? "—" : say(`一般 ${p50} ms，很少超过 ${p99} ms`, `usually ${p50}\u00a0ms, rarely over\u00a0${p99}\u00a0ms`));
const poll_words = (device) => [say(`${(device.polls ?? 0).toLocaleString("zh-CN")} 次，每 ${span_length(device.every_ms)}一次`,
    `${(device.polls ?? 0).toLocaleString("en")}, every ${span_length(device.every_ms)}`),
    device.skipped ? el("b", null, say(`；漏问 ${device.skipped} 次`, `; ${device.skipped} skipped`)) : null];
const span_length = (ms) =>
    (ms < 1000 ? `${ms} ms` : ms < 120000 ? say(`${ms / 1000} 秒`, `${ms / 1000} s`) : say(`${ms / 60000} 分钟`, `${ms / 60000} min`));

/* A field's own words are local; the act takes the town's clock ("2026-11-22 08:00"). */
const field_moment = (ms) => exact_words(ms).slice(0, 16).replace(" ", "T");

function maintain(device, name) {
    const now = now_ms();
    confirm_act({
        title: say(`维护窗口：${device}`, `Maintenance window: ${device}`),
        says: [say("这段时间的读数照存，标为“维护”，不判超标，也不计入均值。时间是采集器当地的。",
            "Readings of that time are kept, marked as maintenance, neither judged nor part of means. Times are the station's.")],
        fields: [
            { name: "from", label: say("开始", "From"), kind: "datetime-local", required: true, value: field_moment(now) },
            { name: "to", label: say("结束", "To"), kind: "datetime-local", required: true, value: field_moment(now + 2 * 3600000) },
            { name: "note", label: say("做什么", "What is done"), kind: "textarea", required: true,
                hint: say("例如：清洗探头、两点校准", "e.g. probe cleaned, two-point calibration") },
        ],
        button: say("登记", "Enter"), name: "device.maintenance",
        recorded: say(`${device}的维护窗口已登记；在它的曲线上看得到。`,
            `The maintenance window of ${device} is entered; its charts show it.`),
        args: (values) => ({ device: name, from: values.from.replace("T", " "), to: values.to.replace("T", " "), note: values.note }),
    });
}

/* ---- who dials in and is not known ------------------------------------------------------------------ */

function strangers(list) {
    return section(say("陌生的拨入", "Strangers that dial in"), list.length,
        el("p.soft", null, say("它们连上来了，但配置里没有。若是自己的设备，把这一行抄进 devices.conf 的 links。",
            "They connected and are not in the configuration. If one is yours, copy the line into links of devices.conf.")),
        el("ul.list.plain", null, list.map((stranger) => {
            const line = `{ name = "NAME"; kind = "dialin"; listen = "${stranger.listen}"; ${stranger.id !== null ? `id = "${stranger.id}"` : `id_hex = "${stranger.id_hex ?? ""}"`}; },`;
            return el("li.card.stack", { "data-key": `s-${stranger.listen}-${stranger.from}-${stranger.id_hex}` },
                el("p", null, el("b", null, stranger.id ?? stranger.id_hex ?? say("没有报名", "gave no name")),
                    say(`，来自 ${stranger.from ?? "?"}，${stranger.times} 次，最近 `,
                        `, from ${stranger.from ?? "?"}, ${stranger.times} times, last `),
                    ago(stranger.last)),
                stranger.id ?? stranger.id_hex ? el("pre.copy-line", { tabindex: "0" }, line) : null,
                stranger.id ?? stranger.id_hex
                    ? el("button.button", { type: "button", onclick: () => copy(line) }, say("复制这一行", "Copy the line")) : null);
        })));
}

async function copy(text) {
    try {
        await navigator.clipboard.writeText(text);
        toast(say("已复制", "Copied"));
    } catch {
        toast(say("浏览器不让复制，请手工选取", "The browser does not allow copying; select it by hand"));
    }
}

/* ---- outputs and the machine ------------------------------------------------------------------------- */

function output_card(output) {
    const [sign, zh, en] = OUTPUT_STATES[output.state] ?? ["nothing", output.state, output.state];

    return el("li.card.stack", { class: sign, "data-key": `o-${output.name}` },
        el("div.head", null, el("h3", null, output.name, " ", el("span.soft.kind", null, words_of(KINDS, output.kind))),
            chip(sign, say(zh, en))),
        el("dl.facts", null,
            output.since ? fact(say("始于", "Since"), ago(output.since)) : null,
            fact(say("积压", "Backlog"), output.backlog
                ? say(`${output.backlog.toLocaleString("zh-CN")} 条`, output.backlog.toLocaleString("en")) : say("没有", "none")),
            output.backlog && output.oldest ? fact(say("最早一条", "Oldest"), ago(output.oldest)) : null,
            output.quarantined ? fact(say("对方拒收", "Refused by the peer"), el("b", null, String(output.quarantined))) : null,
            output.text ? fact(say("说明", "Remark"), output.text) : null));
}

const bytes = (n) => (n === null || n === undefined ? "—" : n >= 1 << 30 ? `${(n / 2 ** 30).toFixed(1)} GiB`
    : `${(n / 2 ** 20).toFixed(n < 100 * 2 ** 20 ? 1 : 0)} MiB`);

function machine({ clock, store, seal, key, seq }) {
    const card = (title, ...facts) => el("div.card.stack", null, el("h3", null, title), el("dl.facts", null, facts));

    return el("div.cards", null,
        card(say("时钟", "Clock"),
            fact(say("可信", "Trusted"), clock === null ? "—" : clock.trusted ? chip("good", say("可信", "Yes"))
                : chip("breach", say("不可信：读数暂不判定", "No: readings are not judged yet"))),
            fact(say("误差", "Error"), clock === null || clock.error_ms === null ? say("内核没有说", "the kernel does not say")
                : say(`最多 ${span_length(clock.error_ms)}`, `at most ${span_length(clock.error_ms)}`)),
            clock?.since ? fact(say("始于", "Since"), moment(clock.since)) : null),
        store === null ? null : card(say("存储", "Store"),
            fact(say("占用", "Size"), bytes(store.bytes)),
            fact(say("磁盘剩余", "Disk free"), bytes(store.free_bytes)),
            fact(say("最早数据", "Oldest data"), store.oldest ? day_text(store.oldest) : "—"),
            fact(say("写盘用时", "Commit time"), say(`一般 ${round(store.commit_ms.p50)} ms，最长 ${round(store.commit_ms.max)} ms`,
                `usually ${round(store.commit_ms.p50)} ms, at most ${round(store.commit_ms.max)} ms`)),
            fact(say("排队待写", "Waiting"), bytes(store.mailbox_bytes)), fact(say("序号", "Sequence"), String(seq))),
        seal === null ? null : card(say("封存", "Seals"),
            fact(say("最近一段", "Last segment"), String(seal.segment), " · ", ago(seal.time)),
            fact(say("封存头", "Head"), el("code.hex", null, seal.head)),
            fact(say("存于别处", "Left elsewhere"), seal.anchored.length ? list_of(seal.anchored)
                : say("没有：别人无从核对末尾有没有被删", "nowhere: a stranger cannot tell whether the end was cut off")),
            key ? fact(say("签名钥匙", "Key"), el("code.hex", null, key)) : null));
}

const round = (ms) => (ms === null || ms === undefined ? "—" : ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms));
