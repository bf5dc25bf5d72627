import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MessagingUsageError } from '../../../src/messaging/index.js';
import { gate, meetingOf, Notebook, Noted, Remind, reminded } from './notebook.js';

const nested = { nested: true };

describe('inside a unit of work', () => {
  let book: Notebook;
  const journal: string[] = [];

  beforeAll(async () => {
    book = await Notebook.open();
  });
  afterAll(() => book.close());
  beforeEach(async () => {
    await book.clear();
    journal.length = 0;
  });

  /** Everything that can be left behind by a savepoint: a row, an event, a command, a callback. */
  const leaveTraces = async (id: number) => {
    await book.note(id);
    await book.send(new Remind(id));
    book.unitOfWork.afterCommit(() => journal.push(`callback ${id}`));
  };
  const failWith = (id: number) => async () => {
    await leaveTraces(id);
    throw new Error(`no ${id}`);
  };

  describe('a savepoint', () => {
    it('that is kept becomes a part of the unit', async () => {
      await book.run(async () => {
        await leaveTraces(1);
        await book.run(() => leaveTraces(2), nested);
      });
      expect(await book.stored()).toEqual([1, 2]);
      expect(await book.published()).toEqual([1, 2]);
      expect(reminded.sort()).toEqual([1, 2]);
      expect(journal).toEqual(['callback 1', 'callback 2']);
    });

    it('that is rolled back takes its rows, events, commands and callbacks with it, and nothing else', async () => {
      await book.run(async () => {
        await leaveTraces(1);
        await expect(book.run(failWith(2), nested)).rejects.toThrow('no 2');
        await leaveTraces(3);
      });
      expect(await book.stored()).toEqual([1, 3]);
      expect(await book.published()).toEqual([1, 3]);
      expect(reminded.sort()).toEqual([1, 3]);
      expect(journal).toEqual(['callback 1', 'callback 3']);
    });

    it('goes when the one around it goes', async () => {
      const outer = async () => {
        await book.run(() => leaveTraces(2), nested);
        await failWith(3)();
      };
      await book.run(async () => {
        await leaveTraces(1);
        await expect(book.run(outer, nested)).rejects.toThrow('no 3');
      });
      expect(await book.stored()).toEqual([1]);
      expect(await book.published()).toEqual([1]);
    });

    it('in which a statement failed and nobody minded is rolled back with an error, and the unit goes on', async () => {
      const careless = async () => {
        await book.note(2);
        await book.swallowFailedStatement();
      };
      await book.run(async () => {
        await book.note(1);
        await expect(book.run(careless, nested)).rejects.toThrow();
        await book.note(3);
      });
      expect(await book.stored()).toEqual([1, 3]);
      expect(await book.published()).toEqual([1, 3]);
    });

    it('in which an inner unit failed and nobody minded is rolled back with an error, and the unit goes on', async () => {
      const careless = async () => {
        await book.note(2);
        await book.run(() => Promise.reject(new Error('inner'))).catch(() => undefined);
      };
      await book.run(async () => {
        await expect(book.run(careless, nested)).rejects.toThrow(/inner unit of work failed/);
        await book.note(3);
      });
      expect(await book.stored()).toEqual([3]);
    });

    it('runs the after-rollback callbacks that were registered in it when it is rolled back', async () => {
      const work = async () => {
        book.unitOfWork.afterRollback(() => journal.push('undone'));
        throw new Error('no');
      };
      await book.run(async () => {
        await expect(book.run(work, nested)).rejects.toThrow('no');
      });
      expect(journal).toEqual(['undone']);
    });

    it('that nobody waited for lets the unit fail, rather than commit a part of it', async () => {
      let left!: Promise<unknown>;
      const unfinished = gate();
      const work = async () => {
        await book.note(1);
        left = book.run(() => unfinished.opened, nested).catch((error: unknown) => error);
      };
      await expect(book.run(work)).rejects.toThrow(/savepoint is still open/);
      unfinished.open();
      expect(await left).toBeInstanceOf(Error);
      expect(await book.stored()).toEqual([]);
    });

    it('that could not be opened keeps nobody waiting', async () => {
      const work = async () => {
        await book.swallowFailedStatement();
        await expect(book.run(() => book.note(1), nested)).rejects.toMatchObject({ code: '25P02' });
        await book.note(2);
      };
      await expect(book.run(work)).rejects.toMatchObject({ code: '25P02' });
    });
  });

  describe('parallel branches', () => {
    it('that open a second savepoint are refused, while the first goes on', async () => {
      const work = () => Promise.allSettled([1, 2].map((id) => book.run(() => leaveTraces(id), nested)));
      const [first, second] = await book.run(work);
      expect(first).toMatchObject({ status: 'fulfilled' });
      expect(second).toMatchObject({ status: 'rejected', reason: expect.any(MessagingUsageError) });
      expect(await book.stored()).toEqual([1]);
      expect(await book.published()).toEqual([1]);
    });

    it('wait with their queries until the savepoint has closed', async () => {
      const { open, opened } = gate();
      const inSavepoint = async () => {
        await book.note(1);
        await opened;
        await book.note(2);
        journal.push('savepoint');
      };
      await book.run(async () => {
        const savepoint = book.run(inSavepoint, nested);
        const beside = book.note(3).then(() => journal.push('beside'));
        open();
        await Promise.all([savepoint, beside]);
      });
      expect(journal).toEqual(['savepoint', 'beside']);
      expect(await book.stored()).toEqual([1, 2, 3]);
    });

    it('keep their rows when the savepoint is rolled back, and their events with them', async () => {
      const { open, opened } = gate();
      await book.run(async () => {
        const besideIsStored = book.app.query('insert into note (id) values (1)');
        const savepoint = book.run(() => opened.then(failWith(2)), nested);
        await besideIsStored;
        book.unitOfWork.record(undefined, [new Noted(1)]);
        book.unitOfWork.afterCommit(() => journal.push('callback 1'));
        open();
        await expect(savepoint).rejects.toThrow('no 2');
      });
      expect(await book.stored()).toEqual([1]);
      expect(await book.published()).toEqual([1]);
      expect(journal).toEqual(['callback 1']);
    });
  });

  describe('a promise that was begun outside a savepoint', () => {
    const { setTimeout } = globalThis;
    const hurry = ((work: () => void, ms: number) => setTimeout(work, ms === 10_000 ? 100 : ms)) as typeof setTimeout;
    afterEach(() => void jest.restoreAllMocks());

    it('fails when it is awaited inside, rather than wait for ever', async () => {
      const { open, opened } = gate();
      await book.stored();
      jest.spyOn(globalThis, 'setTimeout').mockImplementation(hurry);
      const unit = book.run(async () => {
        const begunOutside = opened.then(() => book.note(1));
        await book.run(() => (open(), begunOutside), nested);
      });
      await expect(unit).rejects.toThrow(/begun outside one can't be awaited inside it/);
      expect(await book.stored()).toEqual([]);
    });
  });

  describe('a unit that must be new', () => {
    const requiresNew = { requiresNew: true };

    it('commits alone, at once, and outlives the outer rollback', async () => {
      const work = async () => {
        await book.note(1);
        await book.run(() => leaveTraces(2), requiresNew);
        journal.push('outer');
        throw new Error('outer');
      };
      await expect(book.run(work)).rejects.toThrow('outer');
      expect(journal).toEqual(['callback 2', 'outer']);
      expect(await book.stored()).toEqual([2]);
      expect(await book.published()).toEqual([2]);
      expect(reminded).toEqual([2]);
    });

    it('fails alone', async () => {
      await book.run(async () => {
        await book.note(1);
        await expect(book.run(failWith(2), requiresNew)).rejects.toThrow('no 2');
      });
      expect(await book.stored()).toEqual([1]);
      expect(await book.published()).toEqual([1]);
    });

    it('finds a connection though every request holds one', async () => {
      const everybodyHoldsOne = meetingOf(10);
      const ids = Array.from({ length: 10 }, (_, id) => id);
      const work = async (id: number) => {
        await book.note(id);
        await everybodyHoldsOne();
        await book.run(() => book.note(100 + id), requiresNew);
      };
      await Promise.all(ids.map((id) => book.run(() => work(id))));
      expect(await book.stored()).toEqual([...ids, ...ids.map((id) => 100 + id)]);
    });
  });
});
