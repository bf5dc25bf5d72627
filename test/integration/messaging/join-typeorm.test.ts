import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, EntitySchema, type QueryRunner, Repository } from 'typeorm';
import { Message } from '../../../src/messaging/index.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';
import { gate } from './notebook.js';

interface Book {
  title: string;
  author?: Author;
}

interface Author {
  name: string;
  books: Book[];
}

const books = new EntitySchema<Book>({
  name: 'Book',
  columns: { title: { type: 'text', primary: true } },
  relations: {
    author: { type: 'many-to-one', target: 'Author', inverseSide: 'books', joinColumn: { name: 'author' } },
  },
});

const authors = new EntitySchema<Author>({
  name: 'Author',
  columns: { name: { type: 'text', primary: true } },
  relations: { books: { type: 'one-to-many', target: 'Book', inverseSide: 'author', cascade: true } },
});

@Message('library.told')
class Told {
  constructor(readonly title: string) {}
}

/** A repository class of an adopter, with a manager of its own that was made at boot. */
@Injectable()
class ShelfRepository extends Repository<Book> {
  constructor(@Inject(DataSource) dataSource: DataSource) {
    super(books, dataSource.createEntityManager());
  }

  async put(title: string): Promise<void> {
    await this.insert({ title });
  }
}

const entering = {
  async enter(this: Repository<Book>, title: string): Promise<void> {
    await this.insert({ title });
  },
};

/** Knows nothing of units of work. */
@Injectable()
class Librarian {
  readonly catalog: Repository<Book> & typeof entering;

  constructor(
    @InjectRepository(books) readonly repository: Repository<Book>,
    @Inject(ShelfRepository) readonly shelf: ShelfRepository,
  ) {
    this.catalog = repository.extend(entering);
  }
}

describe('code that uses TypeORM', () => {
  let app: MessagingApp;
  let librarian: Librarian;
  let publishedBefore = 0;

  beforeAll(async () => {
    app = await startMessagingApp({
      imports: [TypeOrmModule.forFeature([books, authors])],
      providers: [Librarian, ShelfRepository],
      entities: [books, authors],
    });
    librarian = app.app.get(Librarian);
    await app.query('create table author (name text primary key)');
    await app.query('create table book (title text primary key, author text references author)');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    await app.query('truncate book, author');
    publishedBefore = (await app.kit.published(Told)).length;
  });

  const tell = (title: string) => app.unitOfWork.record(undefined, [new Told(title)]);
  const titles = async () => (await app.query<Book>('select title from book order by title')).map(({ title }) => title);
  const told = async () => (await app.kit.published(Told)).slice(publishedBefore).map(({ title }) => title);

  const ways: Record<string, () => Promise<unknown>> = {
    'an injected repository': () => librarian.repository.save({ title: 'A' }),
    'a repository that the data source gives': () => app.dataSource.getRepository(books).insert({ title: 'A' }),
    'an extended repository made at boot': () => librarian.catalog.enter('A'),
    'a repository class with a manager of its own': () => librarian.shelf.put('A'),
    'a query builder': () => app.dataSource.createQueryBuilder().insert().into(books).values({ title: 'A' }).execute(),
    'plain SQL': () => app.dataSource.query(`insert into book values ('A')`),
    'tagged SQL': () => app.dataSource.sql`insert into book values (${'A'})`,
    'the manager of the data source': () => app.dataSource.manager.save(books, { title: 'A' }),
    'a cascade': () => app.dataSource.manager.save(authors, { name: 'Anna', books: [{ title: 'A' }] }),
    'a transaction of its own': () => app.dataSource.transaction((manager) => manager.insert(books, { title: 'A' })),
  };

  describe.each(Object.entries(ways))('by way of %s', (_, write) => {
    it('is rolled back with the unit of work, which sees its writes before', async () => {
      const work = async () => {
        await write();
        expect(await titles()).toEqual(['A']);
        expect(await librarian.repository.count()).toBe(1);
        throw new Error('after all');
      };
      await expect(app.unitOfWork.run(work)).rejects.toThrow('after all');
      expect(await titles()).toEqual([]);
    });

    it('is stored at once where there is no unit of work', async () => {
      await write();
      expect(await titles()).toEqual(['A']);
    });
  });

  it('can lock rows in a unit of work, without a transaction of its own', async () => {
    await librarian.shelf.put('A');
    const lock = { mode: 'pessimistic_write' } as const;
    const found = await app.unitOfWork.run(() => librarian.repository.findOne({ where: { title: 'A' }, lock }));
    expect(found).toEqual({ title: 'A' });
  });

  describe('that opens a transaction', () => {
    const inside = async () => {
      await librarian.shelf.put('inside');
      tell('inside');
    };
    const refused = async () => {
      await librarian.shelf.put('refused');
      tell('refused');
      throw new Error('no');
    };

    it('can record events in it, which are stored with it', async () => {
      await app.dataSource.transaction(inside);
      await expect(app.dataSource.manager.transaction('SERIALIZABLE', refused)).rejects.toThrow('no');
      expect(await titles()).toEqual(['inside']);
      expect(await told()).toEqual(['inside']);
    });

    it('has the isolation that it asked for', async () => {
      const isolation = () => app.query('show transaction_isolation');
      expect(await app.dataSource.transaction('SERIALIZABLE', isolation)).toEqual([
        { transaction_isolation: 'serializable' },
      ]);
      expect(await app.dataSource.transaction('READ UNCOMMITTED', isolation)).toEqual([
        { transaction_isolation: 'read committed' },
      ]);
    });

    it('inside a unit of work can roll it back alone, with its events', async () => {
      await app.unitOfWork.run(async (manager) => {
        await librarian.shelf.put('before');
        tell('before');
        await expect(manager.transaction(refused)).rejects.toThrow('no');
        await expect(app.dataSource.transaction(refused)).rejects.toThrow('no');
        await librarian.shelf.put('after');
        tell('after');
      });
      expect(await titles()).toEqual(['after', 'before']);
      expect(await told()).toEqual(['before', 'after']);
    });

    it('inside a unit of work is rolled back with it', async () => {
      const work = async () => {
        await app.dataSource.transaction(inside);
        throw new Error('outer');
      };
      await expect(app.unitOfWork.run(work)).rejects.toThrow('outer');
      expect(await titles()).toEqual([]);
      expect(await told()).toEqual([]);
    });
  });

  describe('that begins a transaction by hand', () => {
    /** As TypeORM's documentation has it. */
    const byHand = async (work: (runner: QueryRunner) => Promise<unknown>) => {
      const runner = app.dataSource.createQueryRunner();
      await runner.connect();
      await runner.startTransaction();
      try {
        await work(runner);
        await runner.commitTransaction();
      } catch (error) {
        await runner.rollbackTransaction();
        throw error;
      } finally {
        await runner.release();
      }
    };
    const write = (title: string) => async (runner: QueryRunner) => {
      await runner.manager.insert(books, { title });
      if (app.unitOfWork.active) tell(title);
    };
    const refuse = (title: string) => async (runner: QueryRunner) => {
      await write(title)(runner);
      throw new Error('no');
    };

    it('has its own connection outside a unit of work', async () => {
      await byHand(write('A'));
      await expect(byHand(refuse('B'))).rejects.toThrow('no');
      expect(await titles()).toEqual(['A']);
    });

    it('opens transactions of its manager on that connection', async () => {
      await byHand(async ({ manager }) => {
        await manager.insert(authors, { name: 'Anna' });
        await manager.transaction((inner) => inner.insert(books, { title: 'A', author: { name: 'Anna', books: [] } }));
        await expect(manager.transaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
      });
      expect(await titles()).toEqual(['A']);
    });

    it('has a savepoint of the unit of work inside one', async () => {
      await app.unitOfWork.run(async () => {
        await byHand(write('A'));
        await expect(byHand(refuse('B'))).rejects.toThrow('no');
        await byHand(async (runner) => {
          await write('C')(runner);
          await expect(byHand(refuse('D'))).rejects.toThrow('no');
        });
      });
      expect(await titles()).toEqual(['A', 'C']);
      expect(await told()).toEqual(['A', 'C']);
    });

    it('waits until the savepoint of a parallel branch has closed', async () => {
      const { open, opened } = gate();
      const inSavepoint = async () => {
        await librarian.shelf.put('undone');
        await opened;
        throw new Error('no');
      };
      await app.unitOfWork.run(async () => {
        const savepoint = app.unitOfWork.run(inSavepoint, { nested: true });
        const beside = byHand(write('A'));
        open();
        await expect(savepoint).rejects.toThrow('no');
        await beside;
      });
      expect(await titles()).toEqual(['A']);
      expect(await told()).toEqual(['A']);
    });

    it('is rolled back with the unit of work', async () => {
      const work = async () => {
        await byHand(write('A'));
        throw new Error('outer');
      };
      await expect(app.unitOfWork.run(work)).rejects.toThrow('outer');
      expect(await titles()).toEqual([]);
      expect(await told()).toEqual([]);
    });

    it('can roll back after a commit that failed, and the unit of work goes on', async () => {
      const careless = async (runner: QueryRunner) => {
        await write('A')(runner);
        await runner.query('select 1 / 0').catch(() => undefined);
      };
      await app.unitOfWork.run(async () => {
        await expect(byHand(careless)).rejects.toMatchObject({ code: '25P02' });
        await librarian.shelf.put('B');
      });
      expect(await titles()).toEqual(['B']);
      expect(await told()).toEqual([]);
    });

    it('cannot end the transaction of the unit of work', async () => {
      await app.unitOfWork.run(async () => {
        await librarian.shelf.put('A');
        const runner = app.dataSource.createQueryRunner();
        await expect(runner.commitTransaction()).rejects.toThrow(/started by hand/);
        await expect(runner.rollbackTransaction()).rejects.toThrow(/started by hand/);
        await runner.release();
        await librarian.shelf.put('B');
      });
      expect(await titles()).toEqual(['A', 'B']);
    });
  });
});
