/* SPDX-License-Identifier: MIT */
/*
 * The network device: IP packets in and out of a TUN device, or of one end of
 * a veth pair. One descriptor, non-blocking.
 */
#ifndef NETSIM_IO_H
#define NETSIM_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NS_IO_NAME 16u

struct ns_io {
	int fd;
	bool veth;
	char name[NS_IO_NAME];
	int ifindex;
	uint8_t peer[6]; /* veth: the other end's address, once it is known */
	bool has_peer;
	uint64_t dropped_before;
};

/* 0 or a negative errno. The TUN device is made where it is not there. */
int ns_io_open_tun(struct ns_io *io, const char *name);
int ns_io_open_veth(struct ns_io *io, const char *name);
void ns_io_close(struct ns_io *io);

/*
 * One packet, from its IP header on, with its checksums complete: its length;
 * 0: none now, -EAGAIN: one that is to be skipped, or another negative errno.
 */
ssize_t ns_io_read(struct ns_io *io, uint8_t *data, size_t size);
/* 0 or a negative errno. */
int ns_io_write(struct ns_io *io, const uint8_t *data, size_t len);

/* How many packets the device dropped before they were read. */
uint64_t ns_io_dropped(const struct ns_io *io);

/* Of io_packet.c, for ns_io_read() and ns_io_write(). */
ssize_t ns_packet_read(struct ns_io *io, uint8_t *data, size_t size);
int ns_packet_write(struct ns_io *io, const uint8_t *data, size_t len);

#endif
