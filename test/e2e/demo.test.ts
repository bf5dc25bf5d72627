import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Service, startService } from '../support/service.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let service: Service;
let dataFolder: string;

beforeAll(async () => {
  dataFolder = await temporaryFolder();
  service = await startService({ env: { DATA_DIR: dataFolder } });
});
afterAll(async () => void (await service.stop()));

function demo(...options: string[]): Promise<{ stdout: string; stderr: string; code?: number }> {
  const env = { ...process.env, DATA_DIR: dataFolder, NO_COLOR: '1' };
  return promisify(execFile)(process.execPath, ['scripts/demo/run.mjs', ...options], { env }).catch((error) => error);
}

describe('the demo', () => {
  it('tells of each order what happened, what the gateway booked and which mails were written', async () => {
    const { stdout, stderr } = await demo('--url', service.url, '--fast');
    expect(stderr).toBe('');
    const stories = stdout.split('What came of order').slice(1);
    expect(stories.map((story) => /: (\w+)/.exec(story)![1])).toEqual([
      'canceled',
      'delivered',
      'canceled',
      'awaiting_payment',
    ]);
    const [canceled, vip, outOfStock, cut] = stories;
    // Refunded by the gateway: first one lamp of three, then the other two.
    expect(canceled).toMatch(/gateway +re_\w+ +49\.90 EUR succeeded/);
    expect(canceled).toMatch(/gateway +re_\w+ +99\.80 EUR succeeded/);
    expect(canceled).toContain('order.lines-canceled');
    expect(canceled!.match(/mailbox/g)!.length).toBeGreaterThanOrEqual(5);
    expect(vip).toMatch(/gateway +pi_\w+ +47\.41 EUR succeeded/);
    expect(outOfStock).toContain('Out of stock for POSTER');
    expect(cut).toMatch(/back-ordered[^]*allocated/);
  }, 60_000);

  it('says how to start the service where none answers', async () => {
    const { stderr, code } = await demo('--url', 'http://127.0.0.1:9', '--fast');
    expect(stderr).toContain('npm start');
    expect(code).toBe(1);
  });
});
