/* browser.mjs - windows of Debian's Chromium, and everything one of them has to complain of. */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const tools = process.env.LOOKBACK_BROWSER_TOOLS ?? fileURLToPath(new URL("../../build/tools/browser/", import.meta.url));
const require = createRequire(tools);
const { chromium } = require("playwright-core");

export const axe_path = require.resolve("axe-core/axe.min.js");

/* The newest that waits this long has failed; a busy machine is slow. */
export const PATIENCE_MS = 20000;

export const SIZES = {
    phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
    narrow: { viewport: { width: 320, height: 640 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
    desktop: { viewport: { width: 1280, height: 800 } },
};

const options = (args = []) => ({
    executablePath: process.env.LOOKBACK_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", ...args],
});

let running = null;

async function chromium_run() {
    running ??= await chromium.launch(options());
    return running;
}

/* A Chromium beside it, with a folder of its own. */
export const chromium_own = (folder, args, more) => chromium.launchPersistentContext(folder, { ...options(args), ...more });

export async function browser_end() {
    await running?.close();
}

/* What the page complains of from now on; a violation of its policy is told on the console. An answer
 * that is still being made (503 with Retry-After) is told there too, and is none. */
function complaints_of(page, address) {
    const complaints = [];
    const beginning = new URL(address).origin;

    page.on("console", (message) => {
        if (message.type() === "error" && !/\b503\b/.test(message.text()))
            complaints.push(`console: ${message.text()} ${message.location().url}`);
    });
    page.on("pageerror", (err) => complaints.push(`error: ${err.message}`));
    page.on("request", (request) => {
        if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== beginning)
            complaints.push(`asked elsewhere: ${request.url()}`);
    });
    page.on("response", (response) => {
        if (response.status() === 503 && !response.headers()["retry-after"])
            complaints.push(`503 without Retry-After: ${response.url()}`);
    });
    return complaints;
}

/* Every word the collector has answered with: names, notes and sentences that are in nobody's language
 * but their own. */
function answers_of(page) {
    const answers = [];

    page.on("response", (response) => {
        if (new URL(response.url()).pathname.startsWith("/api/") && response.status() === 200)
            answers.push(response.text().catch(() => ""));
    });
    return async () => (await Promise.all(answers)).join("\n");
}

/* A window of its own, signed in when there is a token: {page, complaints, answered(), close()}. */
export async function window_open({ address, token, language = "zh", size = "desktop", scheme = "light" }) {
    const context = await (await chromium_run()).newContext({
        ...SIZES[size], colorScheme: scheme, locale: language === "en" ? "en-GB" : "zh-CN", timezoneId: "Asia/Shanghai",
        reducedMotion: "reduce", acceptDownloads: true,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addInitScript((chosen) => localStorage.setItem("lookback.language", chosen), language);
    const page = await context.newPage();
    const complaints = complaints_of(page, address);
    const answered = answers_of(page);

    await page.goto(token ? `${address}/#token=${token}` : address);
    return { page, complaints, answered, close: () => context.close() };
}

/* Goes to one of the page's own addresses and waits for what a reader came for. */
export async function go(page, fragment, ready) {
    await page.evaluate((where) => { location.hash = where; }, fragment);
    const view = fragment.replace(/^#\/([a-z]*).*$/, "$1");
    await page.waitForSelector(`#main [data-view="${view}"]`);
    await page.waitForSelector(`#main [data-view="${view}"] ${ready}`, { state: "attached" });
}
