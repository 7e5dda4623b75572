/* office.mjs - what the office does, step by step, in one window on a phone and in Chinese: sees the
 * breach appear, reads what it was an hour before, acknowledges it, hands over its evidence. Each step
 * ends when the page shows that it is done.
 */
import { readFile } from "node:fs/promises";
import { createHash } from "node:crypto";

import { go, window_open } from "./browser.mjs";
import { axe } from "./views.mjs";

let window = null;
let site = null;

const words = (page, selector) => page.locator(selector).first().innerText();
const card = () => `#site-${site}`;

/* The window stands on Now: what it says before anything happens. */
export async function stand_on_now({ world, ...wishes }) {
    site = world.site;
    window = await window_open({ ...wishes, token: world.token, size: "phone" });
    await window.page.waitForSelector(card());
    await window.page.evaluate(() => { window.never_reloaded = true; });
    return { headline: await words(window.page, ".headline h1"), card: await words(window.page, card()), state: await window.page.getAttribute(card(), "class") };
}

/* Nobody touches the page: the card of the site takes one of `states`. */
export async function wait_state({ states }) {
    const { page } = window;
    await page.waitForFunction(([selector, wanted]) => wanted.some((state) => document.querySelector(selector)?.classList.contains(state)), [card(), states]);
    return { headline: await words(page, ".headline h1"), card: await words(page, card()), same: await page.evaluate(() => window.never_reloaded === true), title: await page.title() };
}

/* Opens the newest open problem from the card, by keyboard alone: Tab until it has the focus, Enter. */
export async function open_problem() {
    const { page } = window;
    const wanted = `${card()} .trouble:is(.relapse, .breach) a.main`;
    const href = await page.locator(wanted).first().getAttribute("href");

    await page.evaluate(() => document.activeElement?.blur());
    for (let i = 0; i < 80; i++) {
        await page.keyboard.press("Tab");
        if (await page.evaluate((address) => document.activeElement?.getAttribute("href") === address, href))
            break;
    }
    const outlined = await page.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        return style.outlineStyle !== "none" || style.boxShadow !== "none";
    });
    await page.keyboard.press("Enter");
    await page.waitForSelector("#main dl.facts");
    return { href, outlined, heading: await words(page, "#main h1"), text: await words(page, "#main"), first: await page.locator("#main time").first().getAttribute("datetime").catch(() => null) };
}

/* The curve from an hour before, and back. */
export async function see_curve() {
    const { page } = window;
    await page.locator("#main .buttons a[href^='#/point/']").first().click();
    await page.waitForSelector("#main canvas");
    const query = new URLSearchParams(new URL(page.url()).hash.split("?")[1]);
    const drawn = await page.evaluate(() => {
        const canvas = document.querySelector("#main canvas");
        return canvas.width * canvas.height;
    });
    const heading = await words(page, "#main h1");
    await page.goBack();
    await page.waitForSelector("#main dl.facts");
    return { from: query.get("from"), drawn, heading };
}

/* Acknowledges it by keyboard, and waits until its page says by whom. */
export async function acknowledge() {
    const { page } = window;
    await page.locator("#main .buttons button.strong").focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open] form");
    const asked = await words(page, "dialog[open]");
    const found = await axe(page);
    await page.locator("dialog[open] button[type=submit]").focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog", { state: "detached" });
    await page.waitForFunction(() => !document.querySelector("#main .buttons button.strong"));
    return { asked, axe: found, facts: await words(page, "#main dl.facts") };
}

/* Asks for its evidence and waits until it is made; takes it away and says what the page says of it. */
export async function hand_over({ folder }) {
    const { page } = window;
    await page.locator("#main .buttons a[href^='#/evidence']").first().click();
    await page.waitForSelector("#ev-task");
    const task = await page.inputValue("#ev-task");
    await page.locator("#main form button[type=submit]").click();
    await page.waitForSelector("#main .digests", { state: "attached", timeout: 60000 });
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator("#main .card .button.strong", { hasText: /下载|Download/ }).first().click()]);
    const path = `${folder}/${file.suggestedFilename()}`;
    await file.saveAs(path);
    await page.locator("#main details[data-id] summary").first().click();
    const digits = (await words(page, "#main .digests .fingerprint")).replace(/\s/g, "");
    const sha256 = createHash("sha256").update(await readFile(path)).digest("hex");
    return { task, path, shown: digits, sha256, text: await words(page, "#main .list .card") };
}

/* The collector is gone: what the page says, and whether the values look it. */
export async function wait_lost() {
    const { page } = window;
    await go(page, "#/now", ".headline");
    const bright = await page.evaluate((selector) => getComputedStyle(document.querySelector(`${selector} .measure`)).opacity + getComputedStyle(document.querySelector(`${selector} .measure`)).color, card());
    return { bright };
}

export async function see_lost() {
    const { page } = window;
    await page.waitForSelector("#banners .banner");
    const look = await page.evaluate((selector) => {
        let opacity = 1;
        const one = document.querySelector(`${selector} .measure`);
        for (let up = one; up; up = up.parentElement)
            opacity *= Number(getComputedStyle(up).opacity);
        return { opacity, filter: getComputedStyle(document.querySelector("#main")).filter, lost: document.body.classList.contains("lost") };
    }, card());
    return { ...look, banner: await words(page, "#banners") };
}

export async function see_back() {
    const { page } = window;
    await page.waitForSelector("#banners .banner", { state: "detached" });
    await page.waitForFunction(() => !document.body.classList.contains("lost"));
    return { same: await page.evaluate(() => window.never_reloaded === true) };
}

/* What the window had to complain of; refused connections are what a test does with a dead collector. */
export async function leave() {
    const complaints = window.complaints.filter((one) => !/ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE|SOCKET)/.test(one));
    await window.close();
    window = null;
    return complaints;
}
