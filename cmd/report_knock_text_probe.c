/* SPDX-License-Identifier: MIT */
/* report_knock_text_probe.c: the lines of single SYNs and of their answers. */
#include "addrtext.h"
#include "color.h"
#include "icmp_names.h"
#include "message.h"
#include "report_knock_text.h"
#include "safe.h"

static const char *
answer_name(enum nd_knock_answer answer)
{
	switch (answer) {
	case ND_KNOCK_ANSWER_SYN_ACK:
		return "open";
	case ND_KNOCK_ANSWER_RST:
		return "closed";
	case ND_KNOCK_ANSWER_ACK:
		return "challenge";
	case ND_KNOCK_ANSWER_ICMP:
		return "unreachable";
	case ND_KNOCK_ANSWER_NONE:
		break;
	}
	return "invalid answer";
}

static const char *
answer_color(enum nd_knock_answer answer)
{
	if (answer == ND_KNOCK_ANSWER_SYN_ACK)
		return COLOR_GREEN;
	return answer == ND_KNOCK_ANSWER_RST ? COLOR_RED : COLOR_YELLOW;
}

static void
add_colored(struct text_report *text, const char *word, const char *color)
{
	const bool colored = text->head.opts.color;

	buf_str(&text->line, colored ? color : "");
	buf_str(&text->line, word);
	buf_str(&text->line, colored ? COLOR_RESET : "");
}

/* "seq=3", with " flow=2" where there are several, or a spare one was taken. */
static void
add_seq(struct text_report *text, const struct nd_knock_event *event)
{
	const unsigned flows = text->head.opts.flows;
	struct buf *line = &text->line;

	buf_str(line, "seq=");
	buf_u64(line, event->seq);
	if (event->flow > 1 || (event->flow == 1 && flows > 1)) {
		buf_str(line, " flow=");
		buf_u64(line, event->flow);
	}
}

/* " wscale=7 sack timestamps window=65160 ecn" */
static void
add_options(struct buf *line, const struct nd_knock_tcp *tcp)
{
	if (tcp->wscale >= 0) {
		buf_str(line, " wscale=");
		buf_i64(line, tcp->wscale);
	}
	buf_str(line, tcp->sack ? " sack" : "");
	buf_str(line, tcp->timestamps ? " timestamps" : "");
	if (tcp->window >= 0) {
		buf_str(line, " window=");
		buf_i64(line, tcp->window);
	}
	buf_str(line, tcp->ecn ? " ecn" : "");
	buf_str(line, tcp->ecn_mirror ? " ecn=mirrored" : "");
}

static void
add_mark(struct buf *line, const struct nd_knock_event *event)
{
	if (event->ambiguous)
		buf_str(line, " (ambiguous)");
	if (event->status == ND_KNOCK_DUPLICATE)
		buf_str(line, " (DUP!)");
	else if (event->status == ND_KNOCK_LATE)
		buf_str(line, " (late)");
}

/* "192.0.2.7:443", "NAME:443 (192.0.2.7)", "[2001:db8::1]:443". */
static void
add_who(struct buf *line, const char *name, const char *addr, uint16_t port)
{
	const struct report_target who = {
	    .name = name, .addr = addr, .port = port};

	text_name_port(line, &who);
	if (name == NULL)
		return;
	buf_str(line, " (");
	safe_str(line, addr);
	buf_char(line, ')');
}

/* "open from 192.0.2.7:443: seq=1 ttl=57 time=11.9 ms mss=1460" and marks. */
static void
add_answer(struct text_report *text, const struct report_target *target,
    const struct nd_knock_event *event, const char *name, const char *addr)
{
	struct buf *line = &text->line;

	add_colored(
	    text, answer_name(event->answer), answer_color(event->answer));
	buf_str(line, " from ");
	add_who(line, name, addr, target->port);
	buf_str(line, ": ");
	add_seq(text, event);
	if (event->ttl >= 0) {
		buf_str(line, " ttl=");
		buf_i64(line, event->ttl);
	}
	text_time(line, event->rtt_ns);
	if (event->tcp != NULL && event->tcp->mss >= 0) {
		buf_str(line, " mss=");
		buf_i64(line, event->tcp->mss);
	}
	if (event->tcp != NULL && text->head.opts.verbose)
		add_options(line, event->tcp);
	if (event->answer == ND_KNOCK_ANSWER_ACK)
		buf_str(line, " (the port is half-open already)");
	add_mark(line, event);
}

/* "unreachable from 198.51.100.1: seq=3 Packet filtered (icmp 3/13)" */
static void
add_error(struct text_report *text, const struct report_target *target,
    const struct nd_knock_event *event, const char *name, const char *addr)
{
	struct buf *line = &text->line;

	add_colored(text, "unreachable", COLOR_YELLOW);
	buf_str(line, " from ");
	text_who(line, name, addr);
	buf_str(line, ": ");
	add_seq(text, event);
	buf_char(line, ' ');
	icmp_error_text(
	    line, target->af, event->icmp_type, event->icmp_code, event->info);
	buf_str(line, target->af == 6 ? " (icmp6 " : " (icmp ");
	buf_i64(line, event->icmp_type);
	buf_char(line, '/');
	buf_i64(line, event->icmp_code);
	buf_char(line, ')');
	if (event->rewritten && text->head.opts.verbose)
		buf_str(line, " (quoted with other addresses)");
	add_mark(line, event);
}

/* "no answer for seq=4 (lost on the way back)" */
static void
add_timeout(struct text_report *text, const struct nd_knock_event *event)
{
	struct buf *line = &text->line;

	add_colored(text, "no answer", COLOR_YELLOW);
	buf_str(line, " for ");
	add_seq(text, event);
	if (event->lost_dir == ND_LOST_OUT)
		buf_str(line, " (lost on the way out)");
	else if (event->lost_dir == ND_LOST_BACK)
		buf_str(line, " (lost on the way back)");
}

/* "invalid answer from 192.0.2.7: seq=3 (checksum)" */
static void
add_invalid(struct text_report *text, const struct nd_knock_event *event,
    const char *name, const char *addr)
{
	struct buf *line = &text->line;

	buf_str(line, "invalid answer from ");
	text_who(line, name, addr);
	buf_str(line, ": ");
	if (event->seq > 0) {
		add_seq(text, event);
		buf_char(line, ' ');
	}
	buf_char(line, '(');
	buf_str(line, event->invalid == ND_INVALID_COUNT
			  ? "unknown"
			  : nd_invalid_name(event->invalid));
	buf_char(line, ')');
}

/* "netdiag: knock: www.example.org:443: network is unreachable" */
static void
warn_send(struct text_report *text, const struct report_target *target, int err,
    bool one)
{
	struct buf cause = BUF_INIT, subject = BUF_INIT, hint = BUF_INIT;
	char system[MESSAGE_STRERROR_MAX];

	if (!text_send_news(text, err, one))
		return;
	text_name_port(&subject, target);
	buf_str(&cause, message_strerror(err, system));
	text_send_hint(&hint, target, err);
	text_send_warn(text, err, &subject, &cause, &hint);
}

/* Once a run: what drops the RSTs of one target is likely to drop all. */
static void
warn_rst_lost(struct text_report *text, const struct report_target *target)
{
	const struct report_opts *opts = &text->head.opts;
	struct buf subject = BUF_INIT;

	if (opts->warn == NULL || text->rst_lost)
		return;
	text->rst_lost = true;
	text_name_port(&subject, target);
	buf_char(&subject, '\0');
	if (!subject.failed)
		opts->warn(opts->warn_user, subject.data,
		    "it repeats its SYN-ACKs: the RSTs of this host do not "
		    "arrive there",
		    "a firewall, on this host or on the way, drops the RSTs "
		    "that the kernel sends: nft list ruleset");
	buf_free(&subject);
}

/* What is told of an event that is no line, and remembered. */
static void
note(struct text_report *text, const struct report_target *target,
    const struct nd_knock_event *event, bool one)
{
	if (event->status == ND_KNOCK_OPEN || event->status == ND_KNOCK_CLOSED)
		report_ewma(&text->head, event->rtt_ns);
	if (event->status == ND_KNOCK_SEND_ERROR)
		warn_send(text, target, event->err, one);
	else if (one)
		text->ntold = 0; /* something was sent again */
	if (event->rst_lost)
		warn_rst_lost(text, target);
	if (one && event->answer == ND_KNOCK_ANSWER_SYN_ACK && event->ttl > 0)
		text->syn_ack_ttl = event->ttl;
	if (one && event->answer == ND_KNOCK_ANSWER_RST && event->ttl > 0)
		text->rst_ttl = event->ttl;
}

static bool
is_line(const struct report_opts *opts, const struct nd_knock_event *event)
{
	switch (event->status) {
	case ND_KNOCK_SEND_ERROR:
	case ND_KNOCK_DONE:
		return false;
	case ND_KNOCK_INVALID:
		return opts->verbose && !opts->quiet;
	default:
		return !opts->quiet;
	}
}

void
knock_text_probe(struct text_report *text, const struct report_target *target,
    const struct nd_knock_event *event, const char *name, bool one,
    int64_t now_ns)
{
	const bool icmp = event->answer == ND_KNOCK_ANSWER_ICMP ||
			  event->status == ND_KNOCK_UNREACHABLE;
	char from[ADDRTEXT_MAX] = "";
	const char *addr = target->addr != NULL ? target->addr : "";
	struct buf *line;

	note(text, target, event, one);
	if (!is_line(&text->head.opts, event))
		return;
	if (event->from != NULL)
		addr = addrtext(event->from, from);
	line = text_line(text, now_ns);
	/* These do not name the target, or not by themselves. */
	if (!one && (icmp || event->status == ND_KNOCK_TIMEOUT ||
			event->status == ND_KNOCK_INVALID)) {
		text_name_port(line, target);
		buf_str(line, ": ");
	}
	if (event->status == ND_KNOCK_INVALID)
		add_invalid(text, event, one ? name : NULL, addr);
	else if (event->status == ND_KNOCK_TIMEOUT)
		add_timeout(text, event);
	else if (icmp)
		add_error(text, target, event, one ? name : NULL, addr);
	else
		add_answer(
		    text, target, event, one ? name : target->name, addr);
	buf_char(line, '\n');
	text_flush(text);
	text->lines = true;
}
