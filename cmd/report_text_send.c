/* SPDX-License-Identifier: MIT */
/*
 * report_text_send.c: what the host refused to send, told on stderr: each cause
 * once, with what to look at.
 */
#include "report_text.h"

#include <errno.h>
#include <string.h>

/* Shows a route that forbids, where "ip route get" would only do so again. */
static void
add_route_show(struct buf *hint, const struct report_target *target)
{
	const char *addr = target->addr != NULL ? target->addr : "";

	buf_str(hint, "ip route show table all match ");
	buf_add(hint, addr, strcspn(addr, "%"));
}

void
text_send_hint(struct buf *hint, const struct report_target *target, int err)
{
	switch (err) {
	case -EPERM:
		buf_str(hint, "a firewall rule on this host drops it: "
			      "nft list ruleset");
		break;
	case -EACCES:
		buf_str(hint, "a prohibit route is listed by ");
		add_route_show(hint, target);
		break;
	case -ENETUNREACH:
	case -EHOSTUNREACH:
		buf_str(hint, "which routes lead there: ");
		add_route_show(hint, target);
		break;
	case -EINVAL:
		buf_str(hint, "a blackhole route is listed by ");
		add_route_show(hint, target);
		break;
	case -ENETDOWN:
		buf_str(hint, "ip link show lists what is down");
		break;
	default:
		break;
	}
}

/* Whether ERR is not among the N of LIST; then it is, if there is room. */
static bool
is_new(int list[TEXT_TOLD], size_t *n, int err)
{
	for (size_t i = 0; i < *n; i++) {
		if (list[i] == err)
			return false;
	}
	if (*n == TEXT_TOLD)
		return false;
	list[(*n)++] = err;
	return true;
}

bool
text_send_news(struct text_report *text, int err, bool one)
{
	if (text->head.opts.warn == NULL ||
	    !is_new(text->told, &text->ntold, err))
		return false;
	if (one) {
		text->told[0] = err;
		text->ntold = 1;
	}
	return true;
}

void
text_send_warn(struct text_report *text, int err, struct buf *subject,
    struct buf *cause, struct buf *hint)
{
	const struct report_opts *opts = &text->head.opts;

	if (!is_new(text->hinted, &text->nhinted, err))
		buf_reset(hint);
	buf_char(cause, '\0');
	buf_char(subject, '\0');
	buf_char(hint, '\0');
	if (!cause->failed && !subject->failed && !hint->failed)
		opts->warn(
		    opts->warn_user, subject->data, cause->data, hint->data);
	buf_free(hint);
	buf_free(cause);
	buf_free(subject);
}
