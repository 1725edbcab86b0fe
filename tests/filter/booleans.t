# SPDX-License-Identifier: Apache-2.0
# and, or, not: precedence, nesting, and what a field without a value does to them.

proc.name = cat and fd.num = 3
open fd=3 name=/x
true

proc.name = cat and fd.num = 4
open fd=3 name=/x
false

proc.name = dog or fd.num = 3
open fd=3 name=/x
true

# and binds closer than or
proc.name = cat or proc.name = dog and fd.num = 4
open fd=3 name=/x
true

(proc.name = cat or proc.name = dog) and fd.num = 4
open fd=3 name=/x
false

not proc.name = cat
open fd=3 name=/x
false

not not proc.name = cat
open fd=3 name=/x
true

not(proc.name = cat and fd.num = 4)and not(fd.num = 5)
open fd=3 name=/x
true

not proc.name = cat or fd.num = 3
open fd=3 name=/x
true

not (proc.name = cat or fd.num = 3)
open fd=3 name=/x
false

# close has no flags: a comparison is false, its negation true
evt.arg.flags = O_RDONLY
close res=0 fd=3
false

evt.arg.flags != O_RDONLY
close res=0 fd=3
false

not evt.arg.flags = O_RDONLY
close res=0 fd=3
true

not evt.arg.flags != O_RDONLY and not evt.arg.flags exists
close res=0 fd=3
true

evt.type = open
  and proc.name = cat
  and (fd.name startswith /etc
    or fd.name startswith /home)
open fd=3 name=/etc/hosts
true
