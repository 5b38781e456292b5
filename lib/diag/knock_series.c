/* SPDX-License-Identifier: MIT */
/*
 * What the time stamps of SYN-ACKs prove, RFC 7323: which SYN of a series is
 * answered, whether the answer is the server's first or a repeated one, and
 * which way a SYN or its answer was lost. A direction is only given where it is
 * proven; it is never guessed.
 */
#include "diag/knock.h"

#define MS INT64_C(1000000)
/*
 * How far a server's clock may be from where it is expected, so long after it
 * was last looked at: one of another rate is farther.
 */
#define CLOCK_SLACK_MS 150
#define CLOCK_AFTER_NS (1000 * MS)
/* Asked for so long before something else: before it, whatever the jitter. */
#define OLDER_NS (200 * MS)
/* A server that answers so long after a SYN repeats itself. */
#define WAITED_NS (700 * MS)
/* By how much a repeated SYN-ACK may be off its time. */
#define REPEAT_SLACK_NS (100 * MS)
/* Without an RTT to compare with: the largest one that is added to it. */
#define REPEAT_LATEST_NS (250 * MS)
/* So many RTTs in a row, so much alike, are believed whatever they are. */
#define SUSPECTS 3
#define ALIKE_NS (50 * MS)
/* More jitter than this, and times prove nothing. */
#define STEADY_JITTER_NS (80 * MS)
/* A server may forget what is older: Linux does, with one retry only. */
#define MEMORY_NS (2900 * MS)

/* ---- The server's clock -------------------------------------------------- */

/*
 * How many ms after the expected TSval that of TCP is. The clock of Linux and
 * others counts milliseconds, from an offset of each connection or more.
 */
static int32_t
ahead_ms(
    const struct nd_knock_clock *clock, const struct nd_tcp *tcp, int64_t at_ns)
{
	const uint32_t passed = (uint32_t)((at_ns - clock->at_ns) / MS);

	return (int32_t)(tcp->tsval - (clock->tsval + passed));
}

void
nd_knock_set_clock(
    struct nd_knock_port *port, const struct nd_tcp *tcp, int64_t at_ns)
{
	struct nd_knock_clock *clock = &port->clock;
	int32_t ahead;

	if (!tcp->has_timestamps)
		return;
	if (clock->at_ns != 0) {
		if (at_ns - clock->at_ns < CLOCK_AFTER_NS)
			return;
		ahead = ahead_ms(clock, tcp, at_ns);
		clock->agreed =
		    ahead >= -CLOCK_SLACK_MS && ahead <= CLOCK_SLACK_MS;
	}
	clock->at_ns = at_ns;
	clock->tsval = tcp->tsval;
}

int64_t
nd_knock_asked_at(const struct nd_knock *knock,
    const struct nd_knock_port *port, const struct nd_tcp *tcp, int64_t at_ns)
{
	int64_t ahead;

	if (!tcp->has_timestamps || !port->clock.agreed)
		return -1;
	ahead = ahead_ms(&port->clock, tcp, at_ns);
	/* What is to come is not here yet: the clock has been set. */
	return ahead <= CLOCK_SLACK_MS ? at_ns + ahead * MS - knock->least_ns
				       : -1;
}

bool
nd_knock_is_older(int64_t asked_ns, int64_t sent_ns)
{
	return asked_ns >= 0 && asked_ns < sent_ns - OLDER_NS;
}

/* ---- The server's own repeats -------------------------------------------- */

/* After 1, 3 and 7 s; with its timer restarted in between, 2, 4 and 6 too. */
static bool
is_repeat_time(int64_t since_ns, int64_t before_ns, int64_t after_ns)
{
	static const int64_t seconds[] = {1, 2, 3, 4, 6, 7};

	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		const int64_t off = since_ns - seconds[i] * 1000 * MS;

		if (off >= -before_ns && off <= after_ns)
			return true;
	}
	return false;
}

/* Whether it is as good as SUSPECT_NS. */
static bool
is_alike(const struct nd_knock *knock, int64_t elapsed_ns)
{
	return knock->suspect_ns >= 0 &&
	       elapsed_ns > knock->suspect_ns - ALIKE_NS &&
	       elapsed_ns < knock->suspect_ns + ALIKE_NS;
}

bool
nd_knock_is_repeat(const struct nd_knock *knock, int64_t sent_ns, int64_t at_ns,
    int64_t asked_ns)
{
	const int64_t elapsed = at_ns - sent_ns;

	if (asked_ns >= 0 && elapsed > WAITED_NS)
		return asked_ns - sent_ns > WAITED_NS;
	if (knock->least_ns >= 0)
		return is_repeat_time(elapsed - knock->least_ns,
		    REPEAT_SLACK_NS, REPEAT_SLACK_NS);
	/* So often the same is no chance: the path is as long as that. */
	return is_repeat_time(elapsed, 0, REPEAT_LATEST_NS) &&
	       !(knock->suspects >= SUSPECTS && is_alike(knock, elapsed));
}

void
nd_knock_note_suspect(struct nd_knock *knock, int64_t elapsed_ns)
{
	if (is_alike(knock, elapsed_ns)) {
		knock->suspects++;
		return;
	}
	knock->suspect_ns = elapsed_ns;
	knock->suspects = 1;
}

/* ---- The probes of a series ---------------------------------------------- */

struct nd_probe *
nd_knock_find(struct nd_knock *knock, uint32_t isn, uint64_t number)
{
	struct nd_probe *p;

	for (p = knock->task.oldest; p != NULL; p = p->next)
		if (p->tag == isn && p->state != ND_PROBE_FORGOTTEN &&
		    nd_probe_number(p) == number)
			return p;
	return NULL;
}

uint64_t
nd_knock_echoed(const struct nd_knock *knock, const struct nd_tcp *tcp,
    uint64_t first, uint64_t newest)
{
	const uint32_t since = tcp->tsecr - (knock->tsval + (uint32_t)first);

	if (!tcp->has_timestamps || knock->profile->options != ND_SYN_LINUX ||
	    since > newest - first)
		return 0;
	return first + since;
}

/* ---- Directions ---------------------------------------------------------- */

void
nd_knock_count_loss(struct nd_knock *knock, const struct nd_probe *p)
{
	if ((p->note & ND_KNOCK_NOTE_OUT) != 0)
		knock->lost_out++;
	else if ((p->note & ND_KNOCK_NOTE_BACK) != 0)
		knock->lost_back++;
	else if ((p->note & ND_KNOCK_NOTE_OUT_IF) != 0)
		knock->lost_out_if++;
}

void
nd_knock_came_after_all(
    struct nd_knock *knock, struct nd_probe *p, bool ambiguous)
{
	if (ambiguous || (p->note & ND_KNOCK_NOTE_DIR) == 0)
		return;
	if ((p->note & ND_KNOCK_NOTE_OUT) != 0)
		knock->lost_out--;
	else if ((p->note & ND_KNOCK_NOTE_BACK) != 0)
		knock->lost_back--;
	else
		knock->lost_out_if--;
	p->note &= 0xffff & ~ND_KNOCK_NOTE_DIR;
}

/* P is or will be lost, in that DIRECTION. */
static void
note(struct nd_knock *knock, struct nd_probe *p, unsigned direction)
{
	if ((p->note & ND_KNOCK_NOTE_DIR) != 0 ||
	    p->sent_ns <= knock->task.ctx->last_drop_ns)
		return;
	if (p->state != ND_PROBE_EXPIRED && p->state != ND_PROBE_IN_FLIGHT)
		return;
	p->note |= direction & 0xffff;
	/* Else when it expires. */
	if (p->state == ND_PROBE_EXPIRED)
		nd_knock_count_loss(knock, p);
}

/* All of the series that are older than that number: their SYNs were lost. */
static void
note_out(struct nd_knock *knock, const struct nd_knock_port *port,
    uint64_t number, int64_t sent_ns)
{
	const unsigned direction =
	    knock->keeps_first ? ND_KNOCK_NOTE_OUT : ND_KNOCK_NOTE_OUT_IF;
	struct nd_probe *p;

	if (port->count < 2 || port->reset_late)
		return;
	for (p = knock->task.oldest; p != NULL; p = p->next)
		if (p->tag == port->isn && p->state != ND_PROBE_FORGOTTEN &&
		    nd_probe_number(p) < number &&
		    sent_ns - p->sent_ns < MEMORY_NS)
			note(knock, p, direction);
}

/*
 * One more sign that the server keeps the first TSval: sure where its clock
 * says so, else two are wanted. The losses that were only waiting for it go
 * out.
 */
static void
note_keeps_first(struct nd_knock *knock, bool sure)
{
	struct nd_probe *p;

	knock->first_signs = true;
	if (knock->keeps_first || !sure)
		return;
	knock->keeps_first = true;
	knock->lost_out += knock->lost_out_if;
	knock->lost_out_if = 0;
	for (p = knock->task.oldest; p != NULL; p = p->next)
		if ((p->note & ND_KNOCK_NOTE_OUT_IF) != 0)
			p->note = (p->note & ~ND_KNOCK_NOTE_OUT_IF & 0xffff) |
				  ND_KNOCK_NOTE_OUT;
}

static bool
is_steady(const struct nd_knock *knock)
{
	return knock->least_ns >= 0 &&
	       knock->largest_ns - knock->least_ns < STEADY_JITTER_NS &&
	       knock->largest_ns < 4 * STEADY_JITTER_NS;
}

/*
 * Whether what came at AT_NS answers the newest SYN of the series: about an
 * RTT after it, and not when the server may have repeated an answer to any
 * SYN of the series.
 */
static bool
answers_newest(const struct nd_knock *knock, const struct nd_knock_port *port,
    int64_t at_ns)
{
	const int64_t rtt = at_ns - port->last_ns;
	const struct nd_probe *p;

	if (!is_steady(knock) || rtt < knock->least_ns - 5 * MS ||
	    rtt > knock->largest_ns + 20 * MS)
		return false;
	for (p = knock->task.oldest; p != NULL; p = p->next)
		if (p->tag == port->isn &&
		    is_repeat_time(at_ns - p->sent_ns - knock->least_ns,
			REPEAT_SLACK_NS - 10 * MS, REPEAT_SLACK_NS - 10 * MS))
			return false;
	return true;
}

/* The server knew an older one of the series, and goes by the newest now. */
static bool
has_echoed_earlier(
    const struct nd_knock *knock, const struct nd_knock_port *port)
{
	const struct nd_probe *p;

	for (p = knock->task.oldest; p != NULL; p = p->next)
		if (p->tag == port->isn &&
		    (p->note & ND_KNOCK_NOTE_BACK) != 0 &&
		    nd_probe_number(p) != port->newest)
			return true;
	return false;
}

void
nd_knock_judge(struct nd_knock *knock, struct nd_knock_port *port,
    uint64_t echoed, int64_t at_ns, int64_t asked_ns)
{
	struct nd_probe *p =
	    echoed != 0 ? nd_knock_find(knock, port->isn, echoed) : NULL;
	const bool direct = answers_newest(knock, port, at_ns);
	bool sure;

	if (p == NULL)
		return;
	if (echoed == port->newest) {
		/* It was made for this one, or is a repeat of what was. */
		if (p->state == ND_PROBE_EXPIRED &&
		    asked_ns - p->sent_ns > WAITED_NS)
			note(knock, p, ND_KNOCK_NOTE_BACK);
		if (has_echoed_earlier(knock, port))
			knock->keeps_first = false;
		else
			note_out(knock, port, echoed, p->sent_ns);
		return;
	}
	if (nd_knock_is_older(asked_ns, port->last_ns))
		return;
	/* Made just now for an earlier one: its first answer has not come. */
	sure = asked_ns >= 0 || (direct && knock->first_signs);
	if (sure)
		note(knock, p, ND_KNOCK_NOTE_BACK);
	if (direct)
		note_keeps_first(knock, sure);
	if (knock->keeps_first)
		note_out(knock, port, echoed, p->sent_ns);
}
