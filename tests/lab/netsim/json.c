/* SPDX-License-Identifier: MIT */
/* Writes the pieces of the truth log into its buffer. */
#include "json.h"

#include <string.h>
#include <sys/socket.h>

#define PIECE 1024u /* room that no single piece below exceeds */

void
ns_truth_flush(struct ns_truth *t)
{
	if (t->n > 0 && t->error == 0)
		t->error = t->write(t->arg, t->buf, t->n);
	t->n = 0;
}

static char *
room(struct ns_truth *t)
{
	if (t->n + PIECE > sizeof(t->buf))
		ns_truth_flush(t);
	return t->buf + t->n;
}

void
ns_json(struct ns_truth *t, const char *text)
{
	size_t n = strlen(text);

	memcpy(room(t), text, n);
	t->n += n;
}

void
ns_json_u64(struct ns_truth *t, uint64_t v)
{
	char digits[20], *p = digits + sizeof(digits);
	size_t n;

	do
		*--p = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	n = (size_t)(digits + sizeof(digits) - p);
	memcpy(room(t), p, n);
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
ns_json_number(struct ns_truth *t, const char *key, uint64_t v)
{
	ns_json(t, key);
	ns_json_u64(t, v);
}

void
ns_json_hex(struct ns_truth *t, const uint8_t *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *p = room(t);

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
	t->n += ns_addr_text(room(t), addr);
	ns_json(t, "\"");
}

void
ns_json_prefix(struct ns_truth *t, const struct ns_prefix *prefix)
{
	ns_json(t, "\"");
	t->n += ns_prefix_text(room(t), prefix);
	ns_json(t, "\"");
}

void
ns_json_string(struct ns_truth *t, const char *text)
{
	ns_json(t, "\"");
	for (; *text != '\0'; text++) {
		uint8_t c = (uint8_t)*text;
		char *p = room(t);

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

void
ns_json_bool(struct ns_truth *t, const char *key, bool v)
{
	ns_json(t, key);
	ns_json(t, v ? "true" : "false");
}
