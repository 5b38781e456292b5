/* SPDX-License-Identifier: MIT */
/*
 * in_child.h: checks about what a process cannot undo. They run in a child,
 * which reports the line of the first one that failed.
 */
#ifndef UNIT_IN_CHILD_H
#define UNIT_IN_CHILD_H

#include <criterion/criterion.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a child: ends it with the number of this line unless COND holds. */
#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond))                                                   \
			return __LINE__;                                       \
	} while (0)

/* Runs FN in a child: 0, or the line that failed. */
static inline int
in_child(int (*fn)(const void *arg), const void *arg)
{
	int *line = mmap(NULL, sizeof(*line), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, result;
	pid_t pid;

	cr_assert_neq(line, MAP_FAILED);
	*line = -1;
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		*line = fn(arg);
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	result = *line;
	(void)munmap(line, sizeof(*line));
	return result;
}

static inline void
need_root(void)
{
	if (getuid() != 0)
		cr_skip_test("root is needed to give root away");
}

#endif
