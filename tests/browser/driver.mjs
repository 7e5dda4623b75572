/* driver.mjs - one Debian Chromium for all browser tests. Reads one command a line, {"do": NAME, …}, and
 * answers one line, {"done": …} or {"failed": "…"}. What it can do stands in the modules beside it; a
 * test (tests/system/test_page_browser.py) says when, and what must come of it.
 *
 *   node tests/browser/driver.mjs ADDRESS       e.g. http://127.0.0.1:8470
 */
import { createInterface } from "node:readline";

import { browser_end } from "./browser.mjs";
import * as charts from "./charts.mjs";
import * as first from "./first.mjs";
import * as lines from "./lines.mjs";
import * as names from "./names.mjs";
import * as office from "./office.mjs";
import * as views from "./views.mjs";

const can = { ...views, ...office, ...names, ...lines, ...charts, ...first };
const address = process.argv[2];

for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...wishes } = JSON.parse(line);
    let answer;
    try {
        answer = { done: (await can[name]({ address, ...wishes })) ?? null };
    } catch (err) {
        answer = { failed: err.stack ?? String(err) };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
}
await browser_end();
