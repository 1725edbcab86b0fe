/* SPDX-License-Identifier: Apache-2.0 */
/*
 * falco profile: what rules cost on a capture, and what they make us capture.
 *
 * The command (profile.c, profile_options.c), which types of events rules force on us
 * (profile_events.c), the tables (profile_text.c, profile_json.c).
 */
#ifndef APP_PROFILE_H
#define APP_PROFILE_H
#include "app/options.h"
#include "rules/profile.h"

struct app;

struct profile_options {
	bool help, json;
	uint64_t most; /* rows of a table of text */
	const char *capture;
};

/*
 * What stands behind "falco profile". False with a message (and the nearest known option) in err
 * when it is wrong. options_done() frees what ret holds, either way.
 */
bool profile_options_parse(
	int argc, char **argv, struct options *ret, struct profile_options *ret_own, char err[512]);
/* profile --help. */
void profile_usage(struct buf *out);
/* Prints the profile of the loaded rules. False: reported. */
bool app_profile(struct app *a);

/* ---- events (profile_events.c) ---- */

/* A kind of event: its type, or EV_MAX + code of a system call without a type of its own. */
#define EVENT_KINDS (EV_MAX + SC_MAX)

/* Kinds of one name: entry and exit of a call, and different layouts. They are captured together.
 */
struct event_group {
	const char *name;
	uint16_t first, nkinds; /* in by_name */
	uint32_t users;		/* rules that need any */
	bool kept;		/* the state needs any, whatever the rules */
};

struct event_census {
	uint64_t events;
	uint64_t of[EVENT_KINDS];
	uint16_t by_name[EVENT_KINDS]; /* kinds that rules can see */
	VEC(struct event_group) groups;
};

struct forced_type {
	const char *name;
	uint64_t events; /* in the capture */
	bool only;	 /* neither another rule nor the state needs it */
};

struct forced {
	uint64_t events, only;	       /* of these types; of those that only this rule needs */
	bool every;		       /* type that there is */
	VEC(struct forced_type) types; /* the most frequent first */
};

/* Reads the whole capture. False with *c as far as it goes, and what is wrong in err. */
bool census_take(struct event_census *c, const char *capture, char err[512]);
/* Who needs what. state_needs: EV_MAX flags. census_done() frees it. */
void census_needs(struct event_census *c, const struct ruleset *r, const bool *state_needs);
void census_done(struct event_census *c);
/* forced_done() frees what ret holds. */
void census_forced(const struct event_census *c, const struct rule *r, struct forced *ret);
void forced_done(struct forced *f);

/* ---- tables ---- */

/* Nanoseconds, without what measuring itself took, unless stated otherwise. */
struct profile_row {
	const struct rule *rule;
	struct profile_rule counts;
	double ns;
};

struct profile_report {
	const char *capture;
	const struct event_census *census;
	const struct profile *profile;
	uint64_t most;
	double accounts[PROFILE_ACCOUNTS], rules_ns;
	double work;	  /* the rules, reading, choosing, outputs: what shares are of */
	double measuring; /* the stopwatch's own share */
	double sum;	  /* these two and interruptions */
	double measured;  /* around the loop, with a clock of its own */
	uint64_t matches;
	VEC(struct profile_row) rules; /* the dearest first */
	struct check_row {
		const struct profile_check *check;
		double ns;
	} * checks; /* likewise, those that were asked first */
	size_t nchecks;
};

/* "run", "process"... for what a check's answer is good, by enum field_scope. */
const char *profile_scope_name(uint8_t scope);
void profile_text(struct buf *out, const struct profile_report *r);
void profile_json(struct buf *out, const struct profile_report *r);

/* In percent; 0 of nothing. */
static inline double profile_share(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : 0;
}
#endif
