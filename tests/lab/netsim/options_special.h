/* SPDX-License-Identifier: MIT */
/*
 * Options whose values have a form of their own. VALUE may be changed; MEMBER
 * is what the comment says. 0 or -EINVAL.
 */
#ifndef NETSIM_OPTIONS_SPECIAL_H
#define NETSIM_OPTIONS_SPECIAL_H

int ns_special_delay_back(void *impair, char *value); /* struct ns_impair */
int ns_special_echo(void *no_echo, char *value);      /* bool */
int ns_special_quote(void *quote, char *value);	      /* uint32_t */
int ns_special_mpls(void *icmp, char *value);	      /* struct ns_icmp_opts */
int ns_special_ext(void *legacy, char *value);	      /* bool */
int ns_special_prohibit(void *router, char *value);   /* struct ns_router */
int ns_special_drop(void *router, char *value);	      /* the same */
int ns_special_mtu(void *mtu, char *value);	      /* int64_t */
int ns_special_snat(void *router, char *value);
int ns_special_dnat(void *router, char *value);
int ns_special_tcp(void *tcp, char *value);	  /* enum ns_tcp */
int ns_special_udp(void *udp, char *value);	  /* enum ns_udp */
int ns_special_server(void *server, char *value); /* enum ns_server */
int ns_special_synack(void *synack, char *value); /* struct ns_synack */
int ns_special_hostile(void *host, char *value);  /* struct ns_host */

#endif
