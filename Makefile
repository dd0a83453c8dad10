# Builds the extension with PGXS; PG_CONFIG chooses the server. `make check` and `make demo` are the two commands to
# know: each installs what is missing, builds and runs.
PG_CONFIG ?= pg_config
export PG_CONFIG

# Goals that may have to install the build's own tools first, so they must not need PGXS to be read.
suites := format layering symbols unreferenced tidy docs-check unit fuzz regress pgtap tap isolation orm mix quiet \
	property server-tests
tasks := check nightly matrix demo demo-stop demo-psql setup docs bench $(suites:format=format-check)

ifneq ($(filter $(tasks),$(MAKECMDGOALS)),)

.PHONY: $(MAKECMDGOALS)
.NOTPARALLEL:

check:
	@test/tools/check

nightly:
	@test/tools/nightly

matrix:
	@test/tools/matrix

demo:
	@demo/run start

demo-stop demo-psql:
	@demo/run $(@:demo-%=%)

setup:
	@test/tools/setup check

docs:
	@test/tools/run_docs --write

bench:
	@test/bench/run

$(filter $(suites:format=format-check),$(MAKECMDGOALS)):
	@test/tools/check $(@:format-check=format)

# Whatever was asked for beside them (make clean check) goes to a make that reads PGXS.
$(filter-out $(tasks),$(MAKECMDGOALS)):
	+@$(MAKE) --no-print-directory $@

else

EXTENSION = pg_query_audit
MODULE_big = pg_query_audit
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)
DATA = $(wildcard sql/update/$(EXTENSION)--*.sql)
DATA_built = $(EXTENSION)--$(EXTVERSION).sql
EXTRA_CLEAN = build

sources = $(sort $(shell find src/$(1) -name '*.cpp'))
objects = $(patsubst src/%.cpp,build/%.o,$(call sources,$(1)))
core_objects := $(call objects,core)
parse_objects := $(call objects,parse)
pg_objects := $(call objects,pg)
box := build/libpg_query_box.o
OBJS = $(pg_objects) $(core_objects) $(box)

LIBPG_QUERY ?= $(shell $(CC) -print-file-name=libpg_query.a)
# A libpg_query.a that does not bring protobuf-c along needs the system's.
protobuf_c := $(shell nm $(LIBPG_QUERY) 2>/dev/null | grep -q ' T protobuf_c_message_pack$$' || echo -lprotobuf-c)
SHLIB_LINK = -Wl,--version-script=src/pg/exports.map $(protobuf_c) -lstdc++ -lm
# No bitcode: the module's functions are not worth inlining into compiled expressions.
override with_llvm := no

PGXS := $(shell $(PG_CONFIG) --pgxs)
ifeq ($(wildcard $(PGXS)),)
$(error $(PG_CONFIG) finds no PostgreSQL to build for: run `make setup`, or set PG_CONFIG)
endif
include $(PGXS)

# Set to -Werror by this project's own checks; a newer compiler's new warnings must not break anybody's build.
WERROR ?=

# fmt without locales, for which its later versions hold a global that is constructed at load.
fmt_flags = -DFMT_USE_LOCALE=0 -DFMT_STATIC_THOUSANDS_SEPARATOR="','"

# -fno-plt: a call of the server's or the C library's is one jump, without a page of stubs on the way.
cxx_flags = $(CXXFLAGS) -std=c++20 -O2 -fPIC -fno-plt -fvisibility-inlines-hidden -fno-semantic-interposition \
	-fno-gnu-unique -Wall -Wextra $(WERROR) $(fmt_flags) -Isrc -MMD -MP
# The server's headers count as the system's, so that warnings are about this project's code alone. Those of version 15
# do not mark what must be visible, so for src/pg it is exports.map alone that hides the rest.
server_flags = $(patsubst -I%,-isystem %,$(filter-out -I. -I./ -I$(srcdir) -I/usr/include,$(CPPFLAGS))) \
	-DPG_QUERY_AUDIT_VERSION='"$(EXTVERSION)"'

# The hot path runs through core and src/pg; linked as one, small functions are inlined across them. The objects keep
# their code beside it, for the checks that look into them.
lto_flags = -flto=auto -ffat-lto-objects
$(core_objects): cxx_flags += $(lto_flags)
# One loop over a text, most of what a parsed statement costs: what it is inlined beside must not choose its registers.
build/core/scan.o: lto_flags =

$(core_objects) $(parse_objects): build/%.o: src/%.cpp Makefile
	@mkdir -p $(@D)
	$(CXX) $(cxx_flags) -fvisibility=hidden -c -o $@ $<

$(pg_objects): build/%.o: src/%.cpp Makefile $(EXTENSION).control
	@mkdir -p $(@D)
	$(CXX) $(cxx_flags) $(lto_flags) $(server_flags) -c -o $@ $<

-include $(patsubst %.o,%.d,$(core_objects) $(parse_objects) $(pg_objects))

# libpg_query defines hundreds of names that the server exports too, so it is linked into one object that shows nothing
# but the entry points of parse.h. Section groups are dissolved, or the linker would pair them with other objects'.
build/libpg_query_box.names: src/parse/parse.h
	@mkdir -p $(@D)
	sed -n 's/^[A-Za-z].*[ *]\(query_audit_[a-z0-9_]*\)(.*/\1/p' $< | sort -u >$@
	@test -s $@

# Calls within the library that this project's own functions answer (src/parse/handover.cpp).
wraps = $(sort $(shell sed -n 's/.*__real_\([A-Za-z][A-Za-z0-9_]*\).*/--wrap=\1/p' src/parse/handover.cpp))

$(box): build/libpg_query_box.names $(parse_objects) $(LIBPG_QUERY)
	ld -r $(wraps) --force-group-allocation -o $@ $(parse_objects) --whole-archive $(LIBPG_QUERY)
	objcopy --keep-global-symbols=$< $@

$(shlib): src/pg/exports.map

# The same objects, linked so that every call of an imported function that is not harmless is counted. For
# test/tap/hot_path.pl alone; nothing of it is in the module that is installed.
counting := build/hot_path/counters.o build/hot_path/jumps.o
build/hot_path/jumps.S: test/hot_path/make_counters test/hot_path/imports $(OBJS)
	@mkdir -p $(@D)
	$< test/hot_path/imports build/libpg_query_box.names $@ build/hot_path/wraps $(OBJS)

build/hot_path/jumps.o: build/hot_path/jumps.S
	$(CC) -c -o $@ $<

build/hot_path/counters.o: test/hot_path/counters.cpp Makefile
	@mkdir -p $(@D)
	$(CXX) $(cxx_flags) $(server_flags) -c -o $@ $<

# Inlined as one, the calls of functions in other objects would not be the linker's to redirect.
build/hot_path/$(shlib): $(counting) $(OBJS) src/pg/exports.map
	$(CXX) $(CFLAGS_SL) -shared -fno-lto -fno-use-linker-plugin -o $@ $(OBJS) $(counting) @build/hot_path/wraps \
		$(filter-out -L%,$(LDFLAGS)) $(SHLIB_LINK)
	test/hot_path/make_counters --check test/hot_path/imports $@

# Errors for test/tools/run_memcheck to see.
build/memcheck/planted.so: test/memcheck/planted.cpp Makefile
	@mkdir -p $(@D)
	$(CXX) $(cxx_flags) $(server_flags) $(CFLAGS_SL) -shared -o $@ $<

install_parts := $(sort $(wildcard sql/install/[0-9][0-9]-*.sql))
$(DATA_built): $(install_parts) $(EXTENSION).control
	cat $(install_parts) >$@

# Layering is part of the build: who includes whom, and no code that runs at load.
all: build/layering.ok
build/layering.ok: test/tools/check_layering $(shell find src -type f) | $(OBJS)
	test/tools/check_layering
	@touch $@

endif
