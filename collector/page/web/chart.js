/* chart.js - the chart of one series: dygraphs draws line, band and axes; we do what is under it,
 * the hands (mouse, finger, keys) and the labels.
 *
 * dygraphs' legend breaks a strict Content-Security-Policy, so it is taken out before the first
 * chart; no colour or size is written into markup. The chart knows nothing of requests: whoever
 * owns it hears `moved(from, to)` and shows new data when they have come; until then the old stays.
 */
import { LANE, paintBar, paintUnder, palette } from "./paint.js";
import { drawnRows, gatherLines, levels, nearestRow, rowsWithin, thin, MEAN, LOW, HIGH, T } from "./series.js";
import { MINUTE, DAY } from "./spans.js";

const SHORTEST = 2 * MINUTE, LONGEST = 1100 * DAY;
let library = null;

/* dygraphs is fetched when the first chart is wanted, once. */
export function loadDygraphs() {
    library ??= new Promise((done, fail) => {
        const script = document.createElement("script");
        script.src = new URL("./dygraph.js", import.meta.url).href;
        script.addEventListener("load", () => {
            const { Dygraph } = window;
            const { Legend, RangeSelector, ChartLabels, Annotations } = Dygraph.Plugins;
            const unused = new Set([Legend, RangeSelector, ChartLabels, Annotations]);
            Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => !unused.has(plugin));
            done(Dygraph);
        });
        script.addEventListener("error", () => {
            library = null;
            fail(new Error("dygraph.js"));
        });
        document.head.append(script);
    });
    return library;
}

export class Chart {
    #graph = null;
    #data = null; // { series, rows, column_ms, thin }: what came, and as it is drawn
    #ghost = null;
    #chosen = null;
    #at = null; // the moment read out, null: none
    #colours;
    #hands = new AbortController();
    #size;
    #frame = 0;

    /* `place` is an empty element; `options`: { Dygraph, clock, label, lineLabel(line), compass,
     * moved(from, to), read(t or null), now(), yRange: null or [low, high] }. */
    constructor(place, options) {
        this.options = options;
        this.place = place;
        this.plot = div("chart-plot");
        this.over = div("chart-over");
        this.hair = div("chart-hair");
        this.over.append(this.hair);
        place.classList.add("chart");
        place.append(this.plot, this.over);
        place.tabIndex = 0;
        place.setAttribute("role", "application");
        place.setAttribute("aria-roledescription", options.role);
        place.setAttribute("aria-label", options.label);
        this.#listen();
    }

    /* The span shown, in milliseconds. */
    get window() {
        return this.span;
    }

    /* Width of the plot in pixels: what the server is asked for. */
    get width() {
        return Math.max(200, Math.round((this.#graph?.getArea().w) || this.place.clientWidth - 60));
    }

    show(series, span = this.span) {
        this.#data = { series, rows: drawnRows(series), column_ms: null, thin: null };
        this.span = span;
        this.#draw();
    }

    /* Rows of before the strike-off, moved onto the time of after; null ends them. */
    ghost(rows) {
        this.#ghost = rows;
        if (this.#graph)
            this.#draw();
    }

    choose(index) {
        this.#chosen = index;
        this.#redraw();
    }

    /* Moves the window without asking anybody. */
    look(from, to) {
        this.span = { from, to };
        this.#redraw();
    }

    /* To another window, and tells the owner. */
    go(from, to) {
        const length = Math.min(LONGEST, Math.max(SHORTEST, to - from));
        const middle = (from + to) / 2;

        this.look(middle - length / 2, middle + length / 2);
        this.options.moved(this.span.from, this.span.to);
        if (this.#at !== null && (this.#at < this.span.from || this.#at > this.span.to))
            this.read(null);
    }

    zoom(factor, around = (this.span.from + this.span.to) / 2) {
        const { from, to } = this.span;
        const length = Math.min(LONGEST, Math.max(SHORTEST, (to - from) * factor));
        const share = (around - from) / (to - from);

        this.go(around - length * share, around + length * (1 - share));
    }

    pan(share) {
        const { from, to } = this.span;
        this.go(from + (to - from) * share, to + (to - from) * share);
    }

    end() {
        this.#hands.abort();
        this.#size?.disconnect();
        cancelAnimationFrame(this.#frame);
        this.#graph?.destroy();
        this.#graph = null;
    }

    /* ---- drawing ---------------------------------------------------------------------------- */

    #draw() {
        this.#colours = palette(this.place);
        const settings = this.#settings();

        if (this.#graph)
            this.#graph.updateOptions({ ...settings, file: this.#file() });
        else {
            this.#graph = new this.options.Dygraph(this.plot, this.#file(), {
                labels: ["t", "v"], customBars: true, legend: "never",
                plotter: [paintBar, this.options.Dygraph.Plotters.linePlotter],
                strokeWidth: 1.75, drawGapEdgePoints: true, highlightCircleSize: 0,
                interactionModel: {}, xRangePad: 0, labelsKMB: false,
                underlayCallback: (context, area, graph) => paintUnder(context, area, graph, {
                    series: this.#data.series, span: this.span, ghost: this.#ghost, chosen: this.#chosen,
                    colours: this.#colours, now: this.options.now() }),
                drawCallback: () => this.#label(),
                ...settings,
            });
            this.#size = new ResizeObserver(() => this.#fit());
            this.#size.observe(this.place);
            this.#label(); // dygraphs drew once before we had it in hand
        }
    }

    #fit() {
        if (this.plot.clientWidth > 0 && this.#graph)
            this.#graph.resize();
    }

    /* Two rows a pixel at most; columns in steps of two, so that moving does not make them anew.
     * dygraphs wants a row at least. */
    #file() {
        const data = this.#data;
        const column_ms = 2 ** Math.floor(Math.log2((this.span.to - this.span.from) / this.width));

        if (data.rows.length < this.width * 2)
            data.thin = data.rows;
        else if (data.column_ms !== column_ms)
            Object.assign(data, { column_ms, thin: thin(data.rows, column_ms, data.series.averaging) });
        return data.thin.length > 0 ? data.thin : [[this.span.from, null]];
    }

    #settings() {
        const { clock } = this.options;
        const { series } = this.#data;
        const few = rowsWithin(series, this.span.from, this.span.to).length < this.width / 6;
        const colours = this.#colours;

        return {
            colors: [colours.line], drawPoints: few && series.step_ms === null, pointSize: 2.2,
            gridLineColor: colours.grid, axisLineColor: colours.ink,
            dateWindow: [this.span.from, this.span.to], valueRange: this.#range(),
            axes: {
                x: { ticker: (from, to, pixels) => clock.ticks(from, to, pixels), axisLabelWidth: 74,
                    axisLabelFontSize: 12, drawGrid: false },
                y: {
                    axisLabelWidth: 44, axisLabelFontSize: 12, pixelsPerLabel: 36,
                    ...(series.averaging === "direction" ? { ticker: () => this.#compass() } : {}),
                },
            },
        };
    }

    /* Where the wind comes from: four sides and north again. */
    #compass() {
        return this.options.compass.map((side, i) => ({ v: i * 90, label: `${side} ${i * 90}` }));
    }

    /* Data, and every limit that is near enough not to flatten them. */
    #range() {
        if (this.options.yRange)
            return this.options.yRange;
        if (this.#data.series.averaging === "direction")
            return [0, 360 * 1.1];
        let low = Infinity, high = -Infinity;
        const take = (value) => {
            low = Math.min(low, value);
            high = Math.max(high, value);
        };
        for (const row of rowsWithin(this.#data.series, this.span.from, this.span.to))
            if (row[MEAN] !== null) {
                take(row[LOW]);
                take(row[HIGH]);
            }
        for (const [, bars] of this.#ghost ?? [])
            if (bars !== null)
                take(bars[1]);
        const all = this.#data.series.lines.flatMap((line) => levels(line.bound));
        if (low > high && all.length > 0)
            [0, ...all].forEach(take);
        if (low > high)
            return [0, 1];
        const room = Math.max((high - low) * 4, Math.abs(high) * 0.8);
        const near = all.filter((level) => level > low - room && level < high + room);
        near.forEach(take);
        const pad = Math.max((high - low) * 0.08, Math.abs(high) * 0.005, 1e-6);
        const foot = low >= 0 && low - pad < 0 ? 0 : low - pad;
        const share = (LANE + 6) / Math.max(120, this.place.clientHeight - 30); // marks stand above
        return [foot, foot + (high + pad - foot) / (1 - share)];
    }

    #redraw() {
        if (this.#graph && this.#frame === 0)
            this.#frame = requestAnimationFrame(() => {
                this.#frame = 0;
                if (!this.#graph)
                    return;
                const old = this.#data.thin;
                const file = this.#file();
                this.#graph.updateOptions(file === old ? this.#settings() : { ...this.#settings(), file });
            });
    }

    /* Names of the limits, as text over the canvas: sharp, and never two on one another. */
    #label() {
        const graph = this.#graph;
        if (!graph)
            return;
        const area = graph.getArea();
        const labels = [];
        const taken = [];
        for (const line of gatherLines(this.#data.series.lines))
            for (const level of levels(line.bound)) {
                const y = graph.toDomYCoord(level);
                const text = this.options.lineLabel(line, area.w < 420);
                const seen = line.spans.some((s) => (s.from ?? -Infinity) < this.span.to
                    && (s.to ?? Infinity) > this.span.from);
                if (!seen)
                    continue;
                const out = y < area.y ? "↑ " : y > area.y + area.h ? "↓ " : "";
                let top = Math.min(Math.max(y - 19, area.y + LANE), area.y + area.h - 18);
                while (taken.some((other) => Math.abs(other - top) < 18) && top < area.y + area.h - 18)
                    top += 19;
                taken.push(top);
                const label = div("chart-limit", out + text);
                label.style.top = `${top}px`;
                label.style.left = `${area.x + 6}px`;
                labels.push(label);
            }
        this.over.replaceChildren(this.hair, ...labels);
        this.#placeHair();
    }

    #placeHair() {
        const seen = this.#at !== null && this.#graph
            && this.#at >= this.span.from && this.#at <= this.span.to;

        this.hair.hidden = !seen;
        if (seen)
            this.hair.style.transform = `translateX(${Math.round(this.#graph.toDomXCoord(this.#at))}px)`;
    }

    /* ---- hands ------------------------------------------------------------------------------ */

    read(t) {
        this.#at = t;
        this.#placeHair();
        this.options.read(t);
    }

    #time(event) {
        return this.#graph.toDataXCoord(event.clientX - this.plot.getBoundingClientRect().left);
    }

    #listen() {
        const on = (name, does, extra) => this.place.addEventListener(name, (event) => {
            if (this.#graph)
                does(event);
        }, { signal: this.#hands.signal, ...extra });
        const fingers = new Map();
        let grip = null; // of a mouse: where it was pressed, and the window then
        let pinch = null; // of two fingers

        on("pointerdown", (event) => {
            fingers.set(event.pointerId, event.clientX);
            if (event.pointerType === "mouse" && event.button === 0) {
                grip = { x: event.clientX, ...this.span, moved: false };
                this.place.setPointerCapture(event.pointerId);
            } else if (fingers.size === 2)
                pinch = { ...this.span, x: [...fingers.values()] };
            else
                this.read(this.#time(event));
        });
        on("pointermove", (event) => {
            if (fingers.has(event.pointerId))
                fingers.set(event.pointerId, event.clientX);
            if (grip)
                this.#drag(grip, event.clientX);
            else if (pinch && fingers.size === 2)
                this.#pinch(pinch, [...fingers.values()]);
            else if (event.pointerType === "mouse" || fingers.size === 1)
                this.read(this.#time(event));
        });
        const lift = (event) => {
            fingers.delete(event.pointerId);
            if (grip?.moved || pinch)
                this.go(this.span.from, this.span.to);
            grip = null;
            pinch = null;
        };
        on("pointerup", lift);
        on("pointercancel", lift);
        on("pointerleave", (event) => {
            if (event.pointerType === "mouse" && !grip)
                this.read(null);
        });
        on("wheel", (event) => {
            if (!event.ctrlKey && !event.metaKey)
                return; // the page scrolls
            event.preventDefault();
            this.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.006), this.#time(event));
        }, { passive: false });
        on("dblclick", (event) => this.zoom(0.5, this.#time(event)));
        on("keydown", (event) => this.#key(event));
        const paper = (is) => () => this.#paper(is);
        window.addEventListener("beforeprint", paper(true), { signal: this.#hands.signal });
        window.addEventListener("afterprint", paper(false), { signal: this.#hands.signal });
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paper(false),
            { signal: this.#hands.signal });
    }

    /* Colours and size are others on paper. Chromium prints a canvas that was just resized empty, so
     * what was drawn for paper goes there as a picture. */
    #paper(is) {
        if (!this.#graph)
            return;
        this.place.classList.toggle("on-paper", is);
        this.picture?.remove();
        this.#fit();
        this.#draw();
        if (!is)
            return;
        this.picture = document.createElement("img");
        this.picture.className = "chart-picture";
        this.picture.alt = "";
        this.picture.src = this.#graph.hidden_.toDataURL();
        this.place.prepend(this.picture);
    }

    #drag(grip, x) {
        const shift = (grip.x - x) * (grip.to - grip.from) / this.width;

        if (!grip.moved && Math.abs(grip.x - x) < 4)
            return;
        grip.moved = true;
        this.look(grip.from + shift, grip.to + shift);
    }

    #pinch(start, now) {
        const apart = (xs) => Math.max(30, Math.abs(xs[0] - xs[1]));
        const left = this.plot.getBoundingClientRect().left + this.#graph.getArea().x;
        const length = Math.min(LONGEST,
            Math.max(SHORTEST, (start.to - start.from) * apart(start.x) / apart(now)));
        const share = (xs) => ((xs[0] + xs[1]) / 2 - left) / this.width;
        const held = start.from + (start.to - start.from) * share(start.x);

        this.look(held - length * share(now), held + length * (1 - share(now)));
    }

    #key(event) {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        const keys = { "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2),
            Home: () => this.options.edge?.("first"), End: () => this.options.edge?.("last"),
            Escape: () => this.read(null) };

        if (event.altKey || event.ctrlKey || event.metaKey)
            return;
        if (step && event.shiftKey)
            this.#stepRow(step);
        else if (step)
            this.pan(step * 0.25);
        else if (keys[event.key])
            keys[event.key]();
        else
            return;
        event.preventDefault();
    }

    /* Reads out the row before or after the one read now. */
    #stepRow(step) {
        const { series } = this.#data;
        const start = this.#at ?? this.span.to - step;
        const at = nearestRow(series, start);

        if (at < 0)
            return;
        const next = Math.min(series.rows.length - 1, Math.max(0, this.#at === null ? at : at + step));
        const t = series.rows[next][T] + (series.step_ms ?? 0) / 2;
        if (t < this.span.from || t > this.span.to)
            this.pan(step * 0.25);
        this.read(t);
    }
}

function div(name, text) {
    const made = document.createElement("div");
    made.className = name;
    if (text !== undefined)
        made.textContent = text;
    return made;
}

