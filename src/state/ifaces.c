/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's network interfaces as a source listed them: which addresses are ours, and which one
 * a socket that is bound to none most likely uses.  IPv6 networks are taken to be /64.
 */
#include "state/fd.h"

void state_add_iface(struct state *s, const struct machine_iface *i)
{
	struct iface *f = vec_add(&s->fds->ifaces);

	f->m = *i;
	f->name = istr_get(i->name);
	f->m.name = istr_str(f->name);
}

void ifaces_clear(struct fd_state *f)
{
	struct iface *i;

	vec_foreach (i, &f->ifaces)
		istr_put(i->name);
	vec_clear(&f->ifaces);
}

void state_dump_ifaces(const struct state *s, const struct machine_sink *out)
{
	const struct iface *i;

	if (!out->iface)
		return;
	vec_foreach (i, &s->fds->ifaces)
		out->iface(out->arg, &i->m);
}

static bool same_net(const struct iface *i, const uint8_t *addr)
{
	if (i->m.v6)
		return memcmp(i->m.addr, addr, 8) == 0;
	for (int b = 0; b < 4; b++)
		if ((i->m.addr[b] ^ addr[b]) & i->m.netmask[b])
			return false;
	return true;
}

static bool same_addr(const struct iface *i, const uint8_t *addr)
{
	return memcmp(i->m.addr, addr, i->m.v6 ? 16 : 4) == 0;
}

static bool not_loopback(const struct iface *i, const uint8_t *addr)
{
	static const uint8_t lo4[4] = {127, 0, 0, 1}, lo6[16] = {[15] = 1};

	return !same_addr(i, i->m.v6 ? lo6 : lo4);
}

static const struct iface *find(const struct state *s, const uint8_t *addr, bool v6,
	bool (*match)(const struct iface *i, const uint8_t *addr))
{
	const struct iface *i;

	vec_foreach (i, &s->fds->ifaces)
		if (i->m.v6 == v6 && match(i, addr))
			return i;
	return NULL;
}

bool state_is_local_addr(const struct state *s, const uint8_t *addr, bool v6)
{
	return find(s, addr, v6, v6 ? same_net : same_addr) != NULL;
}

/* Our address that most likely talks to peer: peer itself, one of its network, or any. */
static const uint8_t *likely_addr(const struct state *s, const uint8_t *peer, bool v6)
{
	static const uint8_t none[16];
	const struct iface *i = find(s, peer, v6, same_addr);

	if (!i)
		i = find(s, peer, v6, same_net);
	if (!i)
		i = find(s, peer, v6, not_loopback);
	return i ? i->m.addr : none;
}

void ifaces_complete(const struct state *s, int type, struct inet_tuple *t)
{
	static const uint8_t none[16];
	bool v6 = type == FD_IPV6_SOCK;
	size_t n = v6 ? 16 : 4;
	bool no_source = memcmp(t->sip, none, n) == 0;
	uint8_t *open = no_source ? t->sip : t->dip;
	const uint8_t *peer = no_source ? t->dip : t->sip, *ours;

	if (memcmp(open, none, n) != 0)
		return;
	ours = likely_addr(s, peer, v6);
	if (memcmp(ours, peer, n) == 0 && t->sport == t->dport)
		return;
	memcpy(open, ours, n);
}
