/* embedded.h - texts of the source tree that travel with every bundle; compiled in as they stand.
 */
#ifndef REPORT_EMBEDDED_H
#define REPORT_EMBEDDED_H

#include <stddef.h>

extern const unsigned char text_verify_md[];
extern const size_t text_verify_md_size;
extern const unsigned char text_seal_md[];
extern const size_t text_seal_md_size;
extern const unsigned char text_verdict_md[];
extern const size_t text_verdict_md_size;

#endif
