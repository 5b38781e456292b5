/* SPDX-License-Identifier: MIT */
/* Writes the extensions of ICMP errors. */
#include "ext.h"

#include "wire/checksum.h"

#include <string.h>
#include <sys/socket.h>

#define CLASS_MPLS 1u
#define CLASS_INTERFACE 2u

/* RFC 5837 section 4.1: role 0, the incoming interface, and what follows. */
#define HAS_INDEX 0x08u
#define HAS_ADDR 0x04u
#define HAS_NAME 0x02u
#define HAS_MTU 0x01u

bool
ns_ext_any(const struct ns_icmp_opts *icmp)
{
	return icmp->n_labels > 0 || icmp->interface;
}

/* An object of 4 bytes and more; its length is filled in by end_object(). */
static size_t
begin_object(struct nd_wbuf *w, uint8_t class, uint8_t type)
{
	size_t at = nd_wbuf_len(w);

	nd_put16(w, 0);
	nd_put8(w, class);
	nd_put8(w, type);
	return at;
}

static void
end_object(struct nd_wbuf *w, size_t at)
{
	nd_patch16(w, at, (uint16_t)(nd_wbuf_len(w) - at));
}

/* RFC 4950 section 4: label, TC, S, TTL. */
static void
put_mpls(struct nd_wbuf *w, const struct ns_icmp_opts *icmp)
{
	size_t at = begin_object(w, CLASS_MPLS, 1);

	for (unsigned i = 0; i < icmp->n_labels; i++) {
		const struct ns_label *l = &icmp->label[i];
		uint32_t bottom = i + 1 == icmp->n_labels;

		nd_put32(w, l->label << 12 | (uint32_t)l->tc << 9 |
				bottom << 8 | l->ttl);
	}
	end_object(w, at);
}

/* RFC 5837 section 4.2: AFI, reserved, address. */
static void
put_addr(struct nd_wbuf *w, const struct ns_addr *addr)
{
	nd_put16(w, addr->af == AF_INET ? 1 : 2);
	nd_put16(w, 0);
	nd_put_bytes(w, addr->b, ns_addr_size(addr->af));
}

/* RFC 5837 section 4.3: its length counts itself and is a multiple of 4. */
static void
put_name(struct nd_wbuf *w, const char *name)
{
	size_t n = strlen(name), padded = (n + 1 + 3) / 4 * 4;

	nd_put8(w, (uint8_t)padded);
	nd_put_bytes(w, name, n);
	nd_put_zero(w, padded - n - 1);
}

static void
put_interface(
    struct nd_wbuf *w, const struct ns_addr *addr, const struct ns_iface *iface)
{
	uint32_t ifindex = iface != NULL ? iface->ifindex : 0;
	uint32_t ifmtu = iface != NULL ? iface->ifmtu : 0;
	const char *name = iface != NULL ? iface->ifname : "";
	uint8_t has = addr->af != 0 ? HAS_ADDR : 0;
	size_t at;

	if (ifindex != 0)
		has |= HAS_INDEX;
	if (*name != '\0')
		has |= HAS_NAME;
	if (ifmtu != 0)
		has |= HAS_MTU;
	at = begin_object(w, CLASS_INTERFACE, has);
	if (ifindex != 0)
		nd_put32(w, ifindex);
	if (addr->af != 0)
		put_addr(w, addr);
	if (*name != '\0')
		put_name(w, name);
	if (ifmtu != 0)
		nd_put32(w, ifmtu);
	end_object(w, at);
}

void
ns_ext_put(struct nd_wbuf *w, const struct ns_icmp_opts *icmp,
    const struct ns_addr *addr, const struct ns_iface *iface)
{
	size_t at = nd_wbuf_len(w);
	size_t n;

	nd_put16(w, 2u << 12); /* version 2 */
	nd_put16(w, 0);
	if (icmp->n_labels > 0)
		put_mpls(w, icmp);
	if (icmp->interface)
		put_interface(w, addr, iface);
	n = nd_wbuf_len(w);
	if (n > at)
		nd_patch16(
		    w, at + 2, nd_sum_fold(nd_sum(0, w->start + at, n - at)));
}
