/* SPDX-License-Identifier: MIT */
/* What hosts answer to UDP: the same payload, port unreachable, nothing. */
#include "answer.h"

#include "values.h"
#include "wire/cursor.h"

#include <netinet/in.h>
#include <string.h>

enum ns_why
ns_answer_udp(struct ns_reply *reply)
{
	struct ns_host *host = reply->host;
	const struct ns_packet *p = reply->pkt;
	bool v4 = p->af == AF_INET;
	enum ns_udp state = NS_UDP_UNREACHABLE;
	struct ns_draft d;

	if (host != NULL) {
		state = host->udp;
		if (ns_ports_have(&host->udp_answer, p->dport))
			state = NS_UDP_ANSWER;
		else if (ns_ports_have(&host->udp_silent, p->dport))
			state = NS_UDP_SILENT;
	}
	if (state == NS_UDP_SILENT)
		return NS_WHY_PORT_SILENT;
	if (state == NS_UDP_UNREACHABLE)
		return ns_answer_error(reply,
		    host != NULL
			? &host->icmp
			: &reply->sim->topo
			       .router[reply->origin
					   .path[reply->origin.n_path - 1]]
			       .icmp,
		    host == NULL, v4 ? 3 : 1, v4 ? 3 : 4, 0);
	d = ns_draft_init(reply, NS_UDP_REPLY, IPPROTO_UDP);
	memcpy(d.l4, p->data + p->l4, p->l4_len);
	nd_store16(d.l4, p->dport);
	nd_store16(d.l4 + 2, p->sport);
	nd_store16(d.l4 + 4, (uint16_t)p->l4_len);
	d.len = p->l4_len;
	ns_send_host(reply, &d);
	return NS_WHY_NONE;
}
