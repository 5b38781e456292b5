/* SPDX-License-Identifier: MIT */
/* The two ends of a socket that one probe has for itself. */
#include "net/endpoint.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

union endpoint {
	struct sockaddr sa;
	struct sockaddr_storage ss;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

int
nd_kept_opts_set(struct nd_kept_opts *ret, const struct nd_sock_opts *opts)
{
	const size_t len = opts->device != NULL ? strlen(opts->device) : 0;

	if (len >= sizeof(ret->device))
		return -ENODEV;
	*ret = (struct nd_kept_opts){.opts = *opts};
	ret->opts.tcp_ports = ret->opts.udp_ports = NULL;
	if (opts->device != NULL) {
		memcpy(ret->device, opts->device, len);
		ret->opts.device = ret->device;
	}
	return 0;
}

/* The port is left to connect(), which has more to choose from. */
int
nd_endpoint_bind(int fd, int family, const struct nd_addr *source)
{
	const int on = 1;
	union endpoint u;
	socklen_t len;

	if (source->family != family)
		return 0;
	(void)setsockopt(
	    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	len = nd_addr_to(source, &u.ss);
	return bind(fd, &u.sa, len) != 0 ? -errno : 0;
}

int
nd_endpoint_connect(int fd, const struct nd_send *send)
{
	union endpoint u;
	const socklen_t len = nd_addr_to(send->to, &u.ss);

	if (send->to->family == AF_INET)
		u.v4.sin_port = htons(send->port);
	else
		u.v6.sin6_port = htons(send->port);
	return connect(fd, &u.sa, len) != 0 ? -errno : 0;
}

bool
nd_endpoint_is_itself(int fd, const struct nd_send *send)
{
	union endpoint u = {.ss = {0}};
	socklen_t len = sizeof(u);
	struct nd_addr own;
	uint16_t port;

	if (getsockname(fd, &u.sa, &len) != 0 || nd_addr_from(&own, &u.sa) != 0)
		return false;
	port = ntohs(own.family == AF_INET ? u.v4.sin_port : u.v6.sin6_port);
	return port == send->port && nd_addr_equal(&own, send->to);
}

bool
nd_is_shortage(int r)
{
	return r == -EAGAIN || r == -EMFILE || r == -ENFILE || r == -ENOBUFS ||
	       r == -ENOMEM || r == -EADDRINUSE || r == -ENOSPC;
}
