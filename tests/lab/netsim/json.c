/* SPDX-License-Identifier: MIT */
/* Writes the pieces of the truth log into its buffer. */
#include "json.h"

#include <string.h>
#include <sys/socket.h>

static const char pairs[] = "00010203040506070809"
			    "10111213141516171819"
			    "20212223242526272829"
			    "30313233343536373839"
			    "40414243444546474849"
			    "50515253545556575859"
			    "60616263646566676869"
			    "70717273747576777879"
			    "80818283848586878889"
			    "90919293949596979899";

void
ns_truth_flush(struct ns_truth *t)
{
	if (t->n > 0 && t->error == 0)
		t->error = t->write(t->arg, t->buf, t->n);
	t->n = 0;
}

void
ns_json_u64(struct ns_truth *t, uint64_t v)
{
	char digits[20], *p = digits + sizeof(digits);
	size_t n;

	/* Two digits a division: there are some thirty numbers in a line. */
	for (; v >= 100; v /= 100) {
		p -= 2;
		memcpy(p, &pairs[2 * (v % 100)], 2);
	}
	if (v >= 10) {
		p -= 2;
		memcpy(p, &pairs[2 * v], 2);
	} else {
		*--p = (char)('0' + v);
	}
	n = (size_t)(digits + sizeof(digits) - p);
	memcpy(ns_json_room(t), p, n);
	t->n += n;
}

void
ns_json_i64(struct ns_truth *t, int64_t v)
{
	if (v < 0)
		ns_json(t, "-");
	ns_json_u64(t, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void
ns_json_hex(struct ns_truth *t, const uint8_t *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *p = ns_json_room(t);

	for (size_t i = 0; i < n; i++) {
		*p++ = digits[data[i] >> 4];
		*p++ = digits[data[i] & 0xf];
	}
	t->n += 2 * n;
}

void
ns_json_addr(struct ns_truth *t, const struct ns_addr *addr)
{
	if (addr->af == 0) {
		ns_json(t, "null");
		return;
	}
	ns_json(t, "\"");
	t->n += ns_addr_text(ns_json_room(t), addr);
	ns_json(t, "\"");
}

void
ns_json_prefix(struct ns_truth *t, const struct ns_prefix *prefix)
{
	ns_json(t, "\"");
	t->n += ns_prefix_text(ns_json_room(t), prefix);
	ns_json(t, "\"");
}

void
ns_json_string(struct ns_truth *t, const char *text)
{
	ns_json(t, "\"");
	for (; *text != '\0'; text++) {
		uint8_t c = (uint8_t)*text;
		char *p = ns_json_room(t);

		if (c >= ' ' && c != '"' && c != '\\' && c < 0x7f) {
			*p = (char)c;
			t->n++;
		} else {
			ns_json(t, "\\u00");
			ns_json_hex(t, &c, 1);
		}
	}
	ns_json(t, "\"");
}

void
ns_json_router(struct ns_truth *t, const struct ns_topo *topo, uint32_t i)
{
	ns_json(t, "\"");
	ns_json(t, topo->router[i].name);
	ns_json(t, "\"");
}
