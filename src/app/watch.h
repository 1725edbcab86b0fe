/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which system calls a live source has to watch, by code.  As Falco decides it, so that existing
 * settings of base_syscalls mean the same; and what it decided goes to the log likewise.
 */
#ifndef APP_WATCH_H
#define APP_WATCH_H
#include "app/config.h"
#include "capture/probe.h"
#include "rules/ruleset.h"

/* For the enabled rules of the source "syscall", with what base_syscalls says. */
void watch_calls(bool ret[SC_MAX], const struct config *c, const struct ruleset *rules);
/* The same for the calls that rules ask for. */
void watch_select(bool ret[SC_MAX], const struct config *c, const bool rules[SC_MAX]);
/*
 * What events have to tell besides: what somebody asks for, for all of it costs the processes that
 * are watched.  Data of calls is read only if a rule shows or checks it, or events are recorded.
 */
struct probe_detail watch_detail(const struct config *c, const struct ruleset *rules);

/* Calls that the state lives on: Falco's set of 70. */
bool watch_is_state(unsigned code);
/* Calls that move data, often, and that the state can do without. */
bool watch_is_ignored(unsigned code);
/* Adds what the calls in the set need to be understood (base_syscalls.repair). */
void watch_repair(bool set[SC_MAX]);
#endif
