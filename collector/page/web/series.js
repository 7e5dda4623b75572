/* series.js - what a chart's series says, as plain data: rows for drawing, figures, sentences' facts.
 *
 * A row is [t, count, expected, min, mean, max]; a mean of null is a bucket in which nothing was
 * valid. Nothing absent ever becomes a number here. Pure: no document, no request.
 */

export const T = 0, COUNT = 1, EXPECTED = 2, LOW = 3, MEAN = 4, HIGH = 5;

const parse = (time) => (time === null ? null : Date.parse(time));

/* The server's answer with its moments as milliseconds. */
export function readSeries(json) {
    const spans = (list) => (list ?? []).map((s) => ({ ...s, from: parse(s.from), to: parse(s.to) }));

    const nights = spans(json.nights);
    return {
        ...json,
        from: parse(json.from), to: parse(json.to),
        bands: spans(json.bands), gaps: spans(json.gaps), nights,
        lines: spans(json.lines).flatMap((line) => by_hours(line, nights)),
        marks: (json.marks ?? []).map((m) => ({ ...m, time: parse(m.time), until: parse(m.until) })),
        doubts: json.doubts ?? [],
        rows: json.rows ?? [],
    };
}

/* A line for the day or the night, cut at the hours it is in force; whole when the nights are too
 * many to be told one by one. */
function by_hours(line, nights) {
    if ((line.when ?? "always") === "always" || nights.length === 0)
        return [line];
    const cut = [];
    let day = line.from;
    for (const night of nights) {
        const from = Math.max(night.from, line.from), to = Math.min(night.to, line.to);
        if (line.when === "night" && from < to)
            cut.push({ ...line, from, to });
        if (line.when === "day" && day < Math.min(night.from, line.to))
            cut.push({ ...line, from: day, to: Math.min(night.from, line.to) });
        day = Math.max(day, night.to);
    }
    if (line.when === "day" && day < line.to)
        cut.push({ ...line, from: day });
    return cut;
}

/* Rows as dygraphs draws them, [t, [min, mean, max]]. A line must not cross what was not measured:
 * where a gap lies between two rows stands an empty one. */
export function drawnRows(series) {
    const drawn = [];
    const wide = series.step_ms === null ? Infinity : series.step_ms * 1.5;
    let gap = 0;
    let before = null;

    for (const row of series.rows) {
        let torn = before !== null && row[T] - before > wide;
        while (gap < series.gaps.length && series.gaps[gap].from < row[T]) {
            torn ||= before !== null && series.gaps[gap].to > before;
            gap++;
        }
        if (torn)
            drawn.push([(before + row[T]) / 2, null]);
        drawn.push([row[T], row[MEAN] === null ? null : [row[LOW], row[MEAN], row[HIGH]]]);
        before = row[T];
    }
    return drawn;
}

/* The rows that begin inside the span; a bucket that reaches into it counts too. */
export function rowsWithin(series, from, to) {
    const reach = series.step_ms ?? 0;

    return series.rows.filter((row) => row[T] + reach > from && row[T] < to);
}

/* Index of the row nearest to `t`, -1 without rows. For buckets the middle is meant. */
export function nearestRow(series, t) {
    const rows = series.rows;
    const want = t - (series.step_ms ?? 0) / 2;
    let low = 0, high = rows.length - 1;

    if (high < 0)
        return -1;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (rows[middle][T] < want)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && want - rows[low - 1][T] < rows[low][T] - want ? low - 1 : low;
}

/* Lowest, mean (weighted by count) and highest, how much of the expected was there. */
export function figures(series, from, to) {
    let count = 0, expected = 0, sum = 0, weight = 0, least = null, most = null;

    for (const row of rowsWithin(series, from, to)) {
        count += row[COUNT] ?? 0;
        expected += row[EXPECTED] ?? 0;
        if (row[MEAN] === null)
            continue;
        const here = Math.max(1, row[COUNT] ?? 1);
        sum += row[MEAN] * here;
        weight += here;
        if (least === null || row[LOW] < least.value)
            least = { value: row[LOW], time: row[T] };
        if (most === null || row[HIGH] > most.value)
            most = { value: row[HIGH], time: row[T] };
    }
    return { count, expected: expected > 0 ? expected : null, mean: weight > 0 ? sum / weight : null,
        least, most };
}

/* Is this value on the wrong side of a bound? */
export function breaks(bound, value) {
    if (bound === null || bound === undefined || value === null)
        return false;
    return bound.above !== undefined && value > bound.above
        || bound.below !== undefined && value < bound.below
        || bound.between !== undefined && (value < bound.between[0] || value > bound.between[1]);
}

/* How many of the rows (with a value, where the line is in force) lie beyond a line by their mean
 * and how many touch it by their extreme. */
export function beyond(series, line, from, to) {
    let of = 0, means = 0, touched = 0;

    for (const row of rowsWithin(series, Math.max(from, line.from ?? from), Math.min(to, line.to ?? to))) {
        if (row[MEAN] === null)
            continue;
        of++;
        means += breaks(line.bound, row[MEAN]) ? 1 : 0;
        touched += breaks(line.bound, row[LOW]) || breaks(line.bound, row[HIGH]) ? 1 : 0;
    }
    return { of, means, touched };
}

/* The levels a bound draws: one, or two for "between". */
export function levels(bound) {
    if (!bound)
        return [];
    return bound.between ?? [bound.above ?? bound.below];
}

/* Equal lines in force at different times (every night, say) as one, with all their spans. */
export function gatherLines(lines) {
    const known = new Map();

    for (const line of lines) {
        const key = JSON.stringify([line.bound, line.rule, line.limit, line.period, line.when]);
        if (!known.has(key))
            known.set(key, { ...line, spans: [] });
        known.get(key).spans.push({ from: line.from, to: line.to });
    }
    return [...known.values()];
}

/* What stands at one moment besides a value: the band's letter and cause, a gap, a doubt. */
export function besides(series, t) {
    const within = (list) => list.find((s) => s.from <= t && t < s.to) ?? null;
    const reach = series.step_ms ?? 1;

    return {
        band: within(series.bands),
        gap: within(series.gaps),
        doubts: series.doubts.filter(([at]) => at >= t && at < t + reach).map(([, word]) => word),
    };
}
