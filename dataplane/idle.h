// SPDX-License-Identifier: BSD-3-Clause
// What a worker does when nothing is to do: poll, then pause between polls, then sleep for short times, so
// that an idle appliance leaves its cores alone and still answers within a millisecond.
#ifndef GODWIT_DATAPLANE_IDLE_H
#define GODWIT_DATAPLANE_IDLE_H

#include "dataplane/worker.h"

// On the worker's own thread, before its first turn: also makes the thread's timers exact.
void idle_init(struct worker *w);
// The turn had work.
void idle_reset(struct worker *w);
// The turn had none: waits as long as the time since the last work suggests.
void idle_wait(struct worker *w);

#endif
