/* figures.js - what rows come to in numbers, and on which side of a limit they stand. Pure: no document,
 * no request.
 */
import { gathering, rowsWithin, EXPECTED, HIGH, LOW, MEAN, T, VALID } from "./series.js";

/* How many readings there should be: ticks stand on whole intervals of the clock, and none is expected
 * before the device was first asked. */
export function expectedIn(every, from, to) {
    const ticks = (a, b, ms) => (ms > 0 && b > a ? Math.ceil(b / ms) - Math.ceil(a / ms) : 0);

    return every.reduce((sum, one, i) =>
        sum + ticks(Math.max(one.from, from), Math.min(every[i + 1]?.from ?? Infinity, to), one.every_ms), 0);
}

/* The span in whole buckets: of the first and the last, too, all is counted. */
function wholeBuckets({ rows, step_ms }, from, to) {
    if (step_ms === null || rows.length === 0)
        return [from, to];
    const edge = rows[0][T];
    return [edge + Math.floor((from - edge) / step_ms) * step_ms, edge + Math.ceil((to - edge) / step_ms) * step_ms];
}

/* Lowest, mean and highest of what is valid, and how much of the expected was there until `now`, gaps
 * included. A bucket weighs as much as it was filled, whatever the rhythm of its readings; levels of
 * noise are averaged by their energy; directions have neither mean nor lowest nor highest. */
export function figures(series, from, to, now) {
    const { into, out } = gathering(series.averaging);
    const [first, last] = wholeBuckets(series, from, to);
    const expected = expectedIn(series.every, first, Math.min(last, now));
    let valid = 0, sum = 0, weight = 0, least = null, most = null;

    for (const row of rowsWithin(series, from, to)) {
        valid += row[VALID];
        if (row[MEAN] === null || row[VALID] === 0 || series.averaging === "direction")
            continue;
        const here = row[EXPECTED] ? Math.min(1, row[VALID] / row[EXPECTED]) : 1;
        sum += into(row[MEAN]) * here;
        weight += here;
        if (least === null || row[LOW] < least.value)
            least = { value: row[LOW], time: row[T] };
        if (most === null || row[HIGH] > most.value)
            most = { value: row[HIGH], time: row[T] };
    }
    return { valid, expected: expected > 0 ? expected : null, least, most, mean: weight > 0 ? out(sum / weight) : null };
}

/* 100 % is all and 0 % is none, however near. */
export function share(part, whole) {
    const percent = Math.min(100, part / whole * 100);
    const shown = Math.min(part < whole ? 99.9 : 100, Math.max(part > 0 ? 0.1 : 0, Math.round(percent * 10) / 10));

    return `${shown} %`;
}

/* As a limit compares it: rounded once, on its decimal text, half to even (GB/T 8170). */
export function rounded(value, decimals) {
    const [, sign, whole, rest = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(value)) ?? [];

    if (decimals === null || decimals === undefined || whole === undefined || rest.length <= decimals)
        return value;
    const digits = BigInt(whole + rest.slice(0, decimals));
    const half = rest.slice(decimals).padEnd(1, "0").replace(/0+$/, "");
    const up = half > "5" || half === "5" && digits % 2n === 1n;
    const text = String(digits + (up ? 1n : 0n)).padStart(decimals + 1, "0");
    const at = text.length - decimals;

    return Number(`${sign}${text.slice(0, at)}.${text.slice(at)}`);
}

/* Is this value on the wrong side of a bound? What stands on it is not. */
export function breaks(bound, value, decimals = null) {
    if (bound === null || bound === undefined || value === null || value === undefined)
        return false;
    const held = rounded(value, decimals);

    return bound.above !== undefined && held > bound.above
        || bound.below !== undefined && held < bound.below
        || bound.between !== undefined && (held < bound.between[0] || held > bound.between[1]);
}

const UNITS = { min: 60000, h: 3600000 };

/* What a count of rows beyond a line says: "exact" where each row is what the line is for (its own
 * period), "readings" where the line is for single readings or the highest of them and a row holds
 * several, "across" where a row is of day and night and the line of one of them, "never" where no row
 * is like it (moving means); else no more than "hint". */
export function standing(series, line) {
    const [, number, unit] = /^(\d+)(min|h)$/.exec(line.period ?? "") ?? [];
    const length = unit ? number * UNITS[unit] : line.period === "day" ? 86400000 : null;

    if (line.statistic === "max_8h" || series.averaging === "direction")
        return "never";
    if ((line.when ?? "always") !== "always" && (series.step_ms ?? 0) > 3600000)
        return "across";
    if (line.period === "reading" || line.statistic === "max")
        return series.step_ms === null ? "exact" : "readings";
    return length !== null && length === series.step_ms ? "exact" : "hint";
}

/* Whether a row is beyond a line: as a mean (or the reading it is), and by any value in it. */
export const beyondBy = (line, row) => ({
    mean: breaks(line.bound, row[MEAN], line.decimals),
    any: breaks(line.bound, row[LOW], line.decimals) || breaks(line.bound, row[HIGH], line.decimals),
});

/* How many of the rows (with a value, while the line is in force) lie beyond it by their mean, and in
 * how many any value does. */
export function beyond(series, line, from, to) {
    const counted = { of: 0, means: 0, touched: 0 };

    for (const span of line.spans)
        for (const row of rowsWithin(series, Math.max(from, span.from), Math.min(to, span.to))) {
            if (row[MEAN] === null)
                continue;
            const by = beyondBy(line, row);
            counted.of++;
            counted.means += by.mean ? 1 : 0;
            counted.touched += by.any ? 1 : 0;
        }
    return counted;
}
