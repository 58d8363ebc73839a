/* variables.c: process variables both ways. The input is a digit for the type that the unit declares of its variable x,
 * and the engine's variables as a JSON object. What a unit reads and sets again is what it reads the next time. */
#include "base/clock.h"
#include "shop.h"

/* A unit with one variable x of a type, which may be read from y instead. */
struct bench {
	struct bptl_variable in[2];
	struct shop shop;
};

static void bench_open(struct bench *bench, enum bptl_type type, unsigned flags, json_t *variables)
{
	*bench = (struct bench){.in = {{"x", type, flags, "an x", "y"}}};
	shop_open(&bench->shop, bench->in, variables);
}

/* What was checked before the run can then be read without a failure, and is of the declared type. */
static void check_reading(struct task *task, enum bptl_type type)
{
	json_t *value = NULL;
	const char *text = NULL;

	if (type == BPTL_TEXT)
		text = variables_text(task, "x");
	else if (type == BPTL_INTEGER)
		(void)variables_integer(task, "x");
	else if (type == BPTL_BOOLEAN)
		(void)variables_boolean(task, "x");
	else
		value = variables_json(task, "x");
	if (type == BPTL_ANY)
		return; /* nothing was promised */
	HOLDS(task->outcome == OUTCOME_DONE, "checked, and then: %s", task->message);
	if (!variables_has(task, "x")) {
		HOLDS(!text && !value, "a value that is not there");
		return;
	}
	HOLDS(type != BPTL_TEXT || (text && text_is_utf8(text, strlen(text))), "no text");
	HOLDS(type != BPTL_OBJECT || json_is_object(value), "no object");
	HOLDS(type != BPTL_LIST || json_is_array(value), "no list");
	HOLDS(type != BPTL_NUMBER || json_is_number(value), "no number");
	HOLDS(type != BPTL_DATE || (json_is_string(value) && json_string_length(value) >= 10), "no date");
}

static int is_value(const json_t *value)
{
	return value && !json_is_null(value) && !(json_is_string(value) && json_string_length(value) == 0) &&
	       !(json_is_array(value) && json_array_size(value) == 0) &&
	       !(json_is_object(value) && json_object_size(value) == 0);
}

/* Set, sent to the engine, fetched, and read again: the same value. */
static void check_round_trip(const json_t *value)
{
	enum bptl_type type = json_is_object(value) ? BPTL_OBJECT : json_is_array(value) ? BPTL_LIST : BPTL_ANY;
	json_t *set, *read;
	struct bench first, second;

	bench_open(&first, type, BPTL_OPTIONAL, mem_json(json_object()));
	HOLDS(outputs_set(first.shop.task, "x", NULL, mem_json(json_deep_copy(value)), 0) == 0, "%s",
	      first.shop.task->message);
	set = json_incref(first.shop.task->set);
	shop_close(&first.shop);
	bench_open(&second, type, BPTL_OPTIONAL, set);
	read = variables_json(second.shop.task, "x");
	HOLDS(second.shop.task->outcome == OUTCOME_DONE, "what was set cannot be read: %s", second.shop.task->message);
	HOLDS(variables_has(second.shop.task, "x") == is_value(value), "a value came or went");
	HOLDS(!is_value(value) || json_equal(read, value), "another value came back than was set");
	shop_close(&second.shop);
}

static void check_presence(json_t *variables)
{
	static const char missing[] = "fuzz.Unit: required variable x ";
	struct bench bench;
	struct task *task;
	int has;

	bench_open(&bench, BPTL_ANY, BPTL_REQUIRED, json_incref(variables));
	task = bench.shop.task;
	has = variables_has(task, "x");
	HOLDS(!has || variables_given(task, "x"), "it has a value and is not there");
	HOLDS(variables_check(task) == 0 || !has || task->message, "failed without a message");
	HOLDS(has || task->outcome == OUTCOME_FAILED, "a required variable is missing, and nothing was said");
	/* at its beginning: what follows may quote a value */
	HOLDS(!has || !task->message || strncmp(task->message, missing, sizeof(missing) - 1) != 0, "%s", task->message);
	shop_close(&bench.shop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = input_of(data, size);
	enum bptl_type type = (enum bptl_type)(input_byte(&in) % (BPTL_LIST + 1));
	char reason[160];
	char *bytes = mem_slice(in.at, (size_t)(in.end - in.at));
	json_t *variables = json_read(bytes, (size_t)(in.end - in.at), reason), *value;
	struct bench bench;

	free(bytes);
	if (json_is_object(variables)) {
		check_presence(variables);
		bench_open(&bench, type, BPTL_OPTIONAL, json_incref(variables));
		if (variables_check(bench.shop.task) == 0) {
			check_reading(bench.shop.task, type);
			value = bench.shop.task->outcome == OUTCOME_DONE ? variables_json(bench.shop.task, "x") : NULL;
			if (value)
				check_round_trip(value);
		}
		shop_close(&bench.shop);
	}
	json_decref(variables);
	return 0;
}
