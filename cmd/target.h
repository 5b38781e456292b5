/* SPDX-License-Identifier: MIT */
/*
 * target.h: the syntax of TARGET (name, address, CIDR block, range, @FILE, -)
 * and the walk over the addresses it stands for. Pure but for the reader: no
 * name is resolved and no interface looked up here.
 */
#ifndef CMD_TARGET_H
#define CMD_TARGET_H

#include "opt.h"

#include <stdio.h>
#include <sys/socket.h>

#define TARGET_MAX_COUNT (UINT64_C(1) << 24) /* addresses of one TARGET */
#define TARGET_NAME_MAX 253
#define TARGET_LINE_MAX 1024 /* bytes of a line of a target file */

#define TARGET_IPV4 1u	      /* -4: an IPv6 address is an error */
#define TARGET_IPV6 2u	      /* -6: an IPv4 address is an error */
#define TARGET_INCLUDE_ALL 4u /* --include-all */
#define TARGET_BROADCAST 8u   /* -b: broadcast and multicast are allowed */
#define TARGET_IN_FILE 16u    /* a line of a file: no @FILE, no - */
#define TARGET_NO_GROUPS 32u  /* there is no -b that would allow them */

enum target_kind {
	TARGET_NAME,  /* to be resolved: TEXT */
	TARGET_ADDR,  /* one address */
	TARGET_BLOCK, /* a CIDR block */
	TARGET_RANGE, /* two addresses and what lies between */
	TARGET_FILE,  /* TEXT + 1 is the path */
	TARGET_STDIN
};

struct target_spec {
	enum target_kind kind;
	const char *text;  /* as typed; the caller's, not copied */
	int af;		   /* AF_INET, AF_INET6; AF_UNSPEC for the others */
	uint8_t first[16]; /* ADDR, BLOCK, RANGE: network order */
	uint8_t last[16];
	char scope[PARSE_SCOPE_MAX]; /* interface name or number, or "" */
};

/*
 * Parses TEXT. -EINVAL with ERR (its subject is TEXT) where it is no TARGET.
 * RET->text is TEXT itself.
 */
int target_parse(const char *text, unsigned flags, struct target_spec *ret,
    struct opt_error *err);
/* How many addresses the spec stands for; 1 of a name, 0 of a file. */
uint64_t target_count(const struct target_spec *spec);
/*
 * Whether an address (AF_INET: 4 bytes, AF_INET6: 16) is multicast or the
 * limited broadcast: what -b is for.
 */
bool target_is_group(int af, const uint8_t *addr);

struct target_iter {
	const struct target_spec *spec;
	uint64_t next, count;
	uint32_t scope_id;
};
/*
 * Walks over the addresses of SPEC, which must outlive the walk; SCOPE_ID is
 * that of SPEC->scope (target_scope_id()), or 0. target_next() fills RET (with
 * port 0) and is false after the last.
 */
void target_iter_init(
    struct target_iter *it, const struct target_spec *spec, uint32_t scope_id);
bool target_next(struct target_iter *it, struct sockaddr_storage *ret);
/*
 * The index of an interface name or number; asks the kernel, so it is not to
 * be called while parsing. -ENODEV where there is none; "" is 0.
 */
int target_scope_id(const char *scope, uint32_t *ret);
/* A parsed address with its scope id, port 0: for --source. */
void target_sockaddr(const struct parse_addr *addr, uint32_t scope_id,
    struct sockaddr_storage *ret);

/* ---- Target files ------------------------------------------------------- */

/* One target a line, '#' starts a comment, blanks around it are dropped. */
struct target_reader {
	FILE *in;	  /* the caller's */
	const char *name; /* for messages: the path, or "standard input" */
	uint64_t line;	  /* of the last target or error */
	char buf[TARGET_LINE_MAX + 1];
};
void target_reader_init(
    struct target_reader *reader, FILE *in, const char *name);
/*
 * The next target: 1 with RET (its text in the reader, valid until the next
 * call), 0 at the end, -EINVAL with ERR where a line is wrong (the next call
 * goes on behind it), another negative errno where reading failed. The subject
 * of ERR is "NAME:LINE". FLAGS as for target_parse().
 */
int target_read(struct target_reader *reader, unsigned flags,
    struct target_spec *ret, struct opt_error *err);
/*
 * The same for a word that the caller parses: 1 with RET, in the reader. ERR of
 * a word that is refused, target_read_refuse() makes one of its line: -EINVAL.
 */
int target_read_word(
    struct target_reader *reader, const char **ret, struct opt_error *err);
int target_read_refuse(
    const struct target_reader *reader, struct opt_error *err);

#endif
