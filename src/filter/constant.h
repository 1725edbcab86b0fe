/* SPDX-License-Identifier: Apache-2.0 */
/* Constants of conditions: text to a value of the type that it is compared with. */
#ifndef FILTER_CONSTANT_H
#define FILTER_CONSTANT_H
#include "base/arena.h"
#include "filter/value.h"

/*
 * Texts and bytes are copied into a, with a NUL behind them. False when text is not a value of
 * this type; err says so as Falco does.
 */
bool constant_parse(struct arena *a, struct str text, uint8_t type, struct value *ret, char *err,
	size_t err_size);
/* Bytes written as pairs of hexadecimal digits. */
bool constant_parse_hex(
	struct arena *a, struct str text, struct value *ret, char *err, size_t err_size);
#endif
