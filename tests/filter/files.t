# SPDX-License-Identifier: Apache-2.0
# Paths: what a descriptor is called, and the operators made for that.

fd.name = /etc/passwd and fd.filename = passwd and fd.directory = /etc
open fd=3 name=/etc/passwd
true

fd.name = /home/u/notes
openat fd=3 dirfd=-100 name=notes
true

# later events know it by number
fd.name = /etc/passwd and fd.typechar = f
open fd=3 name=/etc/passwd
read res=1 data=x fd=3
true

fd.name startswith /etc/ and fd.name endswith wd and fd.name contains pass
open fd=3 name=/etc/passwd
true

fd.name startswith /etc/ or fd.name glob /usr/*/bin/*
open fd=3 name=/usr/local/bin/x
true

# * of glob goes over slashes, and the whole name has to match
fd.name glob /usr/*x
open fd=3 name=/usr/local/bin/x
true

fd.name glob /usr/*bin
open fd=3 name=/usr/local/bin/x
false

fd.name glob /tmp/?.[ch]
open fd=3 name=/tmp/a.c
true

fd.name iglob /TMP/*.C
open fd=3 name=/tmp/a.c
true

fd.name pmatch (/etc, /usr/bin)
open fd=3 name=/etc/ssh/sshd_config
true

fd.name pmatch (/etc/ss, /usr/bin)
open fd=3 name=/etc/ssh/sshd_config
false

fd.name pmatch (/etc/ssh/sshd_config/x)
open fd=3 name=/etc/ssh/sshd_config
false

fd.name pmatch (/home/*/.ssh)
open fd=3 name=/home/u/.ssh/id_rsa
true

fd.name pmatch (/home/a*/.ssh, /home/b*/.ssh, /home/u*/.ssh)
open fd=3 name=/home/u/.ssh/id_rsa
true

fd.name pmatch ()
open fd=3 name=/x
false

fd.directory in (/bin, /sbin, /usr/bin)
open fd=3 name=/usr/bin/x
true

fd.name regex '/var/log/[a-z]+\\.log(\\.[0-9])?'
open fd=3 name=/var/log/auth.log.1
true

# a regular expression must match all of it
fd.name regex log
open fd=3 name=/var/log/auth.log
false

fd.name regex '.*log'
open fd=3 name=/var/log/auth.log
true

fs.path.name = /tmp/x
unlink res=0 path=/tmp/x
true

fs.path.source = /a and fs.path.target = /b
rename res=0 oldpath=/a newpath=/b
true

fd.num in (1, 2, 3)
open fd=3 name=/x
true

fd.num < 3
open fd=3 name=/x
false

basename(fd.name) = passwd and toupper(fd.directory) = /ETC and len(fd.name) = 11
open fd=3 name=/etc/passwd
true
