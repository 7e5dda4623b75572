/* Tests of page/gate.c: who may come in, before anything is routed. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/log.h"
#include "base/say.h"
#include "page/gate.h"
#include "page/token.h"

static struct held_clock held;

/* A gate that knows 李 the steward, and a request that nothing is wrong with. ------------------ */

struct door {
    struct gate *gate;
    char tokens[3][TOKEN_SIZE]; /* reader, steward, office */
    char bearer[80];
    struct sockaddr_in from;
    struct http_request request;
    struct visitor visitor;
    struct refusal_word refused;
};

static const char *const roles[] = {"reader", "steward", "office"};
static const char *const names[] = {"wang", "li", "zhao"};

static void open_door(struct door *door, const char *listen, bool open, const char *certificate)
{
    struct page_setup page = {.open = open};
    struct user users[3] = {0};
    struct error err = {0};

    *door = (struct door){.from = {.sin_family = AF_INET}};
    held_clock_init(&held, (struct wall_time){0});
    snprintf(page.listen, sizeof page.listen, "%s", listen);
    door->gate = gate_new(&page, certificate, &held.clock, &err);
    if (door->gate == NULL)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < 3; i++) {
        snprintf(users[i].name, sizeof users[i].name, "%s", names[i]);
        snprintf(users[i].role, sizeof users[i].role, "%s", roles[i]);
        assert_true(token_make(door->tokens[i], &err));
        assert_true(token_digest(door->tokens[i], users[i].token));
    }
    gate_set_users(door->gate, users, 3);
    door->from.sin_addr.s_addr = htonl(0x7f000001);
    door->request = (struct http_request){.path = "/api/v1/now",
                                          .host = "127.0.0.1:8980",
                                          .from = (struct sockaddr *)&door->from,
                                          .tls = certificate != NULL};
}

/* The answer's status, 200: it passed. */
static int knock(struct door *door)
{
    door->refused = (struct refusal_word){0};
    return gate_pass(door->gate, &door->request, &door->visitor, &door->refused)
               ? 200
               : door->refused.status;
}

static int knock_as(struct door *door, const char *host)
{
    door->request.host = host;
    return knock(door);
}

static int knock_with(struct door *door, const char *token)
{
    snprintf(door->bearer, sizeof door->bearer, "Bearer %s", token);
    door->request.authorization = door->bearer;
    return knock(door);
}

static int open_one(void **state)
{
    struct door *door = malloc(sizeof *door);

    say_in(LANGUAGE_EN);
    open_door(door, "127.0.0.1:8980", false, NULL);
    *state = door;
    return 0;
}

static int close_one(void **state)
{
    struct door *door = *state;

    gate_free(door->gate);
    free(door);
    return 0;
}

/* A certificate for these alternative names, as PEM. */
static char *make_certificate(const char *alternative)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *certificate = X509_new();
    X509_EXTENSION *names_of = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternative);
    BIO *to = BIO_new(BIO_s_mem());
    char *pem = calloc(1, 8192);

    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_add_ext(certificate, names_of, -1);
    X509_sign(certificate, key, EVP_sha256());
    PEM_write_bio_X509(to, certificate);
    assert_true(BIO_read(to, pem, 8191) > 0);
    BIO_free(to);
    X509_EXTENSION_free(names_of);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return pem;
}

/* Names ------------------------------------------------------------------------------------- */

static void the_page_answers_to_its_own_names_with_any_port(void **state)
{
    static const char *const good[] = {"127.0.0.1:8980", "127.0.0.1",   "127.0.0.1:18980",
                                       "localhost:8980", "LocalHost:9", "[::1]:8980",
                                       "[::1]"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (knock_as(*state, good[i]) != 200)
            fail_msg("%s: refused", good[i]);
}

static void a_foreign_name_is_421_and_says_what_to_do(void **state)
{
    static const char *const bad[] = {"evil.example",
                                      "evil.example:8980",
                                      "127.0.0.1.evil.example",
                                      "localhost.evil.example",
                                      "127.0.0.2:8980",
                                      "[::2]:8980",
                                      "0.0.0.0:8980",
                                      "192.168.1.4:8980",
                                      "",
                                      ":8980",
                                      "localhost:",
                                      "localhost:8980:1",
                                      "localhost:port",
                                      "localhost:999999",
                                      "[::1",
                                      "[localhost]",
                                      "::1",
                                      "local host",
                                      "localhost@evil.example",
                                      "127.1",
                                      "2130706433",
                                      "0x7f000001",
                                      "127.0.0.1,evil.example",
                                      ".localhost",
                                      "localhost/../x",
                                      "[::1]evil.example",
                                      "[::1]:80:1",
                                      "*"};
    struct door *door = *state;
    char wide[400];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (knock_as(door, bad[i]) != 421)
            fail_msg("%s: %d", bad[i], door->refused.status);
        assert_non_null(strstr(door->refused.err.text, "http://127.0.0.1"));
    }
    memset(wide, 'a', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    assert_int_equal(knock_as(door, wide), 421);
    assert_int_equal(knock_as(door, NULL), 400);
}

static void what_a_refusal_repeats_of_a_name_is_harmless(void **state)
{
    assert_int_equal(knock_as(*state, "a\x1b[2Jb\n"), 421);
    assert_null(strchr(((struct door *)*state)->refused.err.text, '\x1b'));
    assert_null(strchr(((struct door *)*state)->refused.err.text, '\n'));
}

static void the_address_it_listens_at_is_one_of_its_names(void **state)
{
    struct door door;

    open_door(&door, "127.0.0.7:8980", false, NULL);
    assert_int_equal(knock_as(&door, "127.0.0.7:8980"), 200);
    assert_int_equal(knock_as(&door, "127.0.0.8:8980"), 421);
    gate_free(door.gate);
    open_door(&door, "[fd00::5]:8980", false, NULL);
    assert_int_equal(knock_as(&door, "[fd00:0:0::5]:8980"), 200);
    assert_int_equal(knock_as(&door, "[fd00::6]:8980"), 421);
    gate_free(door.gate);
}

static void listening_everywhere_is_no_name(void **state)
{
    struct door door;

    open_door(&door, "0.0.0.0:8980", false, NULL);
    assert_int_equal(knock_as(&door, "0.0.0.0:8980"), 421);
    gate_free(door.gate);
    open_door(&door, "[::]:8980", false, NULL);
    assert_int_equal(knock_as(&door, "[::]:8980"), 421);
    gate_free(door.gate);
}

static void the_certificate_names_it_too(void **state)
{
    char *pem = make_certificate("DNS:gateway.town.cn,DNS:*.env.town.cn,IP:192.168.1.4,IP:fd00::9");
    struct door door;

    open_door(&door, "0.0.0.0:8980", false, pem);
    assert_int_equal(knock_as(&door, "gateway.town.cn:8980"), 200);
    assert_int_equal(knock_as(&door, "GATEWAY.town.cn"), 200);
    assert_int_equal(knock_as(&door, "one.env.town.cn"), 200);
    assert_int_equal(knock_as(&door, "192.168.1.4:8980"), 200);
    assert_int_equal(knock_as(&door, "[fd00::9]:8980"), 200);
    assert_int_equal(knock_as(&door, "town.cn"), 421);
    assert_int_equal(knock_as(&door, ".town.cn"), 421);
    assert_int_equal(knock_as(&door, "*.env.town.cn"), 421);
    assert_int_equal(knock_as(&door, "gateway.town.cn.evil.example"), 421);
    assert_int_equal(knock_as(&door, "192.168.1.5:8980"), 421);
    assert_non_null(strstr(door.refused.err.text, "certificate"));
    gate_free(door.gate);
    free(pem);
}

static void a_file_that_is_no_certificate_is_refused(void **state)
{
    const struct page_setup page = {.listen = "0.0.0.0:1"};
    struct error err = {0};

    assert_null(gate_new(&page, "not a certificate", &held.clock, &err));
    assert_int_equal(err.kind, ERROR_SETTINGS);
    assert_non_null(strstr(err.text, "page.certificate"));
}

/* Whose page -------------------------------------------------------------------------------- */

struct sender {
    const char *origin, *fetch_site;
    bool good;
};

static void what_changes_something_comes_from_our_own_page_or_from_none(void **state)
{
    static const struct sender senders[] = {
        {NULL,                                 NULL,          true },
        {"http://127.0.0.1:8980",              NULL,          true },
        {"http://127.0.0.1:8980",              "same-origin", true },
        {NULL,                                 "none",        true },
        {"https://127.0.0.1:8980",             NULL,          false},
        {"http://127.0.0.1:8981",              NULL,          false},
        {"http://127.0.0.1",                   NULL,          false},
        {"http://localhost:8980",              NULL,          false},
        {"http://evil.example",                NULL,          false},
        {"http://127.0.0.1:8980.evil.example", NULL,          false},
        {"null",                               NULL,          false},
        {"",                                   NULL,          false},
        {NULL,                                 "cross-site",  false},
        {NULL,                                 "same-site",   false},
        {NULL,                                 "",            false},
        {"http://127.0.0.1:8980",              "cross-site",  false},
    };
    struct door *door = *state;

    door->request.method = METHOD_POST;
    for (size_t i = 0; i < sizeof senders / sizeof senders[0]; i++) {
        door->request.origin = senders[i].origin;
        door->request.fetch_site = senders[i].fetch_site;
        if (knock(door) != (senders[i].good ? 200 : 403))
            fail_msg("%s %s: %d", senders[i].origin, senders[i].fetch_site, door->refused.status);
    }
    door->request.method = METHOD_OTHER;
    assert_int_equal(knock(door), 403);
}

static void looking_from_a_foreign_page_is_answered(void **state)
{
    struct door *door = *state;

    door->request.origin = "http://evil.example";
    door->request.fetch_site = "cross-site";
    assert_int_equal(knock(door), 200);
    door->request.method = METHOD_HEAD;
    assert_int_equal(knock(door), 200);
}

static void over_tls_the_page_is_https(void **state)
{
    char *pem = make_certificate("DNS:gateway.town.cn");
    struct door door;

    open_door(&door, "0.0.0.0:8980", false, pem);
    door.request.method = METHOD_POST;
    door.request.host = "gateway.town.cn:8980";
    door.request.origin = "https://gateway.town.cn:8980";
    assert_int_equal(knock(&door), 200);
    door.request.origin = "http://gateway.town.cn:8980";
    assert_int_equal(knock(&door), 403);
    gate_free(door.gate);
    free(pem);
}

/* Tokens ------------------------------------------------------------------------------------ */

static void a_token_is_256_random_bits_behind_its_prefix(void **state)
{
    char one[TOKEN_SIZE], other[TOKEN_SIZE], longer[TOKEN_SIZE + 1];

    assert_true(token_make(one, NULL));
    assert_true(token_make(other, NULL));
    assert_int_equal(strlen(one), 46);
    assert_memory_equal(one, "lb_", 3);
    assert_string_not_equal(one, other);
    assert_true(token_is_one(one));
    snprintf(longer, sizeof longer, "%s!", one);
    assert_false(token_is_one(longer));
    one[20] = '+';
    assert_false(token_is_one(one));
    other[45] = '\0';
    assert_false(token_is_one(other));
}

static void every_letter_of_tokens_is_taken_from_all_of_them(void **state)
{
    bool seen[43][128] = {{false}};
    char token[TOKEN_SIZE];

    for (int i = 0; i < 4000; i++) {
        assert_true(token_make(token, NULL));
        for (int at = 0; at < 43; at++)
            seen[at][(unsigned char)token[3 + at] & 127] = true;
    }
    for (int at = 0; at < 43; at++) {
        int letters = 0;

        for (int letter = 0; letter < 128; letter++)
            letters += seen[at][letter];
        assert_int_equal(letters, at < 42 ? 64 : 16); /* 256 bits: the last letter has four */
    }
}

static void a_good_token_gives_its_person_and_role(void **state)
{
    static const enum role wanted[] = {ROLE_READER, ROLE_STEWARD, ROLE_OFFICE};
    struct door *door = *state;

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(knock_with(door, door->tokens[i]), 200);
        assert_int_equal(door->visitor.role, wanted[i]);
        assert_string_equal(door->visitor.person, names[i]);
    }
    snprintf(door->bearer, sizeof door->bearer, "bearer   %s", door->tokens[0]);
    assert_int_equal(knock(door), 200);
}

static void without_a_token_everybody_is_public_or_a_reader_of_an_open_page(void **state)
{
    struct door open;

    assert_int_equal(knock(*state), 200);
    assert_int_equal(((struct door *)*state)->visitor.role, ROLE_PUBLIC);
    assert_string_equal(((struct door *)*state)->visitor.person, "");
    open_door(&open, "127.0.0.1:8980", true, NULL);
    assert_int_equal(knock(&open), 200);
    assert_int_equal(open.visitor.role, ROLE_READER);
    gate_free(open.gate);
}

static void a_wrong_token_is_401_also_on_an_open_page(void **state)
{
    struct door open;

    open_door(&open, "127.0.0.1:8980", true, NULL);
    open.tokens[0][10] = open.tokens[0][10] == 'a' ? 'b' : 'a';
    assert_int_equal(knock_with(&open, open.tokens[0]), 401);
    assert_int_equal(knock_with(&open, ""), 401);
    open.request.authorization = "Basic bGk6bGk=";
    assert_int_equal(knock(&open), 401);
    open.request.authorization = "";
    assert_int_equal(knock(&open), 401);
    gate_free(open.gate);
}

static void a_replaced_or_removed_token_is_wrong_at_once(void **state)
{
    struct door *door = *state;

    assert_int_equal(knock_with(door, door->tokens[1]), 200);
    gate_set_users(door->gate, NULL, 0);
    assert_int_equal(knock_with(door, door->tokens[1]), 401);
}

static void a_token_in_an_address_is_refused_and_not_repeated(void **state)
{
    struct door *door = *state;
    char query[100];
    static const char *const forms[] = {"token=%s", "a=1&access_token=%s", "a=1&Token=%s", "x=%s"};

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        snprintf(query, sizeof query, forms[i], door->tokens[1]);
        door->request.query = query;
        assert_int_equal(knock_with(door, door->tokens[1]), 400);
        assert_null(strstr(door->refused.err.text, door->tokens[1] + 3));
    }
    door->request.query = "token=short";
    assert_int_equal(knock(door), 400);
    door->request.query = "site=token&note=lb_";
    assert_int_equal(knock(door), 200);
    snprintf(query, sizeof query, "/api/v1/%s", door->tokens[1]);
    door->request.path = query;
    assert_int_equal(knock(door), 400);
}

/* Trying ------------------------------------------------------------------------------------ */

static int try_one(struct door *door)
{
    return knock_with(door, "lb_0000000000000000000000000000000000000000000");
}

static void ten_wrong_tokens_a_minute_and_then_429(void **state)
{
    struct door *door = *state;

    for (int i = 0; i < 10; i++)
        assert_int_equal(try_one(door), 401);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(try_one(door), 429);
        assert_in_range(door->refused.retry_after_s, 1, 7);
    }
    held_clock_advance(&held, door->refused.retry_after_s * 1000);
    assert_int_equal(try_one(door), 401);
    assert_int_equal(try_one(door), 429);
    held_clock_advance(&held, 3600 * 1000);
    for (int i = 0; i < 10; i++) /* what came back in an hour has a cap */
        assert_int_equal(try_one(door), 401);
    assert_int_equal(try_one(door), 429);
}

static void many_small_steps_of_time_give_no_more_than_one_long_one(void **state)
{
    struct door *door = *state;
    int passed = 0;

    for (int i = 0; i < 11; i++)
        try_one(door);
    for (int i = 0; i < 60 * 1000 / 7; i++) {
        held_clock_advance(&held, 7);
        passed += try_one(door) == 401;
    }
    assert_in_range(passed, 9, 10);
}

static void a_good_token_passes_while_wrong_ones_are_refused(void **state)
{
    struct door *door = *state;

    for (int i = 0; i < 100000; i++) {
        int status = try_one(door);

        if (i >= 10 && status != 429)
            fail_msg("%d: %d", i, status);
        if (i % 1000 == 999)
            assert_int_equal(knock_with(door, door->tokens[2]), 200);
    }
    door->request.authorization = NULL; /* and so does who brings none */
    assert_int_equal(knock(door), 200);
}

static void one_address_does_not_use_up_what_is_anothers(void **state)
{
    struct door *door = *state;

    for (int i = 0; i < 50; i++)
        try_one(door);
    door->from.sin_addr.s_addr = htonl(0x7f000002);
    assert_int_equal(try_one(door), 401);
}

static void many_addresses_together_are_too_many_as_well(void **state)
{
    struct door *door = *state;
    int answered = 0;

    for (uint32_t i = 0; i < 5000; i++) {
        door->from.sin_addr.s_addr = htonl(0x7f000002 + i);
        answered += try_one(door) == 401;
        if (i % 100 == 0)
            assert_int_equal(knock_with(door, door->tokens[0]), 200);
    }
    assert_int_equal(answered, 60);
}

static void a_whole_net_of_ipv6_counts_as_one(void **state)
{
    struct door *door = *state;
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    int answered = 0;

    door->request.from = (struct sockaddr *)&six;
    assert_int_equal(inet_pton(AF_INET6, "2001:db8:0:7::1", &six.sin6_addr), 1);
    for (int i = 0; i < 50; i++) {
        six.sin6_addr.s6_addr[15] = (uint8_t)i;
        answered += try_one(door) == 401;
    }
    assert_int_equal(answered, 10);
    six.sin6_addr.s6_addr[7] = 8;
    assert_int_equal(try_one(door), 401);
}

static int lines_of(FILE *log, const char *words)
{
    char line[500];
    int count = 0;

    rewind(log);
    while (fgets(line, sizeof line, log) != NULL)
        count += strstr(line, words) != NULL;
    return count;
}

static void it_is_said_once_when_it_begins_and_once_when_it_ends(void **state)
{
    struct door *door = *state;
    FILE *log = tmpfile();

    log_set_file(fileno(log));
    for (int i = 0; i < 10; i++)
        try_one(door);
    assert_int_equal(lines_of(log, "page:"), 0);
    for (int i = 0; i < 3000; i++) {
        door->from.sin_addr.s_addr = htonl(0x7f000001 + (uint32_t)i % 7);
        held_clock_advance(&held, 100);
        try_one(door);
        gate_sweep(door->gate);
    }
    assert_int_equal(lines_of(log, "page:"), 1);
    assert_int_equal(lines_of(log, "too many wrong tokens, the last from 127.0.0."), 1);
    held_clock_advance(&held, 59 * 1000);
    gate_sweep(door->gate);
    assert_int_equal(lines_of(log, "page:"), 1);
    held_clock_advance(&held, 1000);
    gate_sweep(door->gate);
    gate_sweep(door->gate);
    assert_int_equal(lines_of(log, "page:"), 2);
    assert_int_equal(lines_of(log, "no wrong token for a minute"), 1);
    assert_int_equal(lines_of(log, "lb_"), 0);
    log_set_file(-1);
    fclose(log);
}

/* Roles ------------------------------------------------------------------------------------- */

static void a_role_may_what_smaller_ones_may(void **state)
{
    struct visitor li = {.role = ROLE_STEWARD, .person = "li"};
    struct visitor nobody = {.role = ROLE_READER};
    struct refusal_word refused;

    assert_true(gate_allows(&li, ROLE_PUBLIC, &refused));
    assert_true(gate_allows(&li, ROLE_READER, &refused));
    assert_true(gate_allows(&li, ROLE_STEWARD, &refused));
    assert_false(gate_allows(&li, ROLE_OFFICE, &refused));
    assert_int_equal(refused.status, 403);
    assert_non_null(strstr(refused.err.text, "office"));
    assert_true(gate_allows(&nobody, ROLE_READER, &refused));
    assert_false(gate_allows(&nobody, ROLE_STEWARD, &refused));
    assert_int_equal(refused.status, 401);
}

#define DOOR_TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DOOR_TEST(the_page_answers_to_its_own_names_with_any_port),
        DOOR_TEST(a_foreign_name_is_421_and_says_what_to_do),
        DOOR_TEST(what_a_refusal_repeats_of_a_name_is_harmless),
        cmocka_unit_test(the_address_it_listens_at_is_one_of_its_names),
        cmocka_unit_test(listening_everywhere_is_no_name),
        cmocka_unit_test(the_certificate_names_it_too),
        cmocka_unit_test(a_file_that_is_no_certificate_is_refused),
        DOOR_TEST(what_changes_something_comes_from_our_own_page_or_from_none),
        DOOR_TEST(looking_from_a_foreign_page_is_answered),
        cmocka_unit_test(over_tls_the_page_is_https),
        cmocka_unit_test(a_token_is_256_random_bits_behind_its_prefix),
        cmocka_unit_test(every_letter_of_tokens_is_taken_from_all_of_them),
        DOOR_TEST(a_good_token_gives_its_person_and_role),
        DOOR_TEST(without_a_token_everybody_is_public_or_a_reader_of_an_open_page),
        DOOR_TEST(a_wrong_token_is_401_also_on_an_open_page),
        DOOR_TEST(a_replaced_or_removed_token_is_wrong_at_once),
        DOOR_TEST(a_token_in_an_address_is_refused_and_not_repeated),
        DOOR_TEST(ten_wrong_tokens_a_minute_and_then_429),
        DOOR_TEST(many_small_steps_of_time_give_no_more_than_one_long_one),
        DOOR_TEST(a_good_token_passes_while_wrong_ones_are_refused),
        DOOR_TEST(one_address_does_not_use_up_what_is_anothers),
        DOOR_TEST(many_addresses_together_are_too_many_as_well),
        DOOR_TEST(a_whole_net_of_ipv6_counts_as_one),
        DOOR_TEST(it_is_said_once_when_it_begins_and_once_when_it_ends),
        cmocka_unit_test(a_role_may_what_smaller_ones_may),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
