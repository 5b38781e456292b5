/* SPDX-License-Identifier: MIT */
/*
 * target_port.h: the syntax of TARGET[:PORTS]: what of a word is the target,
 * and what its ports. Nothing is resolved here.
 */
#ifndef CMD_TARGET_PORT_H
#define CMD_TARGET_PORT_H

#include "portlist.h"
#include "target.h"

/* A name with its final dot, and its NUL; no address or range is as long. */
#define TARGET_PORT_TEXT 256

struct target_port {
	const char *word;  /* as typed; the caller's, not copied */
	const char *ports; /* the list in WORD, or NULL: it has none */
	/* The target, where it is not all of WORD; else "". */
	char text[TARGET_PORT_TEXT];
};

/*
 * Takes WORD apart: HOST:PORTS, [IPV6]:PORTS, [IPV6], or a target alone. A bare
 * IPv6 address never carries a port, and neither do @FILE and -, whose lines
 * may. The ports are checked, the target is not: target_port_spec(). -EINVAL
 * with ERR, whose subject is WORD.
 */
int target_port_parse(
    const char *word, struct target_port *ret, struct opt_error *err);
/* The target of the word alone, without ports and brackets. */
const char *target_port_text(const struct target_port *port);
/*
 * The target of the word: target_parse() with its FLAGS. RET->text is in PORT
 * or is its word: PORT must outlive RET and stay where it is. -EINVAL with
 * ERR, whose subject is the word.
 */
int target_port_spec(const struct target_port *port, unsigned flags,
    struct target_spec *ret, struct opt_error *err);
/*
 * Its ports: those of the word, else those of DEFLT (--port; NULL or empty:
 * none). -EINVAL with ERR where there are neither.
 */
int target_port_list(const struct target_port *port,
    const struct portlist *deflt, struct portlist *ret, struct opt_error *err);

#endif
