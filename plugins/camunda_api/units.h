/* units.h: the units of this plugin, one file each. */
#ifndef CAMUNDA_API_UNITS_H
#define CAMUNDA_API_UNITS_H

#include <bptl/plugin.h>

extern const struct bptl_unit camunda_api_call_activity;

#endif
