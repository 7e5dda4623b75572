/* series.js - what a chart's series says, as plain data: rows for drawing, and what stands beside them.
 *
 * A row is [t, count, expected, min, mean, max, valid]; a mean of null is a bucket in which nothing was
 * valid, or one of several directions, which have none. `valid` are the readings that made the numbers.
 * Nothing absent ever becomes a number here. Pure: no document, no request.
 */

export const T = 0, COUNT = 1, EXPECTED = 2, LOW = 3, MEAN = 4, HIGH = 5, VALID = 6;

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
            // what still runs reaches just to the end that was asked for; what ended later says when
            const runs = (m.kind === "problem" || m.kind === "doubt") && m.until === json.to;
            return { ...m, time: parse(m.time), until: runs ? null : parse(m.until), lasts: LASTING.has(m.kind) };
        })),
        doubts: json.doubts ?? [],
        every: (json.every ?? []).map((one) => ({ ...one, from: parse(one.from) })),
        rows: (json.rows ?? []).map((row, i) => [...row, json.valid?.[i] ?? row[COUNT]]),
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

/* Rows as dygraphs draws them, [t, [min, mean, max]]. A line must not cross what was not measured or
 * does not count: where that lies between two rows stands an empty one. Directions are points without
 * a line: from 359 to 1 degree it would cross the whole circle. */
export function drawnRows(series) {
    const drawn = [];
    const apart = series.averaging === "direction";
    const middle = (series.step_ms ?? 0) / 2; // a bucket is no more its beginning than its end
    const wide = series.step_ms === null ? Infinity : series.step_ms * 1.5;
    const tears = series.step_ms === null ? [...series.gaps, ...series.bands.filter(({ quality }) => quality !== "T")]
        .sort((a, b) => a.from - b.from) : series.gaps;
    let next = 0;
    let end = -Infinity; // of what tears, as far as it was looked at
    let before = null;

    for (const row of series.rows) {
        for (; next < tears.length && tears[next].from < row[T]; next++)
            end = Math.max(end, tears[next].to);
        if (before !== null && (apart || row[T] - before > wide || end > before))
            drawn.push([(before + row[T]) / 2 + middle, null]);
        drawn.push([row[T] + middle, row[MEAN] === null ? null
            : apart ? [row[MEAN], row[MEAN], row[MEAN]] : [row[LOW], row[MEAN], row[HIGH]]]);
        before = row[T];
    }
    return drawn;
}

/* How further means are made of means: levels of noise by their energies. */
export const gathering = (averaging) => (averaging === "energy"
    ? { into: (level) => 10 ** (level / 10), out: (sum) => 10 * Math.log10(sum) } : { into: (v) => v, out: (v) => v });

/* At most some rows a pixel: those of one column (of `column_ms`) as one, with their lowest and highest,
 * so that ten thousand of them draw as fast as a thousand and no peak is lost. Gaps stay. */
export function thin(drawn, column_ms, averaging) {
    const { into, out } = gathering(averaging);
    const thinned = [];
    let column = null, low = 0, high = 0, sum = 0, count = 0, first = 0, last = 0;
    const flush = () => {
        if (count > 0)
            thinned.push([(first + last) / 2, [low, out(sum / count), high]]);
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
        sum += into(bars[1]);
        last = t;
        count++;
    }
    flush();
    return thinned;
}

/* The rows that begin inside the span; a bucket that reaches into it counts too. */
export function rowsWithin(series, from, to) {
    const reach = series.step_ms ?? 1;

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
        const key = JSON.stringify([line.bound, line.decimals, line.rule, line.limit, line.period, line.statistic, line.when]);
        if (!known.has(key))
            known.set(key, { ...line, spans: [] });
        known.get(key).spans.push({ from: line.from, to: line.to });
    }
    return [...known.values()];
}

/* What reaches into the span, with its place in the list. */
export function marksWithin(series, from, to) {
    return series.marks.map((mark, i) => ({ mark, i }))
        .filter(({ mark }) => mark.time < to && (mark.lasts ? mark.until ?? Infinity : mark.time) > from);
}

/* What stands in a row or at a moment besides a value: bands, a gap, doubts; and whether the device was
 * asked at all by then. */
export function besides(series, t, reach = series.step_ms ?? 1) {
    const meets = (one) => one.from < t + reach && one.to > t;

    return {
        bands: series.bands.filter(meets),
        gap: series.gaps.find(meets) ?? null,
        doubts: [...new Set(series.doubts.filter(([at]) => at >= t && at < t + reach).map(([, word]) => word))],
        before: series.every.length > 0 && t + reach <= series.every[0].from,
    };
}

/* What a table lists of the span, newest first: rows, the stretches without any, and (where rows are
 * readings) what was read there and does not count. */
export function listed(series, from, to) {
    const within = (one) => one.from < to && one.to > from;
    const gaps = series.gaps.filter(within);
    const covered = (band) => gaps.some((gap) => gap.from <= band.from && band.to <= gap.to);
    const bands = series.step_ms !== null ? []
        : series.bands.filter((band) => within(band) && band.quality !== "T" && !covered(band));
    const stretch = (kind) => (one) => ({ kind, t: Math.max(one.from, from), to: Math.min(one.to, to), of: one });

    return [...rowsWithin(series, from, to).map((row) => ({ kind: "row", t: row[T], row })),
        ...gaps.map(stretch("gap")), ...bands.map(stretch("band"))].sort((a, b) => b.t - a.t);
}
