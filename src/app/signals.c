/* SPDX-License-Identifier: Apache-2.0 */
#include "app/signals.h"

#include <signal.h>

atomic_int signal_any;
atomic_int signal_terminate;
atomic_int signal_restart;
atomic_int signal_reopen;
atomic_int signal_alive;

static void on_signal(int sig)
{
	if (sig == SIGHUP)
		signal_restart = 1;
	else if (sig == SIGUSR1)
		signal_reopen = 1;
	else
		signal_terminate = sig;
	signal_any = 1;
}

void signals_install(void)
{
	static const int handled[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
	struct sigaction act = {.sa_handler = on_signal};

	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		sigaction(handled[i], &act, NULL);
	signal(SIGPIPE, SIG_IGN);
}
