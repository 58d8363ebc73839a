/* outage.c: see outage.h. One failure says little, as 500 is how optimistic locking shows; many in a row are silence.
 */
#include "core/outage.h"

#include "base/clock.h"

#define SILENCE 8
#define TRIAL_FIRST 2000
#define TRIAL_MOST 10000

static int silent(const struct outage *outage)
{
	return outage->unanswered >= SILENCE;
}

int64_t outage_ask_at(const struct outage *outage, int64_t at)
{
	if (!silent(outage))
		return at;
	if (outage->trial)
		return INT64_MAX;
	return at > outage->trial_at ? at : outage->trial_at;
}

void outage_asked(struct outage *outage)
{
	outage->trial = silent(outage);
}

int outage_heard(struct outage *outage, enum engine_result result, int64_t now)
{
	int over;

	if (result == ENGINE_STOPPED)
		return 0;
	if (result != ENGINE_AGAIN) {
		over = silent(outage);
		outage->unanswered = 0;
		return over;
	}
	outage->unanswered++;
	if (silent(outage))
		outage->trial_at = now + clock_backoff(outage->unanswered - SILENCE + 1, TRIAL_FIRST, TRIAL_MOST);
	return 0;
}
