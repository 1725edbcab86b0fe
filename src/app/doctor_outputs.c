/* SPDX-License-Identifier: Apache-2.0 */
/* Whether alerts would arrive, as far as that can be told without sending one. */
#include <errno.h>
#include <libgen.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/app.h"
#include "app/doctor.h"

#define OUTPUTS "outputs"

/* ---- files ---- */

static const char *folder_of(struct doctor *d, const char *path)
{
	char *copy = arena_strdup(&d->arena, str_c(path));

	return dirname(copy);
}

/* Whether path could be written to, without making or opening it. 0 or -errno. */
static int writable(struct doctor *d, const char *path)
{
	struct stat st;
	const char *folder;

	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return -EISDIR;
		return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) ? -errno : 0;
	}
	folder = folder_of(d, path);
	return faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) ? -errno : 0;
}

static void check_file(struct doctor *d, const char *name, const char *path, const char *key)
{
	int r = writable(d, path);
	struct str remedy =
		arena_printf(&d->arena, "Make it possible to write there, or change %s.", key);

	if (r)
		doctor_add(
			d, OUTPUTS, name, FINDING_BROKEN, remedy.p, "%s: %s", path, strerror(-r));
	else
		doctor_add(d, OUTPUTS, name, FINDING_OK, NULL, "%s can be written", path);
}

/* A folder that is made when it is not there. */
static void check_spool(struct doctor *d, const char *path)
{
	struct stat st;
	bool there = stat(path, &st) == 0;
	const char *folder = there ? path : folder_of(d, path);

	if (there && !S_ISDIR(st.st_mode))
		errno = ENOTDIR;
	else if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0) {
		doctor_add(d, OUTPUTS, "spool", FINDING_OK, NULL, "%s can be written", path);
		return;
	}
	doctor_add(d, OUTPUTS, "spool", FINDING_BROKEN,
		"Make the folder above it, or change outputs_spool.path.", "%s: %m", path);
}

/* ---- a program ---- */

/* Whether the shell knows the word: a program on its way, or one of its own. */
static bool shell_knows(const char *word)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		freopen("/dev/null", "w", stdout);
		freopen("/dev/null", "w", stderr);
		execl("/bin/sh", "sh", "-c", "command -v -- \"$1\"", "sh", word, (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void check_program(struct doctor *d, const char *command)
{
	struct str rest = str_trim(str_c(command));
	size_t n = rest.n ? strcspn(rest.p, " \t\n;|&<>()") : 0;
	struct str word = arena_str(&d->arena, str_head(rest, n));

	if (!word.n || strpbrk(word.p, "$`\\\"'*?[{=~#"))
		doctor_add(d, OUTPUTS, "program", FINDING_NONE, NULL,
			"only the shell can tell what program_output.program starts");
	else if (shell_knows(word.p))
		doctor_add(d, OUTPUTS, "program", FINDING_OK, NULL, "%s is there", word.p);
	else
		doctor_add(d, OUTPUTS, "program", FINDING_BROKEN,
			"Install it, or repair program_output.program.", "the shell finds no %s",
			word.p);
}

/* ---- syslog and HTTP ---- */

static void check_syslog(struct doctor *d)
{
	const char *path = "/dev/log";
	bool alerts = d->config->syslog_output_enabled;
	int fd = doctor_connect_unix(path, SOCK_DGRAM);

	if (fd == -EPROTOTYPE)
		fd = doctor_connect_unix(path, SOCK_STREAM);
	if (fd >= 0) {
		close(fd);
		doctor_add(d, OUTPUTS, "syslog", FINDING_OK, NULL, "somebody listens at %s", path);
		return;
	}
	doctor_add(d, OUTPUTS, "syslog", alerts ? FINDING_BROKEN : FINDING_WARNING,
		alerts ? "Start a syslog daemon, or set syslog_output.enabled to false."
		       : "Start a syslog daemon, or set log_syslog to false.",
		"nobody listens at %s: %s", path, strerror(-fd));
}

/* Scheme, host and port: the rest may hold what is nobody's business. */
static const char *shown_url(struct doctor *d, const char *url)
{
	struct str s = str_c(url), scheme = STR("");
	ptrdiff_t at = str_find(s, STR("://"));

	if (at >= 0) {
		scheme = str_head(s, (size_t)at + 3);
		s = str_from(s, (size_t)at + 3);
	}
	s = str_head(s, strcspn(s.p, "/?#"));
	at = str_rchr(s, '@');
	if (at >= 0)
		s = str_from(s, (size_t)at + 1);
	return arena_printf(&d->arena, "%.*s%.*s", STR_ARG(scheme), STR_ARG(s)).p;
}

static void check_http(struct doctor *d)
{
	struct http_config c;
	const char *shown = shown_url(d, d->config->http_output_url);
	char err[512];

	app_http_config(&c, d->config);
	if (outputs_try_http(&c, err))
		doctor_add(d, OUTPUTS, "http", FINDING_OK, NULL, "%s takes connections%s", shown,
			!strncmp(shown, "https:", 6) && !c.insecure ? ", and is who it says it is"
								    : "");
	else
		doctor_add(d, OUTPUTS, "http", FINDING_BROKEN,
			"Repair http_output.url, start the receiver, or give its authority in "
			"http_output.ca_cert.",
			"%s: %s", shown, err);
}

static bool any_output(const struct config *c)
{
	return c->stdout_output_enabled || c->syslog_output_enabled || c->file_output_enabled ||
	       c->program_output_enabled || c->http_output_enabled ||
	       (c->grpc_enabled && c->grpc_output_enabled);
}

void doctor_outputs(struct doctor *d)
{
	const struct config *c = d->config;

	if (!c)
		return;
	if (!any_output(c))
		doctor_add(d, OUTPUTS, "none", FINDING_BROKEN,
			"Switch one on: stdout_output.enabled=true, say.",
			"no output is enabled: nobody would get an alert");
	if (c->stdout_output_enabled)
		doctor_add(d, OUTPUTS, "stdout", FINDING_OK, NULL, "it is there");
	if (c->syslog_output_enabled || c->log_syslog)
		check_syslog(d);
	if (c->file_output_enabled)
		check_file(d, "file", c->file_output_filename, "file_output.filename");
	if (c->program_output_enabled)
		check_program(d, c->program_output_program);
	if (c->http_output_enabled)
		check_http(d);
	if (*c->outputs_spool_path)
		check_spool(d, c->outputs_spool_path);
	if (c->metrics_enabled && *c->metrics_output_file)
		check_file(d, "metrics", c->metrics_output_file, "metrics.output_file");
	if (d->app->options.stats_file)
		check_file(d, "statistics", d->app->options.stats_file, "-s");
	if (d->app->options.pidfile)
		check_file(d, "process id", d->app->options.pidfile, "-P");
	if (c->capture_enabled)
		check_file(d, "captures", arena_printf(&d->arena, "%s_", c->capture_path_prefix).p,
			"capture.path_prefix");
}
