/* SPDX-License-Identifier: MIT */
/* cmd/trace_dot.c: graphs for Graphviz, and names that would break them. */
#include "trace_canned.h"
#include "trace_dot.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MS INT64_C(1000000)
#define BEGIN                                                                  \
	"digraph netdiag {\n"                                                  \
	"\tnode [shape=box, fontname=\"monospace\"];\n"                        \
	"\tedge [fontname=\"monospace\"];\n"

static const char *
name_of(void *user, const struct sockaddr *addr)
{
	(void)addr;
	return user;
}

static const char *
no_asn(void *user, const struct sockaddr *addr)
{
	(void)user;
	(void)addr;
	return NULL;
}

/* A file, and what is in it at the end. */
struct file {
	FILE *file;
	char text[4096];
};

static void
open_dot(struct file *f, struct trace_dot *dot)
{
	f->file = tmpfile();
	cr_assert_not_null(f->file);
	cr_assert_gt(fputs("what was there before", f->file), 0);
	cr_assert_eq(fflush(f->file), 0);
	cr_assert_eq(lseek(fileno(f->file), 0, SEEK_SET), 0);
	trace_dot_init(dot, dup(fileno(f->file)));
}

static const char *
end_dot(struct file *f, struct trace_dot *dot)
{
	size_t n;

	cr_assert_eq(trace_dot_end(dot), 0);
	rewind(f->file);
	n = fread(f->text, 1, sizeof(f->text) - 1, f->file);
	f->text[n] = '\0';
	(void)fclose(f->file);
	return f->text;
}

static void
draw(struct trace_dot *dot, const struct trace_canned *t, const char *target,
    char *name, bool links)
{
	const struct report_target to = {target, "192.0.2.9", 4, 0};
	const struct report_trace_names names = {name_of, no_asn, name};
	const struct report_trace_summary summary = {
	    .stats = &t->stats, .names = &names, .links = links};

	trace_dot_draw(dot, &to, &summary, &t->view);
}

/* r1 - r2 or r3 - (silence) - destination */
static void
diamond(struct trace_canned *t)
{
	struct nd_trace_node *node;

	trace_canned_init(t);
	(void)trace_canned_hop(t, 1, 5);
	(void)trace_canned_node(t, "10.0.0.1", 0x1f, MS);
	trace_canned_balancing(t, ND_TRACE_BALANCE_FLOW);
	trace_canned_link(t, 0, 0, 0x17);
	trace_canned_link(t, 0, 1, 0x08);
	(void)trace_canned_hop(t, 2, 5);
	(void)trace_canned_node(t, "10.0.0.2", 0x17, MS);
	node = trace_canned_node(t, "10.0.0.3", 0x08, MS);
	node->icmp_type = 3;
	node->icmp_code = 13;
	(void)trace_canned_hop(t, 3, 5);
	(void)trace_canned_hop(t, 4, 5);
	(void)trace_canned_destination(t, "192.0.2.9", 0x17, MS);
}

Test(trace_dot, a_graph)
{
	struct trace_canned t;
	struct trace_dot dot;
	struct file f;

	open_dot(&f, &dot);
	diamond(&t);
	draw(&dot, &t, "a.example", NULL, true);
	cr_assert_str_eq(end_dot(&f, &dot),
	    BEGIN "\tsubgraph cluster_1 {\n"
		  "\t\tlabel=\"a.example (192.0.2.9)\";\n"
		  "\t\t{ rank=same; t1_1_0 [label=\"1: 10.0.0.1"
		  "\\nbalances by flow\"]; }\n"
		  "\t\t{ rank=same; t1_2_0 [label=\"2: 10.0.0.2\"];"
		  " t1_2_1 [label=\"2: 10.0.0.3 !X\"]; }\n"
		  "\t\t{ rank=same; t1_4_0 [label=\"4: 192.0.2.9\","
		  " peripheries=2]; }\n"
		  "\t\tt1_1_0 -> t1_2_0 [label=\"1-3,5\"];\n"
		  "\t\tt1_1_0 -> t1_2_1 [label=\"4\"];\n"
		  "\t\tt1_2_0 -> t1_4_0 [label=\"1-3,5\", style=dashed];\n"
		  "\t}\n}\n");
}

/* Each target has its own; without links there are none. */
Test(trace_dot, several_targets_without_links)
{
	struct trace_canned t;
	struct trace_dot dot;
	struct file f;
	const char *text;

	open_dot(&f, &dot);
	diamond(&t);
	draw(&dot, &t, NULL, NULL, false);
	draw(&dot, &t, NULL, NULL, false);
	text = end_dot(&f, &dot);
	cr_expect_not_null(
	    strstr(text, "cluster_1 {\n\t\tlabel=\"192.0.2.9\""));
	cr_expect_not_null(strstr(text, "cluster_2 {"));
	cr_expect_not_null(strstr(text, " t2_4_0 ["));
	cr_expect_null(strstr(text, "->"));
}

Test(trace_dot, nothing_ends_a_label)
{
	static char name[] = "a\"b\\c\n\x1b[31m];}\\";
	struct trace_canned t;
	struct trace_dot dot;
	struct file f;
	const char *text;

	open_dot(&f, &dot);
	trace_canned_init(&t);
	(void)trace_canned_hop(&t, 1, 1);
	(void)trace_canned_node(&t, "10.0.0.1", 1, MS);
	draw(&dot, &t, "x\"];y\\", name, true);
	text = end_dot(&f, &dot);
	cr_expect_not_null(
	    strstr(text, "\t\tlabel=\"x\\\"];y\\\\ (192.0.2.9)\";\n"), "%s",
	    text);
	cr_expect_not_null(
	    strstr(text, "\\na\\\"b\\\\c\\\\x0a\\\\x1b[31m];}\\\\\"]"), "%s",
	    text);
}

Test(trace_dot, no_targets)
{
	struct trace_dot dot;
	struct file f;

	open_dot(&f, &dot);
	cr_assert_str_eq(end_dot(&f, &dot), BEGIN "}\n");
}

Test(trace_dot, an_error_is_told_at_the_end)
{
	struct trace_canned t;
	struct trace_dot dot;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	trace_dot_init(&dot, fd);
	diamond(&t);
	draw(&dot, &t, NULL, NULL, true);
	cr_expect_eq(trace_dot_end(&dot), -ENOSPC);
}
