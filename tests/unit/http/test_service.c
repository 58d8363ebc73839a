/* test_service.c: services and apps as JSON and back, and what the log must not show. */
#include "http/service.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "check.h"

static struct service whole_service(void)
{
	return (struct service){
		.name = mem_text("zaken"),
		.type = mem_text("zrc"),
		.root = mem_text("https://h/zaken/api/v1/"),
		.auth = SERVICE_OAUTH2,
		.own = {mem_text("id"), mem_text("the-secret"), mem_text("X-Key"), mem_text("the-value")},
		.user_id = mem_text("u"),
		.user_representation = mem_text("repr\xc3\xa9"),
		.token_leeway = 7,
		.token_url = mem_text("https://h/token"),
		.scope = mem_text("a b"),
		.timeout = 12345,
		.ca_file = mem_text("/ca"),
		.client_cert = mem_text("/cert"),
		.client_key = mem_text("/key"),
		.from = mem_text("from@example.org"),
		.starttls = 1};
}

TEST(a_service_comes_back_from_json_as_it_was)
{
	struct service service = whole_service(), back = {0};
	struct error error;
	json_t *value = service_to_json(&service), *again;

	assert_int_equal(service_from_json(&back, value, &error), 0);
	assert_string_equal(back.name, "zaken");
	assert_string_equal(back.type, "zrc");
	assert_string_equal(back.root, "https://h/zaken/api/v1/");
	assert_int_equal(back.auth, SERVICE_OAUTH2);
	assert_string_equal(back.own.client_id, "id");
	assert_string_equal(back.own.secret, "the-secret");
	assert_string_equal(back.own.header, "X-Key");
	assert_string_equal(back.own.value, "the-value");
	assert_string_equal(back.user_id, "u");
	assert_string_equal(back.user_representation, "repr\xc3\xa9");
	assert_int_equal(back.token_leeway, 7);
	assert_string_equal(back.token_url, "https://h/token");
	assert_string_equal(back.scope, "a b");
	assert_int_equal(back.timeout, 12345);
	assert_string_equal(back.ca_file, "/ca");
	assert_string_equal(back.client_cert, "/cert");
	assert_string_equal(back.client_key, "/key");
	assert_string_equal(back.from, "from@example.org");
	assert_int_equal(back.starttls, 1);
	again = service_to_json(&back);
	assert_true(json_equal(value, again));
	json_decref(again);
	json_decref(value);
	service_clear(&back);
	service_clear(&service);
	assert_null(service.name);
}

TEST(what_a_service_lacks_stays_absent)
{
	struct service service = {.name = mem_text("x"), .type = mem_text("zrc"), .root = mem_text("https://h/")},
		       back = {0};
	struct error error;
	json_t *value = service_to_json(&service);

	assert_int_equal(service_from_json(&back, value, &error), 0);
	assert_int_equal(back.auth, SERVICE_NONE);
	assert_null(back.own.secret);
	assert_null(back.token_url);
	assert_null(back.from);
	assert_int_equal(back.starttls, 0);
	json_decref(value);
	service_clear(&back);
	service_clear(&service);
}

TEST(a_service_without_its_essentials_is_refused)
{
	static const char *const names[] = {"auth", "name", "type", "root"};

	for (size_t i = 0; i < 4; i++) {
		struct service service = whole_service(), back = {0};
		struct error error;
		json_t *value = service_to_json(&service);

		assert_int_equal(json_object_del(value, names[i]), 0);
		assert_int_equal(service_from_json(&back, value, &error), -1);
		assert_contains(error.text, "service");
		assert_null(strstr(error.text, "the-secret"));
		json_decref(value);
		service_clear(&service);
	}
}

TEST(every_way_of_authentication_has_its_name)
{
	for (int auth = SERVICE_NONE; auth <= SERVICE_BEARER; auth++)
		assert_int_equal(service_auth_named(service_auth_name((enum service_auth)auth)), auth);
	assert_string_equal(service_auth_name(SERVICE_API_KEY), "api_key");
	assert_int_equal(service_auth_named("kerberos"), -1);
	assert_int_equal(service_auth_named(""), -1);
}

static struct app whole_app(void)
{
	struct app app = {.name = mem_text("zac"), .id = mem_text("https://h/applicaties/1"), .count = 2};

	app.entries = mem_new(2, sizeof(*app.entries));
	app.entries[0].service = mem_text("zaken");
	app.entries[0].credentials.client_id = mem_text("app-id");
	app.entries[0].credentials.secret = mem_text("app-secret");
	app.entries[1].service = mem_text("objecten");
	app.entries[1].credentials.header = mem_text("X-Key");
	app.entries[1].credentials.value = mem_text("app-value");
	return app;
}

TEST(an_app_goes_out_with_the_credentials_for_some_services_alone)
{
	struct app app = whole_app();
	json_t *services = json_pack("[{s:s}]", "name", "zaken"), *value = app_to_json(&app, services);
	json_t *entries = json_object_get(value, "entries");

	assert_int_equal(json_array_size(entries), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(entries, 0), "service")), "zaken");
	json_decref(value);
	json_decref(services);
	app_clear(&app);
}

TEST(an_app_comes_back_from_json_as_it_was)
{
	struct app app = whole_app(), back = {0};
	struct error error;
	json_t *value = app_to_json(&app, NULL), *again;

	assert_int_equal(app_from_json(&back, value, &error), 0);
	assert_string_equal(back.name, "zac");
	assert_string_equal(back.id, "https://h/applicaties/1");
	assert_int_equal(back.count, 2);
	assert_string_equal(back.entries[0].service, "zaken");
	assert_string_equal(back.entries[0].credentials.secret, "app-secret");
	assert_null(back.entries[0].credentials.header);
	assert_string_equal(back.entries[1].credentials.value, "app-value");
	again = app_to_json(&back, NULL);
	assert_true(json_equal(value, again));
	json_decref(again);
	app_clear(&back);
	assert_int_equal(json_object_del(json_array_get(json_object_get(value, "entries"), 1), "service"), 0);
	assert_int_equal(app_from_json(&back, value, &error), -1);
	assert_null(back.entries);
	json_decref(value);
	app_clear(&app);
}

TEST(secrets_are_named_to_the_log_and_user_names_are_not)
{
	struct service service = whole_service();
	struct app app = whole_app();
	struct log *log = log_new(LOG_INFO, LOG_LOGFMT);
	char text[] = "id the-secret the-value app-id app-secret app-value";

	service_hide(&service, log);
	app_hide(&app, log);
	log_mask(log, text);
	assert_string_equal(text, "id *** *** app-id *** ***");
	log_free(log);
	service_clear(&service);
	app_clear(&app);
}

TESTS(cmocka_unit_test(an_app_goes_out_with_the_credentials_for_some_services_alone),
      cmocka_unit_test(a_service_comes_back_from_json_as_it_was), cmocka_unit_test(what_a_service_lacks_stays_absent),
      cmocka_unit_test(a_service_without_its_essentials_is_refused),
      cmocka_unit_test(every_way_of_authentication_has_its_name),
      cmocka_unit_test(an_app_comes_back_from_json_as_it_was),
      cmocka_unit_test(secrets_are_named_to_the_log_and_user_names_are_not))
