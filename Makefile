# SPDX-License-Identifier: MIT
#
# netdiag: `make help` names the targets. An unconfigured tree is configured on
# the way; to choose options, run ./autogen.sh and ./configure first.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

srcdir := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
aux    := $(srcdir)/build-aux
GOALS  := $(or $(MAKECMDGOALS),all)

# ---- Sources: listed, one a line, so that a deleted file relinks -----------

LIB_SRC := \
	lib/diag/knock.c \
	lib/diag/knock_answer.c \
	lib/diag/knock_credit.c \
	lib/diag/knock_ecn.c \
	lib/diag/knock_port.c \
	lib/diag/knock_series.c \
	lib/diag/knock_task.c \
	lib/diag/mda.c \
	lib/diag/mda_check.c \
	lib/diag/mda_full.c \
	lib/diag/mda_graph.c \
	lib/diag/mda_lite.c \
	lib/diag/mda_plan.c \
	lib/diag/mda_table.c \
	lib/diag/mtu.c \
	lib/diag/ping.c \
	lib/diag/ping_packet.c \
	lib/diag/ping_senders.c \
	lib/diag/ping_task.c \
	lib/diag/schedule.c \
	lib/diag/trace.c \
	lib/diag/trace_answer.c \
	lib/diag/trace_graph.c \
	lib/diag/trace_mtu.c \
	lib/diag/trace_packet.c \
	lib/diag/trace_paths.c \
	lib/diag/trace_plan.c \
	lib/diag/trace_read.c \
	lib/diag/trace_task.c \
	lib/engine/ctx.c \
	lib/engine/demux.c \
	lib/engine/demux_icmp.c \
	lib/engine/demux_quote.c \
	lib/engine/demux_tcp.c \
	lib/engine/demux_udp.c \
	lib/engine/departure.c \
	lib/engine/error.c \
	lib/engine/loop.c \
	lib/engine/open.c \
	lib/engine/pacer.c \
	lib/engine/peers.c \
	lib/engine/probe.c \
	lib/engine/random.c \
	lib/engine/rtt.c \
	lib/engine/shared.c \
	lib/engine/task.c \
	lib/engine/turn.c \
	lib/engine/wheel.c \
	lib/net/addr.c \
	lib/net/clock.c \
	lib/net/connect.c \
	lib/net/connect_outcome.c \
	lib/net/connect_table.c \
	lib/net/dgram.c \
	lib/net/each.c \
	lib/net/endpoint.c \
	lib/net/filter.c \
	lib/net/ports.c \
	lib/net/raw.c \
	lib/net/recv.c \
	lib/net/send.c \
	lib/net/sock.c \
	lib/net/source.c \
	lib/wire/checksum.c \
	lib/wire/ext.c \
	lib/wire/icmp.c \
	lib/wire/ip.c \
	lib/wire/quote.c \
	lib/wire/tcp.c \
	lib/wire/udp.c

CMD_SRC := \
	cmd/addrtext.c \
	cmd/asn.c \
	cmd/asn_cymru.c \
	cmd/asn_file.c \
	cmd/asn_mmdb.c \
	cmd/asn_origins.c \
	cmd/buf.c \
	cmd/clock.c \
	cmd/color.c \
	cmd/help.c \
	cmd/hold.c \
	cmd/icmp_names.c \
	cmd/json.c \
	cmd/knock.c \
	cmd/knock_opts.c \
	cmd/knock_probe.c \
	cmd/knock_tell.c \
	cmd/lookup.c \
	cmd/lookup_table.c \
	cmd/main.c \
	cmd/message.c \
	cmd/opt.c \
	cmd/opt_complete.c \
	cmd/opt_error.c \
	cmd/opt_help.c \
	cmd/opt_param.c \
	cmd/out.c \
	cmd/out_fd.c \
	cmd/parse.c \
	cmd/parse_word.c \
	cmd/ping.c \
	cmd/ping_opts.c \
	cmd/ping_probe.c \
	cmd/ping_tell.c \
	cmd/portlist.c \
	cmd/priv.c \
	cmd/priv_hint.c \
	cmd/rdns.c \
	cmd/rdns_hosts.c \
	cmd/report.c \
	cmd/report_json.c \
	cmd/report_knock.c \
	cmd/report_knock_json.c \
	cmd/report_knock_text.c \
	cmd/report_knock_text_many.c \
	cmd/report_knock_text_one.c \
	cmd/report_knock_text_probe.c \
	cmd/report_knock_text_stats.c \
	cmd/report_ping.c \
	cmd/report_ping_json.c \
	cmd/report_ping_text.c \
	cmd/report_ping_text_many.c \
	cmd/report_ping_text_names.c \
	cmd/report_ping_text_one.c \
	cmd/report_ping_text_probe.c \
	cmd/report_text.c \
	cmd/report_text_send.c \
	cmd/report_text_stats.c \
	cmd/report_text_table.c \
	cmd/report_trace.c \
	cmd/report_trace_json.c \
	cmd/report_trace_json_graph.c \
	cmd/report_trace_text.c \
	cmd/report_trace_text_graph.c \
	cmd/report_trace_text_lines.c \
	cmd/report_trace_text_notes.c \
	cmd/report_trace_text_rtts.c \
	cmd/report_trace_text_table.c \
	cmd/report_trace_text_verdict.c \
	cmd/report_trace_text_who.c \
	cmd/report_trace_view.c \
	cmd/resolve.c \
	cmd/resolve_pool.c \
	cmd/resolve_text.c \
	cmd/rows.c \
	cmd/run.c \
	cmd/run_end.c \
	cmd/run_files.c \
	cmd/run_names.c \
	cmd/run_open.c \
	cmd/run_opts.c \
	cmd/run_read.c \
	cmd/run_resolve.c \
	cmd/run_rows.c \
	cmd/run_setup.c \
	cmd/run_targets.c \
	cmd/run_tell.c \
	cmd/safe.c \
	cmd/signals.c \
	cmd/target.c \
	cmd/target_iter.c \
	cmd/target_port.c \
	cmd/target_read.c \
	cmd/trace.c \
	cmd/trace_dot.c \
	cmd/trace_names.c \
	cmd/trace_open.c \
	cmd/trace_opts.c \
	cmd/trace_probe.c \
	cmd/trace_tell.c \
	cmd/utf8.c

TEST_SRC := \
	tests/unit/test_addr.c \
	tests/unit/test_addrtext.c \
	tests/unit/test_asn.c \
	tests/unit/test_asn_cymru.c \
	tests/unit/test_asn_file.c \
	tests/unit/test_asn_origins.c \
	tests/unit/test_buf.c \
	tests/unit/test_checksum.c \
	tests/unit/test_clock.c \
	tests/unit/test_color.c \
	tests/unit/test_connect.c \
	tests/unit/test_connect_limits.c \
	tests/unit/test_ctx.c \
	tests/unit/test_ctx_methods.c \
	tests/unit/test_cursor.c \
	tests/unit/test_demux.c \
	tests/unit/test_demux_each.c \
	tests/unit/test_demux_quote.c \
	tests/unit/test_demux_tcp.c \
	tests/unit/test_demux_udp.c \
	tests/unit/test_departure.c \
	tests/unit/test_diagnostic.c \
	tests/unit/test_each.c \
	tests/unit/test_each_limits.c \
	tests/unit/test_ext.c \
	tests/unit/test_ext_icmp.c \
	tests/unit/test_filter.c \
	tests/unit/test_filter_icmp.c \
	tests/unit/test_hold.c \
	tests/unit/test_icmp.c \
	tests/unit/test_icmp_names.c \
	tests/unit/test_ip.c \
	tests/unit/test_json.c \
	tests/unit/test_knock.c \
	tests/unit/test_knock_answer.c \
	tests/unit/test_knock_callback.c \
	tests/unit/test_knock_connect.c \
	tests/unit/test_knock_ecn.c \
	tests/unit/test_knock_flows.c \
	tests/unit/test_knock_icmp.c \
	tests/unit/test_knock_loss.c \
	tests/unit/test_knock_opts.c \
	tests/unit/test_knock_series.c \
	tests/unit/test_knock_syn.c \
	tests/unit/test_lookup_table.c \
	tests/unit/test_mda.c \
	tests/unit/test_mda_faults.c \
	tests/unit/test_mda_table.c \
	tests/unit/test_mtu.c \
	tests/unit/test_netsim_answer.c \
	tests/unit/test_netsim_balance.c \
	tests/unit/test_netsim_ext.c \
	tests/unit/test_netsim_halfopen.c \
	tests/unit/test_netsim_hostile.c \
	tests/unit/test_netsim_parse.c \
	tests/unit/test_netsim_sched.c \
	tests/unit/test_netsim_stamps.c \
	tests/unit/test_netsim_walk.c \
	tests/unit/test_opt.c \
	tests/unit/test_opt_optional.c \
	tests/unit/test_out.c \
	tests/unit/test_out_fd.c \
	tests/unit/test_pacer.c \
	tests/unit/test_parse.c \
	tests/unit/test_peers.c \
	tests/unit/test_ping.c \
	tests/unit/test_ping_callback.c \
	tests/unit/test_ping_faults.c \
	tests/unit/test_ping_opts.c \
	tests/unit/test_ping_packet.c \
	tests/unit/test_ping_senders.c \
	tests/unit/test_portlist.c \
	tests/unit/test_ports.c \
	tests/unit/test_priv.c \
	tests/unit/test_priv_fail.c \
	tests/unit/test_priv_hint.c \
	tests/unit/test_probe.c \
	tests/unit/test_quote.c \
	tests/unit/test_random.c \
	tests/unit/test_rdns.c \
	tests/unit/test_rdns_hosts.c \
	tests/unit/test_recv.c \
	tests/unit/test_report_knock_json.c \
	tests/unit/test_report_knock_text_many.c \
	tests/unit/test_report_knock_text_one.c \
	tests/unit/test_report_knock_text_probe.c \
	tests/unit/test_report_ping_json.c \
	tests/unit/test_report_ping_text_many.c \
	tests/unit/test_report_ping_text_names.c \
	tests/unit/test_report_ping_text_one.c \
	tests/unit/test_report_ping_text_probe.c \
	tests/unit/test_report_trace.c \
	tests/unit/test_report_trace_json.c \
	tests/unit/test_report_trace_text.c \
	tests/unit/test_report_trace_text_graph.c \
	tests/unit/test_report_trace_text_rtts.c \
	tests/unit/test_report_trace_text_table.c \
	tests/unit/test_report_trace_text_verdict.c \
	tests/unit/test_resolve.c \
	tests/unit/test_rtt.c \
	tests/unit/test_safe.c \
	tests/unit/test_scale.c \
	tests/unit/test_shared.c \
	tests/unit/test_source.c \
	tests/unit/test_target.c \
	tests/unit/test_target_port.c \
	tests/unit/test_task.c \
	tests/unit/test_task_forget.c \
	tests/unit/test_task_hasten.c \
	tests/unit/test_tcp.c \
	tests/unit/test_tcp_options.c \
	tests/unit/test_trace_dot.c \
	tests/unit/test_trace_opts.c \
	tests/unit/test_trace_packet.c \
	tests/unit/test_trace_plan.c \
	tests/unit/test_turn.c \
	tests/unit/test_udp.c \
	tests/unit/test_utf8.c \
	tests/unit/test_wheel.c

TEST_SUPPORT := \
	tests/unit/support/fake_message.c \
	tests/unit/support/fake_net.c \
	tests/unit/support/fake_queue.c \
	tests/unit/support/fake_segment.c \
	tests/unit/support/knock_rig.c \
	tests/unit/support/mda_model.c \
	tests/unit/support/ping_rig.c \
	tests/unit/support/syn_rig.c \
	tests/unit/support/tcp_server.c \
	tests/unit/support/trace_canned.c \
	tests/unit/support/trace_rig.c \
	tests/unit/support/udp_rig.c \
	tests/unit/support/virtual_clock.c

# The simulated internet of the lab: a library without I/O, and its program.
NETSIM_SRC := \
	tests/lab/netsim/addr.c \
	tests/lab/netsim/answer.c \
	tests/lab/netsim/answer_icmp.c \
	tests/lab/netsim/answer_tcp.c \
	tests/lab/netsim/answer_udp.c \
	tests/lab/netsim/balance.c \
	tests/lab/netsim/ext.c \
	tests/lab/netsim/fate.c \
	tests/lab/netsim/graph.c \
	tests/lab/netsim/halfopen.c \
	tests/lab/netsim/hostile.c \
	tests/lab/netsim/json.c \
	tests/lab/netsim/late.c \
	tests/lab/netsim/lpm.c \
	tests/lab/netsim/options.c \
	tests/lab/netsim/options_special.c \
	tests/lab/netsim/packet.c \
	tests/lab/netsim/sched.c \
	tests/lab/netsim/sim.c \
	tests/lab/netsim/stamps.c \
	tests/lab/netsim/statements.c \
	tests/lab/netsim/statements_host.c \
	tests/lab/netsim/statements_route.c \
	tests/lab/netsim/topo.c \
	tests/lab/netsim/truth.c \
	tests/lab/netsim/truth_end.c \
	tests/lab/netsim/values.c \
	tests/lab/netsim/walk.c

NETSIM_MAIN := \
	tests/lab/netsim/io_packet.c \
	tests/lab/netsim/io_stamps.c \
	tests/lab/netsim/io_tun.c \
	tests/lab/netsim/main.c

# Each is tests/fuzz/fuzz_NAME.c with its seeds in tests/fuzz/corpus/NAME/.
FUZZ_SRC := \
	tests/fuzz/fuzz_argv.c \
	tests/fuzz/fuzz_asn_file.c \
	tests/fuzz/fuzz_asn_txt.c \
	tests/fuzz/fuzz_ext.c \
	tests/fuzz/fuzz_icmp4.c \
	tests/fuzz/fuzz_icmp6.c \
	tests/fuzz/fuzz_knock_argv.c \
	tests/fuzz/fuzz_netsim.c \
	tests/fuzz/fuzz_quote.c \
	tests/fuzz/fuzz_targets.c \
	tests/fuzz/fuzz_tcp.c \
	tests/fuzz/fuzz_trace_argv.c

# ---- Packages: what is missing is installed, before anything else ----------

DEPS := $(filter deps bench-deps,$(GOALS))
REST := $(filter-out deps bench-deps,$(GOALS))

deps:
	@sh $(aux)/deps.sh
bench-deps: | $(filter deps,$(GOALS))
	@sh $(aux)/deps.sh bench
.PHONY: deps bench-deps

ifneq ($(and $(DEPS),$(REST)),)
# `make deps check`: this make was read before the packages were there, so the
# other goals are for a second one, once they are.
after-deps: $(DEPS)
	@$(MAKE) --no-print-directory $(REST)
$(REST): after-deps
	@:
.PHONY: after-deps $(REST)
else

# ---- Configuration ---------------------------------------------------------

# These work in an unconfigured tree, and never configure one.
UNCONFIGURED := check-layers clean deps bench-deps distclean format \
	format-check help

ifeq ($(filter-out $(UNCONFIGURED),$(GOALS)),)
-include config.mk
else
# GNU make brings an included file up to date, then reads itself again.
include config.mk

config.mk: $(srcdir)/config.mk.in config.status
	./config.status $@
netdiag.pc: $(srcdir)/netdiag.pc.in config.status
	./config.status $@
config.h: $(srcdir)/config.h.in config.status
	./config.status $@ && touch $@
# A first configure takes CC=, CFLAGS= and so on from `make`; a later one only
# repeats what the first was given.
config.status: $(srcdir)/configure
	@if [ -x ./config.status ]; then \
	  set -x; env -u CFLAGS -u CPPFLAGS -u LDFLAGS -u CC MAKEFLAGS= \
	    ./config.status --recheck; \
	else set -x; MAKEFLAGS= $(srcdir)/configure; fi
$(srcdir)/config.h.in: $(srcdir)/configure ;
$(srcdir)/configure: $(srcdir)/configure.ac $(srcdir)/m4/netdiag.m4 \
    $(srcdir)/autogen.sh
	$(srcdir)/autogen.sh
endif

# ---- Build -----------------------------------------------------------------

vpath %.c $(srcdir)

obj     = $(patsubst %.c,%.o,$(1))
objects = $(filter %.o %.a,$^)
MK      = $(srcdir)/Makefile
INSTALL ?= install

LIB_OBJ   := $(call obj,$(LIB_SRC))
CMD_OBJ   := $(call obj,$(CMD_SRC))
TEST_OBJ  := $(call obj,$(TEST_SRC) $(TEST_SUPPORT))
NETSIM_OBJ := $(call obj,$(NETSIM_SRC))
# cmd as the tests link it: all but main().
CMD_TESTED := $(filter-out cmd/main.o,$(CMD_OBJ))

# The include paths are the layers: cmd sees netdiag.h and itself, no more.
LIB_INC  = -I$(srcdir)/lib -I$(srcdir)/lib/include
CMD_INC  = -I$(srcdir)/lib/include -I$(srcdir)/cmd
TEST_INC = $(LIB_INC) -I$(srcdir)/cmd -I$(srcdir)/tests/unit/support \
	-I$(srcdir)/tests/lab
lib/%.o:   ND_FLAGS = $(LIB_INC) $(EV_CFLAGS) -fvisibility=hidden
cmd/%.o:   ND_FLAGS = $(CMD_INC) $(CMD_CFLAGS)
tests/%.o: ND_FLAGS = $(TEST_INC) $(EV_CFLAGS) $(CMD_CFLAGS) \
	$(CRITERION_CFLAGS)

# The simulator uses the codecs and no more of the library.
tests/lab/%.o: ND_FLAGS = -I$(srcdir)/lib

CMD_CFLAGS = $(EV_CFLAGS) $(CAP_CFLAGS) $(CARES_CFLAGS) $(MAXMINDDB_CFLAGS) \
	-pthread
CMD_LIBS   = $(EV_LIBS) $(CAP_LIBS) $(CARES_LIBS) $(MAXMINDDB_LIBS) -pthread

# No path of the build machine gets into the objects.
PREFIX_MAP = $(addprefix -ffile-prefix-map=,$(CURDIR)=. \
	$(if $(filter-out .,$(srcdir)),$(srcdir)=.))

COMPILE = $(CC) -std=gnu11 -include config.h $(ND_FLAGS) $(CPPFLAGS) -fPIC \
	$(CONF_CFLAGS) $(PREFIX_MAP) $(CFLAGS) -MMD -MP -c -o $@ $<
LINK    = $(CC) $(CONF_CFLAGS) $(CFLAGS) $(CONF_LDFLAGS) $(LDFLAGS) -o $@

ifneq ($(V),1)
Q   = @
say = @printf '  %-7s %s\n' $(1) $@;
endif

COMPLETIONS := completions/netdiag.bash completions/_netdiag \
	completions/netdiag.fish

all: netdiag libnetdiag.a netdiag.pc $(COMPLETIONS)

netdiag: $(CMD_OBJ) libnetdiag.a $(MK)
	$(call say,LD) $(LINK) $(objects) $(CMD_LIBS)
libnetdiag.a: $(LIB_OBJ) $(MK)
	$(Q)rm -f $@
	$(call say,AR) $(AR) rcsD $@ $(objects)
%.o: %.c config.mk config.h
	@mkdir -p $(@D)
	$(call say,CC) $(COMPILE)

# The options are one table in the program, so it writes these by itself.
completions/netdiag.bash: SHELL_NAME = bash
completions/_netdiag:     SHELL_NAME = zsh
completions/netdiag.fish: SHELL_NAME = fish
$(COMPLETIONS): netdiag
	@mkdir -p $(@D)
	$(call say,GEN) ./netdiag --completion $(SHELL_NAME) > $@

NETSIM := tests/lab/netsim/netsim
netsim: $(NETSIM)
$(NETSIM): $(NETSIM_OBJ) $(call obj,$(NETSIM_MAIN)) libnetdiag.a $(MK)
	$(call say,LD) $(LINK) $(objects)

demo: netdiag $(NETSIM)
	@NETSIM=./$(NETSIM) sh $(aux)/demo.sh ./netdiag $(srcdir)/tests/lab

# A shell in the example internet.
lab: netdiag $(NETSIM)
	@NETDIAG=./netdiag NETSIM=./$(NETSIM) bash $(srcdir)/tests/lab/enter.sh

# ---- Checks ----------------------------------------------------------------

RESULTS  := tests/results
UNIT     := tests/unit/unit
REPLAY   := $(FUZZ_SRC:.c=.replay)
RUN_TEST  = sh $(aux)/run-test.sh
# A function, for it costs a process or two: found when a check asks.
PYTHON    = $(shell sh $(aux)/find-python.sh)
TEST_ENV  = NETDIAG=$(CURDIR)/netdiag SRCDIR=$(abspath $(srcdir)) \
	BUILDDIR=$(CURDIR) PYTHON=$(PYTHON) PYTHONDONTWRITEBYTECODE=1 \
	NETSIM=$(CURDIR)/$(NETSIM)

check: check-layers check-unit check-fuzz check-cli check-lab
	@grep -h 'Synthesis: Tested:' $(RESULTS)/unit/log
	@tail -q -n 1 $(RESULTS)/cli/log $(RESULTS)/lab/log

# In order under -j too, so that the output reads well; builds run beside.
ifneq ($(filter check,$(GOALS)),)
check-unit: | check-layers
check-fuzz: | check-unit
check-cli:  | check-fuzz
check-lab:  | check-cli
endif

check-layers:
	@sh $(aux)/check-layers.sh $(srcdir) $(LIB_SRC) $(CMD_SRC) \
	  $(TEST_SRC) $(TEST_SUPPORT) $(NETSIM_SRC) $(NETSIM_MAIN)

# One Criterion binary, so that its synthesis counts every unit test.
$(UNIT): $(TEST_OBJ) $(CMD_TESTED) $(NETSIM_OBJ) libnetdiag.a $(MK)
	$(call say,LD) $(LINK) $(objects) $(CMD_LIBS) $(CRITERION_LIBS)
ifeq ($(HAVE_CRITERION),no)
check-unit:
	@echo 'check-unit: configure found no Criterion: run make deps' >&2
	@false
else
check-unit: $(UNIT) $(NETSIM)
	@$(RUN_TEST) $(RESULTS)/unit ./$(UNIT) --timeout 20 \
	  --tap=$(RESULTS)/unit/tap $(TESTFLAGS)
	@sh $(aux)/no-skips.sh $(RESULTS)/unit/tap
	@./$(NETSIM) --check $(srcdir)/tests/lab/example.net
endif

# Harnesses: replayed over their seeds by `check`, let loose by `fuzz`.
tests/fuzz/%.replay: tests/fuzz/%.o tests/fuzz/replay.o $(CMD_TESTED) \
    $(NETSIM_OBJ) libnetdiag.a
	$(call say,LD) $(LINK) $(objects) $(CMD_LIBS)
check-fuzz: $(REPLAY)
	@for r in $(REPLAY); do \
	  n=$${r##*/fuzz_}; n=$${n%.replay}; \
	  $(RUN_TEST) $(RESULTS)/fuzz-$$n ./$$r \
	    $(srcdir)/tests/fuzz/corpus/$$n/* || exit 1; \
	done

FUZZ_SECONDS ?= 30
fuzz: $(FUZZ_SRC:.c=.fuzzer)
	@for f in $^; do \
	  n=$${f##*/fuzz_}; n=$${n%.fuzzer}; mkdir -p $(RESULTS)/found-$$n; \
	  ./$$f -max_total_time=$(FUZZ_SECONDS) $(RESULTS)/found-$$n \
	    $(srcdir)/tests/fuzz/corpus/$$n || exit 1; \
	done
tests/fuzz/%.fuzzer: tests/fuzz/%.c $(LIB_SRC) $(NETSIM_SRC) \
    $(filter-out cmd/main.c,$(CMD_SRC)) config.h
	@mkdir -p $(@D)
	$(call say,FUZZ) clang -std=gnu11 -include config.h $(TEST_INC) \
	  $(CMD_CFLAGS) $(CPPFLAGS) -g -O1 -fsanitize=fuzzer,address,undefined \
	  -o $@ $(filter %.c,$^) $(CMD_LIBS)

check-cli: all
	@$(TEST_ENV) $(RUN_TEST) $(RESULTS)/cli $(srcdir)/tests/cli/run

# LAB: only these scenarios.
check-lab: all $(NETSIM)
	@$(TEST_ENV) $(RUN_TEST) $(RESULTS)/lab $(srcdir)/tests/lab/run $(LAB)

bench: all $(NETSIM)
	@$(TEST_ENV) $(srcdir)/tests/bench/run

# ---- Lint ------------------------------------------------------------------

# The one of LLVM 14 where it is there: other versions format differently.
llvm = $(or $(shell command -v $(1)-14),$(1))
CLANG_FORMAT ?= $(call llvm,clang-format)
CLANG_TIDY   ?= $(call llvm,clang-tidy)
LINT_JOBS    ?= 2

C_DIRS  = $(wildcard $(addprefix $(srcdir)/,lib cmd tests examples))
C_FILES = $(sort $(shell find $(C_DIRS) -name '*.[ch]'))
# Some of these may be no shell scripts.
SCRIPTS = $(shell grep -lE '^\#!.*[/ ](ba)?sh$$' $(srcdir)/autogen.sh \
	$(srcdir)/.ci/run $(aux)/*.sh $$(find $(srcdir)/tests -type f \
	  '(' -name run -o -name '*.sh' ')' | LC_ALL=C sort))
MAN     = $(sort $(wildcard $(srcdir)/man/*.[1-9]))

# Both take FILES and FLAGS; clang-tidy runs over several at once.
cppcheck = cppcheck --quiet -j $(LINT_JOBS) --std=c11 --error-exitcode=1 \
	--enable=warning,performance,portability --inline-suppr \
	--include=config.h $(2) $(addprefix $(srcdir)/,$(1))
tidy = printf '%s\n' $(addprefix $(srcdir)/,$(1)) | \
	xargs -P $(LINT_JOBS) -I FILE sh $(aux)/tidy.sh $(CLANG_TIDY) FILE \
	  -std=gnu11 -include config.h $(2)

LINT := lint-scripts lint-man lint-cppcheck-lib lint-cppcheck-cmd \
	lint-tidy-lib lint-tidy-cmd lint-cppcheck-netsim lint-tidy-netsim
lint: check-layers format-check $(LINT)
lint-scripts:
	@if ! command -v shellcheck >/dev/null; then \
	  echo 'lint: no shellcheck here: scripts are not checked'; \
	else set -x; shellcheck -x -P SCRIPTDIR $(SCRIPTS); fi
lint-man:
	$(if $(MAN),mandoc -T lint -W warning $(MAN))
lint-cppcheck-lib: config.h
	$(call cppcheck,$(LIB_SRC),$(LIB_INC))
lint-cppcheck-cmd: config.h
	$(call cppcheck,$(CMD_SRC),$(CMD_INC))
lint-tidy-lib: config.h
	$(call tidy,$(LIB_SRC),$(LIB_INC) $(EV_CFLAGS))
lint-tidy-cmd: config.h
	$(call tidy,$(CMD_SRC),$(CMD_INC) $(CMD_CFLAGS))
lint-cppcheck-netsim: config.h
	$(call cppcheck,$(NETSIM_SRC) $(NETSIM_MAIN),-I$(srcdir)/lib)
lint-tidy-netsim: config.h
	$(call tidy,$(NETSIM_SRC) $(NETSIM_MAIN),-I$(srcdir)/lib)

format:
	$(CLANG_FORMAT) -i $(C_FILES)
format-check:
	$(CLANG_FORMAT) --dry-run -Werror $(C_FILES)

# ---- Install ---------------------------------------------------------------

# Each is MODE:FILE:DESTINATION; uninstall reads the same list.
pkgdatadir = $(datadir)/netdiag
INSTALLED  = \
	755:netdiag:$(bindir)/netdiag \
	644:libnetdiag.a:$(libdir)/libnetdiag.a \
	644:netdiag.pc:$(libdir)/pkgconfig/netdiag.pc \
	644:$(srcdir)/lib/include/netdiag.h:$(includedir)/netdiag.h \
	$(foreach m,$(wildcard $(srcdir)/schema/*.schema.json),644:$(m):$(pkgdatadir)/$(notdir $(m))) \
	$(foreach m,$(MAN),644:$(m):$(mandir)/man$(patsubst .%,%,$(suffix $(m)))/$(notdir $(m))) \
	644:completions/netdiag.bash:$(datadir)/bash-completion/completions/netdiag \
	644:completions/_netdiag:$(datadir)/zsh/site-functions/_netdiag \
	644:completions/netdiag.fish:$(datadir)/fish/vendor_completions.d/netdiag.fish

install: all
	@set -e; for e in $(INSTALLED); do \
	  mode=$${e%%:*}; e=$${e#*:}; to='$(DESTDIR)'$${e#*:}; \
	  echo "  INSTALL $$to"; \
	  $(INSTALL) -d "$${to%/*}"; $(INSTALL) -m $$mode "$${e%%:*}" "$$to"; \
	done
# A file capability is lost when the file is copied: so last, and by itself.
install-caps:
	@PATH=$$PATH:/usr/sbin:/sbin; f='$(DESTDIR)$(bindir)/netdiag'; \
	if setcap cap_net_raw=p "$$f"; then echo "  SETCAP  $$f"; else \
	  echo 'install-caps: not permitted here. Run:' >&2; \
	  echo "    sudo setcap cap_net_raw=p $$f" >&2; exit 1; \
	fi
uninstall:
	@set -e; for e in $(INSTALLED); do \
	  to='$(DESTDIR)'$${e##*:}; echo "  RM      $$to"; rm -f "$$to"; \
	done
	@d='$(DESTDIR)$(pkgdatadir)'; [ ! -d "$$d" ] || rmdir "$$d"
# The folders of a system stay; those of a staging tree are install's own.
ifneq ($(DESTDIR),)
	@cd '$(DESTDIR)' && for e in $(INSTALLED); do \
	  e=$${e##*:}; rmdir -p ".$${e%/*}" 2>/dev/null || :; \
	done
endif

dist:
	@sh $(aux)/dist.sh $(srcdir) $(PACKAGE)-$(VERSION)
distcheck: dist
	@+MAKE='$(MAKE)' sh $(aux)/distcheck.sh $(PACKAGE)-$(VERSION)

# ---- Clean, help -----------------------------------------------------------

clean:
	rm -rf netdiag libnetdiag.a completions $(RESULTS) $(UNIT) $(NETSIM) \
	  netdiag-*.tar.gz
	[ ! -d tests/fuzz ] || rm -f tests/fuzz/*.replay tests/fuzz/*.fuzzer
	for d in lib cmd tests; do [ ! -d $$d ] || \
	  find $$d -name '*.[od]' -type f -exec rm -f {} +; done
distclean: clean
	rm -rf netdiag.pc config.mk config.h config.log config.status \
	  config.cache autom4te.cache GNUmakefile

help:
	@cat $(aux)/help.txt

.PHONY: all netsim demo lab check check-unit check-fuzz check-cli check-lab \
	check-layers fuzz bench \
	lint $(LINT) format format-check \
	install install-caps uninstall dist distcheck clean distclean help
.SECONDARY:

-include $(patsubst %.c,%.d,$(LIB_SRC) $(CMD_SRC) $(TEST_SRC) \
  $(NETSIM_SRC) $(NETSIM_MAIN) \
	$(TEST_SUPPORT) $(FUZZ_SRC) tests/fuzz/replay.c)
endif
