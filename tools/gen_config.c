/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints config/falco.yaml as the rows of tables/config.def want it; with "schema", the JSON
 * schema. build/gen_config > config/falco.yaml
 */
#include <stdio.h>

#include "app/config.h"

int main(int argc, char **argv)
{
	struct buf out = {0};

	if (argc > 1 && !strcmp(argv[1], "schema"))
		config_schema(&out);
	else
		config_shipped(&out);
	fwrite(out.p, 1, out.n, stdout);
	buf_done(&out);
	return fflush(stdout) ? 1 : 0;
}
