import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ChangeShippingInfo } from '../../../src/order/application/change-shipping-info.js';
import { SynchronizeShippingInfo } from '../../../src/order/application/synchronize-shipping-info.js';
import { ShippingInfoChanged } from '../../../src/order/index.js';
import { eventually } from '../../support/eventually.js';
import { request } from '../../unit/order/given-order.js';
import { OrderDesk } from './order-desk.js';

let server: Server;
let desk: OrderDesk;
/** What the carrier took, by order, in the order in which it came. */
let taken: { orderId: string; line1: string; key: string }[];
/** What it was asked, taken or not. */
let asked: typeof taken;
let take: (response: ServerResponse) => Promise<boolean> | boolean;

const done = (response: ServerResponse) => response.writeHead(204).end() !== undefined;

beforeAll(async () => {
  const hear = async (incoming: IncomingMessage, response: ServerResponse) => {
    const body = JSON.parse((await incoming.setEncoding('utf8').toArray()).join('')) as typeof request.shippingInfo;
    const orderId = incoming.url!.split('/').at(-1)!;
    const call = { orderId, line1: body.address.line1, key: String(incoming.headers['idempotency-key']) };
    asked.push(call);
    if (await take(response)) taken.push(call);
  };
  server = createServer((incoming, response) => void hear(incoming, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  desk = await OrderDesk.open({ settings: { CARRIER_URL: `http://127.0.0.1:${port}`, CARRIER_TIMEOUT: '2s' } });
  await desk.stock('LAMP', 100);
});
beforeEach(() => {
  [taken, asked, take] = [[], [], done];
});
afterAll(async () => {
  await desk.close();
  server.closeAllConnections();
  server.close();
});

const change = (id: string, line1: string, expected?: number[]) => {
  const shippingInfo = { ...request.shippingInfo, address: { ...request.shippingInfo.address, line1 } };
  return desk.commands.execute(new ChangeShippingInfo(id, shippingInfo, expected));
};
const placed = async () => {
  const id = await desk.place({ sku: 'LAMP', quantity: 1 });
  await desk.messaging.settled();
  return id;
};

describe('a change of where an order goes to', () => {
  it('is told to the carrier, under a key of its own', async () => {
    const id = await placed();
    await change(id, 'First street');
    await desk.messaging.settled();
    await change(id, 'Second street');
    await desk.messaging.settled();
    expect(taken.map(({ line1 }) => line1)).toEqual(['First street', 'Second street']);
    expect(new Set(taken.map(({ key }) => key)).size).toBe(2);
  });

  it('is told again under the same key when the carrier fails', async () => {
    const id = await placed();
    take = (response) => {
      response.writeHead(503).end();
      take = done;
      return false;
    };
    await change(id, 'Stormy street');
    await eventually(() => taken.length === 1);
    expect(new Set(asked.map(({ key }) => key)).size).toBe(1);
  });

  it('wins over an earlier one that is still being told, or told late', async () => {
    const id = await placed();
    let release: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (release = resolve));
    take = async (response) => {
      take = done;
      await waiting;
      response.destroy();
      return false;
    };
    await change(id, 'Old street');
    await eventually(() => asked.length === 1);
    await change(id, 'New street');
    release();
    await eventually(() => taken.length === 2);
    expect(asked[0]?.line1).toBe('Old street');
    // The attempt that follows brings what holds now; and so does whoever runs an old command once more.
    expect(taken.map(({ line1 }) => line1)).toEqual(['New street', 'New street']);
  });

  it('is read when it is told: a message holds ids only', async () => {
    const id = await placed();
    await change(id, 'Quiet street');
    await desk.messaging.settled();
    const [event] = (await desk.messaging.published(ShippingInfoChanged)).filter(({ orderId }) => orderId === id);
    expect(event?.newShippingInfo?.address.line1).toBe('Quiet street');
    const command = JSON.stringify(new SynchronizeShippingInfo(id, event!.changedAt.toISOString()));
    expect(JSON.parse(command)).toEqual({ orderId: id, changedAt: event!.changedAt.toISOString() });
    const [row] = await desk.database.query(
      `select payload from messaging.event_log where stream_id = $1 and type = $2`,
      [id, 'order.shipping-info-changed'],
    );
    expect(JSON.stringify(row)).not.toContain('Quiet street');
  });

  it('is not told for an order that was canceled since', async () => {
    const id = await placed();
    take = (response) => {
      response.writeHead(503, { 'retry-after': '1' }).end();
      take = done;
      return false;
    };
    await change(id, 'Vain street');
    await eventually(() => asked.length === 1);
    await desk.cancel(id);
    const left = 'select from messaging.queued_command where type = $1';
    await eventually(async () => (await desk.database.query(left, ['order.synchronize-shipping-info'])).length === 0);
    expect(taken).toEqual([]);
  });

  it('is made once by two who looked at the same version', async () => {
    const id = await placed();
    const { version } = await desk.queries.get(id);
    const outcomes = await Promise.allSettled([change(id, 'A', [version]), change(id, 'B', [version])]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const { reason } = outcomes.find((each) => each.status === 'rejected') as PromiseRejectedResult;
    expect(reason).toMatchObject({ code: 'VERSION_MISMATCH', extras: { currentVersion: version + 1 } });
  });
});
