/** An instance whose time has been over for so long is forgotten. */
export const presenceKeptMs = 60_000;
