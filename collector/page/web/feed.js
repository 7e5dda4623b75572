/* feed.js - the series behind a chart: asks for the window and half of it on both sides, again when
 * the window has moved on, and while it follows live asks whether there is anything new (304).
 */
import { ask, now_ms, Refusal, Unreachable, wait } from "./base.js";
import { readSeries } from "./series.js";

export const series_path = (point, from, to, width, extra = "") =>
    `/points/${point.split("/").map(encodeURIComponent).join("/")}/series?from=${moment_text(from)}`
    + `&to=${moment_text(to)}&width=${width}${extra}`;

const moment_text = (t) => new Date(Math.round(t)).toISOString();

/* Once, and waited for while the collector is still busy. */
export async function series_once(point, from, to, width, signal) {
    for (;;) {
        try {
            return readSeries((await ask(series_path(point, from, to, width), { signal })).data);
        } catch (err) {
            if (!(err instanceof Refusal && err.status === 503))
                throw err;
            await wait(1000 * (err.retry_s ?? 1), signal);
        }
    }
}

/* `see(series)` hears each new answer, `fail(err)` a refusal, `busy(bool)` whether one is awaited. */
export function feed(point, { see, fail, busy, signal }) {
    let wanted = null; // { path, every_ms }
    let running = null;

    async function run(one, ended) {
        let etag = null;
        let pause = one.every_ms;
        while (!ended.aborted) {
            try {
                if (etag === null)
                    busy(true);
                if (etag === null || !document.hidden) {
                    const answer = await ask(one.path, { etag, signal: ended });
                    if (answer.status !== 304)
                        see(readSeries(answer.data));
                    etag = answer.etag ?? "";
                    pause = one.every_ms;
                    busy(false);
                }
            } catch (err) {
                if (ended.aborted)
                    return;
                if (err instanceof Refusal && err.status !== 503) {
                    busy(false);
                    fail(err);
                    return;
                }
                pause = err instanceof Unreachable ? Math.min(15000, (pause || 1000) * 1.5)
                    : 1000 * (err.retry_s ?? 2);
            }
            if (pause === null && etag !== null)
                return;
            await wait(pause ?? 1000, ended).catch(() => {});
        }
    }

    return {
        want(from, to, width, live) {
            const length = to - from;
            const grain = 2 ** Math.floor(Math.log2(length / 4)); // moving a little asks nothing new
            const start = Math.floor((from - length / 2) / grain) * grain;
            const end = Math.ceil((to + length / 2) / grain) * grain;
            const asked = Math.min(4000, Math.round(width * (end - start) / length / 32) * 32);
            const path = series_path(point, start, end, Math.max(64, asked));
            // nothing new can show sooner than one pixel's time
            const every_ms = live ? Math.min(60000, Math.max(2000, length / width)) : null;

            if (wanted?.path === path && wanted.every_ms === every_ms)
                return;
            wanted = { path, every_ms };
            running?.abort();
            running = new AbortController();
            run(wanted, AbortSignal.any([signal, running.signal]));
        },
        now: now_ms,
    };
}
