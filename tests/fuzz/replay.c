/* SPDX-License-Identifier: MIT */
/*
 * Runs the harness it is linked with over the files given as arguments, each
 * in a heap buffer of just its size: the corpus as a test, without libFuzzer.
 * Ends with 1 where a file cannot be read or none is given, by a signal where a
 * check fails.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#define MAX_INPUT ((size_t)1 << 20)

/* The bytes of PATH, to be freed, and how many they are; NULL on failure. */
static uint8_t *
read_input(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *room = NULL, *data = NULL;
	size_t n;

	if (file == NULL)
		goto out;
	room = malloc(MAX_INPUT);
	if (room == NULL)
		goto out;
	n = fread(room, 1, MAX_INPUT, file);
	if (ferror(file) || (n == MAX_INPUT && fgetc(file) != EOF))
		goto out;
	data = malloc(n);
	if (data == NULL)
		goto out;
	memcpy(data, room, n);
	*size = n;
out:
	free(room);
	if (file != NULL)
		(void)fclose(file);
	return data;
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash != NULL ? slash + 1 : argv[0];

	if (argc < 2) {
		fprintf(stderr, "%s: no inputs\n", name);
		return 1;
	}
	for (int i = 1; i < argc; i++) {
		size_t size;
		uint8_t *data = read_input(argv[i], &size);

		if (data == NULL) {
			fprintf(stderr, "%s: cannot read %s\n", name, argv[i]);
			return 1;
		}
		(void)LLVMFuzzerTestOneInput(data, size);
		free(data);
	}
	printf("%s: %d inputs replayed\n", name, argc - 1);
	return 0;
}
