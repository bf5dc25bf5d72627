import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Command, CommandHandler, EventsHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import {
  Consumer,
  DeadLetters,
  Fields,
  Message,
  OutboxForwarder,
  PersonalData,
  Queued,
} from '../../../src/messaging/index.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

const address = z.object({ street: z.string(), country: z.string() });

@Message<Moved>('person.moved', {
  stream: (e) => ['person', e.personId],
  personal: { subject: (e) => e.personId, fields: ['name', 'address'] },
})
class Moved extends Fields({ personId: z.string(), name: z.string().optional(), address: address.optional() }) {}

let seen: Moved[];
let failure: ((event: Moved) => string) | undefined;

@Injectable()
@EventsHandler(Moved)
@Consumer('test.registry', { retry: ['1s'] })
class RegistryHandler {
  async handle(event: Moved): Promise<void> {
    if (failure) throw new Error(failure(event));
    seen.push(event);
  }
}

@Message('person.greet')
@Queued({ effect: 'database', retry: [] })
class Greet extends Command<void> {
  constructor(readonly mail: 'bounces') {
    super();
  }
}

@CommandHandler(Greet)
class GreetHandler {
  async execute(): Promise<void> {
    throw new Error('550 <ada@example.com>: no such mailbox');
  }
}

const ADA = { name: 'Ada O. (Example)', address: { street: 'Am Markt 1', country: 'DE' } };

describe('what is known of a person', () => {
  let app: MessagingApp;
  let personalData: PersonalData;

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [RegistryHandler, GreetHandler] });
    personalData = app.app.get(PersonalData);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    seen = [];
    failure = undefined;
    await app.query('truncate messaging.held_message, messaging.queued_command, messaging.discarded_message');
  });

  const publish = (personId: string) => app.events.publish(new Moved({ personId, ...ADA }));
  const dump = async (table: string) => JSON.stringify(await app.query(`select * from messaging.${table}`));

  it('is gone from events in the log and from those that have no position yet, and others keep theirs', async () => {
    await publish('ada');
    await publish('bob');
    await app.kit.settled();
    const sequencer = app.dataSource.createQueryRunner();
    await sequencer.query("select pg_advisory_lock(hashtext('messaging.sequence_outbox'))");
    await publish('ada');
    expect(await app.query('select 1 from messaging.outbox')).toHaveLength(1);
    await personalData.erase('ada');
    await sequencer.query('select pg_advisory_unlock_all()');
    await sequencer.release();

    const told = await app.kit.published(Moved);
    expect(told.map(({ personId, name }) => [personId, name])).toEqual([
      ['ada', undefined],
      ['bob', ADA.name],
      ['ada', undefined],
    ]);
    expect(await dump('event_personal')).not.toContain('"ada"');
  });

  it('comes back when the unit of work that erased it is rolled back', async () => {
    await publish('cora');
    const undone = app.unitOfWork.run(async () => {
      await personalData.erase('cora');
      throw new Error('an order is open');
    });

    await expect(undone).rejects.toThrow('an order is open');
    expect(await dump('event_personal')).toContain('"cora"');
  });

  describe('while one of their events is held', () => {
    beforeEach(async () => {
      failure = ({ name, address: at }) => `can't deliver to ${name}, ${at?.street} in ${at?.country}; adapter failed`;
      await publish('dora');
      await app.kit.settled();
      expect(await dump('held_message')).toContain(ADA.name);
      await personalData.erase('dora');
    });

    it('is gone from the errors of its attempts, and nothing else is', async () => {
      const held = await dump('held_message');
      expect(held).toContain("can't deliver to (erased), (erased) in DE; adapter failed");
      for (const value of [ADA.name, ADA.address.street]) expect(held).not.toContain(value);
    });

    it('lets the next attempt do without it', async () => {
      failure = undefined;
      app.clock.advance('2s');
      app.app.get(OutboxForwarder).kick();
      await app.kit.settled();

      expect(seen).toEqual([{ personId: 'dora' }]);
      expect(await app.query('select 1 from messaging.held_message')).toEqual([]);
    });
  });

  it('is gone from the errors of commands, and from what operators discarded, by values that no event has', async () => {
    await app.queue.send(new Greet('bounces'));
    await app.queue.send(new Greet('bounces'));
    await app.kit.settled();
    const letters = app.app.get(DeadLetters);
    const [letter] = await letters.list({}, 10);
    await letters.discard(letter!.id, 'Ada asked for it: ada@example.com', 'operator:ann');

    await personalData.erase('nobody', ['Ada', 'ADA@example.com']);

    for (const table of ['queued_command', 'discarded_message']) {
      expect(await dump(table)).toContain('550 <(erased)>: no such mailbox');
      expect((await dump(table)).toLowerCase()).not.toContain('ada@example.com');
    }
    expect(await dump('discarded_message')).toContain('(erased) asked for it: (erased)');
  });

  it('may be of any length and number, and of any characters', async () => {
    const values = Array.from({ length: 60 }, (_, n) => `${n} \\d+ [💩] ü' ${'x'.repeat(500)}`);
    failure = () => `no ${values[47]}!`;
    await publish('emma');
    await app.kit.settled();

    await personalData.erase('emma', values);

    expect(await dump('held_message')).toContain('no (erased)!');
  });
});
