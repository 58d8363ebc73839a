/* names.c: preloaded by tests: resolves the names of the file `names` beside this library ("name address", one a line)
 * to the addresses that stand there at that moment, so that a name can change its address under a running host. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

typedef int resolver(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found);

/* The address of the name; 0 when the file has none. */
static int look_up(const char *name, char address[64])
{
	char path[4096], known[256];
	Dl_info self;
	FILE *file;
	int found = 0;

	if (!dladdr((void *)look_up, &self) || !self.dli_fname || !strrchr(self.dli_fname, '/'))
		return 0;
	(void)snprintf(path, sizeof(path), "%.*s/names", (int)(strrchr(self.dli_fname, '/') - self.dli_fname),
		       self.dli_fname);
	file = fopen(path, "re");
	while (file && !found && fscanf(file, "%255s %63s", known, address) == 2)
		found = strcmp(known, name) == 0;
	if (file)
		(void)fclose(file);
	return found;
}

__attribute__((visibility("default"))) int getaddrinfo(const char *node, const char *service,
						       const struct addrinfo *hints, struct addrinfo **found)
{
	resolver *real;
	char address[64];

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(node && look_up(node, address) ? address : node, service, hints, found);
}
