/* SPDX-License-Identifier: Apache-2.0 */
/* engine.kind nodriver: no system calls at all, for runs that live on plugins or wait for a reload.
 */
#ifndef CAPTURE_NODRIVER_H
#define CAPTURE_NODRIVER_H
#include "capture/source.h"

/* Never ends by itself: next() waits a little and says SOURCE_TIMEOUT, sooner when a signal comes.
 */
struct source *nodriver_open(const struct machine_sink *sink);
#endif
