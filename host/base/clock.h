/* clock.h: time. Deadlines are counted in milliseconds of CLOCK_BOOTTIME, which goes on while the machine sleeps and
 * never jumps; the wall clock is only for what people and other systems read. */
#ifndef BPTL_BASE_CLOCK_H
#define BPTL_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define CLOCK_TEXT 48 /* room for every text made here */

/* Milliseconds since the machine started. */
int64_t clock_boot(void);
/* The same in microseconds, to measure with. */
int64_t clock_boot_micros(void);
/* Microseconds since 1970-01-01 UTC. */
int64_t clock_wall(void);
/* 2026-01-16T09:12:33.123456+00:00, from microseconds since 1970. */
void clock_utc(int64_t wall, char text[CLOCK_TEXT]);
/* 2026-01-16T10:12:33.123+01:00, in the time zone of the machine ($TZ): for people. */
void clock_local(int64_t wall, char text[CLOCK_TEXT]);
/* 2026-01-16, the civil date in Europe/Amsterdam. */
void clock_amsterdam_date(int64_t wall, char text[CLOCK_TEXT]);
/* Seconds that Amsterdam is ahead of UTC then. */
int clock_amsterdam_offset(int64_t wall);
/* Reads what engines and APIs write: 2024-03-01T12:34:56.789+0000, also without fraction, with Z, +00:00 or +00;
 * without any of them it is UTC. 0 and microseconds since 1970, or -1. */
int clock_parse(const char *text, int64_t *wall);
/* A wait before try number `attempt` (1, 2, ...) in milliseconds: doubles from `first` up to `limit`, of which a
 * random part between half and all is taken, so that many hosts do not come back at once. */
int64_t clock_backoff(unsigned attempt, int64_t first, int64_t limit);

#endif
