/* charts.mjs - how a chart of very many values moves: figures, to be printed. */
import { go, window_open } from "./browser.mjs";

const MANY = 10000;
const PEAK = 5003; // one reading in the middle that is far above all others: it may not be lost

/* As many single readings as nobody ever asks the collector for, over the span that was asked. */
function fill(series) {
    const from = Date.parse(series.from);
    const step = (Date.parse(series.to) - from) / MANY;
    const rows = Array.from({ length: MANY }, (_, i) => {
        const value = i === PEAK ? 20 : 1 + 0.4 * Math.sin(i / 300) + 0.1 * Math.sin(i * 7.3);
        return [Math.round(from + i * step), 1, null, value, value, value];
    });

    return { ...series, rows, step_ms: null, source: "readings", gaps: [], bands: [], doubts: [] };
}

/* One step of a drag is one frame: how long its drawing takes. */
const drag = async (steps) => {
    const place = document.querySelector("#main .chart");
    const box = place.getBoundingClientRect();
    const at = (name, x) => place.dispatchEvent(new PointerEvent(name, {
        pointerId: 1, pointerType: "mouse", button: 0, buttons: 1, bubbles: true, clientX: x, clientY: box.top + box.height / 2,
    }));
    const took = [];

    place.setPointerCapture = () => {}; // a made-up pointer cannot be captured
    at("pointerdown", box.left + box.width / 2);
    for (let i = 1; i <= steps; i++)
        took.push(await new Promise((done) => {
            let begun;
            requestAnimationFrame(() => { begun = performance.now(); });
            at("pointermove", box.left + box.width / 2 + 3 * i);
            requestAnimationFrame(() => done(performance.now() - begun));
        }));
    return took;
};

export async function ten_thousand_points({ world, ...wishes }) {
    const { page, complaints, close } = await window_open({ ...wishes, token: world.token });
    let points = 0;

    try {
        await page.route(/\/series\?/, async (route) => {
            const answer = await route.fetch();
            const series = fill(await answer.json());
            points = series.rows.length;
            await route.fulfill({ response: answer, json: series });
        });
        await page.waitForSelector("#main .view");
        await page.evaluate(() => {
            const { lineTo } = CanvasRenderingContext2D.prototype;
            window.lines = [];
            CanvasRenderingContext2D.prototype.lineTo = function (x, y) {
                window.lines.push(y);
                return lineTo.call(this, x, y);
            };
            window.drawn = new Promise((done) => new MutationObserver((_, watch) => {
                if (!document.querySelector("#main .chart canvas"))
                    return;
                watch.disconnect();
                requestAnimationFrame(() => done(performance.now()));
            }).observe(document.body, { childList: true, subtree: true }));
        });
        await go(page, `#/point/${world.point}`, ".chart canvas");
        const draw_ms = await page.evaluate(async () => {
            const come = performance.getEntriesByType("resource").filter((one) => one.name.includes("/series?"))[0];
            return await window.drawn - come.responseEnd;
        });
        const drawn = await page.evaluate(() => {
            const lines = window.lines.splice(0);
            const [top, foot] = lines.reduce(([low, high], y) => [Math.min(low, y), Math.max(high, y)], [Infinity, -Infinity]);
            return { lines: lines.length, high: lines.filter((y) => y < (top + foot) / 2).length };
        });
        const took = (await page.evaluate(drag, 60)).sort((a, b) => a - b);
        if (complaints.length)
            throw new Error(complaints.join("\n"));
        return { points, ...drawn, moved: await page.evaluate(() => window.lines.length), draw_ms, pan_ms: took[took.length >> 1], slowest_ms: took.at(-1) };
    } finally {
        await close();
    }
}
