/**
 * Runs `step(client, n)` again and again on every connection for so many seconds.
 *
 * @returns {Promise<number>} how many steps a second
 */
export async function perSecond(clients, seconds, step) {
  let done = 0;
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  const work = async (client) => {
    while (performance.now() < end) {
      await step(client, done);
      done += 1;
    }
  };
  await Promise.all(clients.map(work));
  return done / ((performance.now() - begin) / 1_000);
}

/** `work` between BEGIN and COMMIT, one statement at a time; rolled back where it throws. */
export async function transaction(client, work, isolation = 'read committed') {
  await client.query(`begin isolation level ${isolation}`);
  try {
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** One event as the core stores it; `number` is its place in its stream. */
export const append = (schema, stream, number) => ({
  name: `${schema}.append`,
  text: `insert into ${schema}.outbox (event_id, stream_type, stream_id, stream_version, partition, type, schema_version,
                                       payload, headers, occurred_at)
         values (gen_random_uuid(), 'test', $1, $2, $3, 'test.happened', 1, '{}', '{}', clock_timestamp())`,
  values: [String(stream), number, stream % 16],
});

/** The core's sequencer: one run at a time, and one more for whatever was committed meanwhile. */
export function sequencerOf(client, schema) {
  let [wanted, running] = [false, undefined];
  const run = async () => {
    while (wanted) {
      wanted = false;
      await client.query(`select n from ${schema}.sequence_outbox(1000)`);
    }
  };
  const kick = () => {
    wanted = true;
    running ??= run().finally(() => (running = undefined));
  };
  return { kick, idle: async () => running };
}
