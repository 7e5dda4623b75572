/* series.js - what a chart's series says, as plain data: rows for drawing, figures, sentences' facts.
 *
 * A row is [t, count, expected, min, mean, max]; a mean of null is a bucket in which nothing was
 * valid. Nothing absent ever becomes a number here. Pure: no document, no request.
 */

export const T = 0, COUNT = 1, EXPECTED = 2, LOW = 3, MEAN = 4, HIGH = 5;

/* Marks that have a length; one that still runs has no end (`until` null). */
const LASTING = new Set(["problem", "doubt", "maintenance"]);

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
        marks: gather_marks((json.marks ?? []).map((m) => {
            const until = parse(m.until);
            return { ...m, time: parse(m.time), until: until >= parse(json.to) ? null : until, lasts: LASTING.has(m.kind) };
        })),
        doubts: json.doubts ?? [],
        rows: json.rows ?? [],
    };
}

/* In order of time; what was set at one moment is one mark with several texts. */
function gather_marks(marks) {
    const gathered = [];

    for (const mark of marks.sort((a, b) => a.time - b.time)) {
        const last = gathered.at(-1);
        if (last?.kind === "settings" && mark.kind === "settings" && mark.time - last.time < 60000)
            last.texts.push(mark.text);
        else
            gathered.push({ ...mark, texts: [mark.text] });
    }
    return gathered;
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

/* At most some rows a pixel: those of one column (of `column_ms`) as one, with their lowest and highest,
 * so that ten thousand of them draw as fast as a thousand and no peak is lost. Gaps stay. */
export function thin(drawn, column_ms) {
    const thinned = [];
    let column = null, low = 0, high = 0, sum = 0, count = 0, first = 0, last = 0;
    const flush = () => {
        if (count > 0)
            thinned.push([(first + last) / 2, [low, sum / count, high]]);
        count = 0;
    };

    for (const [t, bars] of drawn) {
        const here = Math.floor(t / column_ms);
        if (bars === null || here !== column)
            flush();
        column = here;
        if (bars === null) {
            thinned.push([t, null]);
            continue;
        }
        if (count === 0)
            [first, low, sum, high] = [t, bars[0], 0, bars[2]];
        low = Math.min(low, bars[0]);
        high = Math.max(high, bars[2]);
        sum += bars[1];
        last = t;
        count++;
    }
    flush();
    return thinned;
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

/* Lowest, mean and highest, and how much of the expected was there. A bucket weighs as much as it was
 * filled, whatever the rhythm of its readings; levels of noise are averaged by their energy. */
export function figures(series, from, to, is_noise) {
    const energy = (v) => (is_noise ? 10 ** (v / 10) : v);
    let count = 0, expected = 0, sum = 0, weight = 0, least = null, most = null;

    for (const row of rowsWithin(series, from, to)) {
        count += row[COUNT] ?? 0;
        expected += row[EXPECTED] ?? 0;
        if (row[MEAN] === null)
            continue;
        const here = row[EXPECTED] ? Math.min(1, row[COUNT] / row[EXPECTED]) : 1;
        sum += energy(row[MEAN]) * here;
        weight += here;
        if (least === null || row[LOW] < least.value)
            least = { value: row[LOW], time: row[T] };
        if (most === null || row[HIGH] > most.value)
            most = { value: row[HIGH], time: row[T] };
    }
    const mean = weight > 0 ? sum / weight : null;
    return { count, expected: expected > 0 ? expected : null, least, most,
        mean: mean !== null && is_noise ? 10 * Math.log10(mean) : mean };
}

/* Is this value on the wrong side of a bound? */
export function breaks(bound, value) {
    if (bound === null || bound === undefined || value === null)
        return false;
    return bound.above !== undefined && value > bound.above
        || bound.below !== undefined && value < bound.below
        || bound.between !== undefined && (value < bound.between[0] || value > bound.between[1]);
}

const UNITS = { min: 60000, h: 3600000 };

/* What a count of rows beyond a line says: "exact" where each row is what the line is for (its own
 * period), "readings" where the line is for single readings and a row holds several, "across" where
 * a row is of day and night and the line of one of them; else no more than "hint". */
export function standing(series, line) {
    const [, number, unit] = /^(\d+)(min|h)$/.exec(line.period ?? "") ?? [];
    const length = unit ? number * UNITS[unit] : line.period === "day" ? 86400000 : null;

    if ((line.when ?? "always") !== "always" && (series.step_ms ?? 0) > 3600000)
        return "across";
    if (line.period === "reading")
        return series.step_ms === null ? "exact" : "readings";
    return length !== null && length === series.step_ms ? "exact" : "hint";
}

/* How many of the rows (with a value, while the line is in force) lie beyond it by their mean, and in
 * how many any value does. */
export function beyond(series, line, from, to) {
    const counted = { of: 0, means: 0, touched: 0 };

    for (const span of line.spans)
        for (const row of rowsWithin(series, Math.max(from, span.from ?? from), Math.min(to, span.to ?? to))) {
            if (row[MEAN] === null)
                continue;
            counted.of++;
            counted.means += breaks(line.bound, row[MEAN]) ? 1 : 0;
            counted.touched += breaks(line.bound, row[LOW]) || breaks(line.bound, row[HIGH]) ? 1 : 0;
        }
    return counted;
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
