import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SharedSandbox } from '../../../src/refund/infrastructure/sandbox-gateway/shared-sandbox.js';
import { eventually } from '../../support/eventually.js';
import { ORDER, PAYMENT, TOTAL } from './given-payment.js';
import { controlsOf } from '../../support/sandbox-controls.js';
import { gatewayAt, startReceiver, startSandbox } from './sandbox-fixture.js';

const opening = { paymentId: PAYMENT, orderId: ORDER, amount: TOTAL };
const receiver = { url: () => undefined, secret: 'whsec_sandbox' };

let folder: string;
let bookFile: string;
const running: SharedSandbox[] = [];

async function joinIn(): Promise<SharedSandbox> {
  const sandbox = await SharedSandbox.join({ bookFile, receiver });
  running.push(sandbox);
  return sandbox;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
  bookFile = join(folder, 'book.jsonl');
});

afterEach(async () => {
  for (const sandbox of running.splice(0)) await sandbox.close();
  rmSync(folder, { recursive: true });
});

describe('a book in a file', () => {
  it('survives its sandbox, half a line at its end included', async () => {
    const first = await startSandbox({ bookFile });
    const { gatewayPaymentId } = await gatewayAt(first.url).openIntent(opening);
    await controlsOf(first.url).pay(gatewayPaymentId);
    appendFileSync(bookFile, '["refunds","re_1",{"id":"re');
    const second = await startSandbox({ bookFile });
    expect(await controlsOf(second.url).book()).toEqual(await controlsOf(first.url).book());
  });

  it('keeps webhooks that nobody took', async () => {
    const first = await startSandbox({ bookFile });
    await gatewayAt(first.url).openIntent(opening);
    await first.close();
    const { url, received } = await startReceiver();
    await startSandbox({ bookFile, webhookUrl: url });
    await eventually(() => received.length === 1);
  });
});

describe('two instances of one installation', () => {
  it('share one sandbox, also when they start at once', async () => {
    const [one, other] = await Promise.all([joinIn(), joinIn()]);
    expect(one.url).toBe(other.url);
    await gatewayAt(one.url).openIntent(opening);
    expect((await controlsOf(other.url).book()).intents).toHaveLength(1);
  });

  it('keep the book and the address when the one that runs it goes', async () => {
    const one = await joinIn();
    const { gatewayPaymentId } = await gatewayAt(one.url).openIntent(opening);
    const other = await joinIn();
    await one.close();
    const report = await eventually(() => gatewayAt(other.url).fetchPayment(gatewayPaymentId));
    expect(report.status).toBe('open');
  });
});

describe('a remembered port that another program has now', () => {
  it('is given up for a new one', async () => {
    const stranger = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    writeFileSync(join(folder, 'book.port'), `${port}\n`);
    const sandbox = await joinIn();
    expect(sandbox.url).not.toContain(`:${port}`);
    stranger.close();
    stranger.closeAllConnections();
    await once(stranger, 'close');
  });
});
