/* test_template.c: what the renderer of the plugin makes of a template, and what it refuses. */
#include "check.h"

#include <stdlib.h>

#include "template.h"

static const char *const names[] = {"name", "other", "empty", NULL};

/* Renders a template with the values given, and compares. */
static void assert_renders(enum template_kind kind, const char *source, const char *value, const char *expected)
{
	const char *const values[] = {value, "second", NULL};
	char reason[TEMPLATE_REASON] = "";
	struct template *template = template_read(source, kind, names, reason);
	char *text;

	if (!template)
		fail_msg("%s", reason);
	text = template_render(template, values);
	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	template_free(template);
}

static void assert_refuses(enum template_kind kind, const char *source, const char *why)
{
	char reason[TEMPLATE_REASON] = "";
	struct template *template = template_read(source, kind, names, reason);

	template_free(template);
	assert_null(template);
	assert_contains(reason, why);
}

TEST(a_value_in_html_is_escaped_and_its_lines_are_broken)
{
	assert_renders(TEMPLATE_HTML, "<p>{{name}}</p>", "a<b> & \"c\" 'd'",
		       "<p>a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;</p>");
	assert_renders(TEMPLATE_HTML, "{{ name }}", "1\n2\r\n3\r4", "1<br>\n2<br>\n3<br>\n4");
	assert_renders(TEMPLATE_HTML, "<a href=\"{{name}}\">", "\" onclick=\"x", "<a href=\"&quot; onclick=&quot;x\">");
}

TEST(a_value_in_text_stays_as_it_is)
{
	assert_renders(TEMPLATE_TEXT, "{{name}} {{{name}}} {{other}}", "<&'\">\n", "<&'\">\n <&'\">\n second");
	assert_renders(TEMPLATE_TEXT, "{{name}}", "{{other}}", "{{other}}");
	assert_renders(TEMPLATE_TEXT, "", "x", "");
	assert_renders(TEMPLATE_TEXT, "no tag, a } and a {", "x", "no tag, a } and a {");
}

TEST(sections_follow_the_value)
{
	assert_renders(TEMPLATE_TEXT, "a{{#name}} b {{name}}{{/name}} c", "x", "a b x c");
	assert_renders(TEMPLATE_TEXT, "a{{#name}} b {{name}}{{/name}} c", "", "a c");
	assert_renders(TEMPLATE_TEXT, "{{^empty}}none{{/empty}}{{#empty}}some{{/empty}}", "x", "none");
	assert_renders(TEMPLATE_TEXT, "{{#name}}{{#empty}}1{{/empty}}{{^empty}}2{{/empty}}3{{/name}}4", "x", "234");
	assert_renders(TEMPLATE_TEXT, "{{#name}}{{#empty}}1{{/empty}}{{^empty}}2{{/empty}}3{{/name}}4", "", "4");
}

TEST(a_line_with_only_a_section_tag_disappears)
{
	assert_renders(TEMPLATE_TEXT, "a\n{{#name}}\nb\n  {{/name}}  \nc\n", "x", "a\nb\nc\n");
	assert_renders(TEMPLATE_TEXT, "a\n{{#name}}\nb\n{{/name}}\nc\n", "", "a\nc\n");
	assert_renders(TEMPLATE_TEXT, "a\r\n{{! remark }}\r\nb", "", "a\r\nb");
	assert_renders(TEMPLATE_TEXT, "a {{#name}}\nb{{/name}}", "x", "a \nb");
	assert_renders(TEMPLATE_TEXT, "a\n{{name}}\nb", "", "a\n\nb");
}

TEST(what_is_wrong_with_a_template_is_said_with_its_line)
{
	assert_refuses(TEMPLATE_TEXT, "a\nb {{nam}}", "line 2: unknown name \"nam\"");
	assert_refuses(TEMPLATE_TEXT, "{{#nam}}{{/nam}}", "unknown name");
	assert_refuses(TEMPLATE_TEXT, "{{}}", "unknown name");
	assert_refuses(TEMPLATE_TEXT, "{{name", "not ended");
	assert_refuses(TEMPLATE_TEXT, "{{{name}}", "not ended");
	assert_refuses(TEMPLATE_TEXT, "{{#name}}a", "section of name is not ended");
	assert_refuses(TEMPLATE_TEXT, "a{{/name}}", "was not begun");
	assert_refuses(TEMPLATE_TEXT, "{{#name}}{{#other}}{{/name}}{{/other}}", "ends the section of other");
	assert_refuses(TEMPLATE_HTML, "{{{name}}}", "not allowed in HTML");
	assert_refuses(TEMPLATE_TEXT,
		       "{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}"
		       "{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}{{#name}}",
		       "nested");
}

TEST(a_template_requires_what_it_shows_without_asking)
{
	char reason[TEMPLATE_REASON];
	struct template *template =
		template_read("{{name}} {{#other}}{{other}}{{empty}}{{/other}}", TEMPLATE_TEXT, names, reason);

	assert_non_null(template);
	assert_true(template_requires(template, 0));
	assert_false(template_requires(template, 1));
	assert_true(template_requires(template, 2));
	template_free(template);
}

TEST(long_values_are_rendered_whole)
{
	char *value = malloc(100001);
	char *expected = malloc(500001);

	assert_non_null(value);
	assert_non_null(expected);
	memset(value, '&', 100000);
	value[100000] = '\0';
	expected[0] = '\0';
	for (size_t i = 0; i < 100000; i++)
		memcpy(expected + 5 * i, "&amp;", 6);
	assert_renders(TEMPLATE_HTML, "{{name}}", value, expected);
	free(value);
	free(expected);
}

TESTS(cmocka_unit_test(a_value_in_html_is_escaped_and_its_lines_are_broken),
      cmocka_unit_test(a_value_in_text_stays_as_it_is), cmocka_unit_test(sections_follow_the_value),
      cmocka_unit_test(a_line_with_only_a_section_tag_disappears),
      cmocka_unit_test(what_is_wrong_with_a_template_is_said_with_its_line),
      cmocka_unit_test(a_template_requires_what_it_shows_without_asking),
      cmocka_unit_test(long_values_are_rendered_whole))
