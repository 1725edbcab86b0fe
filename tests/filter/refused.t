# SPDX-License-Identifier: Apache-2.0
# Conditions that are none, and how they are refused.

proc.nam = cat
close res=0 fd=3
filter_check called with nonexistent field proc.nam

proc.name = cat an fd.num = 3
close res=0 fd=3
unexpected token after 'cat', expecting 'or', 'and'

proc.name = "cat
close res=0 fd=3
expected a string value or a field with a valid transformer: 'val', 'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt'

proc.pid contains 1
close res=0 fd=3
filter error: 'contains' operator not supported for numeric filters

proc.pid = 0x10
close res=0 fd=3
0x10 is not a valid number

evt.is_io = yes
close res=0 fd=3
filter error: unrecognized boolean value yes

fd.sip = localhost
close res=0 fd=3
unrecognized IPv6 address localhost

fd.snet = 10.0.0.0
close res=0 fd=3
unrecognized IP network 10.0.0.0

fd.types = file
close res=0 fd=3
filter error: '=' operator not supported list filters

evt.type = opena
close res=0 fd=3
unknown event type opena

evt.type in (open, closed)
close res=0 fd=3
unknown event type closed

proc.name regex "[a"
close res=0 fd=3
invalid regex pattern: missing ]: [a

proc.name bcontains 00
close res=0 fd=3
filter error: 'bcontains' operator not supported for string filters

evt.buffer bcontains 0
close res=0 fd=3
filter error: bcontains and bstartswith operator support hex strings only

tolower(proc.pid) = 1
close res=0 fd=3
can't add field transformer: type 'INT64' is not supported by 'tolower' transformer applied on field 'proc.pid'

tolower(proc.aname) = x
close res=0 fd=3
field 'proc.aname' does not support transformers

proc.name = val(proc.pid)
close res=0 fd=3
field 'proc.name' has type 'CHARBUF' while the right-hand side field 'proc.pid' has incompatible type 'INT64'

proc.name = val(proc.aname)
close res=0 fd=3
field 'proc.aname' can't be used as a right-hand side field

proc.aname = val(proc.name)
close res=0 fd=3
field 'proc.aname' doesn't support right-hand side fields

fd.ip = val(fd.sip)
close res=0 fd=3
field 'fd.ip' doesn't support right-hand side fields

proc.name pmatch val(proc.exe)
close res=0 fd=3
operator 'PMATCH' doesn't support right-hand side fields
