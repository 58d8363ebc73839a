/* book.c: see book.h. The library can only write to a file by its name: a new one in $TMPDIR that nobody else can read,
 * and that is gone before book_close() returns. */
#define _XOPEN_SOURCE 700 /* mkstemp() */

#include "book.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "/bptl-vgu-XXXXXX"
#define TEXT_MOST 32767 /* UTF-16 units that a cell takes */
#define WIDTH_MORE 2    /* so much wider than its longest line a column is */
#define WIDTH_MOST 255  /* of a column */
#define DATE_WIDTH 10   /* 2026-01-31 */

static void note(struct book *book, lxw_error error)
{
	if (!book->error)
		book->error = error;
}

static const char *temporary_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder ? folder : "/tmp";
}

void book_open(struct book *book, struct bptl_task *t)
{
	const char *folder = temporary_folder();
	lxw_workbook_options options = {.tmpdir = (char *)folder};
	/* made at the time of the task, so that a second run makes the same bytes */
	lxw_doc_properties properties = {.created = (time_t)(bptl_time(t) / 1000)};
	size_t size = strlen(folder) + sizeof(NAME);

	*book = (struct book){.t = t, .fd = -1, .path = bptl_alloc(t, size)};
	if (!book->path)
		return;
	(void)snprintf(book->path, size, "%s%s", folder, NAME);
	book->fd = mkstemp(book->path);
	if (book->fd < 0) {
		(void)bptl_fail_retry(t, "cannot make a file for the workbook in %s: %s", folder, strerror(errno));
		return;
	}
	book->workbook = workbook_new_opt(book->path, &options);
	if (!book->workbook) {
		(void)bptl_fail_retry(t, "out of memory while the workbook was made");
		return;
	}
	note(book, workbook_set_properties(book->workbook, &properties));
	book->bold = workbook_add_format(book->workbook);
	book->date = workbook_add_format(book->workbook);
	if (!book->bold || !book->date) {
		note(book, LXW_ERROR_MEMORY_MALLOC_FAILED);
		return;
	}
	format_set_bold(book->bold);
	format_set_num_format(book->date, "yyyy-mm-dd");
}

/* ---- cells ------------------------------------------------------------------------------------------------------- */

static void widen(struct book *book, size_t column, size_t width)
{
	if (width > book->widths[column])
		book->widths[column] = width;
}

/* Its longest line, in characters; *bytes becomes how much of it a cell takes. */
static size_t longest_line(const char *text, size_t *bytes)
{
	size_t line = 0, longest = 0, units = 0, i;

	for (i = 0; text[i]; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c & 0xc0) == 0x80)
			continue;
		units += c >= 0xf0 ? 2 : 1;
		if (units > TEXT_MOST)
			break;
		line = c == '\n' ? 0 : line + 1;
		if (line > longest)
			longest = line;
	}
	*bytes = i;
	return longest;
}

static void put_text(struct book *book, size_t column, const char *text, lxw_format *format)
{
	size_t bytes, width = longest_line(text, &bytes);

	if (text[bytes])
		text = bptl_format(book->t, "%.*s", (int)bytes, text);
	if (!text)
		return;
	widen(book, column, width);
	note(book, worksheet_write_string(book->sheet, book->row, (lxw_col_t)column, text, format));
}

void book_text(struct book *book, size_t column, const char *text)
{
	if (book->sheet)
		put_text(book, column, text, NULL);
}

void book_number(struct book *book, size_t column, double number)
{
	char digits[32];

	if (!book->sheet)
		return;
	widen(book, column, (size_t)snprintf(digits, sizeof(digits), "%.15g", number));
	note(book, worksheet_write_number(book->sheet, book->row, (lxw_col_t)column, number, NULL));
}

void book_date(struct book *book, size_t column, int year, int month, int day)
{
	lxw_datetime date = {.year = year, .month = month, .day = day};

	if (!book->sheet)
		return;
	widen(book, column, DATE_WIDTH);
	note(book, worksheet_write_datetime(book->sheet, book->row, (lxw_col_t)column, &date, book->date));
}

/* ---- sheets ------------------------------------------------------------------------------------------------------ */

void book_sheet(struct book *book, const char *name, const char *const *titles, size_t columns)
{
	if (!book->workbook || book->error || bptl_failed(book->t))
		return;
	if (columns > LXW_COL_MAX) {
		note(book, LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE);
		return;
	}
	book->columns = columns;
	book->row = 0;
	book->widths = bptl_alloc(book->t, columns * sizeof(*book->widths));
	book->sheet = book->widths ? workbook_add_worksheet(book->workbook, name) : NULL;
	if (!book->sheet) {
		note(book, LXW_ERROR_MEMORY_MALLOC_FAILED);
		return;
	}
	for (size_t i = 0; i < columns; i++)
		put_text(book, i, titles[i], book->bold);
	worksheet_freeze_panes(book->sheet, 1, 0);
}

void book_row(struct book *book)
{
	book->row++;
}

void book_sheet_done(struct book *book)
{
	if (!book->sheet)
		return;
	note(book, worksheet_autofilter(book->sheet, 0, 0, book->row, (lxw_col_t)(book->columns - 1)));
	for (size_t i = 0; i < book->columns; i++) {
		size_t width = book->widths[i] + WIDTH_MORE;

		note(book, worksheet_set_column(book->sheet, (lxw_col_t)i, (lxw_col_t)i,
						width < WIDTH_MOST ? (double)width : WIDTH_MOST, NULL));
	}
	book->sheet = NULL;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static int fail(struct book *book)
{
	if (book->error == LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE)
		return bptl_fail(book->t,
				 "the report is larger than a workbook can be (%d rows, %d columns): ask for a "
				 "shorter period",
				 LXW_ROW_MAX, LXW_COL_MAX);
	return bptl_fail_retry(book->t, "the workbook could not be made in %s: %s", temporary_folder(),
			       lxw_strerror(book->error));
}

/* The whole file in task memory. */
static void *read_file(struct book *book, size_t *size)
{
	struct stat about;
	char *bytes;
	size_t at = 0;

	if (fstat(book->fd, &about)) {
		(void)bptl_fail_retry(book->t, "cannot read the workbook: %s", strerror(errno));
		return NULL;
	}
	*size = (size_t)about.st_size;
	bytes = bptl_alloc(book->t, *size + 1);
	while (bytes && at < *size) {
		ssize_t n = pread(book->fd, bytes + at, *size - at, (off_t)at);

		if (n <= 0 && !(n < 0 && errno == EINTR)) {
			(void)bptl_fail_retry(book->t, "cannot read the workbook: %s",
					      n < 0 ? strerror(errno) : "it became shorter");
			return NULL;
		}
		at += n > 0 ? (size_t)n : 0;
	}
	return bytes;
}

const void *book_close(struct book *book, size_t *size)
{
	void *bytes = NULL;

	*size = 0;
	if (book->workbook) {
		lxw_error error = workbook_close(book->workbook); /* frees it, too */

		note(book, error);
		if (book->error)
			(void)fail(book);
		else
			bytes = read_file(book, size);
	}
	if (book->fd >= 0) {
		(void)unlink(book->path);
		(void)close(book->fd);
	}
	return bptl_failed(book->t) ? NULL : bytes;
}
