import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type pg from 'pg';
import { CommitOutcomeUnknownError } from '../../../src/messaging/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { local, Notebook, Remind, reminded } from './notebook.js';

describe('a unit of work that lost its connection', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let book: Notebook;
  const callbacks = { afterCommit: jest.fn(), afterRollback: jest.fn(), handler: jest.fn() };

  beforeAll(async () => {
    database = await createTestDatabase();
    proxy = await TcpProxy.to(database.url);
    book = await Notebook.open({ database: { ...database, url: proxy.url } });
  });
  afterAll(async () => {
    await book.close();
    await proxy.close();
    await database.drop();
  });
  beforeEach(async () => {
    await book.clear();
    for (const callback of Object.values(callbacks)) callback.mockClear();
    local.afterCommit = callbacks.handler;
  });
  afterEach(() => expect(proxy.done).toBe(true));

  /** Stores a note and loses the connection on the way. */
  const note = (id: number, lose: () => unknown) =>
    book.run(async () => {
      book.unitOfWork.afterCommit(callbacks.afterCommit);
      book.unitOfWork.afterRollback(callbacks.afterRollback);
      await book.note(id);
      await lose();
      return 'done';
    });
  const calls = () => Object.entries(callbacks).flatMap(([name, { mock }]) => mock.calls.map(() => name));

  describe('after PostgreSQL had committed, but before it could say so', () => {
    it('succeeds, for PostgreSQL says on another connection that it has committed', async () => {
      await expect(note(1, () => proxy.loseAnswerToCommit())).resolves.toBe('done');
      expect(calls()).toEqual(['afterCommit', 'handler']);
      expect(await book.stored()).toEqual([1]);
      expect(await book.published()).toEqual([1]);
    });

    it('succeeds though the connection that asks breaks as well', async () => {
      const lose = () => {
        proxy.loseAnswerToCommit();
        proxy.loseQuery('pg_xact_status');
      };
      await expect(note(1, lose)).resolves.toBe('done');
      expect(calls()).toEqual(['afterCommit', 'handler']);
    });

    it('as a lane or a worker fails like the connection, for its next try finds the work done', async () => {
      const onCommitted = jest.fn();
      const work = async () => {
        await book.note(1);
        proxy.loseAnswerToCommit();
        book.unitOfWork.closeWith({ text: 'select 1', onCommitted });
        return 'done';
      };
      await expect(book.unitOfWork.runAsWorker(work)).rejects.toThrow(/Connection terminated|ECONNRESET/);
      expect(onCommitted).not.toHaveBeenCalled();
      expect(await book.stored()).toEqual([1]);
    });

    it('as a worker has run its command once, and goes on with the next', async () => {
      await book.run(() => book.send(new Remind(1)));
      await eventually(() => reminded.length === 1);
      await book.app.kit.settled();
      await book.run(async () => {
        await book.send(new Remind(2));
        book.unitOfWork.afterCommit(() => proxy.loseAnswerToCommit());
      });
      await eventually(() => proxy.done);
      await book.run(() => book.send(new Remind(3)));
      await book.app.kit.settled();
      expect(reminded).toEqual([1, 2, 3]);
      expect(await book.app.query('select from messaging.queued_command where type = $1', ['note.remind'])).toEqual([]);
    });
  });

  describe('before PostgreSQL had seen COMMIT', () => {
    it('fails, for PostgreSQL says on another connection that it was rolled back', async () => {
      const failed: unknown = await note(1, () => proxy.loseCommit()).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(Error);
      expect(failed).not.toBeInstanceOf(CommitOutcomeUnknownError);
      expect(calls()).toEqual(['afterRollback']);
      expect(await book.stored()).toEqual([]);
      expect(await book.published()).toEqual([]);
    });

    it('fails also where the application looked the other way', async () => {
      const lose = async () => {
        proxy.loseQuery('select 42');
        await book.app.query('select 42').catch(() => undefined);
      };
      await expect(note(1, lose)).rejects.toThrow();
      expect(calls()).toEqual(['afterRollback']);
      expect(await book.stored()).toEqual([]);
    });
  });

  describe('because PostgreSQL ended it while it committed', () => {
    it('fails, for PostgreSQL says that it was rolled back', async () => {
      await book.app.query(`
        create function fall() returns trigger language plpgsql as
          'begin perform pg_terminate_backend(pg_backend_pid()); return null; end';
        create table trap (id int);
        create constraint trigger fall after insert on trap deferrable initially deferred
          for each row execute function fall();`);
      const trap = () => book.app.query('insert into trap values (1)');
      await expect(note(1, trap)).rejects.toMatchObject({ code: '57P01' });
      expect(calls()).toEqual(['afterRollback']);
      expect(await book.stored()).toEqual([]);
    });
  });

  describe('and cannot reach PostgreSQL any more', () => {
    afterEach(() => proxy.recover());

    it('says that the outcome is unknown, and takes it neither for committed nor for rolled back', async () => {
      const lose = () => {
        proxy.loseAnswerToCommit();
        proxy.refuseAfterwards();
      };
      await expect(note(1, lose)).rejects.toBeInstanceOf(CommitOutcomeUnknownError);
      expect(calls()).toEqual([]);
      proxy.recover();
      expect(await book.stored()).toEqual([1]);
    });

    it('fails where it never had a connection, though the application looked the other way', async () => {
      const { master } = book.app.dataSource.driver as unknown as { master: pg.Pool };
      proxy.refuse();
      await eventually(() => master.totalCount === 0);
      const careless = async () => {
        book.unitOfWork.afterCommit(callbacks.afterCommit);
        await book.app.query('select 42').catch(() => undefined);
      };
      await expect(book.run(careless)).rejects.toThrow(/ECONNRESET|Connection terminated/);
      expect(calls()).toEqual([]);
    });
  });
});
