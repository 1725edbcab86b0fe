/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of one interface and protocol become one text, joined by commas. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>

#include "web/usage.h"

static bool address_of(const struct ifaddrs *a, int family, char ret[INET6_ADDRSTRLEN])
{
	const void *p;

	if (!a->ifa_addr || a->ifa_addr->sa_family != family || strcmp(a->ifa_name, "lo") == 0)
		return false;
	p = family == AF_INET ? (const void *)&((struct sockaddr_in *)a->ifa_addr)->sin_addr
			      : (const void *)&((struct sockaddr_in6 *)a->ifa_addr)->sin6_addr;
	return inet_ntop(family, p, ret, INET6_ADDRSTRLEN);
}

static bool told_before(const struct ifaddrs *all, const struct ifaddrs *a, int family)
{
	char text[INET6_ADDRSTRLEN];

	for (; all != a; all = all->ifa_next)
		if (strcmp(all->ifa_name, a->ifa_name) == 0 && address_of(all, family, text))
			return true;
	return false;
}

static void put_interface(struct samples *s, const struct ifaddrs *a, int family)
{
	const char *name = a->ifa_name;
	char text[INET6_ADDRSTRLEN], key[IF_NAMESIZE + 32];
	struct buf list = {0};

	for (; a; a = a->ifa_next) {
		if (strcmp(a->ifa_name, name) != 0 || !address_of(a, family, text))
			continue;
		if (list.n)
			buf_char(&list, ',');
		buf_puts(&list, text);
	}
	snprintf(key, sizeof(key), "%s.protocols.%s", name, family == AF_INET ? "ipv4" : "ipv6");
	samples_put_info(s, METRIC_NETINFO, key, NULL, buf_cstr(&list));
	buf_done(&list);
}

void netinfo_put(struct samples *s)
{
	static const int families[] = {AF_INET, AF_INET6};
	char text[INET6_ADDRSTRLEN];
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (const struct ifaddrs *a = all; a; a = a->ifa_next)
			if (address_of(a, families[i], text) && !told_before(all, a, families[i]))
				put_interface(s, a, families[i]);
	freeifaddrs(all);
}
