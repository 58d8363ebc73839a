/* test_steps.c: what a step of a repeated run is answered, refused or sent, and what the journal is told. Long, because
 * it mirrors one file and is a list of cases. */
#include "check.h"

#include <pthread.h>
#include <time.h>

#include "base/text.h"
#include "shop.h"

static const struct bptl_variable in[] = {{NULL, BPTL_ANY, 0, NULL, NULL}};

/* A task whose notes are kept here instead of a journal. */
struct bench {
	struct shop shop;
	struct task *task;
	json_t *notes; /* list of [put, drop] */
	int refuse;    /* the core takes no notes */
	int intents;   /* open ones, when the last note was made */
};

/* Kept as [put, drop], or as it is when it forgets. */
static int keep_note(struct task *task, json_t *note)
{
	struct bench *bench = task->shop->note_arg;
	json_t *put = json_object_get(note, "put"), *drop = json_object_get(note, "drop");

	bench->intents = atomic_load(&task->shop->open_intents);
	if (json_object_get(note, "forget"))
		(void)json_array_append(bench->notes, note);
	else
		(void)json_array_append_new(bench->notes,
					    mem_json(json_pack("[o, o]", put ? json_incref(put) : json_array(),
							       drop ? json_incref(drop) : json_array())));
	json_decref(note);
	return bench->refuse ? -1 : 0;
}

static void bench_make(struct bench *bench, const char *order)
{
	*bench = (struct bench){.notes = json_array()};
	shop_open(&bench->shop, in);
	bench->shop.workshop.note = keep_note;
	bench->shop.workshop.note_arg = bench;
	bench->task = shop_task(&bench->shop, order);
}

static void bench_drop(struct bench *bench)
{
	task_free(bench->task);
	shop_close(&bench->shop);
	json_decref(bench->notes);
}

/* All notes so far are these. */
static void check_notes(const struct bench *bench, const char *expected)
{
	json_t *value = shop_json(expected);

	if (!json_equal(bench->notes, value))
		fail_msg("the notes are %s, expected %s", json_dumps(bench->notes, 0), expected);
	json_decref(value);
}

/* ---- rows ---- */

TEST(a_row_holds_what_is_asked_and_a_digest_of_the_body)
{
	json_t *row = steps_row(3, "create the zaak", "POST", "http://127.0.0.1/zaken?a=b", "{}");
	json_t *expected = shop_json("{'step': 3, 'what': 'create the zaak', 'method': 'POST', 'url': "
				     "'http://127.0.0.1/zaken?a=b', 'digest': "
				     "'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'}");

	assert_true(json_equal(row, expected));
	json_decref(row);
	json_decref(expected);
	row = steps_row(1, "read", "GET", "u", NULL);
	assert_string_equal(json_get_text(row, "digest"), "");
	json_decref(row);
	row = steps_row(1, "read", "GET", "u", "");
	assert_string_equal(json_get_text(row, "digest"),
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	json_decref(row);
}

TEST(a_row_of_words_that_are_no_utf8_is_made_all_the_same)
{
	json_t *row = steps_row(1, "caf\xe9!", "GET", "http://127.0.0.1/\xff", NULL);

	assert_string_equal(json_get_text(row, "what"), "caf?!");
	assert_string_equal(json_get_text(row, "url"), "http://127.0.0.1/?");
	json_decref(row);
}

/* ---- looking ---- */

/* What step 2 is told when the journal holds this row in its place: a POST of {} to u, unless said otherwise. */
static enum step_verdict look(struct bench *bench, const char *state, const char *method, int mutation, int repeatable,
			      const json_t **answer)
{
	json_t *old = steps_row(2, "what it was called then", method, "u", "{}");
	json_t *row = steps_row(2, "create the zaak", method, "u", "{}");
	enum step_verdict verdict;

	bench_make(bench, "{'steps': [], 'facts': {'id': 't1'}}");
	json_put_text(old, "state", state);
	(void)json_object_set_new(old, "answer", json_integer(77));
	(void)json_array_append_new(bench->task->steps, old);
	verdict = steps_look(bench->task, 2, row, mutation, repeatable, answer);
	json_decref(row);
	return verdict;
}

TEST(a_step_that_the_journal_does_not_hold_is_sent)
{
	json_t *row = steps_row(2, "create", "POST", "u", "{}");
	const json_t *answer = NULL;
	struct bench bench;

	bench_make(&bench, "{'steps': [{'step': 1, 'state': 'done'}, {'step': 3, 'state': 'done'}]}");
	assert_int_equal(steps_look(bench.task, 2, row, 1, 0, &answer), STEP_SEND);
	assert_null(answer);
	bench_drop(&bench);
	bench_make(&bench, "{}");
	assert_int_equal(steps_look(bench.task, 2, row, 1, 0, &answer), STEP_SEND);
	json_decref(row);
	bench_drop(&bench);
}

TEST(a_step_that_was_done_is_answered_from_the_journal)
{
	static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "MAIL", "STEP"};

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		const json_t *answer = NULL;
		struct bench bench;

		assert_int_equal(look(&bench, "done", methods[i], i > 0, 0, &answer), STEP_ANSWERED);
		assert_int_equal(json_get_integer(answer, "answer", 0), 77);
		assert_int_equal(bench.task->outcome, OUTCOME_DONE);
		bench_drop(&bench);
	}
}

TEST(an_intent_without_answer_is_sent_again_only_when_that_does_no_harm)
{
	static const struct {
		const char *state, *method;
		int mutation, repeatable;
		enum step_verdict verdict;
	} rows[] = {
		{"intent", "POST", 1, 0, STEP_FAILED},   {"intent", "POST", 1, 1, STEP_SEND},
		{"intent", "POST", 0, 0, STEP_SEND},     {"intent", "MAIL", 1, 0, STEP_FAILED},
		{"intent", "STEP", 1, 0, STEP_FAILED},   {"intent", "PUT", 1, 0, STEP_SEND},
		{"intent", "PATCH", 1, 0, STEP_SEND},    {"intent", "DELETE", 1, 0, STEP_SEND},
		{"reported", "POST", 1, 0, STEP_SEND},   {"reported", "MAIL", 1, 0, STEP_SEND},
		{"reported", "DELETE", 1, 0, STEP_SEND},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const json_t *answer = NULL;
		struct bench bench;

		assert_int_equal(
			look(&bench, rows[i].state, rows[i].method, rows[i].mutation, rows[i].repeatable, &answer),
			rows[i].verdict);
		assert_null(answer);
		assert_int_equal(bench.task->outcome, rows[i].verdict == STEP_SEND ? OUTCOME_DONE : OUTCOME_FAILED);
		assert_int_equal(bench.task->unknown_step, rows[i].verdict == STEP_SEND ? 0 : 2);
		bench_drop(&bench);
	}
}

TEST(an_outcome_that_nobody_knows_is_an_incident_that_says_what_to_do)
{
	const json_t *answer = NULL;
	struct bench bench;
	json_t *result;

	assert_int_equal(look(&bench, "intent", "POST", 1, 0, &answer), STEP_FAILED);
	shop_check_failed(bench.task, 1,
			  "create the zaak: it is not known whether POST u was carried out: the host or the plugin's "
			  "process stopped before it heard the answer; check it in that service, then grant a retry, "
			  "which sends it (again)");
	result = task_result(bench.task);
	assert_int_equal(json_get_integer(result, "unknown_step", 0), 2);
	json_decref(result);
	bench_drop(&bench);
}

static void check_unknown(const char *method, const char *words)
{
	const json_t *answer = NULL;
	struct bench bench;

	assert_int_equal(look(&bench, "intent", method, 1, 0, &answer), STEP_FAILED);
	shop_check_failed(bench.task, 1, words);
	assert_int_equal(bench.task->unknown_step, 2);
	bench_drop(&bench);
}

TEST(what_is_to_be_checked_is_said_for_mails_and_for_effects_of_a_unit_too)
{
	check_unknown("MAIL",
		      "create the zaak: it is not known whether the mail (service u, Message-ID t1.2@...) was sent: "
		      "the host or the plugin's process stopped before it heard the answer; ask the receiver or look "
		      "at the mail server, then grant a retry, which sends it (again)");
	check_unknown("STEP",
		      "create the zaak: it is not known whether this step was carried out: the host or the plugin's "
		      "process stopped in the middle of it; check it, then grant a retry, which does it (again)");
}

static void check_mismatch(const char *method, const char *url, const char *body, const char *words)
{
	json_t *old = steps_row(2, "create", "POST", "u", "{}"), *row = steps_row(2, "create", method, url, body);
	const json_t *answer = NULL;
	struct bench bench;
	char *message = mem_format("step 2 is now %s %s, but this task's journal holds POST u%s: the unit was changed, "
				   "or does not do the same at every run; finish the task by hand",
				   method, url, words);

	bench_make(&bench, "{'steps': []}");
	json_put_text(old, "state", "done");
	(void)json_array_append_new(bench.task->steps, old);
	assert_int_equal(steps_look(bench.task, 2, row, 1, 1, &answer), STEP_FAILED);
	assert_null(answer);
	shop_check_failed(bench.task, 1, message);
	assert_int_equal(bench.task->unknown_step, 0);
	free(message);
	json_decref(row);
	bench_drop(&bench);
}

TEST(a_step_that_differs_from_the_journal_is_an_incident_that_shows_both)
{
	check_mismatch("PUT", "u", "{}", "");
	check_mismatch("POST", "v", "{}", "");
	check_mismatch("POST", "u", "{\"a\":1}", " with another body");
	check_mismatch("POST", "u", NULL, " with another body");
}

/* ---- noting ---- */

TEST(reads_go_along_with_the_intent_that_follows_them_and_only_once)
{
	struct bench bench;

	bench_make(&bench, "{}");
	steps_read(bench.task, shop_json("{'step': 1}"), 10);
	steps_read(bench.task, shop_json("{'step': 2}"), 10);
	check_notes(&bench, "[]");
	assert_int_equal(steps_intend(bench.task, shop_json("[{'step': 3}]")), 0);
	assert_int_equal(steps_intend(bench.task, shop_json("[{'step': 4}, {'step': 5}]")), 0);
	check_notes(&bench, "[[[{'step': 3, 'state': 'intent'}, {'step': 1}, {'step': 2}], []],"
			    " [[{'step': 4, 'state': 'intent'}, {'step': 5, 'state': 'intent'}], []]]");
	bench_drop(&bench);
}

TEST(an_intent_is_open_from_its_note_until_the_note_of_its_answer)
{
	struct bench bench;
	atomic_int *open = &bench.shop.workshop.open_intents;

	bench_make(&bench, "{}");
	assert_int_equal(steps_intend(bench.task, shop_json("[{'step': 1}]")), 0);
	assert_int_equal(bench.intents, 1);
	assert_int_equal(atomic_load(open), 1);
	assert_int_equal(steps_answer(bench.task, 1, shop_json("[{'step': 1}]"), shop_json("[7]")), 0);
	assert_int_equal(bench.intents, 1); /* a host that stops waits for this note, too */
	assert_int_equal(atomic_load(open), 0);
	check_notes(&bench, "[[[{'step': 1, 'state': 'intent'}], []], [[{'step': 1}], [7]]]");
	bench_drop(&bench);
}

TEST(answers_to_reads_alone_are_not_noted)
{
	struct bench bench;

	bench_make(&bench, "{}");
	assert_int_equal(steps_answer(bench.task, 0, json_array(), json_array()), 0);
	check_notes(&bench, "[]");
	assert_int_equal(atomic_load(&bench.shop.workshop.open_intents), 0);
	bench_drop(&bench);
}

TEST(a_core_that_takes_no_notes_fails_the_task_for_now)
{
	static const char words[] = "the journal takes no note of this task: its lock is lost, the host is stopping, "
				    "or what it read is too much for one note";
	struct bench bench;

	bench_make(&bench, "{}");
	bench.refuse = 1;
	assert_int_equal(steps_intend(bench.task, shop_json("[{'step': 1}]")), -1);
	shop_check_failed(bench.task, 0, words);
	assert_int_equal(atomic_load(&bench.shop.workshop.open_intents), 0);
	bench_drop(&bench);
	bench_make(&bench, "{}");
	assert_int_equal(steps_intend(bench.task, shop_json("[{'step': 1}]")), 0);
	bench.refuse = 1;
	assert_int_equal(steps_answer(bench.task, 1, shop_json("[{'step': 1}]"), json_array()), -1);
	shop_check_failed(bench.task, 0, words);
	assert_int_equal(atomic_load(&bench.shop.workshop.open_intents), 0);
	bench_drop(&bench);
}

TEST(reads_that_pile_up_are_noted_before_they_are_too_many)
{
	struct bench bench;

	bench_make(&bench, "{}");
	steps_read(bench.task, shop_json("{'step': 1}"), 5u * 1024 * 1024);
	check_notes(&bench, "[]");
	steps_read(bench.task, shop_json("{'step': 2}"), 5u * 1024 * 1024);
	check_notes(&bench, "[[[{'step': 1}, {'step': 2}], []]]");
	steps_read(bench.task, shop_json("{'step': 3}"), 5u * 1024 * 1024);
	assert_int_equal(json_array_size(bench.notes), 1);
	bench_drop(&bench);
}

TEST(without_a_journal_nothing_is_noted_and_nothing_fails)
{
	struct bench bench;

	bench_make(&bench, "{}");
	bench.shop.workshop.note = NULL;
	steps_read(bench.task, shop_json("{'step': 1}"), 10);
	assert_int_equal(steps_intend(bench.task, shop_json("[{'step': 2}]")), 0);
	assert_int_equal(steps_answer(bench.task, 1, shop_json("[{'step': 2}]"), json_array()), 0);
	steps_forget(bench.task, 1, json_array(), json_array());
	assert_int_equal(bench.task->outcome, OUTCOME_DONE);
	bench_drop(&bench);
}

TEST(steps_that_were_taken_back_are_forgotten_to_the_last)
{
	struct bench bench;

	bench_make(&bench, "{}");
	steps_forget(bench.task, 3, shop_json("[3]"), shop_json("[4]"));
	check_notes(&bench, "[{'forget': {'from': 3, 'undone': [3], 'keep': [4]}}]");
	bench_drop(&bench);
}

/* ---- the lock ---- */

TEST(a_mutation_starts_at_once_when_enough_of_the_lock_is_left)
{
	struct bench bench;
	int64_t start = clock_boot();

	bench_make(&bench, "{}");
	assert_int_equal(steps_wait_for_lock(bench.task), 0);
	atomic_store(&bench.task->lock_until, start + 60000);
	assert_int_equal(steps_wait_for_lock(bench.task), 0);
	assert_true(clock_boot() - start < 5000);
	bench_drop(&bench);
}

static void *extend_soon(void *arg)
{
	const struct timespec moment = {.tv_nsec = 300 * 1000 * 1000};
	struct task *task = arg;

	(void)nanosleep(&moment, NULL);
	atomic_store(&task->lock_until, clock_boot() + 60000);
	return NULL;
}

TEST(a_mutation_waits_for_the_lock_to_be_extended)
{
	struct bench bench;
	pthread_t thread;
	int64_t start;

	bench_make(&bench, "{}");
	atomic_store(&bench.task->lock_until, clock_boot() + 4000);
	start = clock_boot();
	assert_int_equal(pthread_create(&thread, NULL, extend_soon, bench.task), 0);
	assert_int_equal(steps_wait_for_lock(bench.task), 0);
	assert_true(clock_boot() - start >= 290);
	assert_int_equal(pthread_join(thread, NULL), 0);
	bench_drop(&bench);
}

static void *lose_soon(void *arg)
{
	const struct timespec moment = {.tv_nsec = 200 * 1000 * 1000};
	struct task *task = arg;

	(void)nanosleep(&moment, NULL);
	atomic_store(&task->lost, 1);
	return NULL;
}

TEST(a_mutation_does_not_start_when_the_lock_is_lost_meanwhile)
{
	struct bench bench;
	pthread_t thread;

	bench_make(&bench, "{}");
	atomic_store(&bench.task->lock_until, clock_boot());
	assert_int_equal(pthread_create(&thread, NULL, lose_soon, bench.task), 0);
	assert_int_equal(steps_wait_for_lock(bench.task), -1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	shop_check_failed(bench.task, 0, "the engine says that the lock is no longer ours: the unit was stopped");
	bench_drop(&bench);
}

TEST(a_mutation_waits_no_longer_than_the_task_may_run)
{
	struct bench bench;

	bench_make(&bench, "{'time_limit': 300}");
	atomic_store(&bench.task->lock_until, clock_boot());
	assert_int_equal(steps_wait_for_lock(bench.task), -1);
	shop_check_failed(bench.task, 0, "ran past its time limit and was stopped at its next call");
	bench_drop(&bench);
}

TESTS(cmocka_unit_test(reads_that_pile_up_are_noted_before_they_are_too_many),
      cmocka_unit_test(a_row_holds_what_is_asked_and_a_digest_of_the_body),
      cmocka_unit_test(a_row_of_words_that_are_no_utf8_is_made_all_the_same),
      cmocka_unit_test(a_step_that_the_journal_does_not_hold_is_sent),
      cmocka_unit_test(a_step_that_was_done_is_answered_from_the_journal),
      cmocka_unit_test(an_intent_without_answer_is_sent_again_only_when_that_does_no_harm),
      cmocka_unit_test(an_outcome_that_nobody_knows_is_an_incident_that_says_what_to_do),
      cmocka_unit_test(what_is_to_be_checked_is_said_for_mails_and_for_effects_of_a_unit_too),
      cmocka_unit_test(a_step_that_differs_from_the_journal_is_an_incident_that_shows_both),
      cmocka_unit_test(reads_go_along_with_the_intent_that_follows_them_and_only_once),
      cmocka_unit_test(an_intent_is_open_from_its_note_until_the_note_of_its_answer),
      cmocka_unit_test(answers_to_reads_alone_are_not_noted),
      cmocka_unit_test(a_core_that_takes_no_notes_fails_the_task_for_now),
      cmocka_unit_test(without_a_journal_nothing_is_noted_and_nothing_fails),
      cmocka_unit_test(steps_that_were_taken_back_are_forgotten_to_the_last),
      cmocka_unit_test(a_mutation_starts_at_once_when_enough_of_the_lock_is_left),
      cmocka_unit_test(a_mutation_waits_for_the_lock_to_be_extended),
      cmocka_unit_test(a_mutation_does_not_start_when_the_lock_is_lost_meanwhile),
      cmocka_unit_test(a_mutation_waits_no_longer_than_the_task_may_run))
