import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { Connections } from '../../../src/messaging/connections.js';
import { startMessagingApp, type MessagingApp } from '../../support/messaging-app.js';

describe('a connection that is lost while nobody listens', () => {
  let app: MessagingApp;
  let connections: Connections;

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [] });
    connections = app.app.get(Connections);
  });

  afterAll(() => app.close());

  const terminate = async (client: pg.ClientBase) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const gone = new Promise<void>((settle) => client.once('end', settle));
    await app.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
    await gone;
  };

  it.each(['request', 'worker', 'nested', 'control', 'feed'] as const)(
    'of the %s pool does not end the process',
    async (pool) => {
      const client = await connections.connect(pool);
      await terminate(client);
      const next = client.query('SELECT 1');
      client.release(true);
      await expect(next).rejects.toThrow('not queryable');
      expect(await connections.query({ text: 'SELECT 1 AS one' }, pool)).toEqual([{ one: 1 }]);
    },
  );

  it('outside the pools does not end the process', async () => {
    const client = await connections.dedicated();
    await terminate(client);
    await expect(client.query('SELECT 1')).rejects.toThrow('not queryable');
  });
});
