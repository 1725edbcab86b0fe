/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads what /proc says, text by text, without the C library's scanf: no text is trusted to end in
 * a NUL, to be whole, or to hold what its manual page says; numbers that do not fit are no numbers.
 */
#include "capture/proc_text.h"

#include "base/mem.h"

#define KERNEL_THREAD 0x00200000u /* PF_KTHREAD, of field 9 of stat */

/* ---- fields ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cuts the next word off *rest. */
static bool next_word(struct str *rest, struct str *ret)
{
	size_t i = 0, start;

	while (i < rest->n && is_blank(rest->p[i]))
		i++;
	start = i;
	while (i < rest->n && !is_blank(rest->p[i]) && rest->p[i] != '\n')
		i++;
	*ret = str_n(rest->p + start, i - start);
	*rest = str_from(*rest, i);
	return ret->n;
}

static bool skip_words(struct str *rest, unsigned n)
{
	struct str word;

	while (n--)
		if (!next_word(rest, &word))
			return false;
	return true;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

static bool to_number(struct str s, unsigned base, uint64_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)digit_of(s.p[i]);

		if (digit >= base || v > (UINT64_MAX - digit) / base)
			return false;
		v = v * base + digit;
	}
	*ret = v;
	return s.n;
}

static bool next_number(struct str *rest, unsigned base, uint64_t *ret)
{
	struct str word;

	return next_word(rest, &word) && to_number(word, base, ret);
}

static bool next_signed(struct str *rest, int64_t *ret)
{
	struct str word;

	return next_word(rest, &word) && str_to_i64(word, ret);
}

bool proc_number(const char *name, int64_t *ret)
{
	uint64_t v;

	if (!to_number(str_c(name), 10, &v) || v > INT32_MAX)
		return false;
	*ret = (int64_t)v;
	return true;
}

/* ---- stat ---- */

bool proc_stat_parse(struct str text, struct proc_stat *ret)
{
	ptrdiff_t open = str_chr(text, '('), close = str_rchr(text, ')');
	struct str rest, word;
	uint64_t flags;
	int64_t tty;

	if (open < 0 || close < open)
		return false;
	ret->comm = str_n(text.p + open + 1, (size_t)(close - open - 1));
	rest = str_from(text, (size_t)close + 1);
	if (!next_word(&rest, &word) || word.n != 1 || !next_signed(&rest, &ret->ppid) ||
		!next_signed(&rest, &ret->pgrp) || !next_signed(&rest, &ret->session) ||
		!next_signed(&rest, &tty) || !skip_words(&rest, 1) ||
		!next_number(&rest, 10, &flags) || !next_number(&rest, 10, &ret->minflt) ||
		!skip_words(&rest, 1) || !next_number(&rest, 10, &ret->majflt) ||
		!skip_words(&rest, 7) || !next_number(&rest, 10, &ret->threads) ||
		!skip_words(&rest, 1) || !next_number(&rest, 10, &ret->start_ticks))
		return false;
	ret->state = word.p[0];
	ret->tty = (uint32_t)tty;
	ret->kernel_thread = flags & KERNEL_THREAD;
	return true;
}

/* ---- status ---- */

enum { HAS_TGID = 1, HAS_PPID = 2, HAS_UID = 4, HAS_GID = 8, HAS_ALL = 15 };

/* The first and the last of some numbers, and how many there are. */
static unsigned ends(struct str s, int64_t *ret_first, int64_t *ret_last)
{
	unsigned n = 0;
	int64_t v;

	while (next_signed(&s, &v)) {
		if (!n++)
			*ret_first = v;
		*ret_last = v;
	}
	return n;
}

/* Of "real effective saved filesystem". */
static bool ids(struct str s, uint32_t *ret_effective, uint32_t *ret_fs)
{
	uint64_t real, effective, saved, fs;

	if (!next_number(&s, 10, &real) || !next_number(&s, 10, &effective) ||
		!next_number(&s, 10, &saved) || !next_number(&s, 10, &fs))
		return false;
	*ret_effective = (uint32_t)effective;
	*ret_fs = (uint32_t)fs;
	return true;
}

static uint32_t kilobytes(struct str s)
{
	uint64_t v;

	return next_number(&s, 10, &v) ? (uint32_t)MIN(v, UINT32_MAX) : 0;
}

static uint64_t mask(struct str s)
{
	uint64_t v;

	return next_number(&s, 16, &v) ? v : 0;
}

static unsigned status_ids(struct str key, struct str value, struct proc_status *ret)
{
	int64_t outer;

	if (str_is(key, "Tgid"))
		return next_signed(&value, &ret->tgid) ? HAS_TGID : 0;
	if (str_is(key, "PPid"))
		return next_signed(&value, &ret->ppid) ? HAS_PPID : 0;
	if (str_is(key, "Uid"))
		return ids(value, &ret->euid, &ret->fsuid) ? HAS_UID : 0;
	if (str_is(key, "Gid"))
		return ids(value, &ret->egid, &ret->fsgid) ? HAS_GID : 0;
	if (str_is(key, "NSpid"))
		ret->namespaces = ends(value, &outer, &ret->vtid);
	else if (str_is(key, "NStgid"))
		ends(value, &outer, &ret->vpid);
	else if (str_is(key, "NSpgid"))
		ends(value, &outer, &ret->vpgid);
	return 0;
}

static void status_amounts(struct str key, struct str value, struct proc_status *ret)
{
	if (str_is(key, "Groups"))
		ret->groups = value;
	else if (str_is(key, "VmSize"))
		ret->vmsize_kb = kilobytes(value);
	else if (str_is(key, "VmRSS"))
		ret->vmrss_kb = kilobytes(value);
	else if (str_is(key, "VmSwap"))
		ret->vmswap_kb = kilobytes(value);
	else if (str_is(key, "CapInh"))
		ret->cap_inheritable = mask(value);
	else if (str_is(key, "CapPrm"))
		ret->cap_permitted = mask(value);
	else if (str_is(key, "CapEff"))
		ret->cap_effective = mask(value);
}

/* The kernel escapes newlines in the name, so a line of ours is never part of one. */
bool proc_status_parse(struct str text, struct proc_status *ret)
{
	unsigned seen = 0;
	struct str line;

	*ret = (struct proc_status){0};
	while (text.n && str_split(&text, '\n', &line)) {
		ptrdiff_t colon = str_chr(line, ':');
		struct str key, value;

		if (colon < 0 || !strchr("TPUGNVC", line.p[0]))
			continue;
		key = str_head(line, (size_t)colon);
		value = str_from(line, (size_t)colon + 1);
		seen |= status_ids(key, value, ret);
		status_amounts(key, value, ret);
	}
	return seen == HAS_ALL;
}

bool proc_status_in_group(const struct proc_status *s, uint32_t gid)
{
	struct str rest = s->groups;
	uint64_t v;

	if (s->fsgid == gid)
		return true;
	while (next_number(&rest, 10, &v))
		if (v == gid)
			return true;
	return false;
}

/* ---- cmdline ---- */

struct proc_cmdline proc_cmdline_parse(char *text, size_t n)
{
	size_t first;

	if (!n)
		return (struct proc_cmdline){STR(""), STR("")};
	if (text[n - 1])
		text[n++] = '\0';
	first = strlen(text);
	return (struct proc_cmdline){str_n(text, first), str_n(text + first + 1, n - first - 1)};
}

/* ---- cgroup ---- */

bool proc_cgroup_next(struct str *rest, struct proc_cgroup *ret)
{
	struct str line, id;

	while (rest->n && str_split(rest, '\n', &line)) {
		uint64_t number;

		if (str_chr(line, ':') < 0 || !str_split(&line, ':', &id) ||
			!to_number(id, 10, &number) || str_chr(line, ':') < 0)
			continue;
		str_split(&line, ':', &ret->controllers);
		ret->path = line;
		ret->v2 = !number && !ret->controllers.n;
		if (ret->path.n && ret->path.p[0] == '/' && (ret->v2 || ret->controllers.n))
			return true;
	}
	return false;
}

/* ---- fdinfo, mountinfo, links ---- */

bool proc_fdinfo_parse(struct str text, struct proc_fdinfo *ret)
{
	bool has_flags = false;
	struct str line;

	*ret = (struct proc_fdinfo){0};
	while (text.n && str_split(&text, '\n', &line)) {
		struct str value;

		if (str_starts(line, STR("flags:"))) {
			value = str_from(line, 6);
			has_flags = next_number(&value, 8, &ret->flags);
		} else if (str_starts(line, STR("mnt_id:"))) {
			value = str_from(line, 7);
			if (!next_number(&value, 10, &ret->mnt_id))
				ret->mnt_id = 0;
			return has_flags; /* they come in this order */
		}
	}
	return has_flags;
}

uint32_t proc_dev(uint64_t major, uint64_t minor)
{
	return (uint32_t)((minor & 0xff) | major << 8 | (minor & ~(uint64_t)0xff) << 12);
}

static bool parse_dev(struct str s, uint32_t *ret)
{
	uint64_t major, minor;
	struct str part;

	if (str_chr(s, ':') < 0 || !str_split(&s, ':', &part) || !to_number(part, 10, &major) ||
		!to_number(s, 10, &minor))
		return false;
	*ret = proc_dev(major, minor);
	return true;
}

static bool parse_mount(struct str line, struct proc_mount *ret)
{
	struct str word;

	if (!next_number(&line, 10, &ret->id) || !skip_words(&line, 1) ||
		!next_word(&line, &word) || !parse_dev(word, &ret->dev) || !skip_words(&line, 1) ||
		!next_word(&line, &ret->point))
		return false;
	do {
		if (!next_word(&line, &word))
			return false;
	} while (!str_is(word, "-"));
	if (!next_word(&line, &ret->type) || !skip_words(&line, 1))
		return false;
	next_word(&line, &ret->options);
	return true;
}

bool proc_mountinfo_next(struct str *rest, struct proc_mount *ret)
{
	struct str line;

	while (rest->n && str_split(rest, '\n', &line))
		if (parse_mount(line, ret))
			return true;
	return false;
}

struct str proc_mount_option(struct str options, struct str name)
{
	struct str one;

	while (options.n && str_split(&options, ',', &one))
		if (str_starts(one, name))
			return str_from(one, name.n);
	return STR_NONE;
}

bool proc_link_ino(struct str link, struct str kind, uint64_t *ret)
{
	size_t n = kind.n + 2;

	if (link.n <= n || !str_starts(link, kind) || memcmp(link.p + kind.n, ":[", 2) ||
		link.p[link.n - 1] != ']')
		return false;
	return to_number(str_n(link.p + n, link.n - n - 1), 10, ret);
}

/* ---- net ---- */

/* Words of 32 bits in hexadecimal, as the machine has them in memory. */
static bool parse_addr(struct str s, size_t words, uint8_t *ret)
{
	if (s.n != words * 8)
		return false;
	for (size_t i = 0; i < words; i++) {
		uint64_t v;
		uint32_t word;

		if (!to_number(str_n(s.p + i * 8, 8), 16, &v))
			return false;
		word = (uint32_t)v;
		memcpy(ret + i * 4, &word, sizeof(word));
	}
	return true;
}

static bool next_end(struct str *rest, size_t words, uint8_t *ret_addr, uint16_t *ret_port)
{
	struct str word, addr;
	uint64_t port;

	if (!next_word(rest, &word) || str_chr(word, ':') < 0)
		return false;
	str_split(&word, ':', &addr);
	if (!parse_addr(addr, words, ret_addr) || !to_number(word, 16, &port) || port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

/* sl local remote state queues timer retransmits uid timeout inode ... */
bool proc_inet_parse(struct str line, bool v6, struct proc_sock *ret)
{
	static const uint8_t any[16];
	size_t words = v6 ? 4 : 1;
	struct str slot;

	*ret = (struct proc_sock){0};
	if (!next_word(&line, &slot) || !str_ends(slot, STR(":")) ||
		!next_end(&line, words, ret->inet.sip, &ret->inet.sport) ||
		!next_end(&line, words, ret->inet.dip, &ret->inet.dport) || !skip_words(&line, 6) ||
		!next_number(&line, 10, &ret->ino))
		return false;
	if (memcmp(ret->inet.dip, any, sizeof(any))) {
		ret->type = v6 ? FD_IPV6_SOCK : FD_IPV4_SOCK;
	} else {
		ret->type = v6 ? FD_IPV6_SERVSOCK : FD_IPV4_SERVSOCK;
		ret->inet.dport = 0;
	}
	return true;
}

/* address: references protocol flags type state inode [path] */
bool proc_unix_parse(struct str line, struct proc_sock *ret)
{
	struct str address;

	*ret = (struct proc_sock){.type = FD_UNIX_SOCK};
	if (!next_word(&line, &address) || !str_ends(address, STR(":")) ||
		!to_number(str_head(address, address.n - 1), 16, &ret->unix_source) ||
		!skip_words(&line, 5) || !next_number(&line, 10, &ret->ino))
		return false;
	ret->path = line.n && line.p[0] == ' ' ? str_from(line, 1) : STR("");
	return true;
}

/* address family pid groups receive send dump locks drops inode */
bool proc_netlink_parse(struct str line, struct proc_sock *ret)
{
	uint64_t address;

	*ret = (struct proc_sock){.type = FD_NETLINK};
	return next_number(&line, 16, &address) && skip_words(&line, 8) &&
	       next_number(&line, 10, &ret->ino);
}
