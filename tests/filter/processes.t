# SPDX-License-Identifier: Apache-2.0
# The process, its arguments and its ancestors.

proc.name = cat and proc.exepath = /usr/bin/cat and proc.pid = 100 and proc.ppid = 50
close res=0 fd=9
true

proc.name in (dog, cow) or proc.exepath startswith /bin
close res=0 fd=9
false

proc.name in (dog, cat, cow)
close res=0 fd=9
true

proc.cmdline = "cat -n x" and proc.args = "-n x" and proc.args[0] = -n
close res=0 fd=9
true

proc.pname = bash and proc.aname[1] = bash and proc.aname[2] = init and proc.aname[0] = cat
close res=0 fd=9
true

# without a number: any of the ancestors
proc.aname = init and proc.aname = bash
close res=0 fd=9
true

proc.aname = cat
close res=0 fd=9
false

proc.aname in (sshd, init) and proc.aname startswith ba and proc.aname exists
close res=0 fd=9
true

# that one of them is different is all that != asks for
proc.aname != bash
close res=0 fd=9
true

proc.aname exists
@1 close res=0 fd=9
false

proc.apid = 50 and not proc.apid = 100
close res=0 fd=9
true

proc.env[HOME] = /home/u and proc.env contains "SHELL=/bin"
close res=0 fd=9
true

user.uid = 1000 and group.gid = 1000 and user.loginuid = 1000
close res=0 fd=9
true

user.uid = 0
setuid res=0 uid=0
true

proc.name = val(proc.pname)
close res=0 fd=9
false

proc.name != val(proc.pname) and proc.pid > val(proc.ppid)
close res=0 fd=9
true

proc.cmdline startswith val(proc.name)
close res=0 fd=9
true

proc.cmdnargs = 2 and proc.is_exe_writable = false
close res=0 fd=9
true

thread.tid = 100 and proc.vpid in (99, 100)
close res=0 fd=9
true

fd.types in (file, ipv4)
open fd=3 name=/x flags=O_RDONLY
true

fd.types intersects (ipv4, file) and not fd.types intersects (ipv4)
open fd=3 name=/x flags=O_RDONLY
true

len(fd.types) = 2 and fd.types in (file, pipe, ipv4) and not fd.types in (file)
open fd=3 name=/x flags=O_RDONLY
pipe res=0 fd1=4 fd2=5 ino=9
true
