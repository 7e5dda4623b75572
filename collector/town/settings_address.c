/* Addresses of the settings: what may not stand in them. */
#include <string.h>
#include <strings.h>

#include "base/say.h"
#include "output/url.h"
#include "town/settings_inside.h"

/* The settings are sealed and shown; a secret in them would be too. */
static bool query_has_secret(const char *url)
{
    static const char *const keys[] = {"p",      "pass", "password", "token",  "access_token",
                                       "secret", "key",  "apikey",   "api_key"};
    const char *at = strpbrk(url, "?#");

    while (at != NULL) {
        size_t length = strcspn(++at, "=&#");

        for (size_t i = 0; i < ROWS(keys); i++)
            if (strlen(keys[i]) == length && strncasecmp(at, keys[i], length) == 0)
                return true;
        at = strpbrk(at, "&#");
    }
    return false;
}

bool settings_check_query(const char *url, struct conf_at at, const char *key,
                          struct conf_faults *faults)
{
    return !query_has_secret(url) ||
           conf_complain(faults, at, key,
                         SAY("密码或令牌不写在地址里，请用 password_file 或 token_file",
                             "a password or token does not belong into the address; set "
                             "password_file or token_file"));
}

/* A time stamp holds no reading and is signed by its server, so it may come unencrypted. */
void settings_check_time_stamp(struct conf_at at, const char *words, struct conf_faults *faults)
{
    struct error err;
    struct url url;

    if (words[0] == '\0')
        return;
    if (!url_parse(words, &url, &err))
        conf_complain(faults, at, "time_stamp", "%s", err.text);
    else if (!settings_check_query(words, at, "time_stamp", faults))
        return;
    else if (host_is_no_address(url.host))
        conf_complain(faults, at, "time_stamp",
                      SAY("%s 不是 IPv4 地址：要写四个 0 到 255 的数，例如 192.168.1.30",
                          "%s is no IPv4 address: four numbers from 0 to 255 are wanted, as "
                          "192.168.1.30"),
                      url.host);
}
