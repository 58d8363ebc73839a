/* token.c: see token.h. */
#include "http/token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

char *token_base64(const void *bytes, size_t length)
{
	char *text = mem_new(length / 3 + 1, 4 + 1);

	/* one piece: pieces that are multiples of three bytes need no padding between them */
	for (size_t done = 0; done < length;) {
		size_t piece = length - done > 3 * 1024 ? 3 * 1024 : length - done;

		(void)EVP_EncodeBlock((unsigned char *)text + done / 3 * 4, (const unsigned char *)bytes + done,
				      (int)piece);
		done += piece;
	}
	return text;
}

char *token_base64url(const void *bytes, size_t length)
{
	char *text = token_base64(bytes, length);

	for (char *c = text; *c; c++) {
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
		else if (*c == '=')
			*c = '\0';
	}
	return text;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* "header.claims", each as JSON in base64url. */
static char *signing_input(const struct service *service, const struct credentials *credentials, int64_t now)
{
	static const char header[] = "{\"typ\":\"JWT\",\"alg\":\"HS256\"}";
	json_t *claims = mem_json(json_pack("{s:s, s:I, s:s, s:s, s:s}", "iss", or_empty(credentials->client_id), "iat",
					    (json_int_t)(now - service->token_leeway), "client_id",
					    or_empty(credentials->client_id), "user_id", or_empty(service->user_id),
					    "user_representation", or_empty(service->user_representation)));
	char *json = json_dumps(claims, JSON_COMPACT | JSON_ENSURE_ASCII);
	char *first, *second, *input;

	json_decref(claims);
	if (!json)
		mem_out();
	first = token_base64url(header, sizeof(header) - 1);
	second = token_base64url(json, strlen(json));
	input = mem_format("%s.%s", first, second);
	free(first);
	free(second);
	free(json);
	return input;
}

char *token_zgw(const struct service *service, const struct credentials *credentials, int64_t now)
{
	const char *secret = or_empty(credentials->secret);
	char *input = signing_input(service, credentials, now);
	unsigned char signature[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	char *encoded, *token = NULL;

	if (HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)input, strlen(input), signature,
		 &length)) {
		encoded = token_base64url(signature, length);
		token = mem_format("%s.%s", input, encoded);
		free(encoded);
	}
	free(input);
	return token;
}
