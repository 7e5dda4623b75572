/* views.js - what the views beyond the first stand on besides base.js.
 *
 * A view is a module with
 *
 *   export async function show(page, where)
 *
 *   page.root            the empty element to fill
 *   page.title(text)     sets the heading of the window; the view makes its own <h1>
 *   page.signal          aborted when the view is left, or shown anew in the other language
 *   page.poll(path, see, every_ms = 2000)
 *                        asks now and again while the view is seen; see(data, changed) is called
 *                        when the answer is a new one. Gives a promise of the first answer; a
 *                        refusal rejects it.
 *   page.ask(path)       once; the same as get(path) but ended with the view
 *   where.path           ["point", "site", "device", "channel"]
 *   where.query          URLSearchParams of what stands after "?" in the fragment
 */
import { el, get, mark, say, site_title, tell, town, town_term } from "./base.js";

/* Parts of a sentence: "甲、乙" and "a, b". */
export const list_of = (parts) => parts.join(say("、", ", "));

/* A sentence of the collector's, for people: points by the names of their sites, and "2026-10-09" or
 * "wg-07" never broken at its hyphen. */
export const prose = (text) => String(text ?? "")
    .replace(/([a-z0-9][\w-]*)\/[\w-]+\/[\w.-]+/g, (point, site) => (town.sites.has(site) ? site_title(site) : point))
    .split(/([A-Za-z0-9]+(?:[-:.][A-Za-z0-9]+)+)/).map((part, i) => (i % 2 ? el("span.nowrap", null, part) : part));

export const category_words = (key) => town_term("categories", key) ?? key ?? "–";
export const task_state_words = (key) => town_term("task_states", key) ?? key ?? "–";

const ROLE_ORDER = ["public", "reader", "steward", "office"];
/* Whether the person who signed in may do what asks for `role`. */
export const may = (role) => ROLE_ORDER.indexOf(town.me?.role ?? "public") >= ROLE_ORDER.indexOf(role);

/* Every page of a list, at most `most` rows. */
export async function get_all(path, key, signal, most = 5000) {
    const rows = [];
    let next = null;
    do {
        const data = await get(path + (next ? `${path.includes("?") ? "&" : "?"}after=${encodeURIComponent(next)}` : ""), signal);
        rows.push(...data[key]);
        next = data.next;
    } while (next && rows.length < most);
    return rows;
}

/* Choices beyond the first: open on a desk, folded on a phone until one of them is made. */
export const more_choices = (words, chosen, ...children) =>
    el("details.more-choices", { "data-key": "more-choices", open: chosen || matchMedia("(min-width: 700px)").matches },
        el("summary", null, words), el("div.stack", null, ...children));

/* The same for those who see, for a few seconds: that what they did is done. */
export function toast(text, sign = "good") {
    tell(text);
    for (const old of document.querySelectorAll(".toast"))
        old.remove();
    const shown = el("p.toast", { "aria-hidden": "true" }, mark(sign, 18), el("span", null, text));
    document.body.append(shown);
    setTimeout(() => shown.remove(), 5000);
    addEventListener("hashchange", () => shown.remove(), { once: true });
}
