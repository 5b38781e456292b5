/* SPDX-License-Identifier: MIT */
/*
 * The network device: IP packets in and out of a TUN device, or of one end of
 * a veth pair. Non-blocking.
 */
#ifndef NETSIM_IO_H
#define NETSIM_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define NS_IO_NAME 16u

struct ns_tap;
struct sockaddr_ll;

struct ns_io {
	int fd;
	bool veth;
	char name[NS_IO_NAME];
	int ifindex;
	uint8_t peer[6]; /* veth: the other end's address, once it is known */
	bool has_peer;
	uint64_t dropped_before;
	struct ns_tap *tap; /* NULL: no stamps */
};

int64_t ns_io_now(clockid_t clock); /* ns */

/* 0 or a negative errno. The TUN device is made where it is not there. */
int ns_io_open_tun(struct ns_io *io, const char *name);
int ns_io_open_veth(struct ns_io *io, const char *name);
void ns_io_close(struct ns_io *io);

/*
 * One packet, from its IP header on, with its checksums complete: its length;
 * 0: none now, -EAGAIN: one that is to be skipped, or another negative errno.
 * *AT is when it came, by CLOCK_MONOTONIC: by the kernel's stamp where there
 * are stamps, else now.
 */
ssize_t ns_io_read(struct ns_io *io, uint8_t *data, size_t size, int64_t *at);
/* 0 or a negative errno. *AT: by the stamp, else right before it was written.
 */
int ns_io_write(struct ns_io *io, const uint8_t *data, size_t len, int64_t *at);

/* How many packets the device dropped before they were read. */
uint64_t ns_io_dropped(const struct ns_io *io);

/*
 * io_stamps.c: from now on times are the kernel's, for a device that is open.
 * 0 or a negative errno.
 */
int ns_tap_open(struct ns_io *io);
void ns_tap_close(struct ns_tap *tap); /* NULL is nothing */
/*
 * When the packet that was just read or written crossed the device, by
 * CLOCK_MONOTONIC; -1: the kernel did not say, which is counted.
 */
int64_t ns_tap_time(
    struct ns_tap *tap, bool to_client, const uint8_t *data, size_t len);
void ns_tap_count(const struct ns_tap *tap, uint64_t *found, uint64_t *missed);

/* Of io_packet.c, for the other files of the device. */
ssize_t ns_packet_read(struct ns_io *io, uint8_t *data, size_t size);
int ns_packet_write(struct ns_io *io, const uint8_t *data, size_t len);
/* A socket that sees both directions, with stamps; or a negative errno. */
int ns_packet_open_tap(const struct ns_io *io);
/*
 * As ns_io_read(), of any packet socket. *STAMP is when the kernel saw it, by
 * CLOCK_REALTIME; -1: it does not say.
 */
ssize_t ns_packet_receive(int fd, uint8_t *data, size_t size,
    struct sockaddr_ll *from, int64_t *stamp);

#endif
