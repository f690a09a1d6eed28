/* A checksum of whole pages: src/base/sum.ts has the same. Four lanes, as a multiplication takes four cycles. */
enum { SUM_PRIME = 0x01000193 };
#define SUM_START 0x811c9dc5u

static unsigned sum_of(const unsigned *at, unsigned long size)
{
	const unsigned *end = at + size / sizeof(*at);
	unsigned a = SUM_START, b = SUM_START ^ 1, c = SUM_START ^ 2, d = SUM_START ^ 3;

	for (; at < end; at += 4) {
		a = (a ^ at[0]) * SUM_PRIME;
		b = (b ^ at[1]) * SUM_PRIME;
		c = (c ^ at[2]) * SUM_PRIME;
		d = (d ^ at[3]) * SUM_PRIME;
	}
	return ((((SUM_START ^ a) * SUM_PRIME ^ b) * SUM_PRIME ^ c) * SUM_PRIME ^ d) * SUM_PRIME;
}
