/* test_log.c: lines of the log as an operator or a machine reads them, without secrets. */
#include "check.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"

/* stderr as a file, for as long as it is caught. */
struct catcher {
	int file, saved;
};

static void catcher_start(struct catcher *catcher)
{
	char path[] = "/tmp/bptl-log-XXXXXX";

	catcher->file = mkstemp(path);
	assert_true(catcher->file >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(fcntl(catcher->file, F_SETFL, O_APPEND), 0);
	catcher->saved = dup(STDERR_FILENO);
	assert_true(catcher->saved >= 0);
	assert_true(dup2(catcher->file, STDERR_FILENO) >= 0);
}

/* What was written since the start: owned. */
static char *catcher_stop(struct catcher *catcher)
{
	struct text text = {0};
	char bytes[4096];
	ssize_t n;

	assert_true(dup2(catcher->saved, STDERR_FILENO) >= 0);
	(void)close(catcher->saved);
	assert_int_equal(lseek(catcher->file, 0, SEEK_SET), 0);
	while ((n = read(catcher->file, bytes, sizeof(bytes))) > 0)
		text_add_bytes(&text, bytes, (size_t)n);
	(void)close(catcher->file);
	return text_take(&text);
}

/* Writes one line of this message and gives it back, without its newline, which is its only one: owned. */
static char *line_of(struct log *log, const struct log_about *about, const char *message)
{
	struct catcher catcher;
	char *line;

	catcher_start(&catcher);
	log_line(log, LOG_INFO, about, "%s", message);
	line = catcher_stop(&catcher);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	line[strlen(line) - 1] = '\0';
	return line;
}

/* The line after its time, which must be one of now. */
static void check_logfmt(struct log *log, const struct log_about *about, const char *message, const char *expected)
{
	char *line = line_of(log, about, message), time[25] = "";
	int64_t wall;

	assert_memory_equal(line, "time=", 5);
	memcpy(time, line + 5, 24);
	assert_int_equal(clock_parse(time, &wall), 0);
	assert_true(clock_wall() - wall < 60000000 && wall <= clock_wall());
	assert_string_equal(line + 29, expected);
	free(line);
}

/* The line as JSON: new reference. */
static json_t *json_of(struct log *log, const struct log_about *about, const char *message)
{
	char *line = line_of(log, about, message);
	json_t *value = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

	if (!value)
		fail_msg("no JSON: %s", line);
	free(line);
	return value;
}

static const char *member(const json_t *value, const char *name)
{
	return json_string_value(json_object_get(value, name));
}

TEST(a_line_says_when_how_bad_what_and_about_what)
{
	struct log *log = log_new(LOG_INFO, LOG_LOGFMT);
	const struct log_about about = {"main", "intake", "t1", "p1", "zgw", "CloseZaakTask"};
	const struct log_about some = {.task = "t1"};

	check_logfmt(log, NULL, "it works", " level=info msg=\"it works\"");
	check_logfmt(log, &some, "done", " level=info msg=done task=t1");
	check_logfmt(log, &about, "done",
		     " level=info msg=done engine=main topic=intake task=t1 process=p1 plugin=zgw unit=CloseZaakTask");
	log_free(log);
}

TEST(values_are_quoted_only_when_they_must_be)
{
	struct log *log = log_new(LOG_INFO, LOG_LOGFMT);

	check_logfmt(log, NULL, "bare-1/2:3", " level=info msg=bare-1/2:3");
	check_logfmt(log, NULL, "", " level=info msg=\"\"");
	check_logfmt(log, NULL, "a=b", " level=info msg=\"a=b\"");
	check_logfmt(log, NULL, "say \"hi\"", " level=info msg=\"say \\\"hi\\\"\"");
	check_logfmt(log, NULL, "back\\slash", " level=info msg=\"back\\\\slash\"");
	check_logfmt(log, NULL, "caf\xc3\xa9", " level=info msg=caf\xc3\xa9");
	log_free(log);
}

TEST(nothing_breaks_a_line)
{
	struct log *log = log_new(LOG_INFO, LOG_LOGFMT);
	const struct log_about about = {.task = "t1\nlevel=error msg=forged", .topic = "a\tb"};

	check_logfmt(log, &about, "one\ntwo\r\033[31m",
		     " level=info msg=\"one two  [31m\" topic=\"a b\" task=\"t1 level=error msg=forged\"");
	log_free(log);
}

TEST(a_json_line_is_json_whatever_is_in_it)
{
	struct log *log = log_new(LOG_INFO, LOG_JSON);
	const struct log_about about = {.engine = "m\"n", .task = "t\n1", .unit = "caf\xe9!"};
	json_t *value = json_of(log, &about, "a \"b\" \\ c\nd \xff e\xe2\x82");

	assert_int_equal(json_object_size(value), 6);
	assert_string_equal(member(value, "level"), "info");
	assert_string_equal(member(value, "msg"), "a \"b\" \\ c d ? e");
	assert_string_equal(member(value, "engine"), "m\"n");
	assert_string_equal(member(value, "task"), "t 1");
	assert_string_equal(member(value, "unit"), "caf?!");
	assert_int_equal(strlen(member(value, "time")), 24);
	json_decref(value);
	value = json_of(log, NULL, "");
	assert_string_equal(member(value, "msg"), "");
	json_decref(value);
	log_free(log);
}

TEST(only_what_is_bad_enough_is_written)
{
	for (enum log_level level = LOG_TRACE; level <= LOG_ERROR; level++) {
		struct log *log = log_new(level, LOG_LOGFMT);
		struct catcher catcher;
		char *text, *at;
		int lines = 0;

		assert_int_equal(log_level_of(log), level);
		assert_int_equal(log_format_of(log), LOG_LOGFMT);
		catcher_start(&catcher);
		for (enum log_level line = LOG_TRACE; line <= LOG_ERROR; line++)
			log_line(log, line, NULL, "said at %s", log_level_name(line));
		text = catcher_stop(&catcher);
		for (at = text; (at = strchr(at, '\n')); at++)
			lines++;
		assert_int_equal(lines, LOG_ERROR - level + 1);
		for (enum log_level line = LOG_TRACE; line <= LOG_ERROR; line++) {
			char *words = mem_format(" level=%s msg=\"said at %s\"\n", log_level_name(line),
						 log_level_name(line));

			assert_int_equal(strstr(text, words) != NULL, line >= level);
			assert_int_equal(log_wants(log, line), line >= level);
			free(words);
		}
		free(text);
		log_free(log);
	}
}

TEST(levels_have_names)
{
	for (enum log_level level = LOG_TRACE; level <= LOG_ERROR; level++)
		assert_int_equal(log_level_named(log_level_name(level)), level);
	assert_int_equal(log_level_named("warning"), LOG_WARNING);
	assert_int_equal(log_level_named("warn"), -1);
	assert_int_equal(log_level_named("INFO"), -1);
	assert_int_equal(log_level_named(""), -1);
}

/* ---- secrets ---- */

/* The secrets, ends with NULL, and a text before and after. */
static void check_mask(const char *const *secrets, const char *before, const char *after)
{
	struct log *log = log_new(LOG_INFO, LOG_LOGFMT);
	char *text = mem_text(before);

	for (; *secrets; secrets++)
		log_hide(log, *secrets);
	log_mask(log, text);
	assert_string_equal(text, after);
	free(text);
	log_free(log);
}

TEST(a_secret_is_masked_wherever_it_stands)
{
	static const char *const one[] = {"s3cr3t", NULL};

	check_mask(one, "s3cr3t", "***");
	check_mask(one, "a s3cr3t b", "a *** b");
	check_mask(one, "s3cr3t at both ends s3cr3t", "*** at both ends ***");
	check_mask(one, "as3cr3tb", "a***b");
	check_mask(one, "s3cr3 s3cr S3CR3T", "s3cr3 s3cr S3CR3T");
	check_mask(one, "", "");
}

TEST(a_secret_inside_another_leaves_nothing_of_it)
{
	static const char *const short_first[] = {"geheim", "geheim-en-langer", "zeer-geheim-en-langer", NULL};
	static const char *const long_first[] = {"zeer-geheim-en-langer", "geheim-en-langer", "geheim", NULL};

	check_mask(short_first, "a zeer-geheim-en-langer b", "a *** b");
	check_mask(long_first, "a zeer-geheim-en-langer b", "a *** b");
	check_mask(short_first, "geheim geheim-en-langer", "*** ***");
}

TEST(secrets_that_overlap_leave_nothing_of_either)
{
	static const char *const two[] = {"abcdef", "defghi", NULL};
	static const char *const turned[] = {"defghi", "abcdef", NULL};
	static const char *const itself[] = {"abab", NULL};
	static const char *const stars[] = {"****", "a***", NULL};

	check_mask(two, "-abcdefghi-", "-***-");
	check_mask(turned, "-abcdefghi-", "-***-");
	check_mask(itself, "-ababab-", "-***-");
	check_mask(stars, "a***** b", "*** b");
}

TEST(a_text_too_short_for_a_secret_is_not_masked)
{
	static const char *const small[] = {"abc", "", NULL};
	static const char *const enough[] = {"abcd", "abcd", NULL};
	struct log *log = log_new(LOG_INFO, LOG_LOGFMT);

	check_mask(small, "abc", "abc");
	check_mask(enough, "abcd", "***");
	log_hide(log, NULL);
	log_free(log);
	log_free(NULL);
}

TEST(a_secret_is_masked_in_every_part_of_a_line)
{
	/* characters that quoting changes, and one that a line cannot hold */
	static const char secret[] = "pa\"ss\\wo rd\ttab";
	struct log *logfmt = log_new(LOG_INFO, LOG_LOGFMT), *json = log_new(LOG_INFO, LOG_JSON);
	const struct log_about about = {.task = secret, .topic = "before-pa\"ss\\wo rd\ttab-after"};
	json_t *value;

	log_hide(logfmt, secret);
	log_hide(json, secret);
	check_logfmt(logfmt, &about, "with pa\"ss\\wo rd\ttab inside",
		     " level=info msg=\"with *** inside\" topic=before-***-after task=***");
	value = json_of(json, &about, secret);
	assert_string_equal(member(value, "msg"), "***");
	assert_string_equal(member(value, "task"), "***");
	assert_string_equal(member(value, "topic"), "before-***-after");
	json_decref(value);
	log_free(logfmt);
	log_free(json);
}

/* ---- threads ---- */

static void *write_lines(void *arg)
{
	for (int i = 0; i < 200; i++)
		log_line(arg, LOG_INFO, NULL, "the secret is geheim and this is line %d", i);
	return NULL;
}

TEST(lines_of_many_threads_never_mix)
{
	struct log *log = log_new(LOG_INFO, LOG_JSON);
	struct catcher catcher;
	pthread_t threads[4];
	char *text, *line, *next;
	int lines = 0;

	log_hide(log, "geheim");
	catcher_start(&catcher);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, log), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	text = catcher_stop(&catcher);
	for (line = text; *line; line = next + 1, lines++) {
		json_t *value;

		next = strchr(line, '\n');
		assert_non_null(next);
		value = json_loadb(line, (size_t)(next - line), 0, NULL);
		assert_non_null(value);
		assert_true(text_starts(member(value, "msg"), "the secret is *** and this is line "));
		json_decref(value);
	}
	assert_int_equal(lines, 800);
	free(text);
	log_free(log);
}

TESTS(cmocka_unit_test(a_line_says_when_how_bad_what_and_about_what),
      cmocka_unit_test(values_are_quoted_only_when_they_must_be), cmocka_unit_test(nothing_breaks_a_line),
      cmocka_unit_test(a_json_line_is_json_whatever_is_in_it), cmocka_unit_test(only_what_is_bad_enough_is_written),
      cmocka_unit_test(levels_have_names), cmocka_unit_test(a_secret_is_masked_wherever_it_stands),
      cmocka_unit_test(a_secret_inside_another_leaves_nothing_of_it),
      cmocka_unit_test(secrets_that_overlap_leave_nothing_of_either),
      cmocka_unit_test(a_text_too_short_for_a_secret_is_not_masked),
      cmocka_unit_test(a_secret_is_masked_in_every_part_of_a_line), cmocka_unit_test(lines_of_many_threads_never_mix))
