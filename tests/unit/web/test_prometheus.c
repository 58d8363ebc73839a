/* test_prometheus.c: the text format, byte by byte. */
#include "check.h"

#include "web/prometheus.h"

static void check(struct text *text, const char *expected)
{
	assert_string_equal(text->data, expected);
	text_free(text);
}

TEST(a_metric_has_a_head_and_samples)
{
	const struct label labels[] = {{"engine", "main"}, {"topic", "zaak"}, {NULL, NULL}};
	struct text text = {0};

	prometheus_head(&text, "bptl_a_total", "counter", "What a is.");
	prometheus_count(&text, "bptl_a_total", NULL, 0);
	prometheus_count(&text, "bptl_a_total", labels, UINT64_MAX);
	check(&text, "# HELP bptl_a_total What a is.\n# TYPE bptl_a_total counter\nbptl_a_total 0\n"
		     "bptl_a_total{engine=\"main\",topic=\"zaak\"} 18446744073709551615\n");
}

TEST(labels_without_a_value_are_left_out)
{
	const struct label first[] = {{"a", ""}, {"b", "x"}, {"c", NULL}, {NULL, NULL}};
	const struct label none[] = {{"a", ""}, {NULL, NULL}};
	struct text text = {0};

	prometheus_count(&text, "m", first, 1);
	prometheus_count(&text, "m", none, 2);
	check(&text, "m{b=\"x\"} 1\nm 2\n");
}

TEST(what_would_end_a_value_is_escaped)
{
	const struct label labels[] = {{"a", "\"een\" \\ twee\ndrie}"}, {"b", "\\"}, {NULL, NULL}};
	struct text text = {0};

	prometheus_count(&text, "m", labels, 1);
	check(&text, "m{a=\"\\\"een\\\" \\\\ twee\\ndrie}\",b=\"\\\\\"} 1\n");
}

TEST(seconds_have_no_zeros_at_their_end)
{
	struct text text = {0};

	prometheus_seconds(&text, "m", NULL, 0);
	prometheus_seconds(&text, "m", NULL, 1);
	prometheus_seconds(&text, "m", NULL, 1500000);
	prometheus_seconds(&text, "m", NULL, 300000000);
	prometheus_seconds(&text, "m", NULL, -1);
	check(&text, "m 0\nm 0.000001\nm 1.5\nm 300\nm 0\n");
}

TEST(the_buckets_of_a_histogram_add_up)
{
	static const int64_t bounds[] = {5000, 1000000, 0};
	const struct label labels[] = {{"topic", "t"}, {NULL, NULL}};
	struct histogram histogram = {.bounds = bounds};
	struct text text = {0};

	histogram_add(&histogram, 4000);
	histogram_add(&histogram, 5001);
	histogram_add(&histogram, 5002);
	histogram_add(&histogram, 2000000);
	prometheus_histogram(&text, "m", labels, &histogram);
	check(&text, "m_bucket{topic=\"t\",le=\"0.005\"} 1\nm_bucket{topic=\"t\",le=\"1\"} 3\n"
		     "m_bucket{topic=\"t\",le=\"+Inf\"} 4\nm_sum{topic=\"t\"} 2.014003\nm_count{topic=\"t\"} 4\n");
}

TESTS(cmocka_unit_test(a_metric_has_a_head_and_samples), cmocka_unit_test(labels_without_a_value_are_left_out),
      cmocka_unit_test(what_would_end_a_value_is_escaped), cmocka_unit_test(seconds_have_no_zeros_at_their_end),
      cmocka_unit_test(the_buckets_of_a_histogram_add_up))
