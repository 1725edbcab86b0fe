# SPDX-License-Identifier: Apache-2.0
# A field without a value: every comparison is false, != and "in ()" included.

fd.sip = 1.2.3.4
open fd=3 name=/x
false

fd.sip != 1.2.3.4
open fd=3 name=/x
false

not fd.sip = 1.2.3.4
open fd=3 name=/x
true

fd.sport >= 0
open fd=3 name=/x
false

fd.ip != 1.2.3.4
open fd=3 name=/x
false

fd.net != 1.2.3.0/24
open fd=3 name=/x
false

fd.sip exists
open fd=3 name=/x
false

fd.name exists
open fd=3 name=/x
true

# of fields about both ends it is the descriptor that exists
fd.ip exists
open fd=3 name=/x
true

proc.aname[7] != x
open fd=3 name=/x
false

evt.arg.nosuch = x
open fd=3 name=/x
unknown event argument nosuch

fs.path.source != x
open fd=3 name=/x
false

tolower(fs.path.source) != x
open fd=3 name=/x
false

concat(proc.name, fs.path.source) exists
open fd=3 name=/x
false

proc.name = val(fs.path.source)
open fd=3 name=/x
false

proc.name != val(fs.path.source)
open fd=3 name=/x
false

len(fs.path.source) = 0
open fd=3 name=/x
false
