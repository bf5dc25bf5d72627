import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { EntityManager } from 'typeorm';
import { Aggregate } from '../../../src/kernel/aggregate.js';
import { AggregateRepository, ConcurrencyConflictError } from '../../../src/messaging/index.js';
import { meetingOf, Notebook, Noted } from './notebook.js';

interface NoteState {
  readonly id: number;
  readonly version: number;
}

class Note extends Aggregate<NoteState> {
  static from(state: NoteState): Note {
    return new Note(state);
  }

  readonly streamType = 'note';

  get streamId(): string {
    return String(this.state.id);
  }

  touch(): void {
    this.change({}, new Noted(this.state.id));
  }
}

/** Loads without a lock, so that only the version guards against lost updates. */
class Notes extends AggregateRepository<Note> {
  protected async load(manager: EntityManager, id: string): Promise<Note> {
    const [row] = await manager.query<NoteState[]>('select id, version from note where id = $1', [id]);
    return Note.from(row!);
  }

  protected async insert(manager: EntityManager, { id, version }: NoteState): Promise<void> {
    await manager.query('insert into note values ($1, $2)', [id, version]);
  }

  protected async update(manager: EntityManager, { id, version }: NoteState, before: NoteState): Promise<number> {
    const sql = 'update note set version = $2 where id = $1 and version = $3';
    const [, affected] = await manager.query<[unknown, number]>(sql, [id, version, before.version]);
    return affected;
  }
}

const repeatableRead = { isolation: 'REPEATABLE READ' } as const;
const serializable = { isolation: 'SERIALIZABLE' } as const;

describe('a unit of work', () => {
  let book: Notebook;

  beforeAll(async () => {
    book = await Notebook.open();
  });
  afterAll(() => book.close());
  beforeEach(() => book.clear());

  const touch = (id: number) => book.app.query('update note set version = version + 1 where id = $1', [id]);
  const versionOf = async (id: number) => {
    const [row] = await book.app.query<{ version: number }>('select version from note where id = $1', [id]);
    return row!.version;
  };
  /** Loses to somebody else's update of note 1 on its first run: 40001. */
  const losing = () => {
    let run = 0;
    return jest.fn(async () => {
      const seen = await versionOf(1);
      if (++run === 1) await book.unitOfWork.outside(() => touch(1));
      await touch(1);
      return seen;
    });
  };

  describe('that PostgreSQL could not serialize', () => {
    it('runs again and sees what the other did', async () => {
      await book.run(() => book.note(1));
      const work = losing();
      expect(await book.run(work, repeatableRead)).toBe(2);
      expect(work).toHaveBeenCalledTimes(2);
      expect(await versionOf(1)).toBe(3);
    });

    it('runs again also where it came out at COMMIT', async () => {
      await book.run(() => book.note(1));
      await book.run(() => book.note(2));
      const sum = () => book.app.query('select sum(version) from note');
      const other = async () => {
        await sum();
        await touch(1);
      };
      let runs = 0;
      const work = async () => {
        runs++;
        await sum();
        await touch(2);
        book.unitOfWork.record(undefined, [new Noted(runs)]);
        if (runs === 1) await book.unitOfWork.outside(() => book.run(other, serializable));
      };
      await book.run(work, serializable);
      expect(runs).toBe(2);
      expect(await book.published()).toEqual([1, 2, 2]);
    });

    it('starts each run with nothing recorded, and lets only the last one count', async () => {
      await book.run(() => book.note(1));
      const afterCommit = jest.fn();
      const work = losing();
      const recording = async () => {
        book.unitOfWork.record(undefined, [new Noted(work.mock.calls.length)]);
        book.unitOfWork.afterCommit(afterCommit);
        await work();
      };
      await book.run(recording, repeatableRead);
      expect(await book.published()).toEqual([1, 1]);
      expect(afterCommit).toHaveBeenCalledTimes(1);
    });
  });

  describe('in which an inner unit met the conflict', () => {
    it('runs again from its own beginning', async () => {
      await book.run(() => book.note(1));
      const inner = losing();
      const outer = jest.fn(async () => {
        await book.app.query('select 1');
        await book.run(inner);
      });
      await book.run(outer, repeatableRead);
      expect(outer).toHaveBeenCalledTimes(2);
    });

    it('runs again though the failure was swallowed', async () => {
      await book.run(() => book.note(1));
      const inner = losing();
      const outer = jest.fn(() => book.run(inner).catch(() => undefined));
      await book.run(outer, repeatableRead);
      expect(outer).toHaveBeenCalledTimes(2);
      expect(await versionOf(1)).toBe(3);
    });

    it('runs again though the failure was swallowed and led to another', async () => {
      await book.run(() => book.note(1));
      const inner = losing();
      const outer = jest.fn(async () => {
        await book.run(inner).catch(() => undefined);
        await book.note(2);
      });
      await book.run(outer, repeatableRead);
      expect(outer).toHaveBeenCalledTimes(2);
      expect(await book.stored()).toEqual([1, 2]);
    });

    it('runs again though a savepoint lay between', async () => {
      await book.run(() => book.note(1));
      const inner = losing();
      const outer = jest.fn(() => book.run(inner, { nested: true }));
      await book.run(outer, repeatableRead);
      expect(outer).toHaveBeenCalledTimes(2);
      expect(inner).toHaveBeenCalledTimes(2);
    });
  });

  describe('that deadlocked with another', () => {
    it('is chosen by PostgreSQL or not: both end well', async () => {
      await book.run(() => book.note(1));
      await book.run(() => book.note(2));
      const bothHoldOne = meetingOf(2);
      const runs = jest.fn();
      const work = async (first: number, second: number) => {
        runs();
        await touch(first);
        await bothHoldOne();
        await touch(second);
      };
      await Promise.all([book.run(() => work(1, 2)), book.run(() => work(2, 1))]);
      expect(runs).toHaveBeenCalledTimes(3);
      expect([await versionOf(1), await versionOf(2)]).toEqual([3, 3]);
    });
  });

  describe('that lost a version guard', () => {
    it('loads the aggregate anew and decides again', async () => {
      const notes = new Notes(book.unitOfWork);
      await notes.add(Note.from({ id: 1, version: 0 }));
      const seen: number[] = [];
      await notes.change('1', async (note) => {
        seen.push(note.version);
        if (seen.length === 1) await book.unitOfWork.outside(() => touch(1));
        note.touch();
      });
      expect(seen).toEqual([1, 2]);
      expect(await versionOf(1)).toBe(3);
      expect(await book.published()).toEqual([1]);
    });

    it('gives up after six runs', async () => {
      const conflict = new ConcurrencyConflictError('again and again');
      const work = jest.fn(() => Promise.reject(conflict));
      await expect(book.run(work)).rejects.toBe(conflict);
      expect(work).toHaveBeenCalledTimes(6);
    });
  });

  describe('that met a domain error', () => {
    it('is not run again', async () => {
      const work = jest.fn(() => Promise.reject(new Error('sold out')));
      await expect(book.run(work)).rejects.toThrow('sold out');
      expect(work).toHaveBeenCalledTimes(1);
    });
  });
});
