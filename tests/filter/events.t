# SPDX-License-Identifier: Apache-2.0
# Fields of the event itself, of every type.

evt.type = openat and syscall.type = openat
openat fd=3 name=/x
true

evt.type in (open, openat, openat2)
openat2 fd=3 name=/x
true

evt.type != openat
openat fd=3 name=/x
false

evt.dir = <
openat fd=3 name=/x
true

evt.num = 2
open fd=3 name=/x
open fd=4 name=/y
true

evt.num > 1 and evt.num <= 2 and evt.num in (5, 2)
open fd=3 name=/x
open fd=4 name=/y
true

evt.rawres = -2 and evt.res = ENOENT and evt.failed = true
open fd=-ENOENT name=/x
true

evt.rawres >= 0 and evt.failed != true and evt.res = SUCCESS
close res=0 fd=3
true

evt.rawres < 0
unlink res=-EPERM path=/x
true

evt.arg.flags = O_RDONLY|O_CLOEXEC
openat fd=3 name=/x flags=O_RDONLY|O_CLOEXEC
true

evt.arg.flags contains O_CLOEXEC and not evt.arg.flags contains O_WRONLY
openat fd=3 name=/x flags=O_RDONLY|O_CLOEXEC
true

evt.rawarg.flags = 4097
openat fd=3 name=/x flags=O_RDONLY|O_CLOEXEC
true

evt.arg[0] = 3 or evt.arg[0] startswith <f>
open fd=3 name=/x
true

evt.arg[40] exists
open fd=3 name=/x
false

evt.is_open_read = true and evt.is_open_write = false
open fd=3 name=/x flags=O_RDONLY
true

evt.is_open_write = true
open fd=3 name=/x flags=O_RDWR
true

evt.is_io = true and evt.is_io_write = true and evt.io_dir = write
write res=5 data=hello fd=1 size=5
true

evt.is_io in (true, false) and not evt.is_io_read intersects (true)
write res=5 data=hello fd=1 size=5
true

evt.buffer contains ell and evt.buffer startswith he and evt.buffer endswith lo
write res=5 data=hello fd=1 size=5
true

evt.buffer = hello and evt.buffer != hell and evt.buffer in (x, hello)
write res=5 data=hello fd=1 size=5
true

evt.buffer bcontains 6c6c and evt.buffer bstartswith 6865
write res=5 data=hello fd=1 size=5
true

evt.buffer bcontains 00ff01 and not evt.buffer contains x
write res=4 data=a\x00\xff\x01 fd=1 size=4
true

evt.buflen = 5 and evt.buflen > 4
open fd=1 name=/x
write res=5 data=hello fd=1 size=5
true

evt.count = 1
open fd=3 name=/x
true

evt.category = file and evt.source = syscall
open fd=3 name=/x
true

evt.cpu = 0
open fd=3 name=/x
true

# numbers are decimal, whatever the field prints
evt.rawarg.mode = 420
open fd=3 name=/x flags=O_CREAT mode=0644
true
