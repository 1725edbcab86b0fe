/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which container a process is in, told from the paths of its control groups alone: each runtime
 * names them in its own way.  Order and patterns are those of Falco's container plugin 0.7
 * (podman, docker, cri, containerd, lxc, libvirt-lxc, bpm), ids are shortened as there.
 */
#include "state/containers.h"

#define FULL_ID 64 /* hexadecimal digits */
#define SHORT_ID 12

static bool is_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
			return false;
	}
	return true;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Offset of the last occurrence, -1 if there is none. needle is not empty. */
static ptrdiff_t find_last(struct str s, struct str needle)
{
	for (struct str left = s; left.n;) {
		ptrdiff_t at = str_rchr(left, needle.p[0]);

		if (at < 0 || str_starts(str_from(s, (size_t)at), needle))
			return at;
		left.n = (size_t)at;
	}
	return -1;
}

/* ---- runc's layouts: prefix, 64 hexadecimal digits, suffix ---- */

struct layout {
	struct str prefix, suffix;
};

static const struct layout podman_layouts[] = {
	{STR("/libpod-"), STR(".scope")},
	{STR("/libpod-"), STR(".scope/container")},
	{STR("/libpod-"), STR("")},
	{STR("/libpod-payload-"), STR(".scope")},
	{STR("/libpod-payload-"), STR(".scope/container")},
	{STR("/libpod-payload-"), STR("")},
	{STR_NONE, STR_NONE},
};

static const struct layout docker_layouts[] = {
	{STR("/"), STR("")},
	{STR("/docker-"), STR(".scope")},
	{STR_NONE, STR_NONE},
};

static const struct layout cri_layouts[] = {
	{STR("/"), STR("")},
	{STR("/crio-"), STR("")},
	{STR("/cri-containerd-"), STR(".scope")},
	{STR("/crio-"), STR(".scope")},
	{STR(":cri-containerd:"), STR("")},
	{STR("/docker-"), STR(".scope")},
	{STR("/nerdctl-"), STR(".scope")},
	{STR_NONE, STR_NONE},
};

/* What is between the last prefix and the last suffix; false when they are not there. */
static bool between(struct str path, struct layout l, struct str *ret)
{
	ptrdiff_t start = find_last(path, l.prefix), end = (ptrdiff_t)path.n;

	if (start < 0)
		return false;
	start += (ptrdiff_t)l.prefix.n;
	if (l.suffix.n)
		end = find_last(path, l.suffix);
	if (end < start)
		return false;
	*ret = str_n(path.p + start, (size_t)(end - start));
	return true;
}

static bool match_layouts(struct str path, const struct layout *l, struct str *ret_id)
{
	struct str id;

	for (; l->prefix.p; l++) {
		if (path.n >= l->prefix.n + FULL_ID + l->suffix.n && between(path, *l, &id) &&
			id.n == FULL_ID && is_hex(id)) {
			*ret_id = str_head(id, SHORT_ID);
			return true;
		}
	}
	return false;
}

static bool match_podman(struct str path, struct str *ret_id)
{
	return match_layouts(path, podman_layouts, ret_id);
}

static bool match_docker(struct str path, struct str *ret_id)
{
	return match_layouts(path, docker_layouts, ret_id);
}

static bool match_cri(struct str path, struct str *ret_id)
{
	return match_layouts(path, cri_layouts, ret_id);
}

/* ---- containerd without CRI: /NAMESPACE/ID, both free to choose ---- */

/* Letters and digits, in parts joined by single dots, dashes or underscores. */
static bool is_namespace(struct str s)
{
	bool alnum = false;

	for (size_t i = 0; i < s.n; i++) {
		if (is_alnum(s.p[i]))
			alnum = true;
		else if (alnum && (s.p[i] == '.' || s.p[i] == '-' || s.p[i] == '_'))
			alnum = false;
		else
			return false;
	}
	return alnum;
}

/* The first component, slashes included, that could be a namespace and has another behind it. */
static bool find_namespace(struct str path, struct str *ret)
{
	ptrdiff_t start = str_chr(path, '/'), n;

	while (start >= 0) {
		struct str rest = str_from(path, (size_t)start + 1);

		n = str_chr(rest, '/');
		if (n < 0)
			return false;
		if (is_namespace(str_head(rest, (size_t)n))) {
			*ret = str_n(rest.p - 1, (size_t)n + 2);
			return true;
		}
		start += n + 1;
	}
	return false;
}

static bool match_containerd(struct str path, struct str *ret_id)
{
	struct layout l = {STR_NONE, STR("")};
	struct str id;

	if (!find_namespace(path, &l.prefix) || !between(path, l, &id) || !id.n)
		return false;
	if (id.n > FULL_ID)
		return false;
	if (str_ends(path, STR(".service")) || str_ends(path, STR(".slice")) ||
		str_ends(path, STR(".scope")))
		return false; /* systemd's own */
	*ret_id = str_head(id, SHORT_ID);
	return true;
}

/* ---- those that need no more than their name ---- */

static bool match_lxc(struct str path, struct str *ret_id)
{
	static const struct str markers[] = {
		STR("/lxc/"),
		STR("/lxc.payload/"),
		STR("/lxc.payload."),
	};

	for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); i++) {
		ptrdiff_t at = str_find(path, markers[i]);

		if (at >= 0) {
			struct str rest = str_from(path, (size_t)at + markers[i].n);

			return str_split(&rest, '/', ret_id);
		}
	}
	return false;
}

/* /machine.slice/machine-lxc\x2dID.scope, perhaps with /libvirt behind it. */
static bool match_libvirt_systemd(struct str path, struct str *ret_id)
{
	struct str marker = STR("-lxc\\x2d");
	ptrdiff_t at = str_find(path, str_head(marker, marker.n - 1));
	struct str end =
		str_find(path, STR(".scope/libvirt")) >= 0 ? STR(".scope/libvirt") : STR(".scope");
	size_t start;

	if (at < 0 || !str_ends(path, end))
		return false;
	start = (size_t)at + marker.n;
	if (start > path.n - end.n)
		return false;
	*ret_id = str_n(path.p + start, path.n - end.n - start);
	return true;
}

static bool match_libvirt(struct str path, struct str *ret_id)
{
	struct str tail = STR(".libvirt-lxc"), legacy = STR("/libvirt/lxc/");
	ptrdiff_t at;

	if (str_ends(path, tail)) {
		at = str_rchr(path, '/');
		if (at >= 0) {
			*ret_id = str_from(str_head(path, path.n - tail.n), (size_t)at + 1);
			return true;
		}
	}
	if (match_libvirt_systemd(path, ret_id))
		return true;
	at = str_find(path, legacy);
	if (at < 0)
		return false;
	*ret_id = str_from(path, (size_t)at + legacy.n);
	return true;
}

static bool match_bpm(struct str path, struct str *ret_id)
{
	struct str marker = STR("bpm-");
	ptrdiff_t at = str_find(path, marker), end;
	struct str id;

	if (at < 0)
		return false;
	id = str_from(path, (size_t)at + marker.n);
	end = str_find(id, STR(".scope"));
	if (end >= 0)
		id = str_head(id, (size_t)end);
	for (size_t i = 0; i < id.n; i++)
		if (!is_alnum(id.p[i]) && !memchr("._-", id.p[i], 3))
			return false;
	*ret_id = id;
	return id.n > 0;
}

static const struct {
	bool (*match)(struct str path, struct str *ret_id);
	enum container_type type;
	struct str needs; /* to be in the path: quicker to find out that it is not */
} matchers[] = {
	{match_podman, CT_PODMAN, STR("/libpod-")},
	{match_docker, CT_DOCKER, STR("")},
	{match_cri, CT_CRI, STR("")},
	{match_containerd, CT_CONTAINERD, STR("")},
	{match_lxc, CT_LXC, STR("/lxc")},
	{match_libvirt, CT_LIBVIRT_LXC, STR("lxc")},
	{match_bpm, CT_BPM, STR("bpm-")},
};

static struct str id_of_path(struct str path, enum container_type *ret_type)
{
	struct str id = STR("");

	for (size_t i = 0; i < sizeof(matchers) / sizeof(matchers[0]); i++) {
		if (str_find(path, matchers[i].needs) >= 0 && matchers[i].match(path, &id)) {
			*ret_type = matchers[i].type;
			return id;
		}
	}
	return STR("");
}

struct str container_id_of_cgroups(struct str cgroups, enum container_type *ret_type)
{
	struct str one, id, path, before = STR("");

	*ret_type = CT_HOST;
	while (cgroups.n && str_split(&cgroups, '\0', &one)) {
		ptrdiff_t eq = str_chr(one, '=');

		if (eq < 0)
			continue;
		path = str_from(one, (size_t)eq + 1);
		if (str_eq(path, before)) /* most controllers have the same */
			continue;
		id = id_of_path(path, ret_type);
		if (id.n)
			return id;
		before = path;
	}
	*ret_type = CT_HOST;
	return STR("");
}
