/* address.h: addresses of mail. */
#ifndef ZAC_ADDRESS_H
#define ZAC_ADDRESS_H

/* Is this one mail address, and nothing else? */
int address_is_valid(const char *address);

#endif
