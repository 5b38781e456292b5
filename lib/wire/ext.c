/* SPDX-License-Identifier: MIT */
/* Finds and decodes the extensions of ICMP errors. */
#include "wire/ext.h"

#include "wire/checksum.h"
#include "wire/cursor.h"

#include <string.h>
#include <sys/socket.h>

#define VERSION 2u
#define SWAPPED_VERSION 0x0200u /* in the low bits of its byte */

#define HEADER ((size_t)4) /* bytes, of the structure and of each object */
#define MIN_QUOTE 128u	   /* bytes, with padding, RFC 4884 section 5.1 */

enum {
	CLASS_MPLS = 1,
	CLASS_INTERFACE = 2,
	TYPE_MPLS_INCOMING = 1,

	/* Bits of the type of an interface object, RFC 5837 section 4.1. */
	ROLE_SHIFT = 6,
	HAS_IFINDEX = 0x08,
	HAS_ADDR = 0x04,
	HAS_NAME = 0x02,
	HAS_MTU = 0x01,

	AFI_IP4 = 1,
	AFI_IP6 = 2,
};

/* RFC 4950 section 4. Labels of several objects are one stack. */
static void
decode_labels(struct nd_ext *ext, struct nd_rbuf *b)
{
	while (nd_left(b) > 0) {
		uint32_t word = nd_get32(b);

		if (b->bad) {
			ext->malformed = true;
			return;
		}
		if (ext->n_labels == ND_EXT_LABELS) {
			ext->cut = true;
			return;
		}
		ext->label[ext->n_labels++] = (struct nd_ext_label){
		    .label = word >> 12,
		    .tc = word >> 9 & 7,
		    .s = (word >> 8 & 1) != 0,
		    .ttl = (uint8_t)word,
		};
	}
}

/* RFC 5837 section 4.2. The size of an unknown family's is not known. */
static void
decode_addr(struct nd_ext_interface *interface, struct nd_rbuf *b)
{
	uint16_t afi = nd_get16(b);
	size_t size = 0;

	nd_skip(b, 2);
	if (afi == AFI_IP4)
		size = 4;
	else if (afi == AFI_IP6)
		size = 16;
	else
		b->bad = true;
	nd_get_copy(b, interface->addr, size);
	if (!b->bad)
		interface->af = afi == AFI_IP4 ? AF_INET : AF_INET6;
}

/*
 * RFC 5837 section 4.3: the length counts itself and the zeros that make it a
 * multiple of 4.
 */
static void
decode_name(struct nd_ext_interface *interface, struct nd_rbuf *b)
{
	size_t size = nd_get8(b), len;

	if (size == 0 || size % 4 != 0 || size > 1 + ND_EXT_NAME) {
		b->bad = true;
		return;
	}
	len = size - 1;
	nd_get_copy(b, interface->name, len);
	if (b->bad)
		return;
	while (len > 0 && interface->name[len - 1] == 0)
		len--;
	interface->name_len = (uint8_t)len;
}

/* One part that is wrong hides those that follow, for their place is lost. */
static void
decode_interface(struct nd_ext *ext, uint8_t type, struct nd_rbuf *b)
{
	struct nd_ext_interface interface = {
	    .role = (enum nd_ext_role)(type >> ROLE_SHIFT),
	};

	if ((type & HAS_IFINDEX) != 0)
		interface.ifindex = nd_get32(b);
	if ((type & HAS_ADDR) != 0)
		decode_addr(&interface, b);
	if ((type & HAS_NAME) != 0)
		decode_name(&interface, b);
	if ((type & HAS_MTU) != 0)
		interface.mtu = nd_get32(b);
	if (b->bad)
		ext->malformed = true;
	if (ext->n_interfaces < ND_EXT_INTERFACES)
		ext->interface[ext->n_interfaces++] = interface;
	else
		ext->cut = true;
}

/* RFC 4884 section 8. */
static void
decode_objects(struct nd_ext *ext, struct nd_rbuf *b)
{
	while (nd_left(b) > 0) {
		size_t length = nd_get16(b);
		uint8_t class = nd_get8(b), type = nd_get8(b);
		struct nd_rbuf content;

		if (b->bad || length < HEADER || length - HEADER > nd_left(b)) {
			ext->malformed = true;
			return;
		}
		content = nd_sub(b, length - HEADER);
		if (class == CLASS_MPLS && type == TYPE_MPLS_INCOMING)
			decode_labels(ext, &content);
		else if (class == CLASS_INTERFACE)
			decode_interface(ext, type, &content);
		else
			ext->n_unknown++;
	}
}

enum nd_wire
nd_ext_decode(struct nd_ext *ret, const uint8_t *data, size_t len)
{
	struct nd_rbuf b = nd_rbuf_init(data, len);
	uint16_t first = nd_get16(&b), checksum = nd_get16(&b);
	struct nd_ext ext;

	if (b.bad)
		return ND_WIRE_TRUNCATED;
	/* Some routers have it in the wrong half: trust those that sum up. */
	if (first >> 12 != VERSION &&
	    (first != SWAPPED_VERSION || checksum == 0))
		return ND_WIRE_VERSION;
	if (checksum != 0 && !nd_sum_ok(0, data, len))
		return ND_WIRE_CHECKSUM;
	memset(&ext, 0, sizeof(ext));
	ext.has_checksum = checksum != 0;
	decode_objects(&ext, &b);
	*ret = ext;
	return ND_WIRE_OK;
}

/* The messages that RFC 4884 section 4 lists. */
static bool
may_have_extensions(int af, enum nd_icmp_kind kind)
{
	switch (kind) {
	case ND_ICMP_UNREACHABLE:
	case ND_ICMP_TTL_EXCEEDED:
	case ND_ICMP_REASSEMBLY:
		return true;
	case ND_ICMP_TOO_BIG: /* an unreachable in IPv4, a type in IPv6 */
	case ND_ICMP_PARAMETER:
		return af == AF_INET;
	default:
		return false;
	}
}

static enum nd_wire
decode_at(struct nd_ext *ret, const struct nd_icmp *icmp, size_t offset)
{
	enum nd_wire status =
	    nd_ext_decode(ret, icmp->body + offset, icmp->body_len - offset);

	if (status == ND_WIRE_OK)
		ret->quote_len = offset;
	return status;
}

/* Takes what is at OFFSET for extensions if it cannot well be a quote. */
static bool
guess_at(struct nd_ext *ret, const struct nd_icmp *icmp, size_t offset)
{
	struct nd_ext ext;

	if (icmp->body_len < offset + 2 * HEADER ||
	    decode_at(&ext, icmp, offset) != ND_WIRE_OK)
		return false;
	if (!ext.has_checksum && ext.malformed)
		return false;
	ext.legacy = true;
	*ret = ext;
	return true;
}

enum nd_wire
nd_ext_decode_icmp(struct nd_ext *ret, int af, const struct nd_icmp *icmp)
{
	size_t said = icmp->quote_len;
	enum nd_wire status = ND_WIRE_TYPE;

	if (!may_have_extensions(af, icmp->kind))
		return ND_WIRE_TYPE;
	if (said >= MIN_QUOTE && said < icmp->body_len) {
		status = decode_at(ret, icmp, said);
		if (status == ND_WIRE_OK)
			return ND_WIRE_OK;
	}
	/* A shorter quote is padded, or else nothing comes between. */
	if (guess_at(ret, icmp, MIN_QUOTE) || guess_at(ret, icmp, said))
		return ND_WIRE_OK;
	return status;
}
