import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { MessagingUsageError, OutboxForwarder, TransactionRolledBackError } from '../../../src/messaging/index.js';
import { recordStatements } from '../../support/statements.js';
import { gate, local, meetingOf, Notebook, Noted, Remind, reminded } from './notebook.js';

describe('a unit of work', () => {
  let book: Notebook;
  /** Statements, handlers and callbacks as they came, in one list. */
  const journal: string[] = [];

  beforeAll(async () => {
    book = await Notebook.open();
    recordStatements(book.app.dataSource, journal);
  });
  afterAll(() => book.close());
  beforeEach(async () => {
    await book.clear();
    journal.length = 0;
  });
  afterEach(() => void jest.restoreAllMocks());

  describe('that succeeds', () => {
    it('runs before-commit handlers, appends the events last, commits, wakes the delivery and then whoever waits', async () => {
      const { unitOfWork } = book;
      local.beforeCommit = ({ id }) => journal.push(`before commit ${id}`);
      local.afterCommit = ({ id }) => journal.push(`after commit ${id}`);
      jest.spyOn(book.app.app.get(OutboxForwarder), 'kick').mockImplementation(() => void journal.push('kick'));
      await book.run(async () => {
        unitOfWork.afterCommit(async () => {
          await book.stored();
          journal.push('first callback');
        });
        unitOfWork.afterCommit(() => journal.push('second callback'));
        await book.note(1);
        await book.send(new Remind(1));
        await book.note(2);
      });
      expect(journal).toEqual([
        'BEGIN',
        'insert',
        'insert',
        'before commit 1',
        'before commit 2',
        'store commands',
        'append events',
        'COMMIT',
        'kick',
        'select',
        'first callback',
        'second callback',
        'after commit 1',
        'after commit 2',
      ]);
    });

    it('gives back what its function gave', async () => {
      await expect(book.run(async () => 'result')).resolves.toBe('result');
    });

    it('sends nothing to PostgreSQL, not even BEGIN, where nothing was asked of it', async () => {
      const callback = jest.fn();
      await book.run(async () => {
        book.unitOfWork.afterCommit(callback);
        await book.run(async () => undefined);
      });
      expect(callback).toHaveBeenCalledTimes(1);
      expect(journal).toEqual([]);
    });

    it('sends closing statements after all others and before the events, but those of a savepoint that was undone', async () => {
      const closeWith = (id: number) =>
        book.unitOfWork.closeWith({ text: `update note set id = $1 where id = $1`, values: [id] });
      await book.run(async () => {
        closeWith(1);
        await book.note(1);
        const undone = async () => {
          closeWith(2);
          throw new Error('undone');
        };
        await expect(book.unitOfWork.run(undone, { nested: true })).rejects.toThrow('undone');
      });
      expect(journal).toEqual(['BEGIN', 'insert', 'SAVEPOINT', 'ROLLBACK', 'update', 'append events', 'COMMIT']);
    });

    it('stores all events with one statement', async () => {
      await book.run(async () => {
        for (const id of [1, 2, 3]) book.unitOfWork.record(undefined, [new Noted(id)]);
      });
      expect(journal).toEqual(['BEGIN', 'append events', 'COMMIT']);
      expect(await book.published()).toEqual([1, 2, 3]);
    });

    it('stores any number of events of its own', async () => {
      const events = Array.from({ length: 10_001 }, (_, id) => new Noted(id));
      await book.run(async () => book.unitOfWork.record(undefined, events));
      expect(await book.published()).toHaveLength(10_001);
    });

    it('logs errors of callbacks and after-commit handlers, and lets neither the caller nor the others feel them', async () => {
      const logged = jest.spyOn(Logger.prototype, 'error');
      local.afterCommit = ({ id }) => {
        journal.push(`after commit ${id}`);
        if (id === 1) throw new Error('handler 1');
      };
      const failing = () => Promise.reject(new Error('callback 1'));
      await book.run(async () => {
        book.unitOfWork.afterCommit(failing);
        book.unitOfWork.afterCommit(() => journal.push('second callback'));
        book.unitOfWork.record(undefined, [new Noted(1), new Noted(2)]);
      });
      expect(journal.slice(-3)).toEqual(['second callback', 'after commit 1', 'after commit 2']);
      expect(logged.mock.calls.map(([line]) => line)).toEqual([
        expect.stringContaining('callback 1'),
        expect.stringMatching(/AfterNoted.*note\.noted.*handler 1/),
      ]);
    });

    it('runs callbacks outside itself, so that they can begin another', async () => {
      await book.run(async () => {
        book.unitOfWork.afterCommit(() => book.run(() => book.note(2)));
        await book.note(1);
      });
      expect(await book.stored()).toEqual([1, 2]);
      expect(await book.published()).toEqual([1, 2]);
    });
  });

  describe('whose before-commit handlers', () => {
    it('write and raise events has those too, and runs the handlers for them as well', async () => {
      local.beforeCommit = ({ id }) => (id < 3 ? book.note(id + 1) : undefined);
      await book.run(() => book.note(1));
      expect(await book.stored()).toEqual([1, 2, 3]);
      expect(await book.published()).toEqual([1, 2, 3]);
    });

    it('throw is rolled back with that error', async () => {
      const refusal = new Error('no such notes');
      local.beforeCommit = () => Promise.reject(refusal);
      await expect(book.run(() => book.note(1))).rejects.toBe(refusal);
      expect(await book.stored()).toEqual([]);
    });

    it('raise events without end is cut off with an error', async () => {
      local.beforeCommit = ({ id }) => book.unitOfWork.record(undefined, [new Noted(id + 1)]);
      await expect(book.run(() => book.note(1))).rejects.toThrow(/without end/);
      expect(await book.stored()).toEqual([]);
    });
  });

  describe('whose function throws', () => {
    it('stores neither rows nor events nor commands, and runs only the after-rollback callbacks', async () => {
      const { unitOfWork } = book;
      const failure = new Error('changed my mind');
      local.afterCommit = () => journal.push('after commit');
      const work = async () => {
        unitOfWork.afterCommit(() => journal.push('after-commit callback'));
        unitOfWork.afterRollback(() => Promise.reject(new Error('a failing callback is only logged')));
        unitOfWork.afterRollback(() => journal.push('after-rollback callback'));
        await book.note(1);
        await book.send(new Remind(1));
        throw failure;
      };
      await expect(book.run(work)).rejects.toBe(failure);
      expect(journal).toEqual(['BEGIN', 'insert', 'ROLLBACK', 'after-rollback callback']);
      expect(await book.stored()).toEqual([]);
      expect(await book.published()).toEqual([]);
      expect(reminded).toEqual([]);
    });

    it('has given its connection back when the after-rollback callbacks run', async () => {
      // As many at once as the pool has connections: a callback that needs one gets it only if its unit holds none.
      const all = Array.from({ length: 10 }, (_, id) => id);
      const everybodyHoldsOne = meetingOf(all.length);
      const fail = async (id: number) => {
        await book.note(id);
        book.unitOfWork.afterRollback(() => book.run(() => book.note(id)));
        await everybodyHoldsOne();
        throw new Error('after all');
      };
      await Promise.allSettled(all.map((id) => book.run(() => fail(id))));
      expect(await book.stored()).toEqual(all);
    });
  });

  describe('in which a failed statement was swallowed', () => {
    it('raises TransactionRolledBackError and takes nothing for committed', async () => {
      const afterCommit = jest.fn();
      const afterRollback = jest.fn();
      local.afterCommit = afterCommit;
      const work = async () => {
        book.unitOfWork.afterCommit(afterCommit);
        book.unitOfWork.afterRollback(afterRollback);
        await book.note(1);
        await book.swallowFailedStatement();
      };
      await expect(book.run(work)).rejects.toBeInstanceOf(TransactionRolledBackError);
      expect(afterCommit).not.toHaveBeenCalled();
      expect(afterRollback).toHaveBeenCalledTimes(1);
      expect(await book.stored()).toEqual([]);
      expect(await book.published()).toEqual([]);
    });

    it('raises it also where nothing was recorded', async () => {
      await expect(book.run(() => book.swallowFailedStatement())).rejects.toBeInstanceOf(TransactionRolledBackError);
    });
  });

  describe('whose COMMIT is refused', () => {
    it('raises what PostgreSQL said, and takes nothing for committed', async () => {
      const { query } = book.app;
      await query('create table leaf (note int references note deferrable initially deferred)');
      const afterRollback = jest.fn();
      const work = async () => {
        book.unitOfWork.afterRollback(afterRollback);
        await query('insert into leaf values (404)');
        book.unitOfWork.record(undefined, [new Noted(404)]);
      };
      await expect(book.run(work)).rejects.toMatchObject({ code: '23503' });
      await query('drop table leaf');
      expect(afterRollback).toHaveBeenCalledTimes(1);
      expect(await book.published()).toEqual([]);
    });
  });

  describe('within another', () => {
    it('joins it: one transaction, and callbacks after the outer commit', async () => {
      await book.run(async () => {
        await book.run(async () => {
          book.unitOfWork.afterCommit(() => journal.push('inner callback'));
          await book.note(1);
        });
        journal.push('inner end');
        await book.note(2);
      });
      expect(journal).toEqual(['BEGIN', 'insert', 'inner end', 'insert', 'append events', 'COMMIT', 'inner callback']);
    });

    it('is rolled back with it', async () => {
      const work = async () => {
        await book.run(() => book.note(1));
        throw new Error('outer');
      };
      await expect(book.run(work)).rejects.toThrow('outer');
      expect(await book.stored()).toEqual([]);
      expect(await book.published()).toEqual([]);
    });

    it('marks it rollback-only when it fails and the failure is swallowed', async () => {
      const inner = new Error('inner');
      const work = async () => {
        await book.note(1);
        await book.run(() => Promise.reject(inner)).catch(() => undefined);
      };
      const failed: unknown = await book.run(work).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(TransactionRolledBackError);
      expect(failed).toMatchObject({ cause: inner });
      expect(await book.stored()).toEqual([]);
    });
  });

  describe('in parallel branches', () => {
    it('runs them all on one connection', async () => {
      const branch = async (id: number) => {
        await book.note(id);
        const [row] = await book.app.query<{ pid: number }>('select pg_backend_pid() as pid');
        return row!.pid;
      };
      const ids = [1, 2, 3, 4, 5];
      const pids = await book.run(() => Promise.all(ids.map((id) => book.run(() => branch(id)))));
      expect(new Set(pids).size).toBe(1);
      expect(journal.filter((entry) => entry === 'BEGIN' || entry === 'COMMIT')).toEqual(['BEGIN', 'COMMIT']);
      expect(await book.stored()).toEqual(ids);
      expect((await book.published()).sort()).toEqual(ids);
    });

    it('sends what begins in parallel without waiting for answers, in the order of the calls', async () => {
      const selects = () => journal.filter((entry) => entry === 'select').length;
      await book.run(async () => {
        const slow = book.app.query('select pg_sleep(0.5)');
        const quick = book.app.query<{ at: number }>('select extract(epoch from clock_timestamp())::float8 as at');
        const first = await Promise.race([slow.then(() => 'answered'), pause(100, 'not answered')]);
        expect([first, selects()]).toEqual(['not answered', 2]);
        await slow;
        const [{ at } = { at: 0 }] = await quick;
        const [begun] = await book.app.query<{ at: number }>('select extract(epoch from now())::float8 as at');
        expect(at - begun!.at).toBeGreaterThanOrEqual(0.5);
      });
    });

    it('is rolled back for the first of them that fails, and its connection is fit for use', async () => {
      const work = () => Promise.all([book.note(1), book.app.query('select 1 / 0'), book.note(2)]);
      for (const _ of [1, 2, 3, 4, 5, 6, 7]) await expect(book.run(work)).rejects.toThrow('division by zero');
      await book.run(() => Promise.all([book.note(3), book.note(4)]));
      expect(await book.stored()).toEqual([3, 4]);
    });

    it('keeps units that run at the same time apart', async () => {
      const refused = async () => {
        await book.note(2);
        throw new Error('only this one');
      };
      await Promise.allSettled([book.run(() => book.note(1)), book.run(refused), book.run(() => book.note(3))]);
      expect(await book.stored()).toEqual([1, 3]);
      expect((await book.published()).sort()).toEqual([1, 3]);
    });
  });

  describe('that has ended', () => {
    it('rejects a query that was left behind, asynchronously', async () => {
      const later = gate();
      let thrown = false;
      const sendLate = () => {
        try {
          return book.note(2);
        } catch (error) {
          thrown = true;
          throw error;
        }
      };
      let left!: Promise<unknown>;
      await book.run(async () => {
        await book.note(1);
        left = later.opened.then(sendLate).catch((error: unknown) => error);
      });
      later.open();
      expect(await left).toBeInstanceOf(MessagingUsageError);
      expect(thrown).toBe(false);
      expect(await book.stored()).toEqual([1]);
    });

    it('sends nothing behind its COMMIT for a branch that nobody waited for', async () => {
      const writeOn = async () => {
        for (let id = 2; ; id++) await book.note(id);
      };
      let left!: Promise<unknown>;
      await book.run(async () => {
        await book.note(1);
        left = writeOn().catch((error: unknown) => error);
      });
      expect(await left).toBeInstanceOf(MessagingUsageError);
      expect(journal.slice(journal.indexOf('COMMIT'))).toEqual(['COMMIT']);
    });

    it('rejects what is recorded late', async () => {
      const later = gate();
      const recordLate = () => book.unitOfWork.record(undefined, [new Noted(2)]);
      let left!: Promise<unknown>;
      await book.run(async () => {
        await book.note(1);
        left = later.opened.then(recordLate).catch((error: unknown) => error);
      });
      later.open();
      expect(await left).toBeInstanceOf(MessagingUsageError);
      expect(await book.published()).toEqual([1]);
    });
  });

  describe('with options', () => {
    const show = async (setting: string) => {
      const [row] = await book.app.query<Record<string, string>>(`show ${setting}`);
      return row![setting];
    };

    it('refuses to write where it is read-only', async () => {
      expect(await book.run(() => show('transaction_read_only'), { readOnly: true })).toBe('on');
      await expect(book.run(() => book.note(1), { readOnly: true })).rejects.toMatchObject({ code: '25006' });
      const record = async () => book.unitOfWork.record(undefined, [new Noted(1)]);
      await expect(book.run(record, { readOnly: true })).rejects.toMatchObject({ code: '25006' });
      expect(await book.published()).toEqual([]);
    });

    it('has the isolation that it was asked for, and READ COMMITTED otherwise', async () => {
      const isolation = () => show('transaction_isolation');
      expect(await book.run(isolation)).toBe('read committed');
      expect(await book.run(isolation, { isolation: 'REPEATABLE READ' })).toBe('repeatable read');
      expect(await book.run(isolation, { isolation: 'SERIALIZABLE' })).toBe('serializable');
    });

    describe.each([{ nested: false }, { nested: true }])(
      'for somebody who joins it (nested: $nested)',
      ({ nested }) => {
        const isolation = () => show('transaction_isolation');
        const joining = () => book.run(isolation, { nested, isolation: 'REPEATABLE READ' });

        it('becomes as strict as he asks, as long as it has not begun', async () => {
          expect(await book.run(joining)).toBe('repeatable read');
          expect(await book.run(joining, { isolation: 'SERIALIZABLE' })).toBe('serializable');
        });

        it('is refused when it has begun with less', async () => {
          const begun = async () => {
            await book.note(1);
            await joining();
          };
          await expect(book.run(begun)).rejects.toThrow(
            /can't join .* as REPEATABLE READ: it has begun as READ COMMITTED/,
          );
          expect(await book.stored()).toEqual([]);
          expect(await book.run(begun, { isolation: 'REPEATABLE READ' })).toBeUndefined();
        });
      },
    );
  });

  describe('outside', () => {
    it('nothing can be recorded or registered', async () => {
      const { unitOfWork } = book;
      expect(() => unitOfWork.record(undefined, [new Noted(1)])).toThrow(MessagingUsageError);
      expect(() => unitOfWork.afterCommit(() => undefined)).toThrow(MessagingUsageError);
      expect(() => unitOfWork.afterRollback(() => undefined)).toThrow(MessagingUsageError);
      expect(unitOfWork.active).toBe(false);
    });
  });
});
