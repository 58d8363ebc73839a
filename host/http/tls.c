/* tls.c: what all transfers have in common: TLS, verified, 1.2 or newer; and what an operator can do when it fails. See
 * multi.h. */
#include <string.h>

#include "http/multi.h"

#define CLOSED "; the server closed the connection: does it demand a client certificate (client_cert and client_key)?"

void http_secure(CURL *easy, const struct http_tls *tls)
{
	const char *ca_file = tls->ca_file ? tls->ca_file : curl_version_info(CURLVERSION_NOW)->cainfo;

	http_must(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
	http_must(curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED));
	http_must(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L));
	http_must(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L));
	http_must(curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2));
	/* libcurl keeps the parsed CA file between connections, but only when there is no folder of CAs */
	http_must(curl_easy_setopt(easy, CURLOPT_CAPATH, NULL));
	if (ca_file)
		http_must(curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file));
	http_must(curl_easy_setopt(easy, CURLOPT_SSLCERT, tls->client_cert));
	http_must(curl_easy_setopt(easy, CURLOPT_SSLKEY, tls->client_key));
}

int http_refused_our_certificate(CURLcode code, const char *words)
{
	static const char *const alerts[] = {"alert certificate required", "alert bad certificate",
					     "alert unknown ca",           "alert certificate expired",
					     "alert certificate revoked",  "alert certificate unknown",
					     "alert handshake failure",    "alert access denied"};

	for (size_t i = 0; code == CURLE_RECV_ERROR && i < sizeof(alerts) / sizeof(*alerts); i++)
		if (strstr(words, alerts[i]))
			return 1;
	return 0;
}

int http_tls_refused(CURLcode code, const char *words)
{
	switch (code) {
	case CURLE_SSL_CONNECT_ERROR: /* also when the connection broke during the handshake */
		return !strstr(words, "SSL_ERROR_SYSCALL") && !strcasestr(words, "connection reset");
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CRL_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_CLIENTCERT:
		return 1;
	default:
		return http_refused_our_certificate(code, words);
	}
}

const char *http_tls_advice(CURLcode code, const char *words)
{
	static const struct {
		const char *words, *advice;
	} known[] = {
		{"certificate has expired", "; the server needs a new certificate"},
		{"not yet valid", "; is the clock of this machine right?"},
		{"self-signed certificate", "; if it is the right server, name the certificate of its CA with ca_file"},
		{"self signed certificate", "; if it is the right server, name the certificate of its CA with ca_file"},
		{"local issuer certificate",
		 "; if it is the right server, name the certificate of its CA with ca_file"},
		{"does not match target host", "; the address must have a name for which the certificate was made"},
		{"no alternative certificate subject",
		 "; the address must have a name for which the certificate was made"},
		{"wrong version number", "; does the server speak TLS on this port?"},
		{"packet length too long", "; does the server speak TLS on this port?"},
		{"protocol version", "; the server must speak TLS 1.2 or newer"},
		{"unsupported protocol", "; the server must speak TLS 1.2 or newer"},
		{"certificate required", "; the server demands a client certificate: client_cert and client_key"},
		{"SSL_ERROR_SYSCALL", "; the server broke off the handshake: it must speak TLS 1.2 or newer"},
		{"getpeername", CLOSED},
		{"Send failure", CLOSED},
		{"Recv failure", CLOSED},
		{"response reading failed", CLOSED},
		{"error setting certificate verify locations", "; does the file of ca_file hold certificates (PEM)?"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strstr(words, known[i].words))
			return known[i].advice;
	if (http_refused_our_certificate(code, words) || strstr(words, "handshake failure"))
		return "; the server does not accept our client certificate, or demands one: client_cert and "
		       "client_key";
	return "";
}
