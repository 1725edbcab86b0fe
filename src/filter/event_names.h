/* SPDX-License-Identifier: Apache-2.0 */
/* What evt.type may be compared with: events, system calls, and events that plugins inject. */
#ifndef FILTER_EVENT_NAMES_H
#define FILTER_EVENT_NAMES_H
#include "base/str.h"

bool event_name_valid(struct str name);
/* The valid name that is nearest to this one, or NULL. */
const char *event_name_nearest(struct str name);
/* A plugin's event name becomes valid for the rest of the run. */
void event_name_add(struct str name);
#endif
