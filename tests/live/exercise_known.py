# SPDX-License-Identifier: Apache-2.0
"""Why a recording of the exercise differs from Falco's (exercise.py).

ROWS: width of the program (None: both), event types (an expression for the whole name), what differs in the
arguments (an expression), what it is replaced with on both sides (None: the event is not compared), the reason.
docs/compat.md tells of what Falco does otherwise.
"""
ROWS = [
    # ---- another machine ----
    (None, "(init|finit|delete)_module<", r"^res=-\d+\(\w+\)", "res=*", "whether the kernel has modules"),
    (None, "([gs]et|p)rlimit<", r"\b(oldcur|oldmax|cur|max)=(-?\d+|\*|HEX|BIG)", r"\1=*", "limits of the machine"),
    (None, "quotactl<", r"^res=-[23]\(\w+\)(?= special=/dev/vd[ab])", "res=*", "disks of the machine"),
    (None, "(read|close|openat|newfstatat)<", r"/usr/share/locale/locale\.alias", None, "packages of the machine"),
    (None, "read<", r"^.* fd=(\d+\(<f>/(etc/(passwd|group|nsswitch\.conf)|proc/filesystems)\))", r"fd=\1", "files of the machine"),
    (None, "setres[ug]id<", r"\b1000\([^)]*\)", "1000", "users of the machine"),
    (None, "rt_sigaction<", "^", None, "how often its shell makes the call"),
    (None, "recv(from|m?msg)?<", r"(?<=\(<4u>)\d[^)]*:0(?=\)|->)|(?<=->)\d[\d.]*:0(?=\))", "*", "addresses of the machine"),
    (None, "ppoll<", r"timeout=(\*|0\(0s\))", "timeout=*", "how much of a millisecond was left"),
    (None, "recv(from|m?msg)?<", r"fd=\d+\(<[46]t>", None, "how much of a stream comes at once"),
    (None, "execveat<", r"exe=(at|<NA>)", "exe=*", "whether a page of the program was in memory"),
    # ---- another kernel ----
    (None, "bpf<", r"^fd=(34\(<b>\)|-1\(EPERM\))(?= cmd=0)", "fd=*", "memory that may be locked"),
    (None, "userfaultfd<", r"^res=(34|-22\(EINVAL\))", "res=*", "flags that the kernel knows"),
    (None, "close<", r"^res=(0 fd=34\(<[bu]>\)|-9\(EBADF\) fd=-1\(EPERM\))$", "*", "descriptors of both"),
    (None, "close_range<", r"^res=(0|-22\(EINVAL\))(?= first=212)", "res=*", "flags that the kernel knows"),
    (None, "execve<", r"\bcomm=(memfd:payload|44)\b", "comm=*", "how the kernel names a program that a descriptor stands for"),
    # ---- what Falco does otherwise ----
    (None, "(bind|connect|close)<", r"fd=14\(<u>(abstract0|unix\.sock\.0|[0-9a-f]{5})\)", "fd=14", "the name of a socket is that of the kernel"),
    ("32", "(send|recv|socketcall)<", "^", None, "sends and receives of socketcall"),
    ("32", "connect<", r"fd=0\(<f>/dev/null\)", None, "a socketcall whose arguments cannot be read"),
    ("32", "(ipc|recvmmsg|select|setgroups|timerfd_create)<", "^", None, "calls that Falco does not know"),
    ("32", "execveat<", r"exe= args=NULL", None, "timerfd_create, which Falco takes for execveat"),
    ("32", "(close|dup2|read|pidfd_getfd)<", r"\b(res|fd|oldfd|newfd|target_fd)=(\d+)(\(<[fpl]>[^)]*\))?", r"\1=\2",
     "descriptors that Falco forgets by such an execveat"),
    ("32", "(close|recvfrom|recvmsg)<", r"fd=5\(<(4u|6)>[^)]*\)", "fd=5", "the sender is told by a recvmmsg"),
    ("32", "recvmsg<", r"tuple=\S+(?=.* fd=5$)", "tuple=*", "the sender is told by a recvmmsg"),
    ("32", "(send|recv)msg<", r"\bdata=.*?(?= (fd|tuple)=)", "data=*", "structures of 32 bits"),
    ("32", "execve(at)?<", r"^(res=-\d+\(\w+\)) exe=.*? args=.*?(?= tid=)", r"\1", "structures of 32 bits"),
    ("32", "[gs]etsockopt<", r"(?<=TIMEO\) )val=\S+", "val=*", "structures of 32 bits"),
    ("32", "lseek<", r"offset=\S+ whence=\S+", "*", "_llseek"),
    ("32", "ptrace<", r"data=\S+(?= request=3)", "data=*", "words of 32 bits"),
    ("32", "pwritev<", r"pos=\S+", "pos=*", "places of 32 bits"),
    ("32", "sendfile<", r"offset=\S+", "offset=*", "places of 32 bits"),
]
