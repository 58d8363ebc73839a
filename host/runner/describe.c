/* describe.c: what a plugin declares, as JSON: the one source for the variables to fetch, the checks, `bptl units` and
 * the generated documentation. A plugin's texts may be in any encoding: json_put_text() takes them all, json_pack()
 * would not. */
#include "base/json.h"
#include "base/memory.h"
#include "runner/plugin.h"

static const char *const type_names[] = {"any", "text", "integer", "number", "boolean", "date", "object", "list"};

static json_t *describe_variables(const struct plugin *plugin, const struct bptl_variable *v)
{
	json_t *list = mem_json(json_array());

	for (; v && v->name; v = plugin_next_variable(plugin, v)) {
		const char *need = v->flags & BPTL_REQUIRED  ? "required"
				   : v->flags & BPTL_EITHER  ? "either"
				   : v->flags & BPTL_PRESENT ? "present"
							     : "optional";
		json_t *row = mem_json(json_pack("{s:s, s:s}", "type", type_names[v->type], "need", need));

		json_put_text(row, "name", v->name);
		json_put_text(row, "doc", v->doc ? v->doc : "");
		json_put_text(row, "instead", v->instead);
		(void)json_array_append_new(list, row);
	}
	return list;
}

static json_t *describe_needs(const struct plugin *plugin, const struct bptl_need *n)
{
	json_t *list = mem_json(json_array());

	for (; n && n->type; n = plugin_next_need(plugin, n)) {
		json_t *row = mem_json(json_pack("{s:b, s:b}", "by_url", n->flags & BPTL_BY_URL, "required",
						 n->flags & BPTL_REQUIRED));

		json_put_text(row, "type", n->type);
		json_put_text(row, "doc", n->doc ? n->doc : "");
		json_put_text(row, "alias", n->alias);
		(void)json_array_append_new(list, row);
	}
	return list;
}

static json_t *describe_keys(const struct plugin *plugin, const struct bptl_key *k)
{
	json_t *list = mem_json(json_array());

	for (; k && k->name; k = plugin_next_key(plugin, k)) {
		json_t *row = mem_json(json_pack("{s:b}", "required", k->flags & BPTL_REQUIRED));

		json_put_text(row, "name", k->name);
		json_put_text(row, "doc", k->doc ? k->doc : "");
		json_put_text(row, "fallback", k->fallback);
		(void)json_array_append_new(list, row);
	}
	return list;
}

json_t *plugin_describe(const struct plugin *plugin)
{
	json_t *units = mem_json(json_array());
	json_t *about;

	for (const struct bptl_unit *const *at = plugin->about->units; at && *at; at++) {
		const struct bptl_unit *unit = *at;
		json_t *row = mem_json(json_pack("{s:o, s:o, s:o, s:o}", "in", describe_variables(plugin, unit->in),
						 "out", describe_variables(plugin, unit->out), "needs",
						 describe_needs(plugin, unit->needs), "options",
						 describe_keys(plugin, unit->options)));

		json_put_text(row, "name", unit->name);
		json_put_text(row, "summary", unit->summary);
		json_put_text(row, "doc", unit->doc);
		(void)json_array_append_new(units, row);
	}
	about = mem_json(
		json_pack("{s:o, s:o}", "options", describe_keys(plugin, plugin->about->options), "units", units));
	json_put_text(about, "name", plugin->about->name);
	json_put_text(about, "version", plugin->about->version);
	json_put_text(about, "summary", plugin->about->summary);
	json_put_text(about, "file", plugin->file);
	return about;
}
