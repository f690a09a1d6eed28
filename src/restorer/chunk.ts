/**
 * How much `anonymise` moves aside at a time. Measured on 1 GiB in the page cache (2 cores, 6.18, THP on request only, median
 * of 6): 2 MiB 0.47 s, 1 MiB 0.47 s, 512 KiB 0.51 s, 256 KiB 0.62 s, 64 KiB 0.76 s; pread() of the same bytes into
 * fresh memory 0.65 s. Without MAP_POPULATE on the new memory 2 MiB takes 0.59 s; MADV_POPULATE_READ on the window only costs
 * (0.50 s). From a cold cache 0.83 s, pread() 1.37 s. Larger chunks gain nothing and hold more memory twice.
 */
export const ANONYMISE_CHUNK = 0x200000n;
