/* first.mjs - how long a first look takes: from the address being opened until the sentence and the cards
 * with values stand on a telephone, and what went over the line until then.
 */
import { chromium_own, SIZES } from "./browser.mjs";

/* Runs in the window before anything of the page does: the moment after the first frame that shows them. */
function watch() {
    const there = () => document.querySelector(".headline h1")?.textContent && document.querySelector(".cards .site .measure .number");
    const ready = () => {
        if (!there() || window.useful_ms !== undefined)
            return;
        window.useful_ms = null;
        requestAnimationFrame(() => setTimeout(() => { window.useful_ms = performance.now(); }));
    };
    new MutationObserver(ready).observe(document, { childList: true, subtree: true });
}

const kind_of = (url) => {
    const path = new URL(url).pathname;
    return path.startsWith("/api/") ? path.slice(7).split("/").slice(0, 2).join("/").replace(/^\/?/, "/") : path === "/" ? "html" : path.split(".").pop();
};

/* Every question of the window: {url, kind, at_ms, first_ms, end_ms, bytes, status, kept, line}. */
async function questions_of(session) {
    const asked = new Map();
    let began = null;

    await session.send("Network.enable");
    session.on("Network.requestWillBeSent", ({ requestId, request, timestamp }) => {
        if (!/^https?:/.test(request.url))
            return;
        began ??= timestamp;
        asked.set(requestId, { url: request.url, kind: kind_of(request.url), at_ms: 1000 * (timestamp - began), bytes: 0, kept: false });
    });
    session.on("Network.requestServedFromCache", ({ requestId }) => { if (asked.has(requestId)) asked.get(requestId).kept = true; });
    session.on("Network.responseReceived", ({ requestId, response, timestamp }) => {
        const one = asked.get(requestId);
        if (one)
            Object.assign(one, { status: response.status, line: response.connectionId, first_ms: 1000 * (timestamp - began), kept: one.kept || response.fromDiskCache === true });
    });
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength, timestamp }) => {
        const one = asked.get(requestId);
        if (one)
            Object.assign(one, { bytes: encodedDataLength, end_ms: 1000 * (timestamp - began) });
    });
    return asked;
}

/* A Chromium of its own, whose cache is in `folder`: empty, or as the one before left it. `throttle`
 * ({rtt_ms, bits_s}) is the browser's own slow line. A browser that was just started is busy with itself for
 * `settle_ms`; what is asked for `rest_ms` after the view is told too. */
export async function first_view({ address, token, folder, args = [], throttle, settle_ms = 0, rest_ms = 0 }) {
    const context = await chromium_own(folder, args, { ...SIZES.phone, locale: "zh-CN", timezoneId: "Asia/Shanghai" });

    try {
        const page = context.pages()[0] ?? await context.newPage();
        await page.addInitScript(watch);
        const session = await context.newCDPSession(page);
        const asked = await questions_of(session);
        if (throttle)
            await session.send("Network.emulateNetworkConditions", { offline: false, latency: throttle.rtt_ms, downloadThroughput: throttle.bits_s / 8, uploadThroughput: throttle.bits_s / 8 });
        await page.waitForTimeout(settle_ms);
        await page.goto(`${address}/#token=${token}`, { waitUntil: "commit" });
        await page.waitForFunction(() => typeof window.useful_ms === "number", null, { polling: 50 });
        await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
        const seen = await page.evaluate(() => ({
            useful_ms: Math.max(window.useful_ms, performance.getEntriesByName("first-contentful-paint")[0].startTime), // shown, not made
            paint_ms: performance.getEntriesByName("first-contentful-paint")[0].startTime,
            cards: document.querySelectorAll(".cards .site").length,
            values: document.querySelectorAll(".cards .site .measure .number").length,
        }));
        await page.waitForTimeout(rest_ms);
        return { ...seen, questions: [...asked.values()] };
    } finally {
        await context.close();
    }
}
