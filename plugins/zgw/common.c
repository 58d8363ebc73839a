/* common.c: see common.h. */
#include "common.h"

#include <string.h>

const char *zgw_header(struct bptl_task *t, const char *header, const char *variable)
{
	const char *value = bptl_text(t, variable);

	return value ? bptl_format(t, "%s: %s", header, value) : "";
}

const char *zgw_text_within(struct bptl_task *t, const char *variable, size_t most)
{
	const char *text = bptl_text(t, variable);
	size_t characters = 0, i;

	if (!text)
		return NULL;
	for (i = 0; text[i]; i++)
		characters += ((unsigned char)text[i] & 0xc0) != 0x80; /* all but the later bytes of a character */
	if (characters > most) {
		bptl_fail(t, "variable %s has %zu characters: at most %zu are allowed", variable, characters, most);
		return NULL;
	}
	return text;
}

const char *zgw_text_in(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text && *text ? text : NULL;
}

int zgw_text_is(const json_t *object, const char *name, const char *text)
{
	const char *value = zgw_text_in(object, name);

	return value && text && strcmp(value, text) == 0;
}

json_t *zgw_list(struct bptl_task *t, const char *what, const char *service, const char *url)
{
	struct bptl_request request = {
		.what = what,
		.method = "GET",
		.service = service,
		.url = url,
		.flags = BPTL_ALL_PAGES,
	};

	return bptl_send(t, &request);
}

json_t *zgw_create(struct bptl_task *t, const char *what, const char *url, json_t *body)
{
	struct bptl_request request = {
		.what = what,
		.method = "POST",
		.service = "zrc",
		.url = url,
		.body = json_incref(bptl_keep(t, body)), /* a body that could not be made fails here */
	};

	return bptl_send(t, &request);
}

/* Does a refusal say that the thing is there already? */
static int not_unique(const struct bptl_request *request)
{
	json_t *params = json_object_get(request->answer, "invalidParams"), *param;
	size_t i;

	if (request->status != 400)
		return 0;
	json_array_foreach (params, i, param) {
		if (zgw_text_is(param, "code", "unique"))
			return 1;
	}
	return 0;
}

json_t *zgw_create_once(struct bptl_task *t, struct bptl_request *request)
{
	request->method = "POST";
	request->service = "zrc";
	request->body = json_incref(bptl_keep(t, request->body));
	request->flags = BPTL_TOLERATE | BPTL_REPEATABLE;
	if (bptl_exchange(t, request, 1))
		return NULL;
	if (request->status < 400)
		return request->answer;
	if (!not_unique(request))
		bptl_refused(t, request);
	return NULL;
}

json_t *zgw_zaak(struct bptl_task *t, const char *url)
{
	static const char *const headers[] = {ZGW_ACCEPT_CRS, NULL};
	struct bptl_request request = {
		.what = "read the zaak",
		.method = "GET",
		.service = "zrc",
		.url = url,
		.headers = headers,
	};

	return bptl_send(t, &request);
}

json_t *zgw_relations(struct bptl_task *t, json_t *zaak)
{
	json_t *relations = bptl_member(t, zaak, "relevanteAndereZaken");

	if (relations && !json_is_array(relations) && !json_is_null(relations)) {
		bptl_fail(t, "relevanteAndereZaken of the zaak is no list");
		return NULL;
	}
	return relations;
}

json_t *zgw_statustypen(struct bptl_task *t, const char *zaaktype)
{
	return zgw_list(t, "read the statustypen of the zaaktype", "ztc",
			bptl_path(t, "statustypen?zaaktype=%s", zaaktype));
}

const char *zgw_statustype(struct bptl_task *t, const char *zaaktype, int64_t volgnummer)
{
	json_t *types = zgw_statustypen(t, zaaktype), *type, *number;
	size_t i;

	json_array_foreach (types, i, type) {
		number = json_object_get(type, "volgnummer");
		if (json_is_integer(number) && json_integer_value(number) == volgnummer)
			return bptl_member_text(t, type, "url");
	}
	bptl_fail(t, "the zaaktype %s has no statustype with volgnummer %lld", zaaktype, (long long)volgnummer);
	return NULL;
}

/* The same moment, 2026-01-16T09:12:33.123456+00:00, as another server may write it: in another time zone of whole
 * hours, with fewer digits behind the seconds, or none. */
static int same_moment(const char *a, const char *b)
{
	size_t length = 5;

	if (!a || !b || strlen(a) < 21 || strlen(b) < 20)
		return 0;
	if (a[19] == '.' && b[19] == '.')
		length = 7;
	return strncmp(a + 14, b + 14, length) == 0;
}

/* The status of this statustype that was set at the task's own time; NULL when there is none. */
static json_t *find_status(struct bptl_task *t, const char *zaak, const char *statustype)
{
	json_t *list = zgw_list(t, "read the statussen of the zaak", "zrc",
				bptl_path(t, "statussen?zaak=%s&statustype=%s", zaak, statustype));
	json_t *status;
	size_t i;

	json_array_foreach (list, i, status) {
		if (zgw_text_is(status, "statustype", statustype) &&
		    same_moment(bptl_now(t), zgw_text_in(status, "datumStatusGezet")))
			return status;
	}
	return NULL;
}

/* A zaak has one status at a moment, and the moment is the task's own: a status that an earlier try has set, but whose
 * answer was lost, is refused when a person lets it be sent again, and is then the one that was wanted. */
json_t *zgw_set_status(struct bptl_task *t, const char *zaak, const char *statustype, const char *remark)
{
	struct bptl_request request = {
		.what = "create the status",
		.method = "POST",
		.service = "zrc",
		.url = "statussen",
		.body = json_pack("{s:s, s:s, s:s, s:s*}", "zaak", zaak, "statustype", statustype, "datumStatusGezet",
				  bptl_now(t), "statustoelichting", remark),
		.flags = BPTL_TOLERATE,
	};
	json_t *status = NULL;

	request.body = json_incref(bptl_keep(t, request.body));
	if (bptl_exchange(t, &request, 1))
		return NULL;
	if (request.status < 400)
		return request.answer;
	if (not_unique(&request))
		status = find_status(t, zaak, statustype);
	if (!status)
		bptl_refused(t, &request);
	return status;
}
