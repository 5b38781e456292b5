/* SPDX-License-Identifier: MIT */
/*
 * netsim's topology file, whatever its bytes; where it is right, a few packets
 * through the internet that it describes.
 */
#include "fuzz.h"

#include "netsim/graph.h"
#include "netsim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* All that is due within some thousand steps; when the last one was. */
static int64_t
answer(struct ns_sim *sim, int64_t now)
{
	struct ns_answer *a;

	for (int i = 0; i < 1000; i++) {
		int64_t next = ns_sim_next(sim);

		if (next == INT64_MAX)
			break;
		now = next;
		a = ns_sim_due(sim, now);
		if (a == NULL)
			continue;
		fuzz_check(a->len > 0 && a->len <= NS_MAX_PACKET);
		ns_sim_written(sim, a, now);
	}
	return now;
}

/* From 10.255.0.2 to 10.1.0.1, with TTL 3; right checksums. */
static void
receive(struct ns_sim *sim, int64_t now)
{
	static const uint8_t echo[] = {0x45, 0, 0, 28, 0, 1, 0, 0, 3, 1, 0, 0,
	    10, 255, 0, 2, 10, 1, 0, 1, 8, 0, 0xf7, 0xfd, 0, 1, 0, 1};
	/* No checksum, RFC 768. */
	static const uint8_t udp[] = {0x45, 0, 0, 29, 0, 1, 0, 0, 3, 17, 0, 0,
	    10, 255, 0, 2, 10, 1, 0, 1, 0x9c, 0x40, 0, 53, 0, 9, 0, 0, 7};
	static const uint8_t syn[] = {0x45, 0, 0, 40, 0, 1, 0x40, 0, 3, 6, 0, 0,
	    10, 255, 0, 2, 10, 1, 0, 1, 0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0,
	    0, 0x50, 2, 0x10, 0, 0xee, 0x4e, 0, 0};
	uint8_t large[1400] = {0};

	memcpy(large, echo, sizeof(echo));
	large[2] = sizeof(large) >> 8;
	large[3] = sizeof(large) & 0xff;
	ns_sim_receive(sim, large, sizeof(large), now);
	memcpy(large, echo, sizeof(echo));
	ns_sim_receive(sim, large, sizeof(echo), now);
	memcpy(large, udp, sizeof(udp));
	ns_sim_receive(sim, large, sizeof(udp), now);
	memcpy(large, syn, sizeof(syn));
	ns_sim_receive(sim, large, sizeof(syn), now);
}

static int
take_away(void *arg, const char *data, size_t len)
{
	size_t *total = arg;

	fuzz_check(len > 0 && data[0] != '\0');
	*total += len;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ns_sim sim;
	static struct ns_truth truth;
	struct ns_topo topo;
	struct ns_fault fault;
	struct ns_graph graph;
	FILE *in;
	char *copy;
	size_t logged = 0;
	int r;

	if (size == 0) /* fmemopen() may refuse it */
		return 0;
	copy = malloc(size);
	fuzz_check(copy != NULL);
	memcpy(copy, data, size);
	in = fmemopen(copy, size, "r");
	fuzz_check(in != NULL);
	r = ns_topo_read(&topo, in, &fault);
	(void)fclose(in);
	free(copy);
	fuzz_check(r == 0 || r == -EINVAL);
	if (r != 0) {
		fuzz_check(fault.line <= size && fault.message[0] != '\0');
		return 0;
	}
	fuzz_check(topo.n_routers > 0 && topo.entry < topo.n_routers);
	if (topo.n_hosts > 0 && ns_graph_make(&graph, &topo, 0) == 0)
		ns_graph_free(&graph);
	truth.write = take_away;
	truth.arg = &logged;
	ns_sim_init(&sim, &topo, &truth);
	receive(&sim, 1000000000);
	receive(&sim, answer(&sim, 1000000000));
	(void)answer(&sim, 1000000000);
	ns_sim_end(&sim, 0);
	fuzz_check(logged > 0);
	ns_sim_free(&sim);
	return 0;
}
