/* address.c: see address.h. RFC 5322's addr-spec with a dot-atom: no quoted local parts, comments or [literals]. */
#include "address.h"

#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

#define ADDRESS_MOST 254
#define LOCAL_MOST 64
#define LABEL_MOST 63

/* A host name: labels of letters, digits and inner hyphens, two at least unless it is localhost. */
static int is_domain(const char *domain)
{
	int labels = 0;

	for (const char *label = domain;; label++) {
		size_t length = strspn(label, LETTERS DIGITS "-");

		if (length == 0 || length > LABEL_MOST || label[0] == '-' || label[length - 1] == '-')
			return 0;
		labels++;
		label += length;
		if (!*label)
			return labels > 1 || strcmp(domain, "localhost") == 0;
		if (*label != '.')
			return 0;
	}
}

int address_is_valid(const char *address)
{
	size_t local = strspn(address, LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~.");

	if (local == 0 || local > LOCAL_MOST || address[local] != '@' || strlen(address) > ADDRESS_MOST)
		return 0;
	if (address[0] == '.' || address[local - 1] == '.' || strstr(address, ".."))
		return 0;
	return is_domain(address + local + 1);
}
