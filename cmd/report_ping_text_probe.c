/* SPDX-License-Identifier: MIT */
/* report_ping_text_probe.c: the lines of single probes, in the words of
 * ping(8). */
#include <errno.h>
#include <string.h>

#include "addrtext.h"
#include "color.h"
#include "icmp_names.h"
#include "message.h"
#include "report_ping_text.h"
#include "safe.h"

#define IP4_HEADERS (20 + 8) /* that of ICMP included */
#define IP6_HEADERS (40 + 8)

/* What is wrong with an answer; text that stands behind its time. */
static void
add_invalid(struct buf *line, const struct nd_ping_event *event)
{
	switch (event->invalid) {
	case ND_INVALID_CHECKSUM:
		buf_str(line, " (BAD CHECKSUM!)");
		break;
	case ND_INVALID_SOURCE:
		buf_str(line, " (DIFFERENT ADDRESS!)");
		break;
	case ND_INVALID_TRUNCATED:
		buf_str(line, " (truncated)");
		break;
	case ND_INVALID_UNKNOWN:
	case ND_INVALID_TAG:
		buf_str(line, " (invalid: ");
		buf_str(line, nd_invalid_name(event->invalid));
		buf_char(line, ')');
		break;
	case ND_INVALID_PAYLOAD:
		if (event->diff_offset < 0)
			buf_str(line, " (longer than sent)");
		break;
	case ND_INVALID_COUNT:
		break;
	}
	if (event->diff_offset < 0)
		return;
	buf_str(line, "\nwrong data byte #");
	buf_i64(line, event->diff_offset);
	buf_str(line, " should be 0x");
	buf_hex(line, event->diff_want, 1);
	buf_str(line, " but was 0x");
	buf_hex(line, event->diff_got, 1);
}

static void
add_mark(struct buf *line, enum nd_ping_status status)
{
	if (status == ND_PING_DUPLICATE)
		buf_str(line, " (DUP!)");
	else if (status == ND_PING_LATE)
		buf_str(line, " (late)");
}

/* "64 bytes from NAME (ADDR): icmp_seq=1 ttl=64 time=0.045 ms" and marks. */
static void
add_reply(struct text_report *text, const struct nd_ping_event *event,
    const char *name, const char *addr)
{
	struct buf *line = &text->line;

	buf_u64(line, event->bytes >= 0
			  ? (uint64_t)event->bytes
			  : text->head.opts.payload + UINT64_C(8));
	buf_str(line, " bytes from ");
	text_who(line, name, addr);
	buf_str(line, ": icmp_seq=");
	buf_u64(line, event->seq);
	if (event->ttl >= 0) {
		buf_str(line, " ttl=");
		buf_i64(line, event->ttl);
	}
	text_time(line, event->rtt_ns);
	add_mark(line, event->status);
	if (event->status == ND_PING_INVALID)
		add_invalid(line, event);
	if (text->head.opts.audible && event->status != ND_PING_INVALID)
		buf_char(line, '\a');
	buf_char(line, '\n');
}

/* "From ADDR icmp_seq=1 Destination Host Unreachable" */
static void
add_error(struct text_report *text, const struct nd_ping_event *event,
    const char *name, const char *addr, int af)
{
	struct buf *line = &text->line;
	bool color = text->head.opts.color;

	buf_str(line, "From ");
	text_who(line, name, addr);
	buf_str(line, " icmp_seq=");
	buf_u64(line, event->seq);
	buf_char(line, ' ');
	if (color)
		buf_str(line, COLOR_RED);
	icmp_error_text(
	    line, af, event->icmp_type, event->icmp_code, event->info);
	if (color)
		buf_str(line, COLOR_RESET);
	if (event->rewritten && text->head.opts.verbose)
		buf_str(line, " (quoted with other addresses)");
	add_mark(line, event->status);
	buf_char(line, '\n');
}

/* What to look at; nothing where nothing is known. */
static void
add_send_hint(const struct report_opts *opts,
    const struct report_target *target, const struct nd_ping_event *event,
    struct buf *hint)
{
	const int headers = target->af == 6 ? IP6_HEADERS : IP4_HEADERS;

	if (event->err == -EACCES && target->af == 4 && !opts->broadcast)
		buf_str(hint, "a broadcast address needs --broadcast (-b); ");
	text_send_hint(hint, target, event->err);
	if (event->err == -EMSGSIZE && event->info > headers) {
		buf_str(hint, "--size ");
		buf_i64(hint, event->info - headers);
		buf_str(hint, " is the largest that fits");
	}
}

/*
 * Each send error once: of one target, until something was sent again. Its hint
 * is given once a run.
 */
static void
warn_send(struct text_report *text, const struct report_target *target,
    const struct nd_ping_event *event, bool one)
{
	const struct report_opts *opts = &text->head.opts;
	struct buf cause = BUF_INIT;
	struct buf subject = BUF_INIT;
	struct buf hint = BUF_INIT;
	char system[MESSAGE_STRERROR_MAX];

	if (!text_send_news(text, event->err, one))
		return;
	if (event->err == -EMSGSIZE && event->info > 0) {
		buf_str(&cause, "message too long, mtu=");
		buf_i64(&cause, event->info);
	} else {
		buf_str(&cause, message_strerror(event->err, system));
	}
	if (!one)
		text_name(&subject, target);
	else if (event->err == -EMSGSIZE)
		buf_str(&subject, "local error");
	else
		buf_str(&subject, "sendmsg");
	add_send_hint(opts, target, event, &hint);
	text_send_warn(text, event->err, &subject, &cause, &hint);
}

/* A dot for what is out, taken back by its answer. */
static void
flood(struct text_report *text, const struct nd_ping_event *event)
{
	const char *mark = NULL;

	switch (event->status) {
	case ND_PING_SENT:
		mark = ".";
		break;
	case ND_PING_REPLY:
	case ND_PING_DUPLICATE:
	case ND_PING_LATE:
		mark = "\b \b";
		break;
	case ND_PING_UNREACHABLE:
	case ND_PING_TTL_EXCEEDED:
		mark = "\bE";
		break;
	case ND_PING_SEND_ERROR:
		mark = "E";
		break;
	case ND_PING_INVALID:
		mark = event->invalid == ND_INVALID_CHECKSUM ? "\bC" : NULL;
		break;
	case ND_PING_TIMEOUT:
	case ND_PING_DONE:
		break;
	}
	if (mark == NULL)
		return;
	buf_reset(&text->line);
	buf_str(&text->line, mark);
	text_flush(text);
}

static uint64_t
seq_bit(uint64_t seq)
{
	return UINT64_C(1) << (seq % 64);
}

static void
add_no_answer(struct buf *line, uint64_t seq)
{
	buf_str(line, "no answer yet for icmp_seq=");
	buf_u64(line, seq);
	buf_char(line, '\n');
}

/*
 * --outstanding. With one target as ping(8): when a probe leaves, its
 * predecessor should have been answered. With many, when it timed out.
 */
static void
outstanding(struct text_report *text, const struct report_target *target,
    const struct nd_ping_event *event, bool one, int64_t now_ns)
{
	uint64_t seq = event->seq;

	if (one && event->status == ND_PING_SENT) {
		text->decided &= ~seq_bit(seq);
		if (seq < 2 || (text->decided & seq_bit(seq - 1)) != 0)
			return;
		add_no_answer(text_line(text, now_ns), seq - 1);
		text_flush(text);
	} else if (!one && event->status == ND_PING_TIMEOUT) {
		struct buf *line = text_line(text, now_ns);

		text_name(line, target);
		buf_str(line, ": ");
		add_no_answer(line, seq);
		text_flush(text);
	}
}

/* Invalid answers that ping(8) shows too; the others only with --verbose. */
static bool
shown(const struct text_report *text, const struct nd_ping_event *event)
{
	if (event->status != ND_PING_INVALID || text->head.opts.verbose)
		return true;
	return event->invalid != ND_INVALID_UNKNOWN &&
	       event->invalid != ND_INVALID_TAG;
}

/* The line of an answer or an ICMP error. */
static void
answer(struct text_report *text, const struct report_target *target,
    const struct nd_ping_event *event, const char *name, bool one,
    int64_t now_ns)
{
	char from[ADDRTEXT_MAX] = "";
	const char *addr = target->addr != NULL ? target->addr : "";
	struct buf *line;

	if (!shown(text, event))
		return;
	if (event->from != NULL)
		addr = addrtext(event->from, from);
	line = text_line(text, now_ns);
	/* A late or second answer may be an ICMP error as well. */
	if (event->icmp_type >= 0 && event->status != ND_PING_INVALID) {
		if (!one) {
			text_name(line, target);
			buf_str(line, ": ");
		}
		add_error(text, event, name, addr, target->af);
	} else {
		add_reply(text, event, one ? name : target->name, addr);
	}
	text_flush(text);
	text->lines = true;
}

void
ping_text_probe(struct text_report *text, const struct report_target *target,
    const struct nd_ping_event *event, const char *name, bool one,
    int64_t now_ns)
{
	const struct report_opts *opts = &text->head.opts;

	if (event->status == ND_PING_REPLY)
		report_ewma(&text->head, event->rtt_ns);
	if (event->status == ND_PING_SENT && one)
		text->ntold = 0;
	if (event->status == ND_PING_SEND_ERROR && !(opts->flood && one))
		warn_send(text, target, event, one);
	if (opts->quiet)
		return;
	if (opts->flood) {
		if (one)
			flood(text, event);
		return;
	}
	if (opts->outstanding)
		outstanding(text, target, event, one, now_ns);
	switch (event->status) {
	case ND_PING_SENT:
	case ND_PING_DONE:
	case ND_PING_TIMEOUT:
		return;
	case ND_PING_SEND_ERROR:
		break;
	case ND_PING_INVALID:
		/* It answers nothing. */
		answer(text, target, event, name, one, now_ns);
		return;
	default:
		answer(text, target, event, name, one, now_ns);
		break;
	}
	text->decided |= seq_bit(event->seq);
}
