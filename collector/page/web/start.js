/* start.js - the first of the page that comes, over the line its index.html came by: asks what the
 * first view needs while the modules are still on their way, which saves them a round trip. base.js
 * takes the answers, as long as who asked is who is signed in.
 */
"use strict";
{
    const token = /^#token=([\x21-\x25\x27-\x7e]+)/.exec(location.hash)?.[1] ?? sessionStorage.getItem("lookback.token")
        ?? localStorage.getItem("lookback.token");
    const language = localStorage.getItem("lookback.language") ?? (navigator.language.startsWith("en") ? "en" : "zh");
    const ask = (path) => {
        const sent_ms = Date.now();
        const answer = fetch(`/api/v1${path}`, {
            headers: { "Accept-Language": language, ...(token ? { Authorization: `Bearer ${token}` } : {}) },
            cache: "no-store", signal: AbortSignal.timeout(15000),
        }).then((response) => ({ response, sent_ms, heard_ms: Date.now() }));
        answer.catch(() => {}); // told by whoever takes it
        return [path, answer];
    };
    const is_now = /^(#token=.*|#?\/?|#\/now\b.*)$/.test(location.hash);

    globalThis.asked_early = { token, answers: new Map(["/town", ...(is_now ? ["/now"] : []), "/me"].map(ask)) };
}
