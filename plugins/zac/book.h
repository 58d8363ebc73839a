/* book.h: a workbook in the making, sheet by sheet and row by row, in memory of the task when it is ready. It knows
 * nothing of what is reported. */
#ifndef ZAC_BOOK_H
#define ZAC_BOOK_H

#include <bptl/plugin.h>

#include <xlsxwriter.h>

#define BOOK_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

struct book {
	struct bptl_task *t;
	char *path; /* of the file that the library writes */
	int fd;
	lxw_workbook *workbook; /* NULL: the task has failed */
	lxw_format *bold, *date;
	lxw_error error; /* the first one */
	/* the sheet that is being written */
	lxw_worksheet *sheet;
	size_t *widths; /* characters of the longest line in each column */
	size_t columns;
	lxw_row_t row;
};

/* Begins. When it cannot, the task has failed, and every other call does nothing. */
void book_open(struct book *book, struct bptl_task *t);

/* Begins the next sheet; its first row holds the titles, in bold, and stays in view. */
void book_sheet(struct book *book, const char *name, const char *const *titles, size_t columns);

/* Goes on to the next row, and writes into it. Texts are cut where Excel would refuse them. */
void book_row(struct book *book);
void book_text(struct book *book, size_t column, const char *text);
void book_number(struct book *book, size_t column, double number);
void book_date(struct book *book, size_t column, int year, int month, int day);

/* Ends the sheet: filters over all that was written, and columns as wide as their texts. */
void book_sheet_done(struct book *book);

/* Ends the workbook; its bytes, in task memory, or NULL and the task has failed. To be called in every case. */
const void *book_close(struct book *book, size_t *size);

#endif
