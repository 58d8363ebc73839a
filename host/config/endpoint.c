/* endpoint.c: see endpoint.h. */
#include "config/endpoint.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/secret.h"
#include "http/url.h"

char *endpoint_root(struct fields *fields, const char *key, const char *expected)
{
	const char *value = fields_need(fields, key, expected);
	struct error error = {0};
	char *root = value ? url_root(value, "http https", &error) : NULL;

	if (value && !root)
		fields_problem(fields, key, "%s", error.text);
	return root;
}

int endpoint_is_plain(const char *url)
{
	return text_starts(url, "http://") || text_starts(url, "smtp://");
}

int endpoint_is_loopback(const char *url)
{
	char *host = url_host(url);
	struct in6_addr six;
	struct in_addr four;
	int is = strcasecmp(host, "localhost") == 0 ||
		 (inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127) ||
		 (inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six));

	free(host);
	return is;
}

char *endpoint_header(struct fields *fields, const char *key)
{
	/* a token, RFC 9110 section 5.6.2 */
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
	const char *header = fields_text(fields, key);

	if (header && strspn(header, letters) != strlen(header))
		fields_wrong(fields, key, "expected the name of a header");
	return mem_text(header);
}

static void read_header(struct fields *fields, struct service *service)
{
	(void)fields_need(fields, "header",
			  "the name of the header that carries the value, such as Authorization or X-Api-Key");
	service->own.header = endpoint_header(fields, "header");
	service->own.value = secret_read(fields, "value", 1);
}

static void read_client(struct fields *fields, struct service *service)
{
	service->own.client_id =
		mem_text(fields_need(fields, "client_id", "the name under which the service knows bptl"));
	service->own.secret = secret_read(fields, "secret", 1);
}

static void read_oauth2(struct fields *fields, struct service *service)
{
	const char *value;
	struct error error = {0};

	read_client(fields, service);
	service->scope = mem_text(fields_text(fields, "scope"));
	value = fields_need(fields, "token_url", "the URL where tokens are given out");
	if (!value)
		return;
	service->token_url = url_normal(value, "http https", &error);
	if (!service->token_url)
		fields_problem(fields, "token_url", "%s", error.text);
	else
		endpoint_guard(fields, service, "token_url", service->token_url);
}

static void read_zgw(struct fields *fields, struct service *service)
{
	read_client(fields, service);
	service->user_id = mem_text(fields_text(fields, "user_id"));
	service->user_representation = mem_text(fields_text(fields, "user_representation"));
	service->token_leeway =
		fields_duration(fields, "token_leeway", 5 * FIELDS_SECOND, 0, 5 * FIELDS_MINUTE) / FIELDS_SECOND;
}

void endpoint_user(struct fields *fields, struct service *service)
{
	service->auth = SERVICE_BASIC;
	service->own.client_id = mem_text(fields_need(fields, "user", "the name of the user"));
	if (service->own.client_id && strchr(service->own.client_id, ':'))
		fields_wrong(fields, "user", "a user name with a colon cannot be sent");
	service->own.secret =
		secret_given(fields, "secret") ? secret_read(fields, "secret", 1) : secret_read(fields, "password", 1);
}

/* The value of "auth", or the default. */
static enum service_auth read_auth(struct fields *fields, const int *allowed)
{
	const char *names[8] = {NULL};
	int count = 0;

	for (; allowed[count] >= 0; count++)
		names[count] = service_auth_name((enum service_auth)allowed[count]);
	return (enum service_auth)allowed[fields_choice(fields, "auth", names, 0)];
}

void endpoint_auth(struct fields *fields, struct service *service, const int *allowed)
{
	service->auth = read_auth(fields, allowed);
	switch (service->auth) {
	case SERVICE_NONE:
		break;
	case SERVICE_ZGW:
		read_zgw(fields, service);
		break;
	case SERVICE_API_KEY:
		read_header(fields, service);
		break;
	case SERVICE_OAUTH2:
		read_oauth2(fields, service);
		break;
	case SERVICE_BASIC:
		endpoint_user(fields, service);
		break;
	case SERVICE_BEARER:
		service->own.secret = secret_read(fields, "token", 1);
		break;
	}
}

/* A file of certificates: there, and readable. */
static char *read_certificates(struct fields *fields, const char *key)
{
	char *path = fields_path(fields, key);

	if (path && access(path, R_OK) != 0)
		fields_problem(fields, key, "%s cannot be read: is it there, and may the user of bptl read it?", path);
	return path;
}

void endpoint_tls(struct fields *fields, struct service *service, const char *plain)
{
	static const char *const keys[] = {"ca_file", "client_cert", "client_key"};

	for (size_t i = 0; plain && i < 3; i++)
		if (fields_text(fields, keys[i]))
			fields_problem(fields, keys[i], "%s does not use TLS: leave this out, or use TLS", plain);
	if (plain)
		return;
	service->ca_file = read_certificates(fields, "ca_file");
	service->client_cert = read_certificates(fields, "client_cert");
	service->client_key = fields_path(fields, "client_key");
	if (service->client_key)
		secret_check_file(fields, "client_key", service->client_key);
	if (service->client_cert && !fields_has(fields, "client_key"))
		fields_problem(fields, "client_cert", "client_key is missing: name the file with its private key");
	if (service->client_key && !fields_has(fields, "client_cert"))
		fields_problem(fields, "client_key", "client_cert is missing: name the file with its certificate");
}

void endpoint_guard(struct fields *fields, const struct service *service, const char *key, const char *url)
{
	if (service->auth == SERVICE_NONE || !endpoint_is_plain(url) || endpoint_is_loopback(url) ||
	    fields->allow_plain)
		return;
	fields_problem(fields, key,
		       "credentials would go over the network in the clear: use TLS (https), or say allow_plain = yes");
}
