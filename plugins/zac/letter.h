/* letter.h: the words of the mail that brings the report. */
#ifndef ZAC_LETTER_H
#define ZAC_LETTER_H

#include <bptl/plugin.h>

#define LETTER_SUBJECT "Rapport gebruik VIL"
#define LETTER_CREST "wapen_utrecht_cid" /* content id under which the HTML part looks for the picture */

/* The two parts. `from` and `to` are the ends of the period, in words. */
const char *letter_text(struct bptl_task *t, const char *from, const char *to);
const char *letter_html(struct bptl_task *t, const char *from, const char *to, int with_crest);

#endif
