/* paper.js - what a page says besides on paper: what is folded on the screen stands open there, and it
 * says when it was printed, and whose it is.
 */
import { el, exact_words, now_ms, say, town } from "./base.js";

/* Long lists that are no finding stay folded with their number; fields are of no use on paper. */
const CLOSED = "#main details:not([open], .folded, .own-span, .table-place, .filters-fold)";
let opened = [];
let foot = null;

function unfold() {
    fold();
    opened = [...document.querySelectorAll(CLOSED)];
    opened.forEach((details) => { details.open = true; });
    foot = el("p.printed", null, say(`打印于 ${exact_words(now_ms())}，采集器 ${town.about?.collector ?? "—"}`,
        `Printed ${exact_words(now_ms())}, collector ${town.about?.collector ?? "—"}`));
    document.getElementById("main").append(foot);
}

function fold() {
    opened.forEach((details) => { details.open = false; });
    opened = [];
    foot?.remove();
}

window.addEventListener("beforeprint", unfold);
window.addEventListener("afterprint", fold);
