# SPDX-License-Identifier: Apache-2.0
# Addresses, networks and ports.

fd.sip = 10.0.0.2 and fd.cip = 10.0.0.1 and fd.sport = 443 and fd.cport = 40000
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
true

fd.name = 10.0.0.1:40000->10.0.0.2:443 and fd.typechar = 4 and fd.l4proto = tcp
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
true

# either end may match
fd.ip = 10.0.0.1 and fd.ip = 10.0.0.2 and fd.port = 443 and fd.port = 40000
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
true

# but != is about both
fd.ip != 10.0.0.1 or fd.ip != 10.0.0.2 or fd.port != 443
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
false

fd.ip != 10.0.0.3 and fd.port != 80
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
true

fd.ip in (1.1.1.1, 10.0.0.2) and fd.port in (22, 443)
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
true

fd.port < 1024 and fd.port > 1024
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
true

fd.net = 10.0.0.0/8 and fd.snet = 10.0.0.2/31 and fd.cnet != 10.0.0.2/31
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
true

fd.snet in (192.168.0.0/16, 10.0.0.0/8, 172.16.0.0/12)
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
true

# every network of the list counts
fd.net in (192.168.0.0/16, 10.0.0.0/8)
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
true

fd.net != 10.0.0.2/32
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
false

# the other family is unequal
fd.sip = "::1" or fd.snet = "::/1" or fd.ip = "::1"
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
false

fd.sip != "::1" and fd.snet != "fe80::/10" and fd.ip != "::1"
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
true

fd.sip = "fe80::2" and fd.snet = "fe80::/64" and fd.typechar = 6
socket fd=3 domain=AF_INET6 type=1 proto=6
connect res=0 tuple=[fe80::1]:40000->[fe80::2]:443 fd=3
true

fd.sport = nosuchservice
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
unrecognized protocol nosuchservice

fd.sip.name = 10.0.0.2 and fd.sip.name != 10.0.0.3
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
true

fd.rip.name in (10.0.0.1, 10.0.0.2) or fd.lip.name in (10.0.0.1, 10.0.0.2)
socket fd=3 domain=AF_INET type=1 proto=6
connect res=0 tuple=10.0.0.1:40000->10.0.0.2:443 fd=3
true
