/* user_details.c: the unit UserDetailsTask: names and addresses of people, from their user names, groups or addresses.
 */
#include <string.h>
#include <strings.h>

#include "address.h"
#include "units.h"

#define USERS "api/accounts/users"
#define NOBODY "Medewerker" /* what somebody without a name is called */

static const struct bptl_variable in[] = {
	{"bptlAppId", BPTL_TEXT, BPTL_OPTIONAL, "Application whose credentials are used", NULL},
	{"usernames", BPTL_LIST, BPTL_EITHER, "Assignees, as user:NAME or group:NAME; or emailaddresses", NULL},
	{"emailaddresses", BPTL_LIST, BPTL_EITHER, "Addresses of people, read when there are no usernames", NULL},
	{"emailNotificationList", BPTL_OBJECT, BPTL_OPTIONAL,
	 "Assignee to true or false: who of usernames is wanted; all when it is empty", NULL},
	{0},
};

static const struct bptl_variable out[] = {
	{"userData", BPTL_LIST, BPTL_OPTIONAL,
	 "People, each with email, username, firstName, lastName, name, and assignee when asked for by it", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"orc", "zac", BPTL_REQUIRED, "the ZAC: its users"},
	{0},
};

/* What the users of one answer get as their assignee. */
struct asked {
	enum { NO_ASSIGNEE, THEMSELVES, GROUP } assignee;
	const char *group;
};

/* What the old worker, written in Python, took for yes. */
static int is_yes(const json_t *value)
{
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_TRUE:
		return 1;
	case JSON_INTEGER:
		return json_integer_value(value) != 0;
	case JSON_REAL:
		return json_real_value(value) < 0 || json_real_value(value) > 0;
	case JSON_STRING:
		return json_string_length(value) > 0;
	case JSON_OBJECT:
		return json_object_size(value) > 0;
	case JSON_ARRAY:
		return json_array_size(value) > 0;
	default:
		return 0;
	}
}

/* A URL with one more query parameter. */
static const char *add_query(struct bptl_task *t, const char *url, const char *name, const char *value)
{
	return bptl_format(t, "%s%s%s", url ? url : USERS, url ? "&" : "?", bptl_path(t, "%s=%s", name, value));
}

static void ask(struct bptl_request *request, const char *url)
{
	*request = (struct bptl_request){
		.what = "read the users",
		.method = "GET",
		.service = "zac",
		.url = url,
		.flags = BPTL_ALL_PAGES,
	};
}

/* The name behind the colon of an assignee, which says in *is_group what it names; NULL when the task has failed. */
static const char *name_in(struct bptl_task *t, json_t *entry, int *is_group)
{
	const char *text = json_string_value(entry);
	const char *colon = text ? strchr(text, ':') : NULL;

	if (!text)
		(void)bptl_fail(t, "variable usernames: every entry must be a text such as user:NAME or group:NAME");
	else if (!colon || !colon[1])
		(void)bptl_fail(t, "variable usernames: \"%.100s\" is neither user:NAME nor group:NAME", text);
	if (!colon || !colon[1])
		return NULL;
	*is_group = colon - text == 5 && strncasecmp(text, "group", 5) == 0;
	return colon + 1;
}

/* One request for all the users, and one for each group. Returns how many. */
static size_t ask_assignees(struct bptl_task *t, json_t *names, struct bptl_request *requests, struct asked *asked)
{
	json_t *wanted = bptl_json(t, "emailNotificationList"), *entry;
	const char *users = NULL, *name;
	size_t i, count = 1; /* the first place is for the users */
	int is_group;

	json_array_foreach (names, i, entry) {
		name = name_in(t, entry, &is_group);
		if (!name)
			return 0;
		if (wanted && !is_yes(json_object_get(wanted, json_string_value(entry))))
			continue;
		if (!is_group) {
			users = add_query(t, users, "include_username", name);
			continue;
		}
		ask(&requests[count], add_query(t, NULL, "include_groups", name));
		asked[count++] = (struct asked){GROUP, name};
	}
	ask(&requests[0], users);
	asked[0] = (struct asked){THEMSELVES, NULL};
	if (users)
		return count;
	memmove(requests, requests + 1, (count - 1) * sizeof(*requests));
	memmove(asked, asked + 1, (count - 1) * sizeof(*asked));
	return count - 1;
}

/* One request for all addresses. */
static size_t ask_addresses(struct bptl_task *t, json_t *addresses, struct bptl_request *request, struct asked *asked)
{
	const char *url = NULL, *address;
	json_t *entry;
	size_t i;

	json_array_foreach (addresses, i, entry) {
		address = json_string_value(entry);
		if (!address || !address_is_valid(address)) {
			(void)bptl_fail(t, "variable emailaddresses: entry %zu is not a valid mail address", i + 1);
			return 0;
		}
		url = add_query(t, url, "include_email", address);
	}
	ask(request, url);
	*asked = (struct asked){NO_ASSIGNEE, NULL};
	return 1;
}

/* A part of a name; "" when it is null; NULL, and the task has failed, when it is absent. */
static const char *name_part(struct bptl_task *t, json_t *user, const char *member)
{
	return json_is_null(json_object_get(user, member)) ? "" : bptl_member_text(t, user, member);
}

/* "first last" without white space at its ends, or what a nameless one is called. */
static const char *full_name(struct bptl_task *t, const char *first, const char *last)
{
	static const char spaces[] = " \t\r\n";
	const char *name = bptl_format(t, "%s %s", first, last);
	size_t length;

	if (!name)
		return NULL;
	name += strspn(name, spaces);
	for (length = strlen(name); length > 0 && strchr(spaces, name[length - 1]); length--)
		continue;
	return length ? bptl_format(t, "%.*s", (int)length, name) : NOBODY;
}

/* Adds somebody to the result, checked. */
static int add_user(struct bptl_task *t, json_t *all, json_t *user, const struct asked *asked)
{
	const char *username = bptl_member_text(t, user, "username");
	const char *first, *last, *email, *assignee = NULL;

	if (!username)
		return -1;
	if (!*username)
		return bptl_fail(t, "the ZAC gave a user whose username is empty");
	first = name_part(t, user, "firstName");
	last = name_part(t, user, "lastName");
	if (!first || !last)
		return -1;
	email = json_string_value(json_object_get(user, "email"));
	if (!email || !address_is_valid(email))
		return bptl_fail(t, "the user %s has no valid mail address in the ZAC", username);
	if (asked->assignee == THEMSELVES)
		assignee = bptl_format(t, "user:%s", username);
	else if (asked->assignee == GROUP)
		assignee = bptl_format(t, "group:%s", asked->group);
	return json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*}", "email", email, "firstName",
						    first, "lastName", last, "username", username, "name",
						    full_name(t, first, last), "assignee", assignee));
}

static int run(struct bptl_task *t)
{
	json_t *names = bptl_json(t, "usernames"), *addresses = bptl_json(t, "emailaddresses");
	json_t *all = bptl_keep(t, json_array()), *user;
	struct bptl_request *requests = bptl_alloc(t, (json_array_size(names) + 1) * sizeof(*requests));
	struct asked *asked = bptl_alloc(t, (json_array_size(names) + 1) * sizeof(*asked));
	size_t i, k, count;

	if (bptl_failed(t))
		return -1;
	if (!bptl_has(t, "usernames") && !bptl_has(t, "emailaddresses"))
		return bptl_fail(t, "variables usernames and emailaddresses are both missing or empty: one must say "
				    "who is meant");
	if (bptl_has(t, "usernames"))
		count = ask_assignees(t, names, requests, asked);
	else
		count = ask_addresses(t, addresses, requests, asked);
	if (count && bptl_exchange(t, requests, count))
		return -1;
	for (i = 0; i < count; i++) {
		json_array_foreach (requests[i].answer, k, user) {
			if (add_user(t, all, user, &asked[i]))
				return bptl_failed(t) ? -1 : bptl_fail_retry(t, "out of memory");
		}
	}
	return bptl_set(t, "userData", json_incref(all));
}

const struct bptl_unit zac_user_details = {
	.name = "UserDetailsTask",
	.summary = "Looks up names and mail addresses of people and groups",
	.doc = "usernames goes before emailaddresses. Users come first, then each group in the order of usernames. "
	       "Nobody "
	       "left by emailNotificationList is no failure: userData is then empty.",
	.run = run,
	.in = in,
	.out = out,
	.needs = needs,
};
