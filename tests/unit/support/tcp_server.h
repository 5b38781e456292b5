/* SPDX-License-Identifier: MIT */
/*
 * A model of what is at the far end of a knock, over virtual time: a server
 * that remembers half-open connections as one of several systems does, the way
 * there and back with its losses, and the RSTs of this host's own stack, which
 * knows nothing of our SYNs. It keeps the truth of every SYN.
 */
#ifndef TEST_TCP_SERVER_H
#define TEST_TCP_SERVER_H

#include "knock_rig.h"

enum tcp_server_kind {
	/*
	 * Keeps the TSval of the SYN that it saw first, answers one that
	 * repeats the ISN at most every 500 ms, another one inside its window
	 * by RST|ACK, outside by a challenge ACK; repeats its SYN-ACK 1, 3, 7,
	 * 15 and 31 s after the first, or anew after a repeated SYN, and
	 * forgets it after 63.
	 */
	TCP_SERVER_LINUX,
	TCP_SERVER_SYNCOOKIE, /* remembers nothing, echoes the newest TSval */
	TCP_SERVER_BSD,	 /* echoes the newest; another ISN replaces the old */
	TCP_SERVER_NOTS, /* as Linux, without timestamps */
	TCP_SERVER_CLOSED,
	TCP_SERVER_KINDS
};

enum tcp_way { TCP_OUT, TCP_BACK };

/* Something that is under way. */
struct tcp_passing {
	enum tcp_way way;
	uint8_t flags;
	uint64_t number;  /* of the SYN that it is or was made for, from 1 */
	unsigned repeats; /* of the server's timer; 0: an answer */
};

/* What became of a SYN. */
struct tcp_truth {
	uint32_t isn, tsval;
	uint16_t sport;
	int64_t sent_ns;
	bool arrived;
	unsigned answers; /* made at once because of it */
	unsigned answers_lost, answers_slow;
	bool near_repeat; /* arrived within 100 ms of the server's repeat */
};

struct tcp_server;
typedef bool tcp_lose_fn(
    struct tcp_server *s, const struct tcp_passing *p, void *arg);

#define TCP_HALVES 64
#define TCP_UNDER_WAY 256

struct tcp_server {
	struct knock_rig *rig;
	enum tcp_server_kind kind;
	int64_t out_ns, back_ns, jitter_ns; /* delays; at most so much more */
	tcp_lose_fn *lose;		    /* NULL: by LOSS_*_PERMILLE */
	void *lose_arg;
	int64_t loss_out_permille, loss_back_permille;
	int64_t slow_permille, slow_ns; /* answers so much later, at most */
	bool eats_rsts;			/* those of this host, on their way */
	int ttl;
	unsigned timers; /* after so many repeats it forgets; 5 */
	uint64_t random;
	/* What has happened. */
	struct tcp_truth *truth; /* [syns + 1], from 1 */
	uint64_t syns, truth_room;
	uint64_t challenges, resets, limited, repeats, rsts_taken;
	struct tcp_half {
		bool used;
		struct fake_message syn; /* for addresses */
		struct nd_tcp origin;	 /* the SYN it was made for */
		uint64_t number;	 /* of that */
		uint32_t iss, ts_recent;
		int64_t limit_ns;  /* no limited answer before it */
		int64_t timer_ns;  /* the SYN-ACK goes out again */
		int64_t repeat_ns; /* when it did last; 0: never */
		unsigned timers;   /* how often */
	} half[TCP_HALVES];
	struct tcp_packet {
		int64_t at_ns; /* when it arrives at the server */
		struct fake_message syn;
		struct nd_tcp tcp;
		uint64_t number;
	} out[TCP_UNDER_WAY];
	size_t out_count;
};

/* Takes over R's net: 4 ms there, 6 ms back, no loss. */
struct tcp_server *tcp_server_new(
    struct knock_rig *r, enum tcp_server_kind kind, uint64_t seed);
void tcp_server_free(struct tcp_server *s);

#endif
