const kib = 1024;

/** How large messages may be, unpacked, where nothing else is said; a client reads what a server may write. */
export const requestMaxBytes = 256 * kib;
export const responseMaxBytes = 8 * kib * kib;
