/* check.c: see check.h. */
#include "http/check.h"

#include <string.h>
#include <strings.h>

static int has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return 1;
	return 0;
}

/* The length of the name at the start of a header line: token characters (RFC 9110, 5.6.2). */
static size_t name_length(const char *header)
{
	return strspn(header, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~");
}

int check_is_named(const char *header, const char *name)
{
	size_t length = strlen(name);

	return name_length(header) == length && strncasecmp(header, name, length) == 0;
}

/* Who we are is not a unit's business, nor how the message is framed. */
static int header_fault(const struct service *service, const struct credentials *credentials, const char *header,
			struct error *error)
{
	static const char *const refused[] = {
		"Authorization",     "Proxy-Authorization", "Cookie", "Host",    "Content-Length",
		"Transfer-Encoding", "Connection",          "Expect", "Upgrade", "TE",
		"Trailer",           "Accept-Encoding"};
	size_t length = name_length(header);
	const char *value = header + length + strspn(header + length, ": ");

	if (length == 0 || header[length] != ':' || !*value)
		return error_set(error, "service %s: a header of the request is not of the form \"Name: value\"",
				 service->name);
	if (has_control(header))
		return error_set(error, "service %s: the header %.*s of the request holds a control character",
				 service->name, (int)length, header);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if (check_is_named(header, refused[i]))
			return error_set(error, "service %s: the header %s is not for units to set: the host does that",
					 service->name, refused[i]);
	if (service->auth == SERVICE_API_KEY && check_is_named(header, credentials->header))
		return error_set(error, "service %s: the header %s carries the service's key: the host sets it",
				 service->name, credentials->header);
	return 0;
}

static int lacks(const char *text)
{
	return !text || !*text;
}

/* What is wrong with the credentials for this way of authentication, or NULL. */
static const char *credentials_fault(enum service_auth auth, const struct credentials *credentials)
{
	switch (auth) {
	case SERVICE_NONE:
		return NULL;
	case SERVICE_ZGW:
	case SERVICE_OAUTH2:
		return lacks(credentials->client_id) || lacks(credentials->secret) ? "client_id and secret are needed"
										   : NULL;
	case SERVICE_BASIC:
		if (lacks(credentials->client_id) || !credentials->secret)
			return "client_id (the user) and secret are needed";
		return strchr(credentials->client_id, ':') ? "a user name cannot hold a colon" : NULL;
	case SERVICE_BEARER:
		if (lacks(credentials->secret))
			return "secret (the token) is needed";
		return has_control(credentials->secret) ? "the token holds a control character" : NULL;
	case SERVICE_API_KEY:
		if (lacks(credentials->header) || lacks(credentials->value))
			return "header and value are needed";
		if (credentials->header[name_length(credentials->header)] != '\0')
			return "header is not the name of a header";
		return has_control(credentials->value) ? "value holds a control character" : NULL;
	}
	return "its auth is not known";
}

int check_request(const struct client_request *request, const struct credentials *credentials, struct error *error)
{
	const struct service *service = request->service;
	const char *fault = credentials_fault(service->auth, credentials);
	int of_app = credentials != &service->own;

	if (strcmp(service->type, "smtp") == 0)
		return error_set(error, "service %s takes mails, no HTTP requests", service->name);
	if (fault)
		return error_set(error, "service %s has auth = %s: %s%s%s", service->name,
				 service_auth_name(service->auth), fault, of_app ? " in app " : "",
				 of_app ? request->app->name : "");
	if (service->auth == SERVICE_OAUTH2 && lacks(service->token_url))
		return error_set(error, "service %s has auth = oauth2: token_url is needed", service->name);
	if (lacks(request->method) || request->method[name_length(request->method)] != '\0')
		return error_set(error, "service %s: the method of the request is not one", service->name);
	for (const char *const *header = request->headers; header && *header; header++)
		if (header_fault(service, credentials, *header, error))
			return -1;
	return 0;
}
