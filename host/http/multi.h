/* multi.h: private to host/http: transfers on the multi handle of a struct http, and what all transfers share. */
#ifndef BPTL_HTTP_MULTI_H
#define BPTL_HTTP_MULTI_H

#include <curl/curl.h>

#include "http/http.h"

typedef void http_easy_done(void *arg, CURLcode code);

/* Starts a transfer that the caller has set up. CURLOPT_PRIVATE is ours. done() is called once: from http_turn(), or
 * from http_free() with CURLE_ABORTED_BY_CALLBACK; never from here. The handle is out of the multi by then, and it is
 * the caller's all the time: curl_easy_cleanup() it, in done() if you like. */
void http_add_easy(struct http *http, CURL *easy, http_easy_done *done, void *arg);
/* Ends a transfer that was added and is not done: done() is not called. */
void http_remove_easy(struct http *http, CURL *easy);

/* What every transfer of ours has in common: no signals, no netrc, TLS verified and 1.2 or newer, the CA file of `tls`
 * or else the system's, client certificate and key. */
void http_secure(CURL *easy, const struct http_tls *tls);
/* Ends the process when curl says that there is no memory. Other codes are passed over. */
void http_must(CURLcode code);
/* With TLS 1.3 a server refuses our certificate when we believe to be connected: its alert is the first thing read. */
int http_refused_our_certificate(CURLcode code, const char *words);
/* Is this the end of a TLS handshake that waiting will not mend? `words` is what is in CURLOPT_ERRORBUFFER. */
int http_tls_refused(CURLcode code, const char *words);
/* What an operator can do about a connection with TLS that failed, as the end of a sentence; "" when nothing is known.
 */
const char *http_tls_advice(CURLcode code, const char *words);

#endif
