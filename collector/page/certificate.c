#include "page/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

#include "base/day.h"
#include "base/say.h"
#include "page/tls.h"

#define NOTICE "certificate"

static const int64_t day_ms = (int64_t)24 * 3600 * 1000;
enum { SOON_DAYS = 30 };

struct wall_time certificate_ends(const char *pem)
{
    struct wall_time ends = WALL_NONE;
    BIO *text = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(text, NULL, tls_no_password, NULL);
    struct tm parts;

    if (certificate != NULL && ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) == 1)
        ends.ms = (int64_t)timegm(&parts) * 1000;
    X509_free(certificate);
    BIO_free(text);
    return ends;
}

void certificate_tell(struct notices *notices, const char *path, struct wall_time ends,
                      struct wall_time now)
{
    const char *subject = SAY("网页证书", "the page's certificate");
    int64_t left_ms = ends.ms - now.ms;
    char date[DAY_TEXT];

    if (!wall_is_known(ends) || left_ms > SOON_DAYS * day_ms)
        notice_end(notices, NOTICE);
    else if (left_ms > 0)
        notice_raise(notices, NOTICE, subject,
                     SAY("网页证书 %s 将于 %s 到期（还有 %d 天），到期后浏览器不再信任网页；"
                         "请把新证书和私钥放到原处，再重启采集器（systemctl restart lookback）",
                         "the page's certificate %s ends on %s (in %d days), and browsers trust "
                         "the page no longer then; put a new certificate and its key in their "
                         "place and start the collector anew (systemctl restart lookback)"),
                     path, day_text(ends, date), (int)(left_ms / day_ms));
    else
        notice_raise(notices, NOTICE, subject,
                     SAY("网页证书 %s 已于 %s 到期，浏览器不再信任网页；"
                         "请把新证书和私钥放到原处，再重启采集器（systemctl restart lookback）",
                         "the page's certificate %s ended on %s, and browsers trust the page no "
                         "longer; put a new certificate and its key in their place and start the "
                         "collector anew (systemctl restart lookback)"),
                     path, day_text(ends, date));
}
