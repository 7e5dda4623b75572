/* sheet.js - the style sheet of a view that is not always needed, fetched once and before it draws. */
const known = new Map();

export function sheet(name) {
    if (!known.has(name))
        known.set(name, new Promise((done) => {
            const link = document.createElement("link");
            link.rel = "stylesheet";
            link.href = new URL(`./${name}`, import.meta.url).href;
            link.addEventListener("load", done);
            link.addEventListener("error", done); // plain is better than nothing
            document.head.append(link);
        }));
    return known.get(name);
}
