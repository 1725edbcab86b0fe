/* SPDX-License-Identifier: Apache-2.0 */
/* The examination: its options, its order, its verdict. */
#include "app/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/app.h"

static const struct area {
	const char *name;
	void (*examine)(struct doctor *d);
} areas[] = {
	{"configuration", doctor_configuration}, /* first: the others look at what it finds */
	{"rules", doctor_rules},
	{"events", doctor_events},
	{"machine", doctor_machine},
	{"containers", doctor_containers},
	{"outputs", doctor_outputs},
	{"servers", doctor_servers},
	{"space", doctor_space},
};

/* ---- options ---- */

/* name: NULL when it is missing. */
static bool set_area(struct doctor_options *o, const char *name, char err[512])
{
	struct buf all = {0};

	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		if (name && !strcmp(areas[i].name, name)) {
			o->only = areas[i].name;
			buf_done(&all);
			return true;
		}
		buf_printf(&all, "%s%s", i ? ", " : "", areas[i].name);
	}
	snprintf(err, 512, "--only takes one of %s", buf_cstr(&all));
	buf_done(&all);
	return false;
}

bool doctor_options_parse(
	int argc, char **argv, struct options *ret, struct doctor_options *ret_own, char err[512])
{
	bool ended = false, ok = true;

	*ret = (struct options){0};
	*ret_own = (struct doctor_options){0};
	vec_push(&ret_own->argv, argv[-2]);
	for (int i = 0; i < argc && ok; i++) {
		ended |= !strcmp(argv[i], "--");
		if (!ended && !strcmp(argv[i], "--json"))
			ret_own->json = true;
		else if (!ended && !strncmp(argv[i], "--only", 6) && strchr("=", argv[i][6]))
			ok = set_area(ret_own, argv[i][6] ? argv[i] + 7 : argv[++i], err);
		else
			vec_push(&ret_own->argv, argv[i]);
	}
	if (!ok || !options_parse((int)ret_own->argv.n, (char **)ret_own->argv.v, ret, err))
		return false;
	ret_own->help = ret->help;
	if (!ret->operands.n)
		return true;
	snprintf(err, 512, "doctor takes options only, not '%.200s'", ret->operands.v[0]);
	return false;
}

void doctor_options_done(struct doctor_options *o)
{
	vec_done(&o->argv);
}

void doctor_usage(struct buf *out)
{
	static const struct {
		char short_name;
		const char *name, *arg, *help;
	} own[] = {
/* clang-format off */
#define OPTION_OF_profile(...)
#define OPTION_OF_doctor(s, l, a, help) {s, l, a, help},
#define COMMAND_OPTION(name, target, s, l, a, help) OPTION_OF_##name(s, l, a, help)
#include "tables/commands.def"
		/* clang-format on */
	};

#define COMMAND(name, operands, also, text)                                                        \
	if (!strcmp(#name, "doctor"))                                                              \
		buf_printf(out, "%s\nUsage:\n  falco doctor [OPTION...]\n\n", text);
#include "tables/commands.def"
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		buf_printf(out, own[i].short_name ? "  -%c, " : "  ", own[i].short_name);
		buf_printf(out, "--%s%s%s\n        %s\n", own[i].name, own[i].arg ? " " : "",
			own[i].arg ? own[i].arg : "", own[i].help);
	}
	buf_puts(out,
		"\nAll other options are those of a run: give it what you would give falco.\n");
}

/* ---- findings ---- */

const char *finding_state_name(enum finding_state state)
{
	static const char *const names[FINDING_STATES] = {"ok", "none", "warning", "broken"};

	return names[state];
}

void doctor_add(struct doctor *d, const char *area, const char *name, enum finding_state state,
	const char *remedy, const char *fmt, ...)
{
	struct finding f = {area, name, state, "", ""};
	struct buf text = {0};
	char *found = NULL;
	va_list ap;

	if (d->app->doctor.only && strcmp(d->app->doctor.only, area))
		return;
	va_start(ap, fmt);
	if (vasprintf(&found, fmt, ap) < 0)
		found = NULL;
	va_end(ap);
	buf_puts(&text, found ? found : fmt);
	f.found = arena_strdup(&d->arena, buf_view(&text));
	if (remedy && state != FINDING_OK)
		f.remedy = arena_strdup(&d->arena, str_c(remedy));
	vec_push(&d->findings, f);
	d->count[state]++;
	buf_done(&text);
	free(found);
}

bool app_doctor(struct app *a)
{
	struct doctor d = {.app = a, .host_root = getenv("HOST_ROOT")};
	struct buf out = {0}, errors = {0};
	bool healthy;

	if (!d.host_root)
		d.host_root = "";
	arena_init(&d.arena, 0);
	/* What goes wrong is told as a finding, not in the log, and not to syslog. */
	log_setup(LOG_LEVEL_EMERGENCY, false, false, false);
	log_gather(&errors);
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		if (!i || !a->doctor.only || !strcmp(areas[i].name, a->doctor.only))
			areas[i].examine(&d);
	log_gather(NULL);
	if (a->doctor.json)
		doctor_json(&out, &d);
	else
		doctor_text(&out, &d, isatty(STDOUT_FILENO) && !getenv("NO_COLOR"));
	fwrite(out.p, 1, out.n, stdout);
	healthy = !d.count[FINDING_BROKEN] && !fflush(stdout);
	buf_done(&out);
	buf_done(&errors);
	vec_done(&d.findings);
	arena_done(&d.arena);
	return healthy;
}
