/* test_check.c: requests that are refused before anything is sent, with the service and the reason. */
#include "check.h"

#include "http/check.h"

/* Refused with this reason, or taken when it is NULL. */
static void check(const struct client_request *request, const struct credentials *credentials, const char *why)
{
	struct error error = {0};
	int code = check_request(request, credentials, &error);

	if (why && code == 0)
		fail_msg("taken, but expected: %s", why);
	if (!why && code != 0)
		fail_msg("refused: %s", error.text);
	if (!why)
		return;
	assert_contains(error.text, "service zaken");
	assert_contains(error.text, why);
}

static struct service zaken(enum service_auth auth)
{
	return (struct service){
		.name = (char *)"zaken", .type = (char *)"zrc", .root = (char *)"http://127.0.0.1/", .auth = auth};
}

TEST(credentials_are_what_the_way_of_authentication_needs)
{
	static const struct {
		enum service_auth auth;
		struct credentials given;
		const char *why;
	} rows[] = {
		{SERVICE_NONE, {0}, NULL},
		{SERVICE_ZGW, {.client_id = (char *)"c", .secret = (char *)"s"}, NULL},
		{SERVICE_ZGW, {.secret = (char *)"s"}, "auth = zgw: client_id and secret are needed"},
		{SERVICE_ZGW, {.client_id = (char *)"c", .secret = (char *)""}, "client_id and secret are needed"},
		{SERVICE_OAUTH2, {.client_id = (char *)"c"}, "auth = oauth2: client_id and secret are needed"},
		{SERVICE_OAUTH2, {.client_id = (char *)"c", .secret = (char *)"s"}, "token_url is needed"},
		{SERVICE_BASIC, {.client_id = (char *)"u", .secret = (char *)""}, NULL},
		{SERVICE_BASIC, {.secret = (char *)"s"}, "client_id (the user) and secret are needed"},
		{SERVICE_BASIC, {.client_id = (char *)"u"}, "client_id (the user) and secret are needed"},
		{SERVICE_BASIC, {.client_id = (char *)"u:v", .secret = (char *)"s"}, "cannot hold a colon"},
		{SERVICE_BEARER, {.secret = (char *)"t"}, NULL},
		{SERVICE_BEARER, {0}, "secret (the token) is needed"},
		{SERVICE_BEARER, {.secret = (char *)"t\r\nX: y"}, "the token holds a control character"},
		{SERVICE_API_KEY, {.header = (char *)"X-Key", .value = (char *)"v"}, NULL},
		{SERVICE_API_KEY, {.header = (char *)"X-Key"}, "header and value are needed"},
		{SERVICE_API_KEY, {.value = (char *)"v"}, "header and value are needed"},
		{SERVICE_API_KEY, {.header = (char *)"X Key", .value = (char *)"v"}, "not the name of a header"},
		{SERVICE_API_KEY,
		 {.header = (char *)"X-Key", .value = (char *)"v\n"},
		 "value holds a control character"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct service service = zaken(rows[i].auth);
		const struct client_request request = {.service = &service, .method = "GET"};

		service.own = rows[i].given;
		check(&request, &service.own, rows[i].why);
	}
}

TEST(an_app_whose_credentials_do_not_do_is_named)
{
	const struct service service = zaken(SERVICE_ZGW);
	const struct app app = {.name = (char *)"zac"};
	const struct credentials none = {0};
	const struct client_request request = {.service = &service, .app = &app, .method = "GET"};

	check(&request, &none, "client_id and secret are needed in app zac");
}

TEST(a_method_is_one_word)
{
	static const char *const bad[] = {NULL, "", "GET ", "GET\r\nX: y", "G\xc3\x89T"};
	const struct service service = zaken(SERVICE_NONE);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const struct client_request request = {.service = &service, .method = bad[i]};

		check(&request, &service.own, "the method of the request is not one");
	}
}

TEST(a_header_is_a_name_and_a_value_and_not_one_of_the_hosts_own)
{
	static const struct {
		const char *header, *why;
	} rows[] = {
		{"Accept-Crs: EPSG:4326", NULL},
		{"X-Authorization: of no meaning here", NULL},
		{"Accept-Crs", "not of the form \"Name: value\""},
		{"Accept-Crs:", "not of the form \"Name: value\""},
		{"Accept-Crs: ", "not of the form \"Name: value\""},
		{": x", "not of the form \"Name: value\""},
		{"Accept Crs: x", "not of the form \"Name: value\""},
		{"Accept-Crs: x\r\nHost: elders", "the header Accept-Crs of the request holds a control character"},
		{"authorization: Bearer x", "the header Authorization is not for units to set"},
		{"HOST: elders", "the header Host is not for units to set"},
		{"Transfer-Encoding: chunked", "the header Transfer-Encoding is not for units to set"},
		{"x-key: other", "the header X-Key carries the service's key"},
	};
	struct service service = zaken(SERVICE_API_KEY);

	service.own = (struct credentials){.header = (char *)"X-Key", .value = (char *)"v"};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *const headers[] = {"Accept: application/json", rows[i].header, NULL};
		const struct client_request request = {.service = &service, .method = "GET", .headers = headers};

		check(&request, &service.own, rows[i].why);
	}
}

TEST(a_mail_server_takes_no_requests)
{
	struct service service = zaken(SERVICE_NONE);
	const struct client_request request = {.service = &service, .method = "GET"};

	service.type = (char *)"smtp";
	check(&request, &service.own, "takes mails, no HTTP requests");
}

TESTS(cmocka_unit_test(credentials_are_what_the_way_of_authentication_needs),
      cmocka_unit_test(an_app_whose_credentials_do_not_do_is_named), cmocka_unit_test(a_method_is_one_word),
      cmocka_unit_test(a_header_is_a_name_and_a_value_and_not_one_of_the_hosts_own),
      cmocka_unit_test(a_mail_server_takes_no_requests))
