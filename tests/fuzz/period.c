/* period.c: dates and times. The input is startPeriod in its first line and endPeriod in its second, as units of the
 * plugin zac read them; both lines are also read as a time of an engine. What is read is written, and read again. */
#include "period.h"
#include "base/clock.h"
#include "shop.h"

#define YEAR_1 (INT64_C(-62135596800) * 1000000)
#define YEAR_10000 (INT64_C(253402300800) * 1000000)

static const struct bptl_variable in[] = {{"startPeriod", BPTL_TEXT, BPTL_OPTIONAL, "from", NULL},
					  {"endPeriod", BPTL_TEXT, BPTL_OPTIONAL, "until", NULL},
					  {NULL, BPTL_ANY, 0, NULL, NULL}};

static void put(json_t *variables, const char *name, const char *text)
{
	char *copy = mem_text(text);

	text_make_utf8(copy);
	if (*copy)
		(void)json_object_set_new(variables, name,
					  mem_json(json_pack("{s:s, s:s}", "type", "String", "value", copy)));
	free(copy);
}

static void check_moment(const char *text)
{
	struct moment read, again;

	if (moment_parse(text, &read))
		return;
	HOLDS(read.year > 0 && read.year < 10000, "year %d", read.year);
	again = moment_at(moment_seconds(&read));
	HOLDS(again.year == read.year && again.month == read.month && again.day == read.day &&
		      again.hour == read.hour && again.minute == read.minute && again.second == read.second,
	      "%s becomes another time", text);
}

static void check_clock(const char *text)
{
	char written[CLOCK_TEXT];
	int64_t wall, again;

	if (clock_parse(text, &wall) || wall < YEAR_1 || wall >= YEAR_10000)
		return; /* an offset may lead out of the years that have four digits */
	clock_utc(wall, written);
	HOLDS(clock_parse(written, &again) == 0 && again == wall, "%s becomes %s", text, written);
}

static void check_iso(struct bptl_task *t, int64_t seconds)
{
	const char *text = period_iso(t, seconds);
	struct moment moment;

	if (seconds < YEAR_1 / 1000000)
		return; /* an offset led out of the years that can be read */
	HOLDS(text && moment_parse(text, &moment) == 0 && moment.has_offset, "%s", text ? text : "nothing");
	HOLDS(moment_seconds(&moment) - moment.offset == seconds, "%s", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	char *start = input_line(&input), *end = input_line(&input);
	json_t *variables = mem_json(json_object());
	const char *from = NULL, *until = NULL;
	struct period period;
	struct shop shop;
	struct bptl_task *t;

	check_moment(start);
	check_clock(start);
	check_clock(end);
	put(variables, "startPeriod", start);
	put(variables, "endPeriod", end);
	shop_open(&shop, in, variables);
	t = &shop.task->handle;
	if (variables_check(shop.task) == 0 && period_read(t, &period) == 0) {
		HOLDS(period.start <= period.end && period.end <= bptl_time(t) / 1000, "from %lld to %lld",
		      (long long)period.start, (long long)period.end);
		check_iso(t, period.start);
		check_iso(t, period.end);
		period_words(t, &period, &from, &until);
		HOLDS(from && until && strlen(from) == strlen(until) && strlen(period_dates(t, &period)) == 21,
		      "%s - %s", from, until);
		HOLDS(shop.task->outcome == OUTCOME_DONE, "%s", shop.task->message);
	} else {
		HOLDS(shop.task->outcome == OUTCOME_FAILED, "it failed without a word");
	}
	shop_close(&shop);
	free(start);
	free(end);
	return 0;
}
