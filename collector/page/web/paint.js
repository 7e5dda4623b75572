/* paint.js - what lies under a chart's line: nights, gaps, quality bands, limits, marks.
 *
 * Everything is told apart by shape first (hatching, dash, letter), then by colour. Draws on the
 * canvas that dygraphs hands over, in its own coordinates; keeps nothing.
 */
import { gatherLines, levels, marksWithin } from "./series.js";

export const LANE = 24; // pixels at the top of the chart kept for marks and letters

/* Colours from the style sheet, so that dark, light and paper are said in one place. */
export function palette(place) {
    const style = getComputedStyle(place);
    const of = (name) => style.getPropertyValue(`--chart-${name}`).trim();

    return { line: of("line"), ghost: of("ghost"), limit: of("limit"), night: of("night"),
        gap: of("gap"), band: of("band"), bandInk: of("band-ink"), mark: of("mark"),
        span: of("span"), grid: of("grid"), ink: of("ink"), paper: of("paper"), doubt: of("doubt") };
}

/* `frame`: { series, span, ghost, chosen, colours, now }; ghost: rows [t, mean] of before, or null. */
export function paintUnder(context, area, graph, frame) {
    const { series, colours } = frame;
    const x = (t) => graph.toDomXCoord(t);
    const draw = { context, area, graph, x, colours };

    context.save();
    context.beginPath();
    context.rect(area.x, area.y, area.w, area.h);
    context.clip();
    for (const night of series.nights)
        box(draw, night.from, night.to, colours.night);
    for (const gap of series.gaps)
        hatch(draw, gap.from, Math.min(gap.to, frame.now), "gap");
    for (const band of series.bands)
        paintBand(draw, band);
    if (frame.ghost)
        paintGhost(draw, frame.ghost);
    for (const line of gatherLines(series.lines))
        paintLimit(draw, line);
    const marks = marksWithin(series, frame.span.from, frame.span.to);
    const plates = apart(marks.map(({ mark }) => x(mark.time)), area.x + 10, area.x + area.w - 10);
    marks.forEach(({ mark, i }) => paintMark(draw, mark, frame.chosen === i, frame.now));
    marks.forEach((_, at) => plate(draw, String(at + 1), plates[at], area.y + 10, colours.mark));
    for (const [t] of series.doubts)
        paintDoubt(draw, t);
    context.restore();
}

/* Where plates with numbers stand that belong at `places`: in order, none upon another while there is room. */
export function apart(places, from, to, wide = 21) {
    const put = [];

    for (const place of places)
        put.push(Math.max(from, place, put.length ? put.at(-1) + wide : from));
    for (let i = put.length - 1, most = to; i >= 0; i--, most -= wide)
        put[i] = Math.max(from, Math.min(put[i], most));
    return put;
}

function edges({ area, x }, from, to) {
    const left = Math.max(area.x - 2, from === null ? area.x - 2 : x(from));
    const right = Math.min(area.x + area.w + 2, to === null ? area.x + area.w + 2 : x(to));
    return right < area.x || left > area.x + area.w ? null : { left, width: Math.max(2, right - left) };
}

function box(draw, from, to, colour, y = draw.area.y, height = draw.area.h) {
    const edge = edges(draw, from, to);
    if (!edge)
        return null;
    draw.context.fillStyle = colour;
    draw.context.fillRect(edge.left, y, edge.width, height);
    return edge;
}

/* Slanted lines: wide for what is missing, close for what is there and does not count. */
function hatch(draw, from, to, kind) {
    const { context, area, colours } = draw;
    const edge = edges(draw, from, to);
    const apart = kind === "gap" ? 12 : 6;
    const lean = kind === "gap" ? -area.h : area.h;

    if (!edge)
        return null;
    context.save();
    context.beginPath();
    context.rect(edge.left, area.y, edge.width, area.h);
    context.clip();
    context.strokeStyle = kind === "gap" ? colours.gap : colours.band;
    context.lineWidth = 1;
    context.beginPath();
    const first = Math.floor((edge.left - area.h) / apart) * apart; // fixed to the canvas: no swimming
    for (let left = first; left < edge.left + edge.width + area.h; left += apart) {
        context.moveTo(left, area.y + area.h);
        context.lineTo(left + lean, area.y);
    }
    context.stroke();
    context.restore();
    return edge;
}

function paintBand(draw, band) {
    const edge = hatch(draw, band.from, band.to, "band");
    if (edge)
        plate(draw, band.quality ?? "…", edge.left + edge.width / 2, draw.area.y + draw.area.h - 12,
            draw.colours.bandInk, edge.width);
}

/* A letter on a plate, so that it stays legible over hatching and line. */
function plate({ context, colours }, text, x, y, ink, room = Infinity) {
    context.font = "600 12px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    const width = context.measureText(text).width + 8;
    if (room < width - 4)
        return;
    context.fillStyle = colours.paper;
    context.fillRect(x - width / 2, y - 8, width, 16);
    context.strokeStyle = ink;
    context.lineWidth = 1;
    context.strokeRect(x - width / 2, y - 8, width, 16);
    context.fillStyle = ink;
    context.fillText(text, x, y + 0.5);
}

function paintLimit(draw, line) {
    const { context, area, graph, colours } = draw;

    context.strokeStyle = colours.limit;
    context.lineWidth = 1.5;
    context.setLineDash(line.limit ? [8, 4] : [3, 3]);
    for (const level of levels(line.bound)) {
        const y = Math.round(graph.toDomYCoord(level)) + 0.5;
        if (y < area.y || y > area.y + area.h)
            continue;
        context.beginPath();
        for (const span of line.spans) {
            const edge = edges(draw, span.from, span.to);
            if (edge) {
                context.moveTo(edge.left, y);
                context.lineTo(edge.left + edge.width, y);
            }
        }
        context.stroke();
    }
    context.setLineDash([]);
}

/* The pole of a numbered flag; what lasts has a bar as long as it lasted, or to this moment. */
function paintMark(draw, mark, chosen, now) {
    const { context, area, x, colours } = draw;
    const at = Math.round(x(mark.time)) + 0.5;
    const end = mark.until ?? now;

    if (mark.lasts && chosen)
        box(draw, mark.time, end, colours.span);
    if (mark.lasts)
        box(draw, mark.time, end, colours.mark, area.y + LANE - 4, 3);
    if (at >= area.x && at <= area.x + area.w) {
        context.strokeStyle = colours.mark;
        context.lineWidth = chosen ? 2.5 : 1;
        context.setLineDash(mark.kind === "struck_off" ? [] : [2, 3]);
        context.beginPath();
        context.moveTo(at, area.y + 2);
        context.lineTo(at, area.y + area.h);
        context.stroke();
        context.setLineDash([]);
    }
}

function paintDoubt(draw, t) {
    const { context, area, x, colours } = draw;
    const at = x(t);
    const foot = area.y + area.h - 3;

    if (at < area.x || at > area.x + area.w)
        return;
    context.beginPath();
    context.moveTo(at, foot - 11);
    context.lineTo(at + 6, foot);
    context.lineTo(at - 6, foot);
    context.closePath();
    context.fillStyle = colours.paper;
    context.fill();
    context.strokeStyle = colours.doubt;
    context.lineWidth = 1.5;
    context.stroke();
    context.fillStyle = colours.doubt;
    context.font = "700 8px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    context.fillText("?", at, foot - 1.5);
}

function paintGhost({ context, graph, x, colours }, rows) {
    let pen = false;

    context.strokeStyle = colours.ghost;
    context.lineWidth = 2.5;
    context.setLineDash([2, 4]); // dotted: limits are dashed, in grey too
    context.beginPath();
    for (const [t, bars] of rows) {
        if (bars === null) {
            pen = false;
            continue;
        }
        const y = graph.toDomYCoord(bars[1]);
        if (pen)
            context.lineTo(x(t), y);
        else
            context.moveTo(x(t), y);
        pen = true;
    }
    context.stroke();
    context.setLineDash([]);
}

/* The band from lowest to highest: one outline for each unbroken stretch (dygraphs' own draws a box
 * for each row, which is slow where there are many). */
export function paintBar({ drawingContext: context, points, plotArea: area, color }) {
    let stretch = [];
    const y = (share) => area.y + area.h * share;
    const close = () => {
        if (stretch.length > 1) {
            context.beginPath();
            stretch.forEach((p, i) => (i === 0 ? context.moveTo(p.canvasx, y(p.y_top)) : context.lineTo(p.canvasx, y(p.y_top))));
            for (let i = stretch.length - 1; i >= 0; i--)
                context.lineTo(stretch[i].canvasx, y(stretch[i].y_bottom));
            context.closePath();
            context.fill();
        } else if (stretch.length === 1)
            context.fillRect(stretch[0].canvasx - 1, y(stretch[0].y_top), 2, Math.max(1, y(stretch[0].y_bottom) - y(stretch[0].y_top)));
        stretch = [];
    };

    context.save();
    context.fillStyle = color;
    context.globalAlpha = 0.24;
    for (const point of points)
        if (Number.isNaN(point.canvasy) || point.yval === null)
            close();
        else
            stretch.push(point);
    close();
    context.restore();
}
