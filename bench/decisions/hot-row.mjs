import { setTimeout as pause } from 'node:timers/promises';
import { append, perSecond, transaction } from './load.mjs';

const CLIENTS = 32;
const UPDATE = 'update product set stock = $1, version = version + 1 where sku = 1 and version = $2';

class VersionLost extends Error {}

/** Many change one aggregate at the same time: read, decide, write with a guard on the version, append. */
export const hotRow = {
  name: 'hot-row',
  adr: '0003',
  title: `allocations from one hot sku by ${CLIENTS} clients`,
  async contenders(context) {
    const [control, ...clients] = await context.clients(CLIENTS + 1);
    await context.createMessaging(control);
    await control.query(`
      create table product (sku int primary key, stock int not null, version int not null) with (fillfactor = 50);
      insert into product values (1, 1000000000, 0)`);
    const round = async (read) => {
      let lost = 0;
      let done = 0;
      const allocate = async (client) => {
        for (;;) {
          const allocated = await transaction(client, () => change(client, read)).catch((error) => {
            if (!(error instanceof VersionLost)) throw error;
          });
          if (allocated) break;
          lost += 1;
          await pause(Math.random() * 20);
        }
        done += 1;
      };
      const rate = await perSecond(clients, context.seconds, allocate);
      await control.query('truncate core.outbox');
      return { 'allocations/s': rate, 'retries per success': lost / done };
    };
    const read = 'select stock, version from product where sku = 1';
    return [
      { name: 'row lock and version', round: () => round(`${read} for update`) },
      { name: 'version only', round: () => round(read) },
    ];
  },
};

async function change(client, read) {
  const [{ stock, version }] = (await client.query(read)).rows;
  const { rowCount } = await client.query(UPDATE, [stock - 1, version]);
  if (rowCount === 0) throw new VersionLost();
  await client.query(append('core', 1, version + 1));
  return true;
}
