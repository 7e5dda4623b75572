/* tls.h - the page's certificate and its key, read and looked at before anybody relies on them. */
#ifndef PAGE_TLS_H
#define PAGE_TLS_H

#include "base/error.h"
#include "town/settings.h"

enum { TLS_TEXT = 64 << 10 };

struct tls_files {
    char certificate[TLS_TEXT]; /* PEM: the page's own first, then whose it is signed by */
    char key[TLS_TEXT];
};

/* Gives what page.certificate and page.key_file hold, ended with tls_free(). NULL without an error
 * where there is no certificate; NULL with ERROR_SETTINGS naming the file: it cannot be read, its
 * key could be read by others, is locked by a password, or is another's. */
struct tls_files *tls_load(const struct page_setup *page, struct error *err);
void tls_free(struct tls_files *files);

/* For OpenSSL's readers of PEM: there is no password. Asked for on the terminal it would hold up a
 * service. */
int tls_no_password(char *out, int size, int writing, void *self);

#endif
