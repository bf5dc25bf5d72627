import { describe, expect, it } from '@jest/globals';
import { Health } from '../../src/app.health.js';
import type { MessagingStatus } from '../../src/messaging/index.js';

const healthWith = (hasLogRoom: () => Promise<boolean>) => new Health({ hasLogRoom } as MessagingStatus);

describe('a service', () => {
  it('is ready while the database answers and the log has room', async () => {
    expect(await healthWith(async () => true).ready()).toEqual({ status: 'ok' });
  });

  it('is not ready once the log is running out of partitions', async () => {
    await expect(healthWith(async () => false).ready()).rejects.toMatchObject({ code: 'LOG_NEARLY_FULL' });
  });

  it('is not ready while the database fails', async () => {
    const health = healthWith(() => Promise.reject(new Error('gone')));
    await expect(health.ready()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', kind: 'unavailable' });
  });

  it('is not ready once it shuts down, and lives on', async () => {
    const health = healthWith(async () => true);
    health.onModuleDestroy();

    await expect(health.ready()).rejects.toMatchObject({ code: 'SHUTTING_DOWN', kind: 'unavailable' });
    expect(health.live()).toEqual({ status: 'ok' });
  });
});
