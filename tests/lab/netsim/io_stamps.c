/* SPDX-License-Identifier: MIT */
/*
 * The kernel's stamps of what crosses the device, by a packet socket beside
 * it. Whoever keeps netsim from running does not change them.
 */
#include "io.h"

#include "stamps.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#define READINGS 5
#define OFFSET_NS INT64_C(10000000) /* it is measured again after so long */

struct ns_tap {
	int fd;
	bool veth;
	struct ns_stamps from_client, to_client; /* CLOCK_REALTIME */
	int64_t offset, measured;
	uint64_t found, missed;
	uint8_t data[65536];
};

int
ns_tap_open(struct ns_io *io)
{
	struct ns_tap *tap = calloc(1, sizeof(*tap));

	if (tap == NULL)
		return -ENOMEM;
	tap->veth = io->veth;
	tap->fd = ns_packet_open_tap(io);
	if (tap->fd < 0) {
		int r = tap->fd;

		free(tap);
		return r;
	}
	io->tap = tap;
	return 0;
}

void
ns_tap_close(struct ns_tap *tap)
{
	if (tap == NULL)
		return;
	(void)close(tap->fd);
	free(tap);
}

/* Files whatever stamps the socket has. */
static void
drain(struct ns_tap *tap)
{
	for (uint32_t i = 0; i < NS_STAMPS; i++) {
		struct sockaddr_ll from;
		int64_t at;
		ssize_t n = ns_packet_receive(
		    tap->fd, tap->data, sizeof(tap->data), &from, &at);
		bool leaves;

		if (n == -EAGAIN)
			continue;
		if (n <= 0)
			return;
		/* The client sends to a TUN device; of a veth pair it has the
		 * other end. */
		leaves = from.sll_pkttype == PACKET_OUTGOING;
		if (at >= 0)
			ns_stamps_put(leaves != tap->veth ? &tap->from_client
							  : &tap->to_client,
			    ns_stamp_key(tap->data, (size_t)n), at);
	}
}

static void
measure_offset(struct ns_tap *tap, int64_t now)
{
	struct ns_reading reading[READINGS];

	for (size_t i = 0; i < READINGS; i++) {
		reading[i].before = ns_io_now(CLOCK_MONOTONIC);
		reading[i].real = ns_io_now(CLOCK_REALTIME);
		reading[i].after = ns_io_now(CLOCK_MONOTONIC);
	}
	tap->offset = ns_clock_offset(reading, READINGS);
	tap->measured = now;
}

int64_t
ns_tap_time(struct ns_tap *tap, bool to_client, const uint8_t *data, size_t len)
{
	struct ns_stamps *stamps =
	    to_client ? &tap->to_client : &tap->from_client;
	uint64_t key = ns_stamp_key(data, len);
	int64_t at = ns_stamps_take(stamps, key);
	int64_t now = ns_io_now(CLOCK_MONOTONIC);

	if (at < 0) {
		drain(tap);
		at = ns_stamps_take(stamps, key);
	}
	if (tap->measured == 0 || now - tap->measured >= OFFSET_NS)
		measure_offset(tap, now);
	if (at >= 0)
		tap->found++;
	else
		tap->missed++;
	return at >= 0 ? at - tap->offset : -1;
}

void
ns_tap_count(const struct ns_tap *tap, uint64_t *found, uint64_t *missed)
{
	*found = tap->found;
	*missed = tap->missed;
}
