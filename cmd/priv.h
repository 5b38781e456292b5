/* SPDX-License-Identifier: MIT */
/*
 * priv.h: every privilege that the program has, and how it loses them.
 *
 *	priv_init()	first thing in main()
 *	options		argv only: no file, no environment, no name
 *	priv_raise()	sockets opened	priv_lower()
 *	priv_open_file()	where it opens one: named files of root
 *	priv_drop()	before files, names, environment, packets and threads
 *
 * Every step fails closed: 0, or a negative errno and the step in `failed`;
 * the program then prints both and exits 3.
 */
#ifndef CMD_PRIV_H
#define CMD_PRIV_H

#include <stdbool.h>
#include <sys/types.h>

struct priv {
	uid_t ruid; /* who started the program: real user and group */
	gid_t rgid;
	bool privileged;    /* there was a capability or a foreign id to lose */
	bool dropped;	    /* priv_drop() has succeeded */
	bool kept_uid;	    /* the user namespace does not map another user */
	const char *failed; /* the step that failed, lower case, or NULL */
};

/*
 * Makes descriptors 0 to 2 sane, sets the umask, remembers who started the
 * program, gives up the rights of a set-user-id file until they are asked for
 * and lowers all effective capabilities; the permitted ones stay.
 *
 * A closed standard descriptor becomes /dev/null, open for reading only: input
 * ends at once, and output fails with EBADF instead of vanishing.
 */
int priv_init(struct priv *priv);

/*
 * Whether the limits for ordinary users are off: the real user is root, which
 * it also is under sudo.
 */
bool priv_is_root_user(const struct priv *priv);

/*
 * Raises CAP_NET_RAW, and CAP_NET_ADMIN (receive buffers, and marks before
 * Linux 5.17), each as far as it is permitted: nothing permitted is no error.
 * priv_lower() takes them back.
 */
int priv_raise(struct priv *priv);
int priv_lower(struct priv *priv);

/*
 * Opens a file named on the command line with the rights of the real user: for
 * root, between priv_init() and priv_drop(); for anyone else only after
 * priv_drop(). A call at the other time gives -EAGAIN. O_CLOEXEC and O_NOCTTY
 * are added to FLAGS; MODE is for O_CREAT. Returns the descriptor or a
 * negative errno; `failed` is not set.
 */
int priv_open_file(
    const struct priv *priv, const char *path, int flags, mode_t mode);

/*
 * Gives everything up for good, and proves it: ambient, bounding, permitted,
 * effective and inheritable sets empty, secure bits locked, root left (for
 * SUDO_UID and SUDO_GID, else nobody), no new privileges. Only the thread that
 * calls it loses its capabilities: call it before there is another.
 */
int priv_drop(struct priv *priv);

#endif
