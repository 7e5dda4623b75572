/* spans.js - spans of time as the town's clock shows them: wall-clock marks, labels, words.
 *
 * The chart counts in milliseconds since 1970 and labels them in the collector's time zone, which
 * need not be the browser's. Pure: no document, no request.
 */

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/* The town's clock. `zone` is an IANA name; a browser that does not know it uses its own. */
export function townClock(zone, language) {
    const parts = formatter(zone);
    const offsets = new Map(); // of each quarter hour asked for: Intl is slow, zones shift on quarters

    function offset(t) {
        const quarter = Math.floor(t / (15 * MINUTE));
        let known = offsets.get(quarter);
        if (known === undefined) {
            known = wall(parts, quarter * 15 * MINUTE) - quarter * 15 * MINUTE;
            if (offsets.size > 20000)
                offsets.clear();
            offsets.set(quarter, known);
        }
        return known;
    }
    const toWall = (t) => t + offset(t);
    const fromWall = (w) => {
        const guess = w - offset(w);
        return w - offset(guess);
    };
    const zh = language !== "en";
    const at = (t) => new Date(toWall(t));

    function day(t) {
        const d = at(t);
        return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`;
    }
    const minute = (t) => `${two(at(t).getUTCHours())}:${two(at(t).getUTCMinutes())}`;
    const second = (t) => `${minute(t)}:${two(at(t).getUTCSeconds())}`;

    return {
        toWall, fromWall, day, minute, second,
        month: (t) => day(t).slice(0, 7),
        /* A moment, as exact as the span it stands in needs. */
        moment(t, span = DAY) {
            if (span > 60 * DAY)
                return day(t);
            return `${day(t)} ${span <= 2 * HOUR ? second(t) : minute(t)}`;
        },
        /* From and to; what both share is said once. */
        range(from, to) {
            const fine = to - from <= 2 * HOUR ? second : minute;
            if (to - from > 60 * DAY)
                return `${day(from)} – ${day(to - 1)}`;
            if (day(from) === day(to - 1)) // a day ends at 24:00, not at 00:00
                return `${day(from)} ${fine(from)} – ${fine(to).replace(/^00:00/, "24:00")}`;
            return `${day(from)} ${minute(from)} – ${day(to)} ${minute(to)}`;
        },
        /* What <input type="datetime-local"> shows and gives. */
        toField: (t) => `${day(t)}T${minute(t)}`,
        fromField(text) {
            const w = Date.parse(`${text}Z`);
            return Number.isNaN(w) ? null : fromWall(w);
        },
        ticks: (from, to, pixels) => ticks(from, to, pixels, { toWall, fromWall, zh }),
    };
}

function formatter(zone) {
    const options = { hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
        hour: "numeric", minute: "numeric", second: "numeric" };
    try {
        return new Intl.DateTimeFormat("en-US", { ...options, timeZone: zone });
    } catch {
        return new Intl.DateTimeFormat("en-US", options);
    }
}

function wall(parts, t) {
    const of = {};
    for (const { type, value } of parts.formatToParts(t))
        of[type] = Number(value);
    return Date.UTC(of.year, of.month - 1, of.day, of.hour, of.minute, of.second);
}

const two = (n) => String(n).padStart(2, "0");

const STEPS = [1, 2, 5, 10, 15, 30].map((n) => n * SECOND)
    .concat([1, 2, 5, 10, 15, 30].map((n) => n * MINUTE))
    .concat([1, 2, 3, 6, 12].map((n) => n * HOUR))
    .concat([1, 2, 5, 10].map((n) => n * DAY));
const MONTHS = [1, 2, 3, 6, 12, 24, 60];
const LABEL_PX = 74; // the widest label, "10月23日" with air on both sides

/* Marks on whole wall-clock steps, at least LABEL_PX apart: [{v, label}]. */
function ticks(from, to, pixels, clock) {
    const per = (to - from) / Math.max(1, pixels / LABEL_PX);
    const step = STEPS.find((s) => s >= per);

    return step === undefined ? monthTicks(from, to, per, clock)
        : evenTicks(from, to, step, clock);
}

function evenTicks(from, to, step, { toWall, fromWall, zh }) {
    const found = [];
    const last = toWall(to);
    let w = Math.ceil(toWall(from) / step) * step;

    while (w <= last && found.length < 200) {
        const d = new Date(w);
        const date = d.getUTCDate();
        const midnight = w % DAY === 0;
        if (step <= DAY || (date - 1) % (step / DAY) === 0 && date < 30)
            found.push({ v: fromWall(w), label: step < DAY && !midnight ? hourLabel(d, step)
                : dayLabel(d, zh) });
        w += step <= DAY ? step : DAY;
    }
    return found;
}

function hourLabel(d, step) {
    const minutes = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
    return step < MINUTE ? `${minutes}:${two(d.getUTCSeconds())}` : minutes;
}

const EN_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function dayLabel(d, zh) {
    return zh ? `${d.getUTCMonth() + 1}月${d.getUTCDate()}日`
        : `${d.getUTCDate()} ${EN_MONTHS[d.getUTCMonth()]}`;
}

function monthTicks(from, to, per, { toWall, fromWall, zh }) {
    const step = MONTHS.find((m) => m * 30 * DAY >= per) ?? 120;
    const first = new Date(toWall(from));
    const found = [];
    let month = first.getUTCFullYear() * 12 + first.getUTCMonth();

    for (month = Math.ceil(month / step) * step; found.length < 200; month += step) {
        const year = Math.floor(month / 12);
        const t = fromWall(Date.UTC(year, month % 12, 1));
        if (t > to)
            break;
        if (t >= from)
            found.push({ v: t, label: month % 12 === 0 ? (zh ? `${year}年` : String(year))
                : zh ? `${month % 12 + 1}月` : EN_MONTHS[month % 12] });
    }
    return found;
}

/* A length of time in words a person says: "5 分钟", "3 h". */
export function lengthWords(ms, zh) {
    const units = [[DAY, "天", "d"], [HOUR, "小时", "h"], [MINUTE, "分钟", "min"], [SECOND, "秒", "s"]];

    for (const [size, word, letter] of units)
        if (ms >= size) {
            const n = Math.round(ms / size * 10) / 10;
            return zh ? `${n} ${word}` : `${n} ${letter}`;
        }
    return zh ? `${Math.round(ms)} 毫秒` : `${Math.round(ms)} ms`;
}
