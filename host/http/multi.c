/* multi.c: the multi handle: see multi.h, and http.h for http_new(), http_free(), http_turn(), http_wake() and
 * http_pending(). It knows nothing of what goes over it. */
#include "http/multi.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/memory.h"

/* A transfer on the multi handle. */
struct transfer {
	CURL *easy;
	http_easy_done *done;
	void *arg;
	struct transfer *previous, *next;
};

struct http {
	CURLM *multi;
	CURLSH *sessions; /* of TLS: else each new connection would begin with a full handshake */
	struct transfer *first;
	size_t count;
};

static void no_descriptors(void)
{
	(void)fprintf(stderr, "bptl: no descriptors are left at its start (%s): raise the limit of open files\n",
		      strerror(errno));
	_exit(EX_OSERR);
}

struct http *http_new(void)
{
	struct http *http = mem_new(1, sizeof(*http));

	http_must(
		curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_get, free, mem_get_again, mem_get_copy, mem_get_zeroed));
	http->multi = curl_multi_init();
	if (!http->multi)
		mem_out();
	http->sessions = curl_share_init();
	if (!http->sessions || curl_share_setopt(http->sessions, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION))
		mem_out();
	/* without what http_wake() writes to, a loop would sleep on when a worker has something for it */
	if (curl_multi_wakeup(http->multi) != CURLM_OK)
		no_descriptors();
	(void)curl_multi_poll(http->multi, NULL, 0, 0, NULL); /* takes that one back */
	return http;
}

static void detach(struct http *http, struct transfer *transfer)
{
	(void)curl_multi_remove_handle(http->multi, transfer->easy);
	if (transfer->previous)
		transfer->previous->next = transfer->next;
	else
		http->first = transfer->next;
	if (transfer->next)
		transfer->next->previous = transfer->previous;
	http->count--;
}

/* Takes a transfer out of the multi and tells its owner. */
static void end_transfer(struct http *http, struct transfer *transfer, CURLcode code)
{
	http_easy_done *done = transfer->done;
	void *arg = transfer->arg;

	detach(http, transfer);
	free(transfer);
	done(arg, code);
}

void http_free(struct http *http)
{
	if (!http)
		return;
	while (http->first) /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): each takes itself off the list */
		end_transfer(http, http->first, CURLE_ABORTED_BY_CALLBACK);
	(void)curl_multi_cleanup(http->multi);
	(void)curl_share_cleanup(http->sessions);
	curl_global_cleanup();
	free(http);
}

void http_must(CURLcode code)
{
	if (code == CURLE_OUT_OF_MEMORY)
		mem_out();
}

void http_add_easy(struct http *http, CURL *easy, http_easy_done *done, void *arg)
{
	struct transfer *transfer = mem_new(1, sizeof(*transfer));

	transfer->easy = easy;
	transfer->done = done;
	transfer->arg = arg;
	transfer->next = http->first;
	if (http->first)
		http->first->previous = transfer;
	http->first = transfer;
	http->count++;
	http_must(curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer));
	http_must(curl_easy_setopt(easy, CURLOPT_SHARE, http->sessions));
	/* it fails when there is no memory, or when the handle is in a multi already, which would be our mistake */
	if (curl_multi_add_handle(http->multi, easy) != CURLM_OK)
		mem_out();
}

static struct transfer *transfer_of(CURL *easy)
{
	char *private = NULL;

	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
	return (struct transfer *)(void *)private;
}

void http_remove_easy(struct http *http, CURL *easy)
{
	struct transfer *transfer = transfer_of(easy);

	detach(http, transfer);
	free(transfer);
}

/* Waits on the callers' descriptors and on curl's. curl folds POLLHUP and POLLERR away, so they are asked for anew. */
static int wait_for(struct http *http, struct pollfd *fds, unsigned count, int64_t timeout)
{
	struct curl_waitfd room[32];
	struct curl_waitfd *extra = count <= 32 ? room : mem_new(count, sizeof(*extra));
	int wait = timeout < 0 || timeout > INT_MAX ? INT_MAX : (int)timeout;
	int ready = 0;

	for (unsigned i = 0; i < count; i++) {
		extra[i] = (struct curl_waitfd){.fd = fds[i].fd};
		if (fds[i].events & POLLIN)
			extra[i].events |= CURL_WAIT_POLLIN;
		if (fds[i].events & POLLPRI)
			extra[i].events |= CURL_WAIT_POLLPRI;
		if (fds[i].events & POLLOUT)
			extra[i].events |= CURL_WAIT_POLLOUT;
	}
	(void)curl_multi_poll(http->multi, extra, count, wait, NULL);
	if (extra != room)
		free(extra);
	if (count > 0)
		ready = poll(fds, count, 0);
	return ready < 0 ? 0 : ready;
}

int http_turn(struct http *http, struct pollfd *fds, unsigned count, int64_t timeout)
{
	int ready = wait_for(http, fds, count, timeout);
	int running, left;
	CURLMsg *message;

	(void)curl_multi_perform(http->multi, &running);
	while ((message = curl_multi_info_read(http->multi, &left)))
		if (message->msg == CURLMSG_DONE) /* a copy: the message dies with the removal of its handle */
			end_transfer(http, transfer_of(message->easy_handle), message->data.result);
	return ready;
}

void http_wake(struct http *http)
{
	(void)curl_multi_wakeup(http->multi);
}

size_t http_pending(const struct http *http)
{
	return http->count;
}
