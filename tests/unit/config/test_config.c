/* test_config.c: good configurations: every key arrives where it belongs, and what is left out has its default.
 * Long because each key stands here twice: in a file and in a check. */
#include "check.h"

#include "folder.h"

static const char every_key[] = "\xef\xbb\xbf; every key of [host]\r\n"
				"[host]\r\n"
				"workers = 7\r\n"
				"drain = 1m\r\n"
				"log = json\r\n"
				"log_level = debug\r\n"
				"state = state\r\n"
				"worker_id = bptl-1\r\n"
				"plugins = /opt/plugins\r\n"
				"callback_allow = HTTPS://Zac.Example:443/back http://127.0.0.1:8000/\r\n"
				"unknown_app = default\r\n"
				"keep = 12h\r\n"
				"listen = [::1]:8080\r\n"
				"[engine main]\n"
				"type = camunda\n"
				"url = https://engine.example/engine-rest\n"
				"auth = basic\n"
				"user = bptl\n"
				"password_file = word\n"
				"ca_file = ca.pem\n"
				"client_cert = cert.pem\n"
				"client_key = key.pem\n"
				"timeout = 3\n"
				"long_poll = 30m\n"
				"max_tasks = 5\n"
				"use_priority = no\n"
				"order = desc\n"
				"[engine token]\n"
				"url = https://other.example/rest/\n"
				"auth = bearer\n"
				"token_file = word\n"
				"[engine granted]\n"
				"url = https://third.example/rest/\n"
				"auth = oauth2\n"
				"client_id = bptl\n"
				"secret_file = word\n"
				"token_url = https://login.example/token\n"
				"scope = engine\n"
				"[engine here]\n"
				"type = local\n"
				"[engine there]\n"
				"type = local\n"
				"database = tasks.db\n";

static const char services[] = "[service zaken]\n"
			       "type = zrc\n"
			       "root = https://api.example/zaken/api/v1\n"
			       "client_id = bptl\n"
			       "secret_file = word\n"
			       "user_id = host\n"
			       "user_representation = Host of processes\n"
			       "token_leeway = 10s\n"
			       "timeout = 1500ms\n"
			       "ca_file = ca.pem\n"
			       "client_cert = cert.pem\n"
			       "client_key = key.pem\n"
			       "[service objecten]\n"
			       "type = orc\n"
			       "root = http://objects.example/api/v2/\n"
			       "auth = api_key\n"
			       "header = Authorization\n"
			       "value_file = word\n"
			       "allow_plain = yes\n"
			       "[service kalender]\n"
			       "type = orc\n"
			       "root = https://calendar.example/\n"
			       "auth = oauth2\n"
			       "client_id = bptl\n"
			       "secret_file = word\n"
			       "token_url = https://login.example/token\n"
			       "scope = a b\n"
			       "[service klanten]\n"
			       "type = kc\n"
			       "root = https://klanten.example/\n"
			       "auth = basic\n"
			       "user = bptl\n"
			       "secret_file = word\n"
			       "[service open]\n"
			       "type = ztc\n"
			       "root = http://catalogi.example/\n"
			       "auth = none\n"
			       "[service post]\n"
			       "type = smtp\n"
			       "root = smtp://mail.example:587\n"
			       "from = zaken@example.org\n"
			       "user = bptl\n"
			       "secret_file = word\n"
			       "ca_file = ca.pem\n"
			       "[service relay]\n"
			       "type = smtp\n"
			       "root = smtp://relay.example\n"
			       "from = zaken@example.org\n"
			       "starttls = off\n"
			       "[service veilig]\n"
			       "type = smtp\n"
			       "root = smtps://mail.example\n"
			       "from = zaken@example.org\n";

static const char work[] = "[plugin zgw]\n"
			   "[plugin mail]\n"
			   "library = libs/post.so\n"
			   "time_limit = 30s\n"
			   "memory = 2G\n"
			   "crashes = 0\n"
			   "crash_window = 1m\n"
			   "quarantine = 30s\n"
			   "templates = sjablonen ; with \"quotes\" # and marks\n"
			   "[app zac]\n"
			   "id = https://ac.example/applicaties/1\n"
			   "zaken.client_id = zac\n"
			   "zaken.secret_file = other\n"
			   "objecten.value_file = other\n"
			   "klanten.client_id = zac\n"
			   "klanten.secret_file = other\n"
			   "[topic intake]\n"
			   "topic = zaak-aanmaken\n"
			   "unit = zgw.CreateZaakTask\n"
			   "engine = main\n"
			   "services = zaken, zac=objecten , agenda = kalender,open\n"
			   "lock = 2m\n"
			   "time_limit = 90s\n"
			   "parallel = 4\n"
			   "retries = 5\n"
			   "retry_wait = 1s\n"
			   "retry_wait_most = 10m\n"
			   "process_definition_keys = a, b\n"
			   "tenants = een,twee\n"
			   "business_key = ZAAK-1\n"
			   "process_variables = {\"soort\": \"intake\", \"spoed\": true}\n"
			   "local_variables = yes\n"
			   "extension_properties = on\n"
			   "extra = for the unit\n"
			   "[topic plain]\n"
			   "unit = mail.SendEmailTask\n"
			   "engine = here\n"
			   "without_tenant = true\n";

static void put_everything(struct folder *folder)
{
	folder_make(folder);
	folder_put(folder, "1-host.ini", every_key);
	folder_put(folder, "3-services.ini", services);
	folder_put(folder, "2-work.ini", work); /* read before the services that it names */
	folder_put(folder, "notes.txt", "not read");
	folder_put(folder, ".4-editor.ini", "not read");
	folder_put_secret(folder, "word", "geheim ;#=1\n");
	folder_put_secret(folder, "other", "van zac");
	folder_put(folder, "ca.pem", "ca");
	folder_put(folder, "cert.pem", "cert");
	folder_put_secret(folder, "key.pem", "key");
}

static const struct service *service_of(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].service.name, name) == 0)
			return &config->services[i].service;
	fail_msg("no service %s", name);
	return NULL;
}

/* Is this the file of the folder? */
static void check_path(const struct folder *folder, const char *path, const char *name)
{
	char *expected = mem_format("%s/%s", folder->path, name);

	assert_non_null(path);
	assert_string_equal(path, expected);
	free(expected);
}

TEST(every_key_of_the_host_arrives)
{
	struct folder folder;
	struct config *config;

	put_everything(&folder);
	config = folder_read(&folder);
	assert_int_equal(config->host.workers, 7);
	assert_int_equal(config->host.drain, 60000);
	assert_int_equal(config->host.format, LOG_JSON);
	assert_int_equal(config->host.level, LOG_DEBUG);
	check_path(&folder, config->host.state, "state");
	assert_string_equal(config->host.worker_id, "bptl-1");
	assert_string_equal(config->host.plugins, "/opt/plugins");
	assert_int_equal(config->host.callback_allow.count, 2);
	assert_string_equal(config->host.callback_allow.list[0], "https://zac.example/back/");
	assert_string_equal(config->host.callback_allow.list[1], "http://127.0.0.1:8000/");
	assert_null(config->host.callback_allow.list[2]);
	assert_int_equal(config->host.unknown_app_refuse, 0);
	assert_int_equal(config->host.keep, 12 * 3600 * 1000);
	assert_string_equal(config->host.listen, "[::1]:8080");
	assert_int_equal(config->files.count, 3);
	check_path(&folder, config->files.list[0], "1-host.ini");
	check_path(&folder, config->files.list[2], "3-services.ini");
	config_free(config);
	folder_drop(&folder);
}

TEST(every_key_of_an_engine_arrives)
{
	struct folder folder;
	struct config *config;
	struct config_engine *engine;

	put_everything(&folder);
	config = folder_read(&folder);
	assert_int_equal(config->engine_count, 5);
	engine = &config->engines[0];
	assert_string_equal(engine->name, "main");
	check_path(&folder, engine->place.file, "1-host.ini");
	assert_int_equal(engine->place.line, 14);
	assert_int_equal(engine->type, CONFIG_CAMUNDA);
	assert_string_equal(engine->service.name, "main");
	assert_string_equal(engine->service.type, "engine");
	assert_string_equal(engine->service.root, "https://engine.example/engine-rest/");
	assert_int_equal(engine->service.auth, SERVICE_BASIC);
	assert_string_equal(engine->service.own.client_id, "bptl");
	assert_string_equal(engine->service.own.secret, "geheim ;#=1");
	check_path(&folder, engine->service.ca_file, "ca.pem");
	check_path(&folder, engine->service.client_cert, "cert.pem");
	check_path(&folder, engine->service.client_key, "key.pem");
	assert_int_equal(engine->service.timeout, 3000);
	assert_int_equal(engine->long_poll, 30 * 60 * 1000);
	assert_int_equal(engine->max_tasks, 5);
	assert_int_equal(engine->use_priority, 0);
	assert_string_equal(engine->order, "desc");

	assert_int_equal(engine[1].service.auth, SERVICE_BEARER);
	assert_string_equal(engine[1].service.own.secret, "geheim ;#=1");
	assert_int_equal(engine[1].long_poll, 25000);
	assert_int_equal(engine[1].max_tasks, 0);
	assert_int_equal(engine[1].use_priority, 1);
	assert_null(engine[1].order);
	assert_int_equal(engine[2].service.auth, SERVICE_OAUTH2);
	assert_string_equal(engine[2].service.token_url, "https://login.example/token");
	assert_string_equal(engine[2].service.scope, "engine");
	assert_int_equal(engine[3].type, CONFIG_LOCAL);
	check_path(&folder, engine[3].database, "state/here.db");
	check_path(&folder, engine[4].database, "tasks.db");
	config_free(config);
	folder_drop(&folder);
}

TEST(every_key_of_a_service_arrives)
{
	struct folder folder;
	struct config *config;
	const struct service *service;

	put_everything(&folder);
	config = folder_read(&folder);
	service = service_of(config, "zaken");
	assert_string_equal(service->type, "zrc");
	assert_string_equal(service->root, "https://api.example/zaken/api/v1/");
	assert_int_equal(service->auth, SERVICE_ZGW);
	assert_string_equal(service->own.client_id, "bptl");
	assert_string_equal(service->own.secret, "geheim ;#=1");
	assert_string_equal(service->user_id, "host");
	assert_string_equal(service->user_representation, "Host of processes");
	assert_int_equal(service->token_leeway, 10);
	assert_int_equal(service->timeout, 1500);
	check_path(&folder, service->client_key, "key.pem");
	service = service_of(config, "objecten");
	assert_int_equal(service->auth, SERVICE_API_KEY);
	assert_string_equal(service->own.header, "Authorization");
	assert_string_equal(service->own.value, "geheim ;#=1");
	assert_null(service->own.secret);
	assert_int_equal(service->timeout, 10000);
	service = service_of(config, "kalender");
	assert_int_equal(service->auth, SERVICE_OAUTH2);
	assert_string_equal(service->scope, "a b");
	assert_int_equal(service_of(config, "klanten")->auth, SERVICE_BASIC);
	assert_int_equal(service_of(config, "open")->auth, SERVICE_NONE);
	config_free(config);
	folder_drop(&folder);
}

TEST(mail_servers_arrive_with_their_kind_of_tls)
{
	struct folder folder;
	struct config *config;
	const struct service *service;

	put_everything(&folder);
	config = folder_read(&folder);
	service = service_of(config, "post");
	assert_string_equal(service->root, "smtp://mail.example:587");
	assert_string_equal(service->from, "zaken@example.org");
	assert_int_equal(service->starttls, 1);
	assert_int_equal(service->auth, SERVICE_BASIC);
	assert_string_equal(service->own.client_id, "bptl");
	assert_string_equal(service->own.secret, "geheim ;#=1");
	check_path(&folder, service->ca_file, "ca.pem");
	service = service_of(config, "relay");
	assert_string_equal(service->root, "smtp://relay.example");
	assert_int_equal(service->starttls, 0);
	assert_int_equal(service->auth, SERVICE_NONE);
	service = service_of(config, "veilig");
	assert_string_equal(service->root, "smtps://mail.example");
	assert_int_equal(service->starttls, 0);
	config_free(config);
	folder_drop(&folder);
}

TEST(apps_and_plugins_arrive)
{
	struct folder folder;
	struct config *config;
	const struct app *app;

	put_everything(&folder);
	config = folder_read(&folder);
	assert_int_equal(config->app_count, 1);
	app = &config->apps[0].app;
	assert_string_equal(app->name, "zac");
	assert_string_equal(app->id, "https://ac.example/applicaties/1");
	assert_int_equal(app->count, 3);
	assert_string_equal(app->entries[0].service, "zaken");
	assert_string_equal(app->entries[0].credentials.client_id, "zac");
	assert_string_equal(app->entries[0].credentials.secret, "van zac");
	assert_string_equal(app->entries[1].service, "objecten");
	assert_string_equal(app->entries[1].credentials.header, "Authorization"); /* the service's own */
	assert_string_equal(app->entries[1].credentials.value, "van zac");
	assert_string_equal(app->entries[2].service, "klanten");

	assert_int_equal(config->plugin_count, 2);
	assert_string_equal(config->plugins[0].name, "zgw");
	assert_null(config->plugins[0].library);
	assert_int_equal(config->plugins[0].time_limit, 300000);
	assert_int_equal(config->plugins[0].memory, 1024 * 1024 * 1024);
	assert_int_equal(config->plugins[0].crashes, 5);
	assert_int_equal(config->plugins[0].crash_window, 600000);
	assert_int_equal(config->plugins[0].quarantine, 600000);
	check_path(&folder, config->plugins[1].library, "libs/post.so");
	assert_int_equal(config->plugins[1].time_limit, 30000);
	assert_int_equal(config->plugins[1].memory, INT64_C(2) * 1024 * 1024 * 1024);
	assert_int_equal(config->plugins[1].crashes, 0);
	assert_int_equal(config->plugins[1].crash_window, 60000);
	assert_int_equal(config->plugins[1].quarantine, 30000);
	assert_int_equal(config->plugins[1].setting_count, 1);
	assert_string_equal(config->plugins[1].settings[0].name, "templates");
	assert_string_equal(config->plugins[1].settings[0].value, "sjablonen ; with \"quotes\" # and marks");
	assert_int_equal(config->plugins[1].settings[0].place.line, 9);
	config_free(config);
	folder_drop(&folder);
}

TEST(every_key_of_a_topic_arrives)
{
	struct folder folder;
	struct config *config;
	struct config_topic *topic;

	put_everything(&folder);
	config = folder_read(&folder);
	assert_int_equal(config->topic_count, 2);
	topic = &config->topics[0];
	assert_string_equal(topic->name, "intake");
	assert_string_equal(topic->topic, "zaak-aanmaken");
	assert_string_equal(topic->plugin, "zgw");
	assert_string_equal(topic->unit, "CreateZaakTask");
	check_path(&folder, topic->unit_place.file, "2-work.ini");
	assert_int_equal(topic->unit_place.line, 19);
	assert_int_equal(topic->uses_place.line, 21);
	assert_string_equal(config->engines[topic->engine].name, "main");
	assert_int_equal(topic->use_count, 4);
	assert_string_equal(topic->uses[0].alias, "zaken");
	assert_string_equal(topic->uses[1].alias, "zac");
	assert_string_equal(config->services[topic->uses[1].service].service.name, "objecten");
	assert_string_equal(topic->uses[2].alias, "agenda");
	assert_string_equal(config->services[topic->uses[2].service].service.name, "kalender");
	assert_string_equal(topic->uses[3].alias, "open");
	assert_int_equal(topic->lock, 120000);
	assert_int_equal(topic->time_limit, 90000);
	assert_int_equal(topic->parallel, 4);
	assert_int_equal(topic->retries, 5);
	assert_int_equal(topic->retry_wait, 1000);
	assert_int_equal(topic->retry_wait_most, 600000);
	assert_int_equal(topic->definition_keys.count, 2);
	assert_string_equal(topic->definition_keys.list[1], "b");
	assert_string_equal(topic->tenants.list[1], "twee");
	assert_string_equal(topic->business_key, "ZAAK-1");
	assert_string_equal(json_string_value(json_object_get(topic->process_variables, "soort")), "intake");
	assert_int_equal(topic->local_variables, 1);
	assert_int_equal(topic->extension_properties, 1);
	assert_int_equal(topic->setting_count, 1);
	assert_string_equal(topic->settings[0].name, "extra");
	assert_string_equal(topic->settings[0].value, "for the unit");

	topic++;
	assert_string_equal(topic->topic, "plain");
	assert_string_equal(config->engines[topic->engine].name, "here");
	assert_int_equal(topic->without_tenant, 1);
	assert_int_equal(topic->lock, 60000);
	assert_int_equal(topic->time_limit, 0);
	assert_int_equal(topic->parallel, 0);
	assert_int_equal(topic->retries, 3);
	assert_int_equal(topic->retry_wait, 10000);
	assert_int_equal(topic->retry_wait_most, 3600000);
	assert_null(topic->process_variables);
	assert_int_equal(topic->setting_count, 0);
	config_free(config);
	folder_drop(&folder);
}

TEST(an_empty_file_gives_the_defaults)
{
	struct folder folder;
	struct config *config;

	folder_make(&folder);
	folder_put(&folder, "a.ini", "");
	config = folder_read(&folder);
	assert_int_equal(config->host.workers, 16);
	assert_int_equal(config->host.drain, 30000);
	assert_int_equal(config->host.level, LOG_INFO);
	assert_int_equal(config->host.format, LOG_LOGFMT);
	assert_string_equal(config->host.state, "/var/lib/bptl");
	assert_null(config->host.worker_id);
	assert_null(config->host.plugins);
	assert_int_equal(config->host.callback_allow.count, 0);
	assert_int_equal(config->host.unknown_app_refuse, 1);
	assert_int_equal(config->host.keep, INT64_C(7) * 24 * 3600 * 1000);
	assert_null(config->host.listen);
	config_free(config);
	folder_drop(&folder);
}

TEST(one_file_can_be_read_instead_of_a_folder)
{
	struct folder folder;
	struct problems problems = {0};
	struct config *config;
	char *path;

	folder_make(&folder);
	folder_put(&folder, "one.conf", "[host]\nworkers = 2\nstate = s");
	folder_put(&folder, "other.ini", "nonsense");
	path = mem_format("%s/one.conf", folder.path);
	config = config_read(path, &problems);
	assert_non_null(config);
	assert_int_equal(config->host.workers, 2);
	check_path(&folder, config->host.state, "s");
	config_free(config);
	problems_free(&problems);
	free(path);
	folder_drop(&folder);
}

TEST(a_slash_behind_the_folder_does_not_count)
{
	struct folder folder;
	struct problems problems = {0};
	struct config *config;
	char *path;

	folder_make(&folder);
	folder_put(&folder, "a.ini", "[host]\n");
	path = mem_format("%s//", folder.path);
	config = config_read(path, &problems);
	assert_non_null(config);
	check_path(&folder, config->files.list[0], "a.ini");
	config_free(config);
	free(path);
	folder_drop(&folder);
}

TEST(a_topic_takes_the_only_engine)
{
	struct folder folder;
	struct config *config;

	folder_make(&folder);
	folder_put(&folder, "a.ini", "[topic t]\nunit = p.U\n[plugin p]\n[engine e]\ntype = local\n");
	config = folder_read(&folder);
	assert_int_equal(config->topics[0].engine, 0);
	config_free(config);
	folder_drop(&folder);
}

TEST(one_topic_name_can_be_served_on_two_engines)
{
	struct folder folder;
	struct config *config;

	folder_make(&folder);
	folder_put(&folder, "a.ini",
		   "[plugin p]\n[engine e]\ntype = local\n[engine f]\ntype = local\n"
		   "[topic t]\nunit = p.U\nengine = e\n[topic u]\ntopic = t\nunit = p.U\nengine = f\n");
	config = folder_read(&folder);
	assert_int_equal(config->topics[1].engine, 1);
	config_free(config);
	folder_drop(&folder);
}

TEST(a_long_first_wait_lengthens_the_longest_wait)
{
	struct folder folder;
	struct config *config;

	folder_make(&folder);
	folder_put(&folder, "a.ini", "[plugin p]\n[engine e]\ntype = local\n[topic t]\nunit = p.U\nretry_wait = 2h\n");
	config = folder_read(&folder);
	assert_int_equal(config->topics[0].retry_wait_most, 2 * 3600 * 1000);
	config_free(config);
	folder_drop(&folder);
}

TEST(credentials_in_the_clear_are_fine_on_this_machine)
{
	struct folder folder;
	struct config *config;

	folder_make(&folder);
	folder_put_secret(&folder, "word", "geheim");
	folder_put(&folder, "a.ini",
		   "[service a]\ntype = zrc\nroot = http://localhost/\nclient_id = a\nsecret_file = word\n"
		   "[service b]\ntype = zrc\nroot = http://127.1.2.3:8000/\nclient_id = a\nsecret_file = word\n"
		   "[service c]\ntype = zrc\nroot = http://[::1]/\nclient_id = a\nsecret_file = word\n"
		   "[service d]\ntype = smtp\nroot = smtp://127.0.0.1:25\nfrom = a@example.org\nuser = a\n"
		   "secret_file = word\nstarttls = off\n");
	config = folder_read(&folder);
	assert_int_equal(config->service_count, 4);
	config_free(config);
	folder_drop(&folder);
}

TESTS(cmocka_unit_test(every_key_of_the_host_arrives), cmocka_unit_test(every_key_of_an_engine_arrives),
      cmocka_unit_test(every_key_of_a_service_arrives), cmocka_unit_test(mail_servers_arrive_with_their_kind_of_tls),
      cmocka_unit_test(apps_and_plugins_arrive), cmocka_unit_test(every_key_of_a_topic_arrives),
      cmocka_unit_test(an_empty_file_gives_the_defaults), cmocka_unit_test(one_file_can_be_read_instead_of_a_folder),
      cmocka_unit_test(a_slash_behind_the_folder_does_not_count), cmocka_unit_test(a_topic_takes_the_only_engine),
      cmocka_unit_test(one_topic_name_can_be_served_on_two_engines),
      cmocka_unit_test(a_long_first_wait_lengthens_the_longest_wait),
      cmocka_unit_test(credentials_in_the_clear_are_fine_on_this_machine))
