/* shell.js - the frame around the views: addresses, navigation, language, who is signed in, and
 * whether the collector still answers.
 */
import { el, empty, get, icon, is_english, is_mixed, line, moment_words, now_ms, poll, put, Refusal, ROLES, say, speak, style,
    tell, term, token_is, token_load, token_set, town, town_take, Unreachable } from "./base.js";

/* Views by the first part of their address. */
const VIEWS = {
    now: () => import("./now.js"),
    problems: () => import("./problems.js"),
    problem: () => import("./problem.js"),
    tasks: () => import("./tasks.js"),
    task: () => import("./task.js"),
    point: () => import("./point.js"),
    watch: () => import("./watch.js"),
    river: () => import("./river.js"),
    evidence: () => import("./evidence.js"),
    station: () => import("./station.js"),
    more: async () => ({ show: show_more }),
};

/* What all of them but the first stand on, with their styles: no part of the first view. */
const beyond = () => Promise.all([import("./views.js"), style("views.css")]);

/* address, icon, zh, en; `near` are the addresses that belong to it. */
const PLACES = [
    ["now", "now", "现状", "Now", ["now", "point"]],
    ["problems", "problems", "问题", "Problems", ["problems", "problem"]],
    ["tasks", "tasks", "整改任务", "Tasks", ["tasks", "task"]],
    ["watch", "watch", "回头看", "Watch list", ["watch"]],
    ["river", "river", "河长", "River", ["river"]],
    ["evidence", "evidence", "佐证", "Evidence", ["evidence"]],
    ["station", "station", "设备", "Station", ["station"]],
];
const ON_THE_BAR = 4; // of a phone; the others stand behind "more"

const at = (id) => document.getElementById(id);

/* Language ------------------------------------------------------------------------------------ */

function choose_language() {
    const chosen = localStorage.getItem("lookback.language");
    speak(chosen ?? town.me?.language ?? (navigator.language.startsWith("en") ? "en" : "zh"));
}

async function switch_language() {
    localStorage.setItem("lookback.language", is_english() ? "zh" : "en");
    choose_language();
    frame();
    await show();
    at("language")?.focus();
}

/* The frame ----------------------------------------------------------------------------------- */

const current = () => address().path[0];

function place_link([name, sign, zh, en, near], more) {
    const here = near.includes(current());
    return el("a.place", { href: `#/${name}`, "aria-current": here ? "page" : null }, icon(sign, 20),
        el("span", null, say(zh, en), more && el("span.place-more", null, term({ more }, "more"))));
}

const language_button = (id) =>
    el("button.tool", { id, type: "button", lang: is_english() ? "zh-CN" : "en", onclick: switch_language },
        is_english() ? "中文" : "English");

function account_button() {
    const me = town.me;
    const words = token_is() && me?.name ? me.name : me?.open && me.role !== "public" ? term(ROLES, me.role) : me ? say("登录", "Sign in")
        : say("我", "Me");
    return el("button.tool", { type: "button", onclick: open_account, "aria-haspopup": "dialog", "aria-label": words }, icon("person"),
        el("span", null, words));
}

async function open_account() {
    const [{ account }] = await Promise.all([import("./signin.js"), beyond()]);
    account({ enter, leave });
}

/* Simulated data say so wherever one looks, in both languages. */
function simulated_badge() {
    const about = town.about;
    if (!about?.simulated)
        return null;
    return el("span.simulated.big", null, is_mixed() ? "含模拟数据 PARTLY SIMULATED" : "模拟数据 SIMULATED");
}

function frame() {
    at("skip").textContent = say("跳到正文", "Skip to content");
    const title = town.about?.title || town.about?.collector || town.me?.title || say("回头看", "Lookback");
    const signed = town.me ? town.me.role !== "public" : town.about;
    put(at("top"),
        el("a.brand", { href: "#/now", "aria-label": say(`${title}，回到现状`, `${title}, to Now`) }, icon("watch", 22),
            el("span", null, title)),
        signed && el("nav.places", { "aria-label": say("各页", "Views") }, PLACES.map((place) => place_link(place))),
        simulated_badge(),
        el("span.tools", null, language_button("language"), account_button()));
    at("bar").setAttribute("aria-label", say("各页", "Views"));
    put(at("bar"), signed && [PLACES.slice(0, ON_THE_BAR).map((place) => place_link(place)),
        place_link(["more", "more", "更多", "More", ["more", ...PLACES.slice(ON_THE_BAR).flatMap((place) => place[4])]])]);
}

/* What does not fit on the bar of a phone. */
const MORE_WORDS = {
    river: ["各断面每月的水质类别，逐日日历，按河长看", "the class of each section, day by day; by river chief"],
    evidence: ["申请、下载佐证材料", "ask for evidence, take it away"],
    station: ["为什么没有数据，何时再试，登记维护", "why a device gives no data, when it is tried again, maintenance"],
};

async function show_more(page) {
    page.title(say("更多", "More"));
    put(page.root, el("h1", null, say("更多", "More")),
        el("ul.menu", null, PLACES.slice(ON_THE_BAR).map((place) => el("li", null, place_link(place, MORE_WORDS[place[0]])))));
}

/* Whether the collector answers ---------------------------------------------------------------- */

let lost_since = null;

line.heard = () => {
    line.last_ms = now_ms();
    if (lost_since === null)
        return;
    lost_since = null;
    document.body.classList.remove("lost");
    put(at("banners"), null);
    tell(say("又联系上采集器了", "the collector answers again"));
    if (retry)
        show();
};

line.lost = () => {
    if (lost_since !== null)
        return;
    lost_since = line.last_ms ?? now_ms();
    document.body.classList.add("lost");
    put(at("banners"), el("p.banner", null, icon("stale"), el("span", null,
        line.last_ms === null ? say("联系不上采集器。正在重试……", "The collector cannot be reached. Trying again…")
            : say(`离线：${moment_words(lost_since, true)} 起联系不上采集器。下面是那时的数据，不是现在的。正在重试……`,
                `Disconnected since ${moment_words(lost_since, true)}. What you see is from then, not from now. Trying again…`))));
};

let wrong_token = false; // one that was refused

line.unsigned = () => {
    wrong_token ||= token_is();
    if (town.me)
        town.me = { ...town.me, role: "public" };
};

/* Views ----------------------------------------------------------------------------------------- */

let leaving = new AbortController();
let retry = false;
const scrolled = new Map();
let shown = null;
let by_link = false;

function unescaped(text) {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}

export function address() {
    const text = location.hash.replace(/^#\/?/, "");
    const [path, query] = text.split("?");
    const parts = path.split("/").filter(Boolean).map(unescaped);
    return { path: parts.length ? parts : ["now"], query: new URLSearchParams(query ?? "") };
}

function page_of(root, signal) {
    return {
        root, signal,
        title: (text) => { document.title = `${text} · ${town.about?.title || say("回头看", "Lookback")}`; },
        poll: (path, see, every_ms = 2000) => poll(path, see, every_ms, signal),
        ask: (path) => get(path, signal),
    };
}

function say_failure(root, err) {
    retry = err instanceof Unreachable;
    console.debug(err);
    put(root, el("h1", null,
        err instanceof Refusal && err.status === 404 ? say("没有找到", "Not found") : say("这一页打不开", "This view cannot be shown")),
        empty(err instanceof Refusal || err instanceof Unreachable ? err.message : say("页面出错，请刷新；仍然如此请告知维护人员。",
            "Something went wrong here; reload the page, and tell whoever maintains it if it stays.")),
        el("p", null, el("button.button", { type: "button", onclick: () => show() }, say("重试", "Try again")), " ",
            el("a.button.quiet", { href: "#/now" }, say("回到现状", "To Now"))));
}

function show_sign_in(root) {
    document.title = `${say("请登录", "Please sign in")} · ${town.me?.title || say("回头看", "Lookback")}`;
    put(root, el("div.welcome", null, el("h1", null, say("请登录", "Please sign in")),
        wrong_token && el("p.warn.breach", { role: "alert" }, say("这个链接里的令牌不对，或已被更换、收回。请向管理员要一个新的。",
            "The token of this link is wrong, or was replaced or taken back. Ask for a new one.")),
        el("p", null, say("采集器正在运行。整改、超标和监测数据只给登录的人看：用管理员发给你的链接打开，或登录后粘贴令牌。",
            "The collector is running. Tasks, breaches and readings are for those who sign in: open the link your administrator gave you, or sign in and paste the token.")),
        el("p.small.soft", null, say("没有令牌？请向镇环境办要。管理员用 lookback user add 发放。",
            "No token? Ask the town's environment office. Administrators make one with lookback user add.")),
        el("button.button.strong", { type: "button", onclick: open_account }, say("登录", "Sign in"))));
}

async function show() {
    leaving.abort();
    const mine = leaving = new AbortController();
    const where = address();
    const root = el("div.view", { "data-view": where.path[0] });
    retry = false;
    frame();
    if (town.me?.role === "public") {
        put(at("main"), root);
        show_sign_in(root);
        return;
    }
    const slow = setTimeout(() => mine.signal.aborted || root.isConnected || put(at("main"), empty(say("正在取……", "Loading…"))), 400);
    try {
        const load = VIEWS[where.path[0]];
        if (!load)
            throw new Refusal(404, { detail: say("没有这个地址", "there is no such address") });
        const [view] = await Promise.all([load(), where.path[0] === "now" || beyond()]);
        if (mine.signal.aborted)
            return;
        // a view fills its element before it is seen, or at once when it has to wait long
        const filled = view.show(page_of(root, mine.signal), where);
        await Promise.race([filled, new Promise((done) => setTimeout(done, 400))]);
        if (mine.signal.aborted)
            return;
        if (!root.childNodes.length)
            put(root, empty(say("正在取……", "Loading…")));
        put(at("main"), root);
        await filled;
    } catch (err) {
        if (mine.signal.aborted)
            return;
        put(at("main"), root);
        if (town.me?.role === "public")
            show_sign_in(root);
        else
            say_failure(root, err);
    } finally {
        clearTimeout(slow);
    }
    if (mine.signal.aborted)
        return;
    frame();
    arrive();
}

/* A new view begins at its top, with the focus on its heading; one that is gone back to, where it
 * was left. */
function arrive() {
    const again = shown === location.hash;
    const first = shown === null;
    shown = location.hash;
    if (again)
        return;
    window.scrollTo(0, by_link ? 0 : scrolled.get(location.hash) ?? 0);
    const heading = at("main").querySelector("h1");
    if (!first && heading) {
        heading.tabIndex = -1;
        heading.focus({ preventScroll: true });
    }
    by_link = false;
}

/* Signing in ------------------------------------------------------------------------------------ */

async function enter(token, keep) {
    wrong_token = false;
    token_set(token, keep);
    await learn();
    await show();
}

async function leave() {
    wrong_token = false;
    token_set(null);
    await learn();
    await show();
}

/* Who I am and what the town is. Whoever is told of the town may see it at a glance before it is known
 * who that is: a question less to wait for. */
async function learn(in_a_hurry = false) {
    const me = get("/me").then((answer) => { town.me = answer; });
    me.catch(() => {});
    const about = await get("/town").catch((err) => {
        if (err instanceof Refusal)
            return null;
        throw err;
    });
    if (about)
        town_take(about);
    if (about && in_a_hurry)
        me.then(known, () => setTimeout(() => learn().then(known, () => {}), 2000));
    else
        await me;
    choose_language();
}

/* Who it is shows on the frame; elsewhere than at a glance, in what may be done. */
function known() {
    const before = is_english();
    choose_language();
    if (current() === "now" && is_english() === before)
        frame();
    else
        show();
}

/* A token that is refused is forgotten: what everybody may see can still be seen. */
async function learn_or_forget(in_a_hurry = false) {
    try {
        await learn(in_a_hurry);
    } catch (err) {
        if (!(err instanceof Refusal && err.status === 401 && token_is()))
            throw err;
        token_set(null);
        await learn();
    }
    if (wrong_token && town.me && town.me.role !== "public")
        beyond().then(([{ toast }]) => toast(say("令牌不对，或已被更换、收回；现在是未登录查看。",
            "The token is wrong, or was replaced or taken back; you look without signing in."), "doubt"));
}

/* "#token=…" signs in once and is gone from the address bar, and from the history, at once. */
function take_token() {
    const found = /^#token=([^&]+)/.exec(location.hash);
    if (!found)
        return;
    history.replaceState(null, "", "#/now");
    token_set(found[1], false);
}

async function begin() {
    history.scrollRestoration = "manual";
    token_load();
    take_token();
    choose_language();
    for (let pause = 1000; ; pause = Math.min(15000, pause * 1.5)) {
        try {
            await learn_or_forget(current() === "now");
            break;
        } catch (err) {
            frame();
            if (err instanceof Refusal && err.status === 401) {
                town.me = { role: "public" };
                break;
            }
            if (err instanceof Refusal) {
                say_failure(put(at("main"), el("div.view")).firstChild, err);
                return;
            }
            await new Promise((done) => setTimeout(done, pause));
        }
    }
    await show();
    beyond();
    import("./paper.js");
    setInterval(() => {
        if (!document.hidden && town.me?.role !== "public")
            get("/town").then(town_take, () => {});
    }, 60000);
}

document.addEventListener("click", (event) => {
    if (event.target.closest?.("a[href^='#/']")) {
        scrolled.set(shown, window.scrollY);
        by_link = true;
    }
});
window.addEventListener("hashchange", () => {
    if (/^#token=/.test(location.hash)) {
        take_token();
        wrong_token = false;
        learn_or_forget().then(show, (err) => console.debug(err));
    } else if (location.hash.startsWith("#/") || location.hash === "") {
        show();
    }
});
at("skip").addEventListener("click", (event) => {
    event.preventDefault();
    at("main").focus();
});

begin();
