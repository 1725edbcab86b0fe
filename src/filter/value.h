/* SPDX-License-Identifier: Apache-2.0 */
/* A value of a field or a constant. */
#ifndef FILTER_VALUE_H
#define FILTER_VALUE_H
#include "base/istr.h"
#include "tables/tables.h"

struct ipnet {
	uint8_t addr[16];
	uint8_t bits; /* of the prefix, counted in the 16 bytes (an IPv4 /8 is 8) */
	bool v6;
};

struct value {
	uint8_t type; /* enum ptype; of the elements when it is a list */
	bool list;
	uint32_t n;	   /* elements of a list */
	struct istr *istr; /* the interned string that s is, or NULL; borrowed */
	union {
		int64_t i;  /* signed integers, errno, fd, pid */
		uint64_t u; /* unsigned integers, flags, times, port */
		double d;
		bool b;
		struct str s; /* text, bytes, IP addresses (4 or 16 bytes) */
		struct ipnet net;
		struct value *v; /* list: n elements */
	};
};

static inline void value_str(struct value *v, struct str s)
{
	v->type = PT_CHARBUF;
	v->istr = NULL;
	v->s = s;
}

static inline void value_istr(struct value *v, struct istr *i)
{
	v->type = PT_CHARBUF;
	v->istr = i;
	v->s = istr_str(i);
}

static inline bool ptype_is_signed(uint8_t t)
{
	return (t >= PT_INT8 && t <= PT_INT64) || t == PT_ERRNO || t == PT_FD || t == PT_PID ||
	       t == PT_FD32 || t == PT_PID32;
}

static inline bool ptype_is_text(uint8_t t)
{
	return t == PT_CHARBUF || t == PT_FSPATH || t == PT_FSRELPATH;
}
#endif
