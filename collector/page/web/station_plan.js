/* station_plan.js - the read plan in words: which requests go out on each link, and how much of its
 * time they take.
 */
import { el, say } from "./base.js";
import { list_of } from "./views.js";

const AREAS = { holding: ["保持寄存器", "holding registers"], input: ["输入寄存器", "input registers"],
    coil: ["线圈", "coils"], discrete: ["离散输入", "discrete inputs"] };
const area_words = (area) => (AREAS[area] ? say(...AREAS[area]) : area);
const ms_words = (ms) => `${Math.round(ms)} ms`;

export function plan_table(plan) {
    return el("div.stack", null, plan.links.map((link) => el("details.card", { "data-key": `p-${link.name}` },
        el("summary", null,
            el("span", null, el("b", null, link.name), say(`：忙 ${percent(link.load)}，一轮 ${ms_words(link.cycle_ms)}`,
                `: busy ${percent(link.load)}, one round ${ms_words(link.cycle_ms)}`),
            link.fits ? null : el("b", null, say("　排不下", " does not fit")))),
        el("div.scroll", { tabindex: "0", role: "region", "aria-label": say(`${link.name} 的采集计划`, `read plan of ${link.name}`) },
            el("table.table", null,
                el("thead", null,
                    el("tr", null, [say("设备", "Device"), say("每", "Every"), say("问哪些", "Requests"),
                        say("用时", "Takes")].map((name) => el("th", { scope: "col" }, name)))),
                el("tbody", null, link.devices.map(device_row)))))));
}

const percent = (share) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

function device_row(device) {
    return el("tr", null,
        el("th", { scope: "row" }, device.device, el("br"), el("span.soft", null, say("站号 ", "unit "), String(device.unit))),
        el("td.nowrap", null, device.every_ms < 1000 ? `${device.every_ms} ms` : `${device.every_ms / 1000} s`),
        el("td", null, el("ul.plain", null, device.requests.map((request) => el("li", null,
            say(`功能码 ${request.function}，${area_words(request.area)} ${request.address} 起 ${request.count} 个`,
                `function ${request.function}, ${request.count} ${area_words(request.area)} from ${request.address}`),
            request.manual ? el("span.soft", null, say(`（手册 ${request.manual}）`, ` (manual ${request.manual})`)) : null,
            request.has_gap ? el("span.soft", null, say(`，跳过 ${list_of(request.gaps.map((gap) => gap.address))}`,
                `, across ${list_of(request.gaps.map((gap) => gap.address))}`)) : null)))),
        el("td.nowrap", null, ms_words(device.ms), device.measured ? null : el("span.soft", null, say("（估计）", " (estimated)"))));
}
