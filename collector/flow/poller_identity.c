/* Who answers: a device is asked for its identity registers after each connection, after a silence,
 * and every hour; while it is not the one it should be, its values are withheld. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/say.h"
#include "flow/poller_parts.h"

enum {
    /* Behind a gateway two instruments can be swapped while the connection stands: an hour is the
     * most that is then believed wrongly, and one request more an hour is nothing. */
    AGAIN_MS = 3600000,
    /* Asked with every poll while it cannot be read; then only with the hour, because a device that
     * is silent at these registers costs a timeout each time. */
    TRIES = 3,
    CHANGES_MAX = 6, /* told of in an hour: more of them say nothing new */
};

bool identity_init(struct device *device)
{
    const struct device_setup *setup = &device->setup;

    if (setup->profile->identity_count == 0)
        return true;
    device->identifying = calloc(1, sizeof *device->identifying);
    if (device->identifying == NULL)
        return false;
    identity_terms_init(&device->identifying->terms, setup->profile, setup->identity,
                        setup->identity_said, setup->serial_number);
    return true;
}

bool identity_is_wrong(const struct device *device)
{
    return device->identifying != NULL && device->identifying->verdict != IDENTITY_RIGHT;
}

bool identity_is_due(const struct line *line, struct mono_time now)
{
    const struct device *device = line->asking.device;
    const struct identifying *own = device->identifying;

    if (own == NULL || !line->asking.heard)
        return false;
    return own->connection != line->connection || device->missed > 0 ||
           own->verdict != IDENTITY_RIGHT || (own->failures > 0 && own->failures < TRIES) ||
           now.ns >= own->again_ns;
}

void identity_begin(struct line *line)
{
    struct asking *asking = &line->asking;

    asking->identifying = true;
    asking->item = 0;
    asking->busy_tries = 0;
    asking->device->identifying->heard = (struct identity_heard){0};
}

struct planned identity_request(const struct asking *asking)
{
    const struct identity_item *item = &asking->device->setup.profile->identity[asking->item];

    return (struct planned){.area = item->area, .address = item->address, .count = item->words};
}

bool identity_take(struct line *line, const struct exchange_result *result)
{
    struct asking *asking = &line->asking;
    struct device *device = asking->device;
    const struct profile *profile = device->setup.profile;
    struct identity_heard *heard = &device->identifying->heard;

    if (result->answered) {
        identity_value(&profile->identity[asking->item], result->data, heard->values[asking->item]);
        heard->known[asking->item] = true;
    } else if (!result->is_exception) {
        return false; /* silence at one is silence at all: it costs one timeout */
    }
    asking->busy_tries = 0;
    return ++asking->item < profile->identity_count;
}

static bool all_are_known(const struct device *device)
{
    const struct identifying *own = device->identifying;
    bool all = true;

    for (size_t i = 0; i < device->setup.profile->identity_count; i++)
        all = all && own->heard.known[i];
    return all;
}

/* An expectation nobody can check is no guard: said once, in the words of a person who can act. */
static void tell_unread(struct device *device)
{
    struct identifying *own = device->identifying;
    const struct profile *profile = device->setup.profile;

    for (size_t i = 0; i < profile->identity_count && !own->told; i++) {
        const struct identity_item *item = &profile->identity[i];

        if (item->expect[0] == '\0' || own->heard.known[i])
            continue;
        own->told = true;
        log_warning(SAY("链路 %s：%s 读不出身份项 %s（%s %u），无法确认型号；请核对型号模板与固件",
                        "link %s: %s does not let its identity item %s (%s %u) be read, so its "
                        "model is not confirmed; compare the profile with its firmware"),
                    device->line->setup.name, device->setup.label, item->name,
                    area_word(item->area), (unsigned)item->address);
    }
}

static void report(struct device *device, bool is_news, const char *was)
{
    const struct poller *poller = device->line->poller;
    struct identifying *own = device->identifying;
    char is[IDENTITY_TEXT];
    const struct identity_finding finding = {own->verdict, was, is, is_news, poller_wall(poller)};

    identity_text(device->setup.profile, &own->heard, is);
    if (poller->setup.identified != NULL)
        poller->setup.identified(poller->setup.self, (size_t)(device - poller->devices), &finding);
}

static void tell_wrong(const struct device *device, const char *was)
{
    char is[IDENTITY_TEXT];

    identity_text(device->setup.profile, &device->identifying->heard, is);
    log_warning(SAY("链路 %s：%s 的身份不符：应为 %s，回答的是 %s；读数不采用",
                    "link %s: %s is not the one it should be: %s is wanted, it answers %s; its "
                    "values are withheld"),
                device->line->setup.name, device->setup.label, was, is);
}

/* Nothing was heard that was not told of already. */
static bool is_told(const struct identifying *own, enum identity_verdict verdict)
{
    for (size_t i = 0; i < IDENTITY_ITEMS_MAX; i++)
        if (own->heard.known[i] &&
            (!own->wrong.known[i] || strcmp(own->heard.values[i], own->wrong.values[i]) != 0))
            return false;
    return own->verdict == verdict;
}

/* Two that answer in turn, or no identity at all: for the rest of the hour it is nobody. */
static bool changes_too_often(const struct identifying *own, struct mono_time now)
{
    return own->changes >= CHANGES_MAX && now.ns < own->changes_until_ns;
}

static void count_change(struct identifying *own, struct mono_time now)
{
    if (now.ns >= own->changes_until_ns) {
        own->changes = 0;
        own->changes_until_ns = now.ns + ns_from_ms(AGAIN_MS);
    }
    own->changes++;
}

/* Found to be another: again and again while it stays so, but told once. */
static void is_another(struct device *device, enum identity_verdict verdict, struct mono_time now)
{
    struct identifying *own = device->identifying;
    struct identity_heard wanted;
    char was[IDENTITY_TEXT];

    if (is_told(own, verdict) || changes_too_often(own, now))
        return;
    count_change(own, now);
    own->verdict = verdict;
    own->wrong = own->heard;
    identity_wanted(device->setup.profile, &own->terms, &wanted);
    identity_text(device->setup.profile, &wanted, was);
    tell_wrong(device, was);
    report(device, false, was);
}

/* Nothing speaks against it; after it was another one, what spoke against it has to be heard. */
static bool is_cleared(const struct identifying *own, struct mono_time now)
{
    if (own->verdict == IDENTITY_RIGHT)
        return true;
    if (changes_too_often(own, now))
        return false;
    for (size_t i = 0; i < IDENTITY_ITEMS_MAX; i++)
        if (own->wrong.known[i] && !own->heard.known[i])
            return false;
    return true;
}

static void is_right(struct device *device)
{
    const struct profile *profile = device->setup.profile;
    struct identifying *own = device->identifying;
    bool was_wrong = own->verdict != IDENTITY_RIGHT;
    char was[IDENTITY_TEXT];
    bool is_news;

    identity_text(profile, &own->terms.accepted, was);
    is_news = identity_accept(&own->terms, &own->heard);
    own->verdict = IDENTITY_RIGHT;
    if (is_news) /* with what was known and could not be read this time */
        own->heard = own->terms.accepted;
    if (was_wrong) {
        refusals_forget(device); /* the other one's */
        log_notice(SAY("链路 %s：%s 的身份又相符了，从下一次采集起采用读数",
                       "link %s: %s is the one it should be again; its values are taken from the "
                       "next poll on"),
                   device->line->setup.name, device->setup.label);
    }
    if (is_news || was_wrong)
        report(device, is_news, was);
}

void identity_conclude(struct line *line, struct mono_time now)
{
    struct asking *asking = &line->asking;
    struct device *device = asking->device;
    struct identifying *own = device->identifying;
    enum identity_verdict verdict;

    if (own == NULL)
        return;
    asking->withheld = own->verdict != IDENTITY_RIGHT; /* the data came before the answer */
    if (!asking->identifying)
        return;
    own->connection = line->connection;
    own->again_ns = now.ns + ns_from_ms(AGAIN_MS);
    own->failures = all_are_known(device) ? 0 : own->failures + 1;
    own->asked = own->asked || own->failures == 0;
    if (own->failures == TRIES && !own->asked)
        tell_unread(device);
    verdict = identity_judge(device->setup.profile, &own->terms, &own->heard);
    if (verdict != IDENTITY_RIGHT)
        is_another(device, verdict, now);
    else if (is_cleared(own, now))
        is_right(device);
    asking->withheld = asking->withheld || own->verdict != IDENTITY_RIGHT;
}
