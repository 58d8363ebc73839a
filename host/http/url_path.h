/* url_path.h: what a path may not hold, because somebody on the way to the service, or the service itself, could read
 * it as another one. Private to host/http. */
#ifndef BPTL_HTTP_URL_PATH_H
#define BPTL_HTTP_URL_PATH_H

/* What is wrong with the path of a URL, as the end of a sentence; NULL when it can be read in one way only. */
const char *url_path_fault(const char *path);

#endif
