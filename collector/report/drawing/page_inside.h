/* page_inside.h - what the page and its tables share. Inside drawing/ only. */
#ifndef DRAWING_PAGE_INSIDE_H
#define DRAWING_PAGE_INSIDE_H

#include "drawing/page.h"

struct page {
    const struct page_setup *setup;
    cairo_surface_t *surface;
    cairo_t *cr;
    struct letters *letters;
    double width, height; /* of the sheet */
    double y;
    bool empty;      /* nothing stands on this page yet */
    bool writes;     /* the second time */
    int number;      /* of this page, from 1 */
    int pages;       /* of all; 0 while they are counted */
    int outlines[3]; /* the last heading of each level */
};

enum { MARGIN = 48, HEAD_END = 62, FOOT_BEGIN = 56 }; /* points; the foot from below */

#endif
