/* SPDX-License-Identifier: Apache-2.0 */
/* The matrix of types and operators, as two tables: type to family, family to operators. */
#include "filter/check.h"

#include <stdio.h>

struct type_row {
	const char *name;
	enum family family;
	bool in_lists;
};

#define T(type, family, in_lists) [PT_##type] = {#type, FAMILY_##family, in_lists}
static const struct type_row types[PT_MAX] = {
	[PT_NONE] = {"NONE", FAMILY_NONE, false},
	T(INT8, SIGNED, false),
	T(INT16, SIGNED, false),
	T(INT32, SIGNED, false),
	T(INT64, SIGNED, false),
	T(UINT8, UNSIGNED, false),
	T(UINT16, UNSIGNED, false),
	T(UINT32, UNSIGNED, false),
	T(UINT64, UNSIGNED, true),
	T(CHARBUF, TEXT, true),
	T(BYTEBUF, BYTES, false),
	T(ERRNO, SIGNED, false),
	T(SOCKADDR, NONE, false),
	T(SOCKTUPLE, NONE, false),
	T(FD, SIGNED, false),
	T(PID, SIGNED, false),
	T(FDLIST, NONE, false),
	T(FSPATH, TEXT, false),
	T(SYSCALLID, UNSIGNED, false),
	T(SIGTYPE, UNSIGNED, false),
	T(RELTIME, UNSIGNED, true),
	T(ABSTIME, UNSIGNED, true),
	T(PORT, UNSIGNED, false),
	T(L4PROTO, NONE, false),
	T(SOCKFAMILY, NONE, false),
	T(BOOL, BOOL, true),
	T(IPV4ADDR, IP, false),
	[PT_DYN] = {"DYNAMIC", FAMILY_NONE, false},
	T(FLAGS8, UNSIGNED, false),
	T(FLAGS16, UNSIGNED, false),
	T(FLAGS32, UNSIGNED, false),
	T(UID, NONE, false),
	T(GID, NONE, false),
	T(DOUBLE, DOUBLE, false),
	T(SIGSET, NONE, false),
	T(CHARBUFARRAY, NONE, false),
	T(CHARBUF_PAIR_ARRAY, NONE, false),
	T(IPV4NET, NET, false),
	T(IPV6ADDR, IP, false),
	T(IPV6NET, NET, false),
	T(IPADDR, IP, true),
	T(IPNET, NET, true),
	T(MODE, UNSIGNED, false),
	T(FSRELPATH, TEXT, false),
	T(ENUMFLAGS8, UNSIGNED, false),
	T(ENUMFLAGS16, UNSIGNED, false),
	T(ENUMFLAGS32, UNSIGNED, false),
	T(FD32, SIGNED, false),
	T(PID32, SIGNED, false),
};

#define BIT(op) (1u << OP_##op)
#define EQUALITY (BIT(EQ) | BIT(EQ2) | BIT(NE) | BIT(IN) | BIT(INTERSECTS))
#define ORDER (BIT(LT) | BIT(LE) | BIT(GT) | BIT(GE))

struct family_row {
	const char *shown; /* what messages call its fields */
	uint32_t ops;
};

static const struct family_row families[FAMILY_MAX] = {
	[FAMILY_SIGNED] = {"numeric", EQUALITY | ORDER},
	[FAMILY_UNSIGNED] = {"numeric", EQUALITY | ORDER},
	[FAMILY_DOUBLE] = {"numeric", EQUALITY | ORDER},
	[FAMILY_BOOL] = {"numeric", EQUALITY},
	[FAMILY_TEXT] = {"string", EQUALITY | ORDER | BIT(CONTAINS) | BIT(ICONTAINS) |
					   BIT(STARTSWITH) | BIT(ENDSWITH) | BIT(GLOB) |
					   BIT(IGLOB) | BIT(REGEX) | BIT(PMATCH)},
	[FAMILY_BYTES] = {"buffer", EQUALITY | BIT(CONTAINS) | BIT(STARTSWITH) | BIT(ENDSWITH) |
					    BIT(BCONTAINS) | BIT(BSTARTSWITH)},
	[FAMILY_IP] = {"ip address and network", EQUALITY},
	[FAMILY_NET] = {"ip address and network", EQUALITY},
};

enum family type_family(uint8_t type)
{
	return type < PT_MAX ? types[type].family : FAMILY_NONE;
}

const char *type_name(uint8_t type)
{
	return type < PT_MAX ? types[type].name : "<NA>";
}

const char *op_shown(enum op op)
{
	return op == OP_EQ2 ? "=" : op_table[op].text;
}

static bool allowed_for_lists(enum op op, uint8_t type, char *err, size_t err_size)
{
	if (type >= PT_MAX || !types[type].in_lists)
		snprintf(err, err_size, "list filters are not supported for type '%s'",
			type_name(type));
	else if (op != OP_IN && op != OP_INTERSECTS)
		snprintf(err, err_size, "'%s' operator not supported list filters", op_shown(op));
	else
		return true;
	return false;
}

bool op_allowed(enum op op, enum modifier mod, uint8_t type, bool list, char *err, size_t err_size)
{
	enum family family = type_family(type);

	if (op == OP_EXISTS)
		return true;
	if (list)
		return allowed_for_lists(op, type, err, err_size);
	if (families[family].ops >> op & 1)
		return true;
	if (family == FAMILY_NONE)
		snprintf(err, err_size, "'%s' operator not supported for type '%s'", op_shown(op),
			type_name(type));
	else if (mod && (family == FAMILY_IP || family == FAMILY_NET))
		snprintf(err, err_size, "'%s' with modifier not supported for %s filters",
			op_shown(op), families[family].shown);
	else
		snprintf(err, err_size, "'%s' operator not supported for %s filters", op_shown(op),
			families[family].shown);
	return false;
}
