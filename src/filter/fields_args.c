/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments of fields: evt.arg[0], evt.arg.flags, proc.aname[2], proc.env[PATH],
 * thread.cgroup.cpuset, fd.types[3], container.label[app] ...
 *
 * What is accepted, and the messages, are Falco's; they differ from field to field.
 */
#include <ctype.h>
#include <stdio.h>

#include "filter/extract.h"
#include "filter/fields.h"

typedef bool (*arg_fn)(struct field_parse *p);

static bool wrong(struct field_parse *p, const char *before, struct str what, const char *after)
{
	snprintf(p->err, FIELD_ERR_MAX, "%s%.*s%s", before, STR_ARG(what), after);
	return false;
}

static bool syntax_error(struct field_parse *p)
{
	return wrong(p, "filter syntax error: ", p->full, "");
}

/* A number as sscanf() reads it: blanks may stand before. */
static bool parse_number(struct str s, int64_t *ret)
{
	while (s.n && isspace((unsigned char)s.p[0]))
		s = str_from(s, 1);
	return str_to_i64(s, ret);
}

static bool arg_none(struct field_parse *p)
{
	return !p->rest.n && !p->arg.p;
}

/* [N], or nothing. */
static bool arg_number(struct field_parse *p)
{
	if (p->rest.n)
		return false;
	return !p->arg.p || parse_number(p->arg, &p->field.index);
}

/* [NAME], or [N] for a number, or nothing. */
static bool arg_name_or_number(struct field_parse *p)
{
	bool digits = p->arg.n > 0;

	if (p->rest.n)
		return false;
	for (size_t i = 0; i < p->arg.n; i++)
		digits = digits && isdigit((unsigned char)p->arg.p[i]);
	return !digits || parse_number(p->arg, &p->field.index);
}

/* [N], or nothing; a wrong number has its own message. */
static bool arg_descriptor(struct field_parse *p)
{
	if (p->rest.n)
		return false;
	if (p->arg.p && !parse_number(p->arg, &p->field.index))
		return wrong(p, "", p->arg, " is not a valid number");
	return true;
}

/* .NAME of letters and underscores */
static bool arg_cgroup(struct field_parse *p)
{
	if (!p->rest.n || p->rest.p[0] != '.')
		return syntax_error(p);
	p->field.arg = str_from(p->rest, 1);
	for (size_t i = 0; i < p->field.arg.n; i++)
		if (!isalpha((unsigned char)p->field.arg.p[i]) && p->field.arg.p[i] != '_')
			return false;
	return !p->arg.p;
}

static const struct param_name *param_by_name(struct field_parse *p)
{
	struct str name = str_from(p->rest, 1);
	const struct param_name *ret = param_name_find(name);

	if (!ret && !param_name_starts(name))
		wrong(p, "unknown event argument ", name, "");
	if (!ret || p->arg.p)
		return NULL;
	p->field.arg = name;
	p->field.aux = ret;
	return ret;
}

/* [N] or .NAME of a parameter */
static bool arg_param(struct field_parse *p)
{
	if (p->rest.n && p->rest.p[0] == '.')
		return param_by_name(p);
	if (p->rest.n || !p->arg.p)
		return syntax_error(p);
	if (!parse_number(p->arg, &p->field.index))
		return wrong(p, "", p->arg, " is not a valid number");
	return true;
}

/* .NAME of a parameter, the type of which the field takes on */
static bool arg_raw_param(struct field_parse *p)
{
	const struct param_name *name;

	if (!p->rest.n && p->arg.p)
		return wrong(p, "evt.arg fields must be expressed explicitly", STR(""), "");
	if (!p->rest.n || p->rest.p[0] != '.')
		return syntax_error(p);
	name = param_by_name(p);
	if (!name)
		return false;
	p->field.type = name->first->type;
	p->field.format = name->first->format;
	return true;
}

/* [T], nanoseconds since the epoch */
static bool arg_around(struct field_parse *p)
{
	if (p->rest.n && p->rest.p[0] == '.')
		return wrong(p, "wrong syntax for evt.around", STR(""), "");
	if (p->rest.n || !p->arg.p)
		return syntax_error(p);
	if (!parse_number(p->arg, &p->field.index))
		return wrong(p, "", p->arg, " is not a valid number");
	return true;
}

/* .src or .dst, or nothing */
static bool arg_abspath(struct field_parse *p)
{
	if (str_is(p->rest, ".src"))
		p->field.index = 1;
	else if (str_is(p->rest, ".dst"))
		p->field.index = 2;
	else if (p->rest.n)
		return false;
	else
		p->field.index = 0;
	p->field.arg = p->rest.n ? str_from(p->rest, 1) : STR_NONE;
	return !p->arg.p;
}

/* .NAME or .NUMBER of an event type; a name stands for the first pair of types that has it */
static bool arg_event_type(struct field_parse *p)
{
	struct type_pair *pair = arena_alloc(p->arena, sizeof(*pair));
	struct str type = str_from(p->rest, 1);
	int64_t number;

	if (!p->rest.n || p->rest.p[0] != '.')
		return syntax_error(p);
	p->field.arg = type;
	p->field.aux = pair;
	if (parse_number(type, &number)) {
		*pair = (struct type_pair){(uint32_t)number, EV_MAX};
		return !p->arg.p;
	}
	for (uint32_t i = 0; i < EV_MAX; i++) {
		if (str_is(type, event_table[i].name)) {
			*pair = (struct type_pair){i, i + 1};
			return !p->arg.p;
		}
	}
	return false;
}

/* An index: digits without a leading zero. */
static const char *index_fault(struct str arg, int64_t *ret)
{
	for (size_t i = 0; i < arg.n; i++)
		if (!isdigit((unsigned char)arg.p[i]))
			return " has an invalid index argument not composed only by digits: ";
	if (!arg.n || (arg.n > 1 && arg.p[0] == '0'))
		return " has an invalid index argument starting with 0: ";
	if (!parse_number(arg, ret))
		return " has an invalid index argument not representable on 64 bit: ";
	return NULL;
}

/* Fields of plugins, container.* and k8s.* among them: [KEY] or [N] as their flags say. */
static bool arg_by_flags(struct field_parse *p)
{
	const struct field_info *info = p->field.info;
	const char *fault;

	if (p->rest.n && p->arg.p)
		return false;
	if (!p->arg.p && (info->flags & FF_ARG_REQUIRED)) {
		snprintf(p->err, FIELD_ERR_MAX,
			"filter '%.*s': %s requires an argument but none provided",
			STR_ARG(p->full), info->name);
		return false;
	}
	if (!p->arg.p)
		return !p->rest.n;
	if (!(info->flags & (FF_ARG_REQUIRED | FF_ARG_ALLOWED))) {
		snprintf(p->err, FIELD_ERR_MAX,
			"filter '%.*s': %s does not allow nor require an argument but one is "
			"provided: %.*s",
			STR_ARG(p->full), info->name, STR_ARG(p->arg));
		return false;
	}
	if (!(info->flags & FF_ARG_INDEX))
		return true;
	fault = index_fault(p->arg, &p->field.index);
	if (!fault || (info->flags & FF_ARG_KEY))
		return true;
	snprintf(p->err, FIELD_ERR_MAX, "filter %.*s %s%s%.*s", STR_ARG(p->full), info->name, fault,
		STR_ARG(p->arg));
	return false;
}

/* [N] of a mount, or [PATTERN] of a path */
static bool arg_mount(struct field_parse *p)
{
	if (!arg_by_flags(p))
		return false;
	if (p->field.index < 0)
		p->field.aux = container_mount_pattern(p->arg);
	return true;
}

static const arg_fn rules[FIELD_MAX] = {
	[FIELD_evt_arg] = arg_param,
	[FIELD_evt_rawarg] = arg_raw_param,
	[FIELD_evt_around] = arg_around,
	[FIELD_evt_abspath] = arg_abspath,
	[FIELD_evt_type_is] = arg_event_type,
	[FIELD_proc_args] = arg_number,
	[FIELD_proc_aargs] = arg_number,
	[FIELD_proc_aexe] = arg_number,
	[FIELD_proc_aexepath] = arg_number,
	[FIELD_proc_aname] = arg_number,
	[FIELD_proc_acmdline] = arg_number,
	[FIELD_proc_apid] = arg_number,
	[FIELD_proc_env] = arg_name_or_number,
	[FIELD_proc_aenv] = arg_name_or_number,
	[FIELD_thread_cgroup] = arg_cgroup,
	[FIELD_fd_types] = arg_descriptor,
	[FIELD_container_mount] = arg_mount,
	[FIELD_container_mount_source] = arg_mount,
	[FIELD_container_mount_dest] = arg_mount,
	[FIELD_container_mount_mode] = arg_mount,
	[FIELD_container_mount_rdwr] = arg_mount,
	[FIELD_container_mount_propagation] = arg_mount,
};

bool field_parse_arg(struct field_parse *p)
{
	const struct field_info *info = p->field.info;
	bool ours = info >= field_table && info < field_table + FIELD_MAX;

	if (ours && rules[info - field_table])
		return rules[info - field_table](p);
	if (ours && info->cls != &field_classes[FIELD_CLASS_container])
		return arg_none(p);
	return arg_by_flags(p);
}
