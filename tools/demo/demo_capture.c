/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the capture that the project ships to try itself on.  The tale: a shop on one Kubernetes
 * node serves customers, cron and an administrator do their work, and at 02:11 somebody gets into
 * the web container, looks around, brings tools, crosses over to a privileged container and to the
 * node, and wipes traces.  Everything that happens is made up; addresses are those reserved for
 * documentation.
 *
 * usage: demo_capture FILE
 */
#include "demo/tale.h"

#include <stdio.h>

#define SECOND UINT64_C(1000000000)
#define START (UINT64_C(1773454200) * SECOND) /* 2026-03-14 02:10:00 UTC */
#define BOOT (START - 12 * 86400 * SECOND)
#define ALL_CAPS 0x1ffffffffff
#define DEFAULT_CAPS 0xa80425fb /* what runtimes leave to a container */
#define WEB_POD_UID "3f1c9a52-6f0e-4a77-9d63-b1c2e08f4d11"
#define BACKUP_POD_UID "b7a0e6d4-2c15-4f9b-8e31-90d4c7a25f66"
#define POD_CGROUPS(pod, id)                                                                       \
	WORDS("cpuset=/kubepods/burstable/pod" pod "/" id "\0"                                     \
	      "cpu=/kubepods/burstable/pod" pod "/" id "\0"                                        \
	      "memory=/kubepods/burstable/pod" pod "/" id)

struct place host = {
	.cgroups = WORDS("cpuset=/\0cpu=/system.slice\0memory=/system.slice"),
	.caps = ALL_CAPS,
};
struct place web = {
	.cgroups = POD_CGROUPS(WEB_POD_UID, WEB_ID),
	.started_ns = 11 * 86400 * SECOND,
	.is_container = true,
	.next_vpid = 31,
	.caps = DEFAULT_CAPS,
};
struct place backup = {
	.cgroups = POD_CGROUPS(BACKUP_POD_UID, BACKUP_ID),
	.started_ns = 9 * 86400 * SECOND,
	.is_container = true,
	.next_vpid = 12,
	.caps = ALL_CAPS,
};

/* ---- before the curtain ---- */

static void list_users(struct scene *s)
{
	static const struct machine_user users[] = {
		{.uid = 0,
			.gid = 0,
			.name = STR("root"),
			.home = STR("/root"),
			.shell = STR("/bin/bash")},
		{.uid = 33,
			.gid = 33,
			.name = STR("www-data"),
			.home = STR("/var/www"),
			.shell = STR("/usr/sbin/nologin")},
		{.uid = 1001,
			.gid = 1001,
			.name = STR("mira"),
			.home = STR("/home/mira"),
			.shell = STR("/bin/bash")},
		{.gid = 0, .name = STR("root"), .is_group = true},
		{.gid = 33, .name = STR("www-data"), .is_group = true},
		{.gid = 1001, .name = STR("mira"), .is_group = true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(users); i++)
		scap_write_user(s->out, &users[i]);
}

static void list_machine(struct scene *s)
{
	static const struct machine_info machine = {
		.num_cpus = 4,
		.memory_bytes = UINT64_C(16) << 30,
		.max_pid = 4194304,
		.hostname = STR("shop-node-1"),
		.boot_ts = BOOT,
	};
	static const struct machine_iface ifaces[] = {
		{.name = STR("lo"),
			.addr = {127, 0, 0, 1},
			.netmask = {255},
			.bcast = {127, 0, 0, 1}},
		{.name = STR("eth0"),
			.addr = {192, 0, 2, 10},
			.netmask = {255, 255, 255},
			.bcast = {192, 0, 2, 255}},
		{.name = STR("cni0"),
			.addr = {10, 244, 1, 1},
			.netmask = {255, 255, 255},
			.bcast = {10, 244, 1, 255}},
	};

	scap_write_info(s->out, &machine);
	for (size_t i = 0; i < ARRAY_SIZE(ifaces); i++)
		scap_write_iface(s->out, &ifaces[i]);
}

static struct actor *daemon_of(struct scene *s, int64_t pid, int64_t ppid, int64_t vpid,
	struct place *place, const char *path, struct str args)
{
	struct actor a = {
		.pid = pid,
		.ppid = ppid,
		.vpid = vpid,
		.loginuid = NO_LOGIN,
		.place = place,
		.image = {.path = path, .args = args},
		.cwd = "/",
	};

	return scene_before(s, &a);
}

static void list_descriptors(struct scene *s, const struct cast *c)
{
	const struct actor *with[] = {c->httpd, c->worker};

	for (size_t i = 0; i < ARRAY_SIZE(with); i++) {
		static const char *const names[] = {
			"/dev/null", "/dev/null", "/usr/local/apache2/logs/error_log"};

		for (int fd = 0; fd < 3; fd++) {
			struct machine_fd f = {.tid = with[i]->pid,
				.fd = fd,
				.ino = 90 + fd,
				.type = FD_FILE_V2,
				.name = str_c(names[fd]),
				.open_flags = fd ? O_WRITE : O_READ,
				.dev = 0x2f};

			scap_write_fd(s->out, &f);
		}
		scap_write_fd(s->out, &(struct machine_fd){.tid = with[i]->pid,
					      .fd = 3,
					      .ino = 41772,
					      .type = FD_IPV4_SERVSOCK,
					      .inet = {.sport = 80},
					      .l4 = L4_TCP});
	}
}

static void raise_curtain(struct scene *s, struct cast *c)
{
	static const struct str none = NO_WORDS;

	list_machine(s);
	list_users(s);
	daemon_of(s, 1, 0, 1, &host, "/usr/lib/systemd/systemd", WORDS("--system"));
	c->sshd = daemon_of(s, 640, 1, 640, &host, "/usr/sbin/sshd", WORDS("-D"));
	c->cron = daemon_of(s, 655, 1, 655, &host, "/usr/sbin/cron", WORDS("-f"));
	c->containerd = daemon_of(s, 702, 1, 702, &host, "/usr/bin/containerd", none);
	c->web_shim = daemon_of(s, 1310, 1, 1310, &host, "/usr/bin/containerd-shim-runc-v2",
		WORDS("-namespace\0k8s.io\0-id\0" WEB_ID));
	c->httpd = daemon_of(
		s, 1334, 1310, 1, &web, "/usr/local/apache2/bin/httpd", WORDS("-DFOREGROUND"));
	c->worker = daemon_of(
		s, 1360, 1334, 9, &web, "/usr/local/apache2/bin/httpd", WORDS("-DFOREGROUND"));
	c->worker->sid = c->worker->pgid = 1334;
	c->worker->vpgid = 1;
	c->httpd->cwd = c->worker->cwd = "/usr/local/apache2/";
	c->httpd->fds |= 8;
	c->worker->fds |= 8;
	c->backup_shim = daemon_of(s, 1402, 1, 1402, &host, "/usr/bin/containerd-shim-runc-v2",
		WORDS("-namespace\0k8s.io\0-id\0" BACKUP_ID));
	c->agent = daemon_of(s, 1421, 1402, 1, &backup, "/usr/local/bin/backup-agent",
		WORDS("--every\0"
		      "6h"));
	for (size_t i = 0; i < s->nactors; i++)
		scene_list(s, &s->actors[i], i < 4 ? 12 * 86400 : 86400 + (unsigned)i);
	list_descriptors(s, c);
}

/* Container records, as a capture starts with one for each container that is known. */
static void tell_container(struct scene *s, const char *json)
{
	const struct arg args[] = {N(4), T("container"), B(str_n(json, strlen(json) + 1))};

	scene_event(s, -1, EV_ASYNCEVENT_E, args, ARRAY_SIZE(args));
}

#define IMAGE_JSON(name, tag, digest)                                                              \
	"\"image\":\"registry.shop.example/" name ":" tag                                          \
	"\",\"imagerepo\":\"registry.shop.example/" name "\",\"imagetag\":\"" tag                  \
	"\",\"imageid\":\"" digest "\",\"imagedigest\":\"sha256:" digest "\""
#define POD_JSON(pod, uid, ns)                                                                     \
	"\"labels\":{\"app\":\"" ns "\",\"io.kubernetes.pod.name\":\"" pod                         \
	"\",\"io.kubernetes.pod.namespace\":\"" ns "\",\"io.kubernetes.pod.uid\":\"" uid "\"}"

static void tell_containers(struct scene *s)
{
	static const char rest[] =
		",\"User\":\"0\",\"cni_json\":\"\",\"cpu_period\":100000,\"cpu_quota\":0,"
		"\"cpu_shares\":1024,\"cpuset_cpu_count\":0,\"env\":[],\"host_ipc\":false,\"host_"
		"network\":false,"
		"\"is_pod_sandbox\":false,\"memory_limit\":0,\"swap_limit\":0,\"size\":-1,\"port_"
		"mappings\":[]}}";
	struct buf b = {0};

	buf_puts(&b, "{\"container\":{\"type\":7,\"id\":\"5b2f0a9c71de\",\"full_id\":\"" WEB_ID
		     "\",\"name\":\"web\"," IMAGE_JSON("web", "2.4.49",
			     "91d8f0c6b7aa4e13c5d2") "," POD_JSON("web-6d9f7c5b8-x2lqp",
			     WEB_POD_UID, "shop") ",\"ip\":\"10.244.1.17\",\"created_time\":"
						  "1772503800,\"privileged\":false,"
						  "\"host_pid\":false,\"pod_sandbox_id\":"
						  "\"0d6e1f3a9b27\",\"pod_sandbox_labels\":"
						  "{\"app\":\"web\"},\"Mounts\":[]");
	buf_puts(&b, rest);
	tell_container(s, buf_cstr(&b));
	b.n = 0;
	buf_puts(&b, "{\"container\":{\"type\":7,\"id\":\"e41c77d2903a\",\"full_id\":\"" BACKUP_ID
		     "\",\"name\":\"backup\"," IMAGE_JSON("backup", "1.9",
			     "6fe20d5a7713bb90ce48") "," POD_JSON("backup-t7rkz", BACKUP_POD_UID,
			     "ops") ",\"ip\":\"10.244.1.23\",\"created_time\":1772676600,"
				    "\"privileged\":true,"
				    "\"host_pid\":true,\"pod_sandbox_id\":\"c19f5be0472d\",\"pod_"
				    "sandbox_labels\":"
				    "{\"app\":\"backup\"},\"Mounts\":[{\"Source\":\"/"
				    "\",\"Destination\":\"/host\","
				    "\"Mode\":\"\",\"RW\":true,\"Propagation\":\"rslave\"}]");
	buf_puts(&b, rest);
	tell_container(s, buf_cstr(&b));
	buf_done(&b);
}

int main(int argc, char **argv)
{
	static struct scene s;
	struct cast c;
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
		return 2;
	}
	if (!scene_init(&s, argv[1], START, BOOT)) {
		perror(argv[1]);
		return 1;
	}
	raise_curtain(&s, &c);
	tell_containers(&s);
	tale_quiet(&s, &c);
	tale_attack(&s, &c);
	tale_morning(&s, &c);
	err = scene_done(&s);
	if (err) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-err));
		return 1;
	}
	return 0;
}
