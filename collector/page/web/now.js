/* now.js - the town at a glance. */
import { el, empty, put, say } from "./base.js";

export async function show(page) {
    page.title(say("现状", "Now"));
    await page.poll("/now", (now) => put(page.root, el("h1", null, say("现状", "Now")), empty(`${now.sites.length}`)));
}
