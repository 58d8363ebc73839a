/* sheets.h: the three sheets of the report, from what the ZAC answered. */
#ifndef ZAC_SHEETS_H
#define ZAC_SHEETS_H

#include "book.h"
#include "period.h"

void sheets_zaken(struct book *book, json_t *zaken);
void sheets_documents(struct book *book, json_t *documents);
void sheets_users(struct book *book, json_t *users, const struct period *period);

#endif
