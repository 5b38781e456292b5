/* SPDX-License-Identifier: MIT */
/* A TUN device, and what both kinds of devices have in common. */
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE 65536 /* packets: a burst of one for each of so many hosts */

/* Sets the device up and its queue long. */
static int
set_up(const char *name)
{
	struct ifreq ifr = {.ifr_qlen = QUEUE};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r = 0;

	if (fd < 0)
		return -errno;
	memcpy(ifr.ifr_name, name, strlen(name) + 1);
	if (ioctl(fd, SIOCSIFTXQLEN, &ifr) != 0)
		r = -errno;
	if (r == 0 && ioctl(fd, SIOCGIFFLAGS, &ifr) != 0)
		r = -errno;
	ifr.ifr_flags |= IFF_UP;
	if (r == 0 && ioctl(fd, SIOCSIFFLAGS, &ifr) != 0)
		r = -errno;
	(void)close(fd);
	return r;
}

int
ns_io_open_tun(struct ns_io *io, const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int r = 0;

	*io = (struct ns_io){.fd = -1};
	if (*name == '\0' || strlen(name) >= sizeof(io->name))
		return -EINVAL;
	memcpy(io->name, name, strlen(name) + 1);
	memcpy(ifr.ifr_name, name, strlen(name) + 1);
	io->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (io->fd < 0)
		return -errno;
	if (ioctl(io->fd, TUNSETIFF, &ifr) != 0)
		r = -errno;
	if (r == 0)
		r = set_up(name);
	if (r != 0)
		ns_io_close(io);
	else
		io->dropped_before = ns_io_dropped(io);
	return r;
}

void
ns_io_close(struct ns_io *io)
{
	if (io->fd >= 0)
		(void)close(io->fd);
	io->fd = -1;
	ns_tap_close(io->tap);
	io->tap = NULL;
}

int64_t
ns_io_now(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static ssize_t
tun_read(struct ns_io *io, uint8_t *data, size_t size)
{
	ssize_t n;

	do
		n = read(io->fd, data, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	return n == 0 ? -EAGAIN : n;
}

static int
tun_write(struct ns_io *io, const uint8_t *data, size_t len)
{
	ssize_t n;

	do
		n = write(io->fd, data, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* *AT, unless the kernel knows better. */
static void
correct(const struct ns_io *io, bool to_client, const uint8_t *data, size_t len,
    int64_t *at)
{
	int64_t stamp;

	if (io->tap == NULL)
		return;
	stamp = ns_tap_time(io->tap, to_client, data, len);
	if (stamp >= 0)
		*at = stamp;
}

ssize_t
ns_io_read(struct ns_io *io, uint8_t *data, size_t size, int64_t *at)
{
	ssize_t n = io->veth ? ns_packet_read(io, data, size)
			     : tun_read(io, data, size);

	if (n <= 0)
		return n;
	*at = ns_io_now(CLOCK_MONOTONIC);
	correct(io, false, data, (size_t)n, at);
	return n;
}

int
ns_io_write(struct ns_io *io, const uint8_t *data, size_t len, int64_t *at)
{
	int64_t before = ns_io_now(CLOCK_MONOTONIC);
	int r = io->veth ? ns_packet_write(io, data, len)
			 : tun_write(io, data, len);

	if (r != 0)
		return r;
	*at = before;
	correct(io, true, data, len, at);
	return 0;
}

/* The number at place I of a line of them; 0 where there are fewer. */
static uint64_t
number_at(const char *text, unsigned i)
{
	uint64_t n = 0;
	char *end;

	for (;; text = end) {
		n = strtoull(text, &end, 10);
		if (end == text)
			return 0;
		if (i-- == 0)
			return n;
	}
}

/*
 * /proc/net/dev: NAME: eight figures of what was received, then of what was
 * sent: bytes, packets, errors, drops... What is sent to a TUN device is what
 * the program at its other side has to read.
 */
uint64_t
ns_io_dropped(const struct ns_io *io)
{
	FILE *in = fopen("/proc/net/dev", "re");
	uint64_t found = 0;
	char line[512];

	if (in == NULL)
		return 0;
	while (fgets(line, sizeof(line), in) != NULL) {
		char *name = line + strspn(line, " ");
		char *colon = strchr(name, ':');

		if (colon == NULL)
			continue;
		*colon = '\0';
		if (strcmp(name, io->name) == 0)
			found = number_at(colon + 1, io->veth ? 3 : 8 + 3);
	}
	(void)fclose(in);
	return found - io->dropped_before;
}
