/* plugin.c: the description of the plugin zac, whose units work with the zaakafhandelcomponent. It reads the crest of
 * the municipality when it starts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

#define CREST_MOST (1024u * 1024) /* bytes */

static const struct bptl_unit *const units[] = {
	&zac_user_details,
	&zac_zaak_detail_url,
	&zac_vgu_reports,
	NULL,
};

static const struct bptl_key options[] = {
	{"crest", BPTL_OPTIONAL, NULL,
	 "SVG file with the municipality's crest, for the mail of ZacEmailVGUReports; without it crest.svg beside the "
	 "plugin, if there is one"},
	{0},
};

/* Reads an open file whole; NULL without memory, when it cannot be read or is too large (*size tells). Owned. */
static char *read_whole(FILE *file, size_t *size)
{
	char *bytes = malloc(CREST_MOST + 2);

	*size = bytes ? fread(bytes, 1, CREST_MOST + 1, file) : 0;
	if (bytes && (ferror(file) || *size > CREST_MOST)) {
		free(bytes);
		return NULL;
	}
	if (bytes)
		bytes[*size] = '\0';
	return bytes;
}

static int read_crest(struct bptl_start *start, struct zac *zac, const char *path, int demanded)
{
	FILE *file = fopen(path, "rb");

	if (!file && !demanded && errno == ENOENT)
		return 0;
	if (!file)
		return bptl_refuse(start, "cannot open the crest %s: %s", path, strerror(errno));
	zac->crest = read_whole(file, &zac->crest_size);
	(void)fclose(file);
	if (!zac->crest)
		return bptl_refuse(start, "cannot read the crest %s, or it has more than %u bytes", path, CREST_MOST);
	if (!strstr(zac->crest, "<svg"))
		return bptl_refuse(start, "the crest %s is no SVG picture", path);
	return 0;
}

static void fini(void *state)
{
	struct zac *zac = state;

	free(zac->crest);
	free(zac);
}

static int init(struct bptl_start *start, void **state)
{
	const char *own = bptl_start_option(start, "crest");
	const char *folder = bptl_start_folder(start);
	size_t size = strlen(folder) + sizeof("/crest.svg");
	struct zac *zac = calloc(1, sizeof(*zac));
	char *shipped = malloc(size);
	int code;

	if (!zac || !shipped) {
		free(zac);
		free(shipped);
		return bptl_refuse(start, "out of memory");
	}
	(void)snprintf(shipped, size, "%s/crest.svg", folder);
	code = read_crest(start, zac, own && *own ? own : shipped, own && *own);
	free(shipped);
	if (code)
		fini(zac);
	else
		*state = zac;
	return code;
}

static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "zac",      .version = "0.1.0", .summary = "Work with the zaakafhandelcomponent (ZAC)",
	.units = units, .options = options, .init = init,       .fini = fini,
};

const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
