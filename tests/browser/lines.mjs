/* lines.mjs - a line that breaks: the page goes on when it is mended. */
import { window_open, PATIENCE_MS } from "./browser.mjs";

/* Stands on Now until an answer to it has broken off on its way and another one came whole. */
export async function outlive_a_broken_answer({ world, ...wishes }) {
    const window = await window_open({ ...wishes, token: world.token });
    const { page } = window;

    try {
        await new Promise((done, failed) => {
            let broken = false;
            const is_now = (request) => request.url().endsWith("/api/v1/now");
            page.on("requestfailed", (request) => { broken ||= is_now(request); });
            page.on("requestfinished", (request) => { broken && is_now(request) && done(); });
            setTimeout(() => failed(new Error(broken ? "it asks no more" : "nothing broke")), PATIENCE_MS);
        });
        await page.waitForSelector("#main .cards .card");
    } finally {
        await window.close();
    }
}
