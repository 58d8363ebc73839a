/* test_errands.c: workers hand errands to the loop's thread, park, and are woken. Of use under the thread sanitizer. */
#include "check.h"

#include <time.h>

#include "base/clock.h"
#include "runner/errands.h"

#define WORKERS 8
#define TIMES 200

/* A loop's side, and what its errands have done. */
struct bench {
	struct http *http;
	struct errands errands;
	pthread_t loop;
	char order[16];
	int count; /* only touched on the loop's thread */
};

static void bench_make(struct bench *bench)
{
	*bench = (struct bench){.http = http_new(), .loop = pthread_self()};
	errands_init(&bench->errands, bench->http);
}

static void bench_drop(struct bench *bench)
{
	errands_clear(&bench->errands);
	http_free(bench->http);
}

/* One errand that writes its letter down. */
struct letter {
	struct errand errand;
	struct bench *bench;
	char letter;
	struct letter *next; /* handed in when this one runs */
};

static void write_letter(void *arg)
{
	struct letter *letter = arg;

	letter->bench->order[letter->bench->count++] = letter->letter;
	if (letter->next)
		errands_add(&letter->bench->errands, &letter->next->errand);
}

static struct letter a_letter(struct bench *bench, char letter)
{
	return (struct letter){.errand = {.run = write_letter}, .bench = bench, .letter = letter};
}

static void add_letter(struct letter *letter)
{
	letter->errand.arg = letter;
	errands_add(&letter->bench->errands, &letter->errand);
}

TEST(errands_run_in_the_order_in_which_they_were_handed_in)
{
	struct bench bench;
	struct letter letters[3];

	bench_make(&bench);
	errands_run(&bench.errands); /* there are none */
	for (size_t i = 0; i < 3; i++) {
		letters[i] = a_letter(&bench, (char)('a' + i));
		add_letter(&letters[i]);
	}
	assert_string_equal(bench.order, "");
	errands_run(&bench.errands);
	assert_string_equal(bench.order, "abc");
	errands_run(&bench.errands);
	assert_string_equal(bench.order, "abc");
	add_letter(&letters[1]); /* one that has run may be handed in again */
	errands_run(&bench.errands);
	assert_string_equal(bench.order, "abcb");
	bench_drop(&bench);
}

TEST(an_errand_that_is_handed_in_by_another_runs_at_the_next_turn)
{
	struct bench bench;
	struct letter first, second;

	bench_make(&bench);
	first = a_letter(&bench, '1');
	second = a_letter(&bench, '2');
	second.errand.arg = &second;
	first.next = &second;
	add_letter(&first);
	errands_run(&bench.errands);
	assert_string_equal(bench.order, "1");
	errands_run(&bench.errands);
	assert_string_equal(bench.order, "12");
	bench_drop(&bench);
}

static void *hand_in_late(void *arg)
{
	const struct timespec moment = {.tv_nsec = 100 * 1000 * 1000};

	(void)nanosleep(&moment, NULL);
	add_letter(arg);
	return NULL;
}

TEST(an_errand_ends_the_wait_of_the_loop)
{
	struct bench bench;
	struct letter letter;
	pthread_t thread;
	int64_t start = clock_boot();

	bench_make(&bench);
	letter = a_letter(&bench, 'x');
	assert_int_equal(pthread_create(&thread, NULL, hand_in_late, &letter), 0);
	while (bench.count == 0 && clock_boot() - start < 20000) {
		(void)http_turn(bench.http, NULL, 0, 30000);
		errands_run(&bench.errands);
	}
	assert_true(clock_boot() - start < 20000);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_string_equal(bench.order, "x");
	bench_drop(&bench);
}

/* ---- parking ---- */

TEST(a_wake_before_the_wait_is_not_lost_and_counts_once)
{
	struct parking parking;

	parking_init(&parking);
	parking_wake(&parking);
	parking_wake(&parking);
	parking_wait(&parking);
	assert_int_equal(parking.done, 0);
	parking_wake(&parking);
	parking_wait(&parking);
	parking_clear(&parking);
}

/* What a worker does over and over: errand and parking live on its stack, as in exchange.c. */
struct trip {
	struct errand errand;
	struct parking parking;
	struct bench *bench;
	int answer;
};

static void answer_trip(void *arg)
{
	struct trip *trip = arg;

	assert_true(pthread_equal(pthread_self(), trip->bench->loop));
	trip->answer = ++trip->bench->count;
	parking_wake(&trip->parking);
}

static void *make_trips(void *arg)
{
	intptr_t last = 0;

	for (int i = 0; i < TIMES; i++) {
		struct trip trip = {.bench = arg};

		trip.errand = (struct errand){.run = answer_trip, .arg = &trip};
		parking_init(&trip.parking);
		errands_add(&trip.bench->errands, &trip.errand);
		parking_wait(&trip.parking);
		parking_clear(&trip.parking);
		if (trip.answer <= last)
			return NULL;
		last = trip.answer;
	}
	return (void *)last;
}

TEST(many_workers_each_get_their_own_answer)
{
	pthread_t threads[WORKERS];
	struct bench bench;
	int64_t end = clock_boot() + 30000;
	intptr_t most = 0;

	bench_make(&bench);
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_trips, &bench), 0);
	while (bench.count < WORKERS * TIMES && clock_boot() < end) {
		(void)http_turn(bench.http, NULL, 0, 1000);
		errands_run(&bench.errands);
	}
	assert_int_equal(bench.count, WORKERS * TIMES);
	for (int i = 0; i < WORKERS; i++) {
		void *last;

		assert_int_equal(pthread_join(threads[i], &last), 0);
		assert_non_null(last);
		most = (intptr_t)last > most ? (intptr_t)last : most;
	}
	assert_int_equal(most, WORKERS * TIMES);
	bench_drop(&bench);
}

TESTS(cmocka_unit_test(errands_run_in_the_order_in_which_they_were_handed_in),
      cmocka_unit_test(an_errand_that_is_handed_in_by_another_runs_at_the_next_turn),
      cmocka_unit_test(an_errand_ends_the_wait_of_the_loop),
      cmocka_unit_test(a_wake_before_the_wait_is_not_lost_and_counts_once),
      cmocka_unit_test(many_workers_each_get_their_own_answer))
