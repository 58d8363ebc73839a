/* token.h: the token of the ZGW APIs: a JWT signed with HS256 (RFC 7515; claims as in the ZGW standard for API
 * authentication: iss, iat, client_id, user_id, user_representation). */
#ifndef BPTL_HTTP_TOKEN_H
#define BPTL_HTTP_TOKEN_H

#include <stdint.h>

#include "http/service.h"

/* A new token, issued at `now` (seconds since 1970) minus the service's leeway. Owned; NULL when OpenSSL fails. */
char *token_zgw(const struct service *service, const struct credentials *credentials, int64_t now);
/* Base64 as in HTTP basic authentication. Owned. */
char *token_base64(const void *bytes, size_t length);
/* Base64 with the URL alphabet and without padding. Owned. */
char *token_base64url(const void *bytes, size_t length);

#endif
