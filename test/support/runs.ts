/** How often a race is run. CI's second pass, on the oldest PostgreSQL, asks for fewer. */
export const RUNS = Number(process.env.RACE_RUNS ?? 200);
