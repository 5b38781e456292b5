/* SPDX-License-Identifier: MIT */
/*
 * report_trace_json_graph.c: what a trace has found as records, one a hop, a
 * node and a link; and the members that these share with probes.
 */
#include "addrtext.h"
#include "report_trace_json.h"

/* ---- Members --------------------------------------------------------------
 */

void
trace_json_address(
    struct json *json, const char *key, const struct sockaddr *addr)
{
	char text[ADDRTEXT_MAX];

	json_str(json, key, addr != NULL ? addrtext(addr, text) : NULL);
}

/* What is counted from 1; 0: it does not exist. */
void
trace_json_number(struct json *json, const char *key, uint64_t number)
{
	if (number > 0)
		json_u64(json, key, number);
	else
		json_null(json, key);
}

void
trace_json_labels(
    struct json *json, const struct nd_trace_label *labels, unsigned n)
{
	json_array(json, "mpls");
	for (unsigned i = 0; i < n; i++) {
		json_object(json, NULL);
		json_u64(json, "label", labels[i].label);
		json_u64(json, "tc", labels[i].tc);
		json_bool(json, "s", labels[i].s);
		json_u64(json, "ttl", labels[i].ttl);
		json_object_end(json);
	}
	json_array_end(json);
}

void
trace_json_interface(struct json *json, const struct nd_trace_interface *i)
{
	const struct sockaddr *addr;

	if (i == NULL) {
		json_null(json, "interface");
		return;
	}
	addr = i->addr.ss_family != AF_UNSPEC
		   ? (const struct sockaddr *)&i->addr
		   : NULL;
	json_object(json, "interface");
	trace_json_number(json, "ifindex", i->ifindex);
	trace_json_address(json, "addr", addr);
	json_str(json, "name", i->name[0] != '\0' ? i->name : NULL);
	trace_json_number(json, "mtu", i->mtu);
	json_object_end(json);
}

static void
add_flow(void *user, unsigned flow)
{
	json_u64(user, NULL, flow);
}

static void
add_flows(struct json *json, const struct nd_trace_flows *flows)
{
	json_array(json, "flows");
	report_trace_each_flow(flows, add_flow, json);
	json_array_end(json);
}

/* ---- hop, node, link ------------------------------------------------------
 */

/* What all of them are made from. */
struct ending {
	struct json_report *r;
	const struct report_target *target;
	const struct report_trace_summary *summary;
	int64_t now_ns;
};

static void
hop_record(const struct ending *e, const struct nd_trace_hop *hop)
{
	struct json *json =
	    record_open_target(e->r, "hop", e->target, e->now_ns);

	json_u64(json, "hop", hop->ttl);
	json_u64(json, "sent", hop->sent);
	json_u64(json, "received", hop->received);
	json_u64(json, "lost", hop->lost);
	json_u64(json, "late", hop->late);
	json_u64(json, "errors", hop->errors);
	json_u64(json, "send_errors", hop->send_errors);
	json_u64(json, "unfinished", hop->unfinished);
	json_pct(json, "loss_pct", hop->lost + hop->errors,
	    hop->sent - hop->unfinished);
	json_u64(json, "nodes", hop->nodes);
	if (hop->rate_limited >= 0)
		json_bool(json, "rate_limited", hop->rate_limited > 0);
	else
		json_null(json, "rate_limited");
	record_close(e->r);
}

static void
node_record(const struct ending *e, const struct nd_trace_node *node)
{
	const struct report_trace_names *names = e->summary->names;
	const struct sockaddr *addr = (const struct sockaddr *)&node->addr;
	struct json *json =
	    record_open_target(e->r, "node", e->target, e->now_ns);

	json_u64(json, "hop", node->ttl);
	trace_json_address(json, "from", addr);
	json_str(json, "name", names->name(names->user, addr));
	json_str(json, "asn", names->asn(names->user, addr));
	json_bool(json, "destination", node->destination);
	json_u64(json, "received", node->received);
	record_rtt(json, &node->rtt);
	json_nonneg(json, "ttl", node->reply_ttl);
	json_nonneg(json, "tos", node->reply_tos);
	json_nonneg(json, "return_hops", node->return_hops);
	json_nonneg(json, "quoted_ttl", node->quoted_ttl);
	json_nonneg(json, "quoted_tos", node->quoted_tos);
	json_nonneg(json, "icmp_type", node->icmp_type);
	json_nonneg(json, "icmp_code", node->icmp_code);
	trace_json_labels(json, node->labels, node->label_count);
	trace_json_interface(
	    json, node->has_interface ? &node->interface : NULL);
	json_nonneg(json, "mtu", node->mtu);
	json_bool(json, "nat", node->nat);
	add_flows(json, &node->flows);
	record_close(e->r);
}

static void
link_record(const struct ending *e, const struct report_trace_view_hop *hop,
    const struct report_trace_view_hop *next, const struct nd_trace_link *link)
{
	struct json *json;

	if (next->hop.ttl != link->ttl + 1 || link->from >= hop->nnodes ||
	    link->to >= next->nnodes)
		return;
	json = record_open_target(e->r, "link", e->target, e->now_ns);
	json_u64(json, "hop", link->ttl);
	trace_json_address(json, "from",
	    (const struct sockaddr *)&hop->nodes[link->from].node.addr);
	trace_json_address(json, "to",
	    (const struct sockaddr *)&next->nodes[link->to].node.addr);
	add_flows(json, &link->flows);
	record_close(e->r);
}

void
trace_json_graph(struct json_report *r, const struct report_target *target,
    const struct report_trace_summary *summary,
    const struct report_trace_view *view, int64_t now_ns)
{
	const struct ending ending = {r, target, summary, now_ns};
	const struct ending *e = &ending;

	for (size_t i = 0; i < view->nhops; i++)
		hop_record(e, &view->hops[i].hop);
	for (size_t i = 0; i < view->nnodes; i++)
		node_record(e, &view->nodes[i].node);
	for (size_t i = 0; i + 1 < view->nhops; i++) {
		const struct report_trace_view_hop *hop = &view->hops[i];

		for (size_t k = 0; k < hop->nlinks; k++)
			link_record(e, hop, hop + 1, &hop->links[k]);
	}
}
