/* test_book.c: what the tests of the unit cannot see of a workbook: that it is the same at every run of a task, and
 * what becomes of one that cannot be written. The workbook itself is read in test_vgu_reports.py. */
#include "check.h"

#include <time.h>

#include "book.h"
#include "world.h"

static void write_sheet(struct book *book, size_t rows)
{
	static const char *const titles[] = {"Tekst", "Getal", "Datum"};

	book_sheet(book, "Blad", titles, 3);
	for (size_t i = 0; i < rows; i++) {
		book_row(book);
		book_text(book, 0, "een tekst");
		book_number(book, 1, (double)i);
		book_date(book, 2, 2026, 1, 31);
	}
	book_sheet_done(book);
}

TEST(a_workbook_is_the_same_whenever_it_is_made)
{
	static const struct timespec pause = {.tv_sec = 2,
					      .tv_nsec = 100000000}; /* more than a zip file's clock ticks */
	struct world world = {.task = {&world_api}, .now = 1768554753};
	struct book book;
	const void *first, *second;
	size_t first_size, second_size;

	book_open(&book, &world.task);
	write_sheet(&book, 20);
	first = book_close(&book, &first_size);
	(void)nanosleep(&pause, NULL);
	book_open(&book, &world.task);
	write_sheet(&book, 20);
	second = book_close(&book, &second_size);
	assert_non_null(first);
	assert_non_null(second);
	assert_int_equal(first_size, second_size);
	assert_memory_equal(first, second, first_size);
	world_clear(&world);
}

TEST(a_sheet_with_more_rows_than_excel_takes_is_a_permanent_failure)
{
	struct world world = {.task = {&world_api}};
	struct book book;
	size_t size;

	book_open(&book, &world.task);
	write_sheet(&book, 1);
	book_sheet(&book, "Vol", (const char *const[]){"Tekst"}, 1);
	book.row = LXW_ROW_MAX - 2;
	book_row(&book);
	book_text(&book, 0, "de laatste");
	assert_int_equal(book.error, LXW_NO_ERROR);
	book_row(&book);
	book_text(&book, 0, "een te veel");
	book_sheet_done(&book);
	assert_null(book_close(&book, &size));
	assert_contains(world.message, "shorter period");
	assert_true(world.permanent);
	world_clear(&world);
}

TEST(a_folder_that_is_not_there_fails_and_later_calls_do_nothing)
{
	struct world world = {.task = {&world_api}};
	struct book book;
	size_t size = 1;

	assert_int_equal(setenv("TMPDIR", "/nergens", 1), 0);
	book_open(&book, &world.task);
	assert_contains(world.message, "/nergens");
	assert_false(world.permanent);
	write_sheet(&book, 3);
	assert_null(book_close(&book, &size));
	assert_int_equal(size, 0);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	world_clear(&world);
}

TESTS(cmocka_unit_test(a_workbook_is_the_same_whenever_it_is_made),
      cmocka_unit_test(a_sheet_with_more_rows_than_excel_takes_is_a_permanent_failure),
      cmocka_unit_test(a_folder_that_is_not_there_fails_and_later_calls_do_nothing))
