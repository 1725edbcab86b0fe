# SPDX-License-Identifier: Apache-2.0
# Transformers over real fields.

tolower(fd.name) = /tmp/x and toupper(fd.name) = /TMP/X
open fd=3 name=/Tmp/X
true

basename(proc.exepath) = val(proc.name)
open fd=3 name=/x
true

tolower(proc.name) in (cat, dog) and toupper(proc.name) in (CAT)
open fd=3 name=/x
true

b64(evt.buffer) contains secret
write res=12 data=c2VjcmV0 fd=1 size=8
true

b64(evt.buffer) exists
write res=5 data=hel!o fd=1 size=5
false

len(evt.buffer) = 3 and len(fd.name) exists
open fd=1 name=/x
write res=3 data=a\x00b fd=1 size=3
true

concat(proc.name, ":", fd.name) = cat:/x
open fd=3 name=/x
true

join("-", (proc.name, proc.pid, "z")) = cat-100-z
open fd=3 name=/x
true

concat(fd.directory, "/", fd.filename) = val(fd.name)
open fd=3 name=/etc/passwd
true

fd.name endswith concat("/", proc.name)
open fd=3 name=/usr/bin/cat
true

fd.filename in tolower(proc.name)
open fd=3 name=/usr/bin/cat
true

getopt((proc.args[0], proc.args[1]), "n:")[n] = x
open fd=3 name=/x
true

getopt((proc.args[0], proc.args[1]), "n") intersects (n) and len(proc.args) = 4
open fd=3 name=/x
true

len(fd.types) = 0
close res=0 fd=3
true
