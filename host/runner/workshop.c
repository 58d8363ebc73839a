/* workshop.c: see workshop.h. */
#include "runner/workshop.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"

int workshop_open(struct workshop *shop, const json_t *order, struct log *log, struct error *error)
{
	*shop = (struct workshop){.log = log};
	shop->http = http_new();
	shop->client = client_new(shop->http, log);
	errands_init(&shop->errands, shop->http);
	return plugin_open(&shop->plugin, json_get_text(order, "plugin"), json_get_text(order, "library"),
			   json_object_get(order, "settings"), log, error);
}

static void drop_supplies(struct workshop *shop)
{
	for (size_t i = 0; i < shop->service_count; i++)
		service_clear(&shop->services[i]);
	for (size_t i = 0; i < shop->app_count; i++)
		app_clear(&shop->apps[i]);
	free(shop->services);
	free(shop->apps);
	shop->services = NULL;
	shop->apps = NULL;
	shop->service_count = shop->app_count = 0;
}

int workshop_supply(struct workshop *shop, const json_t *order, struct error *error)
{
	const json_t *services = json_object_get(order, "services"), *apps = json_object_get(order, "apps");
	const json_t *value;
	size_t i;

	drop_supplies(shop);
	shop->services = mem_new(json_array_size(services), sizeof(*shop->services));
	shop->apps = mem_new(json_array_size(apps), sizeof(*shop->apps));
	json_array_foreach (services, i, value) {
		if (service_from_json(&shop->services[i], value, error))
			return -1;
		shop->service_count++;
		service_hide(&shop->services[i], shop->log);
	}
	json_array_foreach (apps, i, value) {
		if (app_from_json(&shop->apps[i], value, error))
			return -1;
		shop->app_count++;
		app_hide(&shop->apps[i], shop->log);
	}
	shop->unknown_app_refuse = json_get_boolean(order, "unknown_app_refuse", 1);
	return 0;
}

void workshop_close(struct workshop *shop)
{
	client_free(shop->client);
	http_free(shop->http);
	plugin_close(&shop->plugin);
	drop_supplies(shop);
	errands_clear(&shop->errands);
}

/* ---- exec ---- */

struct single {
	struct task *task;
	struct errand finished;
	int done;
};

static void mark_done(void *arg)
{
	((struct single *)arg)->done = 1;
}

static void *single_run(void *arg)
{
	struct single *single = arg;

	task_run(single->task);
	single->finished = (struct errand){.run = mark_done, .arg = single};
	errands_add(&single->task->shop->errands, &single->finished);
	return NULL;
}

json_t *workshop_exec(struct workshop *shop, json_t *order)
{
	struct single single = {.task = task_new(shop, order)};
	pthread_t thread;
	json_t *result;

	if (!single.task || pthread_create(&thread, NULL, single_run, &single))
		mem_out();
	while (!single.done) {
		(void)http_turn(shop->http, NULL, 0, 1000);
		errands_run(&shop->errands);
	}
	(void)pthread_join(thread, NULL);
	result = task_result(single.task);
	task_free(single.task);
	return result;
}
