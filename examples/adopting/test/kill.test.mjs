import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Library } from './library.mjs';

/** Just committed that the book changed hands; nobody has been told. */
const AFTER_COMMAND = { DIE_AT: 'UPDATE "book"', DIE_WHEN: 'committed' };
/** The loan is counted, and not committed yet. */
const IN_HANDLER = { DIE_AT: 'insert into reader', DIE_WHEN: 'answered' };
/** The loan is counted and committed, and the process does not know it. */
const AFTER_HANDLER = { DIE_AT: 'insert into reader', DIE_WHEN: 'committed' };

const withLibrary = (version, work) => async () => {
  const library = await Library.found(version);
  await work(library).finally(() => library.close());
};

/** Opens it once more, and closes it when it has nothing left to do. */
const workOff = async (library, ...args) => {
  const { close } = await library.open(...args);
  await library.settled();
  await close();
};

describe('the library before', () => {
  const lose = async (library) => {
    await library.openUntilDead(AFTER_COMMAND, 'lend', 'emma', 'ann');
    const { close } = await library.open();
    await close();
    assert.equal((await library.books()).emma, 'ann');
    assert.deepEqual(await library.loans(), {});
  };

  it('lends a book and never counts the loan when it is killed in between', withLibrary('before', lose));
});

// They mostly wait until a dead instance's leases are over.
describe('the library that adopted the messaging core', { concurrency: 3 }, () => {
  for (const [where, death] of Object.entries({
    'between commit and handler': AFTER_COMMAND,
    'in the handler': IN_HANDLER,
    'right after the handler': AFTER_HANDLER,
  })) {
    const lend = async (library) => {
      await library.openUntilDead(death, 'lend', 'emma', 'ann');
      await workOff(library);
      assert.equal((await library.books()).emma, 'ann');
      assert.deepEqual(await library.loans(), { ann: 1 });
    };
    it(`counts a loan once when it is killed ${where}`, withLibrary('after', lend));
  }

  const refuse = async (library) => {
    await workOff(library, 'lend', 'emma', 'ann');
    await assert.rejects(library.open('lend', 'emma', 'bert'), /emma is lent to ann/);
    await workOff(library);
    assert.deepEqual(await library.loans(), { ann: 1 });
  };
  it('counts nothing for a command that failed', withLibrary('after', refuse));

  const pass = async (library) => {
    await workOff(library, 'lend', 'ulysses', 'ann');
    await library.openUntilDead(AFTER_COMMAND, 'return', 'ulysses');
    await workOff(library);
    assert.equal((await library.books()).ulysses, 'bert');
    assert.deepEqual(await library.loans(), { ann: 1, bert: 1 });
  };
  it('lends a book to the next reader when it is killed just after it was returned', withLibrary('after', pass));
});
