/* SPDX-License-Identifier: MIT */
/* A target file, whatever its bytes: it is read to its end, line by line. */
#include "fuzz.h"

#include "target.h"

#include <errno.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target_reader reader;
	struct target_spec spec;
	struct opt_error err = {.message = ""};
	uint64_t line = 0;
	char *copy;
	FILE *in;
	int r;

	if (size == 0) /* fmemopen() may refuse it */
		return 0;
	copy = malloc(size);
	fuzz_check(copy != NULL);
	memcpy(copy, data, size);
	in = fmemopen(copy, size, "r");
	fuzz_check(in != NULL);
	target_reader_init(&reader, in, "fuzz");
	while ((r = target_read(&reader, 0, &spec, &err)) != 0) {
		fuzz_check(r == 1 || r == -EINVAL);
		fuzz_check(reader.line > line && reader.line <= size);
		line = reader.line;
		if (r == 1) {
			fuzz_check(spec.kind != TARGET_FILE);
			fuzz_check(spec.kind != TARGET_STDIN);
			fuzz_check(spec.text >= reader.buf &&
				   spec.text < reader.buf + sizeof(reader.buf));
			fuzz_check(target_count(&spec) <= TARGET_MAX_COUNT);
		} else {
			fuzz_check(strncmp(err.option, "fuzz:", 5) == 0);
		}
	}
	(void)fclose(in);
	free(copy);
	return 0;
}
