/* views.mjs - what holds on every view, in both languages, on a phone and on a desk. */
import { readFile } from "node:fs/promises";

import { axe_path, go, window_open } from "./browser.mjs";

/* View: its address, and what is there once it has what a reader came for. */
const VIEWS = {
    now: ["#/now", ".cards .card"],
    point: ["#/point/{point}", "canvas"],
    problems: ["#/problems?state=all", "ul.list > li"],
    problem: ["#/problem/{problem}", "dl.facts"],
    tasks: ["#/tasks", "ul.list > li"],
    task: ["#/task/{task}", "h1"],
    watch: ["#/watch", "ul > li"],
    river: ["#/river?month={month}", "table"],
    evidence: ["#/evidence", "#ev-task"],
    station: ["#/station", "h2"],
    more: ["#/more", "ul.menu"],
};
export const ALL = Object.keys(VIEWS);

const fill = (address, world) => address.replace(/\{(\w+)\}/g, (_, key) => world[key]);

/* Where a view is, and what is there once it has come. */
export const view_address = (name, world) => [fill(VIEWS[name][0], world), VIEWS[name][1]];

/* Words no reader should see: what a program says of something that is not there. */
const NOT_WORDS = /\bundefined\b|\bNaN\b|\bnull\b|\[object |\bInfinity\b|Invalid Date|1970-01-01|\{\w+\}/;

const seen_by = (page) => page.evaluate(() => {
    const badge = document.querySelector("#top .simulated");
    const box = badge?.getBoundingClientRect();
    const wide = document.scrollingElement.clientWidth;
    return {
        lang: document.documentElement.lang,
        title: document.title,
        text: document.body.innerText,
        over: document.scrollingElement.scrollWidth - wide,
        widest: [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > wide + 0.01).slice(0, 3)
            .map((one) => `${one.tagName}.${one.className.baseVal ?? one.className}`),
        badge: box && box.width > 0 && box.right <= wide + 1 && box.left >= -1 ? badge.innerText : null,
        labels: [...document.querySelectorAll("body *")].flatMap((one) => ["aria-label", "title", "placeholder", "alt"].map((name) => one.getAttribute(name)))
            .filter(Boolean).join("\n"),
        headings: document.querySelectorAll("h1").length,
    };
});

/* What stands on the page in the other language, and came from no answer: words somebody forgot to say in
 * both. Units, names of standards and single words are the same in both. */
const BOTH = /中文|含?模拟数据|\blookback( [a-z]+)+/g; // the switch; the badge, which says it in both; commands
const OTHER = { en: /[\u4e00-\u9fff]+/g, zh: /[A-Za-z][a-z]+(?: [a-z]{2,}){2,}/g };

function forgotten(seen, language, answered) {
    const text = `${seen.title}\n${seen.text}\n${seen.labels}`.replace(BOTH, "");
    return [...new Set(text.match(OTHER[language]) ?? [])].filter((words) => !answered.includes(words));
}

function judge(seen, language, is_signed, answered) {
    const found = forgotten(seen, language, answered).map((words) => `not said in ${language}: ${words}`);
    const all = `${seen.title}\n${seen.text}`;
    const bad = NOT_WORDS.exec(all);

    if (bad)
        found.push(`says “${all.slice(Math.max(0, bad.index - 40), bad.index + 40)}”`);
    if (seen.lang !== (language === "en" ? "en" : "zh-CN"))
        found.push(`lang is ${seen.lang}`);
    if (seen.over > 0)
        found.push(`${seen.over} pixels wider than the window: ${seen.widest}`);
    if (is_signed && !/模拟数据 (PARTLY )?SIMULATED/.test(seen.badge ?? ""))
        found.push(`the badge of simulated data says ${seen.badge}`);
    if (seen.headings !== 1)
        found.push(`${seen.headings} first headings`);
    if (language === "en" && !/\b(the|Now|Sign in|No|and|of)\b/i.test(seen.text))
        found.push("no English");
    if (language === "zh" && !/[一-鿿]{2}/.test(seen.text))
        found.push("no Chinese");
    return found;
}

let axe_words = null;

/* Every finding of axe-core, each with where. It is run by the debugger's right: the page's own policy
 * lets no script in. */
export async function axe(page) {
    axe_words ??= await readFile(axe_path, "utf8");
    await page.evaluate(axe_words + "; null");
    const { violations } = await page.evaluate(() => window.axe.run(document, {
        resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }));
    return violations.flatMap((one) => one.nodes.slice(0, 3).map((node) =>
        `axe ${one.id}: ${node.target} ${node.html.slice(0, 160)}`));
}

/* What is wrong with the views `which`, in order seen; none is what a test wants. `pictures`: a folder
 * for a picture of each. */
export async function look({ which = ALL, world, with_axe = false, pictures, ...wishes }) {
    const { language = "zh", size = "desktop", scheme = "light" } = wishes;
    const window = await window_open({ ...wishes, token: world.token });
    const found = [];

    try {
        await window.page.waitForSelector("#main .view");
        if (/token/.test(window.page.url()))
            found.push(`the token stands in ${window.page.url()}`);
        for (const name of which) {
            try {
                await go(window.page, ...view_address(name, world));
            } catch (err) {
                found.push(`${name}: never came: ${err.message.split("\n")[0]}: ${(await seen_by(window.page)).text.slice(0, 300)}`);
                continue;
            }
            found.push(...judge(await seen_by(window.page), language, true, await window.answered()).map((words) => `${name}: ${words}`));
            if (with_axe)
                found.push(...(await axe(window.page)).map((words) => `${name}: ${words}`));
            if (pictures)
                await window.page.screenshot({ path: `${pictures}/${language}-${size}-${scheme}-${name}.png`, fullPage: true });
            found.push(...window.complaints.splice(0).map((words) => `${name}: ${words}`));
        }
    } finally {
        await window.close();
    }
    return found;
}

/* The same of every dialog that a button of the views `which` opens; nothing is sent. */
export async function dialogs({ which = ["problem", "task", "station"], world, with_axe = false, pictures, ...wishes }) {
    const { language = "zh", size = "desktop", scheme = "light" } = wishes;
    const window = await window_open({ ...wishes, token: world.token });
    const { page } = window;
    const found = [];
    const titles = [];

    try {
        await page.waitForSelector("#main .view");
        for (const name of which) {
            await go(page, ...view_address(name, world));
            await page.evaluate(() => document.querySelectorAll("#main details").forEach((one) => { one.open = true; }));
            const buttons = page.locator("#main button:visible", { hasNotText: /打印|Print/ });
            const labels = await buttons.allInnerTexts();
            for (const [i, label] of labels.entries()) {
                if (labels.indexOf(label) < i)
                    continue;
                await buttons.nth(i).click();
                if (!await page.locator("dialog[open]").count())
                    continue;
                const title = await page.locator("dialog[open] h2").innerText();
                const told = (words) => found.push(...words.map((one) => `${name}, ${title}: ${one}`));
                if (!titles.includes(title)) {
                    titles.push(title);
                    told(judge(await seen_by(page), language, true, await window.answered()));
                    told(with_axe ? await axe(page) : []);
                    if (pictures)
                        await page.screenshot({ path: `${pictures}/${language}-${size}-${scheme}-dialog-${titles.length}.png` });
                }
                await page.keyboard.press("Escape");
                await page.waitForSelector("dialog", { state: "detached" });
                if (await page.evaluate(() => document.activeElement.tagName) !== "BUTTON")
                    told(["the focus is not where it came from"]);
            }
        }
        found.push(...window.complaints);
    } finally {
        await window.close();
    }
    return { found, titles };
}

/* The same of the door: nobody is signed in; then a wrong token, then the right one in its sentence, by
 * keyboard. */
export async function sign_in({ world, with_axe = false, pictures, ...wishes }) {
    const { language = "zh", size = "desktop", scheme = "light" } = wishes;
    const window = await window_open(wishes);
    const { page, complaints } = window;
    const found = [];
    const look_at = async (name) => {
        found.push(...judge(await seen_by(page), language, false, await window.answered()).map((words) => `${name}: ${words}`));
        if (with_axe)
            found.push(...(await axe(page)).map((words) => `${name}: ${words}`));
        if (pictures)
            await page.screenshot({ path: `${pictures}/${language}-${size}-${scheme}-${name}.png` });
    };

    try {
        await page.waitForSelector(".welcome h1");
        await look_at("door");
        await page.focus(".welcome .button");
        await page.keyboard.press("Enter");
        await page.waitForSelector("dialog[open] #token");
        await page.focus("#token");
        await look_at("dialog");
        await page.keyboard.insertText(language === "en" ? "not-a-token" : "不是令牌");
        await page.keyboard.press("Enter");
        const alert = await page.locator("dialog [role=alert]:not([hidden])").innerText();
        if (!/令牌|token/i.test(alert))
            found.push(`a wrong token is answered by “${alert}”`);
        await page.keyboard.insertText(`令牌：${world.token}，请查收`); // as it was sent to them
        await page.keyboard.press("Enter");
        await page.waitForSelector("#main .cards .card");
        if (await page.locator("dialog").count())
            found.push("the dialog stays");
        if (/token/.test(page.url()))
            found.push(`the token stands in ${page.url()}`);
        found.push(...complaints.filter((words) => !/\b401\b/.test(words))); // a browser tells of each
    } finally {
        await window.close();
    }
    return found;
}
