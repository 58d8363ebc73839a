/* runner.h: the child process that holds one plugin: what it does from its first frame to its last. The other end of
 * the socket is core/runners.c, which says what the frames are. */
#ifndef BPTL_RUNNER_RUNNER_H
#define BPTL_RUNNER_RUNNER_H

/* Serves the core on this socket until it closes; crash notes go down note_fd. The exit status of the process. */
int runner_main(int socket_fd, int note_fd);

#endif
