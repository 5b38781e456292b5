/* SPDX-License-Identifier: MIT */
/* The end of the truth log: topology, graphs, summary. */
#include "graph.h"
#include "json.h"
#include "sim.h"
#include "truth.h"

static void
put_ifaces(struct ns_truth *t, const struct ns_topo *topo, uint32_t first)
{
	ns_json(t, ",\"ifaces\":[");
	for (uint32_t i = first; i != NS_NONE; i = topo->iface[i].next) {
		const struct ns_iface *iface = &topo->iface[i];

		ns_json(t, i == first ? "{\"from\":" : ",{\"from\":");
		if (iface->from != NS_NONE)
			ns_json_router(t, topo, iface->from);
		else
			ns_json(t, "\"client\"");
		ns_json(t, ",\"addr4\":");
		ns_json_addr(t, &iface->addr4);
		ns_json(t, ",\"addr6\":");
		ns_json_addr(t, &iface->addr6);
		ns_json_number(t, ",\"ifindex\":", iface->ifindex);
		ns_json(t, ",\"ifname\":");
		ns_json_string(t, iface->ifname);
		ns_json_number(t, ",\"ifmtu\":", iface->ifmtu);
		ns_json(t, "}");
	}
	ns_json(t, "]}");
}

void
ns_truth_topology(struct ns_truth *t, const struct ns_topo *topo)
{
	ns_json(t, "{\"type\":\"topology\",\"entry\":");
	ns_json_router(t, topo, topo->entry);
	ns_json(t, ",\"nodes\":[");
	for (uint32_t i = 0; i < topo->n_routers; i++) {
		const struct ns_router *r = &topo->router[i];

		ns_json(t, i == 0 ? "{\"name\":" : ",{\"name\":");
		ns_json_router(t, topo, i);
		ns_json(t, ",\"addr4\":");
		ns_json_addr(t, &r->addr4);
		ns_json(t, ",\"addr6\":");
		ns_json_addr(t, &r->addr6);
		ns_json_bool(t, ",\"silent\":", r->silent);
		ns_json_bool(t, ",\"hidden\":", r->hidden);
		ns_json_bool(t, ",\"zero_ttl\":", r->zero_ttl);
		ns_json(t, ",\"labels\":[");
		for (unsigned k = 0; k < r->icmp.n_labels; k++)
			ns_json_number(
			    t, k > 0 ? "," : "", r->icmp.label[k].label);
		ns_json(t, "]");
		put_ifaces(t, topo, r->first_iface);
	}
	ns_json(t, "]}\n");
}

static void
put_link(struct ns_truth *t, const struct ns_topo *topo,
    const struct ns_host *host, const struct ns_graph_link *link)
{
	static const char *const names[] = {
	    [NS_PER_FLOW] = "per-flow",
	    [NS_PER_PACKET] = "per-packet",
	    [NS_PER_DEST] = "per-dest",
	};
	const struct ns_route *route =
	    link->route != NS_NONE ? &topo->route[link->route] : NULL;
	struct ns_addr addr = host->prefix.addr;

	ns_json_number(t, "{\"hop\":", link->hop);
	ns_json(t, ",\"from\":");
	if (link->from != NS_NONE)
		ns_json_router(t, topo, link->from);
	else
		ns_json(t, "\"client\"");
	ns_json(t, ",\"to\":");
	if (link->to == NS_NONE) {
		ns_json_prefix(t, &host->prefix);
	} else {
		const struct ns_router *r = &topo->router[link->to];

		ns_json_router(t, topo, link->to);
		addr = ns_topo_addr(topo, link->to, link->from, addr.af);
		if (r->hidden || r->silent)
			addr.af = 0;
	}
	ns_json(t, ",\"to_addr\":");
	ns_json_addr(t, &addr);
	ns_json(t, ",\"balance\":\"");
	ns_json(t, names[route != NULL ? route->balance : NS_PER_FLOW]);
	ns_json_number(t, "\",\"ways\":", route != NULL ? route->n_ways : 1);
	ns_json_number(t, ",\"weight\":", link->weight);
	ns_json(t, "}");
}

void
ns_truth_graph(struct ns_truth *t, const struct ns_topo *topo,
    const struct ns_graph *graph)
{
	const struct ns_host *host = &topo->host[graph->host];

	ns_json(t, "{\"type\":\"graph\",\"prefix\":");
	ns_json_prefix(t, &host->prefix);
	ns_json(t, ",\"links\":[");
	for (uint32_t i = 0; i < graph->n; i++) {
		if (i > 0)
			ns_json(t, ",");
		put_link(t, topo, host, &graph->link[i]);
	}
	ns_json(t, "]}\n");
}

void
ns_truth_summary(
    struct ns_truth *t, const struct ns_sim *sim, uint64_t dropped_in)
{
	const struct ns_counts *c = &sim->counts;
	int64_t p50 = ns_late_quantile(&sim->late, 500);
	int64_t p99 = ns_late_quantile(&sim->late, 990);

	ns_json_number(t, "{\"type\":\"summary\",\"in\":", c->in);
	ns_json_number(t, ",\"ignored\":", c->ignored);
	ns_json_number(t, ",\"out\":", c->out);
	ns_json_number(t, ",\"lost\":", c->lost);
	ns_json_number(t, ",\"dropped_in\":", dropped_in);
	ns_json_number(t, ",\"write_errors\":", c->write_errors);
	ns_json_number(t, ",\"late_p50_ns\":", (uint64_t)p50);
	ns_json_number(t, ",\"late_p99_ns\":", (uint64_t)p99);
	ns_json_number(t, ",\"late_max_ns\":", (uint64_t)sim->late.max);
	ns_json_number(t, ",\"records\":", c->records);
	ns_json(t, "}\n");
}
