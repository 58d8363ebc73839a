/* server.h: a small HTTP server for tests, on a free port of 127.0.0.1: a thread that accepts and one for each
 * connection. What it answers is a function of the test; what it was asked is kept. */
#ifndef BPTL_TESTS_HTTP_SERVER_H
#define BPTL_TESTS_HTTP_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

#define SERVER_MOST 128

struct server;

/* Answers request number `number` (from 1) on a connection. Returns 1 to keep the connection, 0 to close it. */
typedef int server_answer(struct server *server, int fd, int number, const char *request);

struct server {
	server_answer *answer;
	int listener, port, stop;
	pthread_t acceptor;
	pthread_mutex_t lock;
	struct server_connection {
		struct server *server;
		pthread_t thread;
		int fd;
	} connections[SERVER_MOST];
	int connection_count;
	char *requests[SERVER_MOST];
	int request_count;
	char url[64]; /* http://127.0.0.1:PORT/ */
};

static inline void server_say_bytes(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t n = send(fd, at, length, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		at += n;
		length -= (size_t)n;
	}
}

static inline void server_say(int fd, const char *text)
{
	server_say_bytes(fd, text, strlen(text));
}

/* Status line, headers ("" or lines that end with CRLF) and a body with its length. */
static inline int server_reply(int fd, int status, const char *headers, const char *body)
{
	char head[2000];

	(void)snprintf(head, sizeof(head), "HTTP/1.1 %d Words\r\nContent-Length: %zu\r\n%s\r\n", status, strlen(body),
		       headers);
	server_say(fd, head);
	server_say(fd, body);
	return 1;
}

/* Reads one request, headers and body; 0 when the connection ended. */
static inline int server_read(int fd, char *request, size_t room)
{
	size_t length = 0, head = 0, need = 0;

	while (head == 0 || length < head + need) {
		ssize_t n = length + 1 < room ? recv(fd, request + length, room - 1 - length, 0) : 0;
		char *end, *field;

		if (n <= 0)
			return 0;
		length += (size_t)n;
		request[length] = '\0';
		end = strstr(request, "\r\n\r\n");
		if (head == 0 && end) {
			head = (size_t)(end - request) + 4;
			field = strcasestr(request, "\r\nContent-Length:");
			need = field && field < end ? strtoul(field + 17, NULL, 10) : 0;
		}
	}
	return 1;
}

static inline void *server_serve(void *arg)
{
	struct server_connection *connection = arg;
	struct server *server = connection->server;
	char request[65536];
	int number = 0, keep = 1;

	while (keep && server_read(connection->fd, request, sizeof(request))) {
		(void)pthread_mutex_lock(&server->lock);
		if (server->request_count < SERVER_MOST)
			server->requests[server->request_count++] = strdup(request);
		(void)pthread_mutex_unlock(&server->lock);
		keep = server->answer(server, connection->fd, ++number, request);
	}
	(void)shutdown(connection->fd, SHUT_RDWR);
	return NULL;
}

static inline void *server_accept(void *arg)
{
	struct server *server = arg;
	int fd;

	while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
		struct server_connection *connection;

		(void)pthread_mutex_lock(&server->lock);
		if (server->stop || server->connection_count == SERVER_MOST) {
			(void)close(fd);
		} else {
			connection = &server->connections[server->connection_count++];
			connection->server = server;
			connection->fd = fd;
			if (pthread_create(&connection->thread, NULL, server_serve, connection) != 0)
				abort();
		}
		(void)pthread_mutex_unlock(&server->lock);
	}
	return NULL;
}

static inline void server_start(struct server *server, server_answer *answer)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	memset(server, 0, sizeof(*server));
	server->answer = answer;
	assert_int_equal(pthread_mutex_init(&server->lock, NULL), 0);
	server->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(server->listener, 128), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
	server->port = ntohs(address.sin_port);
	(void)snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d/", server->port);
	assert_int_equal(pthread_create(&server->acceptor, NULL, server_accept, server), 0);
}

static inline void server_stop(struct server *server)
{
	(void)pthread_mutex_lock(&server->lock);
	server->stop = 1;
	(void)shutdown(server->listener, SHUT_RDWR);
	for (int i = 0; i < server->connection_count; i++)
		(void)shutdown(server->connections[i].fd, SHUT_RDWR);
	(void)pthread_mutex_unlock(&server->lock);
	(void)pthread_join(server->acceptor, NULL);
	for (int i = 0; i < server->connection_count; i++) {
		(void)pthread_join(server->connections[i].thread, NULL);
		(void)close(server->connections[i].fd);
	}
	for (int i = 0; i < server->request_count; i++)
		free(server->requests[i]);
	(void)close(server->listener);
	(void)pthread_mutex_destroy(&server->lock);
}

/* Is the server to stop? For answers that take their time. */
static inline int server_stopping(struct server *server)
{
	int stop;

	(void)pthread_mutex_lock(&server->lock);
	stop = server->stop;
	(void)pthread_mutex_unlock(&server->lock);
	return stop;
}

/* How often a text occurs in all requests so far. */
static inline int server_count(struct server *server, const char *text)
{
	int count = 0;

	(void)pthread_mutex_lock(&server->lock);
	for (int i = 0; i < server->request_count; i++)
		for (const char *at = strstr(server->requests[i], text); at; at = strstr(at + 1, text))
			count++;
	(void)pthread_mutex_unlock(&server->lock);
	return count;
}

/* A copy of request number `index` (from 0), or "" when there was none; owned. */
static inline char *server_request(struct server *server, int index)
{
	char *copy;

	(void)pthread_mutex_lock(&server->lock);
	copy = strdup(index < server->request_count ? server->requests[index] : "");
	(void)pthread_mutex_unlock(&server->lock);
	return copy;
}

/* A free port on which nobody listens. */
static inline int server_closed_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	(void)close(fd);
	return ntohs(address.sin_port);
}

#endif
