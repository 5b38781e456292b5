/* SPDX-License-Identifier: MIT */
/*
 * An ICMP error of each family with extensions in it, and the same bytes as an
 * extension structure. Checksums, which a fuzzer does not hit by chance, are
 * made right too.
 */
#include "fuzz_wire.h"
#include "wire/checksum.h"
#include "wire/ext.h"

static void
check_ext(const struct nd_ext *ext, size_t size)
{
	/* Each thing that was read takes up as many bytes as it must. */
	size_t used = 4 + 4 * ext->n_labels + 4 * ext->n_unknown;

	fuzz_check(ext->n_labels <= ND_EXT_LABELS);
	fuzz_check(ext->n_interfaces <= ND_EXT_INTERFACES);
	for (size_t i = 0; i < ext->n_labels; i++) {
		fuzz_check(ext->label[i].label <= 0xfffff);
		fuzz_check(ext->label[i].tc <= 7);
	}
	for (size_t i = 0; i < ext->n_interfaces; i++) {
		const struct nd_ext_interface *iface = &ext->interface[i];
		size_t len = iface->name_len;

		fuzz_check((unsigned)iface->role <= ND_EXT_NEXT_HOP);
		fuzz_check(iface->af == 0 || iface->af == AF_INET ||
			   iface->af == AF_INET6);
		fuzz_check(len <= ND_EXT_NAME);
		fuzz_check(len == 0 || iface->name[len - 1] != 0);
		used += 4 + len;
	}
	fuzz_check(used <= size);
}

static void
structure(const uint8_t *data, size_t size)
{
	struct nd_ext ext, before;

	memset(&ext, 0xa5, sizeof(ext));
	memcpy(&before, &ext, sizeof(before));
	if (nd_ext_decode(&ext, data, size) == ND_WIRE_OK) {
		check_ext(&ext, size);
		fuzz_check(ext.quote_len == 0 && !ext.legacy);
	} else {
		fuzz_check(memcmp(&ext, &before, sizeof(before)) == 0);
	}
}

static void
message(int af, const uint8_t *data, size_t size)
{
	struct nd_icmp icmp;
	struct nd_ext ext;

	if (nd_icmp_decode(&icmp, af, data, size) != ND_WIRE_OK ||
	    nd_ext_decode_icmp(&ext, af, &icmp) != ND_WIRE_OK)
		return;
	fuzz_check(nd_icmp_is_error(icmp.kind));
	fuzz_check(ext.quote_len < icmp.body_len);
	fuzz_check(ext.legacy || ext.quote_len == icmp.quote_len);
	fuzz_check(ext.legacy ? ext.has_checksum || !ext.malformed
			      : ext.quote_len >= 128);
	check_ext(&ext, icmp.body_len - ext.quote_len);
}

/* Makes the checksum right, OFFSET from where the bytes that it covers start.
 */
static void
make_sum(uint8_t *data, size_t size, size_t offset)
{
	struct nd_wbuf w = nd_wbuf_init(data, size);

	(void)nd_put_room(&w, size);
	nd_patch16(&w, offset, 0);
	nd_patch16(&w, offset, nd_sum_fold(nd_sum(0, data, size)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t quote = ND_ICMP_HEADER + 128;
	uint8_t *copy;

	structure(data, size);
	if (size < ND_ICMP_HEADER)
		return 0;
	copy = malloc(size);
	fuzz_check(copy != NULL);
	memcpy(copy, data, size);
	make_sum(copy, size, 2);
	structure(copy, size);
	message(AF_INET, copy, size);
	message(AF_INET6, copy, size);
	if (size >= quote + 4) {
		make_sum(copy + quote, size - quote, 2);
		make_sum(copy, size, 2);
		message(AF_INET, copy, size);
		message(AF_INET6, copy, size);
	}
	free(copy);
	return 0;
}
