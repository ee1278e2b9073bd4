/** How long this process waits for a lock that it gets: the end of a hang, not a measure. In ms. */
export const patienceMs = 120_000;
