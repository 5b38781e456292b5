/* SPDX-License-Identifier: MIT */
/*
 * rows.h: the targets of a run, a row each, by the million: what is known of
 * one before, while and after it is measured.
 */
#ifndef CMD_ROWS_H
#define CMD_ROWS_H

#include "addrtext.h"
#include "report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum row_state {
	ROW_NEW,     /* nothing done yet */
	ROW_WAITING, /* nothing done, until another row is further on */
	ROW_READY,   /* in the queue of those that start next */
	ROW_NAME,    /* its name is being resolved */
	ROW_RUNNING, /* being measured */
	ROW_DONE,    /* measured; `task` may be gone, its summary told */
	ROW_FAILED   /* could not be measured: `code`, `cause` */
};

struct row {
	void *run;  /* of the command */
	void *task; /* what measures it; NULL: not started, or told and freed */
	char *name; /* as typed; NULL: the address is the name */
	struct row *sibling; /* the next port or address of the same name */
	struct row *next;    /* in the queue in which it waits */
	const char *cause;   /* FAILED: static text */
	int64_t dns_ns;	     /* how long the name took, or -1 */
	uint32_t at;	     /* which of the rows it is */
	uint32_t index;	     /* of its start within the interval */
	uint32_t scope;	     /* of a link-local address */
	uint16_t port;	     /* 0: the command knows none */
	uint8_t ip[16];
	uint8_t family; /* AF_INET, AF_INET6, AF_UNSPEC: not known yet */
	uint8_t state;	/* enum row_state */
	uint8_t code;	/* FAILED: enum report_code */
	bool secondary; /* reached by `sibling` only */
	bool any_source, alive, met, told;
};

/* All zero to begin with. Rows never move. */
struct rows {
	struct row **chunks;
	size_t n, chunk_count;
};

/* A new row, zeroed but for `at`; NULL: out of memory. */
struct row *rows_add(struct rows *rows);
struct row *rows_at(const struct rows *rows, size_t i);
void rows_free(struct rows *rows);

void row_set_addr(struct row *row, const struct sockaddr *addr);
/* Whether both have an address, and it is the same. */
bool row_same_addr(const struct row *a, const struct row *b);
/* Its address with port 0; false, and RET untouched: none is known yet. */
bool row_addr(const struct row *row, struct sockaddr_storage *ret);
/* As the reports want it; TEXT is where its address is written. */
struct report_target row_target(const struct row *row, char text[ADDRTEXT_MAX]);

#endif
