/* SPDX-License-Identifier: Apache-2.0 */
/* Versions, plugins, and the whole for a bug report. */
#include "app/list.h"

#include <stdio.h>
#include <sys/utsname.h>

#include "app/secrets.h"
#include "base/file.h"

#define MAX_RULES_FILE (64u << 20)

/* ---- versions ---- */

static void put_plugin_versions(struct buf *out, const struct config *c)
{
	const char *sep = "";

	for (size_t i = 0; c && i < c->plugins.n; i++) {
		if (*c->plugins.v[i].library_path)
			continue;
		buf_printf(out, "%s\"%s\":\"" CONTAINER_VERSION "\"",
			*sep ? sep : ",\"plugin_versions\":{", c->plugins.v[i].name);
		sep = ",";
	}
	if (*sep)
		buf_char(out, '}');
}

void list_versions_json(struct buf *out, const struct config *c)
{
	buf_printf(out,
		"{\"default_driver_version\":\"" DEFAULT_DRIVER_VERSION
		"\",\"driver_api_version\":\"" DRIVER_API_VERSION
		"\",\"driver_schema_version\":\"" SCHEMA_VERSION
		"\",\"engine_version\":\"%d\",\"engine_version_semver\":\"" ENGINE_VERSION
		"\",\"falco_version\":\"" FALCO_VERSION "\",\"libs_version\":\"" LIBS_VERSION
		"\",\"plugin_api_version\":\"" PLUGIN_API_VERSION "\"",
		ENGINE_VERSION_MINOR);
	put_plugin_versions(out, c);
	buf_char(out, '}');
}

void list_versions(struct buf *out, const struct config *c)
{
	if (c->json_output) {
		list_versions_json(out, c);
		buf_char(out, '\n');
		return;
	}
	buf_puts(out, "Falco version: " FALCO_VERSION "\nLibs version:  " LIBS_VERSION
		      "\nPlugin API:    " PLUGIN_API_VERSION "\nEngine:        " ENGINE_VERSION
		      "\nDriver:\n  API version:    " DRIVER_API_VERSION
		      "\n  Schema version: " SCHEMA_VERSION
		      "\n  Default driver: " DEFAULT_DRIVER_VERSION "\n");
}

/* ---- plugins ---- */

/* What is built in has no library; of the others only their configuration is known. */
static void put_plugin(struct buf *out, const struct plugin_config *p)
{
	buf_printf(out, "Name: %s\n", p->name);
	if (!*p->library_path) {
		buf_puts(out, "Description: Containers and pods of processes; built in\n"
			      "Contact: \nVersion: " CONTAINER_VERSION "\n"
			      "Capabilities: \n  - Field Extraction\n  - Event Parsing\n"
			      "  - Async Events\n");
		return;
	}
	buf_printf(out, "Library: %s\n", p->library_path);
}

void list_plugins(struct buf *out, const struct config *c)
{
	buf_printf(out, "%zu Plugins Loaded:\n\n", c->plugins.n);
	for (size_t i = 0; i < c->plugins.n; i++) {
		put_plugin(out, &c->plugins.v[i]);
		buf_char(out, '\n');
	}
	buf_char(out, '\n');
}

bool list_plugin_info(struct buf *out, const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->plugins.n; i++) {
		const struct plugin_config *p = &c->plugins.v[i];

		if (strcmp(p->name, name) && strcmp(p->library_path, name))
			continue;
		put_plugin(out, p);
		buf_puts(out, "\nInit config schema type: Not available, plugin does not implement "
			      "the init config schema functionality\n\n");
		return true;
	}
	return false;
}

/* ---- support ---- */

static void put_system(struct buf *out)
{
	struct utsname u;

	if (uname(&u))
		memset(&u, 0, sizeof(u));
	buf_puts(out, "{\"machine\":");
	buf_json(out, str_c(u.machine));
	buf_puts(out, ",\"nodename\":");
	buf_json(out, str_c(u.nodename));
	buf_puts(out, ",\"release\":");
	buf_json(out, str_c(u.release));
	buf_puts(out, ",\"sysname\":");
	buf_json(out, str_c(u.sysname));
	buf_puts(out, ",\"version\":");
	buf_json(out, str_c(u.version));
	buf_char(out, '}');
}

static void put_command_line(struct buf *out, const struct options *o)
{
	struct buf line = {0};

	for (int i = 0; i < o->argc; i++) {
		buf_puts(&line, i ? " " : "");
		secrets_put_argument(&line, str_c(o->argv[i]));
	}
	buf_json(out, buf_view(&line));
	buf_done(&line);
}

static void put_rules_file(struct buf *out, const char *path)
{
	struct str content = STR("");
	struct arena a;

	arena_init(&a, 0);
	if (file_read(&a, path, MAX_RULES_FILE, &content))
		content = STR("");
	buf_puts(out, "{\"name\":");
	buf_json(out, str_c(path));
	buf_puts(out, ",\"variants\":[{\"content\":");
	buf_json(out, content);
	buf_puts(out, "}]}");
	arena_done(&a);
}

void list_support(struct buf *out, const struct options *o, const struct config *c,
	const char *const *rules_files, size_t nrules_files)
{
	buf_puts(out, "{\"cmdline\":");
	put_command_line(out, o);
	buf_puts(out, ",\"config\":");
	buf_json(out, str_c(c->dump));
	buf_puts(out, ",\"engine_info\":");
	list_versions_json(out, c);
	buf_puts(out, ",\"rules_files\":[");
	for (size_t i = 0; i < nrules_files; i++) {
		if (i)
			buf_char(out, ',');
		put_rules_file(out, rules_files[i]);
	}
	buf_puts(out, "],\"system_info\":");
	put_system(out);
	buf_puts(out, ",\"version\":\"" FALCO_VERSION "\"}\n");
}
