/** How often a race is run. CI, which has half an hour for everything, asks for fewer. */
export const RUNS = Number(process.env.RACE_RUNS ?? 200);
