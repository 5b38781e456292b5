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

static void
receive(struct ns_sim *sim, int64_t now)
{
	/* An echo request to 10.1.0.1 with TTL 3, from 10.255.0.2. */
	static const uint8_t echo[] = {0x45, 0, 0, 28, 0, 1, 0, 0, 3, 1, 0, 0,
	    10, 255, 0, 2, 10, 1, 0, 1, 8, 0, 0xf7, 0xfd, 0, 1, 0, 1};
	uint8_t copy[sizeof(echo)];
	struct ns_answer *a;

	memcpy(copy, echo, sizeof(echo));
	ns_sim_receive(sim, copy, sizeof(copy), now);
	for (int i = 0; i < 1000; i++) {
		now = ns_sim_next(sim);
		if (now == INT64_MAX)
			return;
		a = ns_sim_due(sim, now);
		if (a == NULL)
			continue;
		fuzz_check(a->len > 0 && a->len <= NS_MAX_PACKET);
		ns_sim_written(sim, a, now);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ns_sim sim;
	struct ns_topo topo;
	struct ns_fault fault;
	struct ns_graph graph;
	FILE *in;
	char *copy;
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
	ns_sim_init(&sim, &topo, NULL);
	receive(&sim, 1000000000);
	receive(&sim, 2000000000);
	ns_sim_free(&sim);
	return 0;
}
