/* SPDX-License-Identifier: Apache-2.0 */
/*
 * falco doctor: whether falco would work here, with the options that it is given, and what to do
 * where it would not.
 *
 * It asks the kernel, tries configuration and rules, knocks at the doors of others and looks
 * whether its own can be opened. It starts nothing, sends no alert, looks at no other process, and
 * tells no secret: of addresses only host and port.
 */
#ifndef APP_DOCTOR_H
#define APP_DOCTOR_H
#include "app/options.h"
#include "base/arena.h"

struct app;
struct config;

enum finding_state {
	FINDING_OK,
	FINDING_NONE,	 /* not there, not asked for, or not to be found out */
	FINDING_WARNING, /* works, but not all of it, or not for long */
	FINDING_BROKEN,	 /* does not work */
	FINDING_STATES
};

struct finding {
	const char *area, *name; /* "outputs", "http" */
	enum finding_state state;
	const char *found;
	const char *remedy; /* "" none */
};

struct doctor_options {
	bool help, json;
	const char *only; /* an area, NULL: all */
	option_list argv; /* what is left for falco's own options */
};

struct doctor {
	struct app *app;
	const struct config *config; /* NULL: it is not usable */
	const char *host_root;	     /* HOST_ROOT, "" unset */
	struct arena arena;	     /* texts of findings */
	VEC(struct finding) findings;
	size_t count[FINDING_STATES];
};

/*
 * What stands behind "falco doctor". False with a message in err when it is wrong; options_done()
 * and doctor_options_done() free what ret and ret_own hold, either way.
 */
bool doctor_options_parse(
	int argc, char **argv, struct options *ret, struct doctor_options *ret_own, char err[512]);
void doctor_options_done(struct doctor_options *o);
/* doctor --help. */
void doctor_usage(struct buf *out);
/* Examines and prints. Whether nothing is broken. */
bool app_doctor(struct app *a);

/* ---- findings (doctor.c) ---- */

/* remedy is dropped where there is nothing to repair; area and name are kept as they are. */
void doctor_add(struct doctor *d, const char *area, const char *name, enum finding_state state,
	const char *remedy, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
const char *finding_state_name(enum finding_state state);
void doctor_text(struct buf *out, const struct doctor *d, bool colour);
void doctor_json(struct buf *out, const struct doctor *d);

/* ---- areas, each in a file of its own ---- */

void doctor_configuration(struct doctor *d);
void doctor_rules(struct doctor *d);
void doctor_events(struct doctor *d);
void doctor_machine(struct doctor *d);
void doctor_containers(struct doctor *d);
void doctor_outputs(struct doctor *d);
void doctor_servers(struct doctor *d);
void doctor_space(struct doctor *d);

/* ---- doors (doctor_net.c) ---- */

/* Connects to a unix socket within two seconds. The descriptor or -errno. */
int doctor_connect_unix(const char *path, int type);
/* Sends n bytes and waits for the beginning of an answer: bytes read (0: closed) or -errno. */
int doctor_ask(int fd, const void *question, size_t n, void *ret, size_t size);
/* Whether a server could listen there. 0 or -errno. */
int doctor_can_listen(const char *address, unsigned port);
#endif
