# SPDX-License-Identifier: Apache-2.0
# Texts: case, quoting, order, and bytes that are no text.

fd.name = /A and not fd.name = /a and fd.name icontains a
open fd=3 name=/A
true

fd.name = "/a b" and fd.name = '/a b'
open fd=3 'name=/a b'
true

fd.name = "/it's" and fd.name = '/it\'s'
open fd=3 name=/it\x27s
true

fd.name > 0 and fd.name < 1
open fd=3 name=/x
false

proc.name > 0
open fd=3 name=/x
true

fd.name = oneof (/x, /y) and fd.name = anyof (/x, /x) and not fd.name = oneof (/x, /x)
open fd=3 name=/x
true

fd.name startswith allof (/, /x) and fd.name != allof (/y, /z) and fd.name != anyof (/x, /y)
open fd=3 name=/x
true

fd.name contains oneof (x, y) and not fd.name contains anyof (a, b)
open fd=3 name=/x
true

fd.name regex anyof ('/[a-f]', '/[x-z]')
open fd=3 name=/x
true

# bytes that are not UTF-8 and control characters look like U+FFFD
fd.name = /a�b
open fd=3 name=/a\xffb
true

fd.name regex '/a.b' and not fd.name glob '/a?b'
open fd=3 name=/a\xffb
true

fd.name contains �
open fd=3 name=/a\x01b
true

fd.name = /é and fd.name regex '/.' and len(fd.name) = 3
open fd=3 name=/\xc3\xa9
true

fd.name in (/a, /b, /c, /d, /e, /f, /g, /h, /i, /j, /k, /l, /m, /n, /o, /p, /q, /r, /x)
open fd=3 name=/x
true

fd.name in ("/x y", '/z')
open fd=3 'name=/x y'
true

fd.name in ()
open fd=3 name=/x
false

fd.name contains "" and fd.name startswith '' and fd.name endswith ""
open fd=3 name=/x
true
