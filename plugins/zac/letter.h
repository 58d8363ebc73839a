/* letter.h: the words of the mail that brings the report. */
#ifndef ZAC_LETTER_H
#define ZAC_LETTER_H

#include <bptl/plugin.h>

#define LETTER_SUBJECT "Rapport gebruik VIL"
#define LETTER_CREST "wapen_utrecht_cid" /* content id under which the HTML part looks for the picture */

const char *letter_text(struct bptl_task *t, const char *period);
const char *letter_html(struct bptl_task *t, const char *period, int with_crest);

#endif
