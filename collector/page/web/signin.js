/* signin.js - the dialog of who is signed in: paste a token, sign out. */
import { el, put, Refusal, ROLES, say, term, token_is, town } from "./base.js";

function close(dialog) {
    dialog.close();
    dialog.remove();
}

function sign_out_part(dialog, leave) {
    const me = town.me;
    if (!token_is() || !me?.name)
        return null;
    return el("div.stack", null,
        el("p", null, say(`现在登录的是 ${me.name}（${term(ROLES, me.role)}）。`, `${me.name} is signed in (${term(ROLES, me.role)}).`)),
        el("div.buttons", null,
            el("button.button", { type: "button", onclick: () => { close(dialog); leave(); } }, say("退出登录", "Sign out"))));
}

function sign_in_part(dialog, enter) {
    const token = el("input", { id: "token", type: "password", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
        required: true, maxlength: "512" });
    const keep = el("input", { type: "checkbox", id: "keep" });
    const said = el("p.warn.breach", { role: "alert", hidden: true });
    const wrong = () => new Refusal(401, { detail: say("这个令牌不对，或已被收回。", "This token is wrong, or was taken back.") });
    const submit = async (event) => {
        const pasted = token.value.trim();
        const found = /lb_[\w-]{43}/.exec(pasted)?.[0] ?? pasted; // some paste the sentence it stands in
        event.preventDefault();
        said.hidden = true;
        try {
            if (/[^!-~]/.test(found)) // no header may hold it
                throw wrong();
            await enter(found, keep.checked);
            if (town.me?.role === "public")
                throw wrong();
            close(dialog);
        } catch (err) {
            put(said, err.message);
            said.hidden = false;
            token.select();
        }
    };
    return el("form", { onsubmit: submit },
        el("div.field", null, el("label", { for: "token" }, say("令牌", "Token")), token,
            el("span.small.soft", null, say("粘贴管理员给你的令牌。它只发给这台采集器。",
                "Paste the token your administrator gave you. It is sent to this collector only."))),
        el("label.check", { for: "keep" }, keep, el("span", null, say("在这台设备上记住我", "Remember me on this device"))),
        said,
        el("div.buttons", null, el("button.button.strong", { type: "submit" }, say("登录", "Sign in")),
            el("button.button", { type: "button", onclick: () => close(dialog) }, say("取消", "Cancel"))));
}

/* enter(token, keep) signs in; leave() signs out. */
export function account({ enter, leave }) {
    const open = town.me?.open && !token_is() && town.me.role !== "public";
    const dialog = el("dialog", { "aria-labelledby": "account-title" });
    put(dialog, el("div.stack", null,
        el("h2", { id: "account-title" }, say("登录", "Sign in")),
        open && el("p.note", null, say("这台采集器允许本机不登录就查看。要确认问题、写备注或销号，请登录。",
            "This collector lets anyone on this machine look without signing in. To acknowledge, note or strike off, sign in.")),
        sign_out_part(dialog, leave), sign_in_part(dialog, enter)));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
}
