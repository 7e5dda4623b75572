/* names.mjs - names with markup in them are words on every view (A9). */
import { ALL, view_address } from "./views.mjs";
import { go, window_open } from "./browser.mjs";

/* Where on the views the word `mark` is shown, and what it made there: nothing is what a test wants. */
export async function markup({ which = ALL, world, mark, ...wishes }) {
    const window = await window_open({ ...wishes, token: world.token });
    const { page } = window;
    const shown = [];
    const made = [];

    try {
        await page.waitForSelector("#main .view");
        for (const name of which) {
            await go(page, ...view_address(name, world));
            const seen = await page.evaluate((word) => ({
                text: document.body.innerText.includes(word),
                made: [...document.querySelectorAll(".planted, img, iframe, object, embed, script:not([src])")].map((one) => one.outerHTML),
                ran: window.planted === true,
            }), mark);
            if (seen.text)
                shown.push(name);
            made.push(...seen.made.map((one) => `${name}: ${one}`), ...(seen.ran ? [`${name}: a script ran`] : []));
        }
        made.push(...window.complaints);
    } finally {
        await window.close();
    }
    return { shown, made };
}
