/* reasons.js - the reasons of a verdict as they are told to somebody who is no programmer. Pure: no
 * document, no request.
 */

/* "氨氮（river/nh3/ammonia_nitrogen，nh3-iv，夜间）：…" as "氨氮（夜间）：…": addresses and names of rules
 * out of the settings, but not where the task has several points, of which the title would not say one. */
export function plain_reason(text, points) {
    const channels = points.map((point) => point.split("/")[2]);
    const alone = (point) => points.length < 2 || channels.filter((channel) => channel === point.split("/")[2]).length < 2;

    return text.replace(/( ?)([（(])([\w.-]+\/[\w.-]+\/[\w.-]+)([^（()）]*)([）)])/g, (all, space, open, point, more, close) => {
        if (!alone(point))
            return all;
        const kept = more.split(/，|, /).filter((word) => word !== "" && !/^[\w.-]+$/.test(word));
        return kept.length ? `${space}${open}${kept.join(open === "（" ? "，" : ", ")}${close}` : "";
    });
}

/* {zh, en} each, or words that are there in one language only. */
export function reasons_of(verdict, reasons, say, points) {
    const list = reasons ?? verdict?.reasons;
    const all = Array.isArray(list) && list.length ? list : verdict?.reason ? [verdict.reason] : [];

    return all.map((one) => plain_reason(typeof one === "string" ? one : say(one.zh, one.en), points));
}
