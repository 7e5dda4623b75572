/* lookback user add|remove, lookback users: who may sign in to the page.
 *
 * The token is made here and shown once; only its digest goes to the collector, so nobody can look
 * it up later. A lost one is replaced by adding the same name again.
 */
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/ask.h"
#include "app/command.h"
#include "app/command_line.h"
#include "app/users.h"
#include "base/say.h"
#include "page/token.h"
#include "report/table.h"
#include "store/seals.h"
#include "town/shown.h"

/* What each may do, in words. */
static const char *role_shown(const char *role)
{
    if (strcmp(role, "reader") == 0)
        return SAY("只看", "reads");
    if (strcmp(role, "steward") == 0)
        return SAY("看，并确认问题、备注、登记维护、要佐证材料",
                   "reads, acknowledges, notes, enters maintenance, asks for evidence");
    if (strcmp(role, "office") == 0)
        return SAY("看，并确认、关闭问题、备注、登记维护、要佐证材料、销号",
                   "reads, acknowledges and closes, notes, enters maintenance, asks for evidence, "
                   "strikes off");
    return "?";
}

/* user add ----------------------------------------------------------------------------------- */

static json_t *add_args(const char *name, const char *role, const char *token)
{
    uint8_t digest[TOKEN_DIGEST];
    char hex[DIGEST_HEX];

    if (!token_digest(token, digest))
        return NULL;
    digest_hex(digest, hex);
    return json_pack("{s:s, s:s, s:s}", "name", name, "role", role, "token_sha256", hex);
}

/* Where the page is opened: by a name of its certificate, else on this machine or through a tunnel.
 * An address to listen at may be none to open ("0.0.0.0"). */
static void show_way(const struct page_setup *page)
{
    const char *colon = strrchr(page->listen, ':');
    const char *port = colon == NULL ? "" : colon + 1;

    if (page->certificate[0] != '\0')
        printf(SAY("把它交给本人。打开 https://证书里的名称:%s/ ，在登录处粘贴；",
                   "Give it to that person. Open https://NAME-IN-THE-CERTIFICATE:%s/ and paste it "
                   "to sign in; "),
               port);
    else
        printf(SAY("把它交给本人。在本机打开 http://%s/ （从别处先开 ssh 隧道：ssh -L %s:%s "
                   "用户@网关），在登录处粘贴；",
                   "Give it to that person. Open http://%s/ on this machine (from elsewhere "
                   "through an ssh tunnel: ssh -L %s:%s USER@GATEWAY) and paste it to sign in; "),
               page->listen, port, page->listen);
    printf("%s", SAY("程序则带上 Authorization: Bearer 令牌。\n",
                     "a program sends Authorization: Bearer TOKEN.\n"));
}

/* In one write: a terminal's line that was interrupted would hold half of it. */
static void show_token(const struct typed *typed, const struct settings *settings, const char *name,
                       const char *role, const char *token)
{
    const struct page_setup *page = &settings->page;

    if (typed->json) {
        printf("{\"user\":{\"name\":\"%s\",\"role\":\"%s\",\"token\":\"%s\"}}\n", name, role,
               token);
        return;
    }
    printf(SAY("用户 %s（%s：%s）的令牌，只显示这一次，此处不留底：\n\n    %s\n\n",
               "The token of %s (%s: %s), shown this once and kept nowhere here:\n\n    %s\n\n"),
           name, role, role_shown(role), token);
    if (page->listen[0] == '\0')
        printf("%s", SAY("网页没有开：先在 collector.conf 里写 page.listen，再重启采集器。\n",
                         "There is no page: set page.listen in collector.conf and start the "
                         "collector again.\n"));
    else
        show_way(page);
    printf(SAY("丢了、泄露了：再执行一次 lookback user add %s --role %s，旧的立即失效。\n"
               "不再用：lookback user remove %s\n",
               "Lost or seen by others: run lookback user add %s --role %s again, the old one ends "
               "at once.\nNo longer wanted: lookback user remove %s\n"),
           name, role, name);
}

static bool add_user(const struct typed *typed, const struct settings *settings, const char *name,
                     const char *role, struct error *err)
{
    char token[TOKEN_SIZE];
    json_t *args;
    uint64_t seq;
    bool done;

    if (!token_make(token, err))
        return false;
    args = add_args(name, role, token);
    done = args == NULL ? error_set(err, ERROR_WRONG_USE, "%s",
                                    SAY("用户名必须是 UTF-8 文字", "the name must be UTF-8 text"))
                        : ask_act(settings, "user.add", args, &seq, err);
    json_decref(args);
    if (done)
        show_token(typed, settings, name, role, token);
    fflush(stdout);
    OPENSSL_cleanse(token, sizeof token);
    return done;
}

static int command_add(const struct typed *typed)
{
    static const char *const roles[] = {"reader", "steward", "office", NULL};
    const char *role = typed_option(typed, "--role");
    struct settings *settings;
    struct error err = {0};
    bool done;

    if (role == NULL)
        return command_missing(typed, "--role reader|steward|office");
    if (!command_choice(typed, "--role", roles))
        return EXIT_WRONG;
    settings = command_settings(typed);
    if (settings == NULL)
        return EXIT_WRONG;
    done = add_user(typed, settings, typed->words[1], role, &err);
    settings_free(settings);
    return done ? EXIT_DONE : command_fail(typed, &err);
}

int command_user(const struct typed *typed)
{
    json_t *args;

    if (strcmp(typed->words[0], "add") == 0)
        return command_add(typed);
    if (strcmp(typed->words[0], "remove") != 0)
        return command_unknown(typed, "add | remove");
    if (typed_option(typed, "--role") != NULL)
        return line_wrong(typed, NULL, "%s",
                          SAY("user remove 不要 --role", "user remove takes no --role"));
    args = json_pack("{s:s}", "name", typed->words[1]);
    if (args == NULL)
        return line_wrong(typed, NULL, "%s",
                          SAY("用户名必须是 UTF-8 文字", "the name must be UTF-8 text"));
    return command_act(typed, "user.remove", args);
}

/* users -------------------------------------------------------------------------------------- */

static void print_users(const json_t *users)
{
    const char *const headings[] = {SAY("用户", "USER"), SAY("角色", "ROLE"), SAY("可以", "MAY"),
                                    SAY("令牌发于", "TOKEN MADE"), SAY("发放人", "BY")};
    struct table *table = table_new(5, headings);
    size_t index;
    json_t *user;
    char when[LOCAL_TEXT];

    json_array_foreach(users, index, user)
    {
        table_cell(table, "%s", text_of(user, "name"));
        table_cell(table, "%s", text_of(user, "role"));
        table_cell(table, "%s", role_shown(text_of(user, "role")));
        table_cell(table, "%s", local_time(text_of(user, "made"), when));
        table_cell(table, "%s", text_of(user, "by"));
    }
    if (table_rows(table) > 0)
        table_print(table, stdout);
    else
        puts(SAY("没有用户：谁也不能登录网页。用 lookback user add 名字 --role office 加第一个。",
                 "no users: nobody can sign in to the page. Add the first with lookback user add "
                 "NAME --role office."));
    table_free(table);
}

int command_users(const struct typed *typed)
{
    struct settings *settings = command_settings(typed);
    struct error err = {0};
    json_t *users;

    if (settings == NULL)
        return EXIT_WRONG;
    users = users_asked(settings, &err);
    settings_free(settings);
    if (users == NULL)
        return command_fail(typed, &err);
    if (typed->json) {
        json_dumpf(users, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        print_users(json_object_get(users, "users"));
    }
    json_decref(users);
    return EXIT_DONE;
}
